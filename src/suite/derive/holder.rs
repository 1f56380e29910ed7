//! The top-level member of a resource that an attribute stands in, with a value in its place and with what the schema
//! demands beside it.

use serde_json::{Map, Value, json};

use super::{NAMING, Place};
use crate::scim::payload;
use crate::scim::schema::{Attribute, Mutability, Uniqueness};

/// Which of the two values of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    First,
    Second,
}

impl Place<'_> {
    /// The top-level member of the resource with the value in its place: `{ "givenName": … }` for `name.givenName`, and
    /// with what the schema demands beside it.
    pub(super) fn holder(&self, value: &Value, choice: Choice) -> Value {
        let mut value = value.clone();
        if let Some(sub) = self.sub {
            if sub.multi_valued {
                value = json!([value]);
            }
            let mut complex = self.complex_without(sub);
            complex.insert(sub.name.clone(), value);
            value = Value::Object(complex);
        }
        self.member(value, choice)
    }

    /// What stands beside a sub-attribute: what the schema demands; all else where the attribute itself is required.
    fn complex_without(&self, sub: &Attribute) -> Map<String, Value> {
        let is_wanted = |beside: &&Attribute| {
            beside.name != sub.name
                && beside.mutability != Mutability::ReadOnly
                && (self.attribute.required || beside.required || beside.name.eq_ignore_ascii_case("value"))
        };
        let example = |beside: &Attribute| {
            let (value, _) = payload::examples(beside, Some(&self.attribute.name), &NAMING)?;
            Some((beside.name.clone(), if beside.multi_valued { json!([value]) } else { value }))
        };
        self.attribute.sub_attributes.iter().filter(is_wanted).filter_map(example).collect()
    }

    /// The top-level member with the attribute, of which the value stands here.
    fn member(&self, value: Value, choice: Choice) -> Value {
        let value = if self.attribute.multi_valued { json!([value]) } else { value };
        match self.urn {
            Some(urn) => self.extension_with(urn, value, choice),
            None => value,
        }
    }

    /// The top-level member without the attribute, but with all else that it can hold; null for a member of its own.
    /// `None` where nothing else can stand there, so that nobody could tell that it lacks something.
    pub(super) fn lacking_holder(&self) -> Option<Value> {
        let without = |attributes: &[Attribute], name: &str, parent: Option<&str>| {
            let others = attributes
                .iter()
                .filter(|beside| beside.name != name && beside.mutability != Mutability::ReadOnly);
            let members: Map<String, Value> = others
                .filter_map(|beside| {
                    let (value, _) = payload::examples(beside, parent, &NAMING)?;
                    Some((beside.name.clone(), if beside.multi_valued { json!([value]) } else { value }))
                })
                .collect();
            (!members.is_empty()).then_some(Value::Object(members))
        };
        if let Some(sub) = self.sub {
            let subs = &self.attribute.sub_attributes;
            let lacking = without(subs, &sub.name, Some(&self.attribute.name))?;
            return Some(self.member(lacking, Choice::First));
        }
        let Some(urn) = self.urn else { return Some(Value::Null) };
        let (extension, _) = self.resource.extensions.iter().find(|(schema, _)| schema.id == urn)?;
        without(&extension.attributes, &self.attribute.name, None)
    }

    /// What a resource declares: its own schema, every extension that it has to have, and that of the attribute if it is
    /// there.
    pub(super) fn schemas(&self, with_own: bool) -> Vec<&str> {
        let core = std::iter::once(&*self.resource.core.id);
        let extensions = self.resource.extensions.iter().filter(|(schema, required)| {
            let has_to = *required && schema.attributes.iter().any(is_demanded);
            has_to || with_own && self.urn == Some(&*schema.id)
        });
        core.chain(extensions.map(|(schema, _)| &*schema.id)).collect()
    }

    /// The top-level member without the attribute, and with what is demanded beside it; null if that is nothing.
    pub(super) fn empty_holder(&self) -> Value {
        let complex = self.sub.map(|sub| self.complex_without(sub)).unwrap_or_default();
        if !complex.is_empty() {
            return self.member(Value::Object(complex), Choice::First);
        }
        let beside = self.urn.map(|urn| self.demanded_beside(urn, Choice::First)).unwrap_or_default();
        if beside.is_empty() { Value::Null } else { Value::Object(beside) }
    }

    /// The member of an extension with the value in its place, and with the other attributes that the extension demands.
    fn extension_with(&self, urn: &str, value: Value, choice: Choice) -> Value {
        let mut members = self.demanded_beside(urn, choice);
        members.insert(self.attribute.name.clone(), value);
        Value::Object(members)
    }

    /// What an extension demands of a resource that has it, without the attribute itself. Beside the second value stands
    /// the same, so that nothing else is changed, but for what has to be unique.
    fn demanded_beside(&self, urn: &str, choice: Choice) -> Map<String, Value> {
        let extension =
            self.resource.extensions.iter().map(|(schema, _)| schema).find(|schema| schema.id == urn);
        let demanded = extension
            .iter()
            .flat_map(|schema| &schema.attributes)
            .filter(|beside| is_demanded(beside) && beside.name != self.attribute.name);
        demanded
            .filter_map(|beside| {
                let (first, second) = payload::examples(beside, None, &NAMING)?;
                let differs = choice == Choice::Second
                    && beside.uniqueness != Uniqueness::None
                    && beside.mutability != Mutability::Immutable;
                let value = if differs { second } else { first };
                Some((beside.name.clone(), if beside.multi_valued { json!([value]) } else { value }))
            })
            .collect()
    }
}

/// Whether a client has to set it.
fn is_demanded(attribute: &Attribute) -> bool {
    attribute.required && attribute.mutability != Mutability::ReadOnly
}
