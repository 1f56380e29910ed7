//! PATCH replace.

use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::patch::PatchOp;
use crate::scim::schema::Mutability;
use crate::server::choice::Choice;
use crate::server::edit::{op, operations, path, refusal, values};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::patching::{
    drop_operations, each, expand, finds_nothing, is_patch, replay, requested, tried, whole_attribute,
};

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "externalid-immutable-after-create",
        &[Hook::Stored(|write, _, resource| {
            if let Some(external) = write.old.and_then(|old| old.get("externalId")) {
                resource["externalId"] = external.clone();
            }
            Ok(())
        })],
    ),
    fault(
        "patch-pathless-replace-stops-at-externalid",
        &[Hook::Body(|_, body| {
            for value in each(body).filter(|o| op(o) == "replace" && path(o).is_empty()) {
                let Some(value) = value.get_mut("value").and_then(Value::as_object_mut) else { continue };
                if value.contains_key("externalId") {
                    value.retain(|name, _| name == "externalId");
                }
            }
            Ok(())
        })],
    ),
    fault(
        "patch-pathless-replace-with-id-without-effect",
        &[Hook::Body(|_, body| {
            drop_operations(body, |operation| {
                let names_id = operation.get("value").is_some_and(|value| value.get("id").is_some());
                op(operation) == "replace" && path(operation).is_empty() && names_id
            });
            Ok(())
        })],
    ),
    fault(
        "patch-replace-complex-drops-other-subattrs",
        &[Hook::Body(|write, body| {
            expand(body, |operation| {
                let mut parts: Vec<Value> = complex_targets(write, &operation)
                    .map(|path| json!({ "op": "remove", "path": path }))
                    .collect();
                parts.push(operation);
                parts
            });
            Ok(())
        })],
    ),
    fault(
        "patch-replace-members-additive",
        &[Hook::Body(|_, body| {
            for operation in operations(body).into_iter().flatten() {
                if op(operation) == "replace" && path(operation).eq_ignore_ascii_case("members") {
                    operation["op"] = "add".into();
                }
            }
            Ok(())
        })],
    ),
    fault(
        "patch-replace-members-bad-id-wipes",
        &[Hook::Stored(|write, store, group| {
            let replaces = |operation: &Value| op(operation) == "replace" && names_members(operation);
            let is_unknown = |member: &Value| {
                member.get("value").and_then(Value::as_str).is_some_and(|id| store.find(id).is_none())
            };
            let asked = write.kind == Kind::Group && requested(write.call.request).iter().any(replaces);
            if asked && values(group, "members").any(|member| is_unknown(member)) {
                group["members"] = json!([]);
            }
            Ok(())
        })],
    ),
    fault(
        "patch-replace-members-empty-ignored",
        &[Hook::Body(|_, body| {
            let is_empty = |value: Option<&Value>| value.and_then(Value::as_array).is_some_and(Vec::is_empty);
            drop_operations(body, |operation| {
                op(operation) == "replace" && path(operation) == "members" && is_empty(operation.get("value"))
            });
            for operation in each(body).filter(|o| op(o) == "replace" && path(o).is_empty()) {
                let Some(value) = operation.get_mut("value").and_then(Value::as_object_mut) else { continue };
                if is_empty(value.get("members")) {
                    value.shift_remove("members");
                }
            }
            Ok(())
        })],
    ),
    fault(
        "patch-replace-nonexistent-attr-fails",
        &[Hook::Body(|write, body| {
            replay(write, body, |before, operation, _| {
                let Some(path) = operation.path.as_deref().filter(|_| operation.op == PatchOp::Replace)
                else {
                    return Ok(());
                };
                let remove = json!({ "op": "remove", "path": path });
                let write = Write { old: Some(before), ..*write };
                match tried(&write, &remove) {
                    Some(Ok(after)) if after == *before => {
                        Err(refusal(ScimType::NoTarget, "there is nothing to replace"))
                    }
                    _ => Ok(()),
                }
            })
        })],
    ),
    fault(
        "patch-replace-other-attr-empties-members",
        &[Hook::Body(|write, body| {
            let Some(operations) = operations(body).filter(|_| is_patch(write) && write.kind == Kind::Group)
            else {
                return Ok(());
            };
            if operations.iter().any(|o| op(o) == "replace") && !operations.iter().any(names_members) {
                operations.push(json!({ "op": "remove", "path": "members" }));
            }
            Ok(())
        })],
    ),
    fault(
        "patch-replace-valuepath-destroys-siblings",
        &[Hook::Body(|write, body| {
            for operation in each(body).filter(|o| op(o) == "replace" && path(o).ends_with(']')) {
                let name = path(operation).split('[').next().map(str::to_owned);
                if let (Some(name), Some(Ok(_))) = (name, tried(write, operation)) {
                    operation["path"] = name.into();
                    operation["value"] = json!([operation["value"].take()]);
                }
            }
            Ok(())
        })],
    ),
    fault("patch-username-uniqueness-not-checked", &[Hook::Choice(Choice::AcceptTakenNames)]),
    fault(
        "patch-replace-valuepath-no-match-adds",
        &[Hook::Body(|write, body| {
            for operation in each(body).filter(|o| op(o) == "replace" && path(o).contains('[')) {
                if !finds_nothing(write, operation) {
                    continue;
                }
                operation["op"] = "add".into();
                if let Some((name, "")) = path(operation)
                    .split_once('[')
                    .map(|(name, rest)| (name.to_owned(), rest.rsplit(']').next().unwrap_or_default()))
                {
                    operation["path"] = name.into();
                    operation["value"] = json!([operation["value"].take()]);
                }
            }
            Ok(())
        })],
    ),
];

/// Whether an operation is about members, by its path or by its value.
fn names_members(operation: &Value) -> bool {
    let in_value = operation.get("value").and_then(Value::as_object).is_some_and(|value| {
        path(operation).is_empty() && value.keys().any(|name| name.eq_ignore_ascii_case("members"))
    });
    in_value || path(operation).to_ascii_lowercase().starts_with("members")
}

/// The single-valued complex attributes that a `replace` names as a whole.
fn complex_targets<'o>(write: &Write<'_>, operation: &'o Value) -> impl Iterator<Item = &'o str> {
    let is_such = |name: &str| {
        whole_attribute(write, name).is_some_and(|attribute| {
            attribute.is_complex() && !attribute.multi_valued && attribute.mutability == Mutability::ReadWrite
        })
    };
    let mut names = Vec::new();
    if op(operation) == "replace" {
        match path(operation) {
            "" => names.extend(
                operation
                    .get("value")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| &**name),
            ),
            path => names.push(path),
        }
    }
    names.retain(|name| is_such(name));
    names.into_iter()
}
