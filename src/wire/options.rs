//! How the live client reaches its target: plain data, secrets in a type that does not print them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use url::{Host, Origin, Url};

/// Everything that [`Live`](super::Live) needs to know.
#[derive(Debug, Clone)]
pub struct LiveOptions {
    /// The target. Credentials and configured headers are sent to its origin only.
    pub base_url: Url,
    /// The credential of [`AuthMode::Configured`](crate::model::AuthMode::Configured).
    pub credential: Option<Credential>,
    /// Further credentials by name.
    pub credentials: BTreeMap<String, Credential>,
    /// Headers of every request.
    pub headers: Vec<ExtraHeader>,
    /// Certificates (PEM) that are trusted in addition to those of the system.
    pub ca_pem: Option<Vec<u8>>,
    /// Client certificate chain and private key, both PEM, in one text.
    pub client_identity: Option<SecretString>,
    /// URL of a proxy for all requests; the proxies of the environment are never used.
    pub proxy: Option<SecretString>,
    /// Until a connection stands.
    pub connect_timeout: Duration,
    /// From sending a request until the last byte of its answer.
    pub request_timeout: Duration,
    /// How long a request may wait, all in all, because the target says `Retry-After`.
    pub retry_budget: Duration,
    /// Bytes of a response body that are read at most.
    pub max_body: usize,
    /// Requests per second at most.
    pub max_rate: Option<f64>,
    /// Further origins that requests without anything of the target's may go to
    /// ([`AuthMode::Bare`](crate::model::AuthMode::Bare)): those of an authorization server.
    pub origins: Vec<Origin>,
}

impl LiveOptions {
    /// The defaults for a target: no credential, 5 s to connect, 30 s per request, 60 s of waiting on request of the
    /// target, 4 MiB of body, no limit of the rate.
    #[must_use]
    pub fn new(base_url: Url) -> Self {
        Self {
            base_url,
            credential: None,
            credentials: BTreeMap::new(),
            headers: Vec::new(),
            ca_pem: None,
            client_identity: None,
            proxy: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            retry_budget: Duration::from_mins(1),
            max_body: 4 << 20,
            max_rate: None,
            origins: Vec::new(),
        }
    }

    /// The same with a bearer token.
    #[must_use]
    pub fn bearer(self, token: impl Into<SecretString>) -> Self {
        Self { credential: Some(Credential::Bearer(TokenSource::Value(token.into()))), ..self }
    }

    /// The same with further bearer tokens by name.
    #[must_use]
    pub fn bearers(mut self, tokens: &[(&str, SecretString)]) -> Self {
        let credential = |token: &SecretString| Credential::Bearer(TokenSource::Value(token.clone()));
        self.credentials.extend(tokens.iter().map(|(name, token)| ((*name).to_owned(), credential(token))));
        self
    }
}

/// How requests prove who sends them.
#[derive(Debug, Clone)]
pub enum Credential {
    /// A bearer token (RFC 6750 §2.1).
    Bearer(TokenSource),
    /// User name and password (RFC 7617).
    Basic {
        /// User name.
        user: String,
        /// Password.
        password: SecretString,
    },
    /// A bearer token from a token endpoint (RFC 6749 §4.4).
    ClientCredentials(Box<ClientCredentials>),
}

/// Where a bearer token comes from; read when it is needed first, then kept for the run.
#[derive(Debug, Clone)]
pub enum TokenSource {
    /// Here it is.
    Value(SecretString),
    /// The content of a file, without white space around it.
    File(PathBuf),
    /// What a shell command prints, without white space around it.
    Command(String),
}

/// The OAuth 2 client credentials grant (RFC 6749 §4.4).
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// Token endpoint.
    pub token_url: Url,
    /// Client id.
    pub client_id: String,
    /// Client secret.
    pub client_secret: SecretString,
    /// Scopes to ask for; none leaves the parameter out.
    pub scopes: Vec<String>,
    /// How the client authenticates.
    pub authentication: ClientAuthentication,
}

/// How an OAuth client shows its secret (RFC 6749 §2.3.1).
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuthentication {
    /// HTTP Basic (`client_secret_basic`).
    #[default]
    Basic,
    /// In the form (`client_secret_post`).
    Post,
}

/// A header that the user wants on every request; its value is never shown.
#[derive(Debug, Clone)]
pub struct ExtraHeader {
    /// Name.
    pub name: String,
    /// Value.
    pub value: SecretString,
    /// Whether it proves who sends the request, as an API key does: requests that are to be anonymous go without it.
    pub credential: bool,
}

/// Whether a URL leads to this machine only.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // RFC 6761 §6.3: `localhost` and all names below it.
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine_only() {
        let is = |url: &str| is_loopback(&url.parse().unwrap());
        assert!(is("http://127.0.0.1:8080/v2") && is("http://[::1]/") && is("http://localhost/scim"));
        assert!(is("http://scim.localhost./"));
        assert!(
            !is("http://10.0.0.1/") && !is("https://localhost.example.com/") && !is("mailto:a@localhost")
        );
    }

    #[test]
    fn options_do_not_print_secrets() {
        let options = LiveOptions::new("http://localhost/".parse().unwrap()).bearer("s3cr3t-token");
        assert!(!format!("{options:?}").contains("s3cr3t"));
    }
}
