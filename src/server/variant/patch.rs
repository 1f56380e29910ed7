//! PATCH.

use axum::http::Method;
use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Info, Pass, Warn};
use crate::scim::error::ScimType;
use crate::scim::patch::PatchOp;
use crate::scim::schema::Mutability;
use crate::server::choice::Choice;
use crate::server::edit::{op, operations, path, refusal};
use crate::server::hook::{Hook, Write};
use crate::server::patching::{
    adds_to_nothing, drop_operations, makes_element, replay, target, values_without_path,
};

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
        &[Hook::Body(|write, body| {
            drop_operations(body, |operation| {
                target(write, operation).is_some_and(|attribute| attribute.mutability == Mutability::ReadOnly)
            });
            ignore_read_only_members(write, body);
            Ok(())
        })],
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
        Info,
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
        &[Hook::Body(|write, body| {
            drop_operations(body, |operation| makes_element(write, operation));
            Ok(())
        })],
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

fn ignore_read_only_members(write: &Write<'_>, body: &mut Value) {
    let schemas = write.schemas();
    for value in values_without_path(body) {
        value.retain(|name, _| {
            let attribute = schemas.core_attribute(name);
            attribute.is_none_or(|attribute| attribute.mutability != Mutability::ReadOnly)
        });
    }
}

/// The URNs of both lists.
fn merged(old: &Value, new: Option<&Value>) -> Value {
    let mut urns: Vec<Value> = new.and_then(Value::as_array).cloned().unwrap_or_default();
    let missing = old.as_array().into_iter().flatten().filter(|urn| !urns.contains(urn));
    let missing: Vec<Value> = missing.cloned().collect();
    urns.extend(missing);
    urns.into()
}
