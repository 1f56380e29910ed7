//! Reading resources and lists.

use axum::http::{Method, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{FaultInfo, fault};
use crate::scim::urn;
use crate::server::choice::Choice;
use crate::server::edit::{empty_list_null, fail, list, values};
use crate::server::hook::Hook;
use crate::server::http::{ReceivedBody, Request};
use crate::server::kind::Kind;
use crate::server::reply::{Content, Refusal, Reply};
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "empty-list-404",
        &[Hook::Reply(|_, _, reply| {
            if list(reply).is_some_and(|list| list.get("totalResults") == Some(&json!(0))) {
                fail(reply, 404, "Nothing was found");
            }
        })],
    ),
    fault(
        "soft-deleted-still-readable",
        &[Hook::Admitted(|call, route| {
            let deletes = call.request.method == Method::DELETE;
            if !deletes || !matches!(route, Route::Resource(Kind::User, _)) {
                return None;
            }
            let deactivate = json!({
                "schemas": [urn::PATCH_OP],
                "Operations": [{ "op": "replace", "path": "active", "value": false }],
            });
            let body = ReceivedBody::Json(deactivate);
            let reply = call.nested(&Request { method: Method::PATCH, body, ..call.request.clone() });
            Some(if reply.status == StatusCode::OK { Reply::empty(StatusCode::NO_CONTENT) } else { reply })
        })],
    ),
    fault(
        "id-is-number",
        &[
            Hook::Choice(Choice::CountedIds),
            Hook::Shown(|_, _, _, resource| {
                if let Some(id) = resource.get_mut("id")
                    && let Some(number) = id.as_str().and_then(|id| id.parse::<u64>().ok())
                {
                    *id = number.into();
                }
            }),
        ],
    ),
    fault("id-shared-between-user-and-group", &[Hook::Choice(Choice::ShareIds)]),
    fault(
        "read-after-write-stale",
        &[Hook::Admitted(|call, route| {
            let Route::Resource(kind, id) = route else { return None };
            if call.request.method != Method::GET {
                return None;
            }
            let resource = call.store().get(*kind, id)?;
            let created = resource.value.pointer("/meta/created").and_then(Value::as_str)?;
            let age = Utc::now().signed_duration_since(DateTime::parse_from_rfc3339(created).ok()?);
            (age < TimeDelta::seconds(1)).then(|| Refusal::new(404, "Not found in the replica").into_reply())
        })],
    ),
    fault("empty-list-resources-null", &[Hook::Reply(|_, _, reply| empty_list_null(reply))]),
    fault(
        "get-by-id-after-create-different-representation",
        &[Hook::Reply(|call, _, reply| {
            let projected = call.request.uri.query().is_some_and(|query| query.contains("ttributes="));
            if let Content::Json(body) = &mut reply.content
                && !projected
            {
                values(body, "Resources").filter_map(Value::as_object_mut).for_each(|resource| {
                    resource.shift_remove("emails");
                });
            }
        })],
    ),
    fault(
        "meta-location-internal-host",
        &[Hook::Shown(|call, _, _, resource| {
            let internal = |url: &mut Value| {
                let below = url.as_str().and_then(|url| url.strip_prefix(call.base_url));
                if let Some(below) = below {
                    *url = format!("http://internal:8080/scim/v2{below}").into();
                }
            };
            resource.pointer_mut("/meta/location").into_iter().for_each(internal);
            for name in ["members", "groups"] {
                values(resource, name).filter_map(|value| value.get_mut("$ref")).for_each(internal);
            }
        })],
    ),
    fault(
        "resources-key-lowercase",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply)
                && let Some(resources) = list.shift_remove("Resources")
            {
                list.insert("resources".to_owned(), resources);
            }
        })],
    ),
    fault(
        "schemas-omits-extension-urn",
        &[Hook::Shown(|_, kind, _, resource| {
            if let Some(schemas) = resource.get_mut("schemas").and_then(Value::as_array_mut)
                && kind == Kind::User
            {
                schemas.retain(|schema| schema == urn::USER);
            }
        })],
    ),
    fault(
        "listresponse-schema-urn-wrong",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply) {
                list.insert("schemas".to_owned(), json!(["urn:scim:schemas:core:2.0:ListResponse"]));
            }
        })],
    ),
    fault(
        "meta-resourcetype-wrong",
        &[Hook::Shown(|_, kind, _, resource| {
            if let Some(shown) = resource.pointer_mut("/meta/resourceType") {
                let wrong = if kind == Kind::User { "Users" } else { "Groups" };
                *shown = wrong.into();
            }
        })],
    ),
];
