//! One request after the other: what the server does with a resource or a document that it has dealt with before.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::failing::{break_down, our_fault};
use super::{FaultInfo, fault};
use crate::scim::projection::Projection;
use crate::scim::urn;
use crate::server::edit::{
    each_text, is_read, nested_as, new_user, own_attributes, parameter, same_text, target, text, user_with,
};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::negotiate::json_body;
use crate::server::patching::is_patch;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::{Resource, Store};

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "unchanged-resource-unreadable",
        &[Hook::Admitted(|call, route| read_fails(call, route, |resource| !is_changed(resource)))],
    ),
    fault("second-read-fails", &[Hook::Admitted(nth_read_fails::<2>)]),
    fault("third-read-fails", &[Hook::Admitted(nth_read_fails::<3>)]),
    fault("fourth-read-fails", &[Hook::Admitted(nth_read_fails::<4>)]),
    fault("fifth-read-fails", &[Hook::Admitted(nth_read_fails::<5>)]),
    fault("sixth-read-fails", &[Hook::Admitted(nth_read_fails::<6>)]),
    fault("second-write-fails", &[Hook::Admitted(nth_write_fails::<2>)]),
    fault("third-write-fails", &[Hook::Admitted(nth_write_fails::<3>)]),
    fault("fourth-write-fails", &[Hook::Admitted(nth_write_fails::<4>)]),
    fault("same-filter-fails-again", &[Hook::Admitted(same_filter_fails)]),
    fault(
        "refused-write-breaks-discovery",
        &[
            Hook::Reply(|call, route, _| {
                let document =
                    route.and_then(discovery_family).filter(|_| call.request.method == Method::PUT);
                if let Some(document) = document {
                    lock(call, document);
                }
            }),
            Hook::Admitted(|call, route| {
                let document = discovery_family(route).filter(|_| is_read(call))?;
                is_locked(call, document).then(our_fault)
            }),
        ],
    ),
    fault("discovery-read-once-only", &[Hook::Admitted(discovery_fails_again)]),
    fault("refused-change-damages", &[Hook::Reply(refused_change_damages)]),
    fault("refused-change-leaves-a-mark", &[Hook::Reply(refused_change_marks)]),
    fault("second-put-spoils-texts", &[Hook::Stored(second_put_spoils)]),
    fault(
        "patched-resource-unreadable",
        &[
            Hook::Stored(|write, _, _| {
                if let Some(old) = write.old.filter(|_| is_patch(write)) {
                    lock(write.call, text(old, "/id").unwrap_or_default());
                }
                Ok(())
            }),
            Hook::Admitted(locked_fails),
        ],
    ),
    fault(
        "group-that-lost-a-member-unreadable",
        &[
            Hook::Stored(|write, _, group| {
                let before = write.old.filter(|_| is_patch(write) && write.kind == Kind::Group);
                if before.is_some_and(|before| count(before, "members") > count(group, "members")) {
                    lock(write.call, text(group, "/id").unwrap_or_default());
                }
                Ok(())
            }),
            Hook::Admitted(locked_fails),
        ],
    ),
    fault(
        "user-of-two-groups-unreadable",
        &[Hook::Admitted(|call, route| read_fails(call, route, |user| count(&user.value, "groups") > 1))],
    ),
    fault("last-of-a-job-unreadable", &[Hook::Reply(lock_last_of_job), Hook::Admitted(locked_fails)]),
    fault("owner-of-a-name-unreadable", &[Hook::Reply(lock_owner), Hook::Admitted(locked_fails)]),
    fault(
        "groups-unreadable",
        &[Hook::Admitted(|call, route| read_fails(call, route, |resource| resource.kind == Kind::Group))],
    ),
    fault(
        "groups-read-once-only",
        &[Hook::Admitted(|call, route| match route {
            Route::Resource(Kind::Group, _) => nth_read_fails::<2>(call, route),
            _ => None,
        })],
    ),
    fault(
        "user-with-extension-unreadable",
        &[Hook::Admitted(|call, route| {
            read_fails(call, route, |resource| resource.value.get(urn::ENTERPRISE_USER).is_some())
        })],
    ),
    fault(
        "group-of-one-group-unreadable",
        &[Hook::Admitted(|call, route| read_fails(call, route, holds_one_group))],
    ),
    fault("wrong-token-fails-the-second-time", &[Hook::Reply(nth_refusal_fails::<2>)]),
    fault("wrong-token-fails-the-third-time", &[Hook::Reply(nth_refusal_fails::<3>)]),
    fault("delete-answers-with-the-resource", &[Hook::Admitted(show_the_deleted)]),
    fault("discovery-changes-when-read", &[Hook::Reply(discovery_changes)]),
    fault("created-moves-with-a-change", &[Hook::Shown(created_is_last_modified)]),
    fault("last-modified-of-every-read", &[Hook::Shown(modified_by_reading)]),
];

fn is_changed(resource: &Resource) -> bool {
    let time = |name| text(&resource.value, name);
    time("/meta/created") != time("/meta/lastModified")
}

fn deletes(call: Call<'_>, route: &Route) -> bool {
    call.request.method == Method::DELETE && matches!(route, Route::Resource(..))
}

/// A read of such a resource fails.
fn read_fails(call: Call<'_>, route: &Route, such: fn(&Resource) -> bool) -> Option<Reply> {
    let resource = target(call, route).filter(|_| is_read(call))?;
    such(&resource).then(our_fault)
}

/// From the N-th time on, a resource cannot be read.
fn nth_read_fails<const N: usize>(call: Call<'_>, route: &Route) -> Option<Reply> {
    let resource = target(call, route).filter(|_| is_read(call))?;
    (call.service.hooks.times(&*resource.id) >= N).then(our_fault)
}

/// From the N-th time on, a resource cannot be changed or deleted.
fn nth_write_fails<const N: usize>(call: Call<'_>, route: &Route) -> Option<Reply> {
    let resource = target(call, route).filter(|_| !is_read(call))?;
    (call.service.hooks.times(&*resource.id) >= N).then(our_fault)
}

/// A query with a filter that was answered before fails.
fn same_filter_fails(call: Call<'_>, route: &Route) -> Option<Reply> {
    let queries = matches!(route, Route::Root | Route::Collection(_)) && is_read(call);
    let filters = queries && parameter(call.request, "filter").is_some();
    (filters && call.service.hooks.times(call.request.uri.to_string()) > 1).then(our_fault)
}

/// A discovery document that was read before cannot be read again.
fn discovery_fails_again(call: Call<'_>, route: &Route) -> Option<Reply> {
    let again = is_discovery(route) && call.service.hooks.times(call.request.uri.path()) > 1;
    again.then(our_fault)
}

fn is_discovery(route: &Route) -> bool {
    discovery_family(route).is_some()
}

/// The resource that a refused request was about, if it was about one.
fn refused(call: Call<'_>, route: Option<&Route>, reply: &Reply) -> Option<Arc<Resource>> {
    // Who may not write at all does not get as far as that.
    let judged = reply.status.is_client_error() && call.access.is_some_and(|access| !access.read_only);
    route.filter(|_| judged && !is_read(call)).and_then(|route| target(call, route))
}

/// What nothing demands is gone, and the name is another one.
fn refused_change_damages(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    let Some(resource) = refused(call, route, reply) else { return };
    let mut damaged = json!({ "schemas": resource.value["schemas"], "meta": resource.value["meta"] });
    for name in ["userName", "displayName"] {
        if let Some(text) = text(&resource.value, &format!("/{name}")) {
            damaged[name] = format!("{text} (conflict)").into();
        }
    }
    damaged["active"] = false.into();
    // The answer is a refusal in any case.
    let _ = call.store().update(&resource, damaged, false);
}

/// What nothing demands is there, whoever was refused.
fn refused_change_marks(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    let refused = reply.status.is_client_error() && !is_read(call);
    let Some(resource) = route.filter(|_| refused).and_then(|route| target(call, route)) else { return };
    let mut marked = resource.value.clone();
    marked[if resource.kind == Kind::User { "nickName" } else { "externalId" }] = "refused".into();
    // The answer is a refusal in any case.
    let _ = call.store().update(&resource, marked, false);
}

/// From the second time on that a resource is replaced, its texts are stored with a character more.
#[expect(clippy::unnecessary_wraps, reason = "hooks of one kind have one signature")]
fn second_put_spoils(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    let old = write.old.filter(|_| write.call.request.method == Method::PUT);
    let Some(id) = old.and_then(|old| text(old, "/id")) else { return Ok(()) };
    if write.call.service.hooks.times(format!("put {id}")) > 1 {
        let texts = own_attributes(new).filter(|(name, value)| *name != "userName" && value.is_string());
        texts.for_each(|(_, value)| each_text(value, &|text| text.push('?')));
    }
    Ok(())
}

/// From now on, a resource or document cannot be read.
fn lock(call: Call<'_>, id: &str) {
    call.service.hooks.times(format!("locked {id}"));
}

fn locked_fails(call: Call<'_>, route: &Route) -> Option<Reply> {
    let resource = target(call, route).filter(|_| is_read(call))?;
    is_locked(call, &resource.id).then(our_fault)
}

fn is_locked(call: Call<'_>, id: &str) -> bool {
    call.service.hooks.happened(&format!("locked {id}")) > 0
}

/// What the last operation of a bulk job is about, whether it was carried out or not.
fn lock_last_of_job(call: Call<'_>, route: Option<&Route>, _: &mut Reply) {
    let job = json_body(call.request).ok().filter(|_| route == Some(&Route::Bulk));
    let last = job.as_ref().and_then(|job| job.get("Operations")?.as_array()?.last());
    if let Some(id) = last.and_then(|last| text(last, "/path")?.rsplit('/').next()) {
        lock(call, id);
    }
}

/// Who has the name that a refused create asked for.
fn lock_owner(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    let asked = new_user(call, route).filter(|_| reply.status == StatusCode::CONFLICT);
    let owner = asked.and_then(|asked| user_with(call, |user| same_text(user, &asked, "/userName")));
    if let Some(owner) = owner {
        lock(call, &owner.id);
    }
}

/// How many values a multi-valued attribute has.
fn count(resource: &Value, name: &str) -> usize {
    resource.get(name).and_then(Value::as_array).map_or(0, Vec::len)
}

fn holds_one_group(resource: &Resource) -> bool {
    let members = resource.value.get("members").and_then(Value::as_array);
    members.is_some_and(|members| members.len() == 1 && members[0]["type"] == "Group")
}

/// From the N-th wrong token for the same resource on, the server fails.
fn nth_refusal_fails<const N: usize>(call: Call<'_>, _: Option<&Route>, reply: &mut Reply) {
    let refused = reply.status == StatusCode::UNAUTHORIZED;
    if refused && call.service.hooks.times(format!("refused {}", call.request.uri.path())) >= N {
        break_down(reply);
    }
}

/// The discovery endpoint that a route belongs to.
fn discovery_family(route: &Route) -> Option<&'static str> {
    match route {
        Route::ServiceProviderConfig => Some("config"),
        Route::ResourceTypes | Route::ResourceType(_) => Some("resource types"),
        Route::Schemas | Route::Schema(_) => Some("schemas"),
        _ => None,
    }
}

fn show_the_deleted(call: Call<'_>, route: &Route) -> Option<Reply> {
    if !deletes(call, route) {
        return None;
    }
    let before = call.nested(&nested_as(call, Method::GET, call.request.uri.clone()));
    let resource = target(call, route)?;
    call.store().delete(&resource);
    Some(before)
}

/// Every answer of discovery is another one.
fn discovery_changes(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    let again = route.is_some_and(is_discovery).then(|| call.service.hooks.times("discovery"));
    let Some(document) = again.and_then(|_| crate::server::edit::object(reply)) else { return };
    let said = format!("Answer {}", again.unwrap_or_default());
    match document.get_mut("Resources").and_then(Value::as_array_mut) {
        Some(documents) => {
            for document in documents {
                document["description"] = said.clone().into();
            }
        }
        None => {
            document.insert("documentationUri".to_owned(), format!("https://example.com/{said}").into());
        }
    }
}

fn created_is_last_modified(_: Call<'_>, _: Kind, _: &Projection, shown: &mut Value) {
    if let Some(time) = shown.pointer("/meta/lastModified").cloned()
        && let Some(created) = shown.pointer_mut("/meta/created")
    {
        *created = time;
    }
}

fn modified_by_reading(call: Call<'_>, _: Kind, _: &Projection, shown: &mut Value) {
    let times = call.service.hooks.times("shown");
    if let Some(time) = shown.pointer_mut("/meta/lastModified") {
        *time = format!("2038-01-01T00:00:00.{times:06}Z").into();
    }
}
