//! Authentication and what tokens may do.

use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};

use super::{FaultInfo, fault};
use crate::server::auth::Access;
use crate::server::edit::{remove_header, restate};
use crate::server::hook::Hook;
use crate::server::reply::Refusal;

/// What the administrator's token may do.
const EVERYTHING: Access<'static> = Access { actor: 0, tenant: 0, read_only: false, subject: None };

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "any-service-account-has-full-access",
        &[Hook::Access(|_, _, access| admit(access, "no scope for SCIM"))],
    ),
    fault("disabled-integration-accepted", &[Hook::Access(|_, _, access| admit(access, "is switched off"))]),
    fault(
        "no-authentication-required",
        &[Hook::Access(|request, _, access| {
            if access.is_err() && !request.headers.contains_key(AUTHORIZATION) {
                *access = Ok(Some(EVERYTHING));
            }
        })],
    ),
    fault(
        "read-scope-can-write",
        &[Hook::Access(|_, _, access| {
            if let Ok(Some(access)) = access {
                access.read_only = false;
            }
        })],
    ),
    fault(
        "readonly-violation-401",
        &[Hook::Reply(|_, _, reply| {
            let lacks_scope = reply.header(&WWW_AUTHENTICATE).is_some_and(|text| text.contains("scope"));
            if reply.status == StatusCode::FORBIDDEN && lacks_scope {
                restate(reply, StatusCode::UNAUTHORIZED);
            }
        })],
    ),
    fault("token-audience-ignored", &[Hook::Access(|_, _, access| admit(access, "for another audience"))]),
    fault(
        "token-of-other-connection-accepted",
        &[Hook::Access(|_, _, access| {
            if let Ok(Some(access)) = access {
                access.tenant = 0;
            }
        })],
    ),
    fault(
        "token-revoked-still-accepted",
        &[Hook::Access(|_, _, access| {
            admit(access, "was revoked");
        })],
    ),
    fault("www-authenticate-missing", &[Hook::Reply(|_, _, reply| remove_header(reply, &WWW_AUTHENTICATE))]),
];

/// Lets everything pass that was refused for this reason.
fn admit(access: &mut Result<Option<Access<'_>>, Refusal>, reason: &str) {
    if access.as_ref().is_err_and(|refusal| refusal.error.detail.ends_with(reason)) {
        *access = Ok(Some(EVERYTHING));
    }
}
