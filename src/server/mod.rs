//! The reference server: a SCIM 2.0 service provider in memory, made of the pure functions of `scim` (layer 5).
//!
//! A request passes through the stages of `service`, each a module of its own: received (`http`), routed (`route`),
//! authenticated (`auth`), negotiated (`negotiate`), carried out (`discovery`, `query` with `cursor`, `resources` on
//! `store`, `me`, and `bulk`, which sends its operations through the same stages), and answered (`reply`).
//! Beside it stands an OAuth 2 authorization server for the same users: `oauth`.
//! Each stage has places where a variant (something else that the RFCs allow) or a fault (something that they do not) can
//! hook in: `hook`, `choice`, `variant`, `fault`.

mod auth;
mod bulk;
mod choice;
mod cursor;
mod device;
mod discovery;
mod edit;
mod equipped;
mod etag;
mod fault;
mod headers;
mod hook;
mod http;
mod kind;
mod local;
mod manager;
mod me;
mod membership;
mod named;
mod negotiate;
mod oauth;
mod options;
mod past;
mod patching;
mod query;
mod reply;
mod resources;
mod route;
mod service;
mod store;
mod variant;

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::route::BASE_PATH;
use self::service::Service;

pub use self::fault::{Fault, FaultInfo, faults};
pub use self::local::Local;
pub use self::named::{Entry, Named};
pub use self::options::{OauthOptions, OptionalFeature, Options, UserToken};
pub use self::variant::{Variant, VariantInfo, variants};

/// How long [`Server::shutdown`] waits for requests that are being answered.
const GRACE: Duration = Duration::from_secs(5);

/// A running server. Dropping it stops it; [`Server::shutdown`] also waits until it has stopped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use scimcheck::server::{Options, Server};
///
/// let server = Server::start(Options::default()).await?;
/// assert!(server.base_url().ends_with("/scim/v2"));
/// server.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct Server {
    base_url: String,
    token: SecretString,
    oauth: OauthOptions,
    credentials: Vec<(&'static str, SecretString)>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Binds the port and serves in background tasks of the current tokio runtime. Requests are answered from the
    /// moment that this returns.
    ///
    /// An error if the port cannot be bound, or (`InvalidInput`) if a token is not one that a header can carry.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub async fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let base_url = format!("http://{}{BASE_PATH}", listener.local_addr()?);
        let (token, credentials) = (options.token.clone(), options.credentials());
        let oauth = options.oauth.clone();
        let service = Service::new(base_url.clone(), options)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(http::serve(listener, Arc::new(service), async move {
            // Sent or dropped: both mean that the server is no longer wanted.
            let _ = stopped.await;
        }));
        Ok(Self { base_url, token, oauth, credentials, stop, task })
    }

    /// The base URL, without a slash at the end: `http://127.0.0.1:PORT/scim/v2`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The bearer token that may do everything.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// The bearer tokens besides that one, by the names that suites know them by: `read_only`, `other_tenant`, `user`,
    /// `expired`, `revoked`, `other_audience`, `disabled`, as far as the [`Options`] have them.
    #[must_use]
    pub fn credentials(&self) -> &[(&'static str, SecretString)] {
        &self.credentials
    }

    /// The issuer of the OAuth 2 authorization server beside it, where its metadata is found (RFC 8414):
    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn issuer(&self) -> &str {
        issuer(&self.base_url)
    }

    /// The client that the authorization server knows.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.oauth.client_id
    }

    /// The secret of that client.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        self.oauth.client_secret.expose_secret()
    }

    /// Stops taking connections, lets requests that are being answered end (for five seconds at most), and returns
    /// when the port is free again.
    pub async fn shutdown(self) {
        let Self { stop, mut task, .. } = self;
        drop(stop);
        if tokio::time::timeout(GRACE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// The origin of a base URL.
fn issuer(base_url: &str) -> &str {
    base_url.strip_suffix(BASE_PATH).unwrap_or(base_url)
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}
