//! Deactivating and reactivating users.

use axum::http::Method;
use serde_json::Value;

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::server::edit::{op, path, refusal, values, whole_mut};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::patching::{drop_operations, each, whole_attribute};

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "active-case-or-urn-path-ignored",
        &[Hook::Body(|write, body| {
            drop_operations(body, |operation| {
                is_about_active(write, operation) && path(operation) != "active"
            });
            Ok(())
        })],
    ),
    fault(
        "deactivation-put-ignored",
        &[Hook::Body(|write, body| {
            let active = write.old.and_then(|old| old.get("active"));
            if let (Some(active), Some(body)) = (active, whole_mut(write, body)) {
                body.insert("active".to_owned(), active.clone());
            }
            Ok(())
        })],
    ),
    fault(
        "inactive-user-recreate-conflict",
        &[Hook::Found(|_, _, found| {
            found.retain(|resource| resource.value.get("active") != Some(&Value::Bool(false)));
        })],
    ),
    fault(
        "patch-active-string-false-stored-truthy",
        &[Hook::Body(|write, body| {
            for operation in each(body).filter(|operation| sets_text(write, operation)) {
                operation["value"] = Value::Bool(true);
            }
            Ok(())
        })],
    ),
    fault(
        "patch-op-read-as-noop-active-false",
        &[Hook::Body(|write, body| {
            drop_operations(body, |operation| {
                let is_false = operation.get("value") == Some(&Value::Bool(false));
                op(operation) == "replace" && is_false && is_about_active(write, operation)
            });
            Ok(())
        })],
    ),
    fault(
        "reactivation-does-not-restore",
        &[Hook::Login(|login, right| right && login.since_deactivated.is_none())],
    ),
    fault(
        "deprovision-rename-corrupts-email",
        &[Hook::Stored(|write, _, user| {
            let name = user.get("userName").cloned();
            let renamed =
                write.kind == Kind::User && write.old.is_some_and(|old| old.get("userName") != name.as_ref());
            if let (true, Some(name), Some(email)) = (renamed, name, values(user, "emails").next()) {
                email["value"] = name;
            }
            Ok(())
        })],
    ),
    fault(
        "last-admin-deactivation-500",
        &[Hook::Stored(|write, _, user| {
            // The user behind a token is the one who administers here.
            let subject = write.call.access.and_then(|access| access.subject);
            let is_subject = subject.is_some() && user.get("id").and_then(Value::as_str) == subject;
            if is_subject && write.call.request.method != Method::POST {
                user["active"] = Value::Bool(true);
            }
            Ok(())
        })],
    ),
    fault(
        "patch-active-string-false-rejected",
        &[Hook::Body(|write, body| match each(body).find(|operation| sets_text(write, operation)) {
            Some(_) => Err(refusal(ScimType::InvalidValue, "`active` is a Boolean")),
            None => Ok(()),
        })],
    ),
];

fn is_about_active(write: &Write<'_>, operation: &Value) -> bool {
    whole_attribute(write, path(operation)).is_some_and(|attribute| attribute.name == "active")
}

/// Whether an operation gives `active` a string.
fn sets_text(write: &Write<'_>, operation: &Value) -> bool {
    is_about_active(write, operation) && operation.get("value").is_some_and(Value::is_string)
}
