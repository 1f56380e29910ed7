//! Logging in and out in the browser.

use axum::http::{Method, StatusCode};

use super::accounts::{self, Way, let_in};
use super::browser::{SESSION_COOKIE, drop_cookie};
use super::endpoint::{AUTHORIZE, LOGIN, VERIFICATION};
use super::error::OauthError;
use super::form::Form;
use super::lifecycle::log_out;
use super::sign_in::{SignIn, session_of};
use super::{Exchange, authorize, page};
use crate::server::kind::Kind;
use crate::server::reply::Reply;

/// The login page.
pub(super) const PAGE: SignIn = SignIn { path: LOGIN, title: "Log in", begin };

/// Begins a session for a user with the right password.
fn begin(exchange: Exchange<'_>, form: &Form, next: &str) -> Option<String> {
    let service = exchange.service;
    let (name, password) =
        (form.get("username").unwrap_or_default(), form.get("password").unwrap_or_default());
    let account = accounts::find(service, name, password)?;
    let_in(service, &account, way(next), |_, ledger| ledger.give(session_of(service, &account.subject)))
}

/// What a user logs in for who wants to go there.
fn way(next: &str) -> Way {
    match next.split('?').next() {
        Some(AUTHORIZE) => Way::Code,
        Some(VERIFICATION) => Way::Device,
        _ => Way::Session,
    }
}

/// Who is logged in; the way to the login page if nobody is.
pub(super) fn session(exchange: Exchange<'_>) -> Reply {
    let Some(subject) = exchange.session() else { return PAGE.first(exchange) };
    let user = exchange.service.store_of(subject.tenant).get(Kind::User, &subject.id);
    let name = user.as_ref().and_then(|user| user.value.get("userName")?.as_str()).unwrap_or(&subject.id);
    page::page(StatusCode::OK, "Session", &page::paragraph(&format!("Logged in as {name}.")))
}

/// Ends the session (OpenID Connect RP-Initiated Logout §2), and goes on to `post_logout_redirect_uri` if the client may
/// be redirected there.
pub(super) fn logout(exchange: Exchange<'_>) -> Reply {
    let form = if exchange.request.method == Method::POST {
        Form::of_body(exchange.request)
    } else {
        Form::of_url(exchange.request)
    };
    let form = match form {
        Ok(form) => form,
        Err(error) => return OauthError::into_reply(error),
    };
    if let Some(session) = exchange.session_cookie() {
        log_out(exchange.service, session);
    }
    let reply = match form.get("post_logout_redirect_uri") {
        Some(uri) if authorize::may_redirect(exchange, uri) => {
            page::redirect(&authorize::with_parameters(uri, &[("state", form.get("state"))]))
        }
        Some(_) => {
            page::problem(StatusCode::BAD_REQUEST, "You are logged out. The way back is not known here.")
        }
        None => page::page(StatusCode::OK, "Logged out", ""),
    };
    drop_cookie(reply, SESSION_COOKIE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::oauth::sign_in::destination;

    #[test]
    fn a_login_leads_to_pages_of_this_server_only() {
        for (next, wanted, way_there) in [
            (Some("/oauth/authorize?a=b"), "/oauth/authorize?a=b", Way::Code),
            (Some("/device"), "/device", Way::Device),
            (Some("/session"), "/session", Way::Session),
            (Some("https://evil.example/oauth/authorize"), "/session", Way::Session),
            (Some("//evil.example/device"), "/session", Way::Session),
            (Some("/oauth/token"), "/session", Way::Session),
            (None, "/session", Way::Session),
        ] {
            assert_eq!((destination(next), way(destination(next))), (wanted, way_there), "{next:?}");
        }
    }
}
