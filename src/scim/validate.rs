//! What a service provider makes of the resource that a client sends with POST or PUT (RFC 7644 §3.3 and §3.5.1).

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::compare::same_value;
use super::conform::{conform, invalid};
use super::error::{ScimError, ScimType};
use super::object::{elements, is_unassigned, member, set};
use super::resource_type::{ResourceSchemas, common_attributes};
use super::schema::{Attribute, Mutability, Returned, Schema};

type Object = Map<String, Value>;

/// The resource to store: names spelled as in the schemas, nothing unassigned, nothing unknown, no readOnly value of
/// the client's, and `schemas` naming the core schema and the extensions that have data.
///
/// With `existing`, a PUT: immutable values must match (RFC 7644 §3.5.1); readOnly attributes such as `id`, `meta` and
/// `groups` are taken over from there, and so are omitted immutable ones and omitted ones that no answer ever shows,
/// for example the password. Other omitted attributes are cleared.
///
/// 400 `invalidSyntax` if the body is not an object or names only unknown schemas, `invalidValue` for wrong types,
/// missing required values or two primary values, `mutability` for another value of an immutable attribute.
pub fn for_write(
    body: &Value,
    schemas: &ResourceSchemas,
    existing: Option<&Value>,
) -> Result<Value, ScimError> {
    let syntax = |detail: &str| ScimError::of(ScimType::InvalidSyntax, detail);
    let body = body.as_object().ok_or_else(|| syntax("the body is not a JSON object"))?;
    check_schemas(body, schemas)?;
    let old = existing.and_then(Value::as_object);

    let mut resource = Object::from_iter([("schemas".to_owned(), Value::Null)]);
    let core = Part { schemas, schema: None };
    core.write(body, old, &mut resource)?;
    let mut urns = vec![schemas.core.id.clone()];
    for (extension, required) in &schemas.extensions {
        let part = Part { schemas, schema: Some(extension) };
        let values = part.write_extension(body, old, extension)?;
        if values.is_empty() && *required {
            return Err(invalid(format!("the extension `{}` is required", extension.id)));
        }
        if !values.is_empty() {
            urns.push(extension.id.clone());
            resource.insert(extension.id.clone(), Value::Object(values));
        }
    }
    resource.insert("schemas".to_owned(), urns.into());
    Ok(Value::Object(resource))
}

/// Demands of a body that it names its schemas, which RFC 7643 §3 makes REQUIRED; [`for_write`] lets them be missing.
///
/// 400 `invalidValue` if `schemas` is missing or empty.
pub fn demand_schemas(body: &Value) -> Result<(), ScimError> {
    let named = body.as_object().and_then(|body| member(body, "schemas"));
    if body.is_object() && named.is_none_or(is_unassigned) {
        return Err(invalid("`schemas` is required"));
    }
    Ok(())
}

/// `schemas` may be missing or incomplete, but a body that names only other schemas is meant for another endpoint.
fn check_schemas(body: &Object, schemas: &ResourceSchemas) -> Result<(), ScimError> {
    let named = match member(body, "schemas") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Array(named)) => named,
        Some(_) => return Err(invalid("`schemas` is not an array")),
    };
    if let Some(other) = named.iter().find(|urn| !urn.is_string()) {
        return Err(invalid(format!("`schemas` contains {other}, which is no URN")));
    }
    let known = |urn: &Value| urn.as_str().is_some_and(|urn| schemas.schema(urn).is_some());
    if named.is_empty() || named.iter().any(known) {
        return Ok(());
    }
    let detail = format!("`schemas` names no schema of {}", schemas.resource_type.name);
    Err(ScimError::of(ScimType::InvalidSyntax, detail))
}

/// The core attributes of a resource (with the common ones), or those of an extension.
#[derive(Clone, Copy)]
struct Part<'s> {
    schemas: &'s ResourceSchemas,
    schema: Option<&'s Schema>,
}

impl<'s> Part<'s> {
    fn attribute(self, name: &str) -> Option<&'s Attribute> {
        match self.schema {
            Some(schema) => schema.attribute(name),
            None if name.eq_ignore_ascii_case("schemas") => None,
            None => self.schemas.core_attribute(name),
        }
    }

    fn attributes(self) -> impl Iterator<Item = &'s Attribute> {
        let schema = self.schema.unwrap_or(&self.schemas.core);
        let common = if self.schema.is_none() { common_attributes() } else { &[] };
        schema.attributes.iter().chain(common.iter().filter(|a| schema.attribute(&a.name).is_none()))
    }

    fn label(self, attribute: &Attribute) -> String {
        match self.schema {
            Some(schema) => format!("{}:{}", schema.id, attribute.name),
            None => attribute.name.clone(),
        }
    }

    fn write(self, body: &Object, old: Option<&Object>, into: &mut Object) -> Result<(), ScimError> {
        for (name, value) in body {
            let Some(attribute) = self.attribute(name) else { continue };
            if attribute.mutability == Mutability::ReadOnly {
                continue;
            }
            let label = self.label(attribute);
            let value = conform(attribute, value, &label)?;
            if let Some(old) = old.and_then(|old| member(old, &attribute.name)) {
                check_immutable(attribute, old, &value, &label)?;
            }
            set(into, &attribute.name, value);
        }
        if let Some(old) = old {
            self.keep(body, old, into);
        }
        self.check_required(into)
    }

    fn write_extension(
        self,
        body: &Object,
        old: Option<&Object>,
        extension: &Schema,
    ) -> Result<Object, ScimError> {
        let empty = Object::new();
        let old = old.and_then(|old| member(old, &extension.id)).and_then(Value::as_object);
        let mut values = Object::new();
        let given = match member(body, &extension.id) {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(given)) => given,
            Some(_) => return Err(invalid(format!("`{}` is not an object", extension.id))),
        };
        if !given.is_empty() || old.is_some() {
            let result = self.write(given, old, &mut values);
            // Required attributes are only demanded of an extension that is there.
            if !given.is_empty() || !values.is_empty() {
                result?;
            }
        }
        Ok(values)
    }

    /// Takes over what a PUT does not change.
    fn keep(self, body: &Object, old: &Object, into: &mut Object) {
        for (name, value) in old {
            let Some(attribute) = self.attribute(name).filter(|_| !is_unassigned(value)) else { continue };
            let omitted = member(body, name).is_none();
            let hidden =
                attribute.returned == Returned::Never || attribute.mutability == Mutability::WriteOnly;
            let stays = match attribute.mutability {
                Mutability::ReadOnly => true,
                Mutability::Immutable => omitted,
                _ => omitted && hidden,
            };
            if stays {
                set(into, &attribute.name, value.clone());
            }
        }
    }

    fn check_required(self, resource: &Object) -> Result<(), ScimError> {
        let demanded = |attribute: &&Attribute| {
            let schemas = self.schema.is_none() && attribute.name.eq_ignore_ascii_case("schemas");
            attribute.required && attribute.mutability != Mutability::ReadOnly && !schemas
        };
        let missing = |attribute: &&Attribute| member(resource, &attribute.name).is_none_or(is_unassigned);
        match self.attributes().filter(demanded).find(missing) {
            Some(attribute) => Err(invalid(format!("`{}` is required", self.label(attribute)))),
            None => Ok(()),
        }
    }
}

/// RFC 7644 §3.5.1: the input value of an immutable attribute that has one must match. For a single-valued complex
/// attribute that holds for its sub-attributes too.
fn check_immutable(attribute: &Attribute, old: &Value, new: &Value, label: &str) -> Result<(), ScimError> {
    let differs = |attribute: &Attribute, old: &Value, new: &Value| {
        attribute.mutability == Mutability::Immutable
            && !elements(old).is_empty()
            && !same_value(attribute, &written(attribute, old), &written(attribute, new))
    };
    let refusal = |label: &str| {
        let detail = format!("`{label}` is immutable and has another value");
        Err(ScimError::of(ScimType::Mutability, detail))
    };
    if differs(attribute, old, new) {
        return refusal(label);
    }
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return Ok(()) };
    for sub in &attribute.sub_attributes {
        match (member(old, &sub.name), member(new, &sub.name)) {
            (Some(old), Some(new)) if differs(sub, old, new) => {
                return refusal(&format!("{label}.{}", sub.name));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What a client can have written of a value: without what the service provider adds to a complex one.
fn written<'v>(attribute: &Attribute, value: &'v Value) -> Cow<'v, Value> {
    let adds = |sub: &Attribute| sub.mutability == Mutability::ReadOnly;
    if !attribute.sub_attributes.iter().any(adds) {
        return Cow::Borrowed(value);
    }
    let strip = |object: &mut Object| {
        object.retain(|name, _| attribute.sub_attribute(name).is_none_or(|sub| !adds(sub)));
    };
    let mut value = value.clone();
    match &mut value {
        Value::Object(object) => strip(object),
        Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(strip),
        _ => {}
    }
    Cow::Owned(value)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scim::attribute_path::AttributePath;
    use crate::scim::compare::differences;
    use crate::scim::patch::tests::any_json;
    use crate::scim::projection::{Projection, project};
    use crate::scim::schema::AttributeType;
    use crate::scim::sort::{SortOrder, compare};
    use crate::scim::test_schemas::{PROBE, babs, group, user};
    use crate::scim::urn::{ENTERPRISE_USER, GROUP, USER};

    #[test]
    fn an_immutable_value_is_compared_without_what_the_server_adds() {
        let sub =
            |name: &str, mutability| Attribute { mutability, ..Attribute::new(name, AttributeType::String) };
        let hall = Attribute {
            mutability: Mutability::Immutable,
            sub_attributes: vec![sub("name", Mutability::Immutable), sub("geo", Mutability::ReadOnly)],
            ..Attribute::new("hall", AttributeType::Complex)
        };
        let old = json!({ "name": "a", "geo": "52N" });
        assert_eq!(check_immutable(&hall, &old, &json!({ "name": "a" }), "hall"), Ok(()));
        let refused = check_immutable(&hall, &old, &json!({ "name": "b" }), "hall").unwrap_err();
        assert_eq!(refused.scim_type, Some(ScimType::Mutability));
        let several = Attribute { multi_valued: true, ..hall };
        assert_eq!(check_immutable(&several, &json!([old]), &json!([{ "name": "a" }]), "hall"), Ok(()));
    }

    #[test]
    fn cleans_what_a_client_posts() {
        let body = json!({
            "SCHEMAS": [USER], "USERNAME": "babs", "id": "mine", "meta": { "created": "x" }, "groups": 1,
            "title": null, "emails": [], "nothing": "x", "active": "True", "name": { "GIVENNAME": "B", "x": 1 },
            ENTERPRISE_USER.to_uppercase(): { "department": "d", "manager": { "value": "1", "displayName": "x" } },
            PROBE: { "origin": "me" },
        });
        assert_eq!(
            for_write(&body, &user(), None).unwrap(),
            json!({
                "schemas": [USER, ENTERPRISE_USER], "userName": "babs", "active": true, "name": { "givenName": "B" },
                ENTERPRISE_USER: { "department": "d", "manager": { "value": "1" } },
            })
        );
    }

    #[test]
    fn refuses_what_does_not_fit() {
        for (body, kind) in [
            (json!("x"), ScimType::InvalidSyntax),
            (json!({ "schemas": [GROUP], "userName": "x" }), ScimType::InvalidSyntax),
            (json!({ "schemas": USER, "userName": "x" }), ScimType::InvalidValue),
            (json!({ "schemas": [1], "userName": "x" }), ScimType::InvalidValue),
            (json!({ "schemas": [USER] }), ScimType::InvalidValue),
            (json!({ "userName": "" }), ScimType::InvalidValue),
            (json!({ "userName": null }), ScimType::InvalidValue),
            (json!({ "userName": ["x"] }), ScimType::InvalidValue),
            (json!({ "userName": "x", "emails": { "value": "x" } }), ScimType::InvalidValue),
            (
                json!({ "userName": "x", "emails": [{ "primary": true }, { "primary": true }] }),
                ScimType::InvalidValue,
            ),
            (json!({ "userName": "x", ENTERPRISE_USER: [] }), ScimType::InvalidValue),
        ] {
            let error = for_write(&body, &user(), None).unwrap_err();
            assert_eq!((error.status, error.scim_type), (400, Some(kind)), "{body}");
        }
        assert!(for_write(&json!({ "members": [] }), &group(), None).is_err());
    }

    #[test]
    fn schemas_can_be_demanded() {
        for (body, fine) in [
            (json!({ "Schemas": [USER] }), true),
            (json!({ "schemas": [] }), false),
            (json!({ "schemas": null }), false),
            (json!({ "userName": "x" }), false),
        ] {
            assert_eq!(demand_schemas(&body).is_ok(), fine, "{body}");
        }
    }

    #[test]
    fn a_required_extension_is_demanded() {
        let mut schemas = user();
        schemas.extensions[0].1 = true;
        assert!(for_write(&json!({ "userName": "x" }), &schemas, None).is_err());
        let body = json!({ "userName": "x", ENTERPRISE_USER: { "department": "d" } });
        assert!(for_write(&body, &schemas, None).is_ok());
    }

    #[test]
    fn required_attributes_of_an_absent_extension_are_not() {
        let mut schemas = user();
        Arc::make_mut(&mut schemas.extensions[0].0).attributes[0].required = true;
        assert!(for_write(&json!({ "userName": "x" }), &schemas, None).is_ok());
        let body = json!({ "userName": "x", ENTERPRISE_USER: { "department": "d" } });
        assert!(for_write(&body, &schemas, None).is_err());
        // A PUT without the container clears it.
        assert!(for_write(&json!({ "userName": "x" }), &schemas, Some(&babs())).is_ok());
    }

    #[test]
    fn put_keeps_what_it_must() {
        let mut existing = babs();
        existing["password"] = json!("hash");
        existing["groups"] = json!([{ "value": "g" }]);
        existing[PROBE] = json!({ "badge": "A", "level": 3, "origin": "hr" });
        let put = |body: Value| for_write(&body, &user(), Some(&existing));
        let result = put(json!({ "userName": "new", "id": "other" })).unwrap();
        assert_eq!(
            result,
            json!({
                "schemas": [USER, PROBE], "userName": "new", "id": "2819c223", "meta": babs()["meta"],
                "password": "hash", "groups": [{ "value": "g" }], PROBE: { "badge": "A", "origin": "hr" },
            })
        );
        assert!(put(json!({ "userName": "new", PROBE: { "badge": "A" } })).is_ok());
        for badge in [json!("a"), json!(null)] {
            let error = put(json!({ "userName": "new", PROBE: { "badge": badge } })).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::Mutability));
        }
        let cleared = put(json!({ "userName": "new", "password": null })).unwrap();
        assert_eq!(cleared.get("password"), None);
    }

    proptest! {
        #[test]
        fn no_json_panics_anywhere(body in any_json(), existing in any_json()) {
            let schemas = user();
            let _ = for_write(&body, &schemas, Some(&existing));
            let _ = project(&body, &schemas, &Projection::default());
            let _ = compare(&body, &existing, &AttributePath::attribute("emails"), SortOrder::Ascending, &schemas);
            prop_assert!(differences(&body, &body, &schemas, &[]).is_empty());
        }

        #[test]
        fn what_is_stored_can_be_stored(body in any_json()) {
            if let Ok(stored) = for_write(&body, &user(), None) {
                prop_assert_eq!(for_write(&stored, &user(), None), Ok(stored.clone()));
                prop_assert_eq!(for_write(&stored, &user(), Some(&stored)), Ok(stored));
            }
        }

        #[test]
        fn writing_twice_is_writing_once(title in proptest::option::of(".{0,5}"), flag in any::<Option<bool>>()) {
            let body = json!({
                "userName": "x", "title": title, "emails": [{ "value": title, "primary": flag }],
                ENTERPRISE_USER: { "department": title },
            });
            let once = for_write(&body, &user(), None).unwrap();
            prop_assert_eq!(for_write(&once, &user(), None), Ok(once));
        }
    }
}
