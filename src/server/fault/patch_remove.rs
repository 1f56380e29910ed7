//! PATCH remove.

use axum::http::Method;
use serde_json::Value;

use super::{FaultInfo, fault};
use crate::server::choice::Choice;
use crate::server::edit::{op, operations, path, request_body};
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[
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
        "patch-remove-without-path-accepted",
        &[
            Hook::Choice(Choice::PatchEmpty),
            Hook::Received(|request| {
                if request.method == Method::PATCH {
                    request_body(request, |body| drop_removals(body, str::is_empty));
                }
            }),
        ],
    ),
];

/// Leaves out every `remove` with such a path.
fn drop_removals(body: &mut Value, is_such: fn(&str) -> bool) {
    if let Some(operations) = operations(body) {
        operations.retain(|operation| op(operation) != "remove" || !is_such(path(operation)));
    }
}
