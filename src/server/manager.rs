//! What is derived from a user's manager: `$ref`, and `displayName`, which is readOnly (RFC 7643 §4.3).
//!
//! The manager need not exist; then there is only what the client has written.

use std::sync::Arc;

use serde_json::{Value, json};

use super::kind::Kind;
use super::membership::display_name;
use super::store::{Moment, Resource, Store};
use crate::scim::urn::ENTERPRISE_USER;

impl Store {
    /// Completes the manager of a user.
    pub(super) fn settle_manager(&self, user: &mut Value) {
        let Some(manager) = user.get_mut(ENTERPRISE_USER).and_then(|extension| extension.get_mut("manager"))
        else {
            return;
        };
        let Some(manager) = manager.as_object_mut() else { return };
        manager.shift_remove("displayName");
        let Some(id) = manager.get("value").and_then(Value::as_str).map(str::to_owned) else { return };
        // A reference of our own may be left from the manager before this one.
        let own = self.location(Kind::User, "");
        if manager.get("$ref").and_then(Value::as_str).is_some_and(|url| url.starts_with(&own)) {
            manager.shift_remove("$ref");
        }
        if let Some(found) = self.get(Kind::User, &id) {
            manager.insert("$ref".to_owned(), json!(self.location(Kind::User, &found.id)));
            manager.insert("displayName".to_owned(), json!(display_name(&found)));
        }
    }

    /// Brings users in line with a change of their manager.
    pub(super) fn follow_managers(
        &mut self,
        old: Option<&Arc<Resource>>,
        new: Option<&Arc<Resource>>,
        now: &Moment,
    ) {
        let Some(user) = new.or(old).filter(|resource| resource.kind == Kind::User) else { return };
        let (before, after) = (old.and_then(|old| manager_of(old)), new.and_then(|new| manager_of(new)));
        if before != after {
            if let Some(id) = before {
                self.forget_report(id, &user.id);
            }
            if let Some(id) = after {
                self.reports.entry(id.to_owned()).or_default().insert(user.id.clone());
            }
        }
        if old.is_some() && old.and_then(|old| display_name(old)) != new.and_then(|new| display_name(new)) {
            for report in self.reports.get(&user.id).cloned().unwrap_or_default() {
                self.resettle(&report, now);
            }
        }
    }

    fn forget_report(&mut self, manager: &str, user: &str) {
        let Some(reports) = self.reports.get_mut(manager) else { return };
        reports.remove(user);
        if reports.is_empty() {
            self.reports.remove(manager);
        }
    }

    fn resettle(&mut self, id: &str, now: &Moment) {
        let Some(user) = self.get(Kind::User, id) else { return };
        let mut value = user.value.clone();
        self.settle_manager(&mut value);
        let extension = value.get_mut(ENTERPRISE_USER).map(Value::take);
        self.touch(Kind::User, id, now, |user| {
            if let (Some(current), Some(extension)) = (user.get_mut(ENTERPRISE_USER), extension) {
                *current = extension;
            }
        });
    }
}

fn manager_of(user: &Resource) -> Option<&str> {
    user.value.get(ENTERPRISE_USER)?.get("manager")?.get("value")?.as_str()
}
