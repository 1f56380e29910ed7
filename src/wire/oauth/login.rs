//! The ways to log a test user in.

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::browser::{Browser, End};
use super::{Endpoint, FormOptions, LoginFailure, LoginOptions, Talk, Tokens, command, error_code};
use crate::wire::BoxFuture;

/// How often the token endpoint is asked for a device that was approved, and how long it may want us to wait.
const DEVICE_TRIES: u32 = 12;
const LONGEST_INTERVAL: u64 = 10;
/// What is added to the interval, in seconds, when the answer is `slow_down` (RFC 8628 §3.5).
const SLOWER: u64 = 5;

/// A way to log a user in.
pub(super) trait Way: Send + Sync {
    /// Logs in.
    fn log_in<'w>(
        &'w self,
        talk: &'w mut Talk<'_>,
        user: &'w str,
        password: &'w SecretString,
    ) -> BoxFuture<'w, Result<Tokens, LoginFailure>>;
}

/// The way that the configuration names.
pub(super) fn way(options: Option<&LoginOptions>) -> Box<dyn Way + '_> {
    match options {
        None => Box::new(NoWay),
        Some(LoginOptions::Password) => Box::new(Password),
        Some(LoginOptions::Form { redirect_uri, parameters, form }) => {
            Box::new(Code { redirect_uri, parameters, form })
        }
        Some(LoginOptions::Device { form }) => Box::new(Device { form }),
        Some(LoginOptions::Command(command)) => Box::new(Command(command)),
    }
}

struct NoWay;

/// Resource owner password credentials grant (RFC 6749 §4.3).
struct Password;

/// Authorization code grant (RFC 6749 §4.1) with PKCE (RFC 7636).
struct Code<'o> {
    redirect_uri: &'o Url,
    parameters: &'o [(String, String)],
    form: &'o FormOptions,
}

/// Device authorization grant (RFC 8628).
struct Device<'o> {
    form: &'o FormOptions,
}

/// A program that somebody else wrote.
struct Command<'o>(&'o str);

impl Way for NoWay {
    fn log_in<'w>(
        &'w self,
        _: &'w mut Talk<'_>,
        _: &'w str,
        _: &'w SecretString,
    ) -> BoxFuture<'w, Result<Tokens, LoginFailure>> {
        let failure = LoginFailure::Failed("the configuration has no `oauth.login`".to_owned());
        Box::pin(std::future::ready(Err(failure)))
    }
}

impl Way for Password {
    fn log_in<'w>(
        &'w self,
        talk: &'w mut Talk<'_>,
        user: &'w str,
        password: &'w SecretString,
    ) -> BoxFuture<'w, Result<Tokens, LoginFailure>> {
        Box::pin(async move {
            let mut form = vec![
                ("grant_type", "password".to_owned()),
                ("username", user.to_owned()),
                ("password", password.expose_secret().to_owned()),
            ];
            form.extend(scope(talk));
            talk.token("password grant", &talk.oauth.options.client, &form).await
        })
    }
}

impl Way for Code<'_> {
    fn log_in<'w>(
        &'w self,
        talk: &'w mut Talk<'_>,
        user: &'w str,
        password: &'w SecretString,
    ) -> BoxFuture<'w, Result<Tokens, LoginFailure>> {
        Box::pin(async move {
            let client = &talk.oauth.options.client;
            let (verifier, state) = (random()?, random()?);
            for secret in [&verifier, &state] {
                talk.oauth.conceal(secret);
            }
            let mut url = talk.endpoint(Endpoint::Authorization)?;
            url.query_pairs_mut()
                .append_pair("response_type", "code")
                .append_pair("client_id", &client.id)
                .append_pair("redirect_uri", self.redirect_uri.as_str())
                .append_pair("state", state.expose_secret())
                .append_pair("code_challenge", &challenge(&verifier))
                .append_pair("code_challenge_method", "S256")
                .extend_pairs(scope(talk))
                .extend_pairs(self.parameters);
            let mut browser = Browser::new(self.form, user, password, Some(self.redirect_uri));
            let end = browser.go(talk, url).await?;
            let End::Redirected(back) = end else {
                return Err(LoginFailure::Failed(
                    "login form: it ended on a page and not at the redirect URI".to_owned(),
                ));
            };
            let code = code_of(talk, &back, &state)?;
            let form = [
                ("grant_type", "authorization_code".to_owned()),
                ("code", code.expose_secret().to_owned()),
                ("redirect_uri", self.redirect_uri.to_string()),
                ("code_verifier", verifier.expose_secret().to_owned()),
            ];
            let tokens = talk.token("authorization code grant", client, &form).await?;
            Ok(Tokens { jar: browser.into_jar(), ..tokens })
        })
    }
}

impl Way for Device<'_> {
    fn log_in<'w>(
        &'w self,
        talk: &'w mut Talk<'_>,
        user: &'w str,
        password: &'w SecretString,
    ) -> BoxFuture<'w, Result<Tokens, LoginFailure>> {
        Box::pin(async move {
            let failed = |why: &str| LoginFailure::Failed(format!("device authorization: {why}"));
            let client = &talk.oauth.options.client;
            let form: Vec<_> = scope(talk).into_iter().collect();
            let request = talk.oauth.post(&talk.endpoint(Endpoint::DeviceAuthorization)?, client, &form);
            let response = talk.send("device authorization", &request).await?;
            let body = response.body.json().filter(|_| response.status == 200);
            let body = body.ok_or_else(|| failed(&format!("answered {}", response.status)))?;
            // RFC 8628 §3.2.
            let text = |name: &str| {
                let text = body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                talk.oauth.conceal(&text.clone().into());
                text
            };
            let (device_code, user_code) = (text("device_code"), text("user_code"));
            if device_code.is_empty() || user_code.is_empty() {
                return Err(failed("the answer has no device_code or no user_code"));
            }
            let place =
                |name: &str| body.get(name).and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
            let complete = place("verification_uri_complete");
            let url = complete
                .or_else(|| place("verification_uri"))
                .ok_or_else(|| failed("there is no verification_uri"))?;
            let mut browser = Browser::new(self.form, user, password, None).with_user_code(&user_code);
            browser.go(talk, url).await?;
            let mut interval =
                body.get("interval").and_then(Value::as_u64).unwrap_or(5).min(LONGEST_INTERVAL);
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:device_code".to_owned()),
                ("device_code", device_code),
            ];
            // RFC 8628 §3.5: the answer is to be waited for, also when the user was quick.
            for _ in 0..DEVICE_TRIES {
                let request = talk.oauth.post(&talk.endpoint(Endpoint::Token)?, client, &form);
                let response = talk.send("device token", &request).await?;
                match error_code(&response).as_deref() {
                    _ if response.status == 200 => {
                        let tokens = talk.oauth.tokens_of(&response).map_err(|why| failed(&why))?;
                        return Ok(Tokens { jar: browser.into_jar(), ..tokens });
                    }
                    Some(code @ ("authorization_pending" | "slow_down")) => {
                        if code == "slow_down" {
                            interval += SLOWER;
                        }
                        tokio::time::sleep(std::time::Duration::from_secs(interval)).await;
                    }
                    Some("access_denied") => {
                        return Err(LoginFailure::Refused("device authorization: access_denied".to_owned()));
                    }
                    code => {
                        let code = code.unwrap_or("no error code");
                        return Err(failed(&format!(
                            "the token endpoint answered {} {code}",
                            response.status
                        )));
                    }
                }
            }
            Err(failed("it was not approved in time"))
        })
    }
}

impl Way for Command<'_> {
    fn log_in<'w>(
        &'w self,
        talk: &'w mut Talk<'_>,
        user: &'w str,
        password: &'w SecretString,
    ) -> BoxFuture<'w, Result<Tokens, LoginFailure>> {
        Box::pin(command::log_in(talk, self.0, user, password))
    }
}

/// The parameter `scope`, if there are scopes to ask for (RFC 6749 §3.3).
fn scope(talk: &Talk<'_>) -> Option<(&'static str, String)> {
    let scopes = &talk.oauth.options.scopes;
    (!scopes.is_empty()).then(|| ("scope", scopes.join(" ")))
}

/// 256 random bits, as RFC 7636 §4.1 recommends for a code verifier.
fn random() -> Result<SecretString, LoginFailure> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)
        .map_err(|_| LoginFailure::Failed("there is no source of randomness".to_owned()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes).into())
}

/// RFC 7636 §4.2.
fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.expose_secret().as_bytes()))
}

/// The code of an authorization response (RFC 6749 §4.1.2), with the state that was sent.
fn code_of(talk: &Talk<'_>, back: &Url, state: &SecretString) -> Result<SecretString, LoginFailure> {
    let parameter = |name: &str| {
        let value = back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        value.filter(|value| !value.is_empty())
    };
    // A refusal may leave it out; a code may not.
    let iss = parameter("iss");
    if let Some(issuer) = talk.oauth.issuer.as_ref().filter(|_| iss.is_some() || parameter("code").is_some())
    {
        let wrong = |why| LoginFailure::Failed(format!("login form: the authorization response {why}"));
        issuer.check(iss.as_deref()).map_err(wrong)?;
    }
    if let Some(error) = parameter("error") {
        let plain: String =
            error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect();
        let said = format!("login form: the authorization response says {plain}");
        return Err(match plain.as_str() {
            "access_denied" => LoginFailure::Refused(said),
            _ => LoginFailure::Failed(said),
        });
    }
    let code: SecretString = parameter("code")
        .ok_or_else(|| LoginFailure::Failed("login form: the authorization response has no code".to_owned()))?
        .into();
    talk.oauth.conceal(&code);
    // RFC 6749 §10.12: a response to somebody else's request is not taken.
    if parameter("state").as_deref() != Some(state.expose_secret()) {
        return Err(LoginFailure::Failed(
            "login form: the authorization response has another state than was sent".to_owned(),
        ));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned().into();
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
