//! PUT.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::object::elements;
use crate::server::choice::Choice;
use crate::server::edit::{nested_as, refusal, whole, whole_mut};
use crate::server::hook::{Hook, Write};
use crate::server::http::Request;
use crate::server::reply::Reply;
use crate::server::route::{BASE_PATH, Route};

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "put-group-second-update-fails",
        &[Hook::Body(|write, body| {
            let Some(old) = write.old.filter(|old| is_put(write) && was_changed(old)) else { return Ok(()) };
            let ids = |group: &Value| -> Vec<Option<Value>> {
                let members = group.get("members").map_or(&[][..], elements);
                members.iter().map(|member| member.get("value").cloned()).collect()
            };
            if ids(old).iter().zip(&ids(body)).any(|(old, new)| old != new) {
                return Err(refusal(ScimType::Mutability, "`members[0].value` is immutable"));
            }
            Ok(())
        })],
    ),
    fault(
        "put-readonly-in-body-error",
        &[Hook::Body(|write, body| {
            let names = |name: &str| whole(write, body).is_some_and(|body| body.contains_key(name));
            match ["meta", "groups"].into_iter().find(|name| is_put(write) && names(name)) {
                Some(name) => Err(refusal(ScimType::Mutability, format!("`{name}` is readOnly"))),
                None => Ok(()),
            }
        })],
    ),
    fault("immutable-preserved-on-put-missing", &[Hook::Choice(Choice::MembersAsSent)]),
    fault(
        "meta-lastmodified-not-updated",
        &[Hook::Shown(|_, _, _, resource| {
            if let Some(created) = resource.pointer("/meta/created").cloned()
                && let Some(modified) = resource.pointer_mut("/meta/lastModified")
            {
                *modified = created;
            }
        })],
    ),
    fault(
        "put-creates-resource",
        &[Hook::Admitted(|call, route| {
            let Route::Resource(kind, id) = route else { return None };
            if call.request.method != Method::PUT || call.store().get(*kind, id).is_some() {
                return None;
            }
            let uri = format!("{BASE_PATH}/{}", kind.segment()).parse().ok()?;
            let body = call.request.body.clone();
            Some(call.nested(&Request { body, ..nested_as(call, Method::POST, uri) }))
        })],
    ),
    fault(
        "put-returns-204",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::PUT && reply.status == StatusCode::OK {
                *reply = Reply::empty(StatusCode::NO_CONTENT);
            }
        })],
    ),
    fault(
        "put-merges-instead-of-replacing",
        &[Hook::Body(|write, body| {
            let Some(old) = write.old.and_then(Value::as_object) else { return Ok(()) };
            let schemas = write.schemas();
            if let Some(body) = whole_mut(write, body) {
                let is_kept = |name: &str| schemas.core_attribute(name).is_none_or(|a| !a.required);
                for (name, value) in old.iter().filter(|(name, _)| is_kept(name)) {
                    let known = body.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
                    if known.is_none_or(|(_, value)| elements(value).is_empty()) {
                        body.insert(name.clone(), value.clone());
                    }
                }
            }
            Ok(())
        })],
    ),
];

fn is_put(write: &Write<'_>) -> bool {
    write.call.request.method == Method::PUT
}

/// Whether a resource was changed after it was created.
fn was_changed(resource: &Value) -> bool {
    resource.pointer("/meta/created") != resource.pointer("/meta/lastModified")
}
