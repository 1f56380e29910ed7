//! The OAuth 2 authorization server beside the SCIM one: enough to ask, when a user is deactivated by SCIM, whether the user
//! can still get in, and by which way.
//!
//! Its users are the SCIM users of all tenants; they log in with `userName` and the password that SCIM has set. There is one
//! confidential client. Tokens are random text and mean something to this server only, so that they can end at once:
//! `lifecycle` ends all that a user has when SCIM deactivates, deletes, or changes the password; `ledger` has it all.
//!
//! Endpoints: metadata (RFC 8414, OpenID Connect Discovery), `authorize` with `login` and consent (RFC 6749 §4.1, PKCE of
//! RFC 7636), `token` (RFC 6749 §4 to §6), `device` (RFC 8628), `introspection` with revocation (RFC 7662, RFC 7009),
//! `userinfo` with a protected resource (OpenID Connect Core §5.3), `login` with logout (RP-Initiated Logout), `federated` for
//! whom another identity provider vouches. There are no ID Tokens.

mod accounts;
mod authorize;
mod browser;
mod client;
mod device;
mod endpoint;
mod error;
mod federated;
mod form;
mod introspection;
mod ledger;
mod lifecycle;
mod login;
mod metadata;
mod page;
mod password;
mod scim;
mod scope;
mod sign_in;
mod token;
mod userinfo;

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::{ALLOW, CACHE_CONTROL, PRAGMA};

use super::http::Request;
use super::reply::Reply;
use super::service::Service;

pub(super) use self::accounts::{Login, Way};
pub(super) use self::endpoint::Endpoint;
pub(super) use self::ledger::{Cause, Credential, CredentialKind, Ledger};
pub(super) use self::lifecycle::{Change, Channel, Reach, Survivor, follow};
pub(super) use self::password::hash;
pub(super) use self::scim::{access, api_key, api_key_lives};
pub(super) use self::token::early_refresh;

/// How long a refresh takes that does not look again at what it saw when it began.
pub(super) const IN_FLIGHT: Duration = Duration::from_millis(300);

/// A request to the authorization server.
#[derive(Clone, Copy)]
struct Exchange<'e> {
    service: &'e Service,
    request: &'e Request,
    /// Where the client found the server, which is the issuer: `http://127.0.0.1:PORT`.
    origin: &'e str,
    /// The refresh token of the request as it was when the request came in; only known where the server looks ahead.
    early: Option<&'e Credential>,
}

/// The answer to a request, if it is one to the authorization server.
pub(super) fn answer(
    service: &Service,
    request: &Request,
    origin: &str,
    early: Option<&Credential>,
) -> Option<Reply> {
    let endpoint = Endpoint::parse(request.uri.path())?;
    let methods = endpoint.methods();
    if !methods.split(", ").any(|method| method == request.method.as_str()) {
        return Some(Reply::empty(StatusCode::METHOD_NOT_ALLOWED).with(ALLOW, methods));
    }
    let exchange = Exchange { service, request, origin, early };
    let mut reply = match endpoint {
        Endpoint::Metadata => metadata::serve(exchange),
        Endpoint::Keys => metadata::keys(),
        Endpoint::Authorize => authorize::serve(exchange),
        Endpoint::Token => token::serve(exchange),
        Endpoint::DeviceAuthorization => device::authorize(exchange),
        Endpoint::Verification => device::verify(exchange),
        Endpoint::Introspection => introspection::introspect(exchange),
        Endpoint::Revocation => introspection::revoke(exchange),
        Endpoint::Userinfo => userinfo::userinfo(exchange),
        Endpoint::Resource => userinfo::resource(exchange),
        Endpoint::Federated => federated::PAGE.serve(exchange),
        Endpoint::Login => login::PAGE.serve(exchange),
        Endpoint::Logout => login::logout(exchange),
        Endpoint::Session => login::session(exchange),
    };
    service.hooks.authorization(endpoint, &mut reply);
    Some(reply)
}

/// What nobody may keep (RFC 6749 §5.1).
fn no_store(reply: Reply) -> Reply {
    reply.with(CACHE_CONTROL, "no-store").with(PRAGMA, "no-cache")
}
