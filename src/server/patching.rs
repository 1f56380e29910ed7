//! What the tables of variants and faults have in common about PATCH: looking into operations, and trying them out.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::edit::{operations, path};
use super::hook::Write;
use super::http::Request;
use super::negotiate::json_body;
use super::reply::Refusal;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::patch::{PatchOp, PatchOperation, PatchPath, PatchRequest, apply};
use crate::scim::schema::Attribute;
use crate::scim::urn;

/// Whether a request changes a resource in part.
pub(super) fn is_patch(write: &Write<'_>) -> bool {
    write.call.request.method == Method::PATCH
}

/// Every operation of a PATCH, to be changed.
pub(super) fn each(body: &mut Value) -> impl Iterator<Item = &mut Value> {
    operations(body).into_iter().flatten()
}

/// The operations that the client has sent, before anything was changed about them.
pub(super) fn requested(request: &Request) -> Vec<Value> {
    let body = if request.method == Method::PATCH { json_body(request).ok() } else { None };
    body.and_then(|mut body| operations(&mut body).map(std::mem::take)).unwrap_or_default()
}

/// Leaves out some operations, as if they had succeeded without effect.
pub(super) fn drop_operations(body: &mut Value, is_such: impl Fn(&Value) -> bool) {
    for operation in each(body).filter(|operation| is_such(operation)) {
        *operation = json!({ "op": "add", "value": {} });
    }
}

/// Puts several operations in the place of each.
pub(super) fn expand(body: &mut Value, parts: impl Fn(Value) -> Vec<Value>) {
    if let Some(operations) = operations(body) {
        *operations = std::mem::take(operations).into_iter().flat_map(parts).collect();
    }
}

/// The attribute that a path names as a whole: no filter, no sub-attribute.
pub(super) fn whole_attribute<'s>(write: &Write<'s>, path: &str) -> Option<&'s Attribute> {
    let schemas = write.schemas();
    let parsed = PatchPath::parse(path, schemas).ok()?;
    let whole = parsed.filter.is_none() && parsed.sub_attribute().is_none();
    whole.then(|| parsed.attribute.resolve(schemas)).flatten().map(|found| found.attribute)
}

/// What an operation alone makes of the resource as it is; `None` if it cannot be read.
pub(super) fn tried(write: &Write<'_>, operation: &Value) -> Option<Result<Value, ScimError>> {
    let request = PatchRequest::from_value(&alone(operation)).ok()?;
    Some(apply(write.old?, &request, write.schemas()))
}

/// Whether an operation would add to values that its filter does not find in the resource as it is.
pub(super) fn makes_element(write: &Write<'_>, operation: &Value) -> bool {
    let read = PatchRequest::from_value(&alone(operation));
    let (Some(old), Ok(request)) = (write.old, read) else { return false };
    adds_to_nothing(write, old, &request.operations[0])
}

/// Whether an operation has no target in the resource as it is.
pub(super) fn finds_nothing(write: &Write<'_>, operation: &Value) -> bool {
    let tried = tried(write, operation);
    matches!(tried, Some(Err(error)) if error.scim_type == Some(ScimType::NoTarget))
}

/// The attribute that the path of an operation is about.
pub(super) fn target<'s>(write: &Write<'s>, operation: &Value) -> Option<&'s Attribute> {
    let schemas = write.schemas();
    let parsed = PatchPath::parse(path(operation), schemas).ok()?;
    Some(parsed.attribute.resolve(schemas)?.attribute)
}

/// The `value` of every operation that has no path.
pub(super) fn values_without_path(body: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let operations = operations(body).into_iter().flatten();
    operations
        .filter(|operation| path(operation).is_empty())
        .filter_map(|operation| operation.get_mut("value").and_then(Value::as_object_mut))
}

/// A PATCH of one operation.
pub(super) fn alone(operation: &Value) -> Value {
    json!({ "schemas": [urn::PATCH_OP], "Operations": [operation] })
}

/// Looks at every operation with the resource before and after it, as long as all succeed.
pub(super) fn replay(
    write: &Write<'_>,
    body: &Value,
    judge: impl Fn(&Value, &PatchOperation, &Value) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let (Some(old), Ok(request)) = (write.old, PatchRequest::from_value(body)) else { return Ok(()) };
    let mut resource = old.clone();
    for operation in request.operations {
        let step = PatchRequest { operations: vec![operation] };
        let Ok(after) = apply(&resource, &step, write.schemas()) else { return Ok(()) };
        judge(&resource, &step.operations[0], &after)?;
        resource = after;
    }
    Ok(())
}

/// Whether an operation adds to values that its filter does not find.
pub(super) fn adds_to_nothing(write: &Write<'_>, resource: &Value, operation: &PatchOperation) -> bool {
    if operation.op != PatchOp::Add || !operation.path.as_ref().is_some_and(|path| path.contains('[')) {
        return false;
    }
    let replace = PatchOperation { op: PatchOp::Replace, ..operation.clone() };
    let result = apply(resource, &PatchRequest { operations: vec![replace] }, write.schemas());
    result.is_err_and(|error| error.scim_type == Some(ScimType::NoTarget))
}
