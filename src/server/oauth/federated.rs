//! A stand-in for another identity provider at which users log in: it vouches for every user name, with the secret of the
//! client as the password. Who asks `authorize` for it with `idp_hint` is led there.

use secrecy::ExposeSecret;

use super::Exchange;
use super::accounts::{self, Way, admit};
use super::endpoint::FEDERATED;
use super::form::Form;
use super::sign_in::{SignIn, session_of};
use crate::server::auth::same;

/// The parameter of the authorization request that names another identity provider.
pub(super) const HINT: &str = "idp_hint";

/// Its login page.
pub(super) const PAGE: SignIn =
    SignIn { path: FEDERATED, title: "Log in at another identity provider", begin };

/// The way of a user for whom the other identity provider vouches, if the request asks for that one.
pub(super) fn way(form: &Form) -> Way {
    if form.get(HINT).is_some() { Way::Federated } else { Way::Code }
}

/// Begins a session for whom the other identity provider vouches.
fn begin(exchange: Exchange<'_>, form: &Form, _: &str) -> Option<String> {
    let service = exchange.service;
    let secret = service.options.oauth.client_secret.expose_secret();
    if !same(secret.as_bytes(), form.get("password").unwrap_or_default().as_bytes()) {
        return None;
    }
    let subject = accounts::vouched(service, form.get("username").unwrap_or_default())?;
    admit(service, &subject, Way::Federated, |_, ledger| ledger.give(session_of(service, &subject)))
}
