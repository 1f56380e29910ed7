//! Reading resources and lists.

use serde_json::json;

use super::{FaultInfo, fault};
use crate::server::edit::list;
use crate::server::hook::Hook;
use crate::server::kind::Kind;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "listresponse-schema-urn-wrong",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply) {
                list.insert("schemas".to_owned(), json!(["urn:scim:schemas:core:2.0:ListResponse"]));
            }
        })],
    ),
    fault(
        "meta-resourcetype-wrong",
        &[Hook::Shown(|_, kind, _, resource| {
            if let Some(shown) = resource.pointer_mut("/meta/resourceType") {
                let wrong = if kind == Kind::User { "Users" } else { "Groups" };
                *shown = wrong.into();
            }
        })],
    ),
];
