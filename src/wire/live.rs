//! The live client (reqwest). Everything is bounded: the time to connect and to answer, the bytes of a body, the
//! redirects, the waiting that the target asks for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::{Origin, Url};

use super::auth::{Applied, Auth, CredentialError};
use super::carrier::{Carried, Carrier, Outgoing};
use super::options::{Credential, ExtraHeader, LiveOptions};
use super::redact::{MASK, Redactor};
use super::throttle::{MAX_TRIES, Throttle, wanted_pause};
use super::{BoxFuture, Sent, Transport, failure, now, redirect};
use crate::model::{Answer, AuthMode, Body, Completeness, Failure, FailureKind, Request, Response};

/// What requests say about who sends them.
pub(crate) const USER_AGENT: &str = concat!("scimcheck/", env!("CARGO_PKG_VERSION"));

/// Sends requests to the target.
pub struct Live {
    client: reqwest::Client,
    /// What stands for the network.
    carrier: Option<Arc<dyn Carrier>>,
    auth: Auth,
    headers: Vec<ExtraHeader>,
    base_url: Url,
    origins: Vec<Origin>,
    throttle: Throttle,
    request_timeout: Duration,
    retry_budget: Duration,
    max_body: usize,
}

/// Why the options make no client.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The CA file is no PEM.
    #[error("the CA file holds no usable certificate: {0}")]
    Ca(String),
    /// The client certificate and its key are no PEM.
    #[error("the client certificate and key cannot be used: {0}")]
    Identity(String),
    /// The proxy is no URL.
    #[error("the proxy cannot be used: {0}")]
    Proxy(String),
    /// A header name or value is none.
    #[error("the header `{0}` is not a valid header")]
    Header(String),
    /// Anything else.
    #[error("the HTTP client cannot be made: {0}")]
    Client(String),
}

impl Live {
    /// A client for a target. Every secret of the options is made known to the redactor, and so is every token that
    /// is obtained later.
    ///
    /// # Errors
    /// If a certificate, key, proxy or header cannot be used.
    pub fn new(options: LiveOptions, redactor: &Redactor) -> Result<Self, LiveError> {
        let token_urls = std::iter::once(&options.credential)
            .flatten()
            .chain(options.credentials.values())
            .filter_map(|credential| match credential {
                Credential::ClientCredentials(grant) => Some(&grant.token_url),
                _ => None,
            });
        let encrypted =
            std::iter::once(&options.base_url).chain(token_urls).any(|url| url.scheme() == "https")
                || options.origins.iter().any(|origin| origin.ascii_serialization().starts_with("https:"));

        let mut builder = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(options.connect_timeout);
        if let Some(pem) = &options.ca_pem {
            let certificates = reqwest::Certificate::from_pem_bundle(pem)
                .map_err(|error| LiveError::Ca(error.to_string()))?;
            if certificates.is_empty() {
                return Err(LiveError::Ca("there is no PEM block in it".to_owned()));
            }
            builder = builder.tls_certs_merge(certificates);
        } else if !encrypted {
            // Loading the system's roots takes milliseconds that a plain connection does not need.
            builder = builder.tls_certs_only([]);
        }
        if let Some(pem) = &options.client_identity {
            let identity = reqwest::Identity::from_pem(pem.expose_secret().as_bytes())
                .map_err(|error| LiveError::Identity(error.to_string()))?;
            builder = builder.identity(identity);
        }
        if let Some(proxy) = &options.proxy {
            conceal_proxy(redactor, proxy);
            let proxy = reqwest::Proxy::all(proxy.expose_secret())
                .map_err(|error| LiveError::Proxy(redactor.text(&error.to_string())))?;
            builder = builder.proxy(proxy);
        }
        for header in &options.headers {
            redactor.add(&header.value);
            // Behind a scheme, as in `Token …`, the secret stands alone.
            if let Some((_, secret)) = header.value.expose_secret().split_once(' ') {
                redactor.add(&secret.trim().into());
            }
            let valid = HeaderName::try_from(&header.name).is_ok()
                && HeaderValue::try_from(header.value.expose_secret()).is_ok();
            if !valid {
                return Err(LiveError::Header(header.name.clone()));
            }
        }
        Ok(Self {
            carrier: None,
            client: builder.build().map_err(|error| LiveError::Client(failure::message(&error)))?,
            auth: Auth::new(
                options.credential,
                options.credentials,
                redactor.clone(),
                options.request_timeout,
            ),
            headers: options.headers,
            base_url: options.base_url,
            origins: options.origins,
            throttle: Throttle::new(options.max_rate),
            request_timeout: options.request_timeout,
            retry_budget: options.retry_budget,
            max_body: options.max_body,
        })
    }

    /// The same, with something that stands for the network.
    #[must_use]
    pub fn over(self, carrier: Arc<dyn Carrier>) -> Self {
        Self { carrier: Some(carrier), ..self }
    }

    /// Obtains the configured credential ahead of the first request, so that what is wrong with it can be told from
    /// what is wrong with the target. What was obtained is kept.
    ///
    /// # Errors
    /// If the file, command or token endpoint does not give it.
    pub async fn obtain_credential(&self) -> Result<(), CredentialError> {
        self.auth.obtain(&self.client).await
    }

    async fn exchange(&self, request: &Request) -> Sent {
        let began = Instant::now();
        let mut shown = request.clone();
        let failed = |shown: Request, kind, message: String| Sent {
            request: shown,
            answer: Answer::Failed(Failure { kind, message }),
            duration: began.elapsed(),
            tries: 0,
        };
        let mut url = match Url::parse(&request.url) {
            Ok(url) => url,
            Err(error) => return failed(shown, FailureKind::Request, format!("not a URL: {error}")),
        };
        // Whoever made the request checked this already; credentials are worth a second look.
        let bare = request.auth == AuthMode::Bare;
        if !bare && url.origin() != self.base_url.origin() {
            return failed(
                shown,
                FailureKind::Request,
                "another origin than the base URL: not sent".to_owned(),
            );
        }
        if bare && !self.origins.contains(&url.origin()) {
            let message = format!("{} is no origin of the OAuth configuration: not sent", super::place(&url));
            return failed(shown, FailureKind::Request, message);
        }
        let applied = match self.auth.apply(&request.auth, &self.client).await {
            Ok(applied) => applied,
            Err(why) => return failed(shown, FailureKind::Credential, why),
        };
        let headers = match self.headers(request, &applied, &mut shown) {
            Ok(headers) => headers,
            Err(name) => {
                return failed(shown, FailureKind::Request, format!("the header `{name}` cannot be sent"));
            }
        };
        if let Some(token) = &applied.query_token {
            url.query_pairs_mut().append_pair("access_token", token.expose_secret());
        }

        let mut waited = Duration::ZERO;
        let mut tries = 0;
        loop {
            tries += 1;
            let (answer, duration) = self.follow(request, &url, &headers).await;
            if let Answer::Response(response) = &answer {
                let (after, date) = (response.header("retry-after"), response.header("date"));
                let pause = wanted_pause(response.status, after, date, tries - 1, chrono::Utc::now());
                // A 429 was refused; after a 503 nobody knows what a request has changed already.
                let safe = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
                let pause = pause.filter(|_| safe || response.status == 429);
                if let Some(pause) =
                    pause.filter(|pause| waited + *pause <= self.retry_budget && tries < MAX_TRIES)
                {
                    waited += pause;
                    self.throttle.pause(pause).await;
                    continue;
                }
            }
            return Sent { request: shown, answer, duration, tries };
        }
    }

    /// The headers to send; `shown` gets the same with masked values.
    fn headers(
        &self,
        request: &Request,
        applied: &Applied,
        shown: &mut Request,
    ) -> Result<reqwest::header::HeaderMap, String> {
        let mut map = reqwest::header::HeaderMap::new();
        let mut add = |name: &str, value: &str| -> Result<(), String> {
            let wrong = |_| name.to_owned();
            let key = HeaderName::try_from(name).map_err(|_| name.to_owned())?;
            map.append(key, HeaderValue::from_bytes(value.as_bytes()).map_err(wrong)?);
            Ok(())
        };
        for (name, value) in &request.headers {
            add(name, value)?;
        }
        let bare = request.auth == AuthMode::Bare;
        let others = self.headers.iter().filter(|header| applied.with_others || !header.credential);
        for header in others.filter(|_| !bare) {
            add(&header.name, header.value.expose_secret())?;
            shown.headers.push((header.name.to_ascii_lowercase(), MASK.to_owned()));
        }
        if let Some(authorization) = &applied.authorization {
            add("authorization", authorization.expose_secret())?;
            shown.headers.push(("authorization".to_owned(), masked(authorization, &request.auth)));
        }
        if applied.query_token.is_some() {
            let joint = if shown.url.contains('?') { '&' } else { '?' };
            shown.url = format!("{}{joint}access_token={MASK}", shown.url);
        }
        // RFC 9110 §8.6: a POST or PUT without body says so; reqwest leaves it out.
        if request.body.is_none() && matches!(request.method.as_str(), "POST" | "PUT" | "PATCH") {
            add("content-length", "0")?;
        }
        Ok(map)
    }

    /// Sends a request, and follows where it is redirected to; each hop waits for its turn as any request does. Returns
    /// the last answer, and the time that all hops took together: the request timeout is for all of them.
    async fn follow(
        &self,
        request: &Request,
        url: &Url,
        headers: &reqwest::header::HeaderMap,
    ) -> (Answer, Duration) {
        let mut url = url.clone();
        let mut taken = Duration::ZERO;
        for _ in 0..=redirect::MAX_HOPS {
            self.throttle.turn().await;
            let started = now();
            let hop = self.once(request, &url, headers);
            let answer = tokio::time::timeout(self.request_timeout.saturating_sub(taken), hop).await;
            let answer = answer.unwrap_or_else(|_| self.timed_out());
            taken += now().saturating_duration_since(started);
            let Answer::Response(response) = &answer else { return (answer, taken) };
            // Whoever sends a bare request looks at where it is redirected to.
            let followed = (300..400).contains(&response.status) && request.auth != AuthMode::Bare;
            if !followed || response.status == 304 {
                return (answer, taken);
            }
            match redirect::target(&request.method, &url, response.status, response.header("location")) {
                Some(next) => url = next,
                None => return (refused(response, &url).unwrap_or(answer), taken),
            }
        }
        let message = format!("more than {} redirects", redirect::MAX_HOPS);
        (Answer::Failed(Failure { kind: FailureKind::Redirect, message }), taken)
    }

    fn timed_out(&self) -> Answer {
        Answer::Failed(Failure {
            kind: FailureKind::Timeout,
            message: format!("no complete answer within {} ms", self.request_timeout.as_millis()),
        })
    }

    async fn once(&self, request: &Request, url: &Url, headers: &reqwest::header::HeaderMap) -> Answer {
        let method = match reqwest::Method::from_bytes(request.method.as_bytes()) {
            Ok(method) => method,
            Err(error) => {
                return Answer::Failed(Failure { kind: FailureKind::Request, message: error.to_string() });
            }
        };
        if let Some(carrier) = &self.carrier {
            let outgoing = Outgoing::new(method, url.clone(), headers.clone(), request.body.as_deref());
            return self.carried(carrier.carry(outgoing).await);
        }
        let mut builder = self.client.request(method, url.clone()).headers(headers.clone());
        if let Some(body) = &request.body {
            builder = builder.body(body.to_vec());
        }
        let https = url.scheme() == "https";
        let mut response = match builder.send().await {
            Ok(response) => response,
            Err(error) => return Answer::Failed(failure::classify(&error, https)),
        };
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let mut bytes = Vec::new();
        let completeness = loop {
            match response.chunk().await {
                Ok(None) => break whole(&bytes),
                Ok(Some(chunk)) => {
                    let room = self.max_body - bytes.len();
                    bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                    if chunk.len() > room {
                        break Completeness::TooLarge(self.max_body);
                    }
                }
                Err(error) => break Completeness::Interrupted(failure::message(&error)),
            }
        };
        Answer::Response(Response {
            status,
            headers,
            body: Body::new(Arc::<[u8]>::from(bytes), completeness),
        })
    }
}

impl Live {
    /// A response that came without a network, within the same limits.
    fn carried(&self, carried: Carried) -> Answer {
        let Carried { status, headers, mut body } = carried;
        let completeness = if body.len() > self.max_body {
            body.truncate(self.max_body);
            Completeness::TooLarge(self.max_body)
        } else {
            whole(&body)
        };
        Answer::Response(Response { status, headers, body: Body::new(Arc::<[u8]>::from(body), completeness) })
    }
}

impl std::fmt::Debug for Live {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Live").field("base_url", &self.base_url.as_str()).finish_non_exhaustive()
    }
}

/// JSON values that a body may hold: in memory each takes up to a hundred bytes, whatever it says.
const MOST_VALUES: usize = 100_000;

/// Whether a body that arrived can be read. Every value but the first stands behind one of these signs.
fn whole(bytes: &[u8]) -> Completeness {
    let signs = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{'));
    // Text may hold them too, so that the exact count is worth the time only here.
    if signs.take(MOST_VALUES).count() < MOST_VALUES || values(bytes) <= MOST_VALUES {
        return Completeness::Complete;
    }
    Completeness::TooManyValues(MOST_VALUES)
}

/// Signs outside of texts that a value stands behind.
fn values(bytes: &[u8]) -> usize {
    let (mut count, mut in_text, mut escaped) = (0, false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}

/// Hides the URL of a proxy, and the password in it alone.
fn conceal_proxy(redactor: &Redactor, proxy: &SecretString) {
    let Ok(url) = Url::parse(proxy.expose_secret()) else { return redactor.add(proxy) };
    let Some(password) = url.password() else { return };
    redactor.add(proxy);
    let decoded: String = url::form_urlencoded::parse(password.replace('+', "%2B").as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect();
    for password in [password, &decoded] {
        redactor.add(&password.into());
    }
}

/// A redirect to another origin is a failure of its own kind: nothing was sent there.
fn refused(response: &Response, from: &Url) -> Option<Answer> {
    let location = response.header("location")?;
    let to = from.join(location).ok()?;
    (to.origin() != from.origin()).then(|| {
        Answer::Failed(Failure {
            kind: FailureKind::Redirect,
            message: format!("{} redirects to another origin, {to}: not followed", response.status),
        })
    })
}

/// The header as it may be shown: the scheme stays, what follows it does not. What a suite made up is no secret.
fn masked(value: &SecretString, mode: &AuthMode) -> String {
    let value = value.expose_secret();
    if matches!(mode, AuthMode::Raw(_)) {
        return value.to_owned();
    }
    let scheme = value.split(' ').next().unwrap_or_default();
    format!("{scheme} {MASK}")
}

impl Transport for Live {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Sent> {
        Box::pin(self.exchange(request))
    }

    fn held_back(&self) -> Duration {
        self.throttle.held_back()
    }
}

#[cfg(test)]
mod tests;
