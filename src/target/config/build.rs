//! From the table of a target to its configuration, and the layers above put on top.

use std::collections::BTreeMap;
use std::path::PathBuf;

use secrecy::SecretString;
use url::Url;

use super::error::ConfigError;
use super::file::ConfigFile;
use super::format::{CredentialTable, HeaderTable, Sources, TargetTable};
use super::layers::Layers;
use super::secret::{self, Kind, Secret};
use super::settings::{
    Connection, CredentialSource, DEFAULT_CASE_TIMEOUT, DEFAULT_DOMAIN, DEFAULT_JOBS, FileSource,
    HeaderSource, TargetConfig,
};
use super::size::parse_size;
use super::url::{self as urls, Use};
use crate::suite::diagnostic::Diagnostic;
use crate::suite::duration;
use crate::suite::yaml::pointer_token;
use crate::wire::TokenSource;

/// Headers that always prove who sends a request.
const CREDENTIAL_HEADERS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// A target that is named by its URL: defaults, and what the layers say.
pub(super) fn of_url(base_url: Url, layers: Layers<'_>) -> Result<TargetConfig, ConfigError> {
    let host = base_url.host_str().unwrap_or_default();
    let name = base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let connection = Connection { credential: token_of_layers(layers)?, ..Connection::default() };
    Ok(defaults(name, base_url, connection))
}

fn defaults(name: String, base_url: Url, connection: Connection) -> TargetConfig {
    TargetConfig {
        name,
        base_url,
        profile: None,
        jobs: DEFAULT_JOBS,
        case_timeout: DEFAULT_CASE_TIMEOUT,
        run_timeout: None,
        domain: DEFAULT_DOMAIN.to_owned(),
        feature_overrides: BTreeMap::new(),
        overrides: BTreeMap::new(),
        baseline: None,
        seed: None,
        oauth: None,
        connection,
    }
}

/// What environment and flags say, except the token.
pub(super) fn with_layers(mut config: TargetConfig, layers: Layers<'_>) -> Result<TargetConfig, ConfigError> {
    let flags = layers.flags;
    config.jobs = layers.jobs()?.unwrap_or(config.jobs);
    config.seed = layers.seed()?;
    config.profile = flags.profile.clone().or(config.profile);
    config.case_timeout = flags.case_timeout.unwrap_or(config.case_timeout);
    config.run_timeout = flags.run_timeout.or(config.run_timeout);
    config.domain = flags.domain.clone().unwrap_or(config.domain);
    config.feature_overrides.extend(flags.features.clone());
    let connection = &mut config.connection;
    connection
        .credentials
        .extend(flags.credentials.iter().map(|(name, token)| (name.clone(), bearer(token, None))));
    connection.max_rate = layers.max_rate()?.or(connection.max_rate);
    connection.max_body = flags.max_body.or(connection.max_body);
    connection.connect_timeout = flags.connect_timeout.or(connection.connect_timeout);
    connection.request_timeout = flags.request_timeout.or(connection.request_timeout);
    if let Some(path) = &flags.ca_file {
        connection.ca_file = Some(FileSource { path: path.clone(), origin: "--ca-file".to_owned() });
    }
    Ok(config)
}

fn token_of_layers(layers: Layers<'_>) -> Result<Option<CredentialSource>, ConfigError> {
    Ok(layers.token()?.map(|(token, variable)| bearer(&token, variable)))
}

fn bearer(token: &SecretString, variable: Option<String>) -> CredentialSource {
    let source = TokenSource::Value(token.clone());
    CredentialSource::Bearer(Secret { source, kind: Kind::Token, origin: "token".to_owned(), variable })
}

/// Reads the table of a target. Every variable that is missing is reported at once.
pub(super) struct Builder<'b> {
    file: &'b ConfigFile,
    layers: Layers<'b>,
    name: &'b str,
    /// JSON Pointer of its table.
    at: String,
    missing: Vec<Diagnostic>,
}

impl<'b> Builder<'b> {
    pub(super) fn new(file: &'b ConfigFile, name: &'b str, layers: Layers<'b>) -> Self {
        let at = format!("/target/{}", pointer_token(name));
        Self { file, layers, name, at, missing: Vec::new() }
    }

    pub(super) fn build(mut self) -> Result<TargetConfig, ConfigError> {
        let file = self.file;
        let Some(table) = file.tables.target.get(self.name) else { return Err(ConfigError::NoTarget) };
        let base_url = urls::parse(&table.base_url, Use::Base).map_err(gap)?;
        let connection = self.connection(table)?;
        let at = format!("{}/oauth", self.at);
        let oauth = table.oauth.as_ref().map(|table| self.oauth(&at, table)).transpose()?;
        if !self.missing.is_empty() {
            self.missing.sort_by_key(|mistake| mistake.place);
            return Err(ConfigError::Invalid(self.missing));
        }
        let mut config = defaults(self.name.to_owned(), base_url, connection);
        config.oauth = oauth;
        config.profile.clone_from(&table.profile);
        config.baseline = table.baseline.as_deref().map(|path| self.relative(path));
        config.jobs = table.jobs.and_then(|jobs| usize::try_from(jobs).ok()).unwrap_or(config.jobs);
        let timeout = |text: &Option<String>| text.as_deref().and_then(duration::parse);
        config.case_timeout = timeout(&table.timeouts.case).unwrap_or(config.case_timeout);
        config.run_timeout = timeout(&table.timeouts.run);
        config.domain = table.domain.clone().unwrap_or(config.domain);
        config.feature_overrides.clone_from(&table.features);
        config.overrides =
            table.overrides.iter().map(|(name, table)| (name.clone(), table.attributes())).collect();
        Ok(config)
    }

    fn connection(&mut self, table: &TargetTable) -> Result<Connection, ConfigError> {
        let timeout = |text: &Option<String>| text.as_deref().and_then(duration::parse);
        let credential = match token_of_layers(self.layers)? {
            Some(token) => Some(token),
            None => self.credential(&self.at.clone(), &table.credential())?,
        };
        let mut credentials = BTreeMap::new();
        for (name, table) in &table.credentials {
            let at = format!("{}/credentials/{}", self.at, pointer_token(name));
            if let Some(credential) = self.credential(&at, table)? {
                credentials.insert(name.clone(), credential);
            }
        }
        // A token of the layers above takes the place of an Authorization header, too.
        let replaced = |name: &str| credential.is_some() && name.eq_ignore_ascii_case("authorization");
        let headers = table.headers.iter().filter(|(name, _)| !replaced(name));
        let headers = headers.filter_map(|(name, table)| self.header(name, table)).collect();
        Ok(Connection {
            credential,
            credentials,
            headers,
            ca_file: table.ca_file.as_deref().map(|path| self.path("ca_file", path)),
            client_identity: table.client_cert_file.as_deref().zip(table.client_key_file.as_deref()).map(
                |(certificate, key)| {
                    (self.path("client_cert_file", certificate), self.path("client_key_file", key))
                },
            ),
            proxy: self.proxy(table),
            connect_timeout: timeout(&table.timeouts.connect),
            request_timeout: timeout(&table.timeouts.request),
            retry_budget: timeout(&table.timeouts.retry),
            max_body: table.max_body.as_deref().and_then(parse_size),
            max_rate: table.max_rate,
        })
    }

    fn credential(
        &mut self,
        at: &str,
        table: &CredentialTable,
    ) -> Result<Option<CredentialSource>, ConfigError> {
        if let Some(basic) = &table.basic {
            let password = self.secret(&format!("{at}/basic"), basic.password(), Kind::Password);
            return Ok(
                password.map(|password| CredentialSource::Basic { user: basic.user.clone(), password })
            );
        }
        if let Some(oauth2) = &table.oauth2 {
            let token_url = urls::parse(&oauth2.token_url, Use::TokenEndpoint).map_err(gap)?;
            let secret = self.secret(&format!("{at}/oauth2"), oauth2.client_secret(), Kind::Password);
            return Ok(secret.map(|client_secret| CredentialSource::OAuth2 {
                token_url,
                client_id: oauth2.client_id.clone(),
                client_secret,
                scopes: oauth2.scopes.clone(),
                authentication: oauth2.authentication,
            }));
        }
        Ok(self.secret(at, table.token(), Kind::Token).map(CredentialSource::Bearer))
    }

    fn header(&mut self, name: &str, table: &HeaderTable) -> Option<HeaderSource> {
        let at = format!("{}/headers/{}", self.at, pointer_token(name));
        let value = match &table.value {
            Some(value) => Secret {
                source: TokenSource::Value(value.clone().into()),
                kind: Kind::Header,
                origin: self.origin(&at, "value"),
                variable: None,
            },
            None => self.secret(&at, table.source(), Kind::Header)?,
        };
        let always = CREDENTIAL_HEADERS.iter().any(|header| header.eq_ignore_ascii_case(name));
        Some(HeaderSource { name: name.to_owned(), value, credential: table.credential || always })
    }

    fn proxy(&mut self, table: &TargetTable) -> Option<SecretString> {
        if let Some(variable) = &table.proxy_env {
            let at = self.at.clone();
            let text = self.variable(&at, "proxy_env", variable)?;
            return match urls::parse(text.trim(), Use::SecretProxy) {
                Ok(url) => Some(String::from(url).into()),
                Err(why) => {
                    self.unusable(&at, "proxy_env", variable, &why);
                    None
                }
            };
        }
        table.proxy.as_ref().map(|proxy| proxy.clone().into())
    }

    /// Where a secret is; what an environment variable holds is read now.
    pub(super) fn secret(&mut self, at: &str, sources: Sources<'_>, kind: Kind) -> Option<Secret> {
        let key = |name: &str| format!("{}{name}", sources.prefix);
        if let Some(variable) = sources.env {
            let key = key("env");
            let text = self.variable(at, &key, variable)?;
            return match secret::usable(&text, kind) {
                Ok(value) => {
                    let (source, origin) = (TokenSource::Value(value), self.origin(at, &key));
                    Some(Secret { source, kind, origin, variable: Some(variable.to_owned()) })
                }
                Err(why) => {
                    self.unusable(at, &key, variable, &why);
                    None
                }
            };
        }
        if let Some(path) = sources.file {
            let source = TokenSource::File(self.relative(path));
            return Some(Secret { source, kind, origin: self.origin(at, &key("file")), variable: None });
        }
        let command = sources.command?;
        let source = TokenSource::Command(command.to_owned());
        Some(Secret { source, kind, origin: self.origin(at, &key("command")), variable: None })
    }

    fn variable(&mut self, at: &str, key: &str, variable: &str) -> Option<String> {
        match (self.layers.environment)(variable) {
            Some(text) if !text.is_empty() => Some(text),
            other => {
                let state = if other.is_some() { "empty" } else { "not set" };
                let mut help = format!("set it: export {variable}=…");
                if let Some(prefix) = key.strip_suffix("_env").filter(|prefix| *prefix != "proxy") {
                    help = format!(
                        "{help}; or name a file with `{prefix}_file` or a command with `{prefix}_command`"
                    );
                }
                let message = format!("the environment variable `{variable}` is {state}");
                self.missing(at, key, &message, &format!("target `{}` needs it", self.name), &help);
                None
            }
        }
    }

    fn unusable(&mut self, at: &str, key: &str, variable: &str, why: &str) {
        let message = format!("what the environment variable `{variable}` holds cannot be used: {why}");
        let help = format!("set it anew: export {variable}=…");
        self.missing(at, key, &message, "named here", &help);
    }

    fn missing(&mut self, at: &str, key: &str, message: &str, label: &str, help: &str) {
        let diagnostic = self.file.diagnostic(&format!("{at}/{key}"), message);
        self.missing.push(diagnostic.label(label).help(help.to_owned()));
    }

    fn path(&self, key: &str, path: &str) -> FileSource {
        FileSource { path: self.relative(path), origin: self.origin(&self.at, key) }
    }

    /// A path of the file is relative to its folder.
    fn relative(&self, path: &str) -> PathBuf {
        self.file.folder.join(path)
    }

    /// A key with its place and target, for messages.
    fn origin(&self, at: &str, key: &str) -> String {
        let line = self.file.line(&format!("{at}/{key}"));
        format!("{}:{line}: `{key}` of target `{}`", self.file.name, self.name)
    }
}

/// A value that the linter should have refused.
pub(super) fn gap(message: String) -> ConfigError {
    ConfigError::Source { origin: "configuration".to_owned(), message }
}
