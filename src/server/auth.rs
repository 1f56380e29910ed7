//! Bearer authentication (RFC 6750). A token is taken from the Authorization header only, never from query or body.

use std::io;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use super::options::Options;
use super::reply::Refusal;

/// The challenge without an error code: what a request without a token gets (RFC 6750 §3.1).
const CHALLENGE: &str = r#"Bearer realm="scimcheck""#;

/// The tokens that are known.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    known: Vec<Known>,
    /// The secret of the client, which is no token and has no place in a text either.
    client_secret: Option<SecretString>,
}

#[derive(Debug)]
struct Known {
    secret: SecretString,
    state: State,
    tenant: usize,
    /// The id of the user whom the token stands for.
    subject: Option<String>,
}

/// What is to be said about a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Full,
    ReadOnly,
    Expired,
    Revoked,
    OtherAudience,
    /// Of an integration that is switched off.
    Disabled,
}

/// What a token may do, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Access<'t> {
    /// Which token it is.
    pub(super) actor: usize,
    pub(super) tenant: usize,
    pub(super) read_only: bool,
    /// The id of the user whom the token stands for.
    pub(super) subject: Option<&'t str>,
}

impl Tokens {
    /// All but the token of a user, who does not exist yet. `InvalidInput` for a token that no Authorization header can
    /// carry (RFC 6750 §2.1).
    pub(super) fn new(options: &Options) -> io::Result<Self> {
        let client_secret = Some(options.oauth.client_secret.clone());
        let mut tokens = Self { known: Vec::new(), client_secret };
        tokens.add(&options.token, State::Full, 0, None)?;
        for (token, state) in [
            (&options.read_only_token, State::ReadOnly),
            (&options.expired_token, State::Expired),
            (&options.revoked_token, State::Revoked),
            (&options.other_audience_token, State::OtherAudience),
            (&options.disabled_token, State::Disabled),
        ] {
            token.iter().try_for_each(|token| tokens.add(token, state, 0, None))?;
        }
        for (index, token) in options.tenants.iter().enumerate() {
            tokens.add(token, State::Full, index + 1, None)?;
        }
        Ok(tokens)
    }

    /// Adds the token of a user.
    pub(super) fn add_user(&mut self, secret: &SecretString, id: String) -> io::Result<()> {
        self.add(secret, State::Full, 0, Some(id))
    }

    fn add(
        &mut self,
        secret: &SecretString,
        state: State,
        tenant: usize,
        subject: Option<String>,
    ) -> io::Result<()> {
        let token = secret.expose_secret();
        let body = token.trim_end_matches('=');
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
        if body.is_empty() || !body.chars().all(allowed) {
            let message = "a bearer token consists of letters, digits, - . _ ~ + / and = at the end";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        if self.known.iter().any(|known| known.secret.expose_secret() == token) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "two bearer tokens are the same"));
        }
        self.known.push(Known { secret: secret.clone(), state, tenant, subject });
        Ok(())
    }

    /// What a token may do; `None` if it is not known.
    ///
    /// 401 `invalid_token` for one that has expired, was revoked or is meant for another service; 403 for one whose integration is switched off.
    pub(super) fn access(&self, token: &[u8]) -> Option<Result<Access<'_>, Refusal>> {
        let is = |known: &Known| same(known.secret.expose_secret().as_bytes(), token);
        let actor = self.known.iter().position(is)?;
        Some(self.judge(actor))
    }

    fn judge(&self, actor: usize) -> Result<Access<'_>, Refusal> {
        let Known { state, tenant, ref subject, .. } = self.known[actor];
        match state {
            State::Expired => Err(challenge(401, "invalid_token", "The bearer token has expired")),
            State::Revoked => Err(challenge(401, "invalid_token", "The bearer token was revoked")),
            State::OtherAudience => Err(other_audience()),
            State::Disabled => Err(switched_off()),
            State::Full | State::ReadOnly => {
                Ok(Access { actor, tenant, read_only: state == State::ReadOnly, subject: subject.as_deref() })
            }
        }
    }

    /// The text without any token in it: details of errors quote what the client sent.
    pub(super) fn without_tokens(&self, text: &mut String) {
        let tokens = self.known.iter().map(|known| &known.secret);
        for secret in tokens.chain(&self.client_secret) {
            if text.contains(secret.expose_secret()) {
                *text = text.replace(secret.expose_secret(), "***");
            }
        }
    }
}

/// The token that a request carries.
///
/// 401 without one (also for other schemes); 400 `invalid_request` for more than one header, and for a token in the query as
/// well (RFC 6750 §3.1).
pub(super) fn presented<'h>(headers: &'h HeaderMap, query: Option<&str>) -> Result<&'h [u8], Refusal> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let field = fields.next().ok_or_else(|| unauthorized("A bearer token is required"))?;
    if fields.next().is_some() {
        return Err(challenge(400, "invalid_request", "More than one Authorization header was sent"));
    }
    let mut parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if parameters.any(|(name, _)| name == "access_token") {
        return Err(challenge(400, "invalid_request", "A token was sent in two ways"));
    }
    let bytes = field.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b' ').unwrap_or(bytes.len());
    let (scheme, token) = bytes.split_at(end);
    if !scheme.eq_ignore_ascii_case(b"bearer") {
        return Err(unauthorized("The Authorization header has another scheme than Bearer"));
    }
    Ok(token.trim_ascii())
}

/// 401 `invalid_token` for a token that nobody knows.
pub(super) fn unknown() -> Refusal {
    challenge(401, "invalid_token", "The bearer token is not valid")
}

/// 401 `invalid_token` for a token that another service is to accept (RFC 6750 §5.2).
pub(super) fn other_audience() -> Refusal {
    challenge(401, "invalid_token", "The bearer token is meant for another audience")
}

/// 403 where an integration is switched off.
pub(super) fn switched_off() -> Refusal {
    Refusal::new(403, "The integration is switched off")
}

impl Access<'_> {
    /// 403 `insufficient_scope` for a change with a token that may only read.
    pub(super) fn permit(self, only_reads: bool) -> Result<(), Refusal> {
        if only_reads || !self.read_only {
            return Ok(());
        }
        Err(challenge(403, "insufficient_scope", "The bearer token only permits reading"))
    }
}

fn unauthorized(detail: &str) -> Refusal {
    Refusal::new(401, detail).with(WWW_AUTHENTICATE, CHALLENGE)
}

/// A refusal with its reason in the challenge (RFC 6750 §3).
pub(super) fn challenge(status: u16, error: &str, detail: &str) -> Refusal {
    let challenge = format!(r#"{CHALLENGE}, error="{error}", error_description="{detail}""#);
    Refusal::new(status, detail).with(WWW_AUTHENTICATE, challenge)
}

/// Compares in a time that does not tell how much of the token is right.
pub(super) fn same(known: &[u8], given: &[u8]) -> bool {
    let different = known.iter().zip(given).fold(0, |bits, (a, b)| bits | (a ^ b));
    known.len() == given.len() && different == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new(&Options {
            token: "secret".into(),
            read_only_token: Some("peek".into()),
            expired_token: Some("late".into()),
            other_audience_token: Some("theirs".into()),
            disabled_token: Some("off".into()),
            revoked_token: Some("gone".into()),
            tenants: vec!["other".into()],
            ..Options::default()
        })
        .unwrap()
    }

    /// Tenant and whether the token may only read; or status and challenge.
    fn judge(fields: &[&str]) -> Result<(usize, bool), (u16, String)> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(AUTHORIZATION, field.parse().unwrap());
        }
        presented(&headers, None)
            .and_then(|token| {
                tokens()
                    .access(token)
                    .unwrap_or_else(|| Err(unknown()))
                    .map(|access| (access.tenant, access.read_only))
            })
            .map_err(|refusal| (refusal.error.status, refusal.headers[0].1.clone()))
    }

    #[test]
    fn credentials() {
        for (field, access) in [
            ("Bearer secret", (0, false)),
            ("bearer secret", (0, false)),
            ("BEARER   secret", (0, false)),
            ("Bearer peek", (0, true)),
            ("Bearer other", (1, false)),
        ] {
            assert_eq!(judge(&[field]), Ok(access), "{field}");
        }
        let bare = CHALLENGE.to_owned();
        for fields in [&[][..], &["Basic c2VjcmV0"], &["secret"], &[""], &["Bearersecret"]] {
            assert_eq!(judge(fields), Err((401, bare.clone())), "{fields:?}");
        }
        for field in [
            "Bearer",
            "Bearer Secret",
            "Bearer secretsecret",
            "Bearer secret x",
            "Bearer sec",
            "Bearer late",
            "Bearer gone",
            "Bearer theirs",
        ] {
            let (status, challenge) = judge(&[field]).unwrap_err();
            assert_eq!(status, 401, "{field}");
            assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
        }
        assert_eq!(tokens().access(b"off").and_then(Result::err), Some(switched_off()));
        let (status, challenge) = judge(&["Bearer secret", "Bearer secret"]).unwrap_err();
        assert_eq!(status, 400);
        assert!(challenge.contains(r#"error="invalid_request""#), "{challenge}");
    }

    #[test]
    fn tokens_that_no_header_carries_and_tokens_in_texts() {
        for token in ["", "=", "a b", "a\n", "é", "a\"b", "a=b"] {
            let options = Options { token: token.into(), ..Options::default() };
            assert!(Tokens::new(&options).is_err(), "{token:?}");
        }
        let twice = Options { token: "a".into(), read_only_token: Some("a".into()), ..Options::default() };
        assert!(Tokens::new(&twice).is_err());
        let mut text = "`secret` is no `peek`".to_owned();
        tokens().without_tokens(&mut text);
        assert_eq!(text, "`***` is no `***`");
    }
}
