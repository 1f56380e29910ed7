//! Who sits in front of the browser: the session, and the proof that a form is ours.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, StatusCode, header};

use super::Exchange;
use super::error::OauthError;
use super::form::Form;
use super::ledger::{CredentialKind, Subject};
use super::lifecycle::Channel;
use super::page;
use crate::server::auth::same;
use crate::server::reply::Reply;

/// The cookie that stands for a user who is logged in.
pub(super) const SESSION_COOKIE: &str = "scimcheck_session";
/// The cookie that has to say the same as the field of a form.
const CSRF_COOKIE: &str = "scimcheck_csrf";
/// That field.
pub(super) const CSRF_FIELD: &str = "csrf_token";

/// What a form carries against forgery: the value of its field, and whether the browser has yet to get the cookie.
pub(super) struct Csrf {
    pub(super) token: String,
    is_new: bool,
}

impl Csrf {
    /// The page with the form, which gives the browser the cookie.
    pub(super) fn with(self, reply: Reply) -> Reply {
        if self.is_new { set_cookie(reply, CSRF_COOKIE, &self.token) } else { reply }
    }
}

impl Exchange<'_> {
    /// What a form is to carry.
    pub(super) fn csrf(&self) -> Csrf {
        let sound =
            |token: &&str| token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
        match cookie(&self.request.headers, CSRF_COOKIE).filter(sound) {
            Some(token) => Csrf { token: token.to_owned(), is_new: false },
            None => Csrf { token: self.service.ledger().secret(), is_new: true },
        }
    }

    /// The fields of a form that the browser got from here; a page with 403 if it comes from elsewhere.
    pub(super) fn own_form(&self) -> Result<Form, Reply> {
        let form = Form::of_body(self.request).map_err(OauthError::into_reply)?;
        let known = cookie(&self.request.headers, CSRF_COOKIE).unwrap_or_default();
        let given = form.get(CSRF_FIELD).unwrap_or_default();
        if given.is_empty() || !same(known.as_bytes(), given.as_bytes()) {
            return Err(page::problem(
                StatusCode::FORBIDDEN,
                "The form has expired. Go back and load it again.",
            ));
        }
        Ok(form)
    }

    /// The user who is logged in.
    pub(super) fn session(&self) -> Option<Subject> {
        let ledger = self.service.ledger();
        let session = ledger.find(self.session_cookie()?)?;
        let valid =
            session.kind == CredentialKind::Session && self.service.accepts(session, Channel::Session);
        session.subject.clone().filter(|_| valid)
    }

    pub(super) fn session_cookie(&self) -> Option<&str> {
        cookie(&self.request.headers, SESSION_COOKIE)
    }
}

/// Gives the browser a cookie for as long as it runs, out of reach of scripts and of other sites' forms.
pub(super) fn set_cookie(reply: Reply, name: &str, value: &str) -> Reply {
    reply.with(header::SET_COOKIE, format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax"))
}

/// Takes a cookie away.
pub(super) fn drop_cookie(reply: Reply, name: &str) -> Reply {
    reply.with(header::SET_COOKIE, format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"))
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let fields = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; scimcheck=x=y".parse().unwrap());
        headers.append(COOKIE, "b=2".parse().unwrap());
        let get = |name| cookie(&headers, name);
        assert_eq!(
            (get("a"), get("b"), get("scimcheck"), get("c")),
            (Some("1"), Some("2"), Some("x=y"), None)
        );
    }
}
