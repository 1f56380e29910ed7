//! What the authorization server has given out: tokens, sessions, codes. Nothing of it is kept as it was given out, only
//! its SHA-256, so that none of it can get out again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use chrono::Utc;
use tokio::time::Instant;

use super::accounts::Way;
use super::scope::Scope;
use crate::server::store::Resource;

/// From how many credentials on those are forgotten whose time is over.
const CROWDED: usize = 1024;

/// The SHA-256 of what was given out.
type Key = [u8; 32];

/// A user who has logged in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::server) struct Subject {
    pub(in crate::server) tenant: usize,
    /// The id of the SCIM resource.
    pub(in crate::server) id: String,
}

/// What something that was given out is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum CredentialKind {
    Access,
    Refresh,
    Session,
    /// A bearer token of a user that no grant made, and that has no end.
    ApiKey,
}

/// Something that was given out and lets in whoever has it.
#[derive(Debug, Clone)]
pub(in crate::server) struct Credential {
    pub(in crate::server) kind: CredentialKind,
    /// The user; `None` if the client acts for itself.
    pub(in crate::server) subject: Option<Subject>,
    pub(in crate::server) scope: Scope,
    /// Where it is to be used (RFC 8707); `None` for everywhere.
    pub(in crate::server) audience: Option<String>,
    /// The permission that it came from: all that came from the same one ends together if it is misused.
    pub(super) grant: u64,
    /// Seconds since 1970.
    pub(super) issued: i64,
    pub(super) lifetime: Duration,
    pub(super) began: Instant,
    /// The groups of the user at that time.
    pub(in crate::server) groups: Vec<String>,
    pub(in crate::server) ended: Option<End>,
}

/// The end of a credential before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) struct End {
    pub(in crate::server) cause: Cause,
    pub(in crate::server) at: Instant,
}

/// Why a credential ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Cause {
    /// The user was deactivated by SCIM.
    Deactivated,
    /// The user was deleted by SCIM.
    Deleted,
    /// The user got another password by SCIM.
    PasswordChanged,
    /// The client took it back (RFC 7009).
    Revoked,
    /// Another refresh token took its place (RFC 6749 §6).
    Rotated,
    /// A code or refresh token of the same grant was used twice.
    Replayed,
    /// The user logged out.
    LoggedOut,
    /// The user logged in anew, where one login is all that a user has.
    Replaced,
}

/// An authorization code (RFC 6749 §4.1.2).
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) subject: Subject,
    pub(super) redirect_uri: String,
    /// RFC 7636 §4.2.
    pub(super) challenge: String,
    pub(super) scope: Scope,
    pub(super) audience: Option<String>,
    pub(super) grant: u64,
    pub(super) expires: Instant,
    /// How the user got in.
    pub(super) way: Way,
    pub(super) used: bool,
}

/// A device that waits for a user (RFC 8628 §3.2).
#[derive(Debug, Clone)]
pub(super) struct Device {
    pub(super) user_code: String,
    pub(super) scope: Scope,
    pub(super) audience: Option<String>,
    pub(super) expires: Instant,
    pub(super) polled: Option<Instant>,
    pub(super) state: DeviceState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DeviceState {
    Pending,
    Allowed(Subject),
    Denied,
}

/// All that was given out.
pub(in crate::server) struct Ledger {
    credentials: HashMap<Key, Credential>,
    codes: HashMap<Key, Code>,
    devices: HashMap<Key, Device>,
    /// When users were deactivated last.
    deactivated: HashMap<Subject, Instant>,
    /// Users who were deleted, where they can go on logging in.
    kept: HashMap<Subject, Arc<Resource>>,
    grants: u64,
    /// Where secrets are to be the same in every run.
    random: Option<fastrand::Rng>,
}

impl Ledger {
    /// An empty one; with a seed its secrets are the same every time.
    pub(in crate::server) fn new(seed: Option<u64>) -> Self {
        Self {
            credentials: HashMap::new(),
            codes: HashMap::new(),
            devices: HashMap::new(),
            deactivated: HashMap::new(),
            kept: HashMap::new(),
            grants: 0,
            // Another sequence than that of the ids of resources.
            random: seed.map(|seed| fastrand::Rng::with_seed(!seed)),
        }
    }

    /// 122 random bits at least, in letters and digits.
    pub(super) fn secret(&mut self) -> String {
        match &mut self.random {
            Some(random) => format!("{:032x}", random.u128(..)),
            None => uuid::Uuid::new_v4().simple().to_string(),
        }
    }

    /// A number for what comes from a new permission.
    pub(super) fn new_grant(&mut self) -> u64 {
        self.grants += 1;
        self.grants
    }

    /// Takes note of a credential and gives it out.
    pub(super) fn give(&mut self, credential: Credential) -> String {
        let secret = self.secret();
        self.know(&secret, credential);
        secret
    }

    /// Takes note of a credential that somebody has already.
    pub(super) fn know(&mut self, secret: &str, credential: Credential) {
        if self.credentials.len() >= CROWDED && self.credentials.len().is_multiple_of(CROWDED) {
            let now = Instant::now();
            self.credentials.retain(|_, known| !known.is_over(now));
        }
        self.credentials.insert(key(secret), credential);
    }

    /// What a credential is, whether it has ended or not.
    pub(in crate::server) fn find(&self, secret: &str) -> Option<&Credential> {
        self.credentials.get(&key(secret))
    }

    /// Ends one credential.
    pub(super) fn end(&mut self, secret: &str, end: End) {
        if let Some(credential) = self.credentials.get_mut(&key(secret)) {
            credential.ended.get_or_insert(end);
        }
    }

    /// Ends all that came from one permission.
    pub(super) fn end_grant(&mut self, grant: u64, end: End) {
        self.end_where(end, |credential| {
            credential.grant == grant && credential.kind != CredentialKind::ApiKey
        });
    }

    /// Ends all that a user has; codes too, which are not exchanged any more. A new password is none of the business of
    /// API keys.
    pub(super) fn end_user(&mut self, subject: &Subject, end: End) {
        self.end_where(end, |credential| {
            let kept = credential.kind == CredentialKind::ApiKey && end.cause == Cause::PasswordChanged;
            credential.subject.as_ref() == Some(subject) && !kept
        });
        self.codes.retain(|_, code| code.subject != *subject);
        for device in self.devices.values_mut() {
            if device.state == DeviceState::Allowed(subject.clone()) {
                device.state = DeviceState::Denied;
            }
        }
    }

    /// Ends all that any user has.
    pub(super) fn end_everybody(&mut self, end: End) {
        self.end_where(end, |credential| credential.subject.is_some());
    }

    /// Ends all sessions of a user.
    pub(super) fn end_sessions(&mut self, subject: &Subject, end: End) {
        self.end_where(end, |credential| {
            credential.kind == CredentialKind::Session && credential.subject.as_ref() == Some(subject)
        });
    }

    fn end_where(&mut self, end: End, is: impl Fn(&Credential) -> bool) {
        for credential in self.credentials.values_mut().filter(|credential| is(credential)) {
            credential.ended.get_or_insert(end);
        }
    }

    /// Undoes the end that a deactivation made.
    pub(super) fn revive(&mut self, subject: &Subject) {
        for credential in self.credentials.values_mut() {
            let by_deactivation = credential.ended.is_some_and(|end| end.cause == Cause::Deactivated);
            if credential.subject.as_ref() == Some(subject) && by_deactivation {
                credential.ended = None;
            }
        }
    }

    /// Takes note that a user is inactive.
    pub(super) fn note_deactivated(&mut self, subject: &Subject) {
        self.deactivated.insert(subject.clone(), Instant::now());
    }

    /// How long ago a user was deactivated last, if ever.
    pub(super) fn since_deactivated(&self, subject: &Subject) -> Option<Duration> {
        self.deactivated.get(subject).map(Instant::elapsed)
    }

    /// Keeps the account of a user who was deleted.
    pub(super) fn keep_account(&mut self, subject: Subject, user: Resource) {
        self.kept.insert(subject, Arc::new(user));
    }

    /// The account of a deleted user, if it was kept.
    pub(super) fn kept_account(&self, subject: &Subject) -> Option<Arc<Resource>> {
        self.kept.get(subject).cloned()
    }

    /// The accounts of deleted users that were kept.
    pub(super) fn kept_accounts(&self) -> impl Iterator<Item = (&Subject, &Arc<Resource>)> {
        self.kept.iter()
    }

    /// Takes note of a code and gives it out.
    pub(super) fn give_code(&mut self, code: Code) -> String {
        let secret = self.secret();
        let now = Instant::now();
        self.codes.retain(|_, code| now < code.expires);
        self.codes.insert(key(&secret), code);
        secret
    }

    pub(super) fn code(&mut self, secret: &str) -> Option<&mut Code> {
        self.codes.get_mut(&key(secret))
    }

    /// Takes note of a device, and gives out its device code.
    pub(super) fn give_device(&mut self, device: Device) -> String {
        let secret = self.secret();
        let now = Instant::now();
        // Those that are over stay for a while: their device is told that it is too late.
        self.devices.retain(|_, device| now < device.expires + Duration::from_hours(1));
        self.devices.insert(key(&secret), device);
        secret
    }

    pub(super) fn device(&mut self, secret: &str) -> Option<&mut Device> {
        self.devices.get_mut(&key(secret))
    }

    pub(super) fn forget_device(&mut self, secret: &str) {
        self.devices.remove(&key(secret));
    }

    /// The device that shows this code to the user, while it waits.
    pub(super) fn device_of_user(&mut self, user_code: &str) -> Option<&mut Device> {
        let now = Instant::now();
        let waits = |device: &&mut Device| device.state == DeviceState::Pending && now < device.expires;
        self.devices.values_mut().filter(waits).find(|device| device.user_code == user_code)
    }

    /// The text without anything in it that was given out.
    pub(in crate::server) fn without_secrets(&self, text: &mut String) {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let known = words.filter(|word| word.len() == 32 && self.gave(word));
        let known: Vec<String> = known.map(str::to_owned).collect();
        for word in known {
            *text = text.replace(&word, "***");
        }
    }

    fn gave(&self, secret: &str) -> bool {
        let key = key(secret);
        self.credentials.contains_key(&key)
            || self.codes.contains_key(&key)
            || self.devices.contains_key(&key)
    }
}

impl Credential {
    /// One that begins now.
    pub(super) fn new(
        kind: CredentialKind,
        subject: Option<Subject>,
        scope: Scope,
        lifetime: Duration,
    ) -> Self {
        Self {
            kind,
            subject,
            scope,
            audience: None,
            grant: 0,
            issued: Utc::now().timestamp(),
            lifetime,
            began: Instant::now(),
            groups: Vec::new(),
            ended: None,
        }
    }

    /// Whether its time is over.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.began) >= self.lifetime
    }

    /// When its time is over, in seconds since 1970.
    pub(super) fn expires(&self) -> i64 {
        self.issued.saturating_add(i64::try_from(self.lifetime.as_secs()).unwrap_or(i64::MAX))
    }
}

impl End {
    pub(super) fn now(cause: Cause) -> Self {
        Self { cause, at: Instant::now() }
    }
}

/// Finding something by the hash of a secret takes a time that tells nothing about the secret.
fn key(secret: &str) -> Key {
    sha256(secret.as_bytes())
}

pub(super) fn sha256(bytes: &[u8]) -> Key {
    let mut key = Key::default();
    key.copy_from_slice(digest(&SHA256, bytes).as_ref());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(id: &str) -> Subject {
        Subject { tenant: 0, id: id.to_owned() }
    }

    fn given(ledger: &mut Ledger, kind: CredentialKind, id: &str, grant: u64) -> String {
        let lifetime = Duration::from_mins(1);
        let credential = Credential::new(kind, Some(subject(id)), Scope::of_users(), lifetime);
        ledger.give(Credential { grant, ..credential })
    }

    fn cause(ledger: &Ledger, secret: &str) -> Option<Cause> {
        ledger.find(secret).expect("it was given out").ended.map(|end| end.cause)
    }

    #[test]
    fn what_ends_with_a_user_and_what_comes_back() {
        let mut ledger = Ledger::new(None);
        let [access, refresh, session, key] = [
            CredentialKind::Access,
            CredentialKind::Refresh,
            CredentialKind::Session,
            CredentialKind::ApiKey,
        ]
        .map(|kind| given(&mut ledger, kind, "kim", 1));
        let other = given(&mut ledger, CredentialKind::Access, "lee", 2);
        ledger.end(&refresh, End::now(Cause::Revoked));
        ledger.end_user(&subject("kim"), End::now(Cause::PasswordChanged));
        assert_eq!(cause(&ledger, &key), None);
        ledger.end_user(&subject("kim"), End::now(Cause::Deactivated));
        // The first end counts.
        assert_eq!(cause(&ledger, &access), Some(Cause::PasswordChanged));
        assert_eq!(cause(&ledger, &session), Some(Cause::PasswordChanged));
        assert_eq!(cause(&ledger, &refresh), Some(Cause::Revoked));
        assert_eq!(cause(&ledger, &key), Some(Cause::Deactivated));
        assert_eq!(cause(&ledger, &other), None);
        ledger.revive(&subject("kim"));
        assert_eq!(cause(&ledger, &key), None);
        assert_eq!(cause(&ledger, &access), Some(Cause::PasswordChanged));
        ledger.end_everybody(End::now(Cause::Deactivated));
        assert_eq!(cause(&ledger, &other), Some(Cause::Deactivated));
    }

    #[test]
    fn texts_lose_what_was_given_out() {
        let mut ledger = Ledger::new(Some(1));
        let token = given(&mut ledger, CredentialKind::Access, "kim", 1);
        let mut text = format!("`{token}` and {}/{token}", "0".repeat(32));
        ledger.without_secrets(&mut text);
        assert_eq!(text, format!("`***` and {}/***", "0".repeat(32)));
        assert_eq!(token.len(), 32);
    }

    #[test]
    fn what_is_over_is_forgotten_when_there_is_much() {
        let mut ledger = Ledger::new(Some(1));
        let over = Credential::new(CredentialKind::Access, None, Scope::of_users(), Duration::ZERO);
        for _ in 0..CROWDED {
            ledger.give(over.clone());
        }
        assert_eq!(ledger.credentials.len(), CROWDED);
        given(&mut ledger, CredentialKind::Access, "kim", 1);
        assert_eq!(ledger.credentials.len(), 1);
    }
}
