//! Queries by POST to `.search`.

use axum::http::StatusCode;
use serde_json::json;

use super::{FaultInfo, fault};
use crate::scim::urn;
use crate::server::edit::{is_search, request_body};
use crate::server::hook::Hook;
use crate::server::reply::Refusal;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "post-search-scope-bypass",
        &[Hook::Access(|_, route, access| {
            if let (Some(Route::Search(_)), Ok(Some(access))) = (route, access) {
                access.tenant = 0;
            }
        })],
    ),
    fault(
        "post-search-attributes-ignored",
        &[Hook::Search(|call, _, search| {
            if is_search(call.request) {
                search.attributes = None;
                search.excluded_attributes = None;
            }
            Ok(())
        })],
    ),
    fault(
        "post-search-missing",
        &[Hook::Admitted(|_, route| {
            let missing = matches!(route, Route::Search(_));
            missing.then(|| Refusal::new(404, "There is no such endpoint").into_reply())
        })],
    ),
    fault(
        "post-search-missing-schema-accepted",
        &[Hook::Received(|request| {
            if is_search(request) {
                request_body(request, |body| {
                    if let Some(body) = body.as_object_mut() {
                        body.insert("schemas".to_owned(), json!([urn::SEARCH_REQUEST]));
                    }
                });
            }
        })],
    ),
    fault(
        "post-search-returns-201",
        &[Hook::Reply(|_, route, reply| {
            if matches!(route, Some(Route::Search(_))) && reply.status == StatusCode::OK {
                reply.status = StatusCode::CREATED;
            }
        })],
    ),
];
