//! A page on which users log in with a name and a password: its form, what is done with it, and where that leads.

use axum::http::{Method, StatusCode};
use url::form_urlencoded::Serializer;

use super::browser::{CSRF_FIELD, SESSION_COOKIE, set_cookie};
use super::endpoint::{AUTHORIZE, SESSION, VERIFICATION};
use super::form::Form;
use super::ledger::{Credential, CredentialKind, Subject};
use super::scope::Scope;
use super::{Exchange, page};
use crate::server::reply::Reply;
use crate::server::service::Service;

const FIELDS: &str = "\
<p><label>User name <input name=\"username\" autocomplete=\"username\"></label></p>
<p><label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\"></label></p>
<p><button type=\"submit\">Log in</button></p>";

/// A login page.
pub(super) struct SignIn {
    /// Where it is.
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    /// Begins a session for whoever the form names, on the way to a page of this server; `None` for who may not get in.
    pub(super) begin: fn(Exchange<'_>, &Form, &str) -> Option<String>,
}

impl SignIn {
    /// The way to the page, and back to where the request wanted to go.
    pub(super) fn first(&self, exchange: Exchange<'_>) -> Reply {
        let next = exchange.request.uri.path_and_query().map_or(SESSION, |path| path.as_str());
        let query = Serializer::new(String::new()).append_pair("next", next).finish();
        page::redirect(&format!("{}?{query}", self.path))
    }

    /// The page with the form, and what it sends.
    pub(super) fn serve(&self, exchange: Exchange<'_>) -> Reply {
        if exchange.request.method == Method::POST {
            return exchange.own_form().map_or_else(|reply| reply, |form| self.submitted(exchange, &form));
        }
        match Form::of_url(exchange.request) {
            Ok(query) => self.show(exchange, StatusCode::OK, destination(query.get("next")), ""),
            Err(error) => error.into_reply(),
        }
    }

    fn show(&self, exchange: Exchange<'_>, status: StatusCode, next: &str, problem: &str) -> Reply {
        let csrf = exchange.csrf();
        let hidden = [(CSRF_FIELD, &*csrf.token), ("next", next)];
        let body = page::paragraph(problem) + &page::form(self.path, &hidden, FIELDS);
        let reply = page::page(status, self.title, &body);
        csrf.with(reply)
    }

    fn submitted(&self, exchange: Exchange<'_>, form: &Form) -> Reply {
        let next = destination(form.get("next"));
        match (self.begin)(exchange, form, next) {
            Some(session) => set_cookie(page::redirect(next), SESSION_COOKIE, &session),
            None => {
                let problem = "User name or password is wrong, or the user is inactive.";
                self.show(exchange, StatusCode::FORBIDDEN, next, problem)
            }
        }
    }
}

/// The session of a user.
pub(super) fn session_of(service: &Service, subject: &Subject) -> Credential {
    let lifetime = service.options.oauth.session_lifetime;
    Credential::new(CredentialKind::Session, Some(subject.clone()), Scope::of_users(), lifetime)
}

/// Where a login leads: only to pages of this server.
pub(super) fn destination(next: Option<&str>) -> &str {
    let pages = [AUTHORIZE, VERIFICATION, SESSION];
    let is_page = |next: &&str| pages.contains(&next.split('?').next().unwrap_or_default());
    next.filter(is_page).unwrap_or(SESSION)
}
