//! The end of all that a user has, when SCIM takes the user's access away (RFC 7643 §4.1.1 leaves to the provider what
//! `active` means; here it means this).

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::accounts::is_active;
use super::ledger::{Cause, Credential, End, Subject};
use crate::server::choice::Choice;
use crate::server::kind::Kind;
use crate::server::service::{Call, Service};
use crate::server::store::Resource;

/// A change by SCIM that ends what a user has.
pub(in crate::server) struct Change<'c> {
    pub(in crate::server) call: Call<'c>,
    pub(in crate::server) cause: Cause,
    /// As it is now, or was.
    pub(in crate::server) user: &'c Resource,
}

/// Whose credentials a change ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Reach {
    Nobody,
    User,
    Everybody,
}

/// Where a credential is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Channel {
    Introspection,
    Userinfo,
    Resource,
    Refresh,
    Session,
    Scim,
}

/// A credential that has ended, and is shown all the same.
pub(in crate::server) struct Survivor<'s> {
    pub(in crate::server) credential: &'s Credential,
    pub(in crate::server) channel: Channel,
    pub(in crate::server) cause: Cause,
    /// How long ago it ended.
    pub(in crate::server) since: Duration,
}

/// Brings credentials in line with a resource that was written or deleted; to be called before anybody else gets at the
/// store. `old` is `None` for a new resource, `new` for a deleted one.
pub(in crate::server) fn follow(call: Call<'_>, old: Option<&Resource>, new: Option<&Resource>) {
    let Some(user) = new.or(old).filter(|resource| resource.kind == Kind::User) else { return };
    let subject = Subject { tenant: call.access.map_or(0, |access| access.tenant), id: user.id.clone() };
    let service = call.service;
    let was_inactive = old.is_some_and(|old| !is_active(&old.value));
    if was_inactive && new.is_some_and(|new| is_active(&new.value)) && call.chooses(Choice::ReviveTokens) {
        service.ledger().revive(&subject);
    }
    let Some(cause) = cause(old, new) else { return };
    let change = Change { call, cause, user };
    let reach = service.hooks.ends(&change);
    let mut ledger = service.ledger();
    // One who was never active is no one who comes back.
    if cause == Cause::Deactivated && old.is_some() {
        ledger.note_deactivated(&subject);
    }
    if cause == Cause::Deleted && call.chooses(Choice::KeepAccounts) {
        ledger.keep_account(subject.clone(), user.clone());
    }
    match reach {
        Reach::Nobody => {}
        Reach::User => ledger.end_user(&subject, End::now(cause)),
        Reach::Everybody => {
            ledger.end_user(&subject, End::now(cause));
            ledger.end_everybody(End::now(cause));
        }
    }
}

fn cause(old: Option<&Resource>, new: Option<&Resource>) -> Option<Cause> {
    let Some(new) = new else { return Some(Cause::Deleted) };
    let password = |user: &Resource| user.value.get("password").and_then(Value::as_str).map(str::to_owned);
    if !is_active(&new.value) {
        return Some(Cause::Deactivated);
    }
    old.is_some_and(|old| password(old) != password(new)).then_some(Cause::PasswordChanged)
}

/// Ends the session of a browser.
pub(super) fn log_out(service: &Service, session: &str) {
    let mut ledger = service.ledger();
    let subject = ledger.find(session).and_then(|known| known.subject.clone());
    ledger.end(session, End::now(Cause::LoggedOut));
    if let Some(subject) = subject.filter(|_| service.hooks.has(Choice::LogOutEverywhere)) {
        ledger.end_sessions(&subject, End::now(Cause::LoggedOut));
    }
}

impl Service {
    /// Whether a credential is good for something there.
    pub(super) fn accepts(&self, credential: &Credential, channel: Channel) -> bool {
        let now = Instant::now();
        let survives = |End { cause, at }| {
            let since = now.saturating_duration_since(at);
            self.hooks.survives(&Survivor { credential, channel, cause, since })
        };
        !credential.is_over(now) && credential.ended.is_none_or(survives)
    }
}
