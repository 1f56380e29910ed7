//! Odd and hostile requests.

use axum::http::{Method, StatusCode};

use super::{FaultInfo, fault};
use crate::server::edit::fail;
use crate::server::hook::Hook;
use crate::server::http::ReceivedBody;

pub(super) const FAULTS: &[FaultInfo] = &[fault(
    "post-without-body-500",
    &[Hook::Reply(|call, _, reply| {
        let empty = matches!(&call.request.body, ReceivedBody::Whole(bytes) if bytes.is_empty());
        if call.request.method == Method::POST && empty && reply.status == StatusCode::BAD_REQUEST {
            fail(reply, 500, "Internal error");
        }
    })],
)];
