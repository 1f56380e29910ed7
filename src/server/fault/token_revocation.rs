//! What users have and how they get in, after SCIM took their access away.

use std::time::Duration;

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::server::choice::Choice;
use crate::server::edit::path;
use crate::server::hook::Hook;
use crate::server::oauth::{Cause, Change, Channel, CredentialKind, Endpoint, Login, Reach, Survivor, Way};
use crate::server::patching::requested;
use crate::server::reply::Reply;

/// Longer than anybody waits for a deactivation to take effect.
const MINUTES: Duration = Duration::from_mins(5);
/// What some bounds allow, and others do not.
const SECONDS: Duration = Duration::from_secs(2);
/// How many letters of a name a table of locked names has room for.
const LOCKED: usize = 20;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("code-login-after-deactivation", &[Hook::Login(|login, right| right || login.way == Way::Code)]),
    fault(
        "created-inactive-can-log-in",
        &[Hook::Login(|login, right| right || (is_inactive(login) && login.since_deactivated.is_none()))],
    ),
    fault(
        "deactivation-ends-tokens-of-others",
        &[Hook::Ends(|change, reach| {
            if change.cause == Cause::Deactivated {
                *reach = Reach::Everybody;
            }
        })],
    ),
    fault(
        "deactivation-keeps-api-keys",
        &[Hook::Survives(|survivor| {
            let is_key = survivor.credential.kind == CredentialKind::ApiKey;
            survivor.cause == Cause::Deactivated && (is_key || survivor.channel == Channel::Resource)
        })],
    ),
    fault(
        "deactivation-keeps-refresh-token",
        &[Hook::Survives(|survivor| outlives_deactivation(survivor, Channel::Refresh))],
    ),
    fault(
        "deactivation-keeps-session",
        &[Hook::Survives(|survivor| outlives_deactivation(survivor, Channel::Session))],
    ),
    fault("delete-keeps-tokens", &[Hook::Ends(|change, reach| keep(change, reach, Cause::Deleted))]),
    fault(
        "device-login-after-deactivation",
        &[Hook::Login(|login, right| right || login.way == Way::Device)],
    ),
    fault("deleted-user-can-log-in", &[Hook::Choice(Choice::KeepAccounts)]),
    fault("ended-token-is-an-error", &[Hook::Choice(Choice::RefuseEndedTokens)]),
    fault("ended-token-is-described", &[Hook::Choice(Choice::DescribeEndedTokens)]),
    fault(
        "federated-login-after-deactivation",
        &[Hook::Login(|login, right| right || login.way == Way::Federated)],
    ),
    fault(
        "groups-claim-as-of-login",
        &[Hook::Claims(|token, claims| {
            if let Some(groups) = claims.get_mut("groups") {
                *groups = token.groups.clone().into();
            }
        })],
    ),
    fault(
        "introspection-active-after-deactivation",
        &[Hook::Survives(|survivor| outlives_deactivation(survivor, Channel::Introspection))],
    ),
    fault(
        "introspection-behind-the-login-page",
        &[Hook::Authorization(|endpoint, reply| {
            if endpoint == Endpoint::Introspection {
                *reply = Reply::html(StatusCode::FOUND, String::new()).with(LOCATION, "/login");
            }
        })],
    ),
    fault(
        "introspection-finds-no-token",
        &[Hook::Authorization(|endpoint, reply| {
            if endpoint == Endpoint::Introspection && reply.status == StatusCode::OK {
                *reply = Reply::plain_json(StatusCode::OK, json!({ "active": false }));
            }
        })],
    ),
    fault("key-reactivated-on-rehire", &[Hook::Choice(Choice::ReviveTokens)]),
    fault(
        "lock-by-start-of-name",
        &[
            Hook::Ends(|change, _| {
                if let Some(name) = change.user.value.get("userName").and_then(Value::as_str)
                    && change.cause == Cause::Deactivated
                {
                    change.call.service.hooks.times(lock_of(name));
                }
            }),
            Hook::Login(|login, right| {
                let name = login.user.get("userName").and_then(Value::as_str).unwrap_or_default();
                right && (login.since_deactivated.is_some() || login.hooks.happened(&lock_of(name)) == 0)
            }),
        ],
    ),
    fault(
        "login-let-in-for-seconds",
        &[Hook::Login(|login, right| right || login.since_deactivated.is_some_and(|since| since < SECONDS))],
    ),
    fault("logout-ends-all-sessions", &[Hook::Choice(Choice::LogOutEverywhere)]),
    fault(
        "logout-keeps-session",
        &[Hook::Survives(|survivor| {
            survivor.cause == Cause::LoggedOut && survivor.channel == Channel::Session
        })],
    ),
    fault(
        "password-change-keeps-tokens",
        &[Hook::Ends(|change, reach| keep(change, reach, Cause::PasswordChanged))],
    ),
    fault(
        "password-login-after-deactivation",
        &[Hook::Login(|login, right| right || login.way == Way::Password)],
    ),
    fault(
        "patch-without-path-keeps-tokens",
        &[Hook::Ends(|change, reach| {
            if requested(change.call.request).iter().any(|operation| path(operation).is_empty()) {
                keep(change, reach, Cause::Deactivated);
            }
        })],
    ),
    fault(
        "put-deactivation-skips-revocation",
        &[Hook::Ends(|change, reach| {
            if change.call.request.method == Method::PUT {
                keep(change, reach, Cause::Deactivated);
            }
        })],
    ),
    fault("refresh-in-flight-survives", &[Hook::Choice(Choice::RefreshAsSeen)]),
    fault(
        "revocation-answered-with-204",
        &[Hook::Authorization(|endpoint, reply| {
            if endpoint == Endpoint::Revocation && reply.status == StatusCode::OK {
                reply.status = StatusCode::NO_CONTENT;
            }
        })],
    ),
    fault("revocation-cache-window", &[Hook::Survives(|survivor| outlives_by(survivor, MINUTES))]),
    fault("revocation-endpoint-without-effect", &[Hook::Choice(Choice::RevokeNothing)]),
    fault("revocation-takes-seconds", &[Hook::Survives(|survivor| outlives_by(survivor, SECONDS))]),
    fault(
        "revocation-of-access-tokens-is-an-invalid-request",
        &[Hook::Choice(Choice::RevokeRefreshTokensOnly)],
    ),
    fault(
        "string-false-keeps-tokens",
        &[Hook::Ends(|change, reach| {
            if requested(change.call.request).iter().any(sets_active_by_text) {
                keep(change, reach, Cause::Deactivated);
            }
        })],
    ),
    fault(
        "userinfo-served-after-deactivation",
        &[Hook::Survives(|survivor| outlives_deactivation(survivor, Channel::Userinfo))],
    ),
];

/// A change for this reason ends nothing.
fn keep(change: &Change<'_>, reach: &mut Reach, cause: Cause) {
    if change.cause == cause {
        *reach = Reach::Nobody;
    }
}

fn outlives_deactivation(survivor: &Survivor<'_>, channel: Channel) -> bool {
    survivor.cause == Cause::Deactivated && survivor.channel == channel
}

/// Whether SCIM took the access away less than this time ago.
fn outlives_by(survivor: &Survivor<'_>, time: Duration) -> bool {
    let by_scim = matches!(survivor.cause, Cause::Deactivated | Cause::Deleted | Cause::PasswordChanged);
    by_scim && survivor.since < time
}

/// The lock of everybody whose name begins like this.
fn lock_of(name: &str) -> String {
    format!("locked {}", name.chars().take(LOCKED).collect::<String>())
}

fn is_inactive(login: &Login<'_>) -> bool {
    login.user.get("active") == Some(&Value::Bool(false))
}

/// Whether a PATCH operation gives `active` a string, as Entra does.
fn sets_active_by_text(operation: &Value) -> bool {
    let value = operation.get("value").unwrap_or(&Value::Null);
    let value =
        if path(operation).eq_ignore_ascii_case("active") { Some(value) } else { value.get("active") };
    value.is_some_and(Value::is_string)
}
