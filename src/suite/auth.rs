//! Which credentials a request of a suite carries.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// Which credentials a request carries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Auth {
    /// `configured`: those of the target.
    #[default]
    Configured,
    /// `none`.
    Anonymous,
    /// `lower-case-scheme`: `bearer` in lower case.
    LowerCaseScheme,
    /// `query-parameter`: as `access_token` in the query.
    QueryParameter,
    /// `altered`: the configured token with a character changed.
    Altered,
    /// `truncated`: the first half of the configured token.
    Truncated,
    /// `{ raw: TEXT }`: a made-up value of the Authorization header.
    Raw(String),
    /// `{ credential: NAME }`: a further credential of the configuration; gate with `requires: ["credential:NAME"]`.
    Credential(String),
    /// `{ login: NAME }`: the access token of a login of the case.
    Login(String),
}

impl TryFrom<Value> for Auth {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        match value.as_str() {
            Some("configured") => return Ok(Self::Configured),
            Some("none") => return Ok(Self::Anonymous),
            Some("lower-case-scheme") => return Ok(Self::LowerCaseScheme),
            Some("query-parameter") => return Ok(Self::QueryParameter),
            Some("altered") => return Ok(Self::Altered),
            Some("truncated") => return Ok(Self::Truncated),
            _ => {}
        }
        if let Some(raw) = text("raw") {
            return Ok(Self::Raw(raw));
        }
        if let Some(name) = text("login") {
            return Ok(Self::Login(name));
        }
        text("credential").map(Self::Credential).ok_or_else(|| {
            "auth is configured, none, lower-case-scheme, query-parameter, altered, truncated, { raw: … }, \
             { credential: … } or { login: … }"
                .to_owned()
        })
    }
}

impl JsonSchema for Auth {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Auth".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Credentials: `configured` (default), `none`, `lower-case-scheme`, `query-parameter`, \
                `altered`, `truncated`, `{ raw: TEXT }`, `{ credential: NAME }` or `{ login: NAME }`.",
            "anyOf": [
                { "enum": [
                    "configured", "none", "lower-case-scheme", "query-parameter", "altered", "truncated"
                ] },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["raw"],
                    "properties": { "raw": { "type": "string" } }
                },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["credential"],
                    "properties": { "credential": { "type": "string" } }
                },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["login"],
                    "properties": { "login": { "type": "string" } }
                }
            ]
        })
    }
}
