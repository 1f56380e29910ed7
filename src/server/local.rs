//! The server without a network: a request is a call. What HTTP does on the way to the client is done here as well, so
//! that nothing can be seen that no client would see.

use std::io;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};

use super::http::handle;
use super::options::{OauthOptions, Options};
use super::route::BASE_PATH;
use super::service::Service;

/// A server that is reached by calls; nothing listens, and nothing has to be stopped.
pub struct Local {
    service: Service,
    base_url: String,
    token: SecretString,
    oauth: OauthOptions,
    credentials: Vec<(&'static str, SecretString)>,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Local {
    /// Sets a server up; `port` does not matter. `InvalidInput` if a token is not one that a header can carry.
    pub fn new(options: Options) -> io::Result<Self> {
        let base_url = format!("http://127.0.0.1{BASE_PATH}");
        let (token, credentials) = (options.token.clone(), options.credentials());
        let oauth = options.oauth.clone();
        let service = Service::new(base_url.clone(), options)?;
        Ok(Self { service, base_url, token, oauth, credentials })
    }

    /// The base URL, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The bearer token that may do everything.
    #[must_use]
    pub fn token(&self) -> &str {
        self.token.expose_secret()
    }

    /// The bearer tokens besides that one, as [`Server::credentials`](super::Server::credentials).
    #[must_use]
    pub fn credentials(&self) -> &[(&'static str, SecretString)] {
        &self.credentials
    }

    /// The issuer of the authorization server, as [`Server::issuer`](super::Server::issuer).
    #[must_use]
    pub fn issuer(&self) -> &str {
        super::issuer(&self.base_url)
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

    /// Answers a request whose URI is the path and query, as on an HTTP/1.1 connection.
    pub async fn answer(&self, request: Request<Vec<u8>>) -> Response<Bytes> {
        let method = request.method().clone();
        let (mut parts, body) = handle(&self.service, request.map(Body::from)).await.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
        parts.headers.entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(body.len()));
        // RFC 9112 §6.3: after these there is no body, whatever the server meant to send.
        let without = method == Method::HEAD
            || parts.status.is_informational()
            || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        Response::from_parts(parts, if without { Bytes::new() } else { body })
    }
}
