//! What a token is (RFC 7662), and the end of it (RFC 7009).

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::error::OauthError;
use super::ledger::{Cause, Credential, CredentialKind, End};
use super::lifecycle::Channel;
use super::{Exchange, no_store};
use crate::server::choice::Choice;
use crate::server::kind::Kind;
use crate::server::reply::Reply;

/// The introspection endpoint; for the client only. Of a token that is not active nothing else is said (RFC 7662 §2.2).
pub(super) fn introspect(exchange: Exchange<'_>) -> Reply {
    let answer = exchange.client_form().and_then(|form| {
        let token = form.demand("token")?;
        let known = exchange.service.ledger().find(token).cloned();
        let is_token = |known: &Credential| {
            known.kind != CredentialKind::Session && exchange.service.accepts(known, Channel::Introspection)
        };
        let mut inactive = json!({ "active": false });
        if let Some(known) = &known
            && exchange.service.hooks.has(Choice::DescribeEndedTokens)
        {
            inactive = describe(exchange, known);
            inactive["active"] = false.into();
        }
        let known = known.filter(is_token);
        refuse_ended(exchange, known.is_some())?;
        let body = known.map_or(inactive, |known| describe(exchange, &known));
        Ok(no_store(Reply::plain_json(StatusCode::OK, body)))
    });
    answer.unwrap_or_else(OauthError::into_reply)
}

fn describe(exchange: Exchange<'_>, token: &Credential) -> Value {
    let client_id = &exchange.service.options.oauth.client_id;
    let mut body = json!({
        "active": true,
        "scope": token.scope.to_string(),
        "client_id": client_id,
        "token_type": if token.kind == CredentialKind::Refresh { "refresh_token" } else { "Bearer" },
        "iat": token.issued,
        "iss": exchange.origin,
        "sub": client_id,
    });
    if token.kind != CredentialKind::ApiKey {
        body["exp"] = token.expires().into();
    }
    if let Some(audience) = &token.audience {
        body["aud"] = audience.as_str().into();
    }
    if let Some(subject) = &token.subject {
        body["sub"] = subject.id.as_str().into();
        let user = exchange.service.store_of(subject.tenant).get(Kind::User, &subject.id);
        if let Some(name) = user.as_ref().and_then(|user| user.value.get("userName")) {
            body["username"] = name.clone();
        }
    }
    body
}

/// An error for a token that does not count, where that is one.
fn refuse_ended(exchange: Exchange<'_>, counts: bool) -> Result<(), OauthError> {
    if !counts && exchange.service.hooks.has(Choice::RefuseEndedTokens) {
        return Err(OauthError::new("invalid_token", "The token has expired or was revoked"));
    }
    Ok(())
}

/// The revocation endpoint; for the client only. A refresh token takes all with it that came from the same permission
/// (RFC 7009 §2.1); what is no token is none afterwards either (§2.2).
pub(super) fn revoke(exchange: Exchange<'_>) -> Reply {
    let answer = exchange.client_form().and_then(|form| {
        let token = form.demand("token")?;
        let mut ledger = exchange.service.ledger();
        let end = End::now(Cause::Revoked);
        let counts = |known: &Credential| known.ended.is_none() && !known.is_over(end.at);
        refuse_ended(exchange, ledger.find(token).is_some_and(counts))?;
        let known = ledger.find(token).map(|known| (known.kind, known.grant));
        let is_access = matches!(known, Some((CredentialKind::Access, _)));
        if is_access && exchange.service.hooks.has(Choice::RevokeRefreshTokensOnly) {
            return Err(OauthError::new("invalid_request", "The token is no refresh token"));
        }
        if !exchange.service.hooks.has(Choice::RevokeNothing) {
            match known {
                Some((CredentialKind::Refresh, grant)) => ledger.end_grant(grant, end),
                Some((CredentialKind::Access, _)) => ledger.end(token, end),
                _ => {}
            }
        }
        Ok(no_store(Reply::empty(StatusCode::OK)))
    });
    answer.unwrap_or_else(OauthError::into_reply)
}
