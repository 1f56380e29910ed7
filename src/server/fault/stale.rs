//! What does not follow a change: search indexes, times and versions, names that were copied, memberships.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::failing::break_down;
use super::filter_terms::evaluate;
use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::filter::Filter;
use crate::scim::object::elements;
use crate::scim::projection::Projection;
use crate::server::choice::Choice;
use crate::server::edit::{list, nested_as, object, text};
use crate::server::hook::{Hook, Write};
use crate::server::http::ReceivedBody;
use crate::server::kind::Kind;
use crate::server::patching::{alone, is_patch};
use crate::server::reply::Reply;
use crate::server::route::{BASE_PATH, Route};
use crate::server::service::Call;
use crate::server::store::Resource;

/// Where a resource holds what the search index knows of it, if that is something else; no client sees it.
const INDEXED: &str = "indexed";

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "filter-index-not-updated",
        &[
            Hook::Stored(|write, _, resource| {
                keep_index(write, resource);
                Ok(())
            }),
            Hook::Matches(fits_index),
            Hook::Shown(hide_index),
        ],
    ),
    fault(
        "filter-index-not-updated-by-patch",
        &[
            Hook::Stored(|write, _, resource| {
                if is_patch(write) {
                    keep_index(write, resource);
                }
                Ok(())
            }),
            Hook::Matches(fits_index),
            Hook::Shown(hide_index),
        ],
    ),
    fault(
        "filter-finds-changed-and-fails",
        &[Hook::Reply(|call, _, reply| search_fails(call, reply, was_changed))],
    ),
    fault(
        "filter-finds-members-and-fails",
        &[Hook::Reply(|call, _, reply| search_fails(call, reply, is_member))],
    ),
    fault("last-modified-without-members", &[Hook::Choice(Choice::MembersLeaveTime)]),
    fault("version-without-members", &[Hook::Choice(Choice::MembersLeaveVersion)]),
    fault("last-modified-without-extensions", &[Hook::Choice(Choice::ExtensionsLeaveTime)]),
    fault("group-renaming-not-in-users", &[Hook::Choice(Choice::KeepGroupNames)]),
    fault("recreated-user-in-old-groups", &[Hook::Admitted(remember_groups), Hook::Reply(join_old_groups)]),
];

/// A query that finds such a resource fails.
fn search_fails(call: Call<'_>, reply: &mut Reply, such: fn(&Value) -> bool) {
    let is_search = call.request.method == Method::GET;
    let found = list(reply).filter(|_| is_search).and_then(|list| list.get("Resources")?.as_array());
    if found.is_some_and(|found| found.iter().any(such)) {
        break_down(reply);
    }
}

fn was_changed(resource: &Value) -> bool {
    let time = |name: &str| resource.pointer(name).and_then(Value::as_str);
    time("/meta/created") != time("/meta/lastModified")
}

fn is_member(resource: &Value) -> bool {
    resource.get("groups").is_some_and(|groups| !elements(groups).is_empty())
}

/// The index goes on knowing a changed resource as it was created, or last indexed.
fn keep_index(write: &Write<'_>, resource: &mut Value) {
    if let Some(old) = write.old.filter(|old| *old != resource) {
        resource[INDEXED] = old.get(INDEXED).unwrap_or(old).clone();
    }
}

/// Whether what the index knows of a resource fits a filter.
fn fits_index(call: Call<'_>, filter: &Filter, resource: &Resource, fits: bool) -> bool {
    match resource.value.get(INDEXED) {
        Some(indexed) => {
            let indexed = Resource { value: indexed.clone(), ..resource.clone() };
            evaluate(call, filter, &indexed, &|_| None)
        }
        None => fits,
    }
}

fn hide_index(_: Call<'_>, _: Kind, _: &Projection, resource: &mut Value) {
    remove(resource, INDEXED);
}

/// What is remembered of a membership: by the name of the user.
fn membership(user: &Value, group: &str) -> Option<String> {
    Some(format!("{} in {group}", text(user, "/userName")?.to_lowercase()))
}

/// Before a user is deleted, its groups are noted.
fn remember_groups(call: Call<'_>, route: &Route) -> Option<Reply> {
    let Route::Resource(Kind::User, id) = route else { return None };
    if call.request.method == Method::DELETE {
        let user = call.store().get(Kind::User, id)?;
        for group in user.value.get("groups").map_or(&[][..], elements) {
            call.service.hooks.times(membership(&user.value, text(group, "/value")?)?);
        }
    }
    None
}

/// A new user comes into the groups in which one of that name was.
fn join_old_groups(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    if route != Some(&Route::Collection(Kind::User)) || reply.status != StatusCode::CREATED {
        return;
    }
    let Some(user) = object(reply).cloned().map(Value::Object) else { return };
    let groups = call.store().list(&[Kind::Group]);
    let was_in = |group: &Resource| {
        membership(&user, &group.id).is_some_and(|membership| call.service.hooks.happened(&membership) > 0)
    };
    for group in groups.iter().filter(|group| was_in(group)) {
        let Ok(uri) = format!("{BASE_PATH}/Groups/{}", group.id).parse() else { continue };
        let join = json!({ "op": "add", "path": "members", "value": [{ "value": user["id"] }] });
        let mut request = nested_as(call, Method::PATCH, uri);
        request.body = ReceivedBody::Whole(alone(&join).to_string().into_bytes());
        call.nested(&request);
    }
}
