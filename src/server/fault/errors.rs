//! Error messages and their status.

use axum::http::StatusCode;

use super::{FaultInfo, fault};
use crate::server::edit::{error, html, restate};
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "error-body-not-scim",
        &[Hook::Reply(|_, _, reply| {
            if error(reply).is_some() {
                html(reply);
            }
        })],
    ),
    fault(
        "error-status-missing",
        &[Hook::Reply(|_, _, reply| {
            if let Some(error) = error(reply) {
                error.shift_remove("status");
                error.shift_remove("scimType");
            }
        })],
    ),
    fault(
        "missing-resource-400",
        &[Hook::Reply(|_, route, reply| {
            if route.is_some() && reply.status == StatusCode::NOT_FOUND {
                restate(reply, StatusCode::BAD_REQUEST);
            }
        })],
    ),
];
