//! What the server says about itself.

use axum::http::Method;
use serde_json::Value;

use super::{FaultInfo, fault};
use crate::server::edit::list;
use crate::server::hook::Hook;
use crate::server::reply::Refusal;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "capability-advertised-but-missing",
        &[Hook::Admitted(|call, _| {
            let patch = call.request.method == Method::PATCH;
            patch.then(|| Refusal::new(501, "PATCH is not supported").into_reply())
        })],
    ),
    fault(
        "resourcetypes-endpoint-missing",
        &[Hook::Admitted(|_, route| {
            let missing = matches!(route, Route::ResourceTypes | Route::ResourceType(_));
            missing.then(|| Refusal::new(404, "There is no such endpoint").into_reply())
        })],
    ),
    fault(
        "spc-bulk-limits-missing",
        &[Hook::Documents(|documents, _| {
            if let Some(bulk) = documents.config.get_mut("bulk").and_then(Value::as_object_mut) {
                bulk.shift_remove("maxOperations");
            }
        })],
    ),
    fault(
        "totalresults-hardcoded",
        &[Hook::Reply(|_, route, reply| {
            if matches!(route, Some(Route::Schemas | Route::ResourceTypes))
                && let Some(list) = list(reply)
            {
                list.insert("totalResults".to_owned(), 100.into());
            }
        })],
    ),
];
