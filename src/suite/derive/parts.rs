//! Parts of complex attributes that a PATCH changes alone (RFC 7644 §3.5.2.3).

use serde_json::{Map, Value, json};

use super::{NAMING, Place, literal};
use crate::scim::payload;
use crate::scim::schema::{Attribute, AttributeType, Mutability, Returned, Uniqueness};

/// Sub-attributes with a meaning of their own (RFC 7643 §2.4), which a change may move more than.
const SPECIAL: [&str; 5] = ["value", "display", "type", "primary", "$ref"];

/// A sub-attribute that can be changed alone.
#[derive(Debug)]
pub(super) struct Part {
    /// Its attribute path.
    pub(super) path: String,
    /// Another value than the two of the row hold.
    pub(super) value: Value,
    /// That value in a complex one, as the value of a PATCH.
    pub(super) complex: Value,
    /// The path of it in the first of several values; null for a single-valued attribute.
    pub(super) selected: Value,
}

/// The part of a complex attribute, if it has one; `first` and `other` are the attribute's two values.
pub(super) fn of(place: &Place<'_>, first: &Value, other: &Value) -> Option<Part> {
    if place.sub.is_some() || !place.attribute.is_complex() {
        return None;
    }
    let first = first.as_object()?;
    let sub = place.attribute.sub_attributes.iter().find(|sub| changes_alone(sub, place.attribute))?;
    let value = third(sub);
    let selected = if place.attribute.multi_valued {
        let (key, known) = key(place.attribute, sub, first, other)?;
        json!(format!("{}[{key} eq {}].{}", place.path(), literal(known), sub.name))
    } else {
        Value::Null
    };
    Some(Part {
        path: format!("{}.{}", place.path(), sub.name),
        complex: json!({ (sub.name.clone()): value }),
        value,
        selected,
    })
}

fn changes_alone(sub: &Attribute, of: &Attribute) -> bool {
    sub.mutability == Mutability::ReadWrite
        && is_shown(sub)
        && !sub.multi_valued
        && sub.canonical_values.is_empty()
        && sub.uniqueness == Uniqueness::None
        && !sub.required
        && !SPECIAL.iter().any(|name| name.eq_ignore_ascii_case(&sub.name))
        && matches!(
            sub.attribute_type,
            AttributeType::String | AttributeType::Integer | AttributeType::Decimal
        )
        && payload::examples(sub, Some(&of.name), &NAMING).is_some()
}

/// Whether a read shows it that does not ask for it.
pub(super) fn is_shown(sub: &Attribute) -> bool {
    matches!(sub.returned, Returned::Always | Returned::Default)
}

fn third(sub: &Attribute) -> Value {
    match sub.attribute_type {
        AttributeType::Integer => json!(3),
        AttributeType::Decimal => json!(3.5),
        // No letters: a text may come back in another letter case (RFC 7643 §7), and is looked for among others.
        _ => json!("303 303"),
    }
}

/// What tells the two values of the attribute apart, and its value in the first one.
fn key<'v>(
    attribute: &Attribute,
    part: &Attribute,
    first: &'v Map<String, Value>,
    other: &Value,
) -> Option<(String, &'v Value)> {
    let is_text = |sub: &&Attribute| {
        let text = sub.attribute_type == AttributeType::String && !sub.multi_valued;
        text && sub.name != part.name && is_shown(sub) && first.get(&sub.name) != other.get(&sub.name)
    };
    let texts = || attribute.sub_attributes.iter().filter(is_text);
    let named = texts().find(|sub| sub.name.eq_ignore_ascii_case("value"));
    let sub = named.or_else(|| texts().find(|sub| sub.canonical_values.is_empty()))?;
    Some((sub.name.clone(), first.get(&sub.name)?))
}
