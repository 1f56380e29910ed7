//! Media types, headers, paths and tokens.

use axum::http::header::{
    AUTHORIZATION, CONTENT_LOCATION, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Info, Pass, Warn};
use crate::scim::error::ScimType;
use crate::server::choice::Choice;
use crate::server::edit::{error, html, refuse_plain_json, remove_header, restate, set_header};
use crate::server::hook::Hook;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "media-type-json",
        Warn,
        &["content-type"],
        "http",
        "Bodies are sent as application/json",
        &[Hook::Reply(|_, _, reply| media_type(reply, "application/json"))],
    ),
    variant(
        "media-type-charset",
        Pass,
        &["content-type"],
        "http",
        "Content-Type has a charset parameter",
        &[Hook::Reply(|_, _, reply| media_type(reply, "application/scim+json;charset=utf-8"))],
    ),
    variant(
        "media-type-upper-case",
        Pass,
        &["content-type"],
        "http",
        "Content-Type is written in upper case",
        &[Hook::Reply(|_, _, reply| media_type(reply, "Application/SCIM+JSON"))],
    ),
    variant(
        "request-json-refused",
        Info,
        &["content-type"],
        "http",
        "Bodies sent as application/json are refused with 415",
        &[Hook::Admitted(refuse_plain_json)],
    ),
    variant(
        "accept-ignored",
        Pass,
        &["accept-header"],
        "http",
        "Whatever Accept says, the answer is SCIM",
        &[Hook::Choice(Choice::IgnoreAccept)],
    ),
    variant(
        "location-relative",
        Warn,
        &["location-headers", "relative-references"],
        "http",
        "Location and meta.location are paths without scheme and host",
        &[
            Hook::Reply(|call, _, reply| {
                if let Some(location) = reply.header(&LOCATION).map(|location| relative(call, location)) {
                    set_header(reply, LOCATION, &location);
                }
            }),
            Hook::Shown(|call, _, _, resource| {
                if let Some(Value::String(location)) = resource.pointer_mut("/meta/location") {
                    *location = relative(call, location);
                }
            }),
        ],
    ),
    variant(
        "location-on-create-only",
        Pass,
        &["location-headers"],
        "http",
        "Only 201 has a Location",
        &[Hook::Reply(|_, _, reply| {
            if reply.status != StatusCode::CREATED && !reply.status.is_redirection() {
                remove_header(reply, &LOCATION);
            }
        })],
    ),
    variant(
        "content-location",
        Pass,
        &["location-headers"],
        "http",
        "Content-Location says where the resource is, besides Location",
        &[Hook::Reply(|_, _, reply| {
            if let Some(location) = reply.header(&LOCATION).map(str::to_owned) {
                set_header(reply, CONTENT_LOCATION, &location);
            }
        })],
    ),
    variant(
        "trailing-slash-404",
        Info,
        &["url-encoding"],
        "http",
        "A path with a slash at its end does not exist",
        &[Hook::Admitted(|call, route| {
            (*route != Route::Root && call.request.uri.path().ends_with('/'))
                .then(|| Refusal::new(404, "There is no such endpoint").into_reply())
        })],
    ),
    variant(
        "other-version-400",
        Pass,
        &["version-segment"],
        "http",
        "Another version in the path is answered with 400 invalidVers",
        &[Hook::Reply(|call, route, reply| {
            let path = call.request.uri.path();
            let other = path.starts_with("/scim/v") && !path.starts_with("/scim/v2");
            if route.is_none() && other && reply.status == 404 {
                restate(reply, StatusCode::BAD_REQUEST);
                crate::server::edit::retype(reply, ScimType::InvalidVers);
            }
        })],
    ),
    variant(
        "html-on-401",
        Warn,
        &["error-body-edge"],
        "errors",
        "401 comes with a page for browsers",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == 401 {
                html(reply);
            }
        })],
    ),
    variant(
        "html-on-unknown-path",
        Warn,
        &["error-body-edge"],
        "errors",
        "404 of a path that is no endpoint comes with a page for browsers",
        &[Hook::Reply(|_, route, reply| {
            if route.is_none() && reply.status == 404 {
                html(reply);
            }
        })],
    ),
    variant(
        "html-on-405-and-415",
        Warn,
        &["error-body-edge"],
        "errors",
        "405, 413 and 415 come with a page for browsers",
        &[Hook::Reply(|_, _, reply| {
            if matches!(reply.status.as_u16(), 405 | 413 | 415) {
                html(reply);
            }
        })],
    ),
    variant(
        "challenge-bare",
        Warn,
        &["www-authenticate"],
        "auth",
        "WWW-Authenticate is nothing but Bearer",
        &[Hook::Reply(|_, _, reply| challenge(reply, |_| "Bearer".to_owned()))],
    ),
    variant(
        "challenge-two-schemes",
        Pass,
        &["www-authenticate"],
        "auth",
        "WWW-Authenticate offers Basic after Bearer",
        &[Hook::Reply(|_, _, reply| challenge(reply, |known| format!("{known}, Basic realm=\"scimcheck\"")))],
    ),
    variant(
        "no-registered-challenge",
        // The type of the scheme is no word of RFC 7643 §5.
        Warn,
        &["www-authenticate", "canonical-values"],
        "auth",
        "The advertised scheme has no challenge in HTTP, and a 401 has no WWW-Authenticate",
        &[
            Hook::Reply(|_, _, reply| remove_header(reply, &WWW_AUTHENTICATE)),
            Hook::Documents(|documents, _| {
                documents.config["authenticationSchemes"][0]["type"] = "apikey".into();
            }),
        ],
    ),
    variant(
        "missing-credentials-403",
        Warn,
        &["www-authenticate"],
        "auth",
        "A request without credentials is answered with 403",
        &[Hook::Reply(|call, _, reply| {
            if reply.status == 401 && !call.request.headers.contains_key(AUTHORIZATION) {
                restate(reply, StatusCode::FORBIDDEN);
            }
        })],
    ),
    variant(
        "discovery-needs-token",
        Pass,
        &["discovery-auth"],
        "discovery",
        "Discovery is answered with 401 without a token",
        &[Hook::Choice(Choice::DiscoveryNeedsToken)],
    ),
    variant(
        "token-in-query",
        Warn,
        &["token-in-query"],
        "auth",
        "A bearer token may stand in the URL (RFC 6750 §2.3)",
        &[Hook::Choice(Choice::TokenInQuery)],
    ),
    variant(
        "rate-limited",
        Pass,
        &["rate-limit"],
        "http",
        "Every tenth request is answered with 429 and Retry-After: 0",
        &[Hook::Admitted(|call, _| {
            (call.number % 10 == 9)
                .then(|| Refusal::new(429, "Too many requests").with(RETRY_AFTER, "0").into_reply())
        })],
    ),
    variant(
        "error-without-detail",
        Warn,
        &["filter-errors"],
        "errors",
        "Errors have no detail: optional in RFC 7644 §3.12, wanted in §3.4.2.2 and §3.7.4",
        &[Hook::Reply(|_, _, reply| {
            error(reply).and_then(|error| error.shift_remove("detail"));
        })],
    ),
    variant(
        "error-extra-members",
        Pass,
        &[],
        "errors",
        "Errors have members that RFC 7644 §3.12 does not name",
        &[Hook::Reply(|_, _, reply| {
            if let Some(error) = error(reply) {
                error.insert("timestamp".to_owned(), "2026-01-01T00:00:00Z".into());
                error.insert("traceId".to_owned(), "b7ad6b7169203331".into());
            }
        })],
    ),
    variant(
        "head-refused",
        Pass,
        &[],
        "http",
        "HEAD is answered with 405: no SCIM request uses it (RFC 7644 §3.2)",
        &[Hook::Admitted(|call, _| {
            (call.request.method == Method::HEAD).then(|| Refusal::new(405, "There is no HEAD").into_reply())
        })],
    ),
];

fn media_type(reply: &mut Reply, media_type: &str) {
    if reply.header(&CONTENT_TYPE).is_some_and(|known| known.starts_with("application/scim+json")) {
        set_header(reply, CONTENT_TYPE, media_type);
    }
}

fn challenge(reply: &mut Reply, change: fn(&str) -> String) {
    if let Some(known) = reply.header(&WWW_AUTHENTICATE).map(change)
        && HeaderValue::from_str(&known).is_ok()
    {
        set_header(reply, WWW_AUTHENTICATE, &known);
    }
}

/// The URL from its path on.
fn relative(call: Call<'_>, url: &str) -> String {
    let host = call.base_url.find("/scim/").map_or("", |end| &call.base_url[..end]);
    url.strip_prefix(host).unwrap_or(url).to_owned()
}
