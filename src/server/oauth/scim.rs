//! Tokens of the authorization server at the SCIM endpoints.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::ledger::{Credential, CredentialKind, Ledger, Subject};
use super::lifecycle::Channel;
use super::scope::{SCIM_READ, SCIM_WRITE, Scope};
use crate::server::auth::{Access, challenge, other_audience};
use crate::server::reply::Refusal;
use crate::server::service::Service;

/// What a token of the authorization server may do by SCIM; `None` if there was never such a token.
///
/// 401 `invalid_token` for one that has ended or is meant for another resource server; 403 `insufficient_scope` without a
/// scope of SCIM, which no token of a user has.
pub(in crate::server) fn access(
    service: &Service,
    token: &str,
    base_url: &str,
) -> Option<Result<Access<'static>, Refusal>> {
    let ledger = service.ledger();
    let credential = ledger.find(token).filter(|known| known.kind == CredentialKind::Access)?;
    Some(judge(service, credential, token, base_url))
}

fn judge(
    service: &Service,
    credential: &Credential,
    token: &str,
    base_url: &str,
) -> Result<Access<'static>, Refusal> {
    if !service.accepts(credential, Channel::Scim) {
        let detail = if credential.ended.is_some() {
            "The bearer token was revoked"
        } else {
            "The bearer token has expired"
        };
        return Err(challenge(401, "invalid_token", detail));
    }
    let origin = base_url.strip_suffix(crate::server::route::BASE_PATH).unwrap_or(base_url);
    if credential.audience.as_deref().is_some_and(|audience| audience != base_url && audience != origin) {
        return Err(other_audience());
    }
    let writes = credential.scope.has(SCIM_WRITE);
    if !writes && !credential.scope.has(SCIM_READ) {
        return Err(challenge(403, "insufficient_scope", "The bearer token has no scope for SCIM"));
    }
    Ok(Access { actor: number(token), tenant: 0, read_only: !writes, subject: None })
}

/// A number that tells tokens apart, and is none of those that the server was started with.
fn number(token: &str) -> usize {
    let bytes = super::ledger::sha256(token.as_bytes());
    bytes.iter().take(7).fold(1, |number, byte| number << 8 | usize::from(*byte))
}

/// Takes note of the API key of a user.
pub(in crate::server) fn api_key(ledger: &mut Ledger, token: &SecretString, id: String) {
    let subject = Some(Subject { tenant: 0, id });
    let credential = Credential::new(CredentialKind::ApiKey, subject, Scope::of_users(), Duration::MAX);
    ledger.know(token.expose_secret(), credential);
}

/// Whether an API key lets its user in.
pub(in crate::server) fn api_key_lives(service: &Service, token: &str) -> bool {
    let ledger = service.ledger();
    ledger.find(token).is_none_or(|key| service.accepts(key, Channel::Scim))
}
