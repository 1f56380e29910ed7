//! Logging in and out in the browser.

use axum::http::{Method, StatusCode};
use url::form_urlencoded::Serializer;

use super::accounts::{self, Way, let_in};
use super::browser::{CSRF_FIELD, SESSION_COOKIE, drop_cookie, set_cookie};
use super::endpoint::{AUTHORIZE, LOGIN, SESSION, VERIFICATION};
use super::error::OauthError;
use super::form::Form;
use super::ledger::{Credential, CredentialKind};
use super::lifecycle::log_out;
use super::scope::Scope;
use super::{Exchange, authorize, page};
use crate::server::kind::Kind;
use crate::server::reply::Reply;

pub(super) const FIELDS: &str = "\
<p><label>User name <input name=\"username\" autocomplete=\"username\"></label></p>
<p><label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\"></label></p>
<p><button type=\"submit\">Log in</button></p>";

/// The way to the login page, and back to where the request wanted to go.
pub(super) fn first(exchange: Exchange<'_>) -> Reply {
    let next = exchange.request.uri.path_and_query().map_or(SESSION, |path| path.as_str());
    let query = Serializer::new(String::new()).append_pair("next", next).finish();
    page::redirect(&format!("{LOGIN}?{query}"))
}

/// The page with the form, and what it sends.
pub(super) fn login(exchange: Exchange<'_>) -> Reply {
    if exchange.request.method == Method::POST {
        return exchange.own_form().map_or_else(|reply| reply, |form| submitted(exchange, &form));
    }
    match Form::of_url(exchange.request) {
        Ok(query) => show(exchange, StatusCode::OK, destination(query.get("next")), ""),
        Err(error) => error.into_reply(),
    }
}

fn show(exchange: Exchange<'_>, status: StatusCode, next: &str, problem: &str) -> Reply {
    let csrf = exchange.csrf();
    let hidden = [(CSRF_FIELD, &*csrf.token), ("next", next)];
    let body = page::paragraph(problem) + &page::form(LOGIN, &hidden, FIELDS);
    let reply = page::page(status, "Log in", &body);
    csrf.with(reply)
}

fn submitted(exchange: Exchange<'_>, form: &Form) -> Reply {
    let service = exchange.service;
    let next = destination(form.get("next"));
    let (name, password) =
        (form.get("username").unwrap_or_default(), form.get("password").unwrap_or_default());
    let account = accounts::find(service, name, password);
    let session = account.and_then(|account| {
        let_in(service, &account, way(next), |_, ledger| {
            let subject = Some(account.subject.clone());
            let lifetime = service.options.oauth.session_lifetime;
            ledger.give(Credential::new(CredentialKind::Session, subject, Scope::of_users(), lifetime))
        })
    });
    match session {
        Some(session) => set_cookie(page::redirect(next), SESSION_COOKIE, &session),
        None => {
            let problem = "User name or password is wrong, or the user is inactive.";
            show(exchange, StatusCode::FORBIDDEN, next, problem)
        }
    }
}

/// Where a login leads: only to pages of this server.
pub(super) fn destination(next: Option<&str>) -> &str {
    let pages = [AUTHORIZE, VERIFICATION, SESSION];
    let is_page = |next: &&str| pages.contains(&next.split('?').next().unwrap_or_default());
    next.filter(is_page).unwrap_or(SESSION)
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
    let Some(subject) = exchange.session() else { return first(exchange) };
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
