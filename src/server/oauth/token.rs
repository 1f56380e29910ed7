//! The token endpoint (RFC 6749 §3.2): what a client gets for what it has.

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use tokio::time::Instant;

use super::accounts::{self, Way, admit, let_in};
use super::error::OauthError;
use super::form::Form;
use super::ledger::{Cause, Code, Credential, CredentialKind, DeviceState, End, Ledger, Subject, sha256};
use super::lifecycle::Channel;
use super::scope::Scope;
use super::{Exchange, endpoint, no_store};
use crate::server::auth::same;
use crate::server::choice::Choice;
use crate::server::http::Request;
use crate::server::kind::Kind;
use crate::server::reply::Reply;
use crate::server::service::Service;

/// RFC 8628 §3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// The values of `grant_type`.
pub(super) const GRANT_TYPES: [&str; 5] =
    ["authorization_code", "client_credentials", "password", "refresh_token", DEVICE_CODE];

/// What a client is about to get.
struct Issue {
    subject: Option<Subject>,
    scope: Scope,
    audience: Option<String>,
    grant: u64,
    groups: Vec<String>,
}

/// POST to the endpoint.
pub(super) fn serve(exchange: Exchange<'_>) -> Reply {
    let answer = exchange.client_form().and_then(|form| match form.demand("grant_type")? {
        "client_credentials" => client_credentials(exchange, &form),
        "password" => password(exchange, &form),
        "authorization_code" => authorization_code(exchange, &form),
        "refresh_token" => refresh(exchange, &form),
        DEVICE_CODE => device_code(exchange, &form),
        _ => Err(OauthError::new("unsupported_grant_type", "The server does not have this grant type")),
    });
    answer.unwrap_or_else(OauthError::into_reply)
}

/// RFC 6749 §4.4: the client acts for itself. No refresh token (§4.4.3).
fn client_credentials(exchange: Exchange<'_>, form: &Form) -> Result<Reply, OauthError> {
    let (scope, audience) = (Scope::for_client(form.get("scope"))?, form.audience()?);
    let mut ledger = exchange.service.ledger();
    let grant = ledger.new_grant();
    let issue = Issue { subject: None, scope, audience, grant, groups: Vec::new() };
    Ok(give(exchange.service, &mut ledger, issue))
}

/// §4.3: the client knows the user's password.
fn password(exchange: Exchange<'_>, form: &Form) -> Result<Reply, OauthError> {
    let (name, password) = (form.demand("username")?, form.demand("password")?);
    let (scope, audience) = (Scope::for_user(form.get("scope"))?, form.audience()?);
    let service = exchange.service;
    let account = accounts::find(service, name, password);
    let given = account.and_then(|account| {
        let_in(service, &account, Way::Password, |user, ledger| {
            let subject = Some(account.subject.clone());
            let (grant, groups) = (ledger.new_grant(), accounts::groups(&user.value));
            give(service, ledger, Issue { subject, scope, audience, grant, groups })
        })
    });
    given.ok_or_else(|| OauthError::invalid_grant("User name or password is wrong, or the user is inactive"))
}

/// §4.1.3 with the proof of RFC 7636 §4.5.
fn authorization_code(exchange: Exchange<'_>, form: &Form) -> Result<Reply, OauthError> {
    let service = exchange.service;
    let secret = form.demand("code")?;
    let code = spend(&mut service.ledger(), secret)?;
    if form.get("redirect_uri") != Some(&*code.redirect_uri) {
        return Err(OauthError::invalid_grant("The redirect_uri is not that of the authorization request"));
    }
    let verifier = form.get("code_verifier").unwrap_or_default();
    if !is_verifier(verifier) || !same(challenge(verifier).as_bytes(), code.challenge.as_bytes()) {
        return Err(OauthError::invalid_grant("The code_verifier does not fit the code_challenge"));
    }
    let given = admit(service, &code.subject, code.way, |user, ledger| {
        // A change by SCIM since then has taken the code away.
        ledger.code(secret)?;
        let Code { ref subject, ref scope, ref audience, grant, .. } = code;
        let (subject, groups) = (Some(subject.clone()), accounts::groups(&user.value));
        let issue = Issue { subject, scope: scope.clone(), audience: audience.clone(), grant, groups };
        Some(give(service, ledger, issue))
    });
    given.flatten().ok_or_else(|| OauthError::invalid_grant("The user may not log in"))
}

/// The code, which nobody can use again: whoever tries ends all that came from it (RFC 6749 §4.1.2).
fn spend(ledger: &mut Ledger, secret: &str) -> Result<Code, OauthError> {
    let invalid = OauthError::invalid_grant("The code is not valid, or was used before");
    let Some(code) = ledger.code(secret) else { return Err(invalid) };
    if code.used {
        let grant = code.grant;
        ledger.end_grant(grant, End::now(Cause::Replayed));
        return Err(invalid);
    }
    code.used = true;
    if Instant::now() < code.expires { Ok(code.clone()) } else { Err(invalid) }
}

/// RFC 7636 §4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~".contains(c))
}

/// RFC 7636 §4.2, S256.
fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()))
}

/// §6: new tokens for a refresh token, which is replaced. One that was replaced before and comes back ends all that came
/// from the same permission (RFC 9700 §4.14.2).
fn refresh(exchange: Exchange<'_>, form: &Form) -> Result<Reply, OauthError> {
    let service = exchange.service;
    let secret = form.demand("refresh_token")?;
    let invalid = || OauthError::invalid_grant("The refresh token is not valid");
    let subject = subject_of(service, secret).ok_or_else(invalid)?;
    // In this order, as everywhere: first the users, then what they have.
    let store = service.store_of(subject.tenant);
    let mut ledger = service.ledger();
    let known = match exchange.early {
        Some(early) => early.clone(),
        None => valid_refresh(service, &mut ledger, secret).ok_or_else(invalid)?,
    };
    let scope = known.scope.narrowed(form.get("scope"))?;
    let user = store.get(Kind::User, &subject.id);
    let groups = user.map_or(known.groups, |user| accounts::groups(&user.value));
    ledger.end(secret, End::now(Cause::Rotated));
    let issue = Issue { subject: Some(subject), scope, audience: known.audience, grant: known.grant, groups };
    Ok(give(service, &mut ledger, issue))
}

fn subject_of(service: &Service, secret: &str) -> Option<Subject> {
    let ledger = service.ledger();
    ledger.find(secret).filter(|known| known.kind == CredentialKind::Refresh)?.subject.clone()
}

fn valid_refresh(service: &Service, ledger: &mut Ledger, secret: &str) -> Option<Credential> {
    let known = ledger.find(secret)?.clone();
    if known.ended.is_some_and(|end| end.cause == Cause::Rotated) {
        ledger.end_grant(known.grant, End::now(Cause::Replayed));
        return None;
    }
    service.accepts(&known, Channel::Refresh).then_some(known)
}

/// The refresh token in a request as it is when the request comes in, where the server does not look again.
pub(in crate::server) fn early_refresh(service: &Service, request: &Request) -> Option<Credential> {
    if !service.hooks.has(Choice::RefreshAsSeen) || request.uri.path() != endpoint::TOKEN {
        return None;
    }
    let form = Form::of_body(request).ok()?;
    let secret = form.get("refresh_token").filter(|_| form.get("grant_type") == Some("refresh_token"))?;
    valid_refresh(service, &mut service.ledger(), secret)
}

/// RFC 8628 §3.4 and §3.5.
fn device_code(exchange: Exchange<'_>, form: &Form) -> Result<Reply, OauthError> {
    let service = exchange.service;
    let secret = form.demand("device_code")?;
    let (subject, scope, audience) = {
        let mut ledger = service.ledger();
        let device = ledger.device(secret);
        let device = device.ok_or_else(|| OauthError::invalid_grant("The device_code is not valid"))?;
        let now = Instant::now();
        if now >= device.expires {
            return Err(OauthError::new("expired_token", "The device_code has expired"));
        }
        let last = device.polled.replace(now);
        match &device.state {
            DeviceState::Denied => return Err(OauthError::new("access_denied", "The user said no")),
            DeviceState::Pending
                if last.is_some_and(|last| now - last < service.options.oauth.device_interval) =>
            {
                return Err(OauthError::new("slow_down", "Wait for the interval before asking again"));
            }
            DeviceState::Pending => {
                return Err(OauthError::new("authorization_pending", "The user has not decided yet"));
            }
            DeviceState::Allowed(subject) => (subject.clone(), device.scope.clone(), device.audience.clone()),
        }
    };
    let given = admit(service, &subject, Way::Device, |user, ledger| {
        // A change by SCIM since then has taken the permission away.
        let allowed = DeviceState::Allowed(subject.clone());
        ledger.device(secret).filter(|device| device.state == allowed)?;
        ledger.forget_device(secret);
        let (grant, groups) = (ledger.new_grant(), accounts::groups(&user.value));
        Some(give(service, ledger, Issue { subject: Some(subject.clone()), scope, audience, grant, groups }))
    });
    given.flatten().ok_or_else(|| OauthError::new("access_denied", "The user may not log in"))
}

/// The answer with the tokens (RFC 6749 §5.1); a refresh token goes with them if they are those of a user.
fn give(service: &Service, ledger: &mut Ledger, issue: Issue) -> Reply {
    let Issue { subject, scope, audience, grant, groups } = issue;
    let options = &service.options.oauth;
    let make = |kind, lifetime| Credential {
        audience: audience.clone(),
        grant,
        groups: groups.clone(),
        ..Credential::new(kind, subject.clone(), scope.clone(), lifetime)
    };
    let access = ledger.give(make(CredentialKind::Access, options.access_token_lifetime));
    let mut body = json!({
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": options.access_token_lifetime.as_secs(),
        "scope": scope.to_string(),
    });
    if subject.is_some() {
        let refresh = ledger.give(make(CredentialKind::Refresh, options.refresh_token_lifetime));
        body["refresh_token"] = refresh.into();
    }
    no_store(Reply::plain_json(StatusCode::OK, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier));
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert!(
            !is_verifier(&verifier[1..]) && !is_verifier(&"a".repeat(129)) && !is_verifier(&" ".repeat(50))
        );
    }
}
