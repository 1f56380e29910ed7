//! Bulk requests.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{VariantInfo, variant};
use crate::model::Verdict::{Pass, Warn};
use crate::scim::error::ScimType;
use crate::server::choice::Choice;
use crate::server::edit::{error, restate, results, retype};
use crate::server::hook::Hook;
use crate::server::route::Route;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "bulk-status-object",
        Warn,
        &["bulk-status-shape"],
        "bulk",
        "The status of an operation is an object with code",
        &[Hook::Reply(|_, _, reply| {
            for result in results(reply).into_iter().flatten() {
                let code = result.get_mut("status").map(Value::take).unwrap_or_default();
                result["status"] = json!({ "code": code });
            }
        })],
    ),
    variant(
        "bulk-rest-listed",
        Pass,
        &["bulk-failonerrors"],
        "bulk",
        "Operations that are not processed any more are listed as failed",
        &[Hook::Choice(Choice::BulkListsUnprocessed)],
    ),
    variant(
        "bulk-circles-409",
        Pass,
        &["bulk-circular"],
        "bulk",
        "References in a circle are refused with 409",
        &[Hook::Choice(Choice::BulkRefusesCircles)],
    ),
    variant(
        "bulk-id-in-path-refused",
        Pass,
        &["bulk-bulkid-path"],
        "bulk",
        "A bulkId in the path of an operation is refused with 400",
        &[Hook::Choice(Choice::BulkRefusesIdsInPaths)],
    ),
    variant(
        "bulk-too-many-400",
        Warn,
        &["bulk-413"],
        "bulk",
        "More operations than maxOperations are answered with 400 tooMany",
        &[Hook::Reply(|_, route, reply| {
            let detail = error(reply).and_then(|error| error.get("detail")?.as_str());
            let too_many = detail.is_some_and(|detail| detail.contains("maxOperations"));
            if route == Some(&Route::Bulk) && reply.status == StatusCode::PAYLOAD_TOO_LARGE && too_many {
                restate(reply, StatusCode::BAD_REQUEST);
                retype(reply, ScimType::TooMany);
            }
        })],
    ),
    variant(
        "bulk-one-operation",
        Pass,
        &[],
        "bulk",
        "A bulk job has one operation at most (maxOperations, RFC 7643 §5)",
        &[Hook::Options(|options| options.max_operations = 1)],
    ),
    variant(
        "bulk-shows-resources",
        Pass,
        &[],
        "bulk",
        "Results of operations that succeeded carry the resource (RFC 7644 §3.7.3)",
        &[Hook::Choice(Choice::BulkShowsResources)],
    ),
    variant(
        "bulk-results-reversed",
        Pass,
        &[],
        "bulk",
        "Results stand in another order than the operations (RFC 7644 §3.7)",
        &[Hook::Reply(|_, _, reply| {
            if let Some(results) = results(reply) {
                results.reverse();
            }
        })],
    ),
];
