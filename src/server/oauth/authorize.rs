//! The authorization endpoint (RFC 6749 §4.1.1): login, consent, and back to the client with a code.

use axum::http::{Method, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::accounts::{Way, admit};
use super::browser::CSRF_FIELD;
use super::endpoint::AUTHORIZE;
use super::error::OauthError;
use super::form::Form;
use super::ledger::{Code, Subject};
use super::scope::Scope;
use super::{Exchange, federated, login, page};
use crate::server::reply::Reply;

const BUTTONS: &str = "\
<p><input type=\"submit\" name=\"allow\" value=\"Allow\"> <input type=\"submit\" name=\"deny\" value=\"Deny\"></p>";

/// What the consent page sends back of the request.
const KEPT: [&str; 10] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "resource",
    "audience",
    federated::HINT,
];

/// What a client asks for.
struct Asked<'f> {
    redirect_uri: &'f str,
    state: Option<&'f str>,
    challenge: String,
    scope: Scope,
    audience: Option<String>,
    way: Way,
}

/// The page, and what it sends.
pub(super) fn serve(exchange: Exchange<'_>) -> Reply {
    let submits = exchange.request.method == Method::POST;
    let form = if submits {
        exchange.own_form()
    } else {
        Form::of_url(exchange.request).map_err(OauthError::into_reply)
    };
    let form = match form {
        Ok(form) => form,
        Err(reply) => return reply,
    };
    let asked = match read(exchange, &form) {
        Ok(asked) => asked,
        Err(reply) => return reply,
    };
    let Some(subject) = exchange.session() else {
        // The form of somebody who has been logged out meanwhile cannot be sent again.
        return if submits {
            page::problem(StatusCode::FORBIDDEN, "You are not logged in any more.")
        } else if form.get("prompt") == Some("none") {
            back(exchange, &asked, &[("error", Some("login_required"))])
        } else if asked.way == Way::Federated {
            federated::PAGE.first(exchange)
        } else {
            login::PAGE.first(exchange)
        };
    };
    if !submits {
        return consent(exchange, &form, &asked);
    }
    if form.get("allow").is_none() {
        return back(exchange, &asked, &[("error", Some("access_denied"))]);
    }
    match give_code(exchange, &asked, &subject) {
        Some(code) => back(exchange, &asked, &[("code", Some(&code))]),
        None => back(exchange, &asked, &[("error", Some("access_denied"))]),
    }
}

/// The request, if it is sound. Errors go to the client by redirect, but not to an address that nobody has vouched for
/// (§4.1.2.1).
fn read<'f>(exchange: Exchange<'_>, form: &'f Form) -> Result<Asked<'f>, Reply> {
    let bad = |text: &str| page::problem(StatusCode::BAD_REQUEST, text);
    if form.get("client_id") != Some(&*exchange.service.options.oauth.client_id) {
        return Err(bad("The client is not known here."));
    }
    let redirect_uri = form.get("redirect_uri").ok_or_else(|| bad("The redirect_uri is missing."))?;
    if !may_redirect(exchange, redirect_uri) {
        return Err(bad("The redirect_uri is not one of this client."));
    }
    let state = form.get("state");
    read_rest(form)
        .map(|(challenge, scope, audience)| {
            let way = federated::way(form);
            Asked { redirect_uri, state, challenge, scope, audience, way }
        })
        .map_err(|error| {
            let parameters = [
                ("error", Some(error.error)),
                ("error_description", Some(error.description)),
                ("state", state),
                ("iss", Some(exchange.origin)),
            ];
            page::redirect(&with_parameters(redirect_uri, &parameters))
        })
}

fn read_rest(form: &Form) -> Result<(String, Scope, Option<String>), OauthError> {
    if form.demand("response_type")? != "code" {
        return Err(OauthError::new("unsupported_response_type", "Only response_type code is supported"));
    }
    // RFC 7636 §4.4.1: no request without; and `plain` proves nothing to whoever sees the request.
    let challenge = form.get("code_challenge");
    let challenge =
        challenge.ok_or_else(|| OauthError::invalid_request("A code_challenge is required (RFC 7636)"))?;
    if form.get("code_challenge_method") != Some("S256") {
        return Err(OauthError::invalid_request("The code_challenge_method has to be S256"));
    }
    Ok((challenge.to_owned(), Scope::for_user(form.get("scope"))?, form.audience()?))
}

fn consent(exchange: Exchange<'_>, form: &Form, asked: &Asked<'_>) -> Reply {
    let csrf = exchange.csrf();
    let mut hidden = vec![(CSRF_FIELD, &*csrf.token)];
    hidden.extend(KEPT.iter().filter_map(|name| Some((*name, form.get(name)?))));
    let client = &exchange.service.options.oauth.client_id;
    let body = page::paragraph(&format!("{client} asks for: {}", asked.scope))
        + &page::form(AUTHORIZE, &hidden, BUTTONS);
    let reply = page::page(StatusCode::OK, "Allow access?", &body);
    csrf.with(reply)
}

fn give_code(exchange: Exchange<'_>, asked: &Asked<'_>, subject: &Subject) -> Option<String> {
    let service = exchange.service;
    admit(service, subject, asked.way, |_, ledger| {
        let code = Code {
            subject: subject.clone(),
            redirect_uri: asked.redirect_uri.to_owned(),
            challenge: asked.challenge.clone(),
            scope: asked.scope.clone(),
            audience: asked.audience.clone(),
            grant: ledger.new_grant(),
            expires: Instant::now() + service.options.oauth.code_lifetime,
            way: asked.way,
            used: false,
        };
        ledger.give_code(code)
    })
}

/// Back to the client, with the state that it sent and who we are (RFC 9207).
fn back(exchange: Exchange<'_>, asked: &Asked<'_>, parameters: &[(&str, Option<&str>)]) -> Reply {
    let more = [("state", asked.state), ("iss", Some(exchange.origin))];
    page::redirect(&with_parameters(asked.redirect_uri, &[parameters, &more].concat()))
}

/// Whether the client may be called back there: at what the server was started with, and at any port of the loopback
/// interface (RFC 8252 §7.3).
pub(super) fn may_redirect(exchange: Exchange<'_>, uri: &str) -> bool {
    let registered = &exchange.service.options.oauth.redirect_uris;
    registered.iter().any(|known| known == uri) || is_loopback(uri)
}

fn is_loopback(uri: &str) -> bool {
    let Ok(url) = Url::parse(uri) else { return false };
    let plain = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    url.scheme() == "http" && plain && matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

/// A URL with parameters more.
pub(super) fn with_parameters(uri: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let Ok(mut url) = Url::parse(uri) else { return uri.to_owned() };
    let known = parameters.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
    let known: Vec<_> = known.collect();
    if !known.is_empty() {
        url.query_pairs_mut().extend_pairs(known);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_this_machine() {
        for (uri, wanted) in [
            ("http://127.0.0.1/callback", true),
            ("http://localhost:8080/x?y=z", true),
            ("http://[::1]:1/", true),
            ("https://127.0.0.1/callback", false),
            ("http://127.0.0.1.evil.example/", false),
            ("http://127.0.0.1@evil.example/", false),
            ("http://user@127.0.0.1/", false),
            ("http://127.0.0.1/#x", false),
            ("//127.0.0.1/", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(uri), wanted, "{uri}");
        }
        let url = with_parameters("http://localhost/a?b=c", &[("code", Some("x y")), ("state", None)]);
        assert_eq!(url, "http://localhost/a?b=c&code=x+y");
    }
}
