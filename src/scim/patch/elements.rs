//! The values of a multi-valued attribute: which are the same, and which is primary.

use std::borrow::Cow;

use serde_json::Value;

use crate::scim::compare::same_value;
use crate::scim::conform::{invalid, is_primary};
use crate::scim::error::ScimError;
use crate::scim::object::{as_map, member, member_of, set};
use crate::scim::schema::{Attribute, Mutability};

/// Whether the value already says all that the new one says.
pub(super) fn covers(attribute: &Attribute, item: &Value, new: &Value) -> bool {
    let (Some(item), Some(new)) = (item.as_object(), new.as_object()) else {
        return same_value(attribute, item, new);
    };
    let absent = Value::Bool(false);
    new.iter().all(|(name, value)| {
        let default = if name.eq_ignore_ascii_case("primary") { &absent } else { &Value::Null };
        let current = member(item, name).unwrap_or(default);
        attribute.sub_attribute(name).is_none_or(|sub| same_value(sub, current, value))
    })
}

/// The `value` of an element, in the form in which it is compared, if it is immutable: then it alone identifies the
/// element, as the id does a member of a group, and what else a client says about it is nothing new.
pub(super) fn fixed_value<'v>(attribute: &Attribute, item: &'v Value) -> Option<Cow<'v, str>> {
    let sub = attribute.sub_attribute("value").filter(|sub| sub.mutability == Mutability::Immutable)?;
    Some(sub.fold(member_of(item, "value")?.as_str()?))
}

/// Whether both have the same `value` and `type`.
pub(super) fn same_identity(attribute: &Attribute, item: &Value, new: &Value) -> bool {
    ["value", "type"].iter().all(|name| {
        let pair = (attribute.sub_attribute(name), member_of(item, name), member_of(new, name));
        matches!(pair, (Some(sub), Some(a), Some(b)) if same_value(sub, a, b))
    })
}

/// A value that this operation made primary takes that from the others (RFC 7644 §3.5.2).
pub(super) fn settle_primary(items: &mut [Value], touched: &[usize], label: &str) -> Result<(), ScimError> {
    let new: Vec<usize> = touched.iter().copied().filter(|index| is_primary(&items[*index])).collect();
    let [chosen] = new[..] else {
        let several = new.len() > 1;
        return if several {
            Err(invalid(format!("`{label}` has more than one primary value")))
        } else {
            Ok(())
        };
    };
    for (index, item) in items.iter_mut().enumerate() {
        if index != chosen && is_primary(item) {
            set(as_map(item), "primary", Value::Bool(false));
        }
    }
    Ok(())
}
