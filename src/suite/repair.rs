//! Makes a document whose form is wrong readable, so that one mistake does not hide the others: what is not known is
//! taken away, what is missing or wrong is replaced by something of the right form. Nothing is reported about what was
//! put there ([`super::lint`] knows where it is).

use serde_json::{Map, Value, json};

use super::validate::FormMistake;

/// Mends one mistake in the document.
pub(crate) fn repair(document: &mut Value, mistake: &FormMistake, schema: &Value) {
    let Some((parent, token)) = mistake.pointer.rsplit_once('/') else {
        return;
    };
    let key = token.replace("~1", "/").replace("~0", "~");
    let stand_in = mistake.wanted.as_ref().map(|wanted| placeholder(wanted, schema));
    match (document.pointer_mut(parent), stand_in) {
        (Some(Value::Object(object)), Some(value)) => {
            object.insert(key, value);
        }
        (Some(Value::Object(object)), None) => {
            object.remove(&key);
        }
        (Some(Value::Array(items)), Some(value)) => {
            if let Some(item) = key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = value;
            }
        }
        _ => {}
    }
}

/// The plainest value of a schema.
fn placeholder(wanted: &Value, root: &Value) -> Value {
    if let Some(reference) = wanted.get("$ref").and_then(Value::as_str) {
        return root
            .pointer(reference.trim_start_matches('#'))
            .map_or(Value::Null, |own| placeholder(own, root));
    }
    if let Some(first) = wanted.pointer("/enum/0").or_else(|| wanted.get("const")) {
        return first.clone();
    }
    if let Some(first) = wanted.pointer("/anyOf/0").or_else(|| wanted.pointer("/oneOf/0")) {
        return placeholder(first, root);
    }
    match wanted.pointer("/type/0").or_else(|| wanted.get("type")).and_then(Value::as_str) {
        Some("string") => json!("placeholder"),
        Some("integer" | "number") => wanted.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(false),
        Some("array") => json!([]),
        Some("object") => {
            let required = wanted.get("required").and_then(Value::as_array);
            let members = required.into_iter().flatten().filter_map(Value::as_str).map(|name| {
                let own = wanted.pointer(&format!("/properties/{name}")).unwrap_or(&Value::Null);
                (name.to_owned(), placeholder(own, root))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        _ => Value::Null,
    }
}
