//! How a server is set up.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::equipped::fresh_token;
use super::fault::Fault;
use super::http::MAX_BODY;
use super::variant::Variant;

/// How a server is set up; the default has a fresh random token, and all that is optional in the RFCs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Port on 127.0.0.1; 0 for a free one.
    pub port: u16,
    /// The bearer token that may do everything.
    pub token: SecretString,
    /// A bearer token that may only read: everything else is answered with 403 `insufficient_scope`.
    pub read_only_token: Option<SecretString>,
    /// A bearer token that stands for a user, who is what `/Me` means with it (RFC 7644 §3.11).
    pub user_token: Option<UserToken>,
    /// A bearer token whose time is over: 401 `invalid_token`.
    pub expired_token: Option<SecretString>,
    /// A bearer token that was taken back: 401 `invalid_token`.
    pub revoked_token: Option<SecretString>,
    /// A bearer token that was made out for another service: 401 `invalid_token`.
    pub other_audience_token: Option<SecretString>,
    /// A bearer token of an integration that is switched off: 403 for everything.
    pub disabled_token: Option<SecretString>,
    /// Whether provisioning by SCIM is switched off as a whole: 403 for everybody, also for discovery.
    pub disabled: bool,
    /// The OAuth 2 authorization server beside the SCIM one.
    pub oauth: OauthOptions,
    /// Bearer tokens of further tenants, one each: everybody has resources of their own behind the same base URL.
    pub tenants: Vec<SecretString>,
    /// `filter.maxResults` and `pagination.maxPageSize`: the largest number of resources in one answer.
    pub max_results: usize,
    /// `pagination.defaultPageSize`: resources in one answer to a client that names no number; nothing for the largest one.
    pub default_results: Option<usize>,
    /// `bulk.maxOperations`.
    pub max_operations: usize,
    /// `bulk.maxPayloadSize` in bytes; 1 MiB at most, which no body may exceed.
    pub max_payload: usize,
    /// `pagination.cursorTimeout`: how long a cursor can be used (RFC 9865 §4).
    pub cursor_timeout: Duration,
    /// What the server does not support.
    pub without: BTreeSet<OptionalFeature>,
    /// Where the server behaves in another way than usual that the RFCs allow.
    pub variants: BTreeSet<Variant>,
    /// What is wrong with the server.
    pub faults: BTreeSet<Fault>,
    /// Makes the ids of resources repeatable. They are UUIDs in any case.
    pub seed: Option<u64>,
}

/// A bearer token that stands for a user.
#[derive(Debug, Clone)]
pub struct UserToken {
    /// The token. It may do everything.
    pub token: SecretString,
    /// `userName` of the user, whom the server creates at its start.
    pub user_name: String,
}

/// How the authorization server is set up; the default has a fresh random client secret.
#[derive(Debug, Clone)]
pub struct OauthOptions {
    /// The client that it knows.
    pub client_id: String,
    /// The secret of that client.
    pub client_secret: SecretString,
    /// Where that client may be called back, besides any port of the loopback interface (RFC 8252 §7.3).
    pub redirect_uris: Vec<String>,
    /// How long an access token is valid.
    pub access_token_lifetime: Duration,
    /// How long a refresh token is valid.
    pub refresh_token_lifetime: Duration,
    /// How long somebody stays logged in.
    pub session_lifetime: Duration,
    /// Whether a new login of a user ends all that the user has from the one before.
    pub one_login: bool,
    /// How long an authorization code is valid (RFC 6749 §4.1.2 recommends ten minutes at most).
    pub code_lifetime: Duration,
    /// How long a device waits for its user.
    pub device_lifetime: Duration,
    /// How long a device is to wait before it asks again (RFC 8628 §3.2), in whole seconds.
    pub device_interval: Duration,
}

impl Default for OauthOptions {
    fn default() -> Self {
        Self {
            client_id: "scimcheck".to_owned(),
            client_secret: fresh_token(),
            redirect_uris: Vec::new(),
            access_token_lifetime: Duration::from_hours(1),
            refresh_token_lifetime: Duration::from_hours(24),
            session_lifetime: Duration::from_hours(8),
            one_login: false,
            code_lifetime: Duration::from_mins(1),
            device_lifetime: Duration::from_mins(10),
            device_interval: Duration::from_secs(1),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            token: fresh_token(),
            read_only_token: None,
            user_token: None,
            expired_token: None,
            revoked_token: None,
            other_audience_token: None,
            disabled_token: None,
            disabled: false,
            oauth: OauthOptions::default(),
            tenants: Vec::new(),
            max_results: 200,
            default_results: None,
            max_operations: 1000,
            max_payload: MAX_BODY,
            cursor_timeout: Duration::from_hours(1),
            without: BTreeSet::new(),
            variants: BTreeSet::new(),
            faults: BTreeSet::new(),
            seed: None,
        }
    }
}

impl Options {
    /// Resources in one answer to a client that names no number.
    pub(super) fn page_size(&self) -> usize {
        self.default_results.map_or(self.max_results, |size| size.min(self.max_results))
    }
}

/// A part of the protocol that a service provider need not have. Without it the server claims nothing of it, and
/// requests for it are answered as the RFCs suggest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptionalFeature {
    /// PATCH (RFC 7644 §3.5.2); without it 501.
    Patch,
    /// `/Bulk` (§3.7); without it 501.
    Bulk,
    /// `filter` (§3.4.2.2); without it 501.
    Filter,
    /// `sortBy` (§3.4.2.3); without it the parameter is ignored.
    Sort,
    /// `ETag`, `meta.version` and conditional requests (§3.14); without it the conditions are ignored.
    Etag,
    /// Changing a password (RFC 7643 §5); without it a PATCH of one is answered with 403, and PUT leaves it.
    ChangePassword,
    /// Cursors (RFC 9865); without it `cursor` is ignored like every unknown parameter.
    Cursor,
    /// Queries by POST to `.search` (RFC 7644 §3.4.3); without it 501.
    Search,
    /// `/Me` (§3.11); without it 501 with every token.
    Me,
    /// The enterprise User extension (RFC 7643 §4.3); without it an unknown attribute.
    EnterpriseUser,
    /// The resource type Group (§4.2); without it 404.
    Groups,
}

impl OptionalFeature {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Patch,
        Self::Bulk,
        Self::Filter,
        Self::Sort,
        Self::Etag,
        Self::ChangePassword,
        Self::Cursor,
        Self::Search,
        Self::Me,
        Self::EnterpriseUser,
        Self::Groups,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patch => "patch",
            Self::Bulk => "bulk",
            Self::Filter => "filter",
            Self::Sort => "sort",
            Self::Etag => "etag",
            Self::ChangePassword => "change-password",
            Self::Cursor => "cursor",
            Self::Search => "search",
            Self::Me => "me",
            Self::EnterpriseUser => "enterprise-user",
            Self::Groups => "groups",
        }
    }
}

impl fmt::Display for OptionalFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for OptionalFeature {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|feature| feature.as_str() == name).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|feature| feature.as_str()).collect();
            format!("there is {}", names.join(", "))
        })
    }
}
