//! What values of lists, references and single attributes look like when they are shown, each spoilt in one way.

use axum::http::Method;
use serde_json::{Value, json};

use super::parts::{plain_attributes, remove, remove_from_each, stored};
use super::values::{each_reference, when_read, when_written};
use super::{FaultInfo, fault};
use crate::scim::urn;
use crate::server::edit::{as_sent, each_text, own_attributes, values};
use crate::server::hook::Hook;
use crate::server::kind::Kind;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("texts-are-objects", &[Hook::Shown(|call, _, _, shown| when_read(call, shown, wrap_texts))]),
    fault(
        "urls-are-no-uris",
        &[Hook::Shown(|_, _, _, shown| each_url(shown, &|url| *url = "http://[no host".into()))],
    ),
    fault(
        "photos-are-pages",
        &[Hook::Shown(|_, _, _, shown| {
            for photo in values(shown, "photos").filter_map(|photo| photo.get_mut("value")) {
                *photo = format!("{}.html", photo.as_str().unwrap_or_default()).into();
            }
        })],
    ),
    fault(
        "core-in-a-container-only",
        &[Hook::Shown(|call, kind, _, shown| {
            if call.request.method == Method::GET {
                contain(kind, shown);
            }
        })],
    ),
    fault(
        "unset-parts-of-a-name-shown",
        &[Hook::Shown(|_, _, _, shown| {
            if let Some(name) = shown.get_mut("name").and_then(Value::as_object_mut) {
                for part in ["middleName", "honorificPrefix", "honorificSuffix"] {
                    name.entry(part).or_insert_with(|| "none".into());
                }
            }
        })],
    ),
    fault("first-value-shown-twice-as-primary", &[Hook::Shown(|_, _, _, shown| repeat_first(shown))]),
    fault(
        "references-are-urns",
        &[Hook::Shown(|_, _, _, shown| {
            each_reference(shown, &|reference| *reference = "urn:example:directory:entry".into());
        })],
    ),
    fault(
        "members-without-ids",
        &[Hook::Shown(|_, _, _, shown| remove_from_each(shown, "members", "value"))],
    ),
    fault(
        "groups-of-a-user-without-ids",
        &[Hook::Shown(|_, _, _, shown| remove_from_each(shown, "groups", "value"))],
    ),
    fault(
        "groups-are-indirect",
        &[Hook::Shown(|_, _, _, shown| {
            values(shown, "groups").for_each(|group| group["type"] = "indirect".into());
        })],
    ),
    fault(
        "nested-groups-shown-as-the-group-itself",
        &[Hook::Shown(|_, _, _, shown| {
            let id = shown.get("id").cloned().unwrap_or_default();
            values(shown, "members")
                .filter(|member| member["type"] == "Group")
                .for_each(|member| member["value"] = id.clone());
        })],
    ),
    fault(
        "manager-shown-as-text",
        &[
            Hook::Stored(|write, _, new| {
                let sent = as_sent(write);
                let manager = sent.get(urn::ENTERPRISE_USER).and_then(|extension| extension.get("manager"));
                if manager.is_some_and(|manager| manager == &json!({})) {
                    new[urn::ENTERPRISE_USER]["manager"] = "nobody".into();
                }
                Ok(())
            }),
            Hook::Shown(|_, kind, _, shown| {
                if let (Kind::User, Some(extension)) = (kind, shown.get_mut(urn::ENTERPRISE_USER)) {
                    let manager = &mut extension["manager"];
                    *manager = manager.get("value").cloned().unwrap_or_else(|| "nobody".into());
                }
            }),
        ],
    ),
    fault("last-modified-goes-back", &[Hook::Shown(modified_earlier)]),
    fault(
        "answer-to-write-lengthens-texts",
        &[Hook::Shown(|call, _, _, shown| when_written(call, shown, lengthen))],
    ),
    fault(
        "create-tells-no-version",
        &[Hook::Shown(|call, _, _, shown| {
            if let Some(meta) = shown.get_mut("meta").filter(|_| call.request.method == Method::POST) {
                remove(meta, "version");
            }
        })],
    ),
    fault(
        "one-member-to-those-who-name-members",
        &[Hook::Shown(|_, _, projection, shown| {
            let members = shown.get_mut("members").filter(|_| !projection.attributes.is_empty());
            if let Some(members) = members.and_then(Value::as_array_mut) {
                members.truncate(1);
            }
        })],
    ),
    fault(
        "password-shown-when-read",
        &[Hook::Shown(|call, kind, _, shown| {
            let stored = stored(call, kind, shown);
            let password = stored.as_ref().and_then(|stored| stored.value.get("password"));
            if let Some(password) = password.filter(|_| call.request.method == Method::GET) {
                shown["password"] = password.clone();
            }
        })],
    ),
];

fn wrap_texts(shown: &mut Value) {
    let wrap = |value: &mut Value| {
        if value.is_string() {
            *value = json!({ "value": value.take() });
        }
    };
    for (name, value) in own_attributes(shown) {
        match value.as_object_mut().filter(|_| name == "name") {
            Some(parts) => parts.iter_mut().for_each(|(_, part)| wrap(part)),
            None => wrap(value),
        }
    }
}

/// Every attribute that is the URL of something outside.
fn each_url(shown: &mut Value, change: &dyn Fn(&mut Value)) {
    if let Some(url) = shown.get_mut("profileUrl") {
        change(url);
    }
    values(shown, "photos").filter_map(|photo| photo.get_mut("value")).for_each(change);
}

/// Moves the attributes of the core schema into a container, as if it were an extension.
fn contain(kind: Kind, shown: &mut Value) {
    let Some(object) = shown.as_object_mut() else { return };
    let stays = |name: &str| ["schemas", "id", "meta"].contains(&name) || name.starts_with("urn:");
    let own: Vec<String> = object.keys().filter(|name| !stays(name)).cloned().collect();
    let moved = own.into_iter().filter_map(|name| object.shift_remove(&name).map(|value| (name, value)));
    let moved: serde_json::Map<String, Value> = moved.collect();
    let container = if kind == Kind::User { urn::USER } else { urn::GROUP };
    object.insert(container.to_owned(), moved.into());
}

/// The first value of every list of complex values once more, both of them primary.
fn repeat_first(shown: &mut Value) {
    for (_, value) in plain_attributes(shown) {
        if let Some(list) = value.as_array_mut()
            && let Some(first) = list.first_mut().filter(|first| first.is_object())
        {
            first["primary"] = true.into();
            let first = first.clone();
            list.push(first);
        }
    }
}

/// Every time that a resource is shown, it was changed before the time of which the last answer spoke.
fn modified_earlier(call: Call<'_>, _: Kind, _: &crate::scim::projection::Projection, shown: &mut Value) {
    let times = call.service.hooks.times("shown");
    if let Some(time) = shown.pointer_mut("/meta/lastModified") {
        *time = format!("2038-01-01T00:00:00.{:06}Z", 999_999_usize.saturating_sub(times)).into();
    }
}

fn lengthen(shown: &mut Value) {
    let texts = own_attributes(shown).filter(|(_, value)| value.is_string());
    texts.for_each(|(_, value)| each_text(value, &|text| text.push('.')));
}
