//! The one place where a client's value is measured against its attribute (RFC 7643 §2.3), for POST, PUT and PATCH.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::date_time::DateTime;
use super::error::{ScimError, ScimType};
use super::object::{as_map, elements, is_unassigned, member, member_of, set};
use super::schema::{Attribute, AttributeType, Mutability};

/// The value of an attribute as it is stored: names spelled as in the schema, unknown and readOnly sub-attributes
/// dropped, Booleans as Booleans. Null if nothing is assigned. 400 `invalidValue` if type or plurality do not fit, or
/// if more than one value is primary (RFC 7643 §2.4).
pub(crate) fn conform(attribute: &Attribute, value: &Value, path: &str) -> Result<Value, ScimError> {
    if is_unassigned(value) && (attribute.is_complex() || !value.is_object()) {
        return Ok(Value::Null);
    }
    if !attribute.multi_valued {
        return conform_one(attribute, value, path);
    }
    let items =
        value.as_array().ok_or_else(|| invalid(format!("`{path}` is multi-valued: expected an array")))?;
    let mut kept = Vec::with_capacity(items.len());
    let mut places = HashMap::new();
    for item in items.iter().filter(|item| !is_unassigned(item)) {
        let item = conform_one(attribute, item, path)?;
        // RFC 7643 §2.4: the same pair of type and value SHOULD NOT be returned twice.
        let pair = identity(attribute, &item);
        match pair.as_ref().and_then(|pair| places.get(pair)) {
            Some(place) if is_primary(&item) => set(as_map(&mut kept[*place]), "primary", Value::Bool(true)),
            Some(_) => {}
            None if is_unassigned(&item) => {}
            None => {
                places.extend(pair.map(|pair| (pair, kept.len())));
                kept.push(item);
            }
        }
    }
    if kept.iter().filter(|item| is_primary(item)).count() > 1 {
        return Err(invalid(format!("`{path}` has more than one primary value")));
    }
    Ok(if kept.is_empty() { Value::Null } else { Value::Array(kept) })
}

/// The `value` and `type` of an element, which together identify it (RFC 7643 §2.4), in the form in which they are
/// compared.
fn identity(attribute: &Attribute, item: &Value) -> Option<(String, Option<String>)> {
    let part = |name: &str| {
        let sub = attribute.sub_attribute(name)?;
        Some(sub.fold(member_of(item, name)?.as_str()?).into_owned())
    };
    Some((part("value")?, part("type")))
}

/// One value of an attribute, like [`conform`]; required sub-attributes must be there.
pub(crate) fn conform_one(attribute: &Attribute, value: &Value, path: &str) -> Result<Value, ScimError> {
    if attribute.is_complex() {
        let value = conform_complex(attribute, value, path)?;
        check_required_subs(attribute, &value, path)?;
        return Ok(value);
    }
    conform_simple(attribute, value).ok_or_else(|| {
        invalid(format!("`{path}` is of type {}, not {}", attribute.attribute_type.as_str(), kind_of(value)))
    })
}

/// 400 `invalidValue` if an assigned complex value lacks a required sub-attribute.
pub(crate) fn check_required_subs(attribute: &Attribute, value: &Value, path: &str) -> Result<(), ScimError> {
    let Some(map) = value.as_object().filter(|map| !map.is_empty()) else { return Ok(()) };
    let demanded = |sub: &&Attribute| sub.required && sub.mutability != Mutability::ReadOnly;
    match attribute.sub_attributes.iter().filter(demanded).find(|sub| member(map, &sub.name).is_none()) {
        Some(sub) => Err(invalid(format!("`{path}.{}` is required", sub.name))),
        None => Ok(()),
    }
}

/// Whether this is the primary value of a multi-valued attribute.
pub(crate) fn is_primary(item: &Value) -> bool {
    member_of(item, "primary") == Some(&Value::Bool(true))
}

fn conform_complex(attribute: &Attribute, value: &Value, path: &str) -> Result<Value, ScimError> {
    let Some(object) = value.as_object() else {
        return shorthand(attribute, value).ok_or_else(|| {
            invalid(format!("`{path}` is complex: expected an object, not {}", kind_of(value)))
        });
    };
    let mut kept = Map::new();
    for (name, value) in object {
        let Some(sub) = attribute.sub_attribute(name) else { continue };
        if sub.mutability == Mutability::ReadOnly {
            continue;
        }
        set(&mut kept, &sub.name, conform_sub(sub, value, &format!("{path}.{}", sub.name))?);
    }
    Ok(Value::Object(kept))
}

/// A sub-attribute is not complex (RFC 7643 §2.3.8); a schema that says otherwise gets its values as they are, so that
/// no schema makes this recursive.
fn conform_sub(sub: &Attribute, value: &Value, path: &str) -> Result<Value, ScimError> {
    if sub.is_complex() { Ok(value.clone()) } else { conform(sub, value, path) }
}

/// Some clients send the enterprise manager as a plain string: it stands for `value`.
fn shorthand(attribute: &Attribute, value: &Value) -> Option<Value> {
    let sub = attribute.sub_attribute("value").filter(|_| !attribute.multi_valued)?;
    let text = value.as_str().filter(|text| !text.is_empty())?;
    Some(Value::Object(Map::from_iter([(sub.name.clone(), text.into())])))
}

/// A simple value in its attribute's type; `None` if it has another one. Entra sends Booleans as `"True"`.
fn conform_simple(attribute: &Attribute, value: &Value) -> Option<Value> {
    let text = value.as_str();
    let fits = match attribute.attribute_type {
        AttributeType::Boolean => return truth(value).map(Value::Bool),
        AttributeType::Decimal => value.is_number(),
        AttributeType::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        AttributeType::DateTime => text.is_some_and(|text| DateTime::parse(text).is_some()),
        AttributeType::Binary => text.is_some_and(is_base64),
        // RFC 7643 §4.1.1: a required string such as userName is not empty.
        AttributeType::String | AttributeType::Reference => {
            text.is_some_and(|text| !(text.is_empty() && attribute.required))
        }
        AttributeType::Complex => false,
    };
    fits.then(|| value.clone())
}

/// A Boolean, also as a string in any letter case.
pub(crate) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// Base64 or base64url (RFC 4648 §4 and §5), with or without padding; white space of wrapped certificates passes.
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let allowed = |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "+/-_".contains(c);
    text.len() - body.len() <= 2 && body.chars().all(allowed)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a Boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "this string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// 400 `invalidValue`.
pub(crate) fn invalid(detail: impl Into<String>) -> ScimError {
    ScimError::of(ScimType::InvalidValue, detail)
}

/// The values of a multi-valued attribute, each conforming; one value without an array around it is taken as one
/// element, as in RFC 7644 §3.5.2.1.
pub(crate) fn conform_elements(
    attribute: &Attribute,
    value: &Value,
    path: &str,
) -> Result<Vec<Value>, ScimError> {
    match conform(attribute, &Value::Array(elements(value).to_vec()), path)? {
        Value::Array(items) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::attribute_path::AttributePath;
    use crate::scim::test_schemas::{PROBE, user};

    fn run(path: &str, value: &Value) -> Option<Value> {
        let schemas = user();
        let path: AttributePath = path.parse().unwrap();
        conform(path.resolve(&schemas).unwrap().attribute, value, "x").ok()
    }

    #[test]
    fn types() {
        let probe = |name: &str| format!("{PROBE}:{name}");
        for (path, value, wanted) in [
            ("title".to_owned(), json!("x"), Some(json!("x"))),
            ("title".to_owned(), json!(1), None),
            ("title".to_owned(), json!({}), None),
            ("title".to_owned(), json!(null), Some(json!(null))),
            ("active".to_owned(), json!("True"), Some(json!(true))),
            ("active".to_owned(), json!("yes"), None),
            ("emails".to_owned(), json!([]), Some(json!(null))),
            ("emails".to_owned(), json!({ "value": "x" }), None),
            ("emails".to_owned(), json!("x"), None),
            (
                "emails".to_owned(),
                json!([{ "VALUE": "x", "zz": 1, "type": null }]),
                Some(json!([{ "value": "x" }])),
            ),
            ("emails".to_owned(), json!([{ "value": 1 }]), None),
            ("emails".to_owned(), json!([{ "primary": true }, { "primary": "true" }]), None),
            (
                "emails".to_owned(),
                json!([{ "value": "x" }, { "value": "X", "primary": true }, { "value": "x", "type": "work" }]),
                Some(json!([{ "value": "x", "primary": true }, { "value": "x", "type": "work" }])),
            ),
            ("name".to_owned(), json!("Babs"), None),
            (probe("level"), json!(3), Some(json!(3))),
            (probe("level"), json!(3.5), None),
            (probe("ratio"), json!(3.5), Some(json!(3.5))),
            (probe("since"), json!("2011-05-13T04:42:34Z"), Some(json!("2011-05-13T04:42:34Z"))),
            (probe("since"), json!("yesterday"), None),
            (
                "x509Certificates".to_owned(),
                json!([{ "value": "MIID-_+/=" }]),
                Some(json!([{ "value": "MIID-_+/=" }])),
            ),
            ("x509Certificates".to_owned(), json!([{ "value": "M!" }]), None),
        ] {
            assert_eq!(run(&path, &value), wanted, "{path} {value}");
        }
        let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
        assert_eq!(run(manager, &json!("26")), Some(json!({ "value": "26" })));
        assert_eq!(
            run(manager, &json!({ "value": "26", "displayName": "x" })),
            Some(json!({ "value": "26" }))
        );
    }
}
