//! Reading resources and lists.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::parts::{remove_from_each, schemas_of};
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::urn;
use crate::server::choice::Choice;
use crate::server::edit::{empty_list_null, fail, list, refusal, values};
use crate::server::hook::Hook;
use crate::server::http::{ReceivedBody, Request};
use crate::server::kind::Kind;
use crate::server::reply::{Content, Refusal, Reply};
use crate::server::route::{BASE_PATH, Route};
use crate::server::store::Resource;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "lists-not-implemented",
        &[Hook::Admitted(|call, route| {
            let lists = matches!(route, Route::Collection(_)) && call.request.method == Method::GET;
            lists.then(|| Refusal::new(405, "Method not allowed").into_reply())
        })],
    ),
    fault(
        "get-by-id-not-implemented",
        &[Hook::Admitted(|call, route| {
            let reads = matches!(route, Route::Resource(..)) && call.request.method == Method::GET;
            reads.then(|| Refusal::new(405, "Method not allowed").into_reply())
        })],
    ),
    fault(
        "unknown-id-gives-empty-resource",
        &[Hook::Reply(|call, route, reply| {
            let reads = matches!(route, Some(Route::Resource(..))) && call.request.method == Method::GET;
            if reads && reply.status == StatusCode::NOT_FOUND {
                *reply = Reply::json(StatusCode::OK, json!({}));
            }
        })],
    ),
    fault(
        "read-by-user-name",
        &[Hook::Admitted(|call, route| {
            let Route::Resource(Kind::User, name) = route else { return None };
            if call.store().get(Kind::User, name).is_some() {
                return None;
            }
            let named = |user: &&Arc<Resource>| {
                ["userName", "externalId"]
                    .iter()
                    .any(|by| user.value.get(by).is_some_and(|value| value == name))
            };
            let user = call.store().list(&[Kind::User]).iter().find(named).cloned()?;
            let uri = format!("{BASE_PATH}/Users/{}", user.id).parse().ok()?;
            Some(call.nested(&Request { uri, ..call.request.clone() }))
        })],
    ),
    fault(
        "unknown-query-parameter-400",
        &[Hook::Admitted(|call, _| {
            const KNOWN: [&str; 8] = [
                "filter",
                "sortBy",
                "sortOrder",
                "startIndex",
                "count",
                "cursor",
                "attributes",
                "excludedAttributes",
            ];
            let query = call.request.uri.query().unwrap_or_default();
            let unknown = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| !KNOWN.contains(&&*name));
            unknown.then(|| refusal(ScimType::InvalidSyntax, "unknown parameter").into_reply())
        })],
    ),
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
                remove_from_each(body, "Resources", "emails");
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
            if let Some(schemas) = schemas_of(resource).filter(|_| kind == Kind::User) {
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
