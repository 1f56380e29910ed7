//! Which attributes an answer contains (RFC 7644 §3.9, `returned` of RFC 7643 §7).

use serde_json::{Map, Value};

use super::attribute_path::AttributePath;
use super::error::{ScimError, ScimType};
use super::object::{is_unassigned, set};
use super::resource_type::ResourceSchemas;
use super::schema::{Attribute, Returned, Schema};

/// The parameters `attributes` and `excludedAttributes`; empty means not given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Projection {
    /// What the client asks for in place of the default set.
    pub attributes: Vec<AttributePath>,
    /// What the client does not want of the default set.
    pub excluded: Vec<AttributePath>,
}

impl Projection {
    /// Reads both query parameters, lists with commas; bare extension URNs are allowed, empty elements are skipped.
    ///
    /// 400 `invalidValue` if both are given, since they exclude each other, or for a name that is not in attribute
    /// notation. Unknown attributes are no error.
    pub fn parse(
        attributes: Option<&str>,
        excluded: Option<&str>,
        schemas: &ResourceSchemas,
    ) -> Result<Self, ScimError> {
        let list = |text: Option<&str>| {
            let names = text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
            names.map(|name| AttributePath::parse_with(name, schemas)).collect::<Result<Vec<_>, _>>()
        };
        let invalid = |detail: String| ScimError::of(ScimType::InvalidValue, detail);
        let projection = Self {
            attributes: list(attributes).map_err(|error| invalid(format!("attributes: {error}")))?,
            excluded: list(excluded).map_err(|error| invalid(format!("excludedAttributes: {error}")))?,
        };
        if !projection.attributes.is_empty() && !projection.excluded.is_empty() {
            return Err(invalid("attributes and excludedAttributes exclude each other".to_owned()));
        }
        Ok(projection)
    }
}

/// What a list of paths says about one attribute.
#[derive(Default)]
struct Selection<'p> {
    whole: bool,
    subs: Vec<&'p str>,
}

impl<'p> Selection<'p> {
    fn of(paths: &'p [AttributePath], schemas: &ResourceSchemas, holder: &Schema, name: &str) -> Self {
        let mut selection = Self::default();
        for path in paths {
            let urn = path.urn.as_deref().unwrap_or(&schemas.core.id);
            match path.container(schemas) {
                Some(schema) => selection.whole |= schema.id == holder.id,
                None if !urn.eq_ignore_ascii_case(&holder.id) || !path.name.eq_ignore_ascii_case(name) => {}
                None => match &path.sub {
                    Some(sub) => selection.subs.push(sub),
                    None => selection.whole = true,
                },
            }
        }
        selection
    }

    fn is_empty(&self) -> bool {
        !self.whole && self.subs.is_empty()
    }

    fn names(&self, sub: &str) -> bool {
        self.subs.iter().any(|name| name.eq_ignore_ascii_case(sub))
    }
}

/// The resource as it is returned. Without parameters that is all with `returned` always or default; `attributes`
/// replaces the default set and is the only way to `request` attributes; `excludedAttributes` takes away from the
/// default set. `never` is never there, `id` and `schemas` always are, `meta` is part of the default set.
///
/// A complex attribute that is asked for as a whole comes without its `request` sub-attributes. Attributes that no
/// schema defines are treated as default.
#[must_use]
pub fn project(resource: &Value, schemas: &ResourceSchemas, projection: &Projection) -> Value {
    let Some(object) = resource.as_object() else { return resource.clone() };
    let mut kept = Map::new();
    for (name, value) in object {
        let extension = schemas.extensions.iter().find(|(schema, _)| schema.id.eq_ignore_ascii_case(name));
        let value = if let (Some((schema, _)), Some(members)) = (extension, value.as_object()) {
            let members = members.iter().filter_map(|(name, value)| {
                let attribute = schema.attribute(name);
                let value = project_attribute(name, attribute, value, schemas, schema, projection)?;
                Some((name.clone(), value))
            });
            Some(Value::Object(members.collect()))
        } else {
            let attribute = schemas.core_attribute(name);
            project_attribute(name, attribute, value, schemas, &schemas.core, projection)
        };
        set(&mut kept, name, value.unwrap_or_default());
    }
    Value::Object(kept)
}

fn project_attribute(
    name: &str,
    attribute: Option<&Attribute>,
    value: &Value,
    schemas: &ResourceSchemas,
    holder: &Schema,
    projection: &Projection,
) -> Option<Value> {
    let wanted = Selection::of(&projection.attributes, schemas, holder, name);
    let unwanted = Selection::of(&projection.excluded, schemas, holder, name);
    let replaced = !projection.attributes.is_empty();
    let kept = match returned(name, attribute) {
        Returned::Never => false,
        Returned::Always => true,
        Returned::Default if replaced => !wanted.is_empty(),
        Returned::Default => !unwanted.whole,
        Returned::Request => !wanted.is_empty(),
    };
    let value = kept.then(|| project_value(attribute, value, &wanted, &unwanted))?;
    (!is_unassigned(&value)).then_some(value)
}

/// RFC 7643 §3.1 and §3: every representation has `id` and `schemas`, whatever a schema says about them.
fn returned(name: &str, attribute: Option<&Attribute>) -> Returned {
    if name.eq_ignore_ascii_case("id") || name.eq_ignore_ascii_case("schemas") {
        return Returned::Always;
    }
    attribute.map_or(Returned::Default, |attribute| attribute.returned)
}

fn project_value(
    attribute: Option<&Attribute>,
    value: &Value,
    wanted: &Selection<'_>,
    unwanted: &Selection<'_>,
) -> Value {
    let one = |item: &Value| match item.as_object() {
        Some(members) => {
            let keeps = |name: &str| keeps_sub(attribute, name, wanted, unwanted);
            let members = members.iter().filter(|(name, _)| keeps(name));
            Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        None => item.clone(),
    };
    match value {
        Value::Array(items) => items.iter().map(one).filter(|item| !is_unassigned(item)).collect(),
        single => one(single),
    }
}

fn keeps_sub(
    attribute: Option<&Attribute>,
    name: &str,
    wanted: &Selection<'_>,
    unwanted: &Selection<'_>,
) -> bool {
    let sub = attribute.and_then(|attribute| attribute.sub_attribute(name));
    let only_some = !wanted.whole && !wanted.subs.is_empty();
    match sub.map_or(Returned::Default, |sub| sub.returned) {
        Returned::Never => false,
        Returned::Always => true,
        Returned::Request => wanted.names(name),
        Returned::Default if only_some => wanted.names(name),
        Returned::Default => !unwanted.names(name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::test_schemas::{PROBE, babs, user};
    use crate::scim::urn::{ENTERPRISE_USER, USER};

    fn full() -> Value {
        let mut user = babs();
        user["password"] = json!("secret");
        user[PROBE] = json!({ "level": 1, "secretHint": "x", "origin": "hr" });
        user
    }

    fn projected(attributes: &str, excluded: &str) -> Value {
        let projection = Projection::parse(Some(attributes), Some(excluded), &user()).unwrap();
        project(&full(), &user(), &projection)
    }

    fn names(value: &Value) -> Vec<&str> {
        value.as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn the_default_set() {
        let all = projected("", "");
        let mut wanted = babs();
        wanted[PROBE] = json!({ "level": 1, "origin": "hr" });
        assert_eq!(all, wanted);
    }

    #[test]
    fn attributes_replace_the_default_set() {
        // `origin` of the probe extension is always returned.
        let minimum = ["schemas", "id", PROBE];
        for (attributes, pointer, wanted) in [
            ("USERNAME", "/userName", json!("bjensen@example.com")),
            (&format!("{USER}:userName"), "/userName", json!("bjensen@example.com")),
            ("name.givenName", "/name", json!({ "givenName": "Barbara" })),
            ("emails.type", "/emails", json!([{ "type": "work" }, { "type": "home" }])),
            ("name.givenName,name", "/name", json!({ "familyName": "Jensen", "givenName": "Barbara" })),
            (
                &format!("{ENTERPRISE_USER}:manager.value"),
                &format!("/{ENTERPRISE_USER}"),
                json!({ "manager": { "value": "26118915" } }),
            ),
            (ENTERPRISE_USER, &format!("/{ENTERPRISE_USER}"), babs()[ENTERPRISE_USER].clone()),
            ("meta.created", "/meta", json!({ "created": "2010-01-23T04:56:22Z" })),
        ] {
            let value = projected(attributes, "");
            assert_eq!(value.pointer(pointer), Some(&wanted), "{attributes}");
            assert_eq!(names(&value).len(), minimum.len() + 1, "{attributes}: {value}");
        }
        for attributes in ["nothing", "password", "title"] {
            assert_eq!(names(&projected(attributes, "")), minimum);
        }
        let asked = projected(&format!("{PROBE}:secretHint"), "");
        assert_eq!(asked[PROBE], json!({ "secretHint": "x", "origin": "hr" }));
    }

    #[test]
    fn excluded_attributes_take_away_from_it() {
        let value = projected("", &format!("ID,schemas,emails,name.familyName,meta,{PROBE},userName"));
        assert_eq!(
            value,
            json!({
                "schemas": babs()["schemas"], "id": "2819c223", "externalId": "701984", "active": true,
                "name": { "givenName": "Barbara" }, ENTERPRISE_USER: babs()[ENTERPRISE_USER],
                PROBE: { "origin": "hr" },
            })
        );
    }

    #[test]
    fn both_at_once_and_bad_names_are_refused() {
        for (attributes, excluded) in [("id", "name"), ("1x", ""), ("", "a b")] {
            let error = Projection::parse(Some(attributes), Some(excluded), &user()).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
        }
    }
}
