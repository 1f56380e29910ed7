//! PATCH add.

use serde_json::Value;

use super::{FaultInfo, fault};
use crate::server::edit::{op, operations, path};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;

pub(super) const FAULTS: &[FaultInfo] = &[
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
];

/// Makes `replace` of every `add` to such a path.
fn replace_where(write: &Write<'_>, body: &mut Value, is_such: fn(&Write<'_>, &str) -> bool) {
    for operation in operations(body).into_iter().flatten() {
        if op(operation) == "add" && is_such(write, path(operation)) {
            operation["op"] = "replace".into();
        }
    }
}
