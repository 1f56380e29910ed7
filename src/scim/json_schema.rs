//! From SCIM schemas to JSON Schema (2020-12): what a body must look like, by the target's own /Schemas, and the
//! messages of RFC 7644. Member names are compared as they are spelled: bring a body into that spelling with
//! [`normalise_names`] first (RFC 7643 §2.1).

use serde_json::{Map, Value, json};

use super::builtin;
use super::object::key_of;
use super::resource_type::{ResourceSchemas, common_attributes};
use super::schema::{Attribute, AttributeType, Mutability, Returned};
use super::urn;

/// Name of the format that stands for xsd:dateTime, which is wider than RFC 3339.
pub const DATE_TIME_FORMAT: &str = "scim-date-time";
/// Name of the format that stands for Base64 with or without padding, in both alphabets (RFC 4648 §4 and §5).
pub const BINARY_FORMAT: &str = "scim-binary";

/// In which role a resource is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// A whole resource in a response: what clients may write and the schema demands is there, and nothing that is
    /// never returned. What is `required` and readOnly is the server's own matter. Canonical values are suggestions
    /// (RFC 7643 §7) and do not count.
    Response,
    /// The same with `attributes` or `excludedAttributes`: nothing has to be there.
    ProjectedResponse,
    /// The body of a create: what is demanded is there, nothing readOnly, canonical values only.
    CreateRequest,
}

/// The JSON Schema of a resource.
#[must_use]
pub fn resource(schemas: &ResourceSchemas, context: Context) -> Value {
    let mut schema = object(common_attributes().iter().chain(&schemas.core.attributes), context);
    for (extension, required) in &schemas.extensions {
        schema["properties"][&extension.id] = object(extension.attributes.iter(), context);
        if *required && context != Context::ProjectedResponse {
            push_required(&mut schema, &extension.id);
        }
    }
    let always: &[&str] = match context {
        Context::Response => &["schemas", "id"],
        Context::ProjectedResponse => &["id"],
        Context::CreateRequest => &["schemas"],
    };
    for name in always {
        push_required(&mut schema, name);
    }
    schema["properties"]["schemas"] = urns();
    schema
}

/// The JSON Schema of a message or discovery resource: `ListResponse`, `Error`, `PatchOp`, `SearchRequest`,
/// `BulkResponse`, `ServiceProviderConfig`, `ResourceType`, `Schema`. `None` for another name.
#[must_use]
pub fn message(name: &str) -> Option<Value> {
    Some(match name {
        "ListResponse" => json!({
            "type": "object",
            "required": ["schemas", "totalResults"],
            "properties": {
                "schemas": names(urn::LIST_RESPONSE),
                "totalResults": count(),
                "startIndex": { "type": ["integer", "null"], "minimum": 1 },
                "itemsPerPage": count(),
                "Resources": { "type": ["array", "null"], "items": { "type": "object" } },
                "nextCursor": { "type": ["string", "null"] },
                "previousCursor": { "type": ["string", "null"] },
            },
            // RFC 7644 §3.4.2: Resources is required if totalResults is not zero; a page may be empty all the same.
        }),
        "Error" => json!({
            "type": "object",
            "required": ["schemas", "status"],
            "properties": {
                "schemas": names(urn::ERROR),
                "status": { "type": "string", "pattern": "^[1-5][0-9][0-9]$" },
                "scimType": { "type": ["string", "null"] },
                "detail": { "type": ["string", "null"] },
            },
        }),
        "PatchOp" => json!({
            "type": "object",
            "required": ["schemas", "Operations"],
            "properties": {
                "schemas": names(urn::PATCH_OP),
                "Operations": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["op"],
                        "properties": {
                            "op": { "type": "string", "pattern": "^([aA][dD][dD]|[rR][eE][mM][oO][vV][eE]|[rR][eE][pP][lL][aA][cC][eE])$" },
                            "path": { "type": "string" },
                        },
                    },
                },
            },
        }),
        "SearchRequest" => json!({
            "type": "object",
            "required": ["schemas"],
            "properties": { "schemas": names(urn::SEARCH_REQUEST) },
        }),
        "BulkResponse" => json!({
            "type": "object",
            "required": ["schemas", "Operations"],
            "properties": {
                "schemas": names(urn::BULK_RESPONSE),
                "Operations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["method", "status"],
                        "properties": {
                            "method": { "enum": ["POST", "PUT", "PATCH", "DELETE"] },
                            "bulkId": { "type": "string" },
                            "location": { "type": "string" },
                            "status": { "anyOf": [
                                { "type": "string" },
                                { "type": "object", "required": ["code"] },
                            ] },
                        },
                    },
                },
            },
        }),
        "ServiceProviderConfig" => discovery(urn::SERVICE_PROVIDER_CONFIG),
        // RFC 7643 §6: schemaExtensions is optional, whatever §8.7.2 says (erratum 7522).
        "ResourceType" => without_required(discovery(urn::RESOURCE_TYPE), "schemaExtensions"),
        "Schema" => {
            let mut schema = discovery(urn::SCHEMA);
            push_required(&mut schema, "id");
            schema
        }
        _ => return None,
    })
}

/// The JSON Schema of a discovery resource: like a resource, but what is demanded is demanded of the server.
fn discovery(schema_urn: &str) -> Value {
    let schema = builtin::schema(schema_urn).expect("an embedded schema");
    let mut value = object(common_attributes().iter(), Context::ProjectedResponse);
    for attribute in &schema.attributes {
        value["properties"][&attribute.name] = demanding(attribute);
        if attribute.required {
            push_required(&mut value, &attribute.name);
        }
    }
    value["properties"]["schemas"] = names(schema_urn);
    push_required(&mut value, "schemas");
    value
}

/// An attribute of a discovery resource; required sub-attributes are demanded although they are readOnly.
fn demanding(attribute: &Attribute) -> Value {
    let mut schema = property(attribute, Context::ProjectedResponse);
    let inner = if attribute.multi_valued { &mut schema["items"] } else { &mut schema };
    for sub in &attribute.sub_attributes {
        inner["properties"][&sub.name] = demanding(sub);
        // The characteristics have defaults (RFC 7643 §2.2), and descriptions are there "when applicable".
        if sub.required && !["multiValued", "required", "description"].contains(&sub.name.as_str()) {
            push_required(inner, &sub.name);
        }
    }
    schema
}

fn object<'a>(attributes: impl Iterator<Item = &'a Attribute>, context: Context) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for attribute in attributes {
        properties.insert(attribute.name.clone(), property(attribute, context));
        if is_demanded(attribute, context) {
            required.push(json!(attribute.name));
        }
    }
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = Value::Array(required);
    }
    schema
}

fn is_demanded(attribute: &Attribute, context: Context) -> bool {
    let clients_write = attribute.mutability != Mutability::ReadOnly;
    match context {
        Context::ProjectedResponse => false,
        Context::CreateRequest => attribute.required && clients_write,
        Context::Response => {
            let shown = matches!(attribute.returned, Returned::Always | Returned::Default);
            attribute.required && clients_write && shown && attribute.mutability != Mutability::WriteOnly
        }
    }
}

fn property(attribute: &Attribute, context: Context) -> Value {
    let forbidden = match context {
        Context::CreateRequest => attribute.mutability == Mutability::ReadOnly,
        Context::Response | Context::ProjectedResponse => attribute.returned == Returned::Never,
    };
    if forbidden {
        return json!(false);
    }
    let mut schema = single(attribute, context);
    if attribute.multi_valued {
        schema = json!({ "type": ["array", "null"], "items": schema });
    } else if !is_demanded(attribute, context) {
        // RFC 7643 §2.5: null is the same as absent.
        if let Some(kind) = schema["type"].as_str().map(str::to_owned) {
            schema["type"] = json!([kind, "null"]);
        }
        if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
            values.push(Value::Null);
        }
    }
    schema
}

fn single(attribute: &Attribute, context: Context) -> Value {
    match attribute.attribute_type {
        AttributeType::Complex => object(attribute.sub_attributes.iter(), context),
        AttributeType::Boolean => json!({ "type": "boolean" }),
        AttributeType::Integer => json!({ "type": "integer" }),
        AttributeType::Decimal => json!({ "type": "number" }),
        AttributeType::DateTime => json!({ "type": "string", "format": DATE_TIME_FORMAT }),
        AttributeType::Binary => json!({ "type": "string", "format": BINARY_FORMAT }),
        AttributeType::String
            if context == Context::CreateRequest && !attribute.canonical_values.is_empty() =>
        {
            json!({ "type": "string", "enum": attribute.canonical_values })
        }
        AttributeType::String | AttributeType::Reference => json!({ "type": "string" }),
    }
}

fn push_required(schema: &mut Value, name: &str) {
    match schema["required"].as_array_mut() {
        Some(required) if required.iter().any(|known| known == name) => {}
        Some(required) => required.push(json!(name)),
        None => schema["required"] = json!([name]),
    }
}

fn without_required(mut schema: Value, name: &str) -> Value {
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|known| known != name);
    }
    schema
}

fn urns() -> Value {
    json!({ "type": "array", "minItems": 1, "items": { "type": "string", "pattern": "^[uU][rR][nN]:" } })
}

/// `schemas` with this URN among them.
fn names(urn: &str) -> Value {
    json!({ "type": "array", "items": { "type": "string" }, "contains": { "const": urn } })
}

fn count() -> Value {
    json!({ "type": "integer", "minimum": 0 })
}

/// The resource with all member names spelled as in its schemas; unknown names stay.
#[must_use]
pub fn normalise_names(resource: &Value, schemas: &ResourceSchemas) -> Value {
    let Some(object) = resource.as_object() else { return resource.clone() };
    let mut normal = Map::new();
    for (name, value) in object {
        if let Some(extension) = schemas.extensions.iter().find(|(e, _)| e.id.eq_ignore_ascii_case(name)) {
            normal.insert(extension.0.id.clone(), in_object(value, &extension.0.attributes));
        } else if let Some(attribute) = schemas.core_attribute(name) {
            insert(&mut normal, attribute, value);
        } else {
            normal.insert(name.clone(), value.clone());
        }
    }
    Value::Object(normal)
}

fn in_object(value: &Value, attributes: &[Attribute]) -> Value {
    let Some(object) = value.as_object() else { return value.clone() };
    let mut normal = Map::new();
    for (name, value) in object {
        match attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name)) {
            Some(attribute) => insert(&mut normal, attribute, value),
            None => {
                normal.insert(name.clone(), value.clone());
            }
        }
    }
    Value::Object(normal)
}

fn insert(into: &mut Map<String, Value>, attribute: &Attribute, value: &Value) {
    let value = match value {
        Value::Array(items) => items.iter().map(|item| in_object(item, &attribute.sub_attributes)).collect(),
        other => in_object(other, &attribute.sub_attributes),
    };
    // The first spelling wins: a second one would hide it.
    if key_of(into, &attribute.name).is_none() {
        into.insert(attribute.name.clone(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::payload::{self, Naming};

    fn is_valid(schema: &Value, value: &Value) -> bool {
        jsonschema::validator_for(schema).unwrap().is_valid(value)
    }

    #[test]
    fn payloads_are_valid_creates() {
        let naming = Naming { unique: "sc1-a", domain: "example.com" };
        for schemas in [builtin::user(), builtin::group()] {
            let schema = resource(&schemas, Context::CreateRequest);
            assert!(is_valid(&schema, &payload::minimal(&schemas, &naming)));
            assert!(is_valid(&schema, &payload::full(&schemas, &naming)));
        }
    }

    #[test]
    fn what_a_response_may_be() {
        let schema = resource(&builtin::user(), Context::Response);
        let good =
            json!({ "schemas": [urn::USER], "id": "1", "userName": "a", "emails": [{ "value": "a@b" }] });
        assert!(is_valid(&schema, &good));
        let with = |name: &str, value: Value| {
            let mut changed = good.clone();
            changed[name] = value;
            changed
        };
        for (name, value, wanted) in [
            ("active", json!("True"), false),
            ("active", Value::Null, true),
            ("emails", json!({ "value": "a@b" }), false),
            ("emails", json!([]), true),
            ("emails", json!([{ "value": "a", "type": "boat" }]), true),
            ("userName", Value::Null, false),
            ("password", json!("x"), false),
            ("meta", json!({ "created": 7 }), false),
            ("custom", json!(7), true),
            ("id", json!(7), false),
        ] {
            assert_eq!(is_valid(&schema, &with(name, value.clone())), wanted, "{name}: {value}");
        }
        assert!(is_valid(&resource(&builtin::user(), Context::ProjectedResponse), &json!({ "id": "1" })));
    }

    #[test]
    fn the_schemas_fit_their_own_schema() {
        let schema = message("Schema").unwrap();
        for document in builtin::schemas() {
            assert!(is_valid(&schema, &document.to_value()), "{}", document.id);
        }
        let kind = message("ResourceType").unwrap();
        assert!(is_valid(&kind, &builtin::group().resource_type.to_value()));
        assert!(!is_valid(&kind, &json!({ "schemas": [urn::RESOURCE_TYPE], "name": "User" })));
    }

    #[test]
    fn names_in_another_spelling() {
        let normal = normalise_names(
            &json!({ "USERNAME": "a", "Emails": [{ "VALUE": "x" }], "own": { "A": 1 } }),
            &builtin::user(),
        );
        assert_eq!(normal, json!({ "userName": "a", "emails": [{ "value": "x" }], "own": { "A": 1 } }));
    }
}
