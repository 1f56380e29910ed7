//! Bulk requests.

use axum::http::StatusCode;

use super::{FaultInfo, fault};
use crate::server::edit::{request_body, results};
use crate::server::hook::Hook;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "bulk-failonerrors-ignored",
        &[Hook::Received(|request| {
            if Route::parse(request.uri.path()) == Some(Route::Bulk) {
                request_body(request, |body| {
                    if let Some(body) = body.as_object_mut() {
                        body.shift_remove("failOnErrors");
                    }
                });
            }
        })],
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
