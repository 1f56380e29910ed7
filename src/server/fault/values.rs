//! What resources look like when they are shown: each of these spoils one kind of value everywhere.

use axum::http::Method;
use axum::http::header::ETAG;
use serde_json::{Value, json};

use super::parts::{plain_attributes, remove, schemas_of};
use super::{FaultInfo, fault};
use crate::scim::schema::AttributeType;
use crate::scim::urn;
use crate::server::edit::{each_text, fill, own_attributes, remove_header, values};
use crate::server::hook::Hook;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("read-spoils-texts", &[Hook::Shown(|call, _, _, shown| when_read(call, shown, spoil_texts))]),
    fault(
        "answer-to-write-spoils-texts",
        &[Hook::Shown(|call, _, _, shown| when_written(call, shown, spoil_texts))],
    ),
    fault(
        "answer-to-write-shows-hardly-anything",
        &[Hook::Shown(|call, _, _, shown| when_written(call, shown, bare))],
    ),
    fault("read-spoils-names", &[Hook::Shown(|call, _, _, shown| when_read(call, shown, spoil_names))]),
    fault(
        "read-shows-no-id",
        &[Hook::Shown(|call, _, _, shown| when_read(call, shown, |shown| remove(shown, "id")))],
    ),
    fault(
        "read-shows-no-meta",
        &[Hook::Shown(|call, _, _, shown| when_read(call, shown, |shown| remove(shown, "meta")))],
    ),
    fault("booleans-inverted", &[Hook::Shown(|call, _, _, shown| when_read(call, shown, invert))]),
    fault("dates-as-numbers", &[Hook::Shown(|_, _, _, shown| number_dates(shown))]),
    fault("lists-doubled", &[Hook::Shown(|_, _, _, shown| double_lists(shown))]),
    fault(
        "unassigned-shown-as-text",
        &[Hook::Shown(|call, kind, _, shown| {
            fill(call.schemas(kind), shown, |attribute| match attribute.attribute_type {
                AttributeType::Boolean => true.into(),
                _ if attribute.multi_valued => json!([{ "value": "none", "type": "none" }]),
                AttributeType::Complex => json!({ "formatted": "none", "value": "none" }),
                _ => "none".into(),
            });
        })],
    ),
    fault("part-of-value-made-up", &[Hook::Shown(|_, _, _, shown| complete_values(shown))]),
    fault("attributes-shown-in-capitals-too", &[Hook::Shown(|_, _, _, shown| capitals_too(shown))]),
    fault("extension-flattened-too", &[Hook::Shown(|_, _, _, shown| flatten(shown))]),
    fault("core-in-a-container-too", &[Hook::Shown(|_, _, _, shown| contain(shown))]),
    fault(
        "schemas-twice",
        &[Hook::Shown(|_, _, _, shown| edit_schemas(shown, |schemas| schemas.extend(schemas.clone())))],
    ),
    fault(
        "schemas-of-nobody",
        &[Hook::Shown(|_, _, _, shown| {
            edit_schemas(shown, |schemas| {
                schemas.push("urn:ietf:params:scim:schemas:core:2.0:Meta".into());
                schemas.push("urn:ietf:params:scim:core:2.0:Person".into());
                schemas.push("User".into());
            });
        })],
    ),
    fault(
        "schemas-without-the-core",
        &[Hook::Shown(|_, _, _, shown| {
            edit_schemas(shown, |schemas| {
                schemas.retain(|schema| schema.as_str().is_none_or(|schema| !schema.contains(":core:")));
            });
        })],
    ),
    fault("references-are-names", &[Hook::Shown(|_, _, _, shown| name_references(shown))]),
    fault(
        "member-types-wrong",
        &[Hook::Shown(|_, _, _, shown| {
            values(shown, "members").for_each(|member| member["type"] = "Person".into());
            values(shown, "groups").for_each(|group| {
                group["type"] = "member".into();
                group["display"] = "a group".into();
            });
        })],
    ),
    fault(
        "id-names-the-bulk-job",
        &[Hook::Shown(|call, _, _, shown| when_read(call, shown, |shown| shown["id"] = "bulkId:1".into()))],
    ),
    fault("etag-missing", &[Hook::Reply(|_, _, reply| remove_header(reply, &ETAG))]),
];

pub(super) fn when_read(call: Call<'_>, shown: &mut Value, change: fn(&mut Value)) {
    if call.request.method == Method::GET {
        change(shown);
    }
}

pub(super) fn when_written(call: Call<'_>, shown: &mut Value, change: fn(&mut Value)) {
    if call.request.method != Method::GET {
        change(shown);
    }
}

/// Leaves what every resource has.
fn bare(shown: &mut Value) {
    if let Some(object) = shown.as_object_mut() {
        object.retain(|name, _| ["schemas", "id", "meta"].contains(&name.as_str()));
    }
}

fn spoil_texts(shown: &mut Value) {
    for (_, value) in plain_attributes(shown).filter(|(name, _)| *name != "userName") {
        each_text(value, &|text| *text = text.chars().rev().chain("?".chars()).collect());
    }
}

fn spoil_names(shown: &mut Value) {
    for name in ["userName", "displayName"] {
        if let Some(Value::String(text)) = shown.get_mut(name) {
            text.push_str(" (imported)");
        }
    }
}

fn invert(shown: &mut Value) {
    if let Some(Value::Bool(flag)) = shown.get_mut("active") {
        *flag = !*flag;
    }
    for (_, value) in own_attributes(shown) {
        for part in value.as_array_mut().into_iter().flatten() {
            if let Some(part) = part.as_object_mut() {
                let primary = part.get("primary") == Some(&Value::Bool(true));
                part.insert("primary".to_owned(), (!primary).into());
            }
        }
    }
}

fn number_dates(shown: &mut Value) {
    for name in ["/meta/created", "/meta/lastModified"] {
        if let Some(time) = shown.pointer_mut(name) {
            *time = 1_767_225_600.into();
        }
    }
}

fn double_lists(shown: &mut Value) {
    for (_, value) in own_attributes(shown) {
        if let Some(values) = value.as_array_mut() {
            values.extend(values.clone());
        }
    }
}

/// Every value of a list gets the parts that it lacks.
fn complete_values(shown: &mut Value) {
    for (_, value) in plain_attributes(shown) {
        for part in value.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            part.insert("display".to_owned(), 7.into());
            part.insert("type".to_owned(), "other".into());
            part.insert("primary".to_owned(), true.into());
            part.insert("email".to_owned(), "none".into());
        }
    }
}

fn capitals_too(shown: &mut Value) {
    let Some(object) = shown.as_object_mut() else { return };
    let capital = |name: &str| {
        name.chars()
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(name.chars().skip(1)).collect())
    };
    let own = object
        .iter()
        .filter(|(name, _)| !["schemas", "id", "meta"].contains(&name.as_str()) && !name.starts_with("urn:"));
    let more: Vec<(String, Value)> = own.map(|(name, value)| (capital(name), value.clone())).collect();
    object.extend(more);
    for member in values(shown, "members").filter_map(Value::as_object_mut) {
        if let Some(reference) = member.get("$ref").cloned() {
            member.insert("href".to_owned(), reference);
        }
    }
}

fn flatten(shown: &mut Value) {
    let Some(Value::Object(extension)) = shown.get(urn::ENTERPRISE_USER).cloned() else { return };
    for (name, value) in extension {
        shown[format!("{}:{name}", urn::ENTERPRISE_USER)] = value.clone();
        shown[name] = value;
    }
}

fn contain(shown: &mut Value) {
    let Some(object) = shown.as_object() else { return };
    let container = if object.contains_key("userName") { urn::USER } else { urn::GROUP };
    let own: Value = object
        .iter()
        .filter(|(name, _)| !name.starts_with("urn:"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (name, value) in shown.as_object_mut().into_iter().flatten() {
        if let Some(extension) = value.as_object_mut().filter(|_| name.starts_with("urn:")) {
            extension.insert("id".to_owned(), own["id"].clone());
        }
    }
    shown[container] = own;
}

fn edit_schemas(shown: &mut Value, change: fn(&mut Vec<Value>)) {
    schemas_of(shown).into_iter().for_each(change);
}

/// Every `$ref`, however deep.
pub(super) fn each_reference(value: &mut Value, change: &dyn Fn(&mut Value)) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| each_reference(value, change)),
        Value::Object(members) => {
            for (name, value) in members {
                if name == "$ref" { change(value) } else { each_reference(value, change) }
            }
        }
        _ => {}
    }
}

fn name_references(shown: &mut Value) {
    each_reference(shown, &|reference| *reference = "uid=somebody, ou=people".into());
}
