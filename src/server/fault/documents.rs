//! Discovery documents, each broken in one way.

use serde_json::{Value, json};

use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::urn;
use crate::server::discovery::{Document, Documents};
use crate::server::edit::{text, values};
use crate::server::hook::Hook;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "config-numbers-as-text",
        &[Hook::Documents(|documents, _| each_scalar(&mut documents.config, &number_as_text))],
    ),
    fault(
        "config-numbers-negative",
        &[Hook::Documents(|documents, _| each_scalar(&mut documents.config, &negate))],
    ),
    fault(
        "config-texts-as-numbers",
        &[Hook::Documents(|documents, _| {
            values(&mut documents.config, "authenticationSchemes").for_each(|scheme| {
                each_scalar(scheme, &text_as_number);
                scheme["documentationUri"] = 7.into();
            });
            documents.config["id"] = 7.into();
            documents.config["documentationUri"] = 7.into();
        })],
    ),
    fault(
        "config-pagination-odd",
        &[Hook::Documents(|documents, _| {
            documents.config["pagination"] = json!({
                "cursor": "true", "index": "true", "defaultPaginationMethod": "pages",
                "defaultPageSize": 0, "maxPageSize": 0, "cursorTimeout": 0,
            });
        })],
    ),
    fault(
        "config-events-as-text",
        &[Hook::Documents(|documents, _| {
            documents.config["securityEvents"] = json!({ "asyncRequest": 1, "eventUris": "all" });
        })],
    ),
    fault(
        "config-is-a-list",
        &[Hook::Documents(|documents, _| {
            documents.config = json!({ "schemas": [urn::LIST_RESPONSE], "totalResults": 1, "Resources": [documents.config.take()] });
        })],
    ),
    fault(
        "resourcetypes-hardly-described",
        &[Hook::Documents(|documents, _| {
            each_of(&mut documents.resource_types, |kind| {
                for name in ["schemas", "description", "endpoint"] {
                    remove(kind, name);
                }
            });
        })],
    ),
    fault(
        "resourcetypes-texts-as-numbers",
        &[Hook::Documents(|documents, _| {
            each_of(&mut documents.resource_types, |kind| {
                for name in ["id", "name", "description"] {
                    kind[name] = 7.into();
                }
            });
        })],
    ),
    fault(
        "resourcetypes-endpoints-absolute",
        &[Hook::Documents(|documents, base| {
            each_of(&mut documents.resource_types, |kind| {
                let endpoint = text(kind, "/endpoint").unwrap_or_default();
                kind["endpoint"] = format!("{base}{endpoint}?all").into();
            });
        })],
    ),
    fault(
        "resourcetypes-extensions-as-object",
        &[Hook::Documents(|documents, _| {
            each_of(&mut documents.resource_types, |kind| {
                kind["schemaExtensions"] = json!({ "schema": urn::ENTERPRISE_USER });
            });
        })],
    ),
    fault(
        "single-documents-as-lists",
        &[Hook::Admitted(|call, route| match route {
            Route::ResourceType(_) => crate::server::discovery::resource_types(call).ok(),
            Route::Schema(_) => crate::server::discovery::schemas(call).ok(),
            _ => None,
        })],
    ),
    fault(
        "schemas-hardly-described",
        &[Hook::Documents(|documents, _| {
            on_groups(documents, |schema| {
                for name in ["schemas", "name", "description", "attributes"] {
                    remove(schema, name);
                }
            });
        })],
    ),
    fault(
        "schemas-with-short-ids",
        &[Hook::Documents(|documents, _| {
            each_of(&mut documents.schemas, |schema| {
                let name =
                    text(schema, "/id").and_then(|id| id.rsplit(':').next()).unwrap_or_default().to_owned();
                schema["id"] = name.into();
                schema["name"] = 7.into();
            });
        })],
    ),
    fault(
        "schemas-list-common-attributes",
        &[Hook::Documents(|documents, _| {
            each_of(&mut documents.schemas, |schema| {
                if let Some(attributes) = schema.get_mut("attributes").and_then(Value::as_array_mut) {
                    for name in ["id", "externalId", "meta"] {
                        attributes.push(json!({
                    "name": name, "type": "string", "multiValued": false, "required": false, "caseExact": false,
                    "mutability": "readWrite", "returned": "default", "uniqueness": "none", "description": "Common",
                }));
                    }
                }
            });
        })],
    ),
    fault(
        "schemas-all-returned-on-request",
        &[Hook::Documents(|documents, _| {
            each_definition(documents, &|attribute| say(attribute, "returned", "request"));
        })],
    ),
    fault(
        "schemas-flags-as-text",
        &[Hook::Documents(|documents, _| on_groups(documents, |schema| each_scalar(schema, &flag_as_text)))],
    ),
    fault(
        "schemas-with-unknown-words",
        &[Hook::Documents(|documents, _| {
            on_groups(documents, |schema| {
                definitions(schema, &|attribute| {
                    say(attribute, "type", "text");
                    say(attribute, "returned", "sometimes");
                    say(attribute, "uniqueness", "maybe");
                    say(attribute, "mutability", "writable");
                });
            });
        })],
    ),
    fault(
        "schemas-complex-without-parts",
        &[Hook::Documents(|documents, _| {
            on_groups(documents, |schema| {
                definitions(schema, &|attribute| {
                    remove(attribute, "subAttributes");
                    remove(attribute, "referenceTypes");
                    if attribute["type"] == "complex" {
                        attribute["caseExact"] = true.into();
                        attribute["uniqueness"] = "server".into();
                    }
                });
            });
        })],
    ),
    fault(
        "schemas-simple-with-parts",
        &[Hook::Documents(|documents, _| {
            on_groups(documents, |schema| {
                definitions(schema, &|attribute| {
                    if attribute["type"] != "complex" {
                        attribute["subAttributes"] = json!([{ "name": "part", "type": "complex", "multiValued": false, "description": "Odd" }]);
                        attribute["referenceTypes"] = json!(["User"]);
                    }
                });
            });
        })],
    ),
    fault(
        "schemas-parts-are-names",
        &[Hook::Documents(|documents, _| {
            on_groups(documents, |schema| {
                definitions(schema, &|attribute| {
                    if attribute["type"] == "complex" {
                        attribute["subAttributes"] = json!(["value", "display"]);
                    }
                });
            });
        })],
    ),
    fault(
        "schemas-lists-of-numbers",
        &[Hook::Documents(|documents, _| {
            on_groups(documents, |schema| {
                definitions(schema, &|attribute| {
                    for name in ["referenceTypes", "canonicalValues"] {
                        if attribute.get(name).is_some() {
                            attribute[name] = json!([1, 2]);
                        }
                    }
                });
            });
        })],
    ),
    fault(
        "discovery-filters-found",
        &[Hook::Choice(crate::server::choice::Choice::IgnoreDiscoveryFilter), Hook::Received(|_| {})],
    ),
];

/// Changes every value that is no list and no object.
fn each_scalar(value: &mut Value, change: &dyn Fn(&mut Value)) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| each_scalar(value, change)),
        Value::Object(members) => {
            members
                .iter_mut()
                .filter(|(name, _)| *name != "schemas")
                .for_each(|(_, value)| each_scalar(value, change));
        }
        scalar => change(scalar),
    }
}

/// Publishes that resources need their extensions.
pub(super) fn require_extensions(documents: &mut Documents) {
    each_of(&mut documents.resource_types, |kind| {
        values(kind, "schemaExtensions").for_each(|extension| extension["required"] = true.into());
    });
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

pub(super) fn each_of(documents: &mut [Document], change: impl FnMut(&mut Value)) {
    documents.iter_mut().map(|document| &mut document.value).for_each(change);
}

/// The schema of groups: one is enough, and users can still be provisioned.
pub(super) fn on_groups(documents: &mut Documents, change: impl FnMut(&mut Value)) {
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
pub(super) fn each_definition(documents: &mut Documents, change: &dyn Fn(&mut Value)) {
    each_of(&mut documents.schemas, |schema| definitions(schema, change));
}

pub(super) fn say(attribute: &mut Value, name: &str, word: &str) {
    attribute[name] = word.into();
}
