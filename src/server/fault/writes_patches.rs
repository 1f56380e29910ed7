//! PATCH requests that fail, or do something else than they say.
#![expect(clippy::unnecessary_wraps, reason = "hooks of one kind have one signature")]

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::failing::{fails_if, our_fault};
use super::parts::plain_attributes;
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::urn;
use crate::server::edit::{as_sent, op, path, refusal, values};
use crate::server::hook::{Hook, Write};
use crate::server::http::{ReceivedBody, Request};
use crate::server::kind::Kind;
use crate::server::patching::{each, makes_element, requested, values_without_path};
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Store;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "patch-answered-with-nothing-whatever-is-asked",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::PATCH && reply.status == StatusCode::OK {
                *reply = Reply::empty(StatusCode::NO_CONTENT);
            }
        })],
    ),
    fault("patch-done-up-to-what-cannot-be-read", &[Hook::Admitted(do_what_can_be_read)]),
    fault(
        "add-without-match-refused-as-path",
        &[Hook::Body(|write, body| {
            let vain = each(body).any(|operation| makes_element(write, operation));
            if vain { Err(refusal(ScimType::InvalidPath, "There is no such value")) } else { Ok(()) }
        })],
    ),
    fault(
        "add-without-match-fails",
        &[Hook::Body(|write, body| fails_if(each(body).any(|operation| makes_element(write, operation))))],
    ),
    fault(
        "qualified-name-stored-as-it-is",
        &[Hook::Body(set_qualified_aside), Hook::Stored(store_qualified)],
    ),
    fault("unknown-parts-of-values-stored", &[Hook::Stored(keep_unknown_parts)]),
    fault("several-primaries-stored", &[Hook::Body(hide_primaries), Hook::Stored(show_primaries)]),
    fault(
        "removing-one-member-fails",
        &[Hook::Admitted(|call, _| {
            let selects =
                |operation: &Value| op(operation) == "remove" && path(operation).starts_with("members[");
            requested(call.request).iter().any(selects).then(our_fault)
        })],
    ),
    fault("adding-a-group-to-a-group-fails", &[Hook::Admitted(nesting_fails)]),
];

/// Carries out the operations before the first one that is none, and then refuses the request for that one.
fn do_what_can_be_read(call: Call<'_>, _: &Route) -> Option<Reply> {
    let operations = requested(call.request);
    let is_one = |operation: &Value| match &*op(operation) {
        "add" | "replace" => operation.get("value").is_some(),
        "remove" => true,
        _ => false,
    };
    let good: Vec<Value> = operations.iter().take_while(|operation| is_one(operation)).cloned().collect();
    if !good.is_empty() && good.len() < operations.len() {
        let body = ReceivedBody::Json(json!({ "schemas": [urn::PATCH_OP], "Operations": good }));
        call.nested(&Request { body, ..call.request.clone() });
    }
    None
}

fn is_qualified(name: &str) -> bool {
    name.starts_with("urn:") && name != urn::ENTERPRISE_USER && name != urn::USER && name != urn::GROUP
}

fn set_qualified_aside(_: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    values_without_path(body).for_each(|value| value.retain(|name, _| !is_qualified(name)));
    Ok(())
}

fn store_qualified(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    let mut body = json!({ "Operations": requested(write.call.request) });
    for (name, value) in values_without_path(&mut body).flatten().filter(|(name, _)| is_qualified(name)) {
        new[name] = value.to_string().into();
    }
    Ok(())
}

/// Gives values of lists the members that no schema knows.
fn keep_unknown_parts(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    for operation in requested(write.call.request) {
        let sent = operation.get("value").and_then(Value::as_array).into_iter().flatten();
        for sent in sent.filter_map(Value::as_object) {
            let same = values(new, path(&operation)).filter(|value| value.get("value") == sent.get("value"));
            for value in same.filter_map(Value::as_object_mut) {
                for (name, part) in sent {
                    value.entry(name).or_insert_with(|| part.clone());
                }
            }
        }
    }
    Ok(())
}

/// Takes away what would be refused: that several values are primary.
fn hide_primaries(_: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    each_primary(body, &mut |value| value["primary"] = false.into());
    Ok(())
}

/// Every value that was sent as primary is.
fn show_primaries(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    let mut sent = Vec::new();
    each_primary(&mut as_sent(write), &mut |value| sent.extend(value.get("value").cloned()));
    for value in plain_attributes(new).filter_map(|(_, values)| values.as_array_mut()).flatten() {
        if value.get("value").is_some_and(|value| sent.contains(value)) {
            value["primary"] = true.into();
        }
    }
    Ok(())
}

/// Every value in a body that is said to be primary.
fn each_primary(body: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    if body.get("primary") == Some(&Value::Bool(true)) {
        change(body);
    }
    match body {
        Value::Array(values) => values.iter_mut().for_each(|value| each_primary(value, change)),
        Value::Object(members) => members.values_mut().for_each(|value| each_primary(value, change)),
        _ => {}
    }
}

/// Fails if a group gets another group as a member.
fn nesting_fails(call: Call<'_>, route: &Route) -> Option<Reply> {
    let Route::Resource(Kind::Group, id) = route else { return None };
    let operations = requested(call.request);
    let named = operations.iter().filter_map(|operation| operation.get("value")?.as_array()).flatten();
    let mut ids = named.filter_map(|member| member.get("value")?.as_str());
    ids.any(|member| member != id && call.store().get(Kind::Group, member).is_some()).then(our_fault)
}
