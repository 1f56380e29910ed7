//! JSON objects with member names compared without letter case (RFC 7643 §2.1), and what counts as "no value" (§2.5).

use serde_json::{Map, Value};

/// How deep nested values are followed. SCIM itself needs three levels.
pub(crate) const MAX_DEPTH: usize = 64;

/// The key under which the object holds this name.
pub(crate) fn key_of<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a String> {
    match map.get_key_value(name) {
        Some((key, _)) => Some(key),
        None => map.keys().find(|key| key.eq_ignore_ascii_case(name)),
    }
}

/// A member by name.
pub(crate) fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(key_of(map, name)?)
}

/// A member of a value that may be an object.
pub(crate) fn member_of<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    member(value.as_object()?, name)
}

/// Sets a member, in place if there is one; an unassigned value removes it.
pub(crate) fn set(map: &mut Map<String, Value>, name: &str, value: Value) {
    if is_unassigned(&value) {
        remove(map, name);
        return;
    }
    let key = key_of(map, name).map_or_else(|| name.to_owned(), Clone::clone);
    map.insert(key, value);
}

/// Takes a member out; the others keep their order.
pub(crate) fn remove(map: &mut Map<String, Value>, name: &str) -> Option<Value> {
    let key = key_of(map, name)?.clone();
    map.shift_remove(&key)
}

/// Replaces a top-level member of an object, or adds it at the end; null takes it away.
pub(crate) fn replace(value: &mut Value, name: &str, new: Value) {
    let Some(map) = value.as_object_mut() else { return };
    remove(map, name);
    if !new.is_null() {
        map.insert(name.to_owned(), new);
    }
}

/// Changes a member in place, as null if it is not there; left unassigned, it is removed. The others keep their order.
pub(crate) fn edit<T, E>(
    map: &mut Map<String, Value>,
    name: &str,
    change: impl FnOnce(&mut Value) -> Result<T, E>,
) -> Result<T, E> {
    let key = key_of(map, name).map_or_else(|| name.to_owned(), Clone::clone);
    let value = map.entry(key).or_insert(Value::Null);
    let result = change(value);
    if is_unassigned(value) {
        remove(map, name);
    }
    result
}

/// The value as an object, which it becomes if it is none.
pub(crate) fn as_map(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut().expect("made an object just before")
}

/// Whether the value is unassigned: null, or an empty array (RFC 7643 §2.5). An empty object has no assigned
/// sub-attribute, and is therefore unassigned too.
pub(crate) fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// The values of an attribute: the elements of an array, or the one value; none if unassigned.
pub(crate) fn elements(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        other if is_unassigned(other) => &[],
        other => std::slice::from_ref(other),
    }
}

/// The values of an attribute, taken out of it.
pub(crate) fn take_elements(value: &mut Value) -> Vec<Value> {
    match value.take() {
        Value::Array(items) => items,
        other if is_unassigned(&other) => Vec::new(),
        other => vec![other],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_without_letter_case() {
        let mut value = json!({ "userName": "a", "x": 1, "Active": true });
        let map = value.as_object_mut().unwrap();
        set(map, "USERNAME", json!("b"));
        remove(map, "x");
        set(map, "active", Value::Null);
        assert_eq!(value, json!({ "userName": "b" }));
        assert_eq!(member_of(&value, "username"), Some(&json!("b")));
    }
}
