//! Schemas and resource types, as published or as RFC 7643 has them.

use std::sync::Arc;

use serde_json::{Value, json};
use url::Url;

use super::documents::{Documents, document};
use super::{Settings, note};
use crate::check::explain;
use crate::model::{Exchange, Finding};
use crate::scim::builtin;
use crate::scim::resource_type::{ResourceSchemas, ResourceType};
use crate::scim::schema::Schema;

/// Resource types, and schemas, that are taken into account at most: a bound against hostile documents.
const MOST: usize = 100;

/// The schemas that the target publishes.
pub(super) fn schemas(
    documents: &Documents,
    settings: &Settings,
    findings: &mut Vec<Finding>,
) -> Vec<Arc<Schema>> {
    let mut schemas: Vec<Arc<Schema>> = Vec::new();
    let usable = |value: &&Value| !settings.redactor.is_in_names(value);
    for value in documents.listed_schemas().into_iter().take(MOST).filter(usable) {
        let Some(schema) = Schema::from_value(value) else { continue };
        if schemas.iter().all(|known| !known.id.eq_ignore_ascii_case(&schema.id)) {
            schemas.push(Arc::new(schema));
        }
    }
    if schemas.is_empty() {
        let got = format!(
            "{}: the schemas of RFC 7643 stand in, so attributes of the target's own are not known",
            explain::answer(&documents.schemas)
        );
        findings.push(note(
            "schemas",
            "RFC7643-1.2-01",
            Some(&documents.schemas),
            "schemas at /Schemas",
            got,
        ));
    }
    schemas
}

/// The resource types that the target lists, each with its schemas; User and Group where it lists none.
pub(super) fn resource_types(
    documents: &Documents,
    settings: &Settings,
    schemas: &[Arc<Schema>],
    findings: &mut Vec<Finding>,
) -> Vec<ResourceSchemas> {
    let listed = documents.listed_resource_types();
    let mut found: Vec<ResourceSchemas> = Vec::new();
    let usable = |value: &&&Value| !settings.redactor.is_in_names(value);
    for value in listed.iter().take(MOST).filter(usable) {
        let Some(resource_type) =
            ResourceType::from_value(&with_relative_endpoint(value, &settings.base_url))
        else {
            continue;
        };
        if found.iter().all(|known| known.resource_type.name != resource_type.name) {
            found.push(join(resource_type, schemas, &documents.resource_types, findings));
        }
    }
    if found.is_empty() {
        let assumed: Vec<_> =
            assumed(documents).into_iter().map(|kind| with_published(kind, schemas)).collect();
        let names: Vec<_> = assumed.iter().map(|resource| &*resource.resource_type.name).collect();
        let names = if names.is_empty() { "no resource type".to_owned() } else { names.join(" and ") };
        let got = format!("{}: {names} found by asking", explain::answer(&documents.resource_types));
        let wanted = "resource types at /ResourceTypes";
        let exchange = Some(&documents.resource_types);
        findings.push(note("resource-types", "RFC7644-4-07", exchange, wanted, got));
        return assumed;
    }
    found
}

/// User and Group, as far as their endpoints are there.
fn assumed(documents: &Documents) -> Vec<ResourceSchemas> {
    let is_there = |exchange: Option<&Exchange>| {
        exchange
            .and_then(Exchange::response)
            .is_some_and(|response| !matches!(response.status, 404 | 410 | 501))
    };
    let user = is_there(Some(&documents.users)).then(builtin::user);
    let group = is_there(documents.groups.as_ref()).then(builtin::group);
    user.into_iter().chain(group).collect()
}

/// The resource type with the schemas that the target publishes in place of those of RFC 7643.
fn with_published(resource: ResourceSchemas, schemas: &[Arc<Schema>]) -> ResourceSchemas {
    let publishes = |own: &Arc<Schema>| find(schemas, &own.id);
    let core = publishes(&resource.core).unwrap_or(resource.core);
    let extensions = resource.extensions.into_iter();
    // An extension that the target says nothing about may not be there at all.
    let extensions =
        extensions.filter_map(|(schema, required)| Some((publishes(&schema)?, required))).collect();
    ResourceSchemas { core, extensions, ..resource }
}

/// The resource type with its schemas: as published, else as RFC 7643 has them.
fn join(
    resource_type: ResourceType,
    schemas: &[Arc<Schema>],
    listed_in: &Exchange,
    findings: &mut Vec<Finding>,
) -> ResourceSchemas {
    let mut schema_of = |urn: &str| {
        find(schemas, urn).unwrap_or_else(|| {
            let (stand_in, what) = match builtin::schema(urn) {
                Some(schema) => (schema, "that of RFC 7643 stands in"),
                None => (unknown(urn), "nothing is known of its attributes"),
            };
            // Without any published schema one finding says it all.
            if !schemas.is_empty() {
                let got =
                    format!("no schema {urn}, which resource type {} names: {what}", resource_type.name);
                let wanted = "every schema of a resource type at /Schemas";
                let id = format!("schema-of-{}", slug(&resource_type.name));
                findings.push(note(&id, "RFC7644-4-04", Some(listed_in), wanted, got));
            }
            stand_in
        })
    };
    let core = schema_of(&resource_type.schema);
    let extensions = resource_type.schema_extensions.iter();
    let extensions = extensions.map(|extension| (schema_of(&extension.schema), extension.required)).collect();
    ResourceSchemas { resource_type, core, extensions }
}

fn find(schemas: &[Arc<Schema>], urn: &str) -> Option<Arc<Schema>> {
    schemas.iter().find(|schema| schema.id.eq_ignore_ascii_case(urn)).cloned()
}

fn unknown(urn: &str) -> Arc<Schema> {
    Arc::new(Schema { id: urn.to_owned(), name: None, description: None, attributes: Vec::new() })
}

fn slug(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}

/// The resource type with its endpoint relative to the base URL. Some servers list absolute URLs, or repeat the path
/// of the base URL (ambiguity `resourcetype-endpoint`).
fn with_relative_endpoint(value: &Value, base_url: &Url) -> Value {
    let mut value = value.clone();
    if let Some(endpoint) = value.get("endpoint").and_then(Value::as_str) {
        value["endpoint"] = json!(relative(endpoint, base_url));
    }
    value
}

fn relative(endpoint: &str, base_url: &Url) -> String {
    let below = base_url.path().trim_end_matches('/');
    let path = match Url::parse(endpoint) {
        Ok(url) if url.origin() == base_url.origin() => url.path().to_owned(),
        _ => endpoint.to_owned(),
    };
    match path.strip_prefix(below) {
        Some(rest) if !below.is_empty() && rest.starts_with('/') => rest.to_owned(),
        _ => path,
    }
}

/// Whether a discovery endpoint answered with something of use.
pub(super) fn answered(exchange: &Exchange) -> bool {
    document(exchange).is_some()
        || exchange.response().is_some_and(|r| r.status == 200 && r.body.json().is_some_and(Value::is_array))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_relative_to_the_base_url() {
        let base = "https://h/scim/v2".parse().unwrap();
        let cases = [
            ("/Users", "/Users"),
            ("Users", "Users"),
            ("/scim/v2/Users", "/Users"),
            ("https://h/scim/v2/Users", "/Users"),
            ("/scim/v2x/Users", "/scim/v2x/Users"),
            ("https://elsewhere/Users", "https://elsewhere/Users"),
        ];
        for (endpoint, wanted) in cases {
            assert_eq!(relative(endpoint, &base), wanted, "{endpoint}");
        }
        let root = "https://h/".parse().unwrap();
        assert_eq!(relative("https://h/Users", &root), "/Users");
    }
}
