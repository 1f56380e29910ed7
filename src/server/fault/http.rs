//! HTTP: media types, methods, URLs.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;

use super::{FaultInfo, fault};
use crate::server::edit::{restate, set_header};
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "method-not-allowed-500",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == StatusCode::METHOD_NOT_ALLOWED {
                restate(reply, StatusCode::INTERNAL_SERVER_ERROR);
            }
        })],
    ),
    fault(
        "response-content-type-json",
        &[Hook::Reply(|_, _, reply| {
            if reply.header(&CONTENT_TYPE).is_some() {
                set_header(reply, CONTENT_TYPE, "text/html");
            }
        })],
    ),
];
