//! What the server says about itself.

use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Info, Pass, Warn};
use crate::scim::schema::{Attribute, Returned};
use crate::scim::urn;
use crate::server::choice::Choice;
use crate::server::edit::restate;
use crate::server::hook::Hook;
use crate::server::kind::Model;
use crate::server::route::Route;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "discovery-filter-ignored",
        Warn,
        &["discovery-query-params"],
        "discovery",
        "Discovery ignores filters and returns the whole list",
        &[Hook::Choice(Choice::IgnoreDiscoveryFilter)],
    ),
    variant(
        "discovery-filter-400",
        Warn,
        &["discovery-query-params"],
        "discovery",
        "A filter on discovery is answered with 400",
        &[Hook::Reply(|_, route, reply| {
            if route.is_some_and(Route::is_public) && reply.status == 403 {
                restate(reply, StatusCode::BAD_REQUEST);
            }
        })],
    ),
    variant(
        "schemas-of-resources-only",
        Pass,
        &["discovery-schemas-listed"],
        "discovery",
        "/Schemas does not list the schemas of the discovery documents",
        &[Hook::Documents(|documents, _| {
            let meta = [urn::SERVICE_PROVIDER_CONFIG, urn::RESOURCE_TYPE, urn::SCHEMA];
            documents.schemas.retain(|document| !meta.contains(&document.id.as_str()));
        })],
    ),
    variant(
        "resource-type-without-id",
        Pass,
        &["resourcetype-id", "spc-id"],
        "discovery",
        "Resource types have no id",
        &[Hook::Documents(|documents, _| {
            for document in &mut documents.resource_types {
                remove(&mut document.value, "id");
            }
        })],
    ),
    variant(
        "resource-type-with-other-id",
        Pass,
        &["resourcetype-id"],
        "discovery",
        "The resource type Group has an id that is not its name, and is found by it",
        &[Hook::Documents(|documents, _| {
            for document in documents.resource_types.iter_mut().filter(|document| document.id == "Group") {
                "type-of-groups".clone_into(&mut document.id);
                document.value["id"] = document.id.as_str().into();
            }
        })],
    ),
    variant(
        "resource-type-shown-by-id",
        Warn,
        &["resourcetype-id"],
        "discovery",
        "Resource types have an id that is not their name, and resources show it in meta.resourceType",
        &[
            Hook::Choice(Choice::ShowTypeIds),
            Hook::Documents(|documents, _| {
                for document in &mut documents.resource_types {
                    document.id.push_str("-type");
                    document.value["id"] = document.id.as_str().into();
                }
            }),
        ],
    ),
    variant(
        "discovery-without-meta",
        Pass,
        &["spc-id"],
        "discovery",
        "ServiceProviderConfig, ResourceTypes and Schemas have no meta",
        &[Hook::Documents(|documents, _| documents.with_meta = false)],
    ),
    variant(
        "endpoint-without-slash",
        Pass,
        &["resourcetype-endpoint"],
        "discovery",
        "Endpoints of resource types have no leading slash",
        &[Hook::Documents(|documents, _| {
            for document in &mut documents.resource_types {
                if let Some(Value::String(endpoint)) = document.value.get_mut("endpoint") {
                    *endpoint = endpoint.trim_start_matches('/').to_owned();
                }
            }
        })],
    ),
    variant(
        "endpoint-absolute",
        Warn,
        &["resourcetype-endpoint"],
        "discovery",
        "Endpoints of resource types are absolute URLs",
        &[Hook::Documents(|documents, base_url| {
            for document in &mut documents.resource_types {
                if let Some(Value::String(endpoint)) = document.value.get_mut("endpoint") {
                    endpoint.insert_str(0, base_url);
                }
            }
        })],
    ),
    variant(
        "schema-extensions-empty",
        Pass,
        &["schemaextensions-multivalued"],
        "discovery",
        "Resource types without extension have an empty list of them",
        &[Hook::Documents(|documents, _| {
            for document in &mut documents.resource_types {
                if document.value.get("schemaExtensions").is_none() {
                    document.value["schemaExtensions"] = Value::Array(Vec::new());
                }
            }
        })],
    ),
    variant(
        "schemas-without-descriptions",
        Info,
        &["when-applicable"],
        "discovery",
        "Schemas and attributes have no description",
        &[Hook::Documents(|documents, _| {
            documents.schemas.iter_mut().for_each(|document| without_descriptions(&mut document.value));
        })],
    ),
    variant(
        "max-results-zero",
        Info,
        &["maxresults-meaning"],
        "discovery",
        "filter.maxResults is 0: no limit is told",
        &[Hook::Documents(|documents, _| documents.config["filter"]["maxResults"] = 0.into())],
    ),
    variant(
        "references-not-case-exact",
        Pass,
        &["caseexact-references"],
        "schema",
        "References are published with caseExact false, as in RFC 7643 §8.7.1",
        &[Hook::Model(|model| {
            each_attribute(model, |attribute| {
                if attribute.attribute_type == crate::scim::schema::AttributeType::Reference {
                    attribute.case_exact = false;
                }
            });
        })],
    ),
    variant(
        "members-display-unpublished",
        Pass,
        &["members-display"],
        "groups",
        "The Group schema has no members.display, as in RFC 7643 §8.7.1, although members have one",
        &[Hook::Model(|model| {
            let group = Arc::make_mut(&mut model.group.core);
            for attribute in &mut group.attributes {
                attribute.sub_attributes.retain(|sub| sub.name != "display");
            }
        })],
    ),
    variant(
        "attributes-always-returned",
        Warn,
        &["schema-subset"],
        "schema",
        "Attributes that RFC 7643 returns by default are always returned, as the schemas say",
        &[Hook::Model(|model| {
            const ALWAYS: [&str; 7] =
                ["displayName", "nickName", "familyName", "givenName", "emails", "type", "costCenter"];
            each_attribute(model, |attribute| {
                if ALWAYS.contains(&attribute.name.as_str()) {
                    attribute.returned = Returned::Always;
                }
            });
        })],
    ),
    variant(
        "attributes-on-request",
        Warn,
        &["schema-subset", "large-groups"],
        "schema",
        "Members, titles, e-mail addresses and more are shown to those who ask for them, as the schemas say",
        &[Hook::Model(|model| {
            const ON_REQUEST: [&str; 12] = [
                "members",
                "title",
                "givenName",
                "nickName",
                "emails",
                "phoneNumbers",
                "locale",
                "addresses",
                "roles",
                "photos",
                "department",
                "manager",
            ];
            each_attribute(model, |attribute| {
                if ON_REQUEST.contains(&attribute.name.as_str()) {
                    attribute.returned = Returned::Request;
                }
            });
        })],
    ),
    variant(
        "schema-subset",
        Pass,
        &["schema-subset"],
        "schema",
        "The User schema has only a part of the attributes of RFC 7643",
        &[Hook::Model(|model| {
            const LEFT_OUT: [&str; 8] = [
                "ims",
                "photos",
                "entitlements",
                "roles",
                "x509Certificates",
                "nickName",
                "profileUrl",
                "timezone",
            ];
            let user = Arc::make_mut(&mut model.user.core);
            user.attributes.retain(|attribute| !LEFT_OUT.contains(&attribute.name.as_str()));
        })],
    ),
];

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().and_then(|object| object.shift_remove(name));
}

fn without_descriptions(value: &mut Value) {
    remove(value, "description");
    for name in ["attributes", "subAttributes"] {
        value
            .get_mut(name)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .for_each(without_descriptions);
    }
}

fn each_attribute(model: &mut Model, change: fn(&mut Attribute)) {
    let extensions = model.user.extensions.iter_mut().map(|(schema, _)| schema);
    for schema in [&mut model.user.core, &mut model.group.core].into_iter().chain(extensions) {
        for attribute in &mut Arc::make_mut(schema).attributes {
            change(attribute);
            attribute.sub_attributes.iter_mut().for_each(change);
        }
    }
}
