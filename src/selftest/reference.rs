//! A reference server with all that the suites can ask for, and the client that knows all of its credentials.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use url::Url;

use super::authorization_server;
use crate::model::{RunResult, TargetInfo};
use crate::run::{self, Plan, PlannedCase};
use crate::server::{Local, Options, Server};
use crate::suite::Suite;
use crate::suite::select::Selection;
use crate::target::Discovery;
use crate::target::discovery::{self, Documents, Settings};
use crate::wire::oauth::{OAuth, OAuthOptions};
use crate::wire::{Live, LiveOptions, Redactor};

/// A server in this process is never late.
const PATIENCE: Duration = Duration::from_millis(30);
/// What a broken server in this process may take its time for: a request, and a case.
const TIMEOUTS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(30)];
/// The same over a network. Long, because a busy machine is no fault of a server.
const NETWORK_TIMEOUTS: [Duration; 2] = [Duration::from_mins(1), Duration::from_mins(5)];

/// A reference server and its client.
pub struct Reference {
    base_url: Url,
    settings: Settings,
    transport: Arc<Live>,
    redactor: Redactor,
    oauth: OAuthOptions,
    case_timeout: Duration,
    /// If it listens.
    server: Option<Server>,
}

impl Reference {
    /// A server in this process that is reached by calls, which takes a fraction of the time.
    ///
    /// # Errors
    /// If a token of the options cannot be used.
    pub fn local(options: Options) -> io::Result<Self> {
        let local = Arc::new(Local::new(equipped(options))?);
        let [request_timeout, case_timeout] = TIMEOUTS;
        let mut live = live(local.base_url(), local.token(), local.credentials(), request_timeout)?;
        // Waiting would be for nothing: nobody else sends requests.
        live.retry_budget = Duration::ZERO;
        let oauth = authorization_server(local.issuer(), local.client_id(), local.client_secret());
        let oauth = oauth.map_err(io::Error::other)?;
        Self::new(live, oauth, |client| client.over(local), case_timeout, None)
    }

    /// A server that listens on a port of the loopback interface.
    ///
    /// # Errors
    /// If the port cannot be bound or a token cannot be used.
    pub async fn listening(options: Options) -> io::Result<Self> {
        let server = Server::start(equipped(options)).await?;
        let [request_timeout, case_timeout] = NETWORK_TIMEOUTS;
        let live = live(server.base_url(), server.token(), server.credentials(), request_timeout)?;
        let oauth = authorization_server(server.issuer(), server.client_id(), server.client_secret());
        Self::new(live, oauth.map_err(io::Error::other)?, |client| client, case_timeout, Some(server))
    }

    fn new(
        mut live: LiveOptions,
        oauth: OAuthOptions,
        over: impl FnOnce(Live) -> Live,
        case_timeout: Duration,
        server: Option<Server>,
    ) -> io::Result<Self> {
        live.origins = oauth.allowed_origins();
        let redactor = Redactor::default();
        let base_url = live.base_url.clone();
        let settings = Settings { disposable: true, ..Settings::of_live(&live) };
        let client = Live::new(live, &redactor).map_err(io::Error::other)?;
        let transport = Arc::new(over(client));
        Ok(Self { base_url, settings, transport, redactor, oauth, case_timeout, server })
    }

    /// Reads what the server says about itself.
    pub async fn discover(&self) -> Discovery {
        self.discover_with(Vec::new()).await
    }

    async fn discover_with(&self, oauth: Vec<&'static str>) -> Discovery {
        let began = Instant::now();
        let settings = Settings { oauth, ..self.settings.clone() };
        let documents = Documents::read(self.transport.as_ref(), &settings, began).await;
        discovery::understand(documents, &settings, began)
    }

    /// Runs the cases that are picked; with exchanges in the result only if that is wanted.
    pub async fn run(
        &self,
        suites: &[Suite],
        pick: &(dyn Fn(&PlannedCase) -> bool + Sync),
        jobs: usize,
        evidence: bool,
    ) -> RunResult {
        let transport: Arc<Live> = Arc::clone(&self.transport);
        // A server whose metadata cannot be read has no logins to look at.
        let oauth =
            OAuth::discover(self.oauth.clone(), transport.as_ref(), &self.redactor).await.ok().map(Arc::new);
        let features = oauth.as_ref().map(|oauth| oauth.features()).unwrap_or_default();
        let discovery = self.discover_with(features).await;
        let mut plan = Plan::new(suites, &discovery.model, &Selection::default());
        plan.cases.retain(pick);
        let target = TargetInfo {
            name: "reference server".to_owned(),
            base_url: self.base_url.to_string(),
            ..TargetInfo::default()
        };
        let options = run::Options {
            jobs,
            case_timeout: self.case_timeout,
            patience: self.server.is_none().then_some(PATIENCE),
            evidence,
            oauth,
            ..run::Options::new(target, 7, "2026-01-01T00:00:00Z")
        };
        run::run(plan, discovery, transport, &self.redactor, options, &mut ()).await
    }

    /// Stops the server, if it listens.
    pub async fn stop(self) {
        if let Some(server) = self.server {
            server.shutdown().await;
        }
    }
}

/// How a server is reached.
fn live(
    base_url: &str,
    token: &str,
    credentials: &[(&'static str, SecretString)],
    request_timeout: Duration,
) -> io::Result<LiveOptions> {
    let base_url: Url = base_url.parse().map_err(io::Error::other)?;
    let options = LiveOptions::new(base_url).bearer(token).bearers(credentials);
    Ok(LiveOptions { request_timeout, ..options })
}

/// With a token of every kind. The ids are the same in every run.
fn equipped(options: Options) -> Options {
    let Options {
        read_only_token,
        tenants,
        user_token,
        expired_token,
        revoked_token,
        other_audience_token,
        disabled_token,
        ..
    } = Options::equipped();
    Options {
        read_only_token,
        tenants,
        user_token,
        expired_token,
        revoked_token,
        other_audience_token,
        disabled_token,
        seed: Some(1),
        ..options
    }
}
