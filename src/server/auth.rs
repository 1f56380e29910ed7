//! Bearer authentication (RFC 6750). A token is taken from the Authorization header only, never from query or body.

use std::io;

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use secrecy::{ExposeSecret, SecretString};
use url::form_urlencoded;

use super::reply::Refusal;

/// The challenge without an error code: what a request without a token gets (RFC 6750 §3.1).
const CHALLENGE: &str = r#"Bearer realm="scimcheck""#;

/// The tokens that are known.
#[derive(Debug)]
pub(super) struct Tokens {
    full: SecretString,
    read_only: Option<SecretString>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Full,
    ReadOnly,
}

impl Tokens {
    /// `InvalidInput` for a token that no Authorization header can carry (RFC 6750 §2.1).
    pub(super) fn new(full: SecretString, read_only: Option<SecretString>) -> io::Result<Self> {
        for token in std::iter::once(&full).chain(&read_only) {
            let token = token.expose_secret();
            let body = token.trim_end_matches('=');
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
            if body.is_empty() || !body.chars().all(allowed) {
                let message = "a bearer token consists of letters, digits, - . _ ~ + / and = at the end";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
            }
        }
        Ok(Self { full, read_only })
    }

    /// What the request's token may do.
    ///
    /// 401 without one (also for other schemes); 401 `invalid_token` for one that is not known; 400 `invalid_request`
    /// for more than one header, and for a token in the query as well (RFC 6750 §3.1).
    pub(super) fn authenticate(&self, headers: &HeaderMap, query: Option<&str>) -> Result<Access, Refusal> {
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
        let token = token.trim_ascii();
        let is = |known: &SecretString| same(known.expose_secret().as_bytes(), token);
        if is(&self.full) {
            Ok(Access::Full)
        } else if self.read_only.as_ref().is_some_and(is) {
            Ok(Access::ReadOnly)
        } else {
            Err(challenge(401, "invalid_token", "The bearer token is not valid"))
        }
    }

    /// The text without any token in it: details of errors quote what the client sent.
    pub(super) fn without_tokens(&self, text: &mut String) {
        for token in std::iter::once(&self.full).chain(&self.read_only) {
            if text.contains(token.expose_secret()) {
                *text = text.replace(token.expose_secret(), "***");
            }
        }
    }
}

impl Access {
    /// 403 `insufficient_scope` for a change with a token that may only read.
    pub(super) fn permit(self, only_reads: bool) -> Result<(), Refusal> {
        if self == Self::Full || only_reads {
            return Ok(());
        }
        Err(challenge(403, "insufficient_scope", "The bearer token only permits reading"))
    }
}

fn unauthorized(detail: &str) -> Refusal {
    Refusal::new(401, detail).with(WWW_AUTHENTICATE, CHALLENGE)
}

fn challenge(status: u16, error: &str, detail: &str) -> Refusal {
    let challenge = format!(r#"{CHALLENGE}, error="{error}", error_description="{detail}""#);
    Refusal::new(status, detail).with(WWW_AUTHENTICATE, challenge)
}

/// Compares in a time that does not tell how much of the token is right.
fn same(known: &[u8], given: &[u8]) -> bool {
    let different = known.iter().zip(given).fold(0, |bits, (a, b)| bits | (a ^ b));
    known.len() == given.len() && different == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new("secret".into(), Some("peek".into())).unwrap()
    }

    fn judge(fields: &[&str]) -> Result<Access, (u16, String)> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(AUTHORIZATION, field.parse().unwrap());
        }
        tokens()
            .authenticate(&headers, None)
            .map_err(|refusal| (refusal.error.status, refusal.headers[0].1.clone()))
    }

    #[test]
    fn credentials() {
        for (field, access) in [
            ("Bearer secret", Access::Full),
            ("bearer secret", Access::Full),
            ("BEARER   secret", Access::Full),
            ("Bearer peek", Access::ReadOnly),
        ] {
            assert_eq!(judge(&[field]), Ok(access), "{field}");
        }
        let bare = CHALLENGE.to_owned();
        for fields in [&[][..], &["Basic c2VjcmV0"], &["secret"], &[""], &["Bearersecret"]] {
            assert_eq!(judge(fields), Err((401, bare.clone())), "{fields:?}");
        }
        for field in ["Bearer", "Bearer Secret", "Bearer secretsecret", "Bearer secret x", "Bearer sec"] {
            let (status, challenge) = judge(&[field]).unwrap_err();
            assert_eq!(status, 401, "{field}");
            assert!(challenge.contains(r#"error="invalid_token""#), "{challenge}");
        }
        let (status, challenge) = judge(&["Bearer secret", "Bearer secret"]).unwrap_err();
        assert_eq!(status, 400);
        assert!(challenge.contains(r#"error="invalid_request""#), "{challenge}");
    }

    #[test]
    fn tokens_that_no_header_carries_and_tokens_in_texts() {
        for token in ["", "=", "a b", "a\n", "é", "a\"b", "a=b"] {
            assert!(Tokens::new(token.into(), None).is_err(), "{token:?}");
        }
        let mut text = "`secret` is no `peek`".to_owned();
        tokens().without_tokens(&mut text);
        assert_eq!(text, "`***` is no `***`");
    }
}
