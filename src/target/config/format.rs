//! `scimcheck.toml` as typed structs. The JSON Schema (`scimcheck schema config`) is generated from these types, so
//! their doc comments are what editors and `docs/configuration.md` show.
//!
//! No `Debug`: the value of a header and a command may be worth hiding.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::oauth::OAuthTable;
use crate::model::ReportFormat;
use crate::wire::ClientAuthentication;

/// The configuration of scimcheck: the targets it knows by name.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigTables {
    /// Name of the target that is tested when neither `--target` nor `SCIMCHECK_TARGET` names one. Not needed where
    /// there is one target only.
    #[serde(default)]
    pub(crate) default: Option<String>,
    /// Which reports a run writes, whatever is tested. Default: `["junit", "html"]`; `results.json` is always written.
    #[serde(default)]
    pub(crate) reports: Option<Vec<ReportFormat>>,
    /// The targets: one table `[target.NAME]` each. A name is made of letters, digits, `-`, `_` and `.`.
    #[serde(default)]
    pub(crate) target: BTreeMap<String, TargetTable>,
}

/// A service provider that can be tested.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetTable {
    /// Base URL of the SCIM service, `http` or `https`, up to and without `/Users`.
    #[schemars(extend("format" = "uri"))]
    pub(crate) base_url: String,
    /// Kind of target, as a name for the report. It changes nothing yet.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) profile: Option<String>,
    /// Bearer token: name of the environment variable that holds it.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) token_env: Option<String>,
    /// Bearer token: path of the file that holds it.
    #[serde(default)]
    pub(crate) token_file: Option<String>,
    /// Bearer token: shell command that prints it; run when the first request needs it.
    #[serde(default)]
    pub(crate) token_command: Option<String>,
    /// User name and password (HTTP Basic).
    #[serde(default)]
    pub(crate) basic: Option<BasicTable>,
    /// Bearer token from a token endpoint (OAuth 2 client credentials).
    #[serde(default)]
    pub(crate) oauth2: Option<OAuth2Table>,
    /// Further credentials by name, for the checks that need one: `read_only`, `other_tenant`, ….
    #[serde(default)]
    pub(crate) credentials: BTreeMap<String, CredentialTable>,
    /// The authorization server at which the users of the target log in, for the checks that look whether a deactivation
    /// ends their logins.
    #[serde(default)]
    pub(crate) oauth: Option<OAuthTable>,
    /// Headers of every request by name.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, HeaderTable>,
    /// Path of the certificates (PEM) that are trusted in addition to those of the system.
    #[serde(default)]
    pub(crate) ca_file: Option<String>,
    /// Path of the client certificate chain (PEM); together with `client_key_file`.
    #[serde(default)]
    pub(crate) client_cert_file: Option<String>,
    /// Path of the private key (PEM) of the client certificate.
    #[serde(default)]
    pub(crate) client_key_file: Option<String>,
    /// URL of a proxy for all requests. The proxy variables of the environment are never used.
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) proxy: Option<String>,
    /// Name of the environment variable that holds the URL of the proxy, for one with user name and password.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) proxy_env: Option<String>,
    /// Path of the baseline: the failures of this target that are known.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) baseline: Option<String>,
    /// How long things may take.
    #[serde(default)]
    pub(crate) timeouts: TimeoutsTable,
    /// How many cases run at the same time, without those that only wait for tokens to end. Default: 8.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1024))]
    pub(crate) jobs: Option<u32>,
    /// Requests per second at most. Default: no limit.
    #[serde(default)]
    #[schemars(range(min = 0.001, max = 1_000_000))]
    pub(crate) max_rate: Option<f64>,
    /// How much of a response body is read at most, as in `512KiB` or `4MiB`. Default: `4MiB`.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[0-9]+(B|kB|KiB|MB|MiB|GB|GiB)$"))]
    pub(crate) max_body: Option<String>,
    /// Domain of everything that looks like an e-mail address. Default: `example.com`.
    #[serde(default)]
    pub(crate) domain: Option<String>,
    /// What the target can do, where it does not say so itself or says it wrongly: `patch = false`,
    /// `"resource:Group" = true`.
    #[serde(default)]
    pub(crate) features: BTreeMap<String, bool>,
    /// Attributes of the resources that scimcheck creates, by resource type: `[target.NAME.overrides.User]`.
    #[serde(default)]
    pub(crate) overrides: BTreeMap<String, OverrideTable>,
}

/// A further credential: one of the ways to prove who sends a request.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialTable {
    /// Bearer token: name of the environment variable that holds it.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) token_env: Option<String>,
    /// Bearer token: path of the file that holds it.
    #[serde(default)]
    pub(crate) token_file: Option<String>,
    /// Bearer token: shell command that prints it; run when the first request needs it.
    #[serde(default)]
    pub(crate) token_command: Option<String>,
    /// User name and password (HTTP Basic).
    #[serde(default)]
    pub(crate) basic: Option<BasicTable>,
    /// Bearer token from a token endpoint (OAuth 2 client credentials).
    #[serde(default)]
    pub(crate) oauth2: Option<OAuth2Table>,
}

/// User name and password (RFC 7617). The password comes from exactly one of three places.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BasicTable {
    /// User name.
    pub(crate) user: String,
    /// Name of the environment variable that holds the password.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) password_env: Option<String>,
    /// Path of the file that holds the password.
    #[serde(default)]
    pub(crate) password_file: Option<String>,
    /// Shell command that prints the password.
    #[serde(default)]
    pub(crate) password_command: Option<String>,
}

/// The OAuth 2 client credentials grant (RFC 6749 §4.4). The client secret comes from exactly one of three places.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuth2Table {
    /// URL of the token endpoint.
    #[schemars(extend("format" = "uri"))]
    pub(crate) token_url: String,
    /// Client id.
    pub(crate) client_id: String,
    /// Name of the environment variable that holds the client secret.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) client_secret_env: Option<String>,
    /// Path of the file that holds the client secret.
    #[serde(default)]
    pub(crate) client_secret_file: Option<String>,
    /// Shell command that prints the client secret.
    #[serde(default)]
    pub(crate) client_secret_command: Option<String>,
    /// Scopes to ask for; none leaves the parameter out.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// How the client shows its secret: `basic` in the header, `post` in the form. Default: `basic`.
    #[serde(default)]
    pub(crate) authentication: ClientAuthentication,
}

/// A header: its value, or where the value comes from. Exactly one of `value`, `env`, `file` and `command`.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderTable {
    /// The value itself, if it is no secret.
    #[serde(default)]
    pub(crate) value: Option<String>,
    /// Name of the environment variable that holds the value.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) env: Option<String>,
    /// Path of the file that holds the value.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// Shell command that prints the value.
    #[serde(default)]
    pub(crate) command: Option<String>,
    /// Whether the header proves who sends the request, as an API key does: requests that are meant to be anonymous go
    /// without it. Always so for `Authorization` and `Cookie`. Default: `false`.
    #[serde(default)]
    pub(crate) credential: bool,
}

/// Durations as in `500ms`, `30s` or `2m`, none longer than a day.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimeoutsTable {
    /// Until a connection stands. Default: `5s`.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]+(ms|s|m)$"))]
    pub(crate) connect: Option<String>,
    /// From sending a request until the last byte of its answer. Default: `30s`.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]+(ms|s|m)$"))]
    pub(crate) request: Option<String>,
    /// A whole case without its clean-up. A case that waits for logins to end has at least the deadline of `oauth` for each
    /// wait, and a minute more. Default: `60s`.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]+(ms|s|m)$"))]
    pub(crate) case: Option<String>,
    /// A whole run; cases that have not begun by then do not. Default: no limit.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]+(ms|s|m)$"))]
    pub(crate) run: Option<String>,
    /// How long one request waits, all in all, because the target says `Retry-After`. Default: `60s`.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]+(ms|s|m)$"))]
    pub(crate) retry: Option<String>,
}

/// Attributes of one resource type; each replaces the attribute of that name as a whole. `remove` is not an attribute
/// but a list of attributes to leave out. Texts may contain `${unique}` and `${domain}`.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct OverrideTable(pub(crate) Map<String, Value>);

impl OverrideTable {
    /// The attributes as the payloads want them: one that is to be left out is null.
    pub(crate) fn attributes(&self) -> Map<String, Value> {
        let mut attributes = self.0.clone();
        let removed = attributes.remove("remove");
        for name in removed.iter().filter_map(Value::as_array).flatten().filter_map(Value::as_str) {
            attributes.insert(name.to_owned(), Value::Null);
        }
        attributes
    }
}

impl JsonSchema for OverrideTable {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "OverrideTable".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Attributes of one resource type; each replaces the attribute of that name as a whole. \
                            Texts may contain `${unique}` and `${domain}`.",
            "type": "object",
            "properties": {
                "remove": {
                    "description": "Not an attribute: the names of the attributes that are left out.",
                    "type": "array",
                    "items": { "type": "string" }
                }
            }
        })
    }
}

/// The three places that a secret may come from.
#[derive(Clone, Copy)]
pub(crate) struct Sources<'t> {
    /// What the keys begin with: `token_`, `password_`, `client_secret_`; nothing in a header.
    pub(crate) prefix: &'static str,
    pub(crate) env: Option<&'t str>,
    pub(crate) file: Option<&'t str>,
    pub(crate) command: Option<&'t str>,
}

impl TargetTable {
    /// Its own credential in the shape of a further one.
    pub(crate) fn credential(&self) -> CredentialTable {
        CredentialTable {
            token_env: self.token_env.clone(),
            token_file: self.token_file.clone(),
            token_command: self.token_command.clone(),
            basic: self.basic.clone(),
            oauth2: self.oauth2.clone(),
        }
    }
}

impl CredentialTable {
    pub(crate) fn token(&self) -> Sources<'_> {
        Sources {
            prefix: "token_",
            env: self.token_env.as_deref(),
            file: self.token_file.as_deref(),
            command: self.token_command.as_deref(),
        }
    }
}

impl BasicTable {
    pub(crate) fn password(&self) -> Sources<'_> {
        Sources {
            prefix: "password_",
            env: self.password_env.as_deref(),
            file: self.password_file.as_deref(),
            command: self.password_command.as_deref(),
        }
    }
}

impl OAuth2Table {
    pub(crate) fn client_secret(&self) -> Sources<'_> {
        Sources {
            prefix: "client_secret_",
            env: self.client_secret_env.as_deref(),
            file: self.client_secret_file.as_deref(),
            command: self.client_secret_command.as_deref(),
        }
    }
}

impl HeaderTable {
    pub(crate) fn source(&self) -> Sources<'_> {
        Sources {
            prefix: "",
            env: self.env.as_deref(),
            file: self.file.as_deref(),
            command: self.command.as_deref(),
        }
    }
}
