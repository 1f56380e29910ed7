//! Where the access tokens of users are good for something: userinfo (OpenID Connect Core §5.3), and a resource that
//! stands for any API.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::accounts;
use super::error::bearer;
use super::ledger::{Credential, CredentialKind, Subject};
use super::lifecycle::Channel;
use super::scope::OPENID;
use super::{Exchange, no_store};
use crate::server::auth::{challenge, other_audience, presented};
use crate::server::kind::Kind;
use crate::server::reply::{Refusal, Reply};

/// What the user of the token is called, and where the user belongs.
pub(super) fn userinfo(exchange: Exchange<'_>) -> Reply {
    let answer = user_of(exchange, Channel::Userinfo).and_then(|(token, subject)| {
        if !token.scope.has(OPENID) {
            return Err(challenge(403, "insufficient_scope", "The bearer token lacks the scope openid"));
        }
        let user = exchange.service.store_of(subject.tenant).get(Kind::User, &subject.id);
        let mut claims = claims(&token, &subject, user.as_ref().map(|user| &user.value));
        exchange.service.hooks.claims(&token, &mut claims);
        Ok(no_store(Reply::plain_json(StatusCode::OK, claims.into())))
    });
    answer.unwrap_or_else(bearer)
}

/// Any API that a user may use.
pub(super) fn resource(exchange: Exchange<'_>) -> Reply {
    let answer = user_of(exchange, Channel::Resource);
    let answer =
        answer.map(|(_, subject)| no_store(Reply::plain_json(StatusCode::OK, json!({ "sub": subject.id }))));
    answer.unwrap_or_else(bearer)
}

/// The token, and whose it is.
///
/// 401 without one; 401 `invalid_token` for one that is not valid (any more); 403 `insufficient_scope` for one of no user;
/// 400 `invalid_request` for one that was sent in two ways (RFC 6750 §3.1).
fn user_of(exchange: Exchange<'_>, channel: Channel) -> Result<(Credential, Subject), Refusal> {
    let token = presented(&exchange.request.headers, exchange.request.uri.query())?;
    let token = std::str::from_utf8(token).unwrap_or_default();
    let is_bearer = |kind| kind == CredentialKind::Access || kind == CredentialKind::ApiKey;
    let known = exchange.service.ledger().find(token).filter(|known| is_bearer(known.kind)).cloned();
    let valid = known.filter(|known| exchange.service.accepts(known, channel));
    let token = valid.ok_or_else(|| challenge(401, "invalid_token", "The bearer token is not valid"))?;
    if token.audience.as_deref().is_some_and(|audience| audience != exchange.origin) {
        return Err(other_audience());
    }
    match token.subject.clone() {
        Some(subject) => Ok((token, subject)),
        None => Err(challenge(403, "insufficient_scope", "The bearer token is none of a user")),
    }
}

/// What the scopes of the token allow to be said (OpenID Connect Core §5.4). The groups are those of this moment.
fn claims(token: &Credential, subject: &Subject, user: Option<&Value>) -> Map<String, Value> {
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), subject.id.as_str().into());
    let Some(user) = user else { return claims };
    let pointers = [
        ("profile", "preferred_username", "/userName"),
        ("profile", "name", "/name/formatted"),
        ("profile", "given_name", "/name/givenName"),
        ("profile", "family_name", "/name/familyName"),
        ("email", "email", "/emails/0/value"),
    ];
    for (scope, claim, pointer) in pointers {
        if let Some(value) = user.pointer(pointer).filter(|value| token.scope.has(scope) && value.is_string())
        {
            claims.insert(claim.to_owned(), value.clone());
        }
    }
    if token.scope.has("groups") {
        claims.insert("groups".to_owned(), accounts::groups(user).into());
        let roles = user.get("roles").and_then(Value::as_array).into_iter().flatten();
        let roles: Vec<Value> = roles.filter_map(|role| role.get("value").cloned()).collect();
        claims.insert("roles".to_owned(), roles.into());
    }
    claims
}
