//! PATCH.

use axum::http::Method;
use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Info, Pass, Warn};
use crate::scim::error::ScimType;
use crate::scim::patch::{PatchOp, PatchOperation, PatchPath, PatchRequest, apply};
use crate::scim::schema::{Attribute, Mutability};
use crate::server::choice::Choice;
use crate::server::edit::{op, operations, path, refusal};
use crate::server::hook::{Hook, Write};
use crate::server::reply::Refusal;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "patch-204",
        Pass,
        &["patch-200-204"],
        "patch-general",
        "PATCH is answered with 204, unless the client asks for attributes",
        &[Hook::Choice(Choice::PatchAnswersNothing)],
    ),
    variant(
        "patch-op-lower-case-only",
        Warn,
        &["patch-op-case"],
        "patch-general",
        "op in another letter case is refused with 400",
        &[Hook::Choice(Choice::PatchExactOp)],
    ),
    variant(
        "patch-empty-accepted",
        Warn,
        &["patch-empty-operations"],
        "patch-general",
        "PATCH without operations changes nothing and succeeds",
        &[Hook::Choice(Choice::PatchEmpty)],
    ),
    variant(
        "patch-without-schemas-accepted",
        Warn,
        &["patch-schemas"],
        "patch-general",
        "PATCH need not name its message",
        &[Hook::Choice(Choice::PatchWithoutSchemas)],
    ),
    variant(
        "patch-read-only-ignored",
        Warn,
        &["readonly-in-patch"],
        "patch-general",
        "Operations on readOnly attributes are ignored",
        &[
            Hook::Choice(Choice::PatchEmpty),
            Hook::Body(|write, body| {
                retain(write, body, |operation| {
                    target(write, operation)
                        .is_none_or(|attribute| attribute.mutability != Mutability::ReadOnly)
                });
                ignore_read_only_members(write, body);
                Ok(())
            }),
        ],
    ),
    variant(
        "patch-no-path-read-only-ignored",
        Pass,
        &["patch-no-path"],
        "patch-general",
        "readOnly attributes in the value of an operation without path are ignored",
        &[Hook::Body(|write, body| {
            ignore_read_only_members(write, body);
            Ok(())
        })],
    ),
    variant(
        "patch-remove-nothing-no-target",
        Pass,
        &["remove-nonexistent"],
        "patch-remove",
        "Removing what is not there is refused with 400 noTarget",
        &[Hook::Body(|write, body| {
            replay(write, body, |before, operation, after| {
                if operation.op == PatchOp::Remove && before == after {
                    return Err(refusal(ScimType::NoTarget, "there is nothing to remove"));
                }
                Ok(())
            })
        })],
    ),
    variant(
        "patch-remove-list-removes-all",
        Warn,
        &["remove-value-array"],
        "patch-remove",
        "remove with a list of values removes all values",
        &[Hook::Body(|_, body| {
            for operation in
                operations(body).into_iter().flatten().filter(|operation| op(operation) == "remove")
            {
                operation.as_object_mut().and_then(|operation| operation.shift_remove("value"));
            }
            Ok(())
        })],
    ),
    variant(
        "patch-remove-list-refused",
        Pass,
        &["remove-value-array"],
        "patch-remove",
        "remove with a value is refused with 400",
        &[Hook::Body(|_, body| {
            let has_value =
                |operation: &&mut Value| op(operation) == "remove" && operation.get("value").is_some();
            match operations(body).into_iter().flatten().find(has_value) {
                Some(_) => Err(refusal(ScimType::InvalidSyntax, "`remove` has no value")),
                None => Ok(()),
            }
        })],
    ),
    variant(
        "patch-add-filter-no-target",
        Pass,
        &["patch-add-filter"],
        "patch-add",
        "add with a filter that matches nothing is refused with 400 noTarget",
        &[Hook::Body(|write, body| {
            replay(write, body, |before, operation, _| {
                if adds_to_nothing(write, before, operation) {
                    return Err(refusal(ScimType::NoTarget, "the filter matches nothing"));
                }
                Ok(())
            })
        })],
    ),
    variant(
        "patch-add-filter-without-effect",
        Warn,
        &["patch-add-filter"],
        "patch-add",
        "add with a filter that matches nothing succeeds without effect",
        &[
            Hook::Choice(Choice::PatchEmpty),
            Hook::Body(|write, body| {
                let Some(old) = write.old else { return Ok(()) };
                retain(write, body, |operation| {
                    let read = PatchRequest::from_value(&alone(operation));
                    !read.is_ok_and(|request| adds_to_nothing(write, old, &request.operations[0]))
                });
                Ok(())
            }),
        ],
    ),
    variant(
        "patch-replace-wants-a-list",
        Pass,
        &["replace-complex"],
        "patch-replace",
        "replace of a multi-valued attribute with a single object is refused with 400",
        &[Hook::Body(|write, body| {
            let single = |operation: &&mut Value| {
                let multi_valued = target(write, operation).is_some_and(|attribute| attribute.multi_valued);
                let object = operation.get("value").is_some_and(Value::is_object);
                op(operation) == "replace" && object && multi_valued && !path(operation).contains('[')
            };
            match operations(body).into_iter().flatten().find(single) {
                Some(_) => Err(refusal(ScimType::InvalidValue, "a multi-valued attribute wants an array")),
                None => Ok(()),
            }
        })],
    ),
    variant(
        "patch-flat-keys-ignored",
        Info,
        &["patch-schemas"],
        "patch-general",
        "Members such as name.givenName in the value of an operation without path are ignored",
        &[Hook::Body(|write, body| {
            let schemas = write.schemas();
            for value in values_without_path(body) {
                value.retain(|name, _| {
                    schemas.schema(name).is_some() || !name.contains('.') && !name.contains(':')
                });
            }
            Ok(())
        })],
    ),
    variant(
        "patch-container-path-refused",
        Warn,
        &["patch-schemas"],
        "enterprise",
        "The URN of an extension as path is refused with 400 invalidPath",
        &[Hook::Body(|write, body| {
            let is_container = |operation: &&mut Value| write.schemas().schema(path(operation)).is_some();
            match operations(body).into_iter().flatten().find(is_container) {
                Some(_) => Err(refusal(ScimType::InvalidPath, "name an attribute of the extension")),
                None => Ok(()),
            }
        })],
    ),
    variant(
        "patch-keeps-extension-urn",
        Pass,
        &["patch-schemas"],
        "enterprise",
        "schemas keeps the URN of an extension that has lost its last attribute",
        &[Hook::Stored(|write, _, resource| {
            let Some(old) = write.old.and_then(|old| old.get("schemas")) else { return Ok(()) };
            if write.call.request.method == Method::PATCH {
                resource["schemas"] = merged(old, resource.get("schemas"));
            }
            Ok(())
        })],
    ),
];

/// Keeps only some operations of a PATCH.
fn retain(write: &Write<'_>, body: &mut Value, keeps: impl Fn(&Value) -> bool) {
    if write.call.request.method == Method::PATCH
        && let Some(operations) = operations(body)
    {
        operations.retain(keeps);
    }
}

/// The attribute that the path of an operation is about.
fn target<'s>(write: &Write<'s>, operation: &Value) -> Option<&'s Attribute> {
    let schemas = write.schemas();
    let parsed = PatchPath::parse(path(operation), schemas).ok()?;
    Some(parsed.attribute.resolve(schemas)?.attribute)
}

/// The `value` of every operation that has no path.
fn values_without_path(body: &mut Value) -> impl Iterator<Item = &mut serde_json::Map<String, Value>> {
    let operations = operations(body).into_iter().flatten();
    operations
        .filter(|operation| path(operation).is_empty())
        .filter_map(|operation| operation.get_mut("value").and_then(Value::as_object_mut))
}

fn ignore_read_only_members(write: &Write<'_>, body: &mut Value) {
    let schemas = write.schemas();
    for value in values_without_path(body) {
        value.retain(|name, _| {
            let attribute = schemas.core_attribute(name);
            attribute.is_none_or(|attribute| attribute.mutability != Mutability::ReadOnly)
        });
    }
}

/// A PATCH of one operation.
fn alone(operation: &Value) -> Value {
    serde_json::json!({ "schemas": [crate::scim::urn::PATCH_OP], "Operations": [operation] })
}

/// Looks at every operation with the resource before and after it, as long as all succeed.
fn replay(
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
fn adds_to_nothing(write: &Write<'_>, resource: &Value, operation: &PatchOperation) -> bool {
    if operation.op != PatchOp::Add || !operation.path.as_ref().is_some_and(|path| path.contains('[')) {
        return false;
    }
    let replace = PatchOperation { op: PatchOp::Replace, ..operation.clone() };
    let result = apply(resource, &PatchRequest { operations: vec![replace] }, write.schemas());
    result.is_err_and(|error| error.scim_type == Some(ScimType::NoTarget))
}

/// The URNs of both lists.
fn merged(old: &Value, new: Option<&Value>) -> Value {
    let mut urns: Vec<Value> = new.and_then(Value::as_array).cloned().unwrap_or_default();
    let missing = old.as_array().into_iter().flatten().filter(|urn| !urns.contains(urn));
    let missing: Vec<Value> = missing.cloned().collect();
    urns.extend(missing);
    urns.into()
}
