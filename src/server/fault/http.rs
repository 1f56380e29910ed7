//! HTTP: media types, methods, URLs.

use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{FaultInfo, fault};
use crate::server::edit::{fail, fail_with, html, refuse_plain_json, restate, set_header, shown};
use crate::server::hook::Hook;
use crate::server::reply::Reply;
use crate::server::route::{BASE_PATH, Route};

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "accept-header-ignored",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == StatusCode::NOT_ACCEPTABLE {
                fail(reply, 500, "No message body writer was found");
            }
        })],
    ),
    fault(
        "disabled-or-unknown-endpoint-200-html",
        &[Hook::Reply(|_, route, reply| {
            if route.is_none() && reply.status == StatusCode::NOT_FOUND {
                reply.status = StatusCode::OK;
                html(reply);
            }
        })],
    ),
    fault(
        "method-not-allowed-500",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == StatusCode::METHOD_NOT_ALLOWED {
                restate(reply, StatusCode::INTERNAL_SERVER_ERROR);
            }
        })],
    ),
    fault("request-application-json-rejected", &[Hook::Admitted(refuse_plain_json)]),
    fault(
        "request-content-type-charset-rejected",
        &[Hook::Admitted(|call, _| {
            let given = call.request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())?;
            given.contains(';').then(|| fail_with(415, "This media type is not supported"))
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
    fault(
        "trailing-slash-redirect-loses-body",
        &[Hook::Admitted(|call, route| {
            let path = call.request.uri.path();
            let moved = call.request.method == Method::POST
                && matches!(route, Route::Collection(_))
                && !path.ends_with('/');
            moved.then(|| Reply::empty(StatusCode::MOVED_PERMANENTLY).with(LOCATION, format!("{path}/")))
        })],
    ),
    fault(
        "version-prefix-rejected",
        &[Hook::Reply(|_, _, reply| {
            shown(reply, |resource| {
                if let Some(Value::String(location)) = resource.pointer_mut("/meta/location") {
                    *location = location.replacen(BASE_PATH, "/scim", 1);
                }
            });
        })],
    ),
];
