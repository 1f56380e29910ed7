//! Groups and their members.

use std::sync::Arc;

use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Pass, Warn};
use crate::scim::error::ScimType;
use crate::scim::schema::{Attribute, Mutability};
use crate::server::choice::Choice;
use crate::server::edit::{refusal, values};
use crate::server::hook::Hook;
use crate::server::kind::{Kind, Model};
use crate::server::route::Route;

/// From how many members on a group is large.
const LARGE: usize = 200;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "group-names-unique",
        Warn,
        &["group-displayname"],
        "groups",
        "The displayName of a group that is taken is refused with 409",
        &[Hook::Stored(|write, store, group| {
            let id = write.old.and_then(|old| old.get("id"));
            let name =
                |group: &Value| group.get("displayName").and_then(Value::as_str).map(str::to_lowercase);
            let others = store.list(&[Kind::Group]);
            let taken = |other: &Value| name(other) == name(group) && other.get("id") != id;
            if write.kind == Kind::Group && others.iter().any(|other| taken(&other.value)) {
                return Err(refusal(ScimType::Uniqueness, "`displayName` is taken"));
            }
            Ok(())
        })],
    ),
    variant(
        "group-without-name-accepted",
        Warn,
        &["group-displayname"],
        "groups",
        "displayName of a group is not required, as in RFC 7643 §8.7.1",
        &[Hook::Model(|model| {
            let group = Arc::make_mut(&mut model.group.core);
            let names = group.attributes.iter_mut().filter(|attribute| attribute.name == "displayName");
            names.for_each(|attribute| attribute.required = false);
        })],
    ),
    variant(
        "members-read-only",
        Warn,
        &["schema-subset"],
        "groups",
        "Members are readOnly: they come from elsewhere",
        &[Hook::Model(|model| {
            members(model, |members| members.mutability = Mutability::ReadOnly);
        })],
    ),
    variant(
        "members-required",
        Warn,
        &["schema-subset"],
        "groups",
        "Members are required, as in directories whose groups cannot be empty",
        &[Hook::Model(|model| members(model, |members| members.required = true))],
    ),
    variant(
        "nested-groups-refused",
        Pass,
        &["nested-groups"],
        "groups",
        "A group cannot be a member of a group",
        &[Hook::Stored(|write, store, group| {
            let is_group = |member: &Value| {
                member
                    .get("value")
                    .and_then(Value::as_str)
                    .is_some_and(|id| store.get(Kind::Group, id).is_some())
            };
            if write.kind == Kind::Group && values(group, "members").any(|member| is_group(member)) {
                return Err(refusal(ScimType::InvalidValue, "nested groups are not supported"));
            }
            Ok(())
        })],
    ),
    variant(
        "unknown-members-accepted",
        Pass,
        &["member-referential-integrity"],
        "groups",
        "Members need not exist",
        &[Hook::Choice(Choice::AcceptUnknownMembers)],
    ),
    variant(
        "members-without-display",
        Pass,
        &["members-display"],
        "groups",
        "Members have no display",
        &[Hook::Shown(|_, _, _, group| {
            for member in values(group, "members").filter_map(Value::as_object_mut) {
                member.shift_remove("display");
            }
        })],
    ),
    variant(
        "members-by-value-only",
        Pass,
        &["members-display", "member-referential-integrity"],
        "groups",
        "Members have nothing but a value",
        &[Hook::Shown(|_, _, _, group| {
            for member in values(group, "members").filter_map(Value::as_object_mut) {
                member.retain(|name, _| name == "value");
            }
        })],
    ),
    variant(
        "members-relative-ref",
        Pass,
        &["relative-references"],
        "groups",
        "$ref of members is relative to the resource, as in RFC 7643 §8.4",
        &[Hook::Shown(|call, _, _, group| {
            for member in values(group, "members") {
                if let Some(Value::String(url)) = member.get_mut("$ref")
                    && let Some(below) = url.strip_prefix(call.base_url)
                {
                    *url = format!("..{below}");
                }
            }
        })],
    ),
    variant(
        "deleted-members-stay",
        Warn,
        &["delete-group-membership"],
        "groups",
        "A deleted user stays a member of groups",
        &[Hook::Choice(Choice::KeepDeletedMembers)],
    ),
    variant(
        "large-groups-without-members",
        Warn,
        &["large-groups"],
        "groups",
        "Lists show groups of more than 200 members without them",
        &[Hook::Shown(|call, kind, _, group| {
            let in_list = !matches!(Route::parse(call.request.uri.path()), Some(Route::Resource(..)));
            if kind == Kind::Group && in_list && values(group, "members").count() > LARGE {
                group.as_object_mut().and_then(|group| group.shift_remove("members"));
            }
        })],
    ),
];

fn members(model: &mut Model, change: fn(&mut Attribute)) {
    let group = Arc::make_mut(&mut model.group.core);
    group.attributes.iter_mut().filter(|attribute| attribute.name == "members").for_each(change);
}
