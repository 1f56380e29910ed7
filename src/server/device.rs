//! A resource type of our own, with an extension: attributes of every data type and with every characteristic, which
//! User and Group do not have. A server has it by the variant `devices`, which proves that the cases that are derived
//! from schemas raise no false alarm, and by the faults of the area `custom-types`.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::hook::Write;
use super::kind::{Kind, Model};
use super::reply::Refusal;
use super::store::Store;
use crate::scim::resource_type::{ResourceSchemas, ResourceType, SchemaExtension};
use crate::scim::schema::{Attribute, AttributeType, Schema};

/// URN of the core schema.
const DEVICE: &str = "urn:example:scim:schemas:core:2.0:Device";
/// URN of the extension.
pub(super) const WARRANTY: &str = "urn:example:scim:schemas:extension:2.0:Warranty";

/// What the server alone sets, with the values that it gives.
const FIRMWARE: &str = "4.2";
const GEO: &str = "52.5N 13.4E";
const CHECKED: &str = "2026-01-02T03:04:05.000Z";

/// `/Devices`, with the extension, which no device has to have.
pub(super) fn schemas() -> ResourceSchemas {
    static SCHEMAS: OnceLock<[Arc<Schema>; 2]> = OnceLock::new();
    let [device, warranty] = SCHEMAS.get_or_init(|| {
        [include_str!("device/device.json"), include_str!("device/warranty.json")].map(|text| {
            let value: Value = serde_json::from_str(text).expect("an embedded schema is JSON");
            Arc::new(Schema::from_value(&value).expect("an embedded schema has an id"))
        })
    });
    ResourceSchemas {
        resource_type: ResourceType {
            name: Kind::Device.name().to_owned(),
            id: Some(Kind::Device.name().to_owned()),
            endpoint: format!("/{}", Kind::Device.segment()),
            description: Some("Device".to_owned()),
            schema: DEVICE.to_owned(),
            schema_extensions: vec![SchemaExtension { schema: WARRANTY.to_owned(), required: false }],
        },
        core: Arc::clone(device),
        extensions: vec![(Arc::clone(warranty), false)],
    }
}

/// Gives a server the resource type.
pub(super) fn add(model: &mut Model) {
    model.add(Kind::Device);
}

/// Completes a device as it is stored: another form of dateTimes, a default on create, and what is readOnly.
#[expect(clippy::unnecessary_wraps, reason = "hooks of one kind have one signature")]
pub(super) fn complete(write: &Write<'_>, _: &Store, device: &mut Value) -> Result<(), Refusal> {
    if write.kind != Kind::Device {
        return Ok(());
    }
    if write.old.is_none() && device.get("status").is_none() {
        device["status"] = json!("new");
    }
    let schemas = write.schemas();
    normalise_all(&schemas.core.attributes, device);
    for (extension, _) in &schemas.extensions {
        if let Some(values) = device.get_mut(&extension.id) {
            normalise_all(&extension.attributes, values);
        }
    }
    set_read_only(device);
    Ok(())
}

/// Writes every dateTime in UTC with milliseconds.
fn normalise_all(attributes: &[Attribute], object: &mut Value) {
    for attribute in attributes {
        let Some(value) = object.get_mut(&attribute.name) else { continue };
        match attribute.attribute_type {
            AttributeType::DateTime => normalise(value),
            AttributeType::Complex if value.is_object() => normalise_all(&attribute.sub_attributes, value),
            _ => {}
        }
    }
}

fn normalise(value: &mut Value) {
    if let Some(instant) = value.as_str().and_then(|text| DateTime::parse_from_rfc3339(text).ok()) {
        *value = instant.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Millis, true).into();
    }
}

fn set_read_only(device: &mut Value) {
    device["firmware"] = json!(FIRMWARE);
    device["health"] = json!(99);
    device["load"] = json!(0.25);
    device["reachable"] = json!(true);
    device["checked"] = json!(CHECKED);
    device["checks"] = json!([{ "value": "disk", "passed": true }]);
    let set = |place: Option<&mut Value>, name: &str, value: Value| {
        if let Some(place) = place.filter(|place| place.is_object()) {
            place[name] = value;
        }
    };
    set(device.get_mut("location"), "geo", json!(GEO));
    set(device.get_mut("warehouse"), "geo", json!(GEO));
    for interface in device.get_mut("interfaces").and_then(Value::as_array_mut).into_iter().flatten() {
        set(Some(interface), "driver", json!("generic"));
    }
    if let Some(warranty) = device.get_mut(WARRANTY) {
        set(warranty.get_mut("vendor"), "code", json!("V1"));
        set(Some(&mut *warranty), "score", json!(0));
        set(Some(warranty), "grade", json!("A"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::Mutability;

    #[test]
    fn every_data_type_is_there_and_each_is_read_only_somewhere() {
        let schemas = schemas();
        let all: Vec<&Attribute> =
            schemas.core.attributes.iter().chain(&schemas.extensions[0].0.attributes).collect();
        for kind in ["string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"]
        {
            let kind = AttributeType::from_word(kind).unwrap();
            assert!(all.iter().any(|attribute| attribute.attribute_type == kind), "{kind:?}");
        }
        let read_only = all.iter().filter(|attribute| attribute.mutability == Mutability::ReadOnly);
        let kinds: std::collections::HashSet<_> =
            read_only.map(|attribute| attribute.attribute_type).collect();
        assert!(kinds.len() >= 6, "{kinds:?}");
    }

    #[test]
    fn instants_get_another_form() {
        let mut value = json!("2024-01-02T03:04:05+01:00");
        normalise(&mut value);
        assert_eq!(value, json!("2024-01-02T02:04:05.000Z"));
        let mut text = json!("soon");
        normalise(&mut text);
        assert_eq!(text, json!("soon"));
    }
}
