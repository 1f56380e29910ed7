//! What a client might send for an attribute that only the service provider sets (RFC 7643 §7): values that nobody
//! else would give it.

use serde_json::{Value, json};

use crate::scim::schema::AttributeType;

/// One value, and the forms in which it may come back if it is taken. Null and no forms for a complex attribute.
pub(super) fn value(kind: AttributeType) -> (Value, Vec<Value>) {
    let value = match kind {
        AttributeType::String => json!("${unique} made up"),
        AttributeType::Boolean => json!(false),
        AttributeType::Integer => json!(987_654_321),
        AttributeType::Decimal => json!(98_765.25),
        AttributeType::DateTime => json!("1987-06-05T04:03:02Z"),
        AttributeType::Binary => json!("c2NpbWNoZWNrIG1hZGUgdXA="),
        AttributeType::Reference => json!("https://${domain}/${unique}/made-up"),
        AttributeType::Complex => return (Value::Null, Vec::new()),
    };
    let forms = match kind {
        AttributeType::DateTime => ["Z", ".000Z", ".000000Z", "+00:00", ".000+00:00", ".000000+00:00"]
            .iter()
            .map(|ending| json!(format!("1987-06-05T04:03:02{ending}")))
            .collect(),
        _ => vec![value.clone()],
    };
    (value, forms)
}

/// Another value: of a Boolean, where one alone may be what the service provider has by chance.
pub(super) fn other(kind: AttributeType) -> Value {
    match kind {
        AttributeType::Boolean => json!(true),
        _ => value(kind).0,
    }
}
