//! Discovery documents, each broken in one way.

use serde_json::{Map, Value, json};

use super::{FaultInfo, fault};
use crate::scim::urn;
use crate::server::discovery::{Document, Documents};
use crate::server::edit::{each_text, fail_with, text, values};
use crate::server::hook::Hook;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("config-fails", &[Hook::Admitted(|_, route| (*route == Route::ServiceProviderConfig).then(|| fail_with(500, "Internal Server Error")))]),
    fault("config-flags-as-text", &[Hook::Documents(|documents, _| each_scalar(&mut documents.config, &flag_as_text))]),
    fault("config-numbers-as-text", &[Hook::Documents(|documents, _| each_scalar(&mut documents.config, &number_as_text))]),
    fault("config-numbers-negative", &[Hook::Documents(|documents, _| each_scalar(&mut documents.config, &negate))]),
    fault("config-texts-as-numbers", &[Hook::Documents(|documents, _| {
        values(&mut documents.config, "authenticationSchemes").for_each(|scheme| each_scalar(scheme, &text_as_number));
        documents.config["id"] = 7.into();
        documents.config["documentationUri"] = 7.into();
    })]),
    fault("config-flags-without-objects", &[Hook::Documents(|documents, _| flatten_config(&mut documents.config))]),
    fault("config-says-hardly-anything", &[Hook::Documents(|documents, _| documents.config = json!({ "schemas": ["urn:scim:config"], "bulk": { "supported": true } }))]),
    fault("config-says-nothing-of-features", &[Hook::Documents(|documents, _| documents.config = json!({ "schemas": [urn::SERVICE_PROVIDER_CONFIG] }))]),
    fault("config-schemes-as-object", &[Hook::Documents(|documents, _| documents.config["authenticationSchemes"] = json!({ "type": "oauth2" }))]),
    fault("config-schemes-empty", &[Hook::Documents(|documents, _| documents.config["authenticationSchemes"] = json!([]))]),
    fault("config-schemes-of-unknown-type", &[Hook::Documents(|documents, _| {
        documents.config["authenticationSchemes"] = json!([{
            "type": "bearer", "name": "", "description": "", "specUri": "the RFC", "documentationUri": "the handbook", "primary": "yes",
        }]);
    })]),
    fault("config-pagination-odd", &[Hook::Documents(|documents, _| {
        documents.config["pagination"] = json!({
            "cursor": "true", "index": "true", "defaultPaginationMethod": "pages",
            "defaultPageSize": 0, "maxPageSize": 0, "cursorTimeout": 0,
        });
    })]),
    fault("config-events-odd", &[Hook::Documents(|documents, _| {
        documents.config["securityEvents"] = json!({ "asyncRequest": "maybe", "eventUris": ["password reset", "no uri"] });
    })]),
    fault("config-events-as-text", &[Hook::Documents(|documents, _| {
        documents.config["securityEvents"] = json!({ "asyncRequest": 1, "eventUris": "all" });
    })]),
    fault("config-is-a-list", &[Hook::Documents(|documents, _| {
        documents.config = json!({ "schemas": [urn::LIST_RESPONSE], "totalResults": 1, "Resources": [documents.config.take()] });
    })]),
    fault("resourcetypes-hardly-described", &[Hook::Documents(|documents, _| each_of(&mut documents.resource_types, |kind| {
        ["schemas", "description", "endpoint"].iter().for_each(|name| remove(kind, name));
    }))]),
    fault("resourcetypes-texts-as-numbers", &[Hook::Documents(|documents, _| each_of(&mut documents.resource_types, |kind| {
        for name in ["id", "name", "description"] {
            kind[name] = 7.into();
        }
    }))]),
    fault("resourcetypes-listed-twice", &[Hook::Documents(|documents, _| twice(&mut documents.resource_types))]),
    fault("resourcetypes-endpoints-absolute", &[Hook::Documents(|documents, base| each_of(&mut documents.resource_types, |kind| {
        let endpoint = text(kind, "/endpoint").unwrap_or_default();
        kind["endpoint"] = format!("{base}{endpoint}?all").into();
    }))]),
    fault("resourcetypes-endpoints-singular", &[Hook::Documents(|documents, _| each_of(&mut documents.resource_types, |kind| {
        let endpoint = text(kind, "/endpoint").unwrap_or_default().trim_end_matches('s').to_owned();
        kind["endpoint"] = endpoint.into();
    }))]),
    fault("resourcetypes-extensions-as-object", &[Hook::Documents(|documents, _| each_of(&mut documents.resource_types, |kind| {
        kind["schemaExtensions"] = json!({ "schema": urn::ENTERPRISE_USER });
    }))]),
    fault("resourcetypes-extensions-hardly-described", &[Hook::Documents(|documents, _| each_of(&mut documents.resource_types, |kind| {
        kind["schemaExtensions"] = json!([{}]);
    }))]),
    fault("resourcetypes-extension-not-named", &[Hook::Documents(|documents, _| each_of(&mut documents.resource_types, |kind| {
        values(kind, "schemaExtensions").for_each(|extension| {
            extension["schema"] = "urn:example:Enterprise".into();
            extension["required"] = "false".into();
        });
    }))]),
    fault("resourcetypes-extension-required", &[Hook::Documents(|documents, _| each_of(&mut documents.resource_types, |kind| {
        values(kind, "schemaExtensions").for_each(|extension| extension["required"] = true.into());
    }))]),
    fault("single-documents-fail", &[Hook::Admitted(|_, route| {
        matches!(route, Route::ResourceType(_) | Route::Schema(_)).then(|| fail_with(500, "Internal Server Error"))
    })]),
    fault("single-documents-as-lists", &[Hook::Admitted(|call, route| match route {
        Route::ResourceType(_) => crate::server::discovery::resource_types(call).ok(),
        Route::Schema(_) => crate::server::discovery::schemas(call).ok(),
        _ => None,
    })]),
    fault("single-documents-of-another", &[Hook::Admitted(|call, route| match route {
        Route::ResourceType(_) => crate::server::discovery::resource_type(call, "Group").ok(),
        Route::Schema(_) => crate::server::discovery::schema(call, urn::RESOURCE_TYPE).ok(),
        _ => None,
    })]),
    fault("single-documents-hardly-filled", &[Hook::Reply(|_, route, reply| {
        if matches!(route, Some(Route::Schema(_))) && let Some(body) = crate::server::edit::object(reply) {
            body.retain(|name, _| name == "id");
        }
    })]),
    fault("schemas-fail", &[Hook::Admitted(|_, route| (*route == Route::Schemas).then(|| fail_with(500, "Internal Server Error")))]),
    fault("schemas-missing", &[Hook::Admitted(|_, route| (*route == Route::Schemas).then(|| fail_with(404, "There is no such endpoint")))]),
    fault("schemas-of-messages-listed", &[Hook::Documents(|documents, _| {
        let mut value = documents.schemas[0].value.clone();
        value["id"] = urn::LIST_RESPONSE.into();
        documents.schemas.push(Document { id: urn::LIST_RESPONSE.to_owned(), value });
    })]),
    fault("schemas-hardly-described", &[Hook::Documents(|documents, _| on_groups(documents, |schema| {
        ["schemas", "name", "description", "attributes"].iter().for_each(|name| remove(schema, name));
    }))]),
    fault("schemas-without-ids", &[Hook::Documents(|documents, _| each_of(&mut documents.schemas, |schema| remove(schema, "id")))]),
    fault("schemas-with-short-ids", &[Hook::Documents(|documents, _| each_of(&mut documents.schemas, |schema| {
        let name = text(schema, "/id").and_then(|id| id.rsplit(':').next()).unwrap_or_default().to_owned();
        schema["id"] = name.into();
        schema["name"] = 7.into();
    }))]),
    fault("schemas-listed-twice", &[Hook::Documents(|documents, _| twice(&mut documents.schemas))]),
    fault("schemas-list-common-attributes", &[Hook::Documents(|documents, _| each_of(&mut documents.schemas, |schema| {
        if let Some(attributes) = schema.get_mut("attributes").and_then(Value::as_array_mut) {
            for name in ["id", "externalId", "meta"] {
                attributes.push(json!({
                    "name": name, "type": "string", "multiValued": false, "required": false, "caseExact": false,
                    "mutability": "readWrite", "returned": "default", "uniqueness": "none", "description": "Common",
                }));
            }
        }
    }))]),
    fault("schemas-required-inverted", &[Hook::Documents(|documents, _| each_definition(documents, &|attribute| invert(attribute, "required")))]),
    fault("schemas-case-exact-inverted", &[Hook::Documents(|documents, _| each_definition(documents, &|attribute| invert(attribute, "caseExact")))]),
    fault("schemas-all-immutable", &[Hook::Documents(|documents, _| each_definition(documents, &|attribute| say(attribute, "mutability", "immutable")))]),
    fault("schemas-all-returned-on-request", &[Hook::Documents(|documents, _| each_definition(documents, &|attribute| say(attribute, "returned", "request")))]),
    fault("schemas-flags-as-text", &[Hook::Documents(|documents, _| on_groups(documents, |schema| each_scalar(schema, &flag_as_text)))]),
    fault("schemas-with-unknown-words", &[Hook::Documents(|documents, _| on_groups(documents, |schema| definitions(schema, &|attribute| {
        say(attribute, "type", "text");
        say(attribute, "returned", "sometimes");
        say(attribute, "uniqueness", "maybe");
        say(attribute, "mutability", "writable");
    })))]),
    fault("schemas-without-characteristics", &[Hook::Documents(|documents, _| on_groups(documents, |schema| definitions(schema, &|attribute| {
        let known = text(attribute, "/name").unwrap_or_default().to_owned();
        *attribute = json!({ "name": known });
    })))]),
    fault("schemas-without-attribute-names", &[Hook::Documents(|documents, _| on_groups(documents, |schema| definitions(schema, &|attribute| remove(attribute, "name"))))]),
    fault("schemas-with-odd-attribute-names", &[Hook::Documents(|documents, _| on_groups(documents, |schema| {
        let more: Vec<Value> = values(schema, "attributes").map(|attribute| {
            let mut again = attribute.clone();
            again["name"] = text(attribute, "/name").unwrap_or_default().to_uppercase().into();
            again
        }).collect();
        if let Some(attributes) = schema.get_mut("attributes").and_then(Value::as_array_mut) {
            attributes.extend(more);
            attributes.push(json!({ "name": "my attribute", "type": "string", "multiValued": false, "description": "Odd" }));
        }
    }))]),
    fault("schemas-complex-without-parts", &[Hook::Documents(|documents, _| on_groups(documents, |schema| definitions(schema, &|attribute| {
        remove(attribute, "subAttributes");
        remove(attribute, "referenceTypes");
        if attribute["type"] == "complex" {
            attribute["caseExact"] = true.into();
            attribute["uniqueness"] = "server".into();
        }
    })))]),
    fault("schemas-simple-with-parts", &[Hook::Documents(|documents, _| on_groups(documents, |schema| definitions(schema, &|attribute| {
        if attribute["type"] != "complex" {
            attribute["subAttributes"] = json!([{ "name": "part", "type": "complex", "multiValued": false, "description": "Odd" }]);
            attribute["referenceTypes"] = json!(["User"]);
        }
    })))]),
    fault("schemas-parts-are-names", &[Hook::Documents(|documents, _| on_groups(documents, |schema| definitions(schema, &|attribute| {
        if attribute["type"] == "complex" {
            attribute["subAttributes"] = json!(["value", "display"]);
        }
    })))]),
    fault("schemas-complex-in-complex", &[Hook::Documents(|documents, _| on_groups(documents, |schema| {
        for attribute in values(schema, "attributes") {
            values(attribute, "subAttributes").for_each(|part| {
                part["type"] = "complex".into();
                part["subAttributes"] = json!([]);
            });
        }
    }))]),
    fault("schemas-reference-types-as-text", &[Hook::Documents(|documents, _| on_groups(documents, |schema| definitions(schema, &|attribute| {
        if attribute.get("referenceTypes").is_some() {
            attribute["referenceTypes"] = "User".into();
        }
    })))]),
    fault("schemas-lists-of-numbers", &[Hook::Documents(|documents, _| on_groups(documents, |schema| definitions(schema, &|attribute| {
        for name in ["referenceTypes", "canonicalValues"] {
            if attribute.get(name).is_some() {
                attribute[name] = json!([1, 2]);
            }
        }
    })))]),
    fault("schemas-without-defaults", &[Hook::Documents(|documents, _| each_definition(documents, &|attribute| {
        for name in ["uniqueness", "returned", "mutability", "caseExact", "required", "multiValued"] {
            remove(attribute, name);
        }
    }))]),
    fault("discovery-filters-found", &[Hook::Choice(crate::server::choice::Choice::IgnoreDiscoveryFilter), Hook::Received(|_| {})]),
    fault("discovery-filters-fail", &[Hook::Admitted(|call, route| {
        let documents = matches!(route, Route::ServiceProviderConfig | Route::ResourceTypes | Route::Schemas);
        let filtered = call.request.uri.query().is_some_and(|query| query.contains("filter="));
        (documents && filtered).then(|| fail_with(500, "Internal Server Error"))
    })]),
    fault("discovery-anonymous-fails", &[Hook::Admitted(|call, route| {
        let documents = matches!(route, Route::ServiceProviderConfig | Route::ResourceTypes | Route::Schemas);
        (documents && !call.request.headers.contains_key("authorization")).then(|| fail_with(500, "NullPointerException"))
    })]),
    fault("message-schemas-served", &[Hook::Reply(|_, route, reply| if let Some(Route::Schema(urn)) = route && urn.contains(":messages:") {
        *reply = crate::server::reply::Reply::json(axum::http::StatusCode::OK, json!({ "id": urn, "schemas": [urn::SCHEMA] }));
    })]),
    fault("schemas-texts-translated", &[Hook::Documents(|documents, _| each_of(&mut documents.resource_types, |kind| {
        if let Some(description) = kind.get_mut("description") {
            each_text(description, &|text| *text = text.to_uppercase());
        }
        kind["schemas"] = json!(["urn:scim:schemas:core:1.0"]);
    }))]),
];

/// Changes every value that is no list and no object.
fn each_scalar(value: &mut Value, change: &dyn Fn(&mut Value)) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| each_scalar(value, change)),
        Value::Object(members) => {
            members.iter_mut().filter(|(name, _)| *name != "schemas").for_each(|(_, value)| each_scalar(value, change));
        }
        scalar => change(scalar),
    }
}

fn flag_as_text(value: &mut Value) {
    if value.is_boolean() {
        *value = value.to_string().into();
    }
}

fn number_as_text(value: &mut Value) {
    if value.is_number() {
        *value = value.to_string().into();
    }
}

fn negate(value: &mut Value) {
    if value.is_number() {
        *value = (-1).into();
    }
}

fn text_as_number(value: &mut Value) {
    if value.is_string() {
        *value = 7.into();
    }
}

/// `patch: true` in place of `patch: { supported: true }`.
fn flatten_config(config: &mut Value) {
    for (_, feature) in config.as_object_mut().into_iter().flatten() {
        if let Some(supported) = feature.get("supported").cloned() {
            *feature = supported;
        }
    }
}

fn each_of(documents: &mut [Document], change: impl FnMut(&mut Value)) {
    documents.iter_mut().map(|document| &mut document.value).for_each(change);
}

fn twice(documents: &mut Vec<Document>) {
    let again: Vec<_> =
        documents.iter().map(|document| Document { id: document.id.clone(), value: document.value.clone() }).collect();
    documents.extend(again);
}

/// The schema of groups: one is enough, and users can still be provisioned.
fn on_groups(documents: &mut Documents, change: impl FnMut(&mut Value)) {
    let schema = documents.schemas.iter_mut().filter(|schema| schema.id == urn::GROUP);
    schema.map(|schema| &mut schema.value).for_each(change);
}

/// Every definition of an attribute in a schema, the parts first.
fn definitions(schema: &mut Value, change: &dyn Fn(&mut Value)) {
    for attribute in values(schema, "attributes") {
        parts(attribute, change);
        change(attribute);
    }
}

fn parts(attribute: &mut Value, change: &dyn Fn(&mut Value)) {
    for part in values(attribute, "subAttributes") {
        parts(part, change);
        change(part);
    }
}

/// Every definition in every schema.
fn each_definition(documents: &mut Documents, change: &dyn Fn(&mut Value)) {
    each_of(&mut documents.schemas, |schema| definitions(schema, change));
}

fn invert(attribute: &mut Value, name: &str) {
    let is_true = attribute.get(name) == Some(&Value::Bool(true));
    attribute[name] = (!is_true).into();
}

fn say(attribute: &mut Value, name: &str, word: &str) {
    attribute[name] = word.into();
}

fn remove(value: &mut Value, name: &str) {
    if let Some(members) = value.as_object_mut() {
        Map::shift_remove(members, name);
    }
}
