//! Groups and their members.

use axum::http::Method;
use serde_json::{Value, json};

use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::object::elements;
use crate::server::choice::Choice;
use crate::server::edit::{nested_as, op, path, values, whole_mut};
use crate::server::hook::{Hook, Write};
use crate::server::http::ReceivedBody;
use crate::server::kind::Kind;
use crate::server::negotiate::json_body;
use crate::server::patching::{alone, is_patch, requested};
use crate::server::reply::{Refusal, Reply};
use crate::server::route::{BASE_PATH, Route};
use crate::server::service::Call;
use crate::server::store::Store;

/// How many members the server reads of a group at most.
const MEMBERS: usize = 100;
/// How many groups the server reads of a user at most.
const GROUPS: usize = 10;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("concurrent-group-patch-lost-update", &[Hook::Choice(Choice::ChangeWhatWasSeen)]),
    fault(
        "group-create-members-dropped",
        &[Hook::Body(|write, body| {
            if let (Kind::Group, None, Some(body)) = (write.kind, write.old, whole_mut(write, body)) {
                body.shift_remove("members");
            }
            Ok(())
        })],
    ),
    fault("group-delete-deletes-members", &[Hook::Admitted(delete_with_members)]),
    fault("change-of-a-user-ends-its-memberships", &[Hook::Admitted(leave_groups)]),
    fault(
        "patch-large-group-truncates-to-100",
        &[
            Hook::Stored(|write, _, group| {
                let before = write.old.and_then(|old| old.get("members")).map_or(&[][..], elements);
                let adds = |operation: &Value| op(operation) == "add" && path(operation) == "members";
                if before.len() > MEMBERS
                    && requested(write.call.request).iter().any(adds)
                    && let Some(members) = group.get_mut("members").and_then(Value::as_array_mut)
                {
                    members.drain(MEMBERS..before.len().min(members.len()));
                }
                Ok(())
            }),
            Hook::Shown(|_, _, _, group| cut(group, "members", MEMBERS)),
        ],
    ),
    fault(
        "forward-reference-member-lost",
        &[Hook::Stored(|write, store, group| {
            if write.old.is_none() {
                lose_unknown_members(write, store, group);
            }
            Ok(())
        })],
    ),
    fault(
        "group-displayname-uniqueness-500",
        &[Hook::Stored(|write, store, group| {
            let slug = |group: &Value| -> String {
                let name = group.get("displayName").and_then(Value::as_str).unwrap_or_default();
                name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect()
            };
            let is_new = write.kind == Kind::Group && write.old.is_none();
            let own = slug(group);
            if is_new && store.list(&[Kind::Group]).iter().any(|other| slug(&other.value) == own) {
                return Err(Refusal::new(500, "duplicate key value violates unique constraint"));
            }
            Ok(())
        })],
    ),
    fault(
        "group-list-vs-get-members-differ",
        &[Hook::Shown(|call, kind, _, group| {
            let alone = matches!(Route::parse(call.request.uri.path()), Some(Route::Resource(..)));
            let is_read = call.request.method == Method::GET;
            if kind == Kind::Group
                && is_read
                && !alone
                && let Some(members) = group.get_mut("members").and_then(Value::as_array_mut)
            {
                members.retain(|member| member.get("type") != Some(&Value::from("Group")));
            }
        })],
    ),
    fault(
        "group-self-or-cyclic-membership",
        &[Hook::Admitted(|call, route| {
            let Route::Resource(Kind::Group, id) = route else { return None };
            let circular = call.request.method == Method::GET && is_below_itself(&call.store(), id);
            circular.then(|| Refusal::new(500, "Maximum recursion depth exceeded").into_reply())
        })],
    ),
    fault(
        "patch-member-nonexistent-silently-200",
        &[Hook::Stored(|write, store, group| {
            if is_patch(write) {
                lose_unknown_members(write, store, group);
            }
            Ok(())
        })],
    ),
    fault("user-delete-leaves-dangling-member", &[Hook::Choice(Choice::KeepDeletedMembers)]),
    fault("user-groups-after-group-delete-indirect", &[Hook::Choice(Choice::KeepDeletedGroups)]),
    fault("user-groups-incomplete-first-page", &[Hook::Shown(|_, _, _, user| cut(user, "groups", GROUPS))]),
    fault("user-groups-not-updated", &[Hook::Shown(|_, _, _, user| remove(user, "groups"))]),
    fault(
        "group-members-display-ref-missing",
        &[Hook::Shown(|_, _, _, group| {
            for member in values(group, "members") {
                if let Some(Value::String(url)) = member.get_mut("$ref") {
                    *url = url.replace("/Users/", "/Groups/");
                }
            }
        })],
    ),
    fault(
        "group-members-duplicates-accepted",
        &[
            Hook::Choice(Choice::RepeatMembers),
            Hook::Stored(|write, _, group| {
                let sent = json_body(write.call.request).unwrap_or_default();
                let sent = sent.get("members").map_or(&[][..], elements);
                let stored: Vec<Value> = values(group, "members").map(|member| member.clone()).collect();
                let times = |member: &Value| {
                    sent.iter().filter(|sent| sent.get("value") == member.get("value")).count().max(1)
                };
                if write.kind == Kind::Group && !is_patch(write) && !stored.is_empty() {
                    let repeated = stored.iter().flat_map(|m| std::iter::repeat_n(m.clone(), times(m)));
                    group["members"] = repeated.collect();
                }
                Ok(())
            }),
        ],
    ),
    fault(
        "nested-group-member-404",
        &[Hook::Stored(|write, store, group| {
            let is_group = |member: &Value| {
                let id = member.get("value").and_then(Value::as_str);
                id.is_some_and(|id| store.get(Kind::Group, id).is_some())
            };
            let known = write.old.and_then(|old| old.get("members")).map_or(&[][..], elements);
            let known = known.iter().filter(|member| is_group(member)).count();
            let groups = values(group, "members").filter(|member| is_group(member)).count();
            if is_patch(write) && write.kind == Kind::Group && groups > known {
                return Err(Refusal::new(404, "There is no such user"));
            }
            Ok(())
        })],
    ),
];

/// Deletes a group, and with it the users who are its members.
fn delete_with_members(call: Call<'_>, route: &Route) -> Option<Reply> {
    let Route::Resource(Kind::Group, id) = route else { return None };
    if call.request.method != Method::DELETE {
        return None;
    }
    let group = call.store().get(Kind::Group, id)?;
    let reply = call.nested(call.request);
    for member in group.value.get("members").map_or(&[][..], elements) {
        let id = member.get("value").and_then(Value::as_str).unwrap_or_default();
        if let (true, Ok(uri)) = (reply.status.is_success(), format!("{BASE_PATH}/Users/{id}").parse()) {
            call.nested(&nested_as(call, Method::DELETE, uri));
        }
    }
    Some(reply)
}

/// Changes a user, and takes it out of every group.
fn leave_groups(call: Call<'_>, route: &Route) -> Option<Reply> {
    let Route::Resource(Kind::User, id) = route else { return None };
    if ![Method::PUT, Method::PATCH].contains(&call.request.method) {
        return None;
    }
    let reply = call.nested(call.request);
    let groups = call.store().list(&[Kind::Group]);
    let is_member = |member: &Value| member.get("value").and_then(Value::as_str) == Some(id);
    for group in groups.iter().filter(|_| reply.status.is_success()) {
        if !group.value.get("members").map_or(&[][..], elements).iter().any(is_member) {
            continue;
        }
        let Ok(uri) = format!("{BASE_PATH}/Groups/{}", group.id).parse() else { continue };
        let leave = json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") });
        let mut request = nested_as(call, Method::PATCH, uri);
        request.body = ReceivedBody::Whole(alone(&leave).to_string().into_bytes());
        call.nested(&request);
    }
    Some(reply)
}

/// Leaves out the members that do not exist.
fn lose_unknown_members(write: &Write<'_>, store: &Store, group: &mut Value) {
    if write.kind != Kind::Group {
        return;
    }
    if let Some(members) = group.get_mut("members").and_then(Value::as_array_mut) {
        members.retain(|member| {
            member.get("value").and_then(Value::as_str).is_none_or(|id| store.find(id).is_some())
        });
    }
}

fn cut(resource: &mut Value, list: &str, limit: usize) {
    if let Some(entries) = resource.get_mut(list).and_then(Value::as_array_mut) {
        entries.truncate(limit);
    }
}

/// Whether a group is a member of itself, also by way of others.
fn is_below_itself(store: &Store, id: &str) -> bool {
    let (mut seen, mut next) = (Vec::new(), vec![id.to_owned()]);
    while let Some(group) = next.pop() {
        for parent in store.parents.get(&group).into_iter().flatten() {
            if parent == id {
                return true;
            }
            if !seen.contains(parent) {
                seen.push(parent.clone());
                next.push(parent.clone());
            }
        }
    }
    false
}
