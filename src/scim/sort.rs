//! The order of resources in a list (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use serde_json::Value;

use super::attribute_path::AttributePath;
use super::conform::{invalid, is_primary};
use super::date_time::DateTime;
use super::error::ScimError;
use super::object::{elements, is_unassigned, member_of};
use super::resource_type::ResourceSchemas;
use super::schema::{Attribute, AttributeType, Returned};

/// The direction of `sortOrder`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SortOrder {
    /// Smallest first; resources without value last.
    #[default]
    Ascending,
    /// Largest first; resources without value before all others.
    Descending,
}

impl SortOrder {
    /// Reads `sortOrder`; letter case is ignored.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            word if word.eq_ignore_ascii_case("ascending") => Some(Self::Ascending),
            word if word.eq_ignore_ascii_case("descending") => Some(Self::Descending),
            _ => None,
        }
    }
}

/// Judges `sortBy`: 400 `invalidValue` for a complex attribute that has no `value` to stand for it (RFC 7644 §3.4.2.3
/// wants a path to a sub-attribute), and for attributes that are never returned: the order would give away their
/// value. Unknown attributes are allowed; they sort nothing.
pub fn check_sort_by(by: &AttributePath, schemas: &ResourceSchemas) -> Result<(), ScimError> {
    let Some(resolved) = by.resolve(schemas) else { return Ok(()) };
    if [resolved.attribute, resolved.target()].iter().any(|attribute| attribute.returned == Returned::Never) {
        return Err(invalid(format!("sortBy: `{by}` is never returned and cannot be sorted by")));
    }
    let target = resolved.target();
    if target.is_complex() && target.sub_attribute("value").is_none() {
        return Err(invalid(format!("sortBy: `{by}` is complex: name one of its sub-attributes")));
    }
    Ok(())
}

/// What a resource is sorted by. The order is total, so that sorting is safe with any values; values that do not have
/// their attribute's type come after those that have, and resources without value at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey(Key);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Flag(bool),
    Instant(i128),
    Number(Number),
    Text(String),
    Absent,
}

#[derive(Debug, Clone, Copy)]
struct Number(f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The key of a resource: of a multi-valued attribute the primary value, else the first one; of a complex attribute
/// without sub-attribute its `value`. Strings by `caseExact`, in code point order.
#[must_use]
pub fn sort_key(resource: &Value, by: &AttributePath, schemas: &ResourceSchemas) -> SortKey {
    SortKey(key(resource, by, schemas).unwrap_or(Key::Absent))
}

/// Compares two resources: `Less` means that `a` stands before `b`. An unknown attribute, or a complex one that has
/// no `value`, makes all resources equal.
#[must_use]
pub fn compare(
    a: &Value,
    b: &Value,
    by: &AttributePath,
    order: SortOrder,
    schemas: &ResourceSchemas,
) -> Ordering {
    let ascending = sort_key(a, by, schemas).cmp(&sort_key(b, by, schemas));
    match order {
        SortOrder::Ascending => ascending,
        SortOrder::Descending => ascending.reverse(),
    }
}

fn key(resource: &Value, by: &AttributePath, schemas: &ResourceSchemas) -> Option<Key> {
    let resolved = by.resolve(schemas)?;
    let whole = AttributePath { sub: None, ..by.clone() };
    let value = *whole.get(resource, Some(schemas)).first()?;
    let items = elements(value);
    let item = items.iter().find(|item| is_primary(item)).or_else(|| items.first())?;
    if !resolved.attribute.is_complex() {
        return key_of(resolved.attribute, item);
    }
    let sub = resolved.sub.or_else(|| resolved.attribute.sub_attribute("value"))?;
    let value = elements(member_of(item, &sub.name)?).first()?;
    key_of(sub, value)
}

fn key_of(attribute: &Attribute, value: &Value) -> Option<Key> {
    let text = |text: &str| Key::Text(attribute.fold(text).into_owned());
    match value {
        value if is_unassigned(value) => None,
        Value::Bool(flag) => Some(Key::Flag(*flag)),
        Value::Number(number) => number.as_f64().map(|number| Key::Number(Number(number))),
        Value::String(date) if attribute.attribute_type == AttributeType::DateTime => {
            Some(DateTime::parse(date).map_or_else(|| text(date), |date| Key::Instant(date.nanoseconds)))
        }
        Value::String(string) => Some(text(string)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::test_schemas::{PROBE, user};

    /// Sorts users of which each has one value, and gives back the ids.
    fn sorted(users: &Value, by: &str, order: &str) -> String {
        let (by, order) = (by.parse().unwrap(), SortOrder::from_word(order).unwrap());
        let mut users = users.as_array().unwrap().clone();
        users.sort_by(|a, b| compare(a, b, &by, order, &user()));
        users.iter().filter_map(|user| user["id"].as_str()).collect()
    }

    #[test]
    fn absent_values_and_letter_case() {
        let users = json!([
            { "id": "1" }, { "id": "2", "userName": "b" }, { "id": "3", "userName": "C" }, { "id": "4", "userName": "a" },
        ]);
        assert_eq!(sorted(&users, "USERNAME", "ascending"), "4231");
        assert_eq!(sorted(&users, "userName", "Descending"), "1324");
        assert_eq!(sorted(&users, "nothing", "ascending"), "1234");
        let exact = json!([{ "id": "b" }, { "id": "C" }, { "id": "a" }]);
        assert_eq!(sorted(&exact, "id", "ascending"), "Cab");
    }

    #[test]
    fn what_cannot_be_sorted_by() {
        for (by, valid) in [
            ("userName", true),
            ("emails", true),
            ("emails.type", true),
            ("name.givenName", true),
            ("nothing", true),
            ("name", false),
            ("addresses", false),
            ("password", false),
        ] {
            assert_eq!(check_sort_by(&by.parse().unwrap(), &user()).is_ok(), valid, "{by}");
        }
    }

    #[test]
    fn types_and_primary_values() {
        let users = json!([
            { "id": "1", "emails": [{ "value": "z" }, { "value": "a", "primary": true }] },
            { "id": "2", "emails": [{ "value": "b" }, { "value": "0" }] },
        ]);
        for by in ["emails.value", "emails"] {
            assert_eq!(sorted(&users, by, "ascending"), "12");
        }
        let users = json!([
            { "id": "1", PROBE: { "level": 10 }, "meta": { "created": "2011-05-13T04:00:00Z" } },
            { "id": "2", PROBE: { "level": 9 }, "meta": { "created": "2011-05-13T05:00:00+02:00" } },
            { "id": "3", "meta": { "created": "soon" } },
        ]);
        assert_eq!(sorted(&users, "meta.created", "ascending"), "213");
        assert_eq!(sorted(&users, &format!("{PROBE}:level"), "ascending"), "213");
    }
}
