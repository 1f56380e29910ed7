//! POST to an endpoint.

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};

use super::{FaultInfo, fault};
use crate::server::edit::{remove_header, request_body};
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "externalid-not-stored",
        &[Hook::Received(|request| {
            request_body(request, |body| {
                if let Some(body) = body.as_object_mut() {
                    body.shift_remove("externalId");
                }
            });
        })],
    ),
    fault(
        "post-missing-location-header",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == StatusCode::CREATED {
                remove_header(reply, &LOCATION);
            }
        })],
    ),
    fault(
        "post-returns-200",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::POST && reply.status == StatusCode::CREATED {
                reply.status = StatusCode::OK;
            }
        })],
    ),
];
