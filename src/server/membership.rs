//! Group memberships, kept in step on both sides: `members` of a group, and `groups` of a user, which is readOnly
//! (RFC 7643 §4.1.2 and §4.2).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::choice::Choice;
use super::kind::Kind;
use super::store::{Moment, Resource, Store};
use crate::scim::error::{ScimError, ScimType};

impl Store {
    /// Completes the members that a client has named: each once, with `$ref`, `type` and `display` as the store knows
    /// them. 400 `invalidValue` for a member without `value`, or whose `value` is no resource's id.
    pub(super) fn settle_members(&self, group: &mut Value, old: Option<&Value>) -> Result<(), ScimError> {
        let Some(members) = group.get_mut("members").and_then(Value::as_array_mut) else { return Ok(()) };
        let known: HashMap<&str, &Value> = entries(old.and_then(|old| old.get("members")))
            .filter_map(|entry| Some((id_of(entry)?, entry)))
            .collect();
        let mut seen = HashSet::new();
        let mut settled = Vec::with_capacity(members.len());
        for member in members.drain(..) {
            let id = id_of(&member).ok_or_else(|| invalid("a member needs a `value`".to_owned()))?;
            if seen.insert(id.to_owned()) || self.choices.contains(&Choice::RepeatMembers) {
                let sent = self.choices.contains(&Choice::MembersAsSent);
                settled.push(match known.get(id) {
                    Some(entry) if sent => overlaid(entry, member),
                    Some(entry) => (*entry).clone(),
                    None => self.member(id)?,
                });
            }
        }
        *members = settled;
        Ok(())
    }

    fn member(&self, id: &str) -> Result<Value, ScimError> {
        let Some(resource) = self.find(id) else {
            return if self.choices.contains(&Choice::AcceptUnknownMembers) {
                Ok(json!({ "value": id }))
            } else {
                Err(invalid(format!("the member `{id}` does not exist")))
            };
        };
        let mut member = json!({
            "value": id,
            "$ref": self.location(resource.kind, id),
            "type": resource.kind.name(),
        });
        if let Some(display) = display_name(&resource) {
            member["display"] = json!(display);
        }
        Ok(member)
    }

    /// Brings groups in line with a change of a member, and users with a change of a group.
    pub(super) fn follow_memberships(
        &mut self,
        old: Option<&Arc<Resource>>,
        new: Option<&Arc<Resource>>,
        now: &Moment,
    ) {
        let Some(resource) = new.or(old) else { return };
        match (old, new) {
            (Some(old), None) => self.leave_all_groups(old, now),
            (Some(old), Some(new)) if display_name(old) != display_name(new) => self.rename_member(new, now),
            _ => {}
        }
        if resource.kind == Kind::Group {
            self.follow_members(resource, old, new, now);
        }
    }

    fn follow_members(
        &mut self,
        group: &Arc<Resource>,
        old: Option<&Arc<Resource>>,
        new: Option<&Arc<Resource>>,
        now: &Moment,
    ) {
        let ids = |group: Option<&'_ Arc<Resource>>| -> Vec<String> {
            let members = group.and_then(|group| group.value.get("members"));
            entries(members).filter_map(id_of).map(str::to_owned).collect()
        };
        let (before, after) = (ids(old), ids(new));
        let (was, is): (HashSet<_>, HashSet<_>) = (before.iter().collect(), after.iter().collect());
        let stays = new.is_none() && self.choices.contains(&Choice::KeepDeletedGroups);
        for id in before.iter().filter(|id| !is.contains(id) && !stays) {
            self.forget_parent(id, &group.id);
            self.touch(Kind::User, id, now, |user| remove(user, "groups", &group.id));
        }
        let location = self.location(Kind::Group, &group.id);
        let display = display_name(group).unwrap_or_default();
        let renamed = old.is_some_and(|old| display_name(old) != Some(display))
            && !self.choices.contains(&Choice::KeepGroupNames);
        for id in &after {
            if !was.contains(id) {
                if self.parents.entry(id.clone()).or_default().insert(group.id.clone()) {
                    let entry =
                        json!({ "value": group.id, "$ref": location, "display": display, "type": "direct" });
                    self.touch(Kind::User, id, now, |user| add(user, "groups", entry));
                }
            } else if renamed {
                self.touch(Kind::User, id, now, |user| rename(user, "groups", &group.id, Some(display)));
            }
        }
    }

    fn forget_parent(&mut self, id: &str, group: &str) {
        let Some(parents) = self.parents.get_mut(id) else { return };
        parents.remove(group);
        if parents.is_empty() {
            self.parents.remove(id);
        }
    }

    fn leave_all_groups(&mut self, resource: &Resource, now: &Moment) {
        if self.choices.contains(&Choice::KeepDeletedMembers) {
            return;
        }
        for group in self.parents.remove(&resource.id).unwrap_or_default() {
            self.touch(Kind::Group, &group, now, |group| remove(group, "members", &resource.id));
        }
    }

    fn rename_member(&mut self, resource: &Resource, now: &Moment) {
        let display = display_name(resource);
        for group in self.parents.get(&resource.id).cloned().unwrap_or_default() {
            self.touch(Kind::Group, &group, now, |group| rename(group, "members", &resource.id, display));
        }
    }
}

/// What names a resource to people.
pub(super) fn display_name(resource: &Resource) -> Option<&str> {
    let pointers = ["/displayName", "/name/formatted", "/userName"];
    pointers.iter().find_map(|pointer| resource.value.pointer(pointer)?.as_str())
}

fn entries(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

fn id_of(entry: &Value) -> Option<&str> {
    entry.get("value")?.as_str()
}

/// Adds an entry to `groups`; before `meta`, which people expect at the end.
fn add(object: &mut Map<String, Value>, list: &str, entry: Value) {
    if let Some(entries) = object.get_mut(list).and_then(Value::as_array_mut) {
        entries.push(entry);
        return;
    }
    let meta = object.shift_remove("meta");
    object.insert(list.to_owned(), json!([entry]));
    object.extend(meta.map(|meta| ("meta".to_owned(), meta)));
}

fn remove(object: &mut Map<String, Value>, list: &str, id: &str) {
    let Some(entries) = object.get_mut(list).and_then(Value::as_array_mut) else { return };
    entries.retain(|entry| id_of(entry) != Some(id));
    if entries.is_empty() {
        object.shift_remove(list);
    }
}

fn rename(object: &mut Map<String, Value>, list: &str, id: &str, display: Option<&str>) {
    let entries = object.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
    for entry in entries.filter(|entry| id_of(entry) == Some(id)) {
        entry["display"] = json!(display);
    }
}

/// An entry with what a client says about it.
fn overlaid(entry: &Value, sent: Value) -> Value {
    let (Some(mut entry), Value::Object(sent)) = (entry.as_object().cloned(), sent) else {
        return entry.clone();
    };
    entry.extend(sent);
    entry.into()
}

fn invalid(detail: String) -> ScimError {
    ScimError::of(ScimType::InvalidValue, detail)
}
