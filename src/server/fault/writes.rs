//! Changes that are answered well and stored otherwise, and refusals that are none.
#![allow(clippy::unnecessary_wraps)] // hooks of one kind have one signature

use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::parts::{creates, plain_attributes};
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::server::edit::{
    as_sent, each_text, fail_with, new_user, object, op, refusal, remove_header, set_header, text, values,
};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::patching::{each, is_patch, tried};
use crate::server::reply::{Content, Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Store;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "create-with-more-than-a-name-fails",
        &[Hook::Admitted(|call, route| {
            const PLAIN: [&str; 4] = ["schemas", "userName", "displayName", "externalId"];
            let user = new_user(call, Some(route))?;
            let more = user.as_object()?.keys().any(|name| !PLAIN.contains(&name.as_str()));
            let one = user.get("schemas").and_then(Value::as_array).is_some_and(|schemas| schemas.len() == 1);
            (more || !one).then(|| fail_with(500, "Unexpected attribute"))
        })],
    ),
    fault(
        "removing-nothing-refused-as-mutability",
        &[Hook::Body(|write, body| {
            let old = write.old.cloned().unwrap_or_default();
            let in_vain = |operation: &Value| {
                op(operation) == "remove"
                    && tried(write, operation)
                        .is_some_and(|new| new.is_err() || new.is_ok_and(|new| new == old))
            };
            let in_vain = is_patch(write) && each(body).any(|operation| in_vain(operation));
            if in_vain { Err(refusal(ScimType::Mutability, "There is nothing to remove")) } else { Ok(()) }
        })],
    ),
    fault("patch-changes-nothing", &[Hook::Stored(|write, _, new| keep(write, new, is_patch(write)))]),
    fault("put-changes-nothing", &[Hook::Stored(|write, _, new| keep(write, new, !is_patch(write)))]),
    fault("patch-spoils-texts", &[Hook::Stored(spoil)]),
    fault("patch-empties-the-resource", &[Hook::Stored(empty)]),
    fault("post-refusals-as-success", &[Hook::Reply(claim_created)]),
    fault("members-never-removed", &[Hook::Stored(keep_members)]),
    fault("password-kept-readable", &[Hook::Stored(tell_password)]),
    fault("password-shown-in-answers", &[Hook::Reply(answer_with_password)]),
    fault(
        "nothing-stored-of-a-create",
        &[Hook::Stored(|write, _, new| {
            if write.old.is_none() {
                strip(new);
            }
            Ok(())
        })],
    ),
    fault(
        "writes-answered-with-500",
        &[Hook::Reply(|call, route, reply| {
            if matches!(route, Some(Route::Resource(..)))
                && call.request.method != Method::GET
                && reply.status.is_success()
            {
                *reply = fail_with(500, "The audit log is not reachable");
            }
        })],
    ),
    fault("asynchronous-without-particulars", &[Hook::Reply(accept_later)]),
];

/// What is stored stays as it was.
fn keep(write: &Write<'_>, new: &mut Value, such: bool) -> Result<(), Refusal> {
    if let Some(old) = write.old.filter(|_| such) {
        *new = old.clone();
    }
    Ok(())
}

fn spoil(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if is_patch(write) {
        plain_attributes(new).for_each(|(_, value)| each_text(value, &|text| text.push('?')));
    }
    Ok(())
}

/// Nothing is left but what a resource cannot do without.
fn empty(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if is_patch(write) {
        strip(new);
    }
    Ok(())
}

fn strip(new: &mut Value) {
    const KEPT: [&str; 4] = ["schemas", "id", "meta", "userName"];
    let group = new.get("userName").is_none();
    if let Some(new) = new.as_object_mut() {
        new.retain(|name, _| KEPT.contains(&name.as_str()) || group && name == "displayName");
    }
}

/// A refused resource is answered as one that was created.
fn claim_created(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    if creates(call, route)
        && reply.status.is_client_error()
        && call.access.is_some_and(|access| !access.read_only)
    {
        let mut body = json!({ "id": "0" });
        if let Some(sent) = crate::server::negotiate::json_body(call.request).ok().filter(Value::is_object) {
            body = sent;
            body["id"] = "0".into();
        }
        *reply = Reply::json(StatusCode::CREATED, body).with(LOCATION, format!("{}/Users/0", call.base_url));
    }
}

fn members(resource: &Value) -> Vec<Value> {
    resource.get("members").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn has(members: &[Value], member: &Value) -> bool {
    members.iter().any(|other| other.get("value") == member.get("value"))
}

fn keep_members(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if let Some(old) = write.old.filter(|_| write.kind == Kind::Group) {
        let mut now = members(new);
        let gone: Vec<_> = members(old).into_iter().filter(|member| !has(&now, member)).collect();
        now.extend(gone);
        new["members"] = now.into();
    }
    Ok(())
}

/// The password that a request sets: in the body, or in an operation of a PATCH.
pub(super) fn password(sent: &mut Value) -> Option<String> {
    if let Some(password) = text(sent, "/password") {
        return Some(password.to_owned());
    }

    values(sent, "Operations").find_map(|operation| {
        let own = operation.pointer("/value/password").or_else(|| operation.get("value"));
        let named = operation.get("path").is_some_and(|path| path == "password");
        own.filter(|_| named || operation.pointer("/value/password").is_some())?.as_str().map(str::to_owned)
    })
}

pub(super) fn tell_password(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if let Some(password) = password(&mut as_sent(write)) {
        new["userType"] = password.into();
    }
    Ok(())
}

fn answer_with_password(call: Call<'_>, _: Option<&Route>, reply: &mut Reply) {
    let sent =
        crate::server::negotiate::json_body(call.request).ok().and_then(|mut sent| password(&mut sent));
    if let (Some(password), true, Some(body)) = (sent, reply.status.is_success(), object(reply)) {
        body.insert("password".to_owned(), password.into());
    }
}

/// Takes the wish for an asynchronous answer for an order, and says no more about it.
pub(super) fn accept_later(call: Call<'_>, _: Option<&Route>, reply: &mut Reply) {
    let prefers = call.request.headers.get("prefer").and_then(|value| value.to_str().ok());
    if prefers.is_some_and(|prefers| prefers.contains("respond-async")) && reply.status.is_success() {
        reply.status = StatusCode::ACCEPTED;
        remove_header(reply, &LOCATION);
        if matches!(reply.content, Content::Nothing) {
            *reply = Reply::json(StatusCode::ACCEPTED, json!({ "state": "queued" }));
        }
        set_header(reply, CONTENT_TYPE, "application/scim+json");
    }
}
