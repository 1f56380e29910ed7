//! What a value may be changed into.

use serde_json::{Value, json};

/// Words with which schemas describe attributes (RFC 7643 §7): a wrong one of the same kind is the subtlest mistake.
const CHARACTERISTICS: [(&str, &[&str]); 4] = [
    ("type", &["string", "boolean", "complex", "reference", "dateTime", "binary", "integer", "decimal"]),
    ("mutability", &["readOnly", "readWrite", "immutable", "writeOnly"]),
    ("returned", &["always", "never", "default", "request"]),
    ("uniqueness", &["none", "server", "global"]),
];

/// The name of a change, and the new value; `None` takes the value away.
pub(crate) type Variant = (&'static str, Option<Value>);

/// Other values for a place, the likely mistakes first. `name` is that of the member.
pub(crate) fn variants(value: &Value, name: &str) -> Vec<Variant> {
    let mut variants = match value {
        Value::String(text) => of_text(text, name),
        Value::Number(_) => of_number(value),
        Value::Bool(flag) => {
            vec![("boolean flipped", Some(json!(!flag))), ("boolean as text", Some(json!(flag.to_string())))]
        }
        Value::Array(items) => of_list(items),
        Value::Object(object) => {
            let mut larger = object.clone();
            larger.insert("stranger".to_owned(), json!("stranger"));
            vec![
                ("member added", Some(Value::Object(larger))),
                ("object emptied", Some(json!({}))),
                ("object replaced by text", Some(json!("stranger"))),
            ]
        }
        Value::Null => vec![("null replaced", Some(json!("stranger")))],
    };
    variants.push(("value removed", None));
    variants.push(("value null", Some(Value::Null)));
    variants.retain(|(_, new)| new.as_ref() != Some(value));
    variants
}

fn of_text(text: &str, name: &str) -> Vec<Variant> {
    let mut variants: Vec<Variant> = Vec::new();
    let words = CHARACTERISTICS.iter().find(|(key, words)| *key == name && words.contains(&text));
    for word in words.iter().flat_map(|(_, words)| *words) {
        variants.push(("another characteristic", Some(json!(word))));
    }
    if text.len() >= 20 && text.as_bytes()[4] == b'-' && text.contains('T') {
        for other in ["2001-01-01T00:00:00Z", "2101-01-01T00:00:00Z", "yesterday"] {
            variants.push(("another instant", Some(json!(other))));
        }
    }
    if text.starts_with("urn:") {
        variants.push(("another URN", Some(json!("urn:ietf:params:scim:api:messages:2.0:Error"))));
    }
    variants.push(("text changed", Some(json!(format!("{text}x")))));
    variants.push(("text replaced", Some(json!("stranger"))));
    variants.push(("letter case swapped", Some(json!(swap_case(text)))));
    variants.push(("text emptied", Some(json!(""))));
    variants.push(("text replaced by a number", Some(json!(7))));
    variants
}

fn of_number(value: &Value) -> Vec<Variant> {
    let mut variants: Vec<Variant> = Vec::new();
    if let Some(number) = value.as_i64() {
        for other in [number + 1, number - 1, 0, -1, number + 1000] {
            variants.push(("number changed", Some(json!(other))));
        }
    }
    variants.push(("number as text", Some(json!(value.to_string()))));
    variants
}

fn of_list(items: &[Value]) -> Vec<Variant> {
    let list = |items: Vec<Value>| Some(Value::Array(items));
    let with = |more: Value| list(items.iter().cloned().chain([more]).collect());
    let mut variants: Vec<Variant> = Vec::new();
    if let Some(first) = items.first() {
        variants.push(("element doubled", with(first.clone())));
        variants.push(("element dropped", list(items[1..].to_vec())));
        variants.push(("element dropped", list(items[..items.len() - 1].to_vec())));
        variants.push(("list reversed", list(items.iter().rev().cloned().collect())));
        variants.push(("element added", with(stranger_like(first))));
    }
    variants.push(("element added", with(json!("stranger"))));
    variants.push(("element added", with(json!({ "value": "stranger" }))));
    variants.push(("element added", with(json!(7))));
    variants.push(("list emptied", list(Vec::new())));
    variants.push(("list replaced by its first element", items.first().cloned()));
    variants
}

/// Somebody else of the same kind.
fn stranger_like(value: &Value) -> Value {
    let mut stranger = value.clone();
    match &mut stranger {
        Value::Object(object) => {
            for (name, value) in object.iter_mut() {
                if ["id", "value", "name", "userName", "displayName", "$ref"].contains(&&**name) {
                    *value = json!("stranger");
                }
            }
        }
        other => *other = json!("stranger"),
    }
    stranger
}

/// Values for a place where there is none.
pub(crate) fn strangers() -> Vec<Value> {
    vec![
        json!("stranger"),
        json!(true),
        json!(false),
        json!(7),
        json!({ "value": "stranger" }),
        json!(["stranger"]),
        json!([7]),
        json!([{ "value": "stranger" }]),
        json!([{ "value": 7, "type": "stranger", "name": "stranger" }]),
    ]
}

/// Another letter case.
pub(crate) fn swap_case(text: &str) -> String {
    let swapped =
        |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    text.chars().map(swapped).collect()
}
