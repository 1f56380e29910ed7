//! Creating, reading, replacing, changing and deleting one resource (RFC 7644 §3.3 to §3.6).

use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::choice::Choice;
use super::etag::{self, Condition};
use super::hook::Write;
use super::kind::Kind;
use super::negotiate::json_body;
use super::oauth;
use super::options::OptionalFeature;
use super::query;
use super::reply::{Refusal, Reply};
use super::service::Call;
use super::store::Resource;
use crate::scim::object::replace as replace_member;
use crate::scim::patch::{PatchOptions, PatchRequest, apply};
use crate::scim::projection::Projection;
use crate::scim::validate::{demand_schemas, for_write};

/// POST to an endpoint.
pub(super) fn create(call: Call<'_>, kind: Kind) -> Result<Reply, Refusal> {
    let body = json_body(call.request)?;
    let projection = query::projection(call, kind)?;
    let write = Write { call, kind, old: None };
    let body = admitted(&write, body)?;
    let mut value = for_write(&body, call.schemas(kind), None)?;
    let mut store = call.store();
    call.service.hooks.stored(&write, &store, &mut value)?;
    hide_password(&mut value, None);
    let resource = store.create(kind, value)?;
    oauth::follow(call, None, Some(&resource));
    drop(store);
    Ok(show(call, StatusCode::CREATED, &resource, &projection))
}

/// A request to one resource.
pub(super) fn serve(call: Call<'_>, kind: Kind, id: &str) -> Result<Reply, Refusal> {
    let changes = [Method::PUT, Method::PATCH, Method::DELETE].contains(&call.request.method);
    if changes && call.chooses(Choice::DemandVersions) && !call.request.headers.contains_key(IF_MATCH) {
        return Err(Refusal::new(428, "Changes need If-Match"));
    }
    match call.request.method {
        Method::PUT => replace(call, kind, id),
        Method::PATCH => patch(call, kind, id),
        Method::DELETE => delete(call, kind, id),
        _ => read(call, kind, id),
    }
}

fn read(call: Call<'_>, kind: Kind, id: &str) -> Result<Reply, Refusal> {
    let projection = query::projection(call, kind)?;
    let resource = call.store().get(kind, id).ok_or_else(|| not_found(id))?;
    match judge(call, &resource) {
        Condition::Holds => Ok(show(call, StatusCode::OK, &resource, &projection)),
        Condition::Changed => Err(changed(id)),
        Condition::Unchanged => Ok(call.about(Reply::empty(StatusCode::NOT_MODIFIED), &resource)),
    }
}

fn replace(call: Call<'_>, kind: Kind, id: &str) -> Result<Reply, Refusal> {
    let body = json_body(call.request)?;
    write(call, kind, id, |old| {
        let body = admitted(&Write { call, kind, old: Some(old) }, body)?;
        let mut value = for_write(&body, call.schemas(kind), Some(old))?;
        if !call.has(OptionalFeature::ChangePassword) {
            replace_member(&mut value, "password", old.get("password").cloned().unwrap_or_default());
        }
        Ok(value)
    })
}

fn patch(call: Call<'_>, kind: Kind, id: &str) -> Result<Reply, Refusal> {
    call.demand(OptionalFeature::Patch, "PATCH")?;
    let mut body = json_body(call.request)?;
    let options = PatchOptions {
        without_schemas: call.chooses(Choice::PatchWithoutSchemas),
        empty_operations: call.chooses(Choice::PatchEmpty),
        exact_op: call.chooses(Choice::PatchExactOp),
    };
    PatchRequest::from_value_with(&body, options)?;
    let reply = write(call, kind, id, |old| {
        call.service.hooks.body(&Write { call, kind, old: Some(old) }, &mut body)?;
        let request = PatchRequest::from_value_with(&body, options)?;
        let value = apply(old, &request, call.schemas(kind))?;
        if !call.has(OptionalFeature::ChangePassword) && value.get("password") != old.get("password") {
            return Err(Refusal::new(403, "Changing the password is not supported"));
        }
        Ok(value)
    })?;
    // RFC 7644 §3.5.2: the client that asks for attributes gets them.
    let asks = call.request.uri.query().is_some_and(|query| query.contains("ttributes="));
    Ok(if call.chooses(Choice::PatchAnswersNothing) && !asks {
        let headers = reply.headers.into_iter().filter(|(name, _)| *name != CONTENT_TYPE).collect();
        Reply { headers, ..Reply::empty(StatusCode::NO_CONTENT) }
    } else {
        reply
    })
}

/// The body of a POST or PUT, if it is one of a resource at all.
fn admitted(write: &Write<'_>, mut body: Value) -> Result<Value, Refusal> {
    let hooks = &write.call.service.hooks;
    if !hooks.has(Choice::LenientSchemas) {
        demand_schemas(&body)?;
    }
    hooks.body(write, &mut body)?;
    Ok(body)
}

/// Changes a resource as a whole or not at all: nobody else gets at the store in between.
fn write(
    call: Call<'_>,
    kind: Kind,
    id: &str,
    change: impl FnOnce(&Value) -> Result<Value, Refusal>,
) -> Result<Reply, Refusal> {
    let projection = query::projection(call, kind)?;
    let mut store = call.store();
    let current = store.get(kind, id).ok_or_else(|| not_found(id))?;
    check_conditions(call, call.as_seen(Choice::JudgeWhatWasSeen, &current))?;
    let old = call.as_seen(Choice::ChangeWhatWasSeen, &current);
    let mut value = change(&old.value)?;
    let write = Write { call, kind, old: Some(&old.value) };
    call.service.hooks.stored(&write, &store, &mut value)?;
    hide_password(&mut value, Some(&old.value));
    let resource = store.update(old, value, call.request.method == Method::PUT)?;
    oauth::follow(call, Some(old), Some(&resource));
    drop(store);
    Ok(show(call, StatusCode::OK, &resource, &projection))
}

fn delete(call: Call<'_>, kind: Kind, id: &str) -> Result<Reply, Refusal> {
    let mut store = call.store();
    let old = store.get(kind, id).ok_or_else(|| not_found(id))?;
    check_conditions(call, &old)?;
    store.delete(&old);
    oauth::follow(call, Some(&old), None);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn judge(call: Call<'_>, resource: &Resource) -> Condition {
    if !call.has(OptionalFeature::Etag) {
        return Condition::Holds;
    }
    etag::judge(&call.request.headers, &resource.version)
}

fn check_conditions(call: Call<'_>, resource: &Arc<Resource>) -> Result<(), Refusal> {
    let deletes = call.request.method == Method::DELETE;
    match judge(call, resource) {
        Condition::Holds => Ok(()),
        Condition::Changed if deletes && call.chooses(Choice::DeleteIgnoresVersions) => Ok(()),
        Condition::Unchanged if call.chooses(Choice::IgnoreIfNoneMatchOnWrites) => Ok(()),
        Condition::Changed | Condition::Unchanged => Err(changed(&resource.id)),
    }
}

fn show(call: Call<'_>, status: StatusCode, resource: &Resource, projection: &Projection) -> Reply {
    let body = call.present(resource, projection);
    call.about(Reply::json(status, body), resource)
}

fn not_found(id: &str) -> Refusal {
    Refusal::new(404, format!("Resource {id} not found"))
}

fn changed(id: &str) -> Refusal {
    Refusal::new(412, format!("Resource {id} has another version than the request demands"))
}

/// Keeps what a password can be verified with, and not the password.
fn hide_password(value: &mut Value, old: Option<&Value>) {
    let stored = old.and_then(|old| old.get("password"));
    let Some(password) = value.get_mut("password").filter(|password| Some(&**password) != stored) else {
        return;
    };
    if let Some(text) = password.as_str() {
        *password = oauth::hash(text).into();
    }
}
