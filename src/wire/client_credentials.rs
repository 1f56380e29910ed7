//! The OAuth 2 client credentials grant (RFC 6749 §4.4).

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::options::{ClientAuthentication, ClientCredentials};

/// A token is renewed this long before it expires, or after half its life if that is shorter.
const SKEW: Duration = Duration::from_secs(30);
/// Bytes of the token endpoint's answer that are read at most.
const MAX_ANSWER: usize = 64 << 10;

/// A token endpoint with the token that it gave last.
#[derive(Debug)]
pub(crate) struct TokenEndpoint {
    options: ClientCredentials,
    /// How long the endpoint has for its whole answer.
    within: Duration,
    token: Mutex<Option<(SecretString, Option<Instant>)>>,
}

impl TokenEndpoint {
    /// `within` is what any request of the target has: the endpoint is asked before the time of a request begins to run.
    pub(crate) fn new(options: ClientCredentials, within: Duration) -> Self {
        Self { options, within, token: Mutex::new(None) }
    }

    /// A token that has not expired. A new one is passed to `conceal` before anyone sees it.
    pub(crate) async fn token(
        &self,
        client: &reqwest::Client,
        conceal: impl FnOnce(&SecretString),
    ) -> Result<SecretString, String> {
        // Held while asking, so that parallel cases ask once.
        let mut kept = self.token.lock().await;
        if let Some((token, until)) = &*kept
            && until.is_none_or(|until| Instant::now() < until)
        {
            return Ok(token.clone());
        }
        let (token, life) = self.ask(client).await?;
        conceal(&token);
        let until = life.map(|life| Instant::now() + life.saturating_sub(SKEW.min(life / 2)));
        *kept = Some((token.clone(), until));
        Ok(token)
    }

    /// The form, and the Authorization header if the client authenticates by it.
    fn form(&self) -> (String, Option<SecretString>) {
        let options = &self.options;
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        if !options.scopes.is_empty() {
            form.append_pair("scope", &options.scopes.join(" "));
        }
        let authorization = match options.authentication {
            ClientAuthentication::Post => {
                form.append_pair("client_id", &options.client_id);
                form.append_pair("client_secret", options.client_secret.expose_secret());
                None
            }
            ClientAuthentication::Basic => {
                // RFC 6749 §2.3.1: both parts are form-encoded first.
                let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let secret = encode(options.client_secret.expose_secret());
                let pair = STANDARD.encode(format!("{}:{secret}", encode(&options.client_id)));
                Some(format!("Basic {pair}").into())
            }
        };
        (form.finish(), authorization)
    }

    async fn ask(&self, client: &reqwest::Client) -> Result<(SecretString, Option<Duration>), String> {
        let options = &self.options;
        let (form, authorization) = self.form();
        let mut request = client.post(options.token_url.clone()).header("accept", "application/json");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization.expose_secret());
        }
        let at = || format!("the token endpoint {}", options.token_url);
        let failed = |error: reqwest::Error| {
            let why = match error.is_timeout() {
                true => format!("no complete answer within {} ms", self.within.as_millis()),
                false => super::failure::message(&error),
            };
            format!("{}: {why}", at())
        };
        let mut response = request
            .timeout(self.within)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .map_err(failed)?;
        let status = response.status();
        let mut body = Vec::new();
        while body.len() < MAX_ANSWER
            && let Some(chunk) = response.chunk().await.map_err(failed)?
        {
            body.extend_from_slice(&chunk);
        }
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if !status.is_success() {
            // RFC 6749 §5.2: `error` is a code; the rest of the body may repeat what was sent.
            let code = answer.get("error").and_then(Value::as_str).unwrap_or("no error code");
            return Err(format!("{} answered {} ({code})", at(), status.as_u16()));
        }
        let kind = answer.get("token_type").and_then(Value::as_str).unwrap_or("bearer");
        match answer.get("access_token").and_then(Value::as_str) {
            _ if !kind.eq_ignore_ascii_case("bearer") => {
                Err(format!("{} gave a token of type `{kind}` instead of `bearer`", at()))
            }
            Some(token) if !token.is_empty() => {
                let life = answer.get("expires_in").and_then(|life| {
                    life.as_u64().or_else(|| life.as_str()?.parse().ok()).map(Duration::from_secs)
                });
                // Longer than any run; also keeps `Instant` from overflowing.
                Ok((token.to_owned().into(), life.map(|life| life.min(Duration::from_hours(24)))))
            }
            _ => Err(format!("{} answered without `access_token`", at())),
        }
    }
}
