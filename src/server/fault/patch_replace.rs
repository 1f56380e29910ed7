//! PATCH replace.

use super::{FaultInfo, fault};
use crate::server::edit::{op, operations, path};
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[fault(
    "patch-replace-members-additive",
    &[Hook::Body(|_, body| {
        for operation in operations(body).into_iter().flatten() {
            if op(operation) == "replace" && path(operation).eq_ignore_ascii_case("members") {
                operation["op"] = "add".into();
            }
        }
        Ok(())
    })],
)];
