//! The schemas of RFC 7643 §8.7 with the errata of the RFC Editor taken in (`suites/schema/`): what the reference
//! server publishes, and what stands in for the schemas that a target does not publish.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::resource_type::{ResourceSchemas, ResourceType, SchemaExtension};
use super::schema::Schema;
use super::urn;

const DOCUMENTS: [&str; 6] = [
    include_str!("../../suites/schema/user.json"),
    include_str!("../../suites/schema/group.json"),
    include_str!("../../suites/schema/enterprise-user.json"),
    include_str!("../../suites/schema/service-provider-config.json"),
    include_str!("../../suites/schema/resource-type.json"),
    include_str!("../../suites/schema/schema.json"),
];

/// All of them: User, Group, enterprise User, `ServiceProviderConfig`, `ResourceType`, Schema.
///
/// # Panics
/// Never in a released binary: a test reads every document.
#[must_use]
pub fn schemas() -> &'static [Arc<Schema>] {
    static SCHEMAS: OnceLock<Vec<Arc<Schema>>> = OnceLock::new();
    SCHEMAS.get_or_init(|| {
        let read = |text: &&str| {
            let value: Value = serde_json::from_str(text).expect("an embedded schema is JSON");
            Arc::new(Schema::from_value(&value).expect("an embedded schema has an id"))
        };
        DOCUMENTS.iter().map(read).collect()
    })
}

/// One of them, by URN without letter case.
#[must_use]
pub fn schema(urn: &str) -> Option<Arc<Schema>> {
    schemas().iter().find(|schema| schema.id.eq_ignore_ascii_case(urn)).cloned()
}

/// `/Users`, with the enterprise extension.
#[must_use]
pub fn user() -> ResourceSchemas {
    let extension = SchemaExtension { schema: urn::ENTERPRISE_USER.to_owned(), required: false };
    ResourceSchemas {
        resource_type: resource_type("User", "/Users", "User account", urn::USER, vec![extension]),
        core: known(urn::USER),
        extensions: vec![(known(urn::ENTERPRISE_USER), false)],
    }
}

/// `/Groups`.
#[must_use]
pub fn group() -> ResourceSchemas {
    ResourceSchemas {
        resource_type: resource_type("Group", "/Groups", "Group", urn::GROUP, Vec::new()),
        core: known(urn::GROUP),
        extensions: Vec::new(),
    }
}

fn known(urn: &str) -> Arc<Schema> {
    schema(urn).expect("an embedded schema has this URN")
}

fn resource_type(
    name: &str,
    endpoint: &str,
    description: &str,
    schema: &str,
    schema_extensions: Vec<SchemaExtension>,
) -> ResourceType {
    ResourceType {
        name: name.to_owned(),
        id: Some(name.to_owned()),
        endpoint: endpoint.to_owned(),
        description: Some(description.to_owned()),
        schema: schema.to_owned(),
        schema_extensions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::schema::{AttributeType, Mutability, Returned};

    #[test]
    fn the_schemas_are_those_of_the_rfc() {
        assert_eq!(schemas().len(), 6);
        let user = user();
        let password = user.core.attribute("password").unwrap();
        assert_eq!((password.mutability, password.returned), (Mutability::WriteOnly, Returned::Never));
        let certificate = user.core.attribute("x509Certificates").unwrap().sub_attribute("value").unwrap();
        assert_eq!(certificate.attribute_type, AttributeType::Binary);
        assert!(group().core.attribute("displayName").unwrap().required);
        assert!(user.schema(urn::ENTERPRISE_USER).unwrap().attribute("manager").is_some());
    }

    #[test]
    fn the_documents_read_back() {
        for schema in schemas() {
            assert_eq!(Schema::from_value(&schema.to_value()).as_ref(), Some(schema.as_ref()));
        }
    }
}
