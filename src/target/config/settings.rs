//! The configuration of one target, from all layers.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::{Map, Value};
use url::Url;

use super::build_oauth::OAuthSource;
use super::error::ConfigError;
use super::secret::Secret;
use crate::wire::oauth::OAuthOptions;
use crate::wire::{ClientAuthentication, ClientCredentials, Credential, ExtraHeader, LiveOptions};

/// How many cases run at the same time unless something else is said.
pub const DEFAULT_JOBS: usize = 8;
/// How long a case may take unless something else is said.
pub const DEFAULT_CASE_TIMEOUT: Duration = Duration::from_mins(1);
/// The domain of e-mail addresses unless something else is said (reserved by RFC 2606 §3).
pub const DEFAULT_DOMAIN: &str = "example.com";

/// Bytes of a file with certificates at most: the bundles of whole systems are a quarter of a mebibyte.
const LARGEST_PEM: u64 = 8 << 20;

/// Everything that is known about a target before it was asked: file, environment and flags together.
#[derive(Debug, Clone)]
pub struct TargetConfig {
    /// Its name in the file; of a target that is named by its URL, the host and port.
    pub name: String,
    /// Base URL: `http` or `https`, without user information, query, fragment or slash at the end of the path.
    pub base_url: Url,
    /// Kind of target, for example `stackit`.
    pub profile: Option<String>,
    /// How many cases run at the same time; at least one.
    pub jobs: usize,
    /// How long a case may take, without its clean-up.
    pub case_timeout: Duration,
    /// How long the run may take.
    pub run_timeout: Option<Duration>,
    /// Domain of everything that looks like an e-mail address.
    pub domain: String,
    /// What the target can do, whatever it says itself, by the name of the feature.
    pub feature_overrides: BTreeMap<String, bool>,
    /// Attributes of created resources by resource type; `null` takes one away. Texts may hold `${unique}` and
    /// `${domain}`.
    pub overrides: BTreeMap<String, Map<String, Value>>,
    /// The baseline of known failures, if the file names one.
    pub baseline: Option<PathBuf>,
    /// Seed of all names and ids, if the user gave one.
    pub seed: Option<u64>,
    pub(super) oauth: Option<OAuthSource>,
    pub(super) connection: Connection,
}

/// How the target is reached; secrets that stand in files or come from commands are not read yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Connection {
    pub(super) credential: Option<CredentialSource>,
    pub(super) credentials: BTreeMap<String, CredentialSource>,
    pub(super) headers: Vec<HeaderSource>,
    pub(super) ca_file: Option<FileSource>,
    pub(super) client_identity: Option<(FileSource, FileSource)>,
    pub(super) proxy: Option<SecretString>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) request_timeout: Option<Duration>,
    pub(super) retry_budget: Option<Duration>,
    pub(super) max_body: Option<usize>,
    pub(super) max_rate: Option<f64>,
}

#[derive(Debug, Clone)]
pub(super) enum CredentialSource {
    Bearer(Secret),
    Basic {
        user: String,
        password: Secret,
    },
    OAuth2 {
        token_url: Url,
        client_id: String,
        client_secret: Secret,
        scopes: Vec<String>,
        authentication: ClientAuthentication,
    },
}

#[derive(Debug, Clone)]
pub(super) struct HeaderSource {
    pub(super) name: String,
    pub(super) value: Secret,
    pub(super) credential: bool,
}

/// A file that is no secret of one line: certificates and keys.
#[derive(Debug, Clone)]
pub(super) struct FileSource {
    pub(super) path: PathBuf,
    pub(super) origin: String,
}

impl TargetConfig {
    /// What the live client needs. Reads files, and runs the commands that print passwords and client secrets; it
    /// waits for them for 30 s at most each. A command that prints a bearer token is run by the client.
    ///
    /// # Errors
    /// If a file cannot be read, a command fails, or either gives nothing that can be used.
    pub fn live_options(&self) -> Result<LiveOptions, ConfigError> {
        let connection = &self.connection;
        let defaults = LiveOptions::new(self.base_url.clone());
        let named = connection.credentials.iter();
        Ok(LiveOptions {
            credential: connection.credential.as_ref().map(CredentialSource::read).transpose()?,
            credentials: named
                .map(|(name, source)| Ok((name.clone(), source.read()?)))
                .collect::<Result<_, ConfigError>>()?,
            headers: connection.headers.iter().map(HeaderSource::read).collect::<Result<_, _>>()?,
            ca_pem: connection.ca_file.as_ref().map(FileSource::read).transpose()?,
            client_identity: connection.client_identity.as_ref().map(identity).transpose()?,
            proxy: connection.proxy.clone(),
            connect_timeout: connection.connect_timeout.unwrap_or(defaults.connect_timeout),
            request_timeout: connection.request_timeout.unwrap_or(defaults.request_timeout),
            retry_budget: connection.retry_budget.unwrap_or(defaults.retry_budget),
            max_body: connection.max_body.unwrap_or(defaults.max_body),
            max_rate: connection.max_rate,
            origins: Vec::new(),
            base_url: defaults.base_url,
        })
    }

    /// The authorization server at which users log in, if the configuration names one. Reads files and runs the commands
    /// that print client secrets.
    ///
    /// # Errors
    /// If a file cannot be read, a command fails, or either gives nothing that can be used.
    pub fn oauth_options(&self) -> Result<Option<OAuthOptions>, ConfigError> {
        let read = |source: &OAuthSource| {
            let mut options = source.read()?;
            options.command_timeout = self.connection.request_timeout.unwrap_or(options.command_timeout);
            Ok(options)
        };
        self.oauth.as_ref().map(read).transpose()
    }

    /// The environment variables that bearer tokens were read from: that of the configured credential without a name,
    /// those of further ones by theirs.
    pub fn token_variables(&self) -> impl Iterator<Item = (Option<&str>, &str)> {
        let further = self.connection.credentials.iter().map(|(name, source)| (Some(name.as_str()), source));
        let configured = self.connection.credential.iter().map(|source| (None, source));
        configured.chain(further).filter_map(|(name, source)| match source {
            CredentialSource::Bearer(token) => Some((name, token.variable.as_deref()?)),
            _ => None,
        })
    }

    /// Whether requests prove who sends them: by a credential, a header that is one, or a client certificate.
    #[must_use]
    pub fn has_credential(&self) -> bool {
        self.connection.credential.is_some()
            || self.connection.client_identity.is_some()
            || self.connection.headers.iter().any(|header| header.credential)
    }
}

impl CredentialSource {
    fn read(&self) -> Result<Credential, ConfigError> {
        Ok(match self {
            Self::Bearer(token) => Credential::Bearer(token.token_source()?),
            Self::Basic { user, password } => {
                Credential::Basic { user: user.clone(), password: password.read()? }
            }
            Self::OAuth2 { token_url, client_id, client_secret, scopes, authentication } => {
                Credential::ClientCredentials(Box::new(ClientCredentials {
                    token_url: token_url.clone(),
                    client_id: client_id.clone(),
                    client_secret: client_secret.read()?,
                    scopes: scopes.clone(),
                    authentication: *authentication,
                }))
            }
        })
    }
}

impl HeaderSource {
    fn read(&self) -> Result<ExtraHeader, ConfigError> {
        let value = self.value.read()?;
        Ok(ExtraHeader { name: self.name.clone(), value, credential: self.credential })
    }
}

impl FileSource {
    fn read(&self) -> Result<Vec<u8>, ConfigError> {
        super::secret::read_bytes(&self.path, LARGEST_PEM).map_err(|message| self.wrong(message))
    }

    fn wrong(&self, message: String) -> ConfigError {
        ConfigError::Source { origin: self.origin.clone(), message }
    }
}

/// Certificate chain and key in one text; both may stand in the same file.
fn identity((certificate, key): &(FileSource, FileSource)) -> Result<SecretString, ConfigError> {
    let text = |source: &FileSource| {
        String::from_utf8(source.read()?)
            .map_err(|_| source.wrong(format!("{} is not PEM", source.path.display())))
    };
    if certificate.path == key.path {
        return Ok(text(certificate)?.into());
    }
    Ok(format!("{}\n{}", text(certificate)?, text(key)?).into())
}
