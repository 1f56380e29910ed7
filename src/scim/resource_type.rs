//! Resource types (RFC 7643 §6) and the schemas that make up their resources.

use std::sync::Arc;

use serde_json::{Value, json};

use super::schema::{Attribute, Schema};

/// An extension that resources of a type may or must carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaExtension {
    /// URN of the extension schema.
    pub schema: String,
    /// Whether every resource must carry it.
    pub required: bool,
}

/// A resource type as `/ResourceTypes` lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceType {
    /// What `meta.resourceType` says, for example `User`.
    pub name: String,
    /// Optional id, often the name.
    pub id: Option<String>,
    /// Path below the base URL, with a leading slash: `/Users`.
    pub endpoint: String,
    /// Human-readable description.
    pub description: Option<String>,
    /// URN of the core schema.
    pub schema: String,
    /// Its extensions.
    pub schema_extensions: Vec<SchemaExtension>,
}

impl ResourceType {
    /// Reads a `ResourceType` resource; lenient. The endpoint gets a leading slash. `None` without name, endpoint or
    /// schema.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let word = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let extensions = value.get("schemaExtensions").and_then(Value::as_array);
        Some(Self {
            name: word("name")?,
            id: word("id"),
            endpoint: format!("/{}", word("endpoint")?.trim_matches('/')),
            description: word("description"),
            schema: word("schema")?,
            schema_extensions: extensions
                .into_iter()
                .flatten()
                .filter_map(|extension| {
                    Some(SchemaExtension {
                        schema: extension.get("schema")?.as_str()?.to_owned(),
                        required: extension.get("required").and_then(Value::as_bool).unwrap_or(false),
                    })
                })
                .collect(),
        })
    }

    /// The resource type as a `ResourceType` resource, without `meta`.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = json!({
            "schemas": [super::urn::RESOURCE_TYPE],
            "id": self.id.as_deref().unwrap_or(&self.name),
            "name": self.name,
            "endpoint": self.endpoint,
            "description": self.description.as_deref().unwrap_or(""),
            "schema": self.schema,
        });
        if !self.schema_extensions.is_empty() {
            let extensions = self.schema_extensions.iter();
            value["schemaExtensions"] =
                extensions.map(|e| json!({ "schema": e.schema, "required": e.required })).collect();
        }
        value
    }
}

/// A resource type together with its core schema and extension schemas: all that is needed to read, compare, filter,
/// patch or make its resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceSchemas {
    /// The resource type.
    pub resource_type: ResourceType,
    /// Its core schema.
    pub core: Arc<Schema>,
    /// Its extension schemas, with whether each is required.
    pub extensions: Vec<(Arc<Schema>, bool)>,
}

impl ResourceSchemas {
    /// The schema with this URN (without letter case), core or extension.
    #[must_use]
    pub fn schema(&self, urn: &str) -> Option<&Schema> {
        std::iter::once(&self.core)
            .chain(self.extensions.iter().map(|(schema, _)| schema))
            .find(|schema| schema.id.eq_ignore_ascii_case(urn))
            .map(Arc::as_ref)
    }

    /// A top-level attribute of the core schema, or one of the common attributes `schemas`, `id`, `externalId` and
    /// `meta` (RFC 7643 §3.1), by name without letter case.
    #[must_use]
    pub fn core_attribute(&self, name: &str) -> Option<&Attribute> {
        self.core
            .attribute(name)
            .or_else(|| common_attributes().iter().find(|a| a.name.eq_ignore_ascii_case(name)))
    }
}

/// The attributes that every resource has (RFC 7643 §3.1): `schemas`, `id`, `externalId`, `meta`.
#[must_use]
pub fn common_attributes() -> &'static [Attribute] {
    use super::schema::{AttributeType as T, Mutability as M, Returned as R, Uniqueness as U};
    static COMMON: std::sync::OnceLock<Vec<Attribute>> = std::sync::OnceLock::new();
    COMMON.get_or_init(|| {
        let exact = |name, kind| Attribute { case_exact: true, ..Attribute::new(name, kind) };
        let read_only = |attribute| Attribute { mutability: M::ReadOnly, ..attribute };
        vec![
            Attribute {
                multi_valued: true,
                required: true,
                returned: R::Always,
                ..exact("schemas", T::Reference)
            },
            Attribute { returned: R::Always, uniqueness: U::Server, ..read_only(exact("id", T::String)) },
            exact("externalId", T::String),
            Attribute {
                sub_attributes: vec![
                    read_only(exact("resourceType", T::String)),
                    read_only(Attribute::new("created", T::DateTime)),
                    read_only(Attribute::new("lastModified", T::DateTime)),
                    read_only(exact("location", T::Reference)),
                    read_only(exact("version", T::String)),
                ],
                ..read_only(Attribute::new("meta", T::Complex))
            },
        ]
    })
}
