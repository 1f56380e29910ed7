//! Error messages and their status.

use axum::http::{Method, StatusCode};

use super::failing::break_down;
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::server::edit::{error, html, plain, restate, scim_type, without_body};
use crate::server::hook::Hook;
use crate::server::kind::Kind;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "delete-nonexistent-500",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::DELETE && reply.status == StatusCode::NOT_FOUND {
                break_down(reply);
            }
        })],
    ),
    fault(
        "error-body-not-scim",
        &[Hook::Reply(|_, _, reply| {
            if error(reply).is_some() {
                html(reply);
            }
        })],
    ),
    fault(
        "error-empty-body",
        &[Hook::Reply(|_, _, reply| {
            if error(reply).is_some() {
                without_body(reply);
            }
        })],
    ),
    fault(
        "error-invalidfilter-missing-scimtype",
        &[Hook::Reply(|_, _, reply| {
            if scim_type(reply) == Some(ScimType::InvalidFilter)
                && let Some(error) = error(reply)
            {
                error.shift_remove("scimType");
            }
        })],
    ),
    fault(
        "error-status-missing",
        &[Hook::Reply(|_, _, reply| {
            if let Some(error) = error(reply) {
                error.shift_remove("status");
                error.shift_remove("scimType");
            }
        })],
    ),
    fault(
        "framework-rejections-not-scim",
        &[Hook::Reply(|call, _, reply| match reply.status.as_u16() {
            405 | 413 | 415 => plain(reply, "The request was rejected"),
            400 if call.request.method == Method::POST || call.request.method == Method::PUT => {
                reply.status = StatusCode::UNPROCESSABLE_ENTITY;
                plain(reply, "Failed to deserialize the JSON body into the target type");
            }
            _ => {}
        })],
    ),
    fault(
        "missing-resource-400",
        &[Hook::Reply(|_, route, reply| {
            if route.is_some() && reply.status == StatusCode::NOT_FOUND {
                restate(reply, StatusCode::BAD_REQUEST);
            }
        })],
    ),
    fault(
        "mutability-error-as-500",
        &[Hook::Reply(|_, _, reply| {
            if scim_type(reply) == Some(ScimType::Mutability) {
                restate(reply, StatusCode::INTERNAL_SERVER_ERROR);
            }
        })],
    ),
    fault(
        "patch-expected-errors-500",
        &[Hook::Reply(|call, route, reply| {
            let group = matches!(route, Some(Route::Resource(Kind::Group, _)));
            let wrong = reply.status == StatusCode::BAD_REQUEST || reply.status == StatusCode::NOT_FOUND;
            if group && wrong && call.request.method == Method::PATCH {
                break_down(reply);
            }
        })],
    ),
    fault(
        "patch-username-conflict-500",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::PATCH && reply.status == StatusCode::CONFLICT {
                break_down(reply);
            }
        })],
    ),
    fault(
        "put-missing-resource-500",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::PUT && reply.status == StatusCode::NOT_FOUND {
                break_down(reply);
            }
        })],
    ),
];
