//! What users have and how they get in, after SCIM took their access away.

use std::time::Duration;

use axum::http::Method;
use serde_json::Value;

use super::{FaultInfo, fault};
use crate::server::choice::Choice;
use crate::server::edit::path;
use crate::server::hook::Hook;
use crate::server::oauth::{Cause, Change, Channel, CredentialKind, Login, Reach, Survivor, Way};
use crate::server::patching::requested;

/// Longer than anybody waits for a deactivation to take effect.
const MINUTES: Duration = Duration::from_mins(5);
/// What some bounds allow, and others do not.
const SECONDS: Duration = Duration::from_secs(2);

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("code-login-after-deactivation", &[Hook::Login(|login, right| right || login.way == Way::Code)]),
    fault(
        "created-inactive-can-log-in",
        &[Hook::Login(|login, right| right || (is_inactive(login) && !login.was_deactivated))],
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
    fault("key-reactivated-on-rehire", &[Hook::Choice(Choice::ReviveTokens)]),
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
    fault("revocation-cache-window", &[Hook::Survives(|survivor| outlives_by(survivor, MINUTES))]),
    fault("revocation-endpoint-without-effect", &[Hook::Choice(Choice::RevokeNothing)]),
    fault("revocation-takes-seconds", &[Hook::Survives(|survivor| outlives_by(survivor, SECONDS))]),
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
