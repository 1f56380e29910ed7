//! Published schemas and configurations, each broken in one way that [`super::documents`] does not have.

use axum::http::StatusCode;
use serde_json::json;

use super::documents::{each_definition, each_of, on_groups, require_extensions, say};
use super::failing::our_fault;
use super::parts::{remove, resources, schemas_of};
use super::{FaultInfo, fault};
use crate::scim::urn;
use crate::server::discovery::Document;
use crate::server::edit::{is_read, remove_header, target, values};
use crate::server::hook::Hook;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "schemas-all-unique",
        &[Hook::Documents(|documents, _| {
            each_definition(documents, &|attribute| say(attribute, "uniqueness", "global"));
        })],
    ),
    fault(
        "schemas-all-required",
        &[Hook::Documents(|documents, _| {
            each_definition(documents, &|attribute| attribute["required"] = true.into());
        })],
    ),
    fault(
        "schemas-name-with-blank",
        &[Hook::Documents(|documents, _| {
            on_groups(documents, |schema| {
                for members in values(schema, "attributes") {
                    values(members, "subAttributes")
                        .filter(|part| part["name"] == "display")
                        .for_each(|part| say(part, "name", "display name"));
                }
            });
        })],
    ),
    fault(
        "schemas-list-loses-entries",
        &[Hook::Reply(|call, route, reply| {
            let again = route == Some(&Route::Schemas) && call.service.hooks.times("schemas") > 1;
            if let Some(schemas) = resources(reply).filter(|_| again) {
                schemas.truncate(1);
            }
        })],
    ),
    fault(
        "schemas-references-name-no-types",
        &[Hook::Documents(|documents, _| {
            each_definition(documents, &|attribute| remove(attribute, "referenceTypes"));
        })],
    ),
    fault(
        "schemas-reference-types-as-text",
        &[Hook::Documents(|documents, _| {
            each_definition(documents, &|attribute| {
                if let Some(first) = attribute.pointer("/referenceTypes/0").cloned() {
                    attribute["referenceTypes"] = first;
                }
            });
        })],
    ),
    fault(
        "schemas-list-messages",
        &[Hook::Documents(|documents, _| documents.schemas.push(empty_schema(urn::LIST_RESPONSE)))],
    ),
    fault(
        "schemas-list-a-made-up-urn",
        &[Hook::Documents(|documents, _| {
            documents.schemas.push(empty_schema("urn:ietf:params:scim:core:2.0:Person"));
        })],
    ),
    fault(
        "schema-without-id",
        &[Hook::Documents(|documents, _| on_groups(documents, |schema| remove(schema, "id")))],
    ),
    fault(
        "schema-of-schemas-without-nesting",
        &[Hook::Documents(|documents, _| {
            each_definition(documents, &|attribute| {
                if attribute["name"] == "subAttributes" {
                    say(attribute, "type", "string");
                }
            });
        })],
    ),
    fault(
        "extension-required-as-text",
        &[Hook::Documents(|documents, _| {
            each_of(&mut documents.resource_types, |kind| {
                values(kind, "schemaExtensions").for_each(|extension| say(extension, "required", "false"));
            });
        })],
    ),
    fault(
        "extension-required-and-not-demanded",
        &[Hook::Documents(|documents, _| require_extensions(documents))],
    ),
    fault(
        "extension-required-and-not-named",
        &[
            Hook::Documents(|documents, _| require_extensions(documents)),
            Hook::Shown(|_, _, _, shown| {
                if let Some(schemas) = schemas_of(shown) {
                    schemas.retain(|schema| schema != urn::ENTERPRISE_USER);
                }
            }),
        ],
    ),
    fault(
        "extension-required-and-unreadable",
        &[
            Hook::Documents(|documents, _| require_extensions(documents)),
            Hook::Admitted(|call, route| {
                let user = target(call, route).filter(|_| is_read(call))?;
                user.value.get(urn::ENTERPRISE_USER).map(|_| our_fault())
            }),
        ],
    ),
    fault(
        "config-event-names",
        &[Hook::Documents(|documents, _| {
            documents.config["securityEvents"] =
                json!({ "asyncRequest": "none", "eventUris": ["user created", "user deleted"] });
        })],
    ),
    fault(
        "challenge-missing-where-none-is-advertised",
        &[
            Hook::Documents(|documents, _| {
                values(&mut documents.config, "authenticationSchemes")
                    .for_each(|scheme| say(scheme, "type", "apikey"));
            }),
            Hook::Reply(|_, _, reply| {
                if reply.status == StatusCode::UNAUTHORIZED {
                    remove_header(reply, &axum::http::header::WWW_AUTHENTICATE);
                }
            }),
        ],
    ),
];

/// A schema that defines nothing.
fn empty_schema(id: &str) -> Document {
    let value = json!({
        "schemas": [urn::SCHEMA], "id": id, "name": id.rsplit(':').next(),
        "description": "Defines nothing", "attributes": [],
    });
    Document { id: id.to_owned(), value }
}
