//! Versions and conditional requests.

use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::{FaultInfo, fault};
use crate::server::choice::Choice;
use crate::server::edit::fail;
use crate::server::hook::Hook;
use crate::server::negotiate::json_body;
use crate::server::reply::Refusal;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "if-match-ignored",
        &[Hook::Received(|request| {
            request.headers.remove(IF_MATCH);
        })],
    ),
    fault(
        "etag-weak-strong-mismatch",
        &[
            Hook::Shown(|_, _, _, resource| {
                if let Some(Value::String(version)) = resource.pointer_mut("/meta/version") {
                    *version = version.trim_start_matches("W/").trim_matches('"').to_owned();
                }
            }),
            Hook::Received(|request| {
                let tag = request.headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok());
                let Some(tag) = tag.filter(|tag| *tag != "*") else { return };
                // The bare version of meta.version fits; what the ETag header says does not.
                let compared = if tag.contains('"') { "\"-\"".to_owned() } else { format!("W/\"{tag}\"") };
                if let Ok(compared) = HeaderValue::from_str(&compared) {
                    request.headers.insert(IF_MATCH, compared);
                }
            }),
        ],
    ),
    fault(
        "if-none-match-compared-as-text",
        &[
            Hook::Choice(Choice::StrongTags),
            Hook::Received(|request| {
                let tag = request.headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
                if tag.is_some_and(|tag| tag.starts_with("W/")) {
                    request.headers.remove(IF_NONE_MATCH);
                }
            }),
        ],
    ),
    fault(
        "if-none-match-without-w-ignored",
        &[Hook::Received(|request| {
            let tag = request.headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
            if tag.is_some_and(|tag| tag.starts_with('"')) {
                request.headers.remove(IF_NONE_MATCH);
            }
        })],
    ),
    fault("if-match-toctou", &[Hook::Choice(Choice::JudgeWhatWasSeen)]),
    fault(
        "patch-validates-etag-after-update",
        &[Hook::Reply(|call, _, reply| {
            let sent = call.request.headers.get(IF_MATCH).and_then(|tag| tag.to_str().ok());
            let is_changed = sent.is_some_and(|tag| tag != "*" && reply.header(&ETAG) != Some(tag));
            if call.request.method == Method::PATCH && reply.status == StatusCode::OK && is_changed {
                fail(reply, 412, "The version does not match");
            }
        })],
    ),
    fault(
        "if-match-star-fails",
        &[Hook::Admitted(|call, _| {
            let star = call.request.headers.get(IF_MATCH).is_some_and(|value| value == "*");
            star.then(|| Refusal::new(412, "The version does not match").into_reply())
        })],
    ),
    fault(
        "meta-version-client-writable",
        &[
            Hook::Choice(Choice::VersionsOfClients),
            Hook::Stored(|write, _, resource| {
                let body = json_body(write.call.request).unwrap_or_default();
                let given = body.pointer("/meta/version").filter(|version| version.is_string());
                if let (Some(given), Some(version)) = (given, resource.pointer_mut("/meta/version")) {
                    *version = given.clone();
                }
                Ok(())
            }),
        ],
    ),
];
