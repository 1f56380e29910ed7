//! Authentication and what tokens may do.

use axum::http::header::WWW_AUTHENTICATE;

use super::{FaultInfo, fault};
use crate::server::edit::remove_header;
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "read-scope-can-write",
        &[Hook::Access(|_, _, access| {
            if let Ok(Some(access)) = access {
                access.read_only = false;
            }
        })],
    ),
    fault("www-authenticate-missing", &[Hook::Reply(|_, _, reply| remove_header(reply, &WWW_AUTHENTICATE))]),
];
