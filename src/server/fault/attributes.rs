//! Attributes of resources, and their names.
#![allow(clippy::unnecessary_wraps)] // hooks of one kind have one signature

use serde_json::{Value, json};

use super::parts::{remove, schemas_of};
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::schema::AttributeType;
use crate::scim::urn::ENTERPRISE_USER;
use crate::server::edit::{fill, refusal, text, values, whole};
use crate::server::hook::{Hook, Write};
use crate::server::reply::Refusal;
use crate::server::store::Store;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "address-default-type-injected",
        &[Hook::Stored(|_, _, resource| {
            for address in values(resource, "addresses").filter(|address| address.get("type").is_none()) {
                address["type"] = "work".into();
            }
            if !values(resource, "emails").any(|email| email.get("primary") == Some(&json!(true))) {
                values(resource, "emails").take(1).for_each(|email| email["primary"] = true.into());
            }
            Ok(())
        })],
    ),
    fault("attribute-names-case-sensitive-body", &[Hook::Body(refuse_other_case)]),
    fault(
        "canonical-type-case-changed",
        &[Hook::Stored(|_, _, resource| {
            for email in values(resource, "emails") {
                if text(email, "/type").is_some_and(|kind| !["work", "home", "other"].contains(&kind)) {
                    email["type"] = "other".into();
                }
            }
            Ok(())
        })],
    ),
    fault("email-change-changes-username", &[Hook::Stored(rename_by_email)]),
    fault(
        "email-order-or-duplicates-lost",
        &[Hook::Stored(|_, _, resource| {
            if let Some(emails) = resource.get_mut("emails").and_then(Value::as_array_mut) {
                let primary = emails.iter().position(|email| email.get("primary") == Some(&json!(true)));
                emails.drain(..primary.unwrap_or_default());
                emails.truncate(1);
            }
            Ok(())
        })],
    ),
    fault(
        "enterprise-extension-dropped",
        &[Hook::Stored(|_, _, resource| {
            remove(resource, ENTERPRISE_USER);
            if let Some(schemas) = schemas_of(resource) {
                schemas.retain(|urn| urn != ENTERPRISE_USER);
            }
            Ok(())
        })],
    ),
    fault(
        "null-returned",
        &[Hook::Shown(|call, kind, projection, resource| {
            if projection.attributes.is_empty() && projection.excluded.is_empty() {
                fill(call.schemas(kind), resource, |attribute| match attribute.attribute_type {
                    _ if attribute.multi_valued => json!([null]),
                    AttributeType::String => "".into(),
                    _ => Value::Null,
                });
            }
        })],
    ),
    fault(
        "simple-multivalued-broken",
        &[Hook::Shown(|_, _, _, resource| resource.get_mut("schemas").into_iter().for_each(collapse))],
    ),
    fault(
        "single-element-array-collapsed",
        &[Hook::Shown(|call, kind, _, resource| {
            for (name, value) in resource.as_object_mut().into_iter().flatten() {
                let known = call.schemas(kind).core_attribute(name);
                if known.is_some_and(|known| known.multi_valued && known.is_complex()) {
                    collapse(value);
                }
            }
        })],
    ),
];

/// Puts the only element in place of the list.
fn collapse(list: &mut Value) {
    if let Some([only]) = list.as_array_mut().map(Vec::as_mut_slice) {
        *list = only.take();
    }
}

/// 400 for a name in another letter case than the schema's.
fn refuse_other_case(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    let misspelt = |name: &&String| {
        write.schemas().core_attribute(name).is_some_and(|known| known.name != **name && **name != "schemas")
    };
    match whole(write, body).and_then(|body| body.keys().find(misspelt)) {
        Some(name) => Err(refusal(ScimType::InvalidSyntax, format!("There is no attribute `{name}`"))),
        None => Ok(()),
    }
}

/// Another first e-mail address becomes the `userName`.
fn rename_by_email(write: &Write<'_>, _: &Store, user: &mut Value) -> Result<(), Refusal> {
    let old = write.old.and_then(|old| text(old, "/emails/0/value"));
    let new = text(user, "/emails/0/value").map(str::to_owned);
    if let (Some(_), Some(new)) = (write.old, new.filter(|new| old != Some(new.as_str()))) {
        user["userName"] = new.into();
    }
    Ok(())
}
