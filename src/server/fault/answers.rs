//! Statuses, error bodies and challenges that are wrong wherever they appear.

use axum::http::header::{CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::urn;
use crate::server::edit::{error, refusal, remove_header, restate, set_header, without_body};
use crate::server::hook::Hook;
use crate::server::options::OptionalFeature;
use crate::server::reply::{Content, Reply};
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "bad-request-as-302",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == StatusCode::BAD_REQUEST {
                *reply = Reply::empty(StatusCode::FOUND).with(LOCATION, "/error");
            }
        })],
    ),
    fault(
        "forbidden-as-500",
        &[Hook::Reply(|_, _, reply| instead(reply, 403, StatusCode::INTERNAL_SERVER_ERROR))],
    ),
    fault(
        "reads-answered-with-203",
        &[Hook::Reply(|_, _, reply| instead(reply, 200, StatusCode::NON_AUTHORITATIVE_INFORMATION))],
    ),
    fault("answers-without-content-type", &[Hook::Reply(|_, _, reply| remove_header(reply, &CONTENT_TYPE))]),
    fault(
        "answers-as-octets",
        &[Hook::Reply(|_, _, reply| {
            if let Content::Json(value) = &reply.content {
                let bytes: Vec<u8> =
                    value.to_string().chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
                reply.content = Content::Shared(bytes.into());
            }
        })],
    ),
    fault(
        "unsupported-parts-answered-with-empty-501",
        &[
            Hook::Without(OptionalFeature::Patch),
            Hook::Without(OptionalFeature::Bulk),
            Hook::Without(OptionalFeature::Search),
            Hook::Without(OptionalFeature::Filter),
            Hook::Reply(|_, _, reply| {
                if reply.status == StatusCode::NOT_IMPLEMENTED {
                    without_body(reply);
                }
            }),
        ],
    ),
    fault(
        "unsupported-parts-answered-with-500",
        &[
            Hook::Without(OptionalFeature::Patch),
            Hook::Without(OptionalFeature::Bulk),
            Hook::Without(OptionalFeature::Search),
            Hook::Without(OptionalFeature::Filter),
            Hook::Without(OptionalFeature::Me),
            Hook::Reply(|_, _, reply| instead(reply, 501, StatusCode::INTERNAL_SERVER_ERROR)),
        ],
    ),
    fault("bad-token-as-404", &[Hook::Reply(|_, _, reply| instead(reply, 401, StatusCode::NOT_FOUND))]),
    fault(
        "bad-token-as-redirect",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == StatusCode::UNAUTHORIZED {
                *reply = Reply::empty(StatusCode::FOUND).with(LOCATION, "/login");
            }
        })],
    ),
    fault("challenge-of-another-scheme", &[Hook::Reply(|_, _, reply| challenge(reply, "Basic"))]),
    fault("challenge-without-parameters", &[Hook::Reply(|_, _, reply| challenge(reply, "Bearer"))]),
    fault(
        "unknown-version-refused-as-syntax",
        &[Hook::Reply(|call, route, reply| {
            if route.is_none() && call.request.uri.path().contains("/v99/") {
                *reply = refusal(ScimType::InvalidSyntax, "There is no such version").into_reply();
            }
        })],
    ),
    fault(
        "errors-without-words",
        &[Hook::Reply(|_, _, reply| {
            if let Some(error) = error(reply) {
                error.insert("detail".to_owned(), "".into());
            }
        })],
    ),
    fault(
        "me-is-a-name-only",
        &[Hook::Admitted(|call, route| {
            let nobody = *route == Route::Me && call.access.is_some_and(|access| access.subject.is_none());
            let location = format!("{}/Me", call.base_url);
            let me = json!({ "schemas": [urn::USER], "userName": "me", "meta": { "location": location } });
            nobody.then(|| Reply::json(StatusCode::OK, me))
        })],
    ),
    fault(
        "me-is-located-at-me",
        &[Hook::Reply(|call, route, reply| {
            if route == Some(&Route::Me) && reply.status.is_success() {
                set_header(reply, LOCATION, &format!("{}/Me", call.base_url));
            }
        })],
    ),
    fault(
        "session-cookie-kept-open",
        &[Hook::Reply(|_, _, reply| {
            reply
                .headers
                .push((axum::http::header::SET_COOKIE, "session=1; Max-Age=31536000; Path=/".to_owned()));
        })],
    ),
    fault(
        "accept-decides-what-is-shown",
        &[Hook::Reply(|call, _, reply| {
            let accept = call
                .request
                .headers
                .get("accept")
                .and_then(|accept| accept.to_str().ok())
                .unwrap_or_default();
            if !accept.contains("json")
                && accept != "*/*"
                && !accept.is_empty()
                && call.request.method == Method::GET
            {
                *reply = Reply::json(StatusCode::OK, json!({ "message": "Choose a format" }));
            }
        })],
    ),
];

/// Gives answers another status.
fn instead(reply: &mut Reply, given: u16, status: StatusCode) {
    if reply.status == given {
        restate(reply, status);
    }
}

fn challenge(reply: &mut Reply, text: &str) {
    if reply.status == StatusCode::UNAUTHORIZED {
        set_header(reply, WWW_AUTHENTICATE, text);
    }
}
