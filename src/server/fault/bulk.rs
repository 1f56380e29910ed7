//! Bulk requests.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::Value;

use super::failing::our_fault;
use super::parts::remove;
use super::{FaultInfo, fault};
use crate::server::choice::Choice;
use crate::server::edit::{request_body, results, values};
use crate::server::hook::Hook;
use crate::server::http::Request;
use crate::server::negotiate::json_body;
use crate::server::reply::Reply;
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("bulk-bulkid-reference-unresolved", &[Hook::Choice(Choice::BulkIdsAsSent)]),
    fault(
        "bulk-bypasses-scope",
        &[Hook::Access(|_, route, access| {
            if let (Some(Route::Bulk), Ok(Some(access))) = (route, access) {
                access.read_only = false;
            }
        })],
    ),
    fault(
        "bulk-duplicate-bulkid-accepted",
        &[
            Hook::Received(|request| job(request, tell_apart)),
            Hook::Reply(|_, _, reply| results(reply).into_iter().flatten().for_each(show_as_sent)),
        ],
    ),
    fault(
        "bulk-failonerrors-default-one",
        &[Hook::Received(|request| {
            job(request, |job| {
                if job.get("failOnErrors").is_none() {
                    job["failOnErrors"] = 1.into();
                }
            });
        })],
    ),
    fault(
        "bulk-failonerrors-ignored",
        &[Hook::Received(|request| {
            job(request, |job| remove(job, "failOnErrors"));
        })],
    ),
    fault("bulk-forward-reference-deadlock", &[Hook::Admitted(break_on_forward_reference)]),
    fault(
        "bulk-maxoperations-not-enforced",
        &[
            Hook::Options(|options| options.max_operations = usize::MAX),
            Hook::Documents(|documents, _| documents.config["bulk"]["maxOperations"] = 1000.into()),
        ],
    ),
    fault(
        "bulk-response-stringified",
        &[Hook::Reply(|_, route, reply| {
            if route == Some(&Route::Bulk) && reply.status == StatusCode::OK {
                for response in
                    results(reply).into_iter().flatten().filter_map(|result| result.get_mut("response"))
                {
                    *response = response.to_string().into();
                }
            }
        })],
    ),
];

/// Changes a bulk job before it is read.
pub(super) fn job(request: &mut Request, change: impl FnOnce(&mut Value)) {
    if Route::parse(request.uri.path()) == Some(Route::Bulk) {
        request_body(request, |body| {
            if body.is_object() {
                change(body);
            }
        });
    }
}

/// What stands between a `bulkId` and the number that was put behind it.
const MARK: char = '\u{fffd}';

/// Makes every `bulkId` one of its own.
fn tell_apart(job: &mut Value) {
    let mut seen = BTreeSet::new();
    for (index, operation) in values(job, "Operations").enumerate().filter(|(_, value)| value.is_object()) {
        let name = operation.get("bulkId").and_then(Value::as_str).unwrap_or_default().to_owned();
        if name.is_empty() && operation.get("method").is_some_and(|method| method == "POST")
            || !name.is_empty() && !seen.insert(name.clone())
        {
            operation["bulkId"] = format!("{name}{MARK}{index}").into();
        }
    }
}

/// Undoes [`tell_apart`].
fn show_as_sent(result: &mut Value) {
    if let Some(Value::String(name)) = result.get_mut("bulkId")
        && let Some(end) = name.find(MARK)
    {
        name.truncate(end);
    }
}

/// 500 if an operation refers to a `bulkId` that only a later one defines.
fn break_on_forward_reference(call: Call<'_>, route: &Route) -> Option<Reply> {
    let mut job = (*route == Route::Bulk).then(|| json_body(call.request).ok()).flatten()?;
    let name = |operation: &Value| Some(format!("\"bulkId:{}\"", operation.get("bulkId")?.as_str()?));
    let mut later: Vec<String> = values(&mut job, "Operations").filter_map(|each| name(each)).collect();
    for operation in values(&mut job, "Operations") {
        let data = operation.get("data").unwrap_or(&Value::Null).to_string();
        if later.iter().any(|name| data.contains(name)) {
            return Some(our_fault());
        }
        if name(operation).is_some() {
            later.remove(0);
        }
    }
    None
}
