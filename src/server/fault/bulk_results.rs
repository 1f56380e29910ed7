//! Bulk jobs whose results say something else than what was done.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::server::edit::{fail_with, object, results, text, without_body};
use crate::server::hook::Hook;
use crate::server::http::ReceivedBody;
use crate::server::reply::Reply;
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("bulk-fails", &[Hook::Admitted(|_, route| (*route == Route::Bulk).then(|| fail_with(500, "Internal Server Error")))]),
    fault("bulk-answered-with-202", &[Hook::Reply(|_, route, reply| if is_bulk(route) && reply.status == StatusCode::OK {
        reply.status = StatusCode::ACCEPTED;
    })]),
    fault("bulk-answered-without-body", &[Hook::Reply(|_, route, reply| if is_bulk(route) { without_body(reply) })]),
    fault("bulk-answers-nothing-and-does-nothing", &[Hook::Admitted(|_, route| (*route == Route::Bulk).then(|| answer(json!([]))))]),
    fault("bulk-results-are-an-object", &[Hook::Reply(|_, route, reply| if is_bulk(route) && let Some(body) = object(reply) {
        body.insert("Operations".to_owned(), json!({}));
        body.insert("failOnErrors".to_owned(), 1.into());
        body.insert("schemas".to_owned(), json!(["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]));
    })]),
    fault("bulk-statuses-are-numbers", &[Hook::Reply(|_, _, reply| each(reply, |result| {
        if let Some(number) = text(result, "/status").and_then(|status| status.parse::<u16>().ok()) {
            result["status"] = number.into();
        }
    }))]),
    fault("bulk-statuses-missing", &[Hook::Reply(|_, _, reply| each(reply, |result| remove(result, "status")))]),
    fault("bulk-statuses-all-good", &[Hook::Reply(|_, _, reply| each(reply, |result| {
        result["status"] = "200".into();
        remove(result, "response");
    }))]),
    fault("bulk-statuses-all-bad", &[Hook::Reply(|_, _, reply| each(reply, |result| result["status"] = "500".into()))]),
    fault("bulk-operation-failures-are-200", &[Hook::Reply(|_, _, reply| each(reply, |result| {
        if failed(result) {
            result["status"] = "200".into();
        }
    }))]),
    fault("bulk-operation-failures-are-500", &[Hook::Reply(|_, _, reply| each(reply, |result| {
        if failed(result) {
            result["status"] = "500".into();
        }
    }))]),
    fault("bulk-failures-unexplained", &[Hook::Reply(|_, _, reply| each(reply, |result| {
        if failed(result) {
            result["response"] = json!({ "message": "failed" });
        }
    }))]),
    fault("bulk-ids-missing", &[Hook::Reply(|_, _, reply| each(reply, |result| remove(result, "bulkId")))]),
    fault("bulk-methods-missing", &[Hook::Reply(|_, _, reply| each(reply, |result| remove(result, "method")))]),
    fault("bulk-locations-missing", &[Hook::Reply(|_, _, reply| each(reply, |result| remove(result, "location")))]),
    fault("bulk-locations-of-another", &[Hook::Reply(|call, _, reply| {
        let other = call.store().list(&[crate::server::kind::Kind::User]).first().map(|user| call.location(user));
        each(reply, |result| if let Some(location) = &other {
            result["location"] = location.clone().into();
        });
    })]),
    fault("bulk-versions-old", &[Hook::Reply(|_, _, reply| each(reply, |result| result["version"] = "W/\"0\"".into()))]),
    fault("bulk-results-doubled", &[Hook::Reply(|_, _, reply| if let Some(results) = results(reply) {
        results.extend(results.clone());
    })]),
    fault("bulk-last-result-left-out", &[Hook::Reply(|_, _, reply| if let Some(results) = results(reply) {
        results.pop();
    })]),
    fault("bulk-shows-passwords", &[Hook::Reply(|_, _, reply| each(reply, |result| {
        result["response"] = json!({ "schemas": ["urn:example:Result"], "password": "Pw0!" });
    }))]),
    fault("bulk-claims-what-it-does-not-do", &[Hook::Admitted(claim)]),
    fault("bulk-does-failed-operations-all-the-same", &[Hook::Reply(damage)]),
    fault("bulk-data-of-the-first-for-all", &[Hook::Received(|request| {
        if request.uri.path().ends_with("/Bulk") {
            crate::server::edit::request_body(request, rename);
        }
    })]),
    fault("bulk-references-as-sent", &[Hook::Choice(crate::server::choice::Choice::BulkIdsAsSent), Hook::Choice(crate::server::choice::Choice::AcceptUnknownMembers)]),
    fault("bulk-made-resources-unreadable", &[Hook::Admitted(|call, route| {
        let Route::Resource(_, id) = route else { return None };
        if matches!(call.request.body, ReceivedBody::Json(_)) || call.request.method != Method::GET {
            return None;
        }
        (call.service.hooks.so_far(&format!("bulk {id}")) > 0).then(|| fail_with(500, "Not indexed yet"))
    }), Hook::Reply(|call, _, reply| each(reply, |result| {
        if let Some(id) = text(result, "/location").and_then(|location| location.rsplit('/').next()) {
            call.service.hooks.times(format!("bulk {id}"));
        }
    }))]),
    fault("bulk-too-large-accepted", &[Hook::Admitted(|call, route| {
        let large = *route == Route::Bulk && matches!(&call.request.body, ReceivedBody::TooLarge);
        let long = matches!(&call.request.body, ReceivedBody::Whole(bytes) if *route == Route::Bulk && bytes.len() > 60_000);
        (large || long).then(|| answer(vec![json!({ "method": "POST", "status": "201" }); 1500].into()))
    })]),
];

fn is_bulk(route: Option<&Route>) -> bool {
    route == Some(&Route::Bulk)
}

/// The message with these results.
fn answer(results: Value) -> Reply {
    Reply::json(StatusCode::OK, json!({ "schemas": [crate::scim::urn::BULK_RESPONSE], "Operations": results }))
}

fn each(reply: &mut Reply, change: impl FnMut(&mut Value)) {
    results(reply).into_iter().flatten().for_each(change);
}

fn remove(result: &mut Value, name: &str) {
    if let Some(result) = result.as_object_mut() {
        result.shift_remove(name);
    }
}

fn failed(result: &Value) -> bool {
    text(result, "/status").is_some_and(|status| status >= "400")
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
    Some(answer(done.collect()))
}

/// What a failed operation was about is gone afterwards.
fn damage(call: Call<'_>, _: Option<&Route>, reply: &mut Reply) {
    each(reply, |result| {
        let id = text(result, "/location").and_then(|location| location.rsplit('/').next());
        let found = id.filter(|_| failed(result)).and_then(|id| call.store().find(id));
        if let Some(resource) = found {
            call.store().delete(&resource);
        }
    });
}

/// Gives everything in a job another name than the client wants.
fn rename(job: &mut Value) {
    for data in crate::server::edit::values(job, "Operations").filter_map(|operation| operation.get_mut("data")) {
        for name in ["userName", "displayName"] {
            if let Some(Value::String(text)) = data.get_mut(name) {
                text.push_str("-bulk");
            }
        }
    }
}
