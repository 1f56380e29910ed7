//! What the server makes of a user.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{VariantInfo, variant};
use crate::model::Verdict::{Pass, Warn};
use crate::scim::error::ScimType;
use crate::scim::schema::Mutability;
use crate::scim::urn::ENTERPRISE_USER;
use crate::server::choice::Choice;
use crate::server::edit::{refusal, values, whole};
use crate::server::hook::Hook;
use crate::server::kind::Kind;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "user-name-lower-cased",
        Pass,
        &["username-case"],
        "attributes",
        "userName is stored in lower case",
        &[Hook::Stored(|_, _, user| {
            lower(user, "userName");
            Ok(())
        })],
    ),
    variant(
        "emails-lower-cased",
        Pass,
        &["canonicalization"],
        "attributes",
        "E-mail addresses are stored in lower case",
        &[Hook::Stored(|_, _, user| {
            values(user, "emails").for_each(|email| lower(email, "value"));
            Ok(())
        })],
    ),
    variant(
        "phones-canonicalised",
        Pass,
        &["canonicalization"],
        "attributes",
        "Phone numbers are stored as digits",
        &[Hook::Stored(|_, _, user| {
            for phone in values(user, "phoneNumbers") {
                if let Some(Value::String(number)) = phone.get_mut("value") {
                    number.retain(|c| c.is_ascii_digit() || c == '+');
                }
            }
            Ok(())
        })],
    ),
    variant(
        "active-by-default",
        Pass,
        &["active-semantics"],
        "attributes",
        "A user is created active unless the client says otherwise",
        &[Hook::Stored(|write, _, user| {
            if write.kind == Kind::User && write.old.is_none() && user.get("active").is_none() {
                user["active"] = json!(true);
            }
            Ok(())
        })],
    ),
    variant(
        "display-name-by-default",
        Pass,
        &["put-omitted"],
        "attributes",
        "A user without displayName gets the userName as one",
        &[Hook::Stored(|write, _, user| {
            if write.kind == Kind::User && user.get("displayName").is_none() {
                user["displayName"] = user.get("userName").cloned().unwrap_or_default();
            }
            Ok(())
        })],
    ),
    variant(
        "display-name-derived",
        Warn,
        &["schema-subset"],
        "attributes",
        "displayName is readOnly, and made from the name or the userName",
        &[
            Hook::Model(|model| {
                let user = Arc::make_mut(&mut model.user.core);
                let names = user.attributes.iter_mut().filter(|attribute| attribute.name == "displayName");
                names.for_each(|attribute| attribute.mutability = Mutability::ReadOnly);
            }),
            Hook::Stored(|write, _, user| {
                if write.kind == Kind::User {
                    user["displayName"] = derived_name(user);
                }
                Ok(())
            }),
        ],
    ),
    variant(
        "without-active",
        Pass,
        &["schema-subset"],
        "schema",
        "The User schema has no active",
        &[Hook::Model(|model| {
            let user = Arc::make_mut(&mut model.user.core);
            user.attributes.retain(|attribute| attribute.name != "active");
        })],
    ),
    variant(
        "first-email-primary",
        Warn,
        &["primary-toggle"],
        "attributes",
        "The first e-mail address is the primary one unless the client says otherwise",
        &[Hook::Stored(|_, _, user| {
            let is_primary = |email: &Value| email.get("primary") == Some(&json!(true));
            if !values(user, "emails").any(|email| is_primary(email))
                && let Some(Value::Object(first)) = values(user, "emails").next()
            {
                first.insert("primary".to_owned(), json!(true));
            }
            Ok(())
        })],
    ),
    variant(
        "external-id-unique",
        Warn,
        &["externalid-scope"],
        "attributes",
        "An externalId that is taken is refused with 409",
        &[Hook::Stored(|write, store, resource| {
            let Some(given) = resource.get("externalId") else { return Ok(()) };
            let id = write.old.and_then(|old| old.get("id"));
            let others = store.list(&[write.kind]);
            let taken = |value: &Value| value.get("externalId") == Some(given) && value.get("id") != id;
            if others.iter().any(|other| taken(&other.value)) {
                return Err(refusal(ScimType::Uniqueness, "`externalId` is taken"));
            }
            Ok(())
        })],
    ),
    variant(
        "manager-string-refused",
        Pass,
        &["manager-required"],
        "enterprise",
        "A manager that is a string is refused with 400",
        &[Hook::Body(|write, body| {
            let manager = whole(write, body).and_then(|body| body.get(ENTERPRISE_USER)?.get("manager"));
            if manager.is_some_and(Value::is_string) {
                return Err(refusal(ScimType::InvalidValue, "`manager` is complex"));
            }
            Ok(())
        })],
    ),
    variant(
        "deleted-names-reserved",
        Warn,
        &["delete-semantics"],
        "crud-delete",
        "The userName of a deleted user stays taken",
        &[Hook::Choice(Choice::ReserveUserNames)],
    ),
    variant(
        "user-groups-absent",
        Pass,
        &["user-groups-attribute"],
        "groups",
        "A user is shown without groups",
        &[Hook::Shown(|_, _, _, user| {
            user.as_object_mut().and_then(|user| user.shift_remove("groups"));
        })],
    ),
    variant(
        "user-groups-bare",
        Pass,
        &["user-groups-attribute"],
        "groups",
        "The groups of a user have only value and display",
        &[Hook::Shown(|_, _, _, user| {
            for group in values(user, "groups").filter_map(Value::as_object_mut) {
                group.retain(|name, _| name == "value" || name == "display");
            }
        })],
    ),
];

fn lower(holder: &mut Value, name: &str) {
    if let Some(Value::String(text)) = holder.get_mut(name) {
        *text = text.to_lowercase();
    }
}

/// The given and the family name; without them the `userName`.
fn derived_name(user: &Value) -> Value {
    let part = |path: &str| user.pointer(path).and_then(Value::as_str);
    let parts: Vec<_> = ["/name/givenName", "/name/familyName"].into_iter().filter_map(part).collect();
    if parts.is_empty() { user["userName"].clone() } else { parts.join(" ").into() }
}
