//! How requests for what is not supported are answered.

use axum::http::header::{ALLOW, LOCATION};
use axum::http::{Method, StatusCode};

use super::{VariantInfo, variant};
use crate::model::Verdict::{Pass, Warn};
use crate::scim::error::{ScimError, ScimType};
use crate::server::edit::{restate, set_header};
use crate::server::hook::Hook;
use crate::server::options::OptionalFeature;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "bulk-unsupported-404",
        Warn,
        &["unsupported-operation"],
        "bulk",
        "There is no /Bulk: 404",
        &[
            Hook::Without(OptionalFeature::Bulk),
            Hook::Reply(|_, route, reply| {
                if route == Some(&Route::Bulk) && reply.status == 501 {
                    restate(reply, StatusCode::NOT_FOUND);
                }
            }),
        ],
    ),
    variant(
        "patch-unsupported-405",
        Warn,
        &["unsupported-operation"],
        "patch-general",
        "There is no PATCH: 405",
        &[
            Hook::Without(OptionalFeature::Patch),
            Hook::Reply(|call, route, reply| {
                let patches =
                    matches!(route, Some(Route::Resource(..))) && call.request.method == Method::PATCH;
                if patches && reply.status == 501 {
                    restate(reply, StatusCode::METHOD_NOT_ALLOWED);
                    set_header(reply, ALLOW, "GET, HEAD, PUT, DELETE");
                }
            }),
        ],
    ),
    variant(
        "search-unsupported-404",
        Warn,
        &["search-support"],
        "search-post",
        "There is no .search: 404",
        &[
            Hook::Without(OptionalFeature::Search),
            Hook::Reply(|_, route, reply| {
                if matches!(route, Some(Route::Search(_))) && reply.status == 501 {
                    restate(reply, StatusCode::NOT_FOUND);
                }
            }),
        ],
    ),
    variant(
        "sort-unsupported-400",
        Pass,
        &["sort-unsupported"],
        "sort",
        "There is no sorting: sortBy is refused with 400",
        &[
            Hook::Without(OptionalFeature::Sort),
            Hook::Search(|_, _, search| match search.sort_by {
                Some(_) => Err(Refusal::new(400, "Sorting is not supported")),
                None => Ok(()),
            }),
        ],
    ),
    variant(
        "filter-unsupported-400",
        Pass,
        &["filter-unsupported"],
        "filter",
        "There are no filters: 400",
        &[
            Hook::Without(OptionalFeature::Filter),
            Hook::Search(|_, _, search| match search.filter {
                Some(_) => Err(ScimError::of(ScimType::InvalidFilter, "Filters are not supported").into()),
                None => Ok(()),
            }),
        ],
    ),
    variant(
        "filter-unsupported-ignored",
        Warn,
        &["filter-unsupported"],
        "filter",
        "There are no filters: everything is returned",
        &[
            Hook::Without(OptionalFeature::Filter),
            Hook::Search(|_, _, search| {
                search.filter = None;
                Ok(())
            }),
        ],
    ),
    variant(
        "me-404",
        Warn,
        &["me-unsupported", "unsupported-operation"],
        "me",
        "/Me is 404 for tokens that stand for no user",
        &[Hook::Reply(|_, route, reply| {
            if route == Some(&Route::Me) && reply.status == 501 {
                restate(reply, StatusCode::NOT_FOUND);
            }
        })],
    ),
    variant(
        "me-redirect",
        Pass,
        &[],
        "me",
        "/Me redirects to the user with 308 (RFC 7644 §3.11)",
        &[Hook::Admitted(|call, route| {
            let subject = call.access.and_then(|access| access.subject).filter(|_| *route == Route::Me)?;
            let location = format!("{}/Users/{subject}", call.base_url);
            Some(Reply::empty(StatusCode::PERMANENT_REDIRECT).with(LOCATION, location))
        })],
    ),
    variant(
        "root-query-501",
        Pass,
        &["root-query"],
        "search-post",
        "Queries over all types are answered with 501",
        &[Hook::Admitted(|_, route| {
            matches!(route, Route::Root | Route::Search(None))
                .then(|| Refusal::new(501, "Queries over all types are not supported").into_reply())
        })],
    ),
    variant(
        "root-query-404",
        Pass,
        &["root-query"],
        "search-post",
        "The base URL is no endpoint: 404",
        &[Hook::Admitted(|_, route| {
            (*route == Route::Root).then(|| Refusal::new(404, "There is no such endpoint").into_reply())
        })],
    ),
];
