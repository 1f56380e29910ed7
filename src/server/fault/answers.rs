//! Statuses, error bodies and challenges that are wrong wherever they appear.

use axum::http::header::{CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::server::auth::Access;
use crate::server::edit::{
    error, fail, fail_with, object, plain, remove_header, restate, retype, scim_type, set_header, without_body,
};
use crate::server::hook::Hook;
use crate::server::http::Request;
use crate::server::options::OptionalFeature;
use crate::server::reply::{Content, Refusal, Reply};
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("bad-request-as-500", &[Hook::Reply(|_, _, reply| instead(reply, 400, StatusCode::INTERNAL_SERVER_ERROR))]),
    fault("bad-request-as-404", &[Hook::Reply(|_, _, reply| instead(reply, 400, StatusCode::NOT_FOUND))]),
    fault("bad-request-as-302", &[Hook::Reply(|_, _, reply| if reply.status == StatusCode::BAD_REQUEST {
        *reply = Reply::empty(StatusCode::FOUND).with(LOCATION, "/error");
    })]),
    fault("conflict-as-400", &[Hook::Reply(|_, _, reply| instead(reply, 409, StatusCode::BAD_REQUEST))]),
    fault("not-found-as-500", &[Hook::Reply(|_, _, reply| instead(reply, 404, StatusCode::INTERNAL_SERVER_ERROR))]),
    fault("not-found-as-empty-success", &[Hook::Reply(|call, _, reply| if reply.status == StatusCode::NOT_FOUND && call.request.method == Method::GET {
        *reply = Reply::json(StatusCode::OK, json!({}));
    })]),
    fault("not-implemented-as-404-page", &[Hook::Reply(|_, _, reply| if reply.status == StatusCode::NOT_IMPLEMENTED {
        reply.status = StatusCode::NOT_FOUND;
        plain(reply, "Cannot find that");
    })]),
    fault("forbidden-as-500", &[Hook::Reply(|_, _, reply| instead(reply, 403, StatusCode::INTERNAL_SERVER_ERROR))]),
    fault("forbidden-as-200", &[Hook::Reply(|_, _, reply| claim(reply, 403))]),
    fault("precondition-failed-as-200", &[Hook::Reply(|_, _, reply| claim(reply, 412))]),
    fault("not-modified-as-200", &[Hook::Reply(|_, _, reply| if reply.status == StatusCode::NOT_MODIFIED {
        *reply = Reply::json(StatusCode::OK, json!({}));
    })]),
    fault("not-modified-whatever-is-asked", &[Hook::Reply(|call, _, reply| if call.request.headers.contains_key("if-none-match") && reply.status == StatusCode::OK {
        *reply = Reply::empty(StatusCode::NOT_MODIFIED);
    })]),
    fault("too-large-as-500", &[Hook::Reply(|_, _, reply| instead(reply, 413, StatusCode::INTERNAL_SERVER_ERROR))]),
    fault("too-large-as-plain-text", &[Hook::Reply(|_, _, reply| if reply.status == StatusCode::PAYLOAD_TOO_LARGE {
        plain(reply, "request entity too large");
    })]),
    fault("reads-answered-with-203", &[Hook::Reply(|_, _, reply| instead(reply, 200, StatusCode::NON_AUTHORITATIVE_INFORMATION))]),
    fault("answers-in-latin-1", &[Hook::Reply(|_, _, reply| if reply.header(&CONTENT_TYPE).is_some() {
        set_header(reply, CONTENT_TYPE, "application/scim+json; charset=iso-8859-1");
    })]),
    fault("answers-without-content-type", &[Hook::Reply(|_, _, reply| remove_header(reply, &CONTENT_TYPE))]),
    fault("answers-as-octets", &[Hook::Reply(|_, _, reply| if let Content::Json(value) = &reply.content {
        let bytes: Vec<u8> = value.to_string().chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
        reply.content = Content::Shared(bytes.into());
    })]),
    fault("errors-say-mutability", &[Hook::Reply(|_, _, reply| match scim_type(reply) {
        Some(ScimType::Mutability) => retype(reply, ScimType::TooMany),
        Some(_) => retype(reply, ScimType::Mutability),
        None => {}
    })]),
    fault("errors-without-scimtype", &[Hook::Reply(|_, _, reply| if let Some(error) = error(reply) {
        error.shift_remove("scimType");
    })]),
    fault("errors-without-detail", &[Hook::Reply(|_, _, reply| if let Some(error) = error(reply) {
        error.shift_remove("detail");
    })]),
    fault("errors-of-another-schema", &[Hook::Reply(|_, _, reply| if let Some(error) = error(reply) {
        error.insert("schemas".to_owned(), json!(["urn:ietf:params:scim:api:messages:1.0:Error"]));
    })]),
    fault("errors-say-status-500", &[Hook::Reply(|_, _, reply| if let Some(error) = error(reply) {
        error.insert("status".to_owned(), "500".into());
    })]),
    fault("unsupported-parts-answered-with-empty-501", &[
        Hook::Without(OptionalFeature::Patch),
        Hook::Without(OptionalFeature::Bulk),
        Hook::Without(OptionalFeature::Search),
        Hook::Without(OptionalFeature::Filter),
        Hook::Reply(|_, _, reply| if reply.status == StatusCode::NOT_IMPLEMENTED {
            without_body(reply);
        }),
    ]),
    fault("unsupported-parts-answered-with-500", &[
        Hook::Without(OptionalFeature::Patch),
        Hook::Without(OptionalFeature::Bulk),
        Hook::Without(OptionalFeature::Search),
        Hook::Without(OptionalFeature::Filter),
        Hook::Without(OptionalFeature::Me),
        Hook::Reply(|_, _, reply| instead(reply, 501, StatusCode::INTERNAL_SERVER_ERROR)),
    ]),
    fault("bad-token-accepted", &[Hook::Access(|_, _, access| if access.is_err() {
        *access = Ok(Some(EVERYTHING));
    })]),
    fault("bad-token-as-500", &[Hook::Reply(|_, _, reply| instead(reply, 401, StatusCode::INTERNAL_SERVER_ERROR))]),
    fault("bad-token-as-404", &[Hook::Reply(|_, _, reply| instead(reply, 401, StatusCode::NOT_FOUND))]),
    fault("bad-token-as-redirect", &[Hook::Reply(|_, _, reply| if reply.status == StatusCode::UNAUTHORIZED {
        *reply = Reply::empty(StatusCode::FOUND).with(LOCATION, "/login");
    })]),
    fault("bad-token-gives-resources", &[Hook::Reply(|call, _, reply| if reply.status == StatusCode::UNAUTHORIZED {
        let known = Access { ..EVERYTHING };
        let answer = crate::server::service::Call { access: Some(known), ..call }.nested(call.request);
        reply.content = answer.content;
    })]),
    fault("challenge-of-another-scheme", &[Hook::Reply(|_, _, reply| challenge(reply, "Basic"))]),
    fault("challenge-without-parameters", &[Hook::Reply(|_, _, reply| challenge(reply, "Bearer"))]),
    fault("challenge-with-another-error", &[Hook::Reply(|_, _, reply| challenge(reply, "Bearer realm=\"scim\", error=\"unauthorized\""))]),
    fault("challenge-repeats-parameters", &[Hook::Reply(|_, _, reply| challenge(
        reply,
        "Bearer realm=\"a\", realm=\"b\", error=\"invalid_token\", error=\"invalid_token\", error_description=\"a\", \
         error_description=\"b\", error_uri=\"https://example.com/a\", error_uri=\"https://example.com/b\", scope=\"a\", scope=\"b\"",
    ))]),
    fault("challenge-with-odd-characters", &[Hook::Reply(|_, _, reply| challenge(
        reply,
        "Bearer realm=\"scim\", error=\"invalid\\\\token\", error_description=\"the \\\"token\\\"\", \
         error_uri=\"not a uri\", scope=\"a\\\\b \\\"c\\\"\"",
    ))]),
    fault("scheme-case-sensitive", &[Hook::Access(|request, _, access| if scheme(request).is_some_and(|scheme| scheme == "bearer") {
        *access = Err(Refusal::new(401, "Use Bearer").with(WWW_AUTHENTICATE, "Bearer realm=\"scim\""));
    })]),
    fault("me-fails", &[Hook::Admitted(|_, route| (*route == Route::Me).then(|| fail_with(500, "Internal Server Error")))]),
    fault("me-is-public", &[Hook::Reply(|_, route, reply| if route == Some(&Route::Me) && reply.status == StatusCode::UNAUTHORIZED {
        *reply = Reply::json(StatusCode::OK, json!({ "userName": "anonymous" }));
    })]),
    fault("me-has-its-own-location", &[Hook::Reply(|call, route, reply| if route == Some(&Route::Me) && reply.status == StatusCode::OK {
        let location = format!("{}/Me", call.base_url);
        set_header(reply, LOCATION, &location);
        if let Some(meta) = object(reply).and_then(|body| body.get_mut("meta")) {
            meta["location"] = location.into();
        }
    })]),
    fault("me-is-nobody", &[Hook::Reply(|_, route, reply| if route == Some(&Route::Me) && let Some(body) = object(reply) {
        body.shift_remove("id");
        body.insert("userName".to_owned(), Value::Null);
        body.insert("emails".to_owned(), json!([{ "value": "somebody@example.com" }]));
    })]),
    fault("me-is-another", &[Hook::Reply(|_, route, reply| if route == Some(&Route::Me) && let Some(body) = object(reply) {
        body.insert("nickName".to_owned(), "me".into());
    })]),
    fault("head-fails", &[Hook::Reply(|call, _, reply| if call.request.method == Method::HEAD {
        fail(reply, 500, "Internal Server Error");
    })]),
    fault("unknown-version-served", &[Hook::Reply(|call, _, reply| if call.request.uri.path().starts_with("/v") && reply.status == StatusCode::NOT_FOUND {
        fail(reply, 400, "Unknown version");
    })]),
    fault("session-cookie-kept-open", &[Hook::Reply(|_, _, reply| {
        reply.headers.push((axum::http::header::SET_COOKIE, "session=1; Max-Age=31536000; Path=/".to_owned()));
    })]),
    fault("accept-decides-what-is-shown", &[Hook::Reply(|call, _, reply| {
        let accept = call.request.headers.get("accept").and_then(|accept| accept.to_str().ok()).unwrap_or_default();
        if !accept.contains("json") && accept != "*/*" && !accept.is_empty() && call.request.method == Method::GET {
            *reply = Reply::json(StatusCode::OK, json!({ "message": "Choose a format" }));
        }
    })]),
];

/// What a token may do that everything is allowed to.
const EVERYTHING: Access<'static> = Access { actor: 0, tenant: 0, read_only: false, subject: None };

/// Gives answers another status.
fn instead(reply: &mut Reply, given: u16, status: StatusCode) {
    if reply.status == given {
        restate(reply, status);
    }
}

/// Answers a refusal as a success.
fn claim(reply: &mut Reply, given: u16) {
    if reply.status == given {
        *reply = Reply::json(StatusCode::OK, json!({ "result": "ok" }));
    }
}

fn challenge(reply: &mut Reply, text: &str) {
    if reply.status == StatusCode::UNAUTHORIZED {
        set_header(reply, WWW_AUTHENTICATE, text);
    }
}

/// The scheme of the credentials, as the client writes it.
fn scheme(request: &Request) -> Option<&str> {
    request.headers.get("authorization")?.to_str().ok()?.split(' ').next()
}
