//! PATCH add.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::object::elements;
use crate::server::choice::Choice;
use crate::server::edit::{fail, op, operations, path, refusal, values};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::patching::{
    each, expand, is_patch, makes_element, requested, target, tried, whole_attribute,
};
use crate::server::reply::Refusal;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "patch-add-duplicates-existing-value",
        &[
            Hook::Choice(Choice::RepeatMembers),
            Hook::Stored(|write, _, resource| {
                for operation in requested(write.call.request).iter().filter(|o| op(o) == "add") {
                    repeat_known(write, operation, resource);
                }
                Ok(())
            }),
        ],
    ),
    fault(
        "patch-add-member-drops-existing",
        &[Hook::Body(|write, body| {
            if write.kind == Kind::Group {
                replace_where(write, body, |_, path| path.eq_ignore_ascii_case("members"));
            }
            Ok(())
        })],
    ),
    fault(
        "patch-add-multivalued-replaces-with-path",
        &[Hook::Body(|write, body| {
            replace_where(write, body, |write, path| {
                let attribute = write.schemas().core_attribute(path);
                attribute.is_some_and(|attribute| attribute.multi_valued)
            });
            Ok(())
        })],
    ),
    fault(
        "patch-add-takes-primary-away",
        &[Hook::Stored(|write, _, resource| {
            for operation in requested(write.call.request).iter().filter(|o| op(o) == "add") {
                take_primary_away(write, operation, resource);
            }
            Ok(())
        })],
    ),
    fault(
        "patch-add-same-filter-creates-separate-elements",
        &[Hook::Body(|write, body| {
            for operation in each(body).filter(|operation| makes_element(write, operation)) {
                let name = target(write, operation).map(|attribute| attribute.name.clone());
                let (Some(name), Some(Ok(after))) = (name, tried(write, operation)) else { continue };
                let made = after.get(&name).map_or(&[][..], elements).last();
                operation["value"] = made.into_iter().cloned().collect();
                operation["path"] = name.into();
            }
            Ok(())
        })],
    ),
    fault(
        "patch-add-complex-multivalued-as-object",
        &[Hook::Body(|write, body| {
            let is_single = |operation: &Value| {
                let attribute = whole_attribute(write, path(operation));
                let is_list = attribute.is_some_and(|attribute| attribute.multi_valued);
                op(operation) == "add" && is_list && operation.get("value").is_some_and(Value::is_object)
            };
            match each(body).find(|operation| is_single(operation)) {
                Some(_) => Err(Refusal::new(500, "Cannot read an array from an object")),
                None => Ok(()),
            }
        })],
    ),
    fault(
        "patch-add-partial-element-corrupts-resource",
        &[Hook::Stored(|write, _, resource| {
            let operations = requested(write.call.request);
            let made = operations.iter().filter(|operation| makes_element(write, operation));
            let names: BTreeSet<&str> =
                made.filter_map(|operation| Some(&*target(write, operation)?.name)).collect();
            for name in names {
                let element = resource.get_mut(name).and_then(Value::as_array_mut).and_then(Vec::pop);
                if let (Some(Value::Object(element)), Some(resource)) = (element, resource.as_object_mut()) {
                    resource.extend(element);
                }
            }
            Ok(())
        })],
    ),
    fault(
        "patch-add-valuepath-subattr-no-match-error",
        &[Hook::Body(|write, body| match each(body).find(|operation| makes_element(write, operation)) {
            Some(_) => Err(refusal(ScimType::NoTarget, "the filter matches no value")),
            None => Ok(()),
        })],
    ),
    fault(
        "patch-duplicates-array-value-by-type",
        &[Hook::Body(|write, body| {
            expand(body, |operation| {
                let mut parts = removals_by_type(write, &operation);
                parts.push(operation);
                parts
            });
            Ok(())
        })],
    ),
    fault(
        "patch-group-member-500-but-applied",
        &[Hook::Reply(|call, route, reply| {
            let adds = |operation: &Value| op(operation) == "add" && path(operation) == "members";
            let is_group = matches!(route, Some(Route::Resource(Kind::Group, _)));
            if call.request.method == Method::PATCH
                && is_group
                && reply.status == StatusCode::OK
                && requested(call.request).iter().any(adds)
            {
                fail(reply, 500, "meta.resourceType is missing");
            }
        })],
    ),
];

/// Makes `replace` of every `add` to such a path.
fn replace_where(write: &Write<'_>, body: &mut Value, is_such: fn(&Write<'_>, &str) -> bool) {
    for operation in operations(body).into_iter().flatten() {
        if op(operation) == "add" && is_such(write, path(operation)) {
            operation["op"] = "replace".into();
        }
    }
}

/// After an operation that adds values to lists, none that was primary is so.
fn take_primary_away(write: &Write<'_>, operation: &Value, resource: &mut Value) {
    let value = operation.get("value");
    let names: Vec<String> = match (path(operation), value) {
        ("", Some(Value::Object(attributes))) => attributes.keys().cloned().collect(),
        (path, _) => vec![path.to_owned()],
    };
    for name in names {
        let attribute = whole_attribute(write, &name).filter(|attribute| attribute.multi_valued);
        let Some(attribute) = attribute else { continue };
        let before = write.old.and_then(|old| old.get(&attribute.name)).map_or(&[][..], elements);
        for item in values(resource, &attribute.name).filter(|item| before.contains(item)) {
            if item.get("primary") == Some(&Value::Bool(true)) {
                item["primary"] = false.into();
            }
        }
    }
}

/// Stores values once more that an operation adds although they were there.
fn repeat_known(write: &Write<'_>, operation: &Value, resource: &mut Value) {
    let attribute = whole_attribute(write, path(operation)).filter(|attribute| attribute.multi_valued);
    let (Some(attribute), Some(old)) = (attribute, write.old) else { return };
    let known = old.get(&attribute.name).map_or(&[][..], elements);
    let Some(stored) = resource.get_mut(&attribute.name).and_then(Value::as_array_mut) else { return };
    for value in operation.get("value").map_or(&[][..], elements) {
        let id = value.get("value");
        let same = known.iter().filter(|item| id.is_some() && item.get("value") == id);
        stored.extend(same.take(1).cloned());
    }
}

/// For every value that an `add` to a list brings, the removal of those of the same type.
fn removals_by_type(write: &Write<'_>, operation: &Value) -> Vec<Value> {
    let attribute = whole_attribute(write, path(operation)).filter(|attribute| attribute.multi_valued);
    let Some(attribute) = attribute.filter(|_| op(operation) == "add" && is_patch(write)) else {
        return Vec::new();
    };
    let kinds = operation.get("value").map_or(&[][..], elements).iter();
    let kinds = kinds.filter_map(|value| value.get("type")?.as_str());
    kinds
        .map(|kind| {
            let path = format!("{}[type eq {}]", attribute.name, Value::from(kind));
            json!({ "op": "remove", "path": path })
        })
        .collect()
}
