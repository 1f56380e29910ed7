//! From arguments, environment and scimcheck.toml to a target that can be talked to.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::args::TargetArgs;
use super::context::Context;
use super::error::CliError;
use crate::model::ReportFormat;
use crate::selftest::authorization_server;
use crate::server::{Options, Server};
use crate::target::config::{self, ConfigError, ConfigFile, Flags, TargetConfig};
use crate::target::discovery::{CredentialKind, Settings};
use crate::target::doctor::NotReady;
use crate::wire::oauth::{MetadataError, OAuth, OAuthOptions};
use crate::wire::{CredentialError, Live, LiveOptions, Redactor};

/// A target that can be talked to.
pub(crate) struct Connection {
    pub(crate) config: TargetConfig,
    pub(crate) settings: Settings,
    pub(crate) transport: Arc<Live>,
    pub(crate) redactor: Redactor,
    /// Which reports the configuration asks for, if it does.
    pub(crate) reports: Option<Vec<ReportFormat>>,
    /// The authorization server at which the users of the target log in, once its metadata was read.
    pub(crate) oauth: Option<Arc<OAuth>>,
    oauth_options: Option<OAuthOptions>,
    /// The embedded reference server, if it is the target.
    server: Option<Server>,
}

impl Connection {
    /// The target that arguments, environment and configuration name.
    pub(crate) fn open(args: &TargetArgs, context: &Context) -> Result<Self, CliError> {
        let file = config_file(args, context)?;
        let config = resolve(file.as_ref(), &flags(args, None, None), context)?;
        Self::of_config(config, None)
    }

    /// The same; the embedded reference server if no target is named anywhere.
    pub(crate) async fn open_or_embedded(args: &TargetArgs, context: &Context) -> Result<Self, CliError> {
        Self::open_or_embedded_with(args, None, None, context).await
    }

    /// The same with the flags that only `run` has.
    pub(crate) async fn open_or_embedded_with(
        args: &TargetArgs,
        jobs: Option<usize>,
        seed: Option<u64>,
        context: &Context,
    ) -> Result<Self, CliError> {
        let file = config_file(args, context)?;
        match config::resolve(file.as_ref(), &|name| context.env(name), &flags(args, jobs, seed)) {
            Err(ConfigError::NoTarget) => {}
            Err(error) => return Err(config_error(error)),
            Ok(config) => {
                return Ok(Self::of_config(config, None)?.reporting(file.as_ref()));
            }
        }
        nothing_is_meant_for_another(args)?;
        let server = Server::start(Options::equipped())
            .await
            .map_err(|error| CliError::usage(format!("the reference server cannot be started: {error}")))?;
        let mut flags = flags(args, jobs, seed);
        flags.target = Some(server.base_url().to_owned());
        flags.token = Some(server.token().into());
        let credentials = server.credentials().iter();
        flags.credentials = credentials.map(|(name, token)| ((*name).to_owned(), token.clone())).collect();
        let mut config = resolve(None, &flags, context)?;
        "reference server".clone_into(&mut config.name);
        Ok(Self::of_config(config, Some(server))?.reporting(file.as_ref()))
    }

    fn reporting(mut self, file: Option<&ConfigFile>) -> Self {
        self.reports = file.and_then(ConfigFile::reports).map(<[_]>::to_vec);
        self
    }

    /// Whether the configuration has a target of this name.
    pub(crate) fn knows(args: &TargetArgs, context: &Context, name: &str) -> Result<bool, CliError> {
        Ok(config_file(args, context)?.is_some_and(|file| file.target_names().any(|target| target == name)))
    }

    fn of_config(config: TargetConfig, server: Option<Server>) -> Result<Self, CliError> {
        let mut options = config.live_options().map_err(config_error)?;
        let oauth_options = match &server {
            Some(server) => {
                authorization_server(server.issuer(), server.client_id(), server.client_secret()).ok()
            }
            None => config.oauth_options().map_err(config_error)?,
        };
        options.origins = oauth_options.as_ref().map(OAuthOptions::allowed_origins).unwrap_or_default();
        let mut connection = Self::new(config, options, server)?;
        connection.oauth_options = oauth_options;
        Ok(connection)
    }

    fn new(config: TargetConfig, options: LiveOptions, server: Option<Server>) -> Result<Self, CliError> {
        let redactor = Redactor::default();
        let mut settings = Settings {
            domain: config.domain.clone(),
            features: config.feature_overrides.clone(),
            overrides: config.overrides.clone(),
            redactor: redactor.clone(),
            disposable: server.is_some(),
            ..Settings::of_live(&options)
        };
        settings.credential =
            settings.credential.or_else(|| config.has_credential().then_some(CredentialKind::Other));
        for (credential, variable) in config.token_variables() {
            redactor.name_token(credential, variable);
        }
        let transport = Live::new(options, &redactor)
            .map_err(|error| CliError::Config { message: error.to_string(), help: None })?;
        let transport = Arc::new(transport);
        let (oauth, oauth_options) = (None, None);
        Ok(Self { config, settings, transport, redactor, reports: None, oauth, oauth_options, server })
    }

    /// Obtains the credential, ahead of everything else: a file or command that does not give it is a mistake of the
    /// configuration, and none of the target.
    pub(crate) async fn obtain_credential(&self) -> Result<(), CliError> {
        let Err(error) = self.transport.obtain_credential().await else { return Ok(()) };
        let problem = format!("the credential could not be obtained: {error}");
        match error {
            CredentialError::Source(_) => Err(CliError::Config {
                message: crate::report::text::visible(&self.redactor.text(&problem)).into_owned(),
                help: Some("check the credential of this target in the configuration".to_owned()),
            }),
            CredentialError::TokenEndpoint(_) => Err(self.not_ready(&NotReady {
                problem,
                advice: vec![
                    "check `token_url`, `client_id` and the client secret of this target in the configuration".to_owned(),
                    "does the token endpoint work? `timeouts.request` bounds its answer, too".to_owned(),
                ],
            })),
        }
    }

    /// Reads the metadata of the authorization server, if the configuration names one: what can be probed depends on it. Where
    /// they cannot be had, everything else can still be done; whatever asks for a login is blocked.
    pub(crate) async fn discover_oauth(&mut self) -> Result<(), CliError> {
        let Some(options) = self.oauth_options.take() else { return Ok(()) };
        let (oauth, result) =
            match OAuth::discover(options.clone(), self.transport.as_ref(), &self.redactor).await {
                Ok(oauth) => (oauth, Ok(())),
                Err(error) => {
                    let unknown = OAuth::unknown(options, &self.redactor, error.to_string());
                    (unknown, Err(self.not_ready(&not_known(&error))))
                }
            };
        self.settings.oauth = oauth.features();
        self.oauth = Some(Arc::new(oauth));
        result
    }

    /// What the doctor says, without credentials.
    pub(crate) fn not_ready(&self, problem: &NotReady) -> CliError {
        let text = |text: &str| crate::report::text::visible(&self.redactor.text(text)).into_owned();
        CliError::NotReady(NotReady {
            problem: text(&problem.problem),
            advice: problem.advice.iter().map(|advice| text(advice)).collect(),
        })
    }

    /// Whether the target is the embedded server, which ends with this process.
    pub(crate) fn is_embedded(&self) -> bool {
        self.server.is_some()
    }

    /// Ends the embedded server.
    pub(crate) async fn close(self) {
        if let Some(server) = self.server {
            server.shutdown().await;
        }
    }
}

fn not_known(error: &MetadataError) -> NotReady {
    NotReady {
        problem: format!("the authorization server is not known: {error}"),
        advice: vec![
            "check `[target.NAME.oauth]`: `issuer` is the URL in front of `/.well-known/openid-configuration`".to_owned(),
            "without metadata, name the endpoints one by one: `token_url`, `introspection_url`, …".to_owned(),
        ],
    }
}

/// An error if a flag only makes sense for a target that the user forgot to name: all would be green, on the wrong server.
fn nothing_is_meant_for_another(args: &TargetArgs) -> Result<(), CliError> {
    let token = args.token_env.as_ref().map(|_| "--token-env");
    let Some(flag) = token.or_else(|| args.ca_file.as_ref().map(|_| "--ca-file")) else { return Ok(()) };
    Err(CliError::Usage {
        message: format!("{flag} is given, but no target"),
        help: Some(
            "name one with --target URL; without a target the embedded reference server is tested".to_owned(),
        ),
    })
}

fn config_file(args: &TargetArgs, context: &Context) -> Result<Option<ConfigFile>, CliError> {
    let path = config::find(args.config.as_deref(), &|name| context.env(name), Path::new("."));
    path.map(|path| ConfigFile::load(&path)).transpose().map_err(config_error)
}

fn resolve(file: Option<&ConfigFile>, flags: &Flags, context: &Context) -> Result<TargetConfig, CliError> {
    config::resolve(file, &|name| context.env(name), flags).map_err(config_error)
}

fn flags(args: &TargetArgs, jobs: Option<usize>, seed: Option<u64>) -> Flags {
    Flags {
        target: args.target.clone(),
        token_env: args.token_env.clone(),
        profile: args.profile.clone(),
        max_rate: args.max_rate,
        max_body: args.max_body,
        connect_timeout: args.connect_timeout,
        request_timeout: args.request_timeout,
        case_timeout: args.case_timeout,
        run_timeout: args.run_timeout,
        domain: args.domain.clone(),
        ca_file: args.ca_file.clone(),
        features: args.features.iter().cloned().collect(),
        jobs,
        seed,
        token: None,
        credentials: BTreeMap::new(),
    }
}

fn config_error(error: ConfigError) -> CliError {
    match error {
        ConfigError::Invalid(diagnostics) => CliError::Invalid(diagnostics),
        // The command line names something that is not there.
        ConfigError::UnknownTarget { .. } | ConfigError::Value { .. } | ConfigError::Read { .. } => {
            CliError::Usage { message: error.to_string(), help: error.help() }
        }
        _ => CliError::Config { message: error.to_string(), help: error.help() },
    }
}
