//! One request after the other: what the server does with a resource or a document that it has dealt with before.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::scim::projection::Projection;
use crate::server::edit::{fail_with, is_read, nested_as, target, text};
use crate::server::hook::Hook;
use crate::server::kind::Kind;
use crate::server::reply::Reply;
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Resource;

const OUR_FAULT: &str = "Internal Server Error";

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "unchanged-resource-unreadable",
        &[Hook::Admitted(|call, route| read_fails(call, route, |resource| !is_changed(resource)))],
    ),
    fault("second-read-fails", &[Hook::Admitted(nth_read_fails::<2>)]),
    fault("third-read-fails", &[Hook::Admitted(nth_read_fails::<3>)]),
    fault("fourth-read-fails", &[Hook::Admitted(nth_read_fails::<4>)]),
    fault("second-write-fails", &[Hook::Admitted(nth_write_fails::<2>)]),
    fault("third-write-fails", &[Hook::Admitted(nth_write_fails::<3>)]),
    fault("fourth-write-fails", &[Hook::Admitted(nth_write_fails::<4>)]),
    fault("same-query-fails-again", &[Hook::Admitted(same_query_fails)]),
    fault("discovery-read-once-only", &[Hook::Admitted(discovery_fails_again)]),
    fault("refused-change-damages", &[Hook::Reply(refused_change_damages)]),
    fault("delete-answers-with-the-resource", &[Hook::Admitted(show_the_deleted)]),
    fault("discovery-changes-when-read", &[Hook::Reply(discovery_changes)]),
    fault("created-moves-with-a-change", &[Hook::Shown(created_is_last_modified)]),
    fault("last-modified-of-every-read", &[Hook::Shown(modified_by_reading)]),
];

fn our_fault() -> Reply {
    fail_with(500, OUR_FAULT)
}

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

/// A query that was answered before fails.
fn same_query_fails(call: Call<'_>, route: &Route) -> Option<Reply> {
    let queries = matches!(route, Route::Root | Route::Collection(_)) && is_read(call);
    (queries && call.service.hooks.times(call.request.uri.to_string()) > 1).then(our_fault)
}

/// A discovery document that was read before cannot be read again.
fn discovery_fails_again(call: Call<'_>, route: &Route) -> Option<Reply> {
    let again = is_discovery(route) && call.service.hooks.times(call.request.uri.path()) > 1;
    again.then(our_fault)
}

fn is_discovery(route: &Route) -> bool {
    matches!(
        route,
        Route::ServiceProviderConfig
            | Route::ResourceTypes
            | Route::ResourceType(_)
            | Route::Schemas
            | Route::Schema(_)
    )
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
