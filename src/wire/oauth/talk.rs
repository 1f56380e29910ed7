//! The requests of one login, one after the other, and what is the same in all ways to log in.

use url::Url;

use super::options::{Client, Endpoint};
use super::{Hop, LoginFailure, OAuth, Tokens};
use crate::model::{Answer, Request, Response, refuses_the_grant};
use crate::wire::{Transport, now};

/// A login that is under way.
pub(super) struct Talk<'t> {
    pub(super) oauth: &'t OAuth,
    pub(super) transport: &'t dyn Transport,
    /// Who logs in; empty: nobody.
    pub(super) user: String,
    /// Whether the same way let somebody in already.
    pub(super) worked: bool,
    pub(super) hops: Vec<Hop>,
}

impl Talk<'_> {
    pub(super) async fn send(&mut self, what: &str, request: &Request) -> Result<Response, LoginFailure> {
        let began = now();
        let sent = self.transport.send(request).await;
        self.oauth.conceal_answer(&self.user, &sent.answer);
        let answer = sent.answer.clone();
        self.hops.push(Hop { what: what.to_owned(), began, sent });
        match answer {
            Answer::Response(response) => Ok(response),
            Answer::Failed(failure) => Err(LoginFailure::Failed(format!("{what}: {}", failure.message))),
        }
    }

    pub(super) fn endpoint(&self, endpoint: Endpoint) -> Result<Url, LoginFailure> {
        let member = endpoint.member();
        let missing = || LoginFailure::Failed(format!("the {} is not known", member.replace('_', " ")));
        self.oauth.endpoint(endpoint).cloned().ok_or_else(missing)
    }

    /// Asks the token endpoint (RFC 6749 §3.2).
    pub(super) async fn token(
        &mut self,
        what: &str,
        client: &Client,
        form: &[(&str, String)],
    ) -> Result<Tokens, LoginFailure> {
        let request = self.oauth.post(&self.endpoint(Endpoint::Token)?, client, form);
        let response = self.send(what, &request).await?;
        if response.status == 200 {
            return self
                .oauth
                .tokens_of(&response)
                .map_err(|why| LoginFailure::Failed(format!("{what}: the token endpoint: {why}")));
        }
        let code = error_code(&response).unwrap_or_default();
        let got = match code.as_str() {
            "" => format!("{what}: the token endpoint answered {}", response.status),
            code => format!("{what}: the token endpoint answered {} {code}", response.status),
        };
        // Here the grant is the user and the password.
        let refused = refuses_the_grant(response.status, Some(code.as_str()).filter(|code| !code.is_empty()));
        Err(if refused { LoginFailure::Refused(got) } else { LoginFailure::Failed(got) })
    }
}

/// The error code of an OAuth answer (RFC 6749 §5.2), if it is one: letters and `_`.
pub(super) fn error_code(response: &Response) -> Option<String> {
    let code = response.body.json()?.get("error")?.as_str()?;
    let plain = !code.is_empty()
        && code.len() <= 60
        && code.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:/".contains(c));
    plain.then(|| code.to_owned())
}
