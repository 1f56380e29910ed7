//! What is answered as done, and is not; and what is claimed, and refused.
#![expect(clippy::unnecessary_wraps, reason = "hooks of one kind have one signature")]

use axum::http::Method;
use axum::http::header::IF_MATCH;
use serde_json::{Value, json};

use super::bulk::job;
use super::parts::remove;
use super::writes::password;
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::urn;
use crate::server::edit::{as_sent, op, path, refusal, values};
use crate::server::hook::{Hook, Write};
use crate::server::patching::drop_operations;
use crate::server::reply::Refusal;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("if-match-of-several-without-effect", &[Hook::Body(put_back_on_a_set_of_versions)]),
    fault(
        "bulk-path-id-without-effect",
        &[Hook::Received(|request| {
            job(request, |job| values(job, "Operations").for_each(change_nothing_behind_a_bulk_id));
        })],
    ),
    fault(
        "patch-remove-value-array-without-effect",
        &[Hook::Body(|_, body| {
            drop_operations(body, |operation| {
                let named = operation.get("value").is_some() && !path(operation).is_empty();
                op(operation) == "remove" && named
            });
            Ok(())
        })],
    ),
    fault(
        "password-change-claimed-and-refused",
        &[Hook::Body(|write, _| match (write.old, password(&mut as_sent(write))) {
            (Some(_), Some(_)) => Err(refusal(ScimType::Mutability, "Passwords are not changed here")),
            _ => Ok(()),
        })],
    ),
];

/// A PUT on the condition `*`, or on one of several versions, writes what is there already.
fn put_back_on_a_set_of_versions(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    let request = write.call.request;
    let condition = request.headers.get(IF_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_set = condition == "*" || condition.contains(',');
    if let (Some(old), true) = (write.old, is_set && request.method == Method::PUT) {
        *body = old.clone();
        remove(body, "password");
    }
    Ok(())
}

/// A PATCH whose path refers to a create of the same job names the schema that the resource has already.
fn change_nothing_behind_a_bulk_id(operation: &mut Value) {
    let path = path(operation);
    if !path.contains("bulkId:") || operation.get("method").is_none_or(|method| method != "PATCH") {
        return;
    }
    let schema = if path.contains("Groups") { urn::GROUP } else { urn::USER };
    operation["data"]["Operations"] = json!([{ "op": "add", "path": "schemas", "value": [schema] }]);
}
