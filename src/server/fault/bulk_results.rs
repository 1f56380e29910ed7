//! Bulk jobs whose results say something else than what was done.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::scim::urn;
use crate::server::choice::Choice;
use crate::server::edit::{error, fail, object, results, text, without_body};
use crate::server::hook::Hook;
use crate::server::http::{ReceivedBody, Request};
use crate::server::negotiate::json_body;
use crate::server::reply::Reply;
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "bulk-answered-with-202",
        &[Hook::Reply(|_, route, reply| {
            if is_bulk(route) && reply.status == StatusCode::OK {
                reply.status = StatusCode::ACCEPTED;
            }
        })],
    ),
    fault(
        "bulk-answered-without-body",
        &[Hook::Reply(|_, route, reply| {
            if is_bulk(route) {
                without_body(reply);
            }
        })],
    ),
    fault(
        "bulk-answers-nothing-and-does-nothing",
        &[Hook::Admitted(|_, route| (*route == Route::Bulk).then(|| answer(&[])))],
    ),
    fault(
        "bulk-results-are-an-object",
        &[Hook::Reply(|_, route, reply| {
            if is_bulk(route)
                && let Some(body) = object(reply)
            {
                body.insert("Operations".to_owned(), json!({}));
                body.insert("failOnErrors".to_owned(), 1.into());
                body.insert(
                    "schemas".to_owned(),
                    json!(["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]),
                );
            }
        })],
    ),
    fault(
        "bulk-statuses-are-numbers",
        &[Hook::Reply(|_, _, reply| {
            each(reply, |result| {
                if let Some(number) = text(result, "/status").and_then(|status| status.parse::<u16>().ok()) {
                    result["status"] = number.into();
                }
            });
        })],
    ),
    fault(
        "bulk-shows-passwords",
        &[Hook::Reply(|_, _, reply| {
            each(reply, |result| {
                result["response"] = json!({ "schemas": ["urn:example:Result"], "password": "Pw0!" });
            });
        })],
    ),
    fault(
        "bulk-results-of-creates-left-out",
        &[Hook::Reply(|_, route, reply| {
            if is_bulk(route)
                && let Some(Value::Array(results)) = object(reply).and_then(|body| body.get_mut("Operations"))
                && results.iter().any(|result| result["method"] != "POST")
            {
                results.retain(|result| result["method"] != "POST");
            }
        })],
    ),
    fault("bulk-claims-what-it-does-not-do", &[Hook::Admitted(claim)]),
    fault(
        "bulk-references-as-sent",
        &[Hook::Choice(Choice::BulkIdsAsSent), Hook::Choice(Choice::AcceptUnknownMembers)],
    ),
    fault(
        "bulk-failure-stops-and-is-told-of-all",
        &[
            Hook::Choice(Choice::BulkListsUnprocessed),
            Hook::Received(|request| {
                super::bulk::job(request, |job| {
                    if job.get("failOnErrors").is_none() {
                        job["failOnErrors"] = 1.into();
                    }
                });
            }),
        ],
    ),
    fault("bulk-operation-that-is-none-stops-all", &[Hook::Admitted(stop_for_what_is_none)]),
    fault("bulk-operation-that-is-none-not-explained", &[Hook::Admitted(set_aside_what_is_none)]),
    fault(
        "bulk-of-nothing-has-a-result",
        &[Hook::Admitted(|call, route| {
            let job = job_of(call, route)?;
            let empty = job.get("Operations")?.as_array()?.is_empty();
            empty.then(|| answer(&[json!({ "method": "POST", "status": "201" })]))
        })],
    ),
    fault(
        "bulk-fails-as-a-whole",
        &[Hook::Reply(|_, route, reply| {
            let failed = results(reply).filter(|_| is_bulk(route)).and_then(|results| {
                results
                    .iter()
                    .find_map(|result| text(result, "/status")?.parse().ok().filter(|status| *status >= 400))
            });
            if let Some(status) = failed {
                fail(reply, status, "An operation failed");
            }
        })],
    ),
    fault(
        "bulk-tells-another-version",
        &[Hook::Reply(|_, _, reply| each(reply, |result| result["version"] = "W/\"0\"".into()))],
    ),
    fault(
        "bulk-too-large-says-another-status",
        &[Hook::Reply(|_, route, reply| {
            if is_bulk(route)
                && reply.status == StatusCode::PAYLOAD_TOO_LARGE
                && let Some(error) = error(reply)
            {
                error.insert("status".to_owned(), "400".into());
            }
        })],
    ),
    fault(
        "bulk-too-large-accepted",
        &[Hook::Admitted(|call, route| {
            let large = *route == Route::Bulk && matches!(&call.request.body, ReceivedBody::TooLarge);
            let long = matches!(&call.request.body, ReceivedBody::Whole(bytes) if *route == Route::Bulk && bytes.len() > 60_000);
            (large || long).then(|| answer(&vec![json!({ "method": "POST", "status": "201" }); 1500]))
        })],
    ),
];

fn is_bulk(route: Option<&Route>) -> bool {
    route == Some(&Route::Bulk)
}

/// The message with these results.
fn answer(results: &[Value]) -> Reply {
    Reply::json(StatusCode::OK, json!({ "schemas": [urn::BULK_RESPONSE], "Operations": results }))
}

fn each(reply: &mut Reply, change: impl FnMut(&mut Value)) {
    results(reply).into_iter().flatten().for_each(change);
}

fn job_of(call: Call<'_>, route: &Route) -> Option<Value> {
    (*route == Route::Bulk).then(|| json_body(call.request).ok()).flatten()
}

/// The operations of a job that can be understood, and how many cannot; `None` if all can.
fn understood(job: &Value) -> Option<(Vec<Value>, usize)> {
    let is_one = |operation: &&Value| {
        let method = text(operation, "/method").unwrap_or_default();
        ["POST", "PUT", "PATCH", "DELETE"].contains(&method) && text(operation, "/path").is_some()
    };
    let operations = job.get("Operations")?.as_array()?;
    let good: Vec<Value> = operations.iter().filter(is_one).cloned().collect();
    let odd = operations.len() - good.len();
    (odd > 0).then_some((good, odd))
}

/// Does nothing of a job with an operation that is none, and says of each operation that it was not done.
fn stop_for_what_is_none(call: Call<'_>, route: &Route) -> Option<Reply> {
    let (good, odd) = understood(&job_of(call, route)?)?;
    let refused =
        |status: &str| json!({ "schemas": [urn::ERROR], "status": status, "detail": "Not processed" });
    let mut results = vec![json!({ "status": "400", "response": refused("400") }); odd];
    results.extend(good.iter().map(|operation| {
        json!({
            "method": operation["method"],
            "bulkId": operation["bulkId"],
            "status": "409",
            "response": refused("409"),
        })
    }));
    Some(answer(&results))
}

/// Does the rest of a job with an operation that is none, and does not say what is wrong with that one.
fn set_aside_what_is_none(call: Call<'_>, route: &Route) -> Option<Reply> {
    let job = job_of(call, route)?;
    let (good, odd) = understood(&job)?;
    let body = ReceivedBody::Json(json!({ "schemas": job["schemas"], "Operations": good }));
    let mut reply = call.nested(&Request { body, ..call.request.clone() });
    results(&mut reply)?.extend(vec![json!({ "status": "400" }); odd]);
    Some(reply)
}

/// Says of every operation of a job that it was carried out.
fn claim(call: Call<'_>, route: &Route) -> Option<Reply> {
    let job = job_of(call, route)?;
    let done = job.get("Operations")?.as_array()?.iter().map(|operation| {
        let status = if operation["method"] == "POST" { "201" } else { "200" };
        let path = text(operation, "/path").unwrap_or_default();
        json!({
            "method": operation["method"],
            "bulkId": operation["bulkId"],
            "location": format!("{}{path}", call.base_url),
            "status": status,
        })
    });
    Some(answer(&done.collect::<Vec<_>>()))
}
