//! PATCH remove.

use axum::http::Method;
use serde_json::{Value, json};

use super::parts::remove;
use super::{FaultInfo, fault};
use crate::server::edit::{op, operations, path, request_body};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::patching::{drop_operations, each, requested, whole_attribute};
use crate::server::reply::Refusal;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "patch-remove-member-value-in-body-wipes-all",
        &[Hook::Body(|write, body| {
            for operation in each(body).filter(|o| write.kind == Kind::Group && op(o) == "remove") {
                remove(operation, "value");
            }
            Ok(())
        })],
    ),
    fault(
        "patch-remove-complex-filter-noop",
        &[Hook::Body(|_, body| {
            drop_removals(body, |path| {
                let path = path.to_ascii_lowercase();
                path.contains('[') && (path.contains(" and ") || path.contains(" or "))
            });
            Ok(())
        })],
    ),
    fault(
        "patch-remove-eq-compares-beginning",
        &[Hook::Body(|_, body| {
            let selects = |o: &&mut Value| op(o) == "remove" && path(o).contains(" eq \"");
            for operation in each(body).filter(selects) {
                operation["path"] = path(operation).replace(" eq \"", " sw \"").into();
            }
            Ok(())
        })],
    ),
    fault(
        "patch-remove-required-accepted",
        &[
            Hook::Body(|write, body| {
                drop_operations(body, |operation| removes_required(write, operation));
                Ok(())
            }),
            Hook::Stored(|write, _, resource| {
                for operation in requested(write.call.request).iter().filter(|o| removes_required(write, o)) {
                    let name = whole_attribute(write, path(operation)).map(|attribute| &attribute.name);
                    if let (Some(name), Some(resource)) = (name, resource.as_object_mut()) {
                        resource.shift_remove(name);
                    }
                }
                Ok(())
            }),
        ],
    ),
    fault(
        "patch-remove-subattr-removes-element",
        &[Hook::Body(|_, body| {
            for operation in
                operations(body).into_iter().flatten().filter(|operation| op(operation) == "remove")
            {
                if let Some((element, _)) = path(operation).split_once("].") {
                    operation["path"] = format!("{element}]").into();
                }
            }
            Ok(())
        })],
    ),
    fault(
        "patch-remove-with-value-rejected-as-unknown-field",
        &[Hook::Body(|_, body| {
            match each(body).find(|operation| op(operation) == "remove" && operation.get("value").is_some()) {
                Some(_) => Err(Refusal::new(500, "unknown field `value`")),
                None => Ok(()),
            }
        })],
    ),
    fault(
        "patch-remove-last-leaves-empty-array-with-null",
        &[Hook::Shown(|_, kind, projection, group| {
            let is_whole = projection.attributes.is_empty() && projection.excluded.is_empty();
            let changed = group.pointer("/meta/created") != group.pointer("/meta/lastModified");
            if kind == Kind::Group && is_whole && changed && group.get("members").is_none() {
                group["members"] = json!([{}]);
            }
        })],
    ),
    fault(
        "patch-remove-without-path-accepted",
        &[Hook::Received(|request| {
            if request.method == Method::PATCH {
                request_body(request, |body| drop_removals(body, str::is_empty));
            }
        })],
    ),
];

/// Leaves out every `remove` with such a path, as if it had succeeded.
fn drop_removals(body: &mut Value, is_such: fn(&str) -> bool) {
    drop_operations(body, |operation| op(operation) == "remove" && is_such(path(operation)));
}

/// Whether an operation takes away an attribute that every resource has to have.
fn removes_required(write: &Write<'_>, operation: &Value) -> bool {
    let attribute = whole_attribute(write, path(operation));
    op(operation) == "remove" && attribute.is_some_and(|attribute| attribute.required)
}
