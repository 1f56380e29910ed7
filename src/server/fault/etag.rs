//! Versions and conditional requests.

use axum::http::header::IF_MATCH;

use super::{FaultInfo, fault};
use crate::server::hook::Hook;
use crate::server::reply::Refusal;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "if-match-ignored",
        &[Hook::Received(|request| {
            request.headers.remove(IF_MATCH);
        })],
    ),
    fault(
        "if-match-star-fails",
        &[Hook::Admitted(|call, _| {
            let star = call.request.headers.get(IF_MATCH).is_some_and(|value| value == "*");
            star.then(|| Refusal::new(412, "The version does not match").into_reply())
        })],
    ),
];
