//! Bulk jobs whose results say something else than what was done.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::server::edit::{object, results, text, without_body};
use crate::server::hook::Hook;
use crate::server::http::ReceivedBody;
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
    fault("bulk-claims-what-it-does-not-do", &[Hook::Admitted(claim)]),
    fault(
        "bulk-references-as-sent",
        &[
            Hook::Choice(crate::server::choice::Choice::BulkIdsAsSent),
            Hook::Choice(crate::server::choice::Choice::AcceptUnknownMembers),
        ],
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
    Reply::json(
        StatusCode::OK,
        json!({ "schemas": [crate::scim::urn::BULK_RESPONSE], "Operations": results }),
    )
}

fn each(reply: &mut Reply, change: impl FnMut(&mut Value)) {
    results(reply).into_iter().flatten().for_each(change);
}

/// Says of every operation of a job that it was carried out.
fn claim(call: Call<'_>, route: &Route) -> Option<Reply> {
    let job = (*route == Route::Bulk).then(|| crate::server::negotiate::json_body(call.request).ok())??;
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
