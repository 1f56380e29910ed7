//! A stand-in for another identity provider at which users log in: it vouches for every user name, with the secret of the
//! client as the password. Who asks `authorize` for it with `idp_hint` is led there.

use axum::http::{Method, StatusCode};
use secrecy::ExposeSecret;
use url::form_urlencoded::Serializer;

use super::accounts::{self, Way, admit};
use super::browser::{CSRF_FIELD, SESSION_COOKIE, set_cookie};
use super::endpoint::{FEDERATED, SESSION};
use super::form::Form;
use super::ledger::{Credential, CredentialKind};
use super::login::{FIELDS, destination};
use super::scope::Scope;
use super::{Exchange, page};
use crate::server::auth::same;
use crate::server::reply::Reply;

/// The parameter of the authorization request that names another identity provider.
pub(super) const HINT: &str = "idp_hint";

/// The way of a user for whom the other identity provider vouches, if the request asks for that one.
pub(super) fn way(form: &Form) -> Way {
    if form.get(HINT).is_some() { Way::Federated } else { Way::Code }
}

/// The way to its login page, and back to where the request wanted to go.
pub(super) fn first(exchange: Exchange<'_>) -> Reply {
    let next = exchange.request.uri.path_and_query().map_or(SESSION, |path| path.as_str());
    let query = Serializer::new(String::new()).append_pair("next", next).finish();
    page::redirect(&format!("{FEDERATED}?{query}"))
}

/// The page with the form, and what it sends.
pub(super) fn serve(exchange: Exchange<'_>) -> Reply {
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
    let body = page::paragraph(problem) + &page::form(FEDERATED, &hidden, FIELDS);
    csrf.with(page::page(status, "Log in at another identity provider", &body))
}

fn submitted(exchange: Exchange<'_>, form: &Form) -> Reply {
    let service = exchange.service;
    let next = destination(form.get("next"));
    let password = form.get("password").unwrap_or_default();
    let secret = service.options.oauth.client_secret.expose_secret();
    let vouched = same(secret.as_bytes(), password.as_bytes())
        .then(|| accounts::vouched(service, form.get("username").unwrap_or_default()))
        .flatten();
    let session = vouched.and_then(|subject| {
        admit(service, &subject, Way::Federated, |_, ledger| {
            let lifetime = service.options.oauth.session_lifetime;
            let session = CredentialKind::Session;
            ledger.give(Credential::new(session, Some(subject.clone()), Scope::of_users(), lifetime))
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
