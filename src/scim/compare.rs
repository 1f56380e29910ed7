//! When two resources say the same (RFC 7643 §2): member names without letter case, strings by `caseExact`,
//! multi-valued attributes without order, null and empty as absent, dateTime as instants.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::attribute_path::AttributePath;
use super::date_time::DateTime;
use super::object::{MAX_DEPTH, as_map, elements, is_unassigned, key_of, member, remove};
use super::resource_type::ResourceSchemas;
use super::schema::{Attribute, AttributeType, Schema};

/// One place where two resources differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Attribute notation: `name.givenName`, `urn:…:User:department`.
    pub path: String,
    /// What only the left one has; of a multi-valued attribute only the values without counterpart.
    pub left: Option<Value>,
    /// What only the right one has.
    pub right: Option<Value>,
}

/// Where `a` and `b` differ, in the order of their members. `ignoring` names attributes, sub-attributes (of every
/// value) and extensions that do not count. Unknown attributes are compared too, with letter case.
#[must_use]
pub fn differences(
    a: &Value,
    b: &Value,
    schemas: &ResourceSchemas,
    ignoring: &[AttributePath],
) -> Vec<Difference> {
    let (mut a, mut b) = (a.clone(), b.clone());
    for path in ignoring {
        strip(&mut a, path, schemas);
        strip(&mut b, path, schemas);
    }
    let (Some(left), Some(right)) = (a.as_object(), b.as_object()) else {
        let same = a == b;
        return if same { Vec::new() } else { vec![difference(String::new(), Some(&a), Some(&b))] };
    };
    let mut found = Vec::new();
    for name in names(left, right) {
        let pair = (member(left, name), member(right, name));
        match schemas.schema(name) {
            Some(extension) => in_extension(extension, pair, &mut found),
            None => in_attribute(schemas.core_attribute(name), name, pair, &mut found),
        }
    }
    found
}

/// Whether two values of an attribute are the same, for a multi-valued one arrays or single values.
#[must_use]
pub fn same_value(attribute: &Attribute, a: &Value, b: &Value) -> bool {
    same(Some(attribute), Some(a), Some(b), 0)
}

type Pair<'a> = (Option<&'a Value>, Option<&'a Value>);

fn in_extension(schema: &Schema, (left, right): Pair<'_>, found: &mut Vec<Difference>) {
    let empty = Map::new();
    let map = |value: Option<&'_ Value>| value.and_then(Value::as_object).cloned();
    let (a, b) = (map(left), map(right));
    if a.is_none() && b.is_none() {
        return in_attribute(None, &schema.id, (left, right), found);
    }
    let (a, b) = (a.as_ref().unwrap_or(&empty), b.as_ref().unwrap_or(&empty));
    for name in names(a, b) {
        let attribute = schema.attribute(name);
        let path = format!("{}:{}", schema.id, attribute.map_or(name, |a| &a.name));
        in_attribute(attribute, &path, (member(a, name), member(b, name)), found);
    }
}

fn in_attribute(attribute: Option<&Attribute>, path: &str, (a, b): Pair<'_>, found: &mut Vec<Difference>) {
    if same(attribute, a, b, 0) {
        return;
    }
    match (a, b) {
        (Some(Value::Object(left)), Some(Value::Object(right)))
            if attribute.is_none_or(|a| !a.multi_valued) =>
        {
            for name in names(left, right) {
                let (a, b) = (member(left, name), member(right, name));
                if !same_member(attribute, name, a, b, 1) {
                    found.push(difference(format!("{path}.{name}"), a, b));
                }
            }
        }
        _ if is_plural(attribute, a, b) => {
            let (a, b) = unmatched(attribute, assigned(a), assigned(b), 0);
            let list = |items: Vec<&Value>| Value::Array(items.into_iter().cloned().collect());
            found.push(difference(path.to_owned(), Some(&list(a)), Some(&list(b))));
        }
        _ => found.push(difference(path.to_owned(), a, b)),
    }
}

fn difference(path: String, left: Option<&Value>, right: Option<&Value>) -> Difference {
    let some = |value: Option<&Value>| value.filter(|value| !is_unassigned(value)).cloned();
    Difference { path, left: some(left), right: some(right) }
}

/// The member names of both, each once, in the left one's spelling and order.
fn names<'a>(left: &'a Map<String, Value>, right: &'a Map<String, Value>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    left.keys()
        .chain(right.keys())
        .filter(|key| seen.insert(key.to_ascii_lowercase()))
        .map(|k| &**k)
        .collect()
}

fn is_plural(attribute: Option<&Attribute>, a: Option<&Value>, b: Option<&Value>) -> bool {
    let array = |value: Option<&Value>| value.is_some_and(Value::is_array);
    attribute.is_some_and(|attribute| attribute.multi_valued) || array(a) || array(b)
}

fn assigned(value: Option<&Value>) -> Vec<&Value> {
    value.map_or(&[][..], elements).iter().filter(|item| !is_blank(item, 0)).collect()
}

/// Unassigned, also by having nothing but unassigned members.
fn is_blank(value: &Value, depth: usize) -> bool {
    match value {
        Value::Object(map) if depth < MAX_DEPTH => map.values().all(|value| is_blank(value, depth + 1)),
        other => is_unassigned(other),
    }
}

fn same(attribute: Option<&Attribute>, a: Option<&Value>, b: Option<&Value>, depth: usize) -> bool {
    if depth >= MAX_DEPTH {
        return a == b;
    }
    if is_plural(attribute, a, b) {
        let (a, b) = (assigned(a), assigned(b));
        if a.len() != b.len() {
            return false;
        }
        let (left, right) = unmatched(attribute, a, b, depth);
        return left.is_empty() && right.is_empty();
    }
    let present = |value: Option<&'_ Value>| value.is_some_and(|value| !is_blank(value, 0));
    match (a, b) {
        (Some(a), Some(b)) if present(Some(a)) && present(Some(b)) => same_one(attribute, a, b, depth),
        _ => present(a) == present(b),
    }
}

/// What each list has and the other has not; equal values cancel out one to one.
fn unmatched<'v>(
    attribute: Option<&Attribute>,
    left: Vec<&'v Value>,
    mut right: Vec<&'v Value>,
    depth: usize,
) -> (Vec<&'v Value>, Vec<&'v Value>) {
    // Usually both have the same order; taking matches from the end then needs no search.
    right.reverse();
    let mut alone = Vec::new();
    for item in left {
        match right.iter().rposition(|other| same_element(attribute, item, other, depth + 1)) {
            Some(index) => drop(right.remove(index)),
            None => alone.push(item),
        }
    }
    right.reverse();
    (alone, right)
}

fn same_element(attribute: Option<&Attribute>, a: &Value, b: &Value, depth: usize) -> bool {
    if a.is_array() || b.is_array() {
        return same(None, Some(a), Some(b), depth);
    }
    same_one(attribute, a, b, depth)
}

fn same_one(attribute: Option<&Attribute>, a: &Value, b: &Value, depth: usize) -> bool {
    match (a, b) {
        (Value::Object(left), Value::Object(right)) => names(left, right)
            .into_iter()
            .all(|name| same_member(attribute, name, member(left, name), member(right, name), depth + 1)),
        (Value::String(left), Value::String(right)) => same_text(attribute, left, right),
        (Value::Number(left), Value::Number(right)) => {
            left == right || left.as_f64() == right.as_f64() && (left.is_f64() || right.is_f64())
        }
        _ => a == b,
    }
}

fn same_member(
    attribute: Option<&Attribute>,
    name: &str,
    a: Option<&Value>,
    b: Option<&Value>,
    depth: usize,
) -> bool {
    let sub = attribute.and_then(|attribute| attribute.sub_attribute(name));
    // RFC 7643 §2.4: an absent `primary` is assumed to be false.
    let stated = |value: &&Value| !(name.eq_ignore_ascii_case("primary") && **value == Value::Bool(false));
    same(sub, a.filter(stated), b.filter(stated), depth)
}

fn same_text(attribute: Option<&Attribute>, a: &str, b: &str) -> bool {
    let Some(attribute) = attribute else { return a == b };
    if attribute.attribute_type == AttributeType::DateTime {
        return match (DateTime::parse(a), DateTime::parse(b)) {
            (Some(a), Some(b)) => a == b,
            (None, None) => a == b,
            _ => false,
        };
    }
    attribute.fold(a) == attribute.fold(b)
}

/// Takes a path out of a resource: an attribute, a sub-attribute of every value, or an extension.
fn strip(resource: &mut Value, path: &AttributePath, schemas: &ResourceSchemas) {
    let Some(map) = resource.as_object_mut() else { return };
    if let Some(schema) = path.container(schemas) {
        remove(map, &schema.id);
        return;
    }
    let core = |urn: &&String| !urn.eq_ignore_ascii_case(&schemas.core.id);
    let map = match path.urn.as_ref().filter(core) {
        None => map,
        Some(urn) => match key_of(map, urn).cloned() {
            Some(key) => as_map(&mut map[&key]),
            None => return,
        },
    };
    let Some(sub) = &path.sub else {
        remove(map, &path.name);
        return;
    };
    let Some(key) = key_of(map, &path.name).cloned() else { return };
    let items = match &mut map[&key] {
        Value::Array(items) => items.as_mut_slice(),
        single => std::slice::from_mut(single),
    };
    for object in items.iter_mut().filter_map(Value::as_object_mut) {
        remove(object, sub);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scim::test_schemas::{PROBE, babs, user};
    use crate::scim::urn::ENTERPRISE_USER;

    fn paths(a: &Value, b: &Value) -> Vec<String> {
        differences(a, b, &user(), &[]).into_iter().map(|difference| difference.path).collect()
    }

    #[test]
    fn what_does_not_count() {
        let a = json!({
            "userName": "babs", "title": null, "phones": [], "name": { "givenName": "B", "formatted": null },
            "emails": [{ "value": "a@x", "primary": false }, { "value": "b@x" }],
            "meta": { "created": "2011-05-13T04:42:34Z" }, PROBE: { "level": 1 },
        });
        let b = json!({
            "USERNAME": "BABS", "name": { "GivenName": "b" },
            "emails": [{ "value": "B@x", "type": null }, { "VALUE": "a@x" }],
            "meta": { "created": "2011-05-13T06:42:34.000+02:00" }, PROBE: { "level": 1.0 },
            ENTERPRISE_USER: {},
        });
        assert_eq!(paths(&a, &b), [""; 0]);
    }

    #[test]
    fn what_counts() {
        for (a, b, wanted) in [
            (json!({ "id": "a" }), json!({ "id": "A" }), "id"),
            (
                json!({ "name": { "givenName": "a" } }),
                json!({ "name": { "givenName": "b" } }),
                "name.givenName",
            ),
            (json!({ "active": false }), json!({}), "active"),
            (json!({ "active": "true" }), json!({ "active": true }), "active"),
            (json!({ "unknown": "a" }), json!({ "unknown": "A" }), "unknown"),
            (json!({ PROBE: { "tags": ["a", "a"] } }), json!({ PROBE: { "tags": ["a"] } }), PROBE),
        ] {
            let found = paths(&a, &b);
            assert_eq!(found.len(), 1, "{a} {b}");
            assert!(found[0].starts_with(wanted), "{found:?}");
        }
        let a = json!({ "emails": [{ "value": "a" }, { "value": "b" }] });
        let b = json!({ "emails": [{ "value": "c" }, { "value": "b" }] });
        let wanted = Difference {
            path: "emails".to_owned(),
            left: Some(json!([{ "value": "a" }])),
            right: Some(json!([{ "value": "c" }])),
        };
        assert_eq!(differences(&a, &b, &user(), &[]), [wanted]);
    }

    #[test]
    fn ignores_what_it_is_told_to() {
        let mut other = babs();
        other["meta"]["lastModified"] = json!("2020-01-01T00:00:00Z");
        other["emails"][0]["display"] = json!("x");
        other[ENTERPRISE_USER]["department"] = json!("x");
        let ignoring = ["meta.lastModified", "emails.DISPLAY", ENTERPRISE_USER];
        let ignoring: Vec<AttributePath> = ignoring.iter().map(|path| path.parse().unwrap()).collect();
        assert_eq!(differences(&babs(), &other, &user(), &ignoring), []);
        assert_eq!(differences(&babs(), &other, &user(), &[]).len(), 3);
    }

    /// Values that resemble resources, for laws of comparison and patching.
    fn any_resource() -> impl Strategy<Value = Value> {
        let text = || prop_oneof![Just(Value::Null), "[aAbB]{0,2}".prop_map(Value::from)];
        let email = (text(), text(), any::<Option<bool>>())
            .prop_map(|(value, kind, primary)| json!({ "value": value, "type": kind, "primary": primary }));
        (text(), text(), proptest::collection::vec(email, 0..4), any::<Option<bool>>()).prop_map(
            |(user_name, given, emails, active)| {
                json!({ "userName": user_name, "name": { "givenName": given }, "emails": emails, "active": active })
            },
        )
    }

    proptest! {
        #[test]
        fn reflexive_and_symmetric(a in any_resource(), b in any_resource()) {
            prop_assert!(differences(&a, &a, &user(), &[]).is_empty());
            let (ab, ba) = (differences(&a, &b, &user(), &[]), differences(&b, &a, &user(), &[]));
            prop_assert_eq!(ab.len(), ba.len());
            for (x, y) in ab.iter().zip(&ba) {
                prop_assert_eq!((&x.left, &x.right), (&y.right, &y.left));
            }
        }

        #[test]
        fn order_does_not_count(a in any_resource()) {
            let mut b = a.clone();
            b["emails"].as_array_mut().unwrap().reverse();
            prop_assert!(differences(&a, &b, &user(), &[]).is_empty());
        }
    }
}
