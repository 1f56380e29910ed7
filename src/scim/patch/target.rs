//! The target of an operation: one attribute of a resource or extension, some of its values, or a sub-attribute.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::PatchOp;
use super::elements::{covers, fixed_value, same_identity, settle_primary};
use crate::scim::compare::same_value;
use crate::scim::conform::{check_required_subs, conform, conform_elements, conform_one};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{Filter, Literal, Operator, element_matches, validate_element};
use crate::scim::object::{
    as_map, edit, elements, is_unassigned, member, member_of, remove, set, take_elements,
};
use crate::scim::schema::{Attribute, Mutability};

type Object = Map<String, Value>;
type Done = Result<(), ScimError>;

/// What a path selects in the object that holds the attribute.
pub(super) struct Target<'p> {
    pub(super) attribute: &'p Attribute,
    pub(super) filter: Option<&'p Filter>,
    pub(super) sub: Option<&'p Attribute>,
    /// The path as the client wrote it, for messages.
    pub(super) label: &'p str,
}

impl Target<'_> {
    /// Changes the attribute. After an error the holder is in no defined state.
    pub(super) fn change(&self, holder: &mut Object, op: PatchOp, value: Option<&Value>) -> Done {
        let given = value.unwrap_or(&Value::Null);
        match (self.filter, self.sub) {
            (Some(filter), _) => {
                self.change_part(holder, |current| self.change_matching(current, filter, op, given))
            }
            (None, Some(sub)) => self.change_part(holder, |current| self.change_sub(current, sub, op, given)),
            (None, None) => match value.filter(|value| !value.is_null() && self.attribute.multi_valued) {
                Some(listed) if op == PatchOp::Remove => {
                    self.change_part(holder, |current| self.remove_listed(current, listed))
                }
                _ => change(holder, self.attribute, op, given, self.label),
            },
        }
    }

    /// A part of a readOnly attribute cannot be changed, nor of an immutable one that has a value.
    fn guard(&self, holder: &Object) -> Done {
        match self.attribute.mutability {
            Mutability::ReadOnly => Err(read_only(self.label)),
            Mutability::Immutable if assigned(holder, self.attribute).is_some() => Err(immutable(self.label)),
            _ => Ok(()),
        }
    }

    /// Changes some of the attribute's values in place. A required attribute must not end without value.
    fn change_part(&self, holder: &mut Object, part: impl FnOnce(&mut Value) -> Done) -> Done {
        self.guard(holder)?;
        let had = assigned(holder, self.attribute).is_some();
        edit(holder, &self.attribute.name, part)?;
        if self.attribute.required && had && assigned(holder, self.attribute).is_none() {
            return Err(required(self.label));
        }
        Ok(())
    }

    /// `name.givenName`, and `emails.type` for every value.
    fn change_sub(&self, current: &mut Value, sub: &Attribute, op: PatchOp, value: &Value) -> Done {
        if !self.attribute.multi_valued {
            let object = as_map(current);
            change(object, sub, op, value, self.label)?;
            return check_required_subs(self.attribute, current, self.label);
        }
        let mut items = take_elements(current);
        if items.is_empty() && op != PatchOp::Remove {
            items.push(Value::Object(Object::new()));
        }
        for item in &mut items {
            change(as_map(item), sub, op, value, self.label)?;
        }
        let touched: Vec<usize> = (0..items.len()).collect();
        self.store(current, items, &touched)
    }

    /// `emails[type eq "work"]`, with or without sub-attribute.
    fn change_matching(&self, current: &mut Value, filter: &Filter, op: PatchOp, value: &Value) -> Done {
        if !self.attribute.multi_valued {
            return Err(path_error(format!("`{}`: only multi-valued attributes have filters", self.label)));
        }
        validate_element(filter, self.attribute)?;
        let matching = |(_, item): &(usize, &Value)| element_matches(filter, item, self.attribute);
        let mut touched: Vec<usize> =
            elements(current).iter().enumerate().filter(matching).map(|(index, _)| index).collect();
        if touched.is_empty() && op == PatchOp::Remove {
            // RFC 7644 §3.5.2.2: who is no member of a group is removed from it with success.
            return Ok(());
        }
        let mut items = take_elements(current);
        if touched.is_empty() {
            // Erratum 8097: clients add `emails[type eq "work"].value` to users without such a value.
            let seed = if op == PatchOp::Add { seed(filter, self.attribute) } else { None };
            items.push(seed.ok_or_else(|| no_target(self.label))?);
            touched.push(items.len() - 1);
        }
        for index in &touched {
            self.change_element(&mut items[*index], op, value)?;
            check_required_subs(self.attribute, &items[*index], self.label)?;
        }
        self.store(current, items, &touched)
    }

    fn change_element(&self, item: &mut Value, op: PatchOp, value: &Value) -> Done {
        if let Some(sub) = self.sub {
            return change(as_map(item), sub, op, value, self.label);
        }
        if op == PatchOp::Remove || is_unassigned(value) {
            if op != PatchOp::Add {
                *item = Value::Null;
            }
            return Ok(());
        }
        // Some clients wrap the one value in an array.
        let value = match value.as_array().map(Vec::as_slice) {
            Some([only]) => only,
            _ => value,
        };
        if op == PatchOp::Add && self.attribute.is_complex() && value.is_object() {
            return merge(item, self.attribute, op, value, self.label);
        }
        let mut replacement = conform_one(self.attribute, value, self.label)?;
        keep_fixed_subs(self.attribute, item, &mut replacement, self.label)?;
        *item = replacement;
        Ok(())
    }

    /// `remove` of `members` with the members as `value`, as Entra sends it: only these are removed.
    fn remove_listed(&self, current: &mut Value, listed: &Value) -> Done {
        let mut items = take_elements(current);
        items.retain(|item| !elements(listed).iter().any(|wanted| self.is_listed(item, wanted)));
        self.store(current, items, &[])
    }

    fn is_listed(&self, item: &Value, wanted: &Value) -> bool {
        let Some(sub) = self.attribute.sub_attribute("value").filter(|_| self.attribute.is_complex()) else {
            return same_value(self.attribute, item, wanted);
        };
        match (member_of(item, "value"), member_of(wanted, "value")) {
            (Some(value), Some(wanted)) => same_value(sub, value, wanted),
            (Some(value), None) if wanted.is_string() => same_value(sub, value, wanted),
            _ => wanted.is_object() && covers(self.attribute, item, wanted),
        }
    }

    fn store(&self, current: &mut Value, mut items: Vec<Value>, touched: &[usize]) -> Done {
        settle_primary(&mut items, touched, self.label)?;
        items.retain(|item| !is_unassigned(item));
        *current = Value::Array(items);
        Ok(())
    }
}

/// Applies an operation to a whole attribute of `holder`, or to a sub-attribute of a value.
fn change(holder: &mut Object, attribute: &Attribute, op: PatchOp, value: &Value, label: &str) -> Done {
    let current = assigned(holder, attribute);
    // An empty object names no sub-attribute, and so changes none.
    let clears =
        op == PatchOp::Remove || (op == PatchOp::Replace && is_unassigned(value) && !value.is_object());
    // Only asked where it counts: comparing long lists without regard to order is slow.
    let unchanged = || match current {
        Some(current) => !clears && same_value(attribute, current, value),
        None => clears,
    };
    match attribute.mutability {
        // Sending back what the service provider said changes nothing, which is no error.
        Mutability::ReadOnly if op == PatchOp::Remove || !unchanged() => return Err(read_only(label)),
        Mutability::Immutable if current.is_some() && !unchanged() => return Err(immutable(label)),
        Mutability::ReadOnly => return Ok(()),
        _ => {}
    }
    if clears {
        if attribute.required && current.is_some() {
            return Err(required(label));
        }
        remove(holder, &attribute.name);
        return Ok(());
    }
    if is_unassigned(value) && (attribute.is_complex() || !value.is_object()) {
        return Ok(());
    }
    if attribute.multi_valued {
        return change_list(holder, attribute, op, value, label);
    }
    if attribute.is_complex() && value.is_object() {
        return edit(holder, &attribute.name, |current| {
            merge(current, attribute, op, value, label)?;
            check_required_subs(attribute, current, label)
        });
    }
    set(holder, &attribute.name, conform(attribute, value, label)?);
    Ok(())
}

fn change_list(holder: &mut Object, attribute: &Attribute, op: PatchOp, value: &Value, label: &str) -> Done {
    let new = conform_elements(attribute, value, label)?;
    edit(holder, &attribute.name, |current| {
        let mut items = if op == PatchOp::Add { take_elements(current) } else { Vec::new() };
        let mut touched = Vec::new();
        // Of a long list, only what may come twice is looked at.
        let given: HashSet<_> = new.iter().filter_map(|item| fixed_value(attribute, item)).collect();
        let listed = items.iter().filter_map(|item| fixed_value(attribute, item));
        let mut fixed: HashSet<_> =
            listed.filter(|value| given.contains(value)).map(Cow::into_owned).collect();
        drop(given);
        for item in new {
            match fixed_value(attribute, &item).map(|value| fixed.insert(value.into_owned())) {
                Some(false) => {}
                Some(true) => {
                    items.push(item);
                    touched.push(items.len() - 1);
                }
                None => touched.extend(append(&mut items, attribute, item, label)?),
            }
        }
        settle_primary(&mut items, &touched, label)?;
        *current = Value::Array(items);
        Ok(())
    })
}

/// Adds a value unless it is there (RFC 7644 §3.5.2.1). One with the same `value` and `type` is updated: both
/// together identify it (RFC 7643 §2.4). Gives the index of what changed.
fn append(
    items: &mut Vec<Value>,
    attribute: &Attribute,
    new: Value,
    label: &str,
) -> Result<Option<usize>, ScimError> {
    if items.iter().any(|item| covers(attribute, item, &new)) {
        return Ok(None);
    }
    let index = items.iter().position(|item| same_identity(attribute, item, &new));
    match index {
        Some(index) => merge(&mut items[index], attribute, PatchOp::Add, &new, label)?,
        None => items.push(new),
    }
    Ok(Some(index.unwrap_or(items.len() - 1)))
}

/// Sets the sub-attributes that `value` names and leaves the others (RFC 7644 §3.5.2.3). readOnly and unknown ones are
/// skipped.
fn merge(current: &mut Value, attribute: &Attribute, op: PatchOp, value: &Value, label: &str) -> Done {
    let object = as_map(current);
    for (name, value) in value.as_object().into_iter().flatten() {
        let sub = attribute.sub_attribute(name).filter(|sub| sub.mutability != Mutability::ReadOnly);
        if let Some(sub) = sub.filter(|sub| !sub.is_complex()) {
            change(object, sub, op, value, &format!("{label}.{}", sub.name))?;
        }
    }
    Ok(())
}

/// A replaced value keeps what clients cannot set or change.
fn keep_fixed_subs(attribute: &Attribute, old: &Value, new: &mut Value, label: &str) -> Done {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object_mut()) else { return Ok(()) };
    for sub in &attribute.sub_attributes {
        let Some(value) = assigned(old, sub) else { continue };
        let replaced = assigned(new, sub);
        match sub.mutability {
            Mutability::Immutable if replaced.is_some_and(|new| !same_value(sub, value, new)) => {
                return Err(immutable(&format!("{label}.{}", sub.name)));
            }
            Mutability::ReadOnly | Mutability::Immutable => set(new, &sub.name, value.clone()),
            _ => {}
        }
    }
    Ok(())
}

/// The value that simple `eq` terms describe: `type eq "work" and primary eq true`.
fn seed(filter: &Filter, attribute: &Attribute) -> Option<Value> {
    let mut object = Object::new();
    let terms = match filter {
        Filter::And(terms) => terms.as_slice(),
        term => std::slice::from_ref(term),
    };
    for term in terms {
        let Filter::Compare { path, operator: Operator::Eq, value } = term else { return None };
        if path.urn.is_some() || path.sub.is_some() || *value == Literal::Null {
            return None;
        }
        let sub = attribute.sub_attribute(&path.name)?;
        let value = conform(sub, &value.to_value(), &sub.name).ok()?;
        if sub.mutability != Mutability::ReadOnly {
            set(&mut object, &sub.name, value);
        }
    }
    Some(Value::Object(object))
}

fn assigned<'v>(holder: &'v Object, attribute: &Attribute) -> Option<&'v Value> {
    member(holder, &attribute.name).filter(|value| !is_unassigned(value))
}

fn read_only(label: &str) -> ScimError {
    ScimError::of(ScimType::Mutability, format!("`{label}` is readOnly"))
}

fn immutable(label: &str) -> ScimError {
    ScimError::of(ScimType::Mutability, format!("`{label}` is immutable and has a value"))
}

fn required(label: &str) -> ScimError {
    ScimError::of(ScimType::Mutability, format!("`{label}` is required and cannot be removed"))
}

fn no_target(label: &str) -> ScimError {
    ScimError::of(ScimType::NoTarget, format!("`{label}` matches no value"))
}

/// 400 `invalidPath`.
pub(super) fn path_error(detail: String) -> ScimError {
    ScimError::of(ScimType::InvalidPath, detail)
}
