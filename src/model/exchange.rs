//! One request as sent and its answer as received. These types hold what the target really said, before redaction:
//! they stay inside `wire`, `check` and `run`. Reports see [`super::RecordedExchange`] only.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::TokenState;

/// Identifies an exchange within a run: the id of its case and its ordinal there, as in `crud/create/minimal:2`.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct ExchangeId(pub String);

impl std::fmt::Display for ExchangeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// What an exchange was made for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Reading `ServiceProviderConfig`, `ResourceTypes` and Schemas before the cases.
    Discovery,
    /// Making what a case needs.
    Setup,
    /// A step of a case.
    Step,
    /// Logging in, and looking whether a login still counts: at an authorization server, not at the SCIM service.
    Probe,
    /// Deleting what a case made.
    Cleanup,
}

/// The credentials a request is sent with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AuthMode {
    /// The credentials of the target's configuration.
    #[default]
    Configured,
    /// A further credential of the configuration, by name (`read_only`, `other_tenant`, …).
    Credential(String),
    /// No credentials at all.
    Anonymous,
    /// A literal `Authorization` header value that the suite made up; never a real credential.
    Raw(String),
    /// The configured bearer token with its scheme written in lower case (RFC 6750 §2.1, RFC 9110 §11.1).
    LowerCaseScheme,
    /// The configured bearer token as the query parameter `access_token` (RFC 6750 §2.3).
    QueryParameter,
    /// The configured token with one character in its middle changed.
    Altered,
    /// The configured token without its second half.
    Truncated,
    /// Nothing of the target's configuration: no credential and none of its headers, and no redirect is followed. For
    /// an authorization server; only such requests may leave the origin of the target.
    Bare,
}

/// A request as `run` asks `wire` to send it, and as an [`Exchange`] shows it. The transport adds credentials and
/// configured extra headers; in an exchange their values stand as `***`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method, upper case.
    pub method: String,
    /// Absolute URL.
    pub url: String,
    /// Header names (lower case) and values, in order.
    pub headers: Vec<(String, String)>,
    /// Body bytes; `None` sends no body.
    pub body: Option<Arc<[u8]>>,
    /// Which credentials to send.
    pub auth: AuthMode,
}

/// Whether a body arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// Yes.
    Complete,
    /// It went on after this many bytes, the configured limit, and was not read further.
    TooLarge(usize),
    /// It arrived, and holds more than this many JSON values, the limit: it is not read as JSON.
    TooManyValues(usize),
    /// The connection ended before the body did.
    Interrupted(String),
}

impl Completeness {
    /// The limit of ours that kept the body from being read, in words.
    #[must_use]
    pub fn limit(&self) -> Option<String> {
        match self {
            Completeness::TooLarge(limit) => {
                Some(format!("the body is larger than the limit of {limit} bytes"))
            }
            Completeness::TooManyValues(limit) => {
                Some(format!("the body holds more than the limit of {limit} JSON values"))
            }
            Completeness::Complete | Completeness::Interrupted(_) => None,
        }
    }
}

/// A response body.
#[derive(Debug, Clone)]
pub struct Body {
    /// What arrived, at most the configured limit.
    pub bytes: Arc<[u8]>,
    /// Whether that is all.
    pub completeness: Completeness,
    parsed: OnceLock<ParsedBody>,
}

/// A response body read as JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum ParsedBody {
    /// No bytes.
    Empty,
    /// A JSON value.
    Json(Value),
    /// Something else; the text says what is wrong and where.
    NotJson(String),
}

impl Body {
    /// A body from its bytes.
    #[must_use]
    pub fn new(bytes: impl Into<Arc<[u8]>>, completeness: Completeness) -> Self {
        Self { bytes: bytes.into(), completeness, parsed: OnceLock::new() }
    }

    /// The body read as JSON; parsed once. Nesting is bounded (`serde_json`'s limit of 128), so hostile depth ends as
    /// [`ParsedBody::NotJson`].
    pub fn parsed(&self) -> &ParsedBody {
        self.parsed.get_or_init(|| {
            if let Some(limit) = self.completeness.limit() {
                return ParsedBody::NotJson(limit);
            }
            if let Completeness::Interrupted(why) = &self.completeness {
                let arrived = self.bytes.len();
                return ParsedBody::NotJson(format!("the body broke off after {arrived} bytes: {why}"));
            }
            if self.bytes.is_empty() {
                return ParsedBody::Empty;
            }
            match std::str::from_utf8(&self.bytes) {
                Err(error) => ParsedBody::NotJson(format!("invalid UTF-8 at byte {}", error.valid_up_to())),
                Ok(text) => match serde_json::from_str(text) {
                    Ok(value) => ParsedBody::Json(value),
                    Err(error) => ParsedBody::NotJson(format!("not JSON: {error}")),
                },
            }
        })
    }

    /// Forgets what was read; it is read again when needed. A value takes many times the memory of its text.
    pub fn forget(&mut self) {
        self.parsed = OnceLock::new();
    }

    /// The JSON value, if the body is JSON.
    #[must_use]
    pub fn json(&self) -> Option<&Value> {
        match self.parsed() {
            ParsedBody::Json(value) => Some(value),
            _ => None,
        }
    }
}

/// A response as received.
#[derive(Debug, Clone)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Header names (lower case) and values, in order of arrival.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
}

impl Response {
    /// The first value of a header; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no response.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The host name does not resolve.
    NameResolution,
    /// Nobody listens at that address.
    Refused,
    /// The TLS handshake failed.
    Tls,
    /// No connection, or no complete answer, in time.
    Timeout,
    /// The connection was closed or reset before an answer.
    Closed,
    /// What came back is not HTTP.
    Protocol,
    /// A redirect that was not followed: another origin, or too many.
    Redirect,
    /// The credential could not be obtained (token endpoint, command, file).
    Credential,
    /// The request could not be made (for example an invalid URL): our side.
    Request,
}

/// A request that got no response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What happened, in one line.
    pub message: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub enum Answer {
    /// An HTTP response.
    Response(Response),
    /// No response.
    Failed(Failure),
}

/// One request as sent and what came back, with timing.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Unique in the run.
    pub id: ExchangeId,
    /// What it was made for.
    pub phase: Phase,
    /// The name of its step, for people.
    pub step: String,
    /// As sent, credentials masked.
    pub request: Request,
    /// As received.
    pub answer: Answer,
    /// Start, in milliseconds since the run began.
    pub started_ms: f64,
    /// From the first byte sent to the last byte received, in milliseconds.
    pub duration_ms: f64,
    /// What it shows of a login, if it looked for that.
    pub shows: Option<TokenState>,
}

impl Exchange {
    /// The response, if there was one.
    #[must_use]
    pub fn response(&self) -> Option<&Response> {
        match &self.answer {
            Answer::Response(response) => Some(response),
            Answer::Failed(_) => None,
        }
    }
}
