//! Which status and which keyword an error has.

use axum::http::{Method, StatusCode};

use super::{VariantInfo, variant};
use crate::model::Verdict::{Info, Pass, Warn};
use crate::scim::error::ScimType;
use crate::server::choice::Choice;
use crate::server::edit::{error, restate, retype, scim_type};
use crate::server::hook::Hook;
use crate::server::reply::Reply;
use crate::server::route::Route;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "scim-type-only-where-fixed",
        Info,
        &["scimtype-choice"],
        "errors",
        "scimType only stands where the RFC fixes it",
        &[Hook::Reply(|_, _, reply| {
            use ScimType::{InvalidPath, InvalidSyntax, InvalidValue};
            if matches!(scim_type(reply), Some(InvalidSyntax | InvalidValue | InvalidPath)) {
                error(reply).and_then(|error| error.shift_remove("scimType"));
            }
        })],
    ),
    variant(
        "missing-value-is-syntax",
        Pass,
        &["scimtype-choice"],
        "errors",
        "A missing required attribute is invalidSyntax in place of invalidValue",
        &[Hook::Reply(|call, _, reply| {
            let writes = [Method::POST, Method::PUT].contains(&call.request.method);
            if writes && scim_type(reply) == Some(ScimType::InvalidValue) && says(reply, "is required") {
                retype(reply, ScimType::InvalidSyntax);
            }
        })],
    ),
    variant(
        "patch-filter-is-path",
        Pass,
        &["scimtype-choice"],
        "errors",
        "A wrong filter in a PATCH path is invalidPath in place of invalidFilter",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::PATCH && scim_type(reply) == Some(ScimType::InvalidFilter) {
                retype(reply, ScimType::InvalidPath);
            }
        })],
    ),
    variant(
        "create-conflict-400",
        Warn,
        &["uniqueness-status"],
        "errors",
        "POST of a userName that is taken is answered with 400 uniqueness",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::POST && scim_type(reply) == Some(ScimType::Uniqueness) {
                restate(reply, StatusCode::BAD_REQUEST);
            }
        })],
    ),
    variant(
        "change-conflict-400",
        Pass,
        &["uniqueness-status"],
        "errors",
        "PUT and PATCH to a userName that is taken are answered with 400 uniqueness",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method != Method::POST && scim_type(reply) == Some(ScimType::Uniqueness) {
                restate(reply, StatusCode::BAD_REQUEST);
            }
        })],
    ),
    variant(
        "put-unknown-400",
        Warn,
        &["put-create"],
        "crud-replace",
        "PUT to an id that never was one is answered with 400",
        &[
            Hook::Choice(Choice::RememberDeleted),
            Hook::Reply(|call, route, reply| {
                let Some(Route::Resource(_, id)) = route else { return };
                let replaces = call.request.method == Method::PUT;
                // RFC 7644 §3.6: 404 for what was deleted.
                if replaces && reply.status == 404 && !call.store().was_deleted(id) {
                    restate(reply, StatusCode::BAD_REQUEST);
                }
            }),
        ],
    ),
    variant(
        "deleted-410",
        Warn,
        &["delete-semantics"],
        "crud-delete",
        "Deleted resources are answered with 410",
        &[
            Hook::Choice(Choice::RememberDeleted),
            Hook::Reply(|call, route, reply| {
                let Some(Route::Resource(_, id)) = route else { return };
                if reply.status == 404 && call.store().was_deleted(id) {
                    restate(reply, StatusCode::GONE);
                }
            }),
        ],
    ),
    variant(
        "second-delete-204",
        Warn,
        &["delete-semantics"],
        "crud-delete",
        "DELETE of a deleted resource is answered with 204 again",
        &[
            Hook::Choice(Choice::RememberDeleted),
            Hook::Reply(|call, route, reply| {
                let Some(Route::Resource(_, id)) = route else { return };
                let deletes = call.request.method == Method::DELETE;
                if deletes && reply.status == 404 && call.store().was_deleted(id) {
                    *reply = Reply::empty(StatusCode::NO_CONTENT);
                }
            }),
        ],
    ),
    variant(
        "sensitive-400",
        Pass,
        &["sensitive-filter", "password-filter"],
        "filter",
        "A filter on the password in a URL is answered with 400 sensitive",
        &[Hook::Reply(|_, _, reply| {
            if scim_type(reply) == Some(ScimType::Sensitive) {
                restate(reply, StatusCode::BAD_REQUEST);
            }
        })],
    ),
    variant(
        "filter-error-without-scim-type",
        Warn,
        &["filter-errors"],
        "filter",
        "A filter that does not parse is answered with 400 without scimType",
        &[Hook::Reply(|call, _, reply| {
            let stays = call.request.method == Method::PATCH || says(reply, "is not supported");
            if !stays && scim_type(reply) == Some(ScimType::InvalidFilter) {
                error(reply).and_then(|error| error.shift_remove("scimType"));
            }
        })],
    ),
    variant(
        "remove-required-invalid-value",
        Warn,
        &["remove-required"],
        "patch-remove",
        "Removing a required attribute is invalidValue in place of mutability",
        &[Hook::Reply(|call, _, reply| {
            let patches = call.request.method == Method::PATCH;
            if patches && scim_type(reply) == Some(ScimType::Mutability) && says(reply, "is required") {
                retype(reply, ScimType::InvalidValue);
            }
        })],
    ),
    variant(
        "unknown-member-404",
        Pass,
        &["member-referential-integrity"],
        "groups",
        "A member that does not exist is answered with 404",
        &[Hook::Reply(|_, _, reply| {
            if scim_type(reply) == Some(ScimType::InvalidValue) && says(reply, "does not exist") {
                error(reply).and_then(|error| error.shift_remove("scimType"));
                restate(reply, StatusCode::NOT_FOUND);
            }
        })],
    ),
];

fn says(reply: &mut Reply, words: &str) -> bool {
    let detail = error(reply).and_then(|error| error.get("detail")?.as_str());
    detail.is_some_and(|detail| detail.contains(words))
}
