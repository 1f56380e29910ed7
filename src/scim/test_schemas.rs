//! Small schemas for the unit tests of this layer: each characteristic that some rule depends on occurs once.

use std::sync::Arc;

use serde_json::{Value, json};

use super::resource_type::{ResourceSchemas, ResourceType};
use super::schema::Schema;
use super::urn;

fn plural(name: &str, mut subs: Vec<Value>) -> Value {
    subs.push(json!({ "name": "type" }));
    subs.push(json!({ "name": "primary", "type": "boolean" }));
    json!({ "name": name, "type": "complex", "multiValued": true, "subAttributes": subs })
}

fn user_schema() -> Value {
    json!({ "id": urn::USER, "name": "User", "attributes": [
        { "name": "userName", "required": true, "uniqueness": "server" },
        { "name": "name", "type": "complex", "subAttributes": [
            { "name": "formatted" }, { "name": "familyName" }, { "name": "givenName" } ] },
        { "name": "displayName" },
        { "name": "nickName" },
        { "name": "title" },
        { "name": "userType" },
        { "name": "active", "type": "boolean" },
        { "name": "profileUrl", "type": "reference", "referenceTypes": ["external"], "caseExact": true },
        { "name": "password", "mutability": "writeOnly", "returned": "never" },
        plural("emails", vec![json!({ "name": "value" }), json!({ "name": "display" })]),
        plural("addresses", vec![
            json!({ "name": "streetAddress" }), json!({ "name": "locality" }), json!({ "name": "country" }) ]),
        plural("x509Certificates", vec![json!({ "name": "value", "type": "binary", "caseExact": true })]),
        { "name": "groups", "type": "complex", "multiValued": true, "mutability": "readOnly", "subAttributes": [
            { "name": "value", "mutability": "readOnly" }, { "name": "$ref", "type": "reference" } ] },
    ] })
}

fn enterprise_schema() -> Value {
    json!({ "id": urn::ENTERPRISE_USER, "name": "EnterpriseUser", "attributes": [
        { "name": "employeeNumber" },
        { "name": "department" },
        { "name": "manager", "type": "complex", "subAttributes": [
            { "name": "value", "caseExact": true },
            { "name": "$ref", "type": "reference" },
            { "name": "displayName", "mutability": "readOnly" } ] },
    ] })
}

/// Attributes of the rarer types and characteristics.
fn probe_schema() -> Value {
    json!({ "id": PROBE, "attributes": [
        { "name": "level", "type": "integer" },
        { "name": "ratio", "type": "decimal" },
        { "name": "since", "type": "dateTime" },
        { "name": "badge", "mutability": "immutable", "caseExact": true },
        { "name": "secretHint", "returned": "request" },
        { "name": "tags", "multiValued": true },
        { "name": "origin", "mutability": "readOnly", "returned": "always" },
    ] })
}

/// URN of the extension with the rarer types and characteristics.
pub(crate) const PROBE: &str = "urn:example:params:scim:schemas:probe:1.0:User";

fn assemble(name: &str, endpoint: &str, core: &Value, extensions: &[Value]) -> ResourceSchemas {
    let schema = |value: &Value| Arc::new(Schema::from_value(value).unwrap());
    let core = schema(core);
    let resource_type = ResourceType::from_value(&json!({
        "name": name, "endpoint": endpoint, "schema": core.id,
        "schemaExtensions": extensions.iter().map(|e| json!({ "schema": e["id"] })).collect::<Vec<_>>(),
    }))
    .unwrap();
    ResourceSchemas {
        resource_type,
        core,
        extensions: extensions.iter().map(|e| (schema(e), false)).collect(),
    }
}

/// Users with the enterprise extension and one with rare characteristics.
pub(crate) fn user() -> ResourceSchemas {
    assemble("User", "/Users", &user_schema(), &[enterprise_schema(), probe_schema()])
}

/// Groups.
pub(crate) fn group() -> ResourceSchemas {
    let core = json!({ "id": urn::GROUP, "name": "Group", "attributes": [
        { "name": "displayName", "required": true },
        { "name": "members", "type": "complex", "multiValued": true, "subAttributes": [
            { "name": "value", "mutability": "immutable" },
            { "name": "$ref", "type": "reference", "mutability": "immutable" },
            { "name": "type", "mutability": "immutable" },
            { "name": "display" } ] },
    ] });
    assemble("Group", "/Groups", &core, &[])
}

/// The user of most tests.
pub(crate) fn babs() -> Value {
    json!({
        "schemas": [urn::USER, urn::ENTERPRISE_USER],
        "id": "2819c223",
        "externalId": "701984",
        "userName": "bjensen@example.com",
        "name": { "familyName": "Jensen", "givenName": "Barbara" },
        "active": true,
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" },
        ],
        urn::ENTERPRISE_USER: { "employeeNumber": "701984", "manager": { "value": "26118915" } },
        "meta": {
            "resourceType": "User",
            "created": "2010-01-23T04:56:22Z",
            "lastModified": "2011-05-13T04:42:34Z",
        },
    })
}
