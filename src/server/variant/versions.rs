//! Versions and conditional requests.

use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Info, Pass, Warn};
use crate::server::choice::Choice;
use crate::server::edit::{remove_header, restate};
use crate::server::hook::Hook;
use crate::server::reply::Refusal;
use crate::server::route::Route;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "strong-etags",
        Pass,
        &["weak-etag"],
        "etag",
        "Entity tags are strong",
        &[Hook::Choice(Choice::StrongTags)],
    ),
    variant(
        "etag-not-on-204",
        Info,
        &["etag-version-equality", "patch-200-204"],
        "etag",
        "PATCH is answered with 204 without ETag",
        &[
            Hook::Choice(Choice::PatchAnswersNothing),
            Hook::Reply(|_, _, reply| {
                if reply.status == StatusCode::NO_CONTENT {
                    remove_header(reply, &ETAG);
                }
            }),
        ],
    ),
    variant(
        "version-without-quotes",
        Warn,
        &["etag-version-equality"],
        "etag",
        "meta.version is the entity tag without W/ and quotes",
        &[Hook::Shown(|_, _, _, resource| {
            if let Some(Value::String(version)) = resource.pointer_mut("/meta/version") {
                *version = version.trim_start_matches("W/").trim_matches('"').to_owned();
            }
        })],
    ),
    variant(
        "version-conflict-409",
        Warn,
        &["version-conflict-status"],
        "etag",
        "Another version than If-Match names is answered with 409",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == StatusCode::PRECONDITION_FAILED {
                restate(reply, StatusCode::CONFLICT);
            }
        })],
    ),
    variant(
        "if-match-required",
        Info,
        &["version-conflict-status"],
        "etag",
        "PUT, PATCH and DELETE of a resource without If-Match are answered with 428 (RFC 6585 §3), also in bulk requests",
        &[Hook::Choice(Choice::DemandVersions)],
    ),
    variant(
        "if-match-required-412",
        Info,
        &["version-conflict-status"],
        "etag",
        "PUT, PATCH and DELETE of a resource without If-Match are answered with 412",
        &[
            Hook::Choice(Choice::DemandVersions),
            Hook::Reply(|_, _, reply| {
                if reply.status == StatusCode::PRECONDITION_REQUIRED {
                    restate(reply, StatusCode::PRECONDITION_FAILED);
                }
            }),
        ],
    ),
    variant(
        "if-match-star-refused",
        Warn,
        &["if-match-star"],
        "etag",
        "If-Match: * fits no version",
        &[Hook::Admitted(|call, route| {
            let star = call.request.headers.get(IF_MATCH).is_some_and(|value| value == "*");
            let writes = [Method::PUT, Method::PATCH, Method::DELETE].contains(&call.request.method);
            (star && writes && matches!(route, Route::Resource(..)))
                .then(|| Refusal::new(412, "If-Match names no version").into_reply())
        })],
    ),
    variant(
        "if-none-match-ignored-on-writes",
        Pass,
        &["if-match-star"],
        "etag",
        "If-None-Match counts for reading only",
        &[Hook::Choice(Choice::IgnoreIfNoneMatchOnWrites)],
    ),
    variant(
        "delete-ignores-if-match",
        Warn,
        &["version-conflict-status"],
        "etag",
        "DELETE pays no attention to If-Match",
        &[Hook::Choice(Choice::DeleteIgnoresVersions)],
    ),
];
