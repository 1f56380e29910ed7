//! PUT.

use axum::http::{Method, StatusCode};

use super::{FaultInfo, fault};
use crate::server::hook::Hook;
use crate::server::reply::Reply;

pub(super) const FAULTS: &[FaultInfo] = &[fault(
    "put-returns-204",
    &[Hook::Reply(|call, _, reply| {
        if call.request.method == Method::PUT && reply.status == StatusCode::OK {
            *reply = Reply::empty(StatusCode::NO_CONTENT);
        }
    })],
)];
