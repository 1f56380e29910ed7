//! PATCH, whatever the operation.

use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::{Method, StatusCode};
use serde_json::Value;

use super::{FaultInfo, fault};
use crate::scim::attribute_path::AttributePath;
use crate::scim::error::ScimType;
use crate::scim::patch::{PatchPath, PatchRequest};
use crate::server::choice::Choice;
use crate::server::edit::{nested_as, op, path, refusal, remove_header, request_body, values};
use crate::server::hook::{Hook, Write};
use crate::server::http::{ReceivedBody, Request};
use crate::server::kind::Kind;
use crate::server::negotiate::json_body;
use crate::server::patching::{alone, drop_operations, each, is_patch, requested, values_without_path};
use crate::server::reply::{Content, Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "patch-add-remove-silently-ignored",
        &[Hook::Body(|write, body| {
            if write.kind == Kind::User {
                drop_operations(body, |operation| op(operation) != "replace");
            }
            Ok(())
        })],
    ),
    fault(
        "patch-missing-required-revalidated-delta",
        &[Hook::Body(|write, body| {
            let names_it = body.to_string().to_ascii_lowercase().contains("username");
            if is_patch(write) && write.kind == Kind::User && !names_it {
                return Err(refusal(ScimType::InvalidValue, "`userName` is required"));
            }
            Ok(())
        })],
    ),
    fault("patch-not-atomic", &[Hook::Admitted(one_by_one)]),
    fault(
        "patch-pathless-replace-500",
        &[Hook::Body(|_, body| match each(body).find(|o| op(o) == "replace" && path(o).is_empty()) {
            Some(_) => Err(Refusal::new(500, "Unsupported attribute: null")),
            None => Ok(()),
        })],
    ),
    fault(
        "patch-pathless-urn-key-crash",
        &[Hook::Body(|write, body| {
            let schemas = write.schemas();
            let has_urn =
                |(name, value): (&String, &Value)| value.is_object() && schemas.schema(name).is_some();
            match values_without_path(body).find(|value| value.iter().any(has_urn)) {
                Some(_) => Err(Refusal::new(500, "Internal server error")),
                None => Ok(()),
            }
        })],
    ),
    fault(
        "patch-urn-path-with-subattribute-rejected",
        &[Hook::Body(|write, body| {
            let schemas = write.schemas();
            let is_qualified = |path: &str| path.starts_with("urn:") && schemas.schema(path).is_none();
            match each(body).find(|operation| is_qualified(path(operation))) {
                Some(_) => Err(refusal(ScimType::InvalidPath, "the path is not valid")),
                None => Ok(()),
            }
        })],
    ),
    fault(
        "patch-200-without-body",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::PATCH && reply.status == StatusCode::OK {
                reply.content = Content::Nothing;
                remove_header(reply, &CONTENT_TYPE);
            }
        })],
    ),
    fault(
        "patch-op-case-inconsistent",
        &[Hook::Body(|write, body| {
            if is_patch(write) {
                drop_operations(body, |operation| {
                    let word = operation.get("op").and_then(Value::as_str).unwrap_or_default();
                    word.starts_with(|first: char| first.is_ascii_uppercase())
                });
            }
            Ok(())
        })],
    ),
    fault(
        "patch-path-case-sensitive",
        &[Hook::Body(|write, body| match each(body).find(|operation| is_misspelt(write, path(operation))) {
            Some(_) => Err(refusal(ScimType::InvalidPath, "there is no such attribute")),
            None => Ok(()),
        })],
    ),
    fault(
        "patch-pathless-dotted-key-not-resolved",
        &[
            Hook::Body(|_, body| {
                for value in values_without_path(body) {
                    value.retain(|name, _| !is_dotted(name));
                }
                Ok(())
            }),
            Hook::Stored(|write, _, resource| {
                let operations = requested(write.call.request);
                let values = operations
                    .iter()
                    .filter(|o| path(o).is_empty())
                    .filter_map(|o| o.get("value")?.as_object());
                for (name, value) in values.flatten().filter(|(name, _)| is_dotted(name)) {
                    resource[name] = value.clone();
                }
                Ok(())
            }),
        ],
    ),
    fault(
        "patch-primary-not-unset",
        &[Hook::Stored(|write, _, resource| {
            let Some(old) = write.old.filter(|_| is_patch(write)) else { return Ok(()) };
            // What the client itself makes false is not primary any more.
            if requested(write.call.request).iter().any(|operation| operation.to_string().contains(":false"))
            {
                return Ok(());
            }
            for attribute in &write.schemas().core.attributes {
                keep_primary(resource, old, &attribute.name);
            }
            Ok(())
        })],
    ),
    fault(
        "patch-returns-old-representation",
        &[Hook::Admitted(|call, route| {
            if call.request.method != Method::PATCH || !matches!(route, Route::Resource(..)) {
                return None;
            }
            let before = call.nested(&nested_as(call, Method::GET, call.request.uri.clone()));
            let mut reply = call.nested(call.request);
            if reply.status == StatusCode::OK {
                reply.content = before.content;
            }
            Some(reply)
        })],
    ),
    fault(
        "filter-simple-multivalued-value-subattr",
        &[Hook::Body(|write, body| {
            let schemas = write.schemas();
            let is_simple = |text: &str| {
                let found = PatchPath::parse(text, schemas).ok().filter(|path| path.filter.is_some());
                let found = found.and_then(|path| path.attribute.resolve(schemas).map(|f| f.attribute));
                found.is_some_and(|attribute| !attribute.is_complex())
            };
            match each(body).find(|operation| is_simple(path(operation))) {
                Some(_) => Err(Refusal::new(500, "Internal server error")),
                None => Ok(()),
            }
        })],
    ),
    fault(
        "patch-empty-operations-accepted",
        &[
            Hook::Choice(Choice::PatchEmpty),
            Hook::Received(|request| {
                if request.method == Method::PATCH {
                    request_body(request, |body| {
                        if let Some(body) = body.as_object_mut() {
                            body.entry("Operations").or_insert_with(|| Value::Array(Vec::new()));
                        }
                    });
                }
            }),
        ],
    ),
    fault(
        "patch-extension-root-path-fails",
        &[Hook::Body(|write, body| {
            let extensions = &write.schemas().extensions;
            let is_one = |path: &str| extensions.iter().any(|(schema, _)| schema.id == path);
            match each(body).find(|operation| is_one(path(operation))) {
                Some(_) => Err(Refusal::new(500, "Internal server error")),
                None => Ok(()),
            }
        })],
    ),
    fault(
        "patch-replace-no-change-updates-or-fails",
        &[
            Hook::Stored(|write, _, resource| match write.old {
                Some(old) if is_patch(write) && old == resource => Err(Refusal::new(304, "Nothing changed")),
                _ => Ok(()),
            }),
            Hook::Reply(|call, _, reply| {
                if call.request.method == Method::PATCH && reply.status == StatusCode::NOT_MODIFIED {
                    *reply = Reply::empty(StatusCode::NOT_MODIFIED);
                }
            }),
        ],
    ),
    fault(
        "patch-string-bool-filter-fails",
        &[Hook::Body(|_, body| match each(body).find(|o| path(o).contains("primary eq \"")) {
            Some(_) => Err(refusal(ScimType::NoTarget, "the filter matches no value")),
            None => Ok(()),
        })],
    ),
];

/// Every operation is a request of its own; the first one that fails ends it.
fn one_by_one(call: Call<'_>, route: &Route) -> Option<Reply> {
    if call.request.method != Method::PATCH || !matches!(route, Route::Resource(..)) {
        return None;
    }
    let body = json_body(call.request).ok()?;
    PatchRequest::from_value(&body).ok()?;
    let mut last: Option<Reply> = None;
    for operation in body.get("Operations")?.as_array()? {
        let mut request = Request { body: ReceivedBody::Json(alone(operation)), ..call.request.clone() };
        if last.is_some() {
            request.headers.remove(IF_MATCH);
        }
        let reply = call.nested(&request);
        let failed = !reply.status.is_success();
        last = Some(reply);
        if failed {
            break;
        }
    }
    last
}

/// Whether a name is that of a sub-attribute, like `name.givenName`.
fn is_dotted(name: &str) -> bool {
    name.contains('.') && !name.contains(':')
}

/// Whether a path names an attribute in another letter case than its schema does.
fn is_misspelt(write: &Write<'_>, text: &str) -> bool {
    let schemas = write.schemas();
    let Ok(path) = PatchPath::parse(text, schemas) else { return false };
    let full = AttributePath { sub: path.sub_attribute().map(str::to_owned), ..path.attribute.clone() };
    full.resolve(schemas).is_some_and(|found| {
        found.attribute.name != full.name || found.sub.map(|sub| &sub.name) != full.sub.as_ref()
    })
}

/// Where another value has become primary, those that were so stay so.
fn keep_primary(resource: &mut Value, old: &Value, name: &str) {
    let is_primary = |item: &Value| item.get("primary") == Some(&Value::Bool(true));
    let before: Vec<&Value> = old.get(name).and_then(Value::as_array).into_iter().flatten().collect();
    if !values(resource, name).any(|item| is_primary(item)) {
        return;
    }
    for item in values(resource, name).filter(|item| item.get("primary") == Some(&Value::Bool(false))) {
        item["primary"] = Value::Bool(true);
        if !before.contains(&&*item) {
            item["primary"] = Value::Bool(false);
        }
    }
}
