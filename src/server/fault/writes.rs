//! Changes that are answered well and stored otherwise, and refusals that are none.
#![allow(clippy::unnecessary_wraps)] // hooks of one kind have one signature

use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::scim::schema::Returned;
use crate::server::choice::Choice;
use crate::server::edit::{
    as_sent, each_text, fail_with, nested_as, object, own_attributes, remove_header, set_header, target, text,
    values, without_body,
};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::patching::is_patch;
use crate::server::reply::{Content, Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Store;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("patch-changes-nothing", &[Hook::Stored(|write, _, new| keep(write, new, is_patch(write)))]),
    fault("put-changes-nothing", &[Hook::Stored(|write, _, new| keep(write, new, !is_patch(write)))]),
    fault("patch-drops-all-else", &[Hook::Stored(|write, _, new| drop_unchanged(write, new, is_patch(write)))]),
    fault("put-drops-what-it-repeats", &[Hook::Stored(|write, _, new| drop_unchanged(write, new, !is_patch(write)))]),
    fault("patch-forgets-the-extension", &[Hook::Stored(|write, _, new| forget_extensions(write, new))]),
    fault("patch-spoils-texts", &[Hook::Stored(spoil)]),
    fault("patch-inverts-booleans", &[Hook::Stored(invert)]),
    fault("patch-empties-the-resource", &[Hook::Stored(empty)]),
    fault("change-resets-created", &[Hook::Stored(reset_created)]),
    fault("patch-refusals-as-success", &[Hook::Reply(|call, route, reply| claim(call, route, reply, &Method::PATCH))]),
    fault("put-refusals-as-success", &[Hook::Reply(|call, route, reply| claim(call, route, reply, &Method::PUT))]),
    fault("post-refusals-as-success", &[Hook::Reply(claim_created)]),
    fault("patch-answered-with-204-though-asked", &[Hook::Reply(answer_nothing)]),
    fault("patch-204-without-version", &[
        Hook::Choice(Choice::PatchAnswersNothing),
        Hook::Reply(|call, _, reply| {
            if call.request.method == Method::PATCH {
                remove_header(reply, &ETAG);
            }
        }),
    ]),
    fault("members-always-doubled", &[Hook::Shown(|call, kind, _, shown| {
        if kind == Kind::Group && call.request.method == Method::GET {
            double(shown, "members");
        }
    })]),
    fault("members-never-removed", &[Hook::Stored(keep_members)]),
    fault("members-never-added", &[Hook::Stored(refuse_new_members)]),
    fault("members-forgotten-with-every-change", &[Hook::Stored(forget_members)]),
    fault("password-kept-readable", &[Hook::Stored(tell_password)]),
    fault("password-shown-in-answers", &[Hook::Reply(answer_with_password)]),
    fault("nothing-stored-of-a-create", &[Hook::Stored(|write, _, new| {
        if write.old.is_none() {
            strip(new);
        }
        Ok(())
    })]),
    fault("writes-answered-with-202", &[Hook::Reply(|call, route, reply| {
        let single = matches!(route, Some(Route::Resource(..) | Route::Collection(_)));
        if single && call.request.method != Method::GET && reply.status.is_success() {
            reply.status = StatusCode::ACCEPTED;
        }
    })]),
    fault("writes-answered-with-500", &[Hook::Reply(|call, route, reply| {
        if matches!(route, Some(Route::Resource(..))) && call.request.method != Method::GET && reply.status.is_success() {
            *reply = fail_with(500, "The audit log is not reachable");
        }
    })]),
    fault("asynchronous-without-particulars", &[Hook::Reply(accept_later)]),
];

/// What is stored stays as it was.
fn keep(write: &Write<'_>, new: &mut Value, such: bool) -> Result<(), Refusal> {
    if let Some(old) = write.old.filter(|_| such) {
        *new = old.clone();
    }
    Ok(())
}

/// Whether a resource can do without.
fn may_go(write: &Write<'_>, name: &str) -> bool {
    let known = write.schemas().core_attribute(name);
    known.is_none_or(|attribute| !attribute.required && attribute.returned != Returned::Always)
}

/// Whatever is not changed is lost.
fn drop_unchanged(write: &Write<'_>, new: &mut Value, such: bool) -> Result<(), Refusal> {
    if let (Some(old), Some(new)) = (write.old.filter(|_| such), new.as_object_mut()) {
        new.retain(|name, value| {
            ["schemas", "id", "meta"].contains(&name.as_str()) || !may_go(write, name) || old.get(name) != Some(value)
        });
    }
    Ok(())
}

fn forget_extensions(write: &Write<'_>, new: &mut Value) -> Result<(), Refusal> {
    if let Some(new) = new.as_object_mut().filter(|_| is_patch(write)) {
        new.retain(|name, _| !name.starts_with("urn:"));
        new.insert("schemas".to_owned(), json!([write.schemas().core.id]));
    }
    Ok(())
}

fn spoil(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if is_patch(write) {
        let attributes = own_attributes(new).filter(|(name, _)| *name != "members" && *name != "groups");
        attributes.for_each(|(_, value)| each_text(value, &|text| text.push('?')));
    }
    Ok(())
}

fn invert(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    for (_, value) in own_attributes(new).filter(|_| is_patch(write)) {
        if let Value::Bool(flag) = value {
            *flag = !*flag;
        }
        for part in value.as_array_mut().into_iter().flatten() {
            if let Some(Value::Bool(flag)) = part.get_mut("primary") {
                *flag = !*flag;
            }
        }
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

fn reset_created(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if let Some(created) = new.pointer_mut("/meta/created").filter(|_| write.old.is_some()) {
        *created = "2001-01-01T00:00:00Z".into();
    }
    Ok(())
}

/// A refused change is answered with the resource, as if it had been made.
fn claim(call: Call<'_>, route: Option<&Route>, reply: &mut Reply, method: &Method) {
    if call.request.method == *method
        && reply.status.is_client_error()
        && call.access.is_some_and(|access| !access.read_only)
        && route.is_some_and(|route| target(call, route).is_some())
    {
        *reply = call.nested(&nested_as(call, Method::GET, call.request.uri.path().parse().unwrap_or_default()));
    }
}

/// A refused resource is answered as one that was created.
fn claim_created(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    let creates = matches!(route, Some(Route::Collection(_))) && call.request.method == Method::POST;
    if creates && reply.status.is_client_error() && call.access.is_some_and(|access| !access.read_only) {
        let mut body = json!({ "id": "0" });
        if let Some(sent) = crate::server::negotiate::json_body(call.request).ok().filter(Value::is_object) {
            body = sent;
            body["id"] = "0".into();
        }
        *reply = Reply::json(StatusCode::CREATED, body).with(LOCATION, format!("{}/Users/0", call.base_url));
    }
}

fn answer_nothing(call: Call<'_>, _: Option<&Route>, reply: &mut Reply) {
    let writes = call.request.method == Method::PATCH || call.request.method == Method::PUT;
    if writes && reply.status == StatusCode::OK && call.request.uri.query().is_some() {
        reply.status = StatusCode::NO_CONTENT;
        without_body(reply);
    }
}

/// Shows every value of a list twice.
fn double(shown: &mut Value, name: &str) {
    if let Some(values) = shown.get_mut(name).and_then(Value::as_array_mut) {
        let again = values.clone();
        values.extend(again);
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

fn refuse_new_members(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if let Some(old) = write.old.filter(|_| write.kind == Kind::Group) {
        let before = members(old);
        let now: Vec<_> = members(new).into_iter().filter(|member| has(&before, member)).collect();
        new["members"] = now.into();
    }
    Ok(())
}

fn forget_members(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if let Some(new) = new.as_object_mut().filter(|_| write.old.is_some() && write.kind == Kind::Group) {
        new.shift_remove("members");
    }
    Ok(())
}

/// The password that a request sets: in the body, or in an operation of a PATCH.
fn password(sent: &mut Value) -> Option<String> {
    if let Some(password) = text(sent, "/password") {
        return Some(password.to_owned());
    }
    let found = values(sent, "Operations").find_map(|operation| {
        let own = operation.pointer("/value/password").or_else(|| operation.get("value"));
        let named = operation.get("path").is_some_and(|path| path == "password");
        own.filter(|_| named || operation.pointer("/value/password").is_some())?.as_str().map(str::to_owned)
    });
    found
}

fn tell_password(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if let Some(password) = password(&mut as_sent(write)) {
        new["userType"] = password.into();
    }
    Ok(())
}

fn answer_with_password(call: Call<'_>, _: Option<&Route>, reply: &mut Reply) {
    let sent = crate::server::negotiate::json_body(call.request).ok().and_then(|mut sent| password(&mut sent));
    if let (Some(password), true, Some(body)) = (sent, reply.status.is_success(), object(reply)) {
        body.insert("password".to_owned(), password.into());
    }
}

/// Takes the wish for an asynchronous answer for an order, and says no more about it.
fn accept_later(call: Call<'_>, _: Option<&Route>, reply: &mut Reply) {
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
