//! Odd and hostile requests.

use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::failing::{break_down, fails_if, our_fault};
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::filter::Filter;
use crate::scim::object::member;
use crate::scim::patch::{PatchOperation, PatchPath, PatchRequest};
use crate::scim::projection::Projection;
use crate::server::edit::{fail, list, operations, parameter, scim_type, target, user_with};
use crate::server::hook::Hook;
use crate::server::http::{ReceivedBody, Request};
use crate::server::kind::Kind;
use crate::server::negotiate::json_body;
use crate::server::reply::Reply;
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "post-without-body-500",
        &[Hook::Reply(|call, _, reply| {
            let empty = matches!(&call.request.body, ReceivedBody::Whole(bytes) if bytes.is_empty());
            if call.request.method == Method::POST && empty && reply.status == StatusCode::BAD_REQUEST {
                fail(reply, 500, "Internal error");
            }
        })],
    ),
    fault("patch-that-is-none-succeeds", &[Hook::Admitted(take_for_a_patch)]),
    fault(
        "create-missing-username-500",
        &[Hook::Reply(|call, route, reply| {
            let creates =
                call.request.method == Method::POST && route == Some(&Route::Collection(Kind::User));
            let nameless = || {
                let body = json_body(call.request).ok();
                body.as_ref()
                    .and_then(Value::as_object)
                    .is_some_and(|body| member(body, "userName").is_none())
            };
            if creates && reply.status == StatusCode::BAD_REQUEST && nameless() {
                break_down(reply);
            }
        })],
    ),
    fault(
        "deep-json-nesting-crash",
        &[Hook::Admitted(|call, _| match &call.request.body {
            ReceivedBody::Whole(bytes) => (depth(bytes) > 100).then(our_fault),
            _ => None,
        })],
    ),
    fault(
        "empty-complex-object-crash",
        &[Hook::Body(|_, body| {
            let is_empty = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
            let mut given: Vec<&Value> = body.get("name").into_iter().collect();
            given.extend(body.get("Operations").and_then(Value::as_array).into_iter().flatten().filter_map(
                |operation| {
                    let value = operation.get("value")?;
                    if operation.get("path").is_some() { Some(value) } else { value.get("name") }
                },
            ));
            fails_if(given.into_iter().any(is_empty))
        })],
    ),
    fault(
        "filter-illegal-operator-500",
        &[Hook::Reply(|_, _, reply| {
            if scim_type(reply) == Some(ScimType::InvalidFilter) {
                break_down(reply);
            }
        })],
    ),
    fault(
        "filter-number-null-crash",
        &[Hook::Search(|call, kinds, search| {
            let orders = search.filter.as_ref().and_then(ordered);
            let lacks = |name: &str| {
                let all = call.store().list(kinds);
                all.iter().any(|resource| resource.value.get(name).is_none())
            };
            fails_if(orders.is_some_and(lacks))
        })],
    ),
    fault(
        "filter-stack-overflow",
        &[Hook::Admitted(|call, _| {
            let filter = parameter(call.request, "filter")?;
            (filter.matches('(').count() > 20).then(our_fault)
        })],
    ),
    fault(
        "group-large-500",
        &[Hook::Reply(|_, _, reply| {
            let groups = list(reply).and_then(|list| list.get("Resources")?.as_array());
            let is_large = |group: &Value| {
                group.get("members").and_then(Value::as_array).is_some_and(|members| members.len() > 25)
            };
            if groups.is_some_and(|groups| groups.iter().any(is_large)) {
                break_down(reply);
            }
        })],
    ),
    fault("id-with-plus-or-space-fails", &[Hook::Received(decode_twice)]),
    fault(
        "list-500-when-restricted-user-present",
        &[Hook::Admitted(|call, route| {
            let lists = call.request.method == Method::GET && *route == Route::Collection(Kind::User);
            let hidden = |user: &Value| user.get("active") == Some(&Value::Bool(false));
            (lists && user_with(call, hidden).is_some()).then(our_fault)
        })],
    ),
    fault(
        "nul-or-control-char-500",
        &[Hook::Body(|_, body| {
            // As JSON writes it.
            fails_if(body.to_string().contains("\\u0000"))
        })],
    ),
    fault(
        "patch-emails-null-value-500",
        &[Hook::Body(|write, body| {
            let patches = write.call.request.method == Method::PATCH;
            let lists = operations(body).filter(|_| patches).into_iter().flatten();
            let mut values = lists.filter_map(|operation| operation.get("value")?.as_array()).flatten();
            let hollow = values.any(|item| item.get("value").is_some_and(Value::is_null));
            fails_if(hollow)
        })],
    ),
    fault(
        "patch-group-typo-path-500",
        &[Hook::Reply(|_, route, reply| {
            let group = matches!(route, Some(Route::Resource(Kind::Group, _)));
            if group && scim_type(reply) == Some(ScimType::InvalidPath) {
                break_down(reply);
            }
        })],
    ),
];

/// Answers a PATCH that cannot be read as if it asked for nothing.
fn take_for_a_patch(call: Call<'_>, route: &Route) -> Option<Reply> {
    let old = target(call, route).filter(|_| call.request.method == Method::PATCH)?;
    let body = match json_body(call.request) {
        Err(refusal) if refusal.error.status != 400 => return None,
        body => body.unwrap_or_default(),
    };
    let schemas = call.schemas(old.kind);
    let reads = |operation: &PatchOperation| {
        operation.path.as_ref().is_none_or(|path| PatchPath::parse(path, schemas).is_ok())
    };
    let is_one = PatchRequest::from_value(&body).is_ok_and(|request| request.operations.iter().all(reads));
    let answer = || call.about(Reply::json(StatusCode::OK, call.present(&old, &Projection::default())), &old);
    (!is_one).then(answer)
}

/// How deeply lists and objects are nested, at most; brackets in texts count too.
fn depth(json: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for byte in json {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(open);
    }
    deepest
}

/// The attribute of the first comparison by order.
fn ordered(filter: &Filter) -> Option<&str> {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => terms.iter().find_map(ordered),
        Filter::Not(inner) => ordered(inner),
        Filter::Compare { path, operator, .. } if operator.is_ordering() => Some(&path.name),
        _ => None,
    }
}

/// Undoes the encoding of plus and percent signs before the rest, which makes it twice in all.
fn decode_twice(request: &mut Request) {
    let uri = request.uri.to_string();
    if let Ok(decoded) = uri.replace("%2B", "+").replace("%2b", "+").replace("%25", "%").parse() {
        request.uri = decoded;
    }
}
