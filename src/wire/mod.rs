//! HTTP: how requests reach the target and what may be said about them afterwards (layer 3).

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use crate::model::{Answer, Request};

mod auth;
pub mod carrier;
mod client_credentials;
pub mod curl;
mod failure;
pub mod live;
pub mod oauth;
pub mod options;
pub mod redact;
mod redirect;
mod spelling;
mod throttle;

pub use auth::CredentialError;
pub use carrier::{Carried, Carrier, Outgoing};
pub use live::{Live, LiveError};
pub use options::{
    ClientAuthentication, ClientCredentials, Credential, ExtraHeader, LiveOptions, TokenSource, is_loopback,
};
pub use redact::Redactor;

/// A future that is sent between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The time by the clock that timers go by, which tests can stop.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Where a URL leads, for messages: its origin, or what kind of address it is where there is none (`urn:…`).
pub(crate) fn place(url: &url::Url) -> String {
    match url.origin().is_tuple() {
        true => url.origin().ascii_serialization(),
        false => format!("an address that begins with `{}:`", url.scheme()),
    }
}

/// A request as it went out and what came back.
#[derive(Debug, Clone)]
pub struct Sent {
    /// As sent, with every header; credential values stand as `***`.
    pub request: Request,
    /// What came back.
    pub answer: Answer,
    /// From the first byte sent to the last byte received, of the last try.
    pub duration: Duration,
    /// How often it was sent: more than once where the target asked us to wait and try again. A request that may change
    /// something is only sent again after a 429, which refuses it: what the earlier tries did is certain, nothing.
    pub tries: u32,
}

/// Sends requests: live, or from a recording.
pub trait Transport: Send + Sync {
    /// Sends one request. Whatever goes wrong is part of the answer.
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Sent>;

    /// For how long, all in all, requests were held back so far by limits: the configured rate, and pauses that the
    /// target asked for. Nobody else is to blame for that time.
    fn held_back(&self) -> Duration {
        Duration::ZERO
    }
}
