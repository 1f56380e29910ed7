//! Pages with startIndex, count and cursors.

use serde_json::Value;

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::server::edit::{list, parameter, refusal};
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("count-zero-returns-resources", &[Hook::Parameter(|name, value| name != "count" || value != "0")]),
    fault(
        "startindex-zero-or-negative-error",
        &[Hook::Admitted(|call, _| {
            let start: i64 = parameter(call.request, "startIndex")?.parse().ok()?;
            let error = refusal(ScimType::InvalidValue, "startIndex must be 1 or more");
            (start < 1).then(|| error.into_reply())
        })],
    ),
    fault(
        "totalresults-equals-page-size",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply) {
                let shown = list.get("Resources").and_then(Value::as_array).map_or(0, Vec::len);
                list.insert("totalResults".to_owned(), shown.into());
            }
        })],
    ),
    fault(
        "unstable-order-across-pages",
        &[Hook::Found(|call, _, found| {
            if call.number % 2 == 1 {
                found.reverse();
            }
        })],
    ),
];
