//! Users who log in.

use std::sync::Arc;
use std::time::Duration;

use super::ledger::{Cause, End, Ledger, Subject};
use super::password;
use crate::server::hook::Hooks;
use crate::server::kind::Kind;
use crate::server::service::Service;
use crate::server::store::Resource;
use serde_json::Value;

/// How a user gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Way {
    /// With the client, which knows the password (RFC 6749 §4.3).
    Password,
    /// In the browser, for a code (§4.1).
    Code,
    /// In the browser, for a device (RFC 8628).
    Device,
    /// In the browser, at another identity provider, for a code.
    Federated,
    /// In the browser, for nothing else.
    Session,
}

/// A user who is about to be let in.
pub(in crate::server) struct Login<'l> {
    pub(in crate::server) way: Way,
    /// The SCIM resource.
    pub(in crate::server) user: &'l Value,
    /// How long ago the user was deactivated last, if ever.
    pub(in crate::server) since_deactivated: Option<Duration>,
    /// What hooks have counted before.
    pub(in crate::server) hooks: &'l Hooks,
}

/// A user who has shown the right password.
pub(super) struct Account {
    pub(super) subject: Subject,
    user: Arc<Resource>,
}

/// The user with this name and password, whether active or not.
pub(super) fn find(service: &Service, name: &str, password: &str) -> Option<Account> {
    (0..=service.options.tenants.len()).find_map(|tenant| {
        let user = named(service, tenant, name)?;
        let stored = user.value.get("password").and_then(Value::as_str)?;
        let subject = Subject { tenant, id: user.id.clone() };
        password::verify(stored, password).then_some(Account { subject, user })
    })
}

/// The user with this name, for whom another identity provider has vouched.
pub(super) fn vouched(service: &Service, name: &str) -> Option<Subject> {
    (0..=service.options.tenants.len()).find_map(|tenant| {
        let user = named(service, tenant, name)?;
        Some(Subject { tenant, id: user.id.clone() })
    })
}

/// The user of a tenant with this name, who may have been deleted where accounts are kept.
fn named(service: &Service, tenant: usize, name: &str) -> Option<Arc<Resource>> {
    let store = service.store_of(tenant);
    store.user_named(name).or_else(|| {
        let ledger = service.ledger();
        let has_name = |user: &Resource| {
            let known = user.value.get("userName").and_then(Value::as_str);
            known.is_some_and(|known| known.eq_ignore_ascii_case(name))
        };
        let mut kept = ledger.kept_accounts().filter(|(subject, _)| subject.tenant == tenant);
        kept.find(|(_, user)| has_name(user)).map(|(_, user)| Arc::clone(user))
    })
}

/// Lets a user in who has shown the password a moment ago; `None` if the user may not get in (any more).
pub(super) fn let_in<T>(
    service: &Service,
    account: &Account,
    way: Way,
    act: impl FnOnce(&Resource, &mut Ledger) -> T,
) -> Option<T> {
    admit(service, &account.subject, way, |user, ledger| {
        let unchanged = user.value.get("password") == account.user.value.get("password");
        unchanged.then(|| {
            if service.options.oauth.one_login {
                ledger.end_user(&account.subject, End::now(Cause::Replaced));
            }
            act(user, ledger)
        })
    })?
}

/// Does something for a user who may log in, while nobody can change that; `None` for one who may not.
pub(super) fn admit<T>(
    service: &Service,
    subject: &Subject,
    way: Way,
    act: impl FnOnce(&Resource, &mut Ledger) -> T,
) -> Option<T> {
    let store = service.store_of(subject.tenant);
    let mut ledger = service.ledger();
    let user = store.get(Kind::User, &subject.id).or_else(|| ledger.kept_account(subject))?;
    let since_deactivated = ledger.since_deactivated(subject);
    let login = Login { way, user: &user.value, since_deactivated, hooks: &service.hooks };
    service.hooks.lets_in(&login, is_active(&user.value)).then(|| act(&user, &mut ledger))
}

/// Without a value a user counts as active.
pub(super) fn is_active(user: &Value) -> bool {
    user.get("active") != Some(&Value::Bool(false))
}

/// The names of the groups that a user is in.
pub(super) fn groups(user: &Value) -> Vec<String> {
    let entries = user.get("groups").and_then(Value::as_array).into_iter().flatten();
    let named =
        |entry: &Value| Some(entry.get("display").or_else(|| entry.get("value"))?.as_str()?.to_owned());
    entries.filter_map(named).collect()
}
