//! Rows made from what a target says about itself: its resource types, schemas, extensions and attributes. So a
//! vendor's own resource types are tested as deeply as User and Group. Ids are made of names, never of positions.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::format::{AttributeFilter, Derive};
use crate::scim::payload::{self, Naming};
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::schema::{Attribute, AttributeType, Mutability, Returned, Schema, Uniqueness};
use crate::scim::urn;

/// What rows are named by until a case begins: templates, filled in with the case's own names.
const NAMING: Naming<'static> = Naming { unique: "${unique}", domain: "${domain}" };

/// The rows of a derived case; `only` chooses among attributes.
#[must_use]
pub fn rows(
    derive: Derive,
    only: Option<&AttributeFilter>,
    resources: &[ResourceSchemas],
    schemas: &[Arc<Schema>],
) -> Vec<Map<String, Value>> {
    let rows: Vec<Value> = match derive {
        Derive::ResourceTypes => resources.iter().map(resource_type).collect(),
        Derive::Schemas => schemas.iter().map(|found| schema(found)).collect(),
        Derive::SchemaExtensions => resources.iter().flat_map(extensions).collect(),
        Derive::Attributes => resources.iter().flat_map(|resource| attributes(resource, only)).collect(),
    };
    rows.into_iter().filter_map(|row| if let Value::Object(row) = row { Some(row) } else { None }).collect()
}

fn resource_type(resource: &ResourceSchemas) -> Value {
    let kind = &resource.resource_type;
    json!({
        "id": kind.name,
        "name": kind.name,
        "type_id": kind.id.as_deref().unwrap_or(&kind.name),
        "endpoint": kind.endpoint,
        "schema": kind.schema,
    })
}

fn schema(schema: &Schema) -> Value {
    json!({ "id": short_name(&schema.id), "name": schema.name, "schema": schema.id })
}

fn extensions(resource: &ResourceSchemas) -> impl Iterator<Item = Value> + '_ {
    let kind = &resource.resource_type;
    kind.schema_extensions.iter().map(move |extension| {
        json!({
            "id": format!("{}-{}", kind.name, short_name(&extension.schema)),
            "name": kind.name,
            "endpoint": kind.endpoint,
            "schema": extension.schema,
            "required": extension.required,
        })
    })
}

/// A row per attribute and sub-attribute of a resource type, extensions included.
fn attributes(resource: &ResourceSchemas, only: Option<&AttributeFilter>) -> Vec<Value> {
    let core = resource.core.attributes.iter().map(|attribute| (None, attribute));
    let extended = resource.extensions.iter().flat_map(|(schema, _)| {
        schema.attributes.iter().map(move |attribute| (Some(&*schema.id), attribute))
    });
    let mut rows = Vec::new();
    for (urn, attribute) in core.chain(extended) {
        // The common attributes (RFC 7643 §3.1) have suites of their own; some schemas list them.
        if ["schemas", "id", "externalId", "meta"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&attribute.name))
        {
            continue;
        }
        let whole = Place { resource, urn, attribute, sub: None };
        let subs = attribute.sub_attributes.iter().map(|sub| Place { sub: Some(sub), ..whole });
        for place in std::iter::once(whole).chain(subs) {
            if only.is_none_or(|only| place.fits(only)) {
                rows.push(place.row());
            }
        }
    }
    rows
}

/// Which of the two values of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    First,
    Second,
}

/// An attribute where it stands.
#[derive(Clone, Copy)]
struct Place<'s> {
    resource: &'s ResourceSchemas,
    /// URN of the extension that it belongs to.
    urn: Option<&'s str>,
    attribute: &'s Attribute,
    sub: Option<&'s Attribute>,
}

impl<'s> Place<'s> {
    fn target(&self) -> &'s Attribute {
        self.sub.unwrap_or(self.attribute)
    }

    /// The attribute path (RFC 7644 §3.10).
    fn path(&self) -> String {
        let name = match self.sub {
            Some(sub) => format!("{}.{}", self.attribute.name, sub.name),
            None => self.attribute.name.clone(),
        };
        self.urn.map_or(name.clone(), |urn| format!("{urn}:{name}"))
    }

    fn fits(&self, only: &AttributeFilter) -> bool {
        let target = self.target();
        let word = |words: &[String], word: &str| {
            words.is_empty() || words.iter().any(|w| w.eq_ignore_ascii_case(word))
        };
        let flag = |wanted: Option<bool>, is: bool| wanted.is_none_or(|wanted| wanted == is);
        word(&only.kind, target.attribute_type.as_str())
            && word(&only.mutability, self.mutability().as_str())
            && word(&only.returned, self.returned().as_str())
            && word(&only.uniqueness, target.uniqueness.as_str())
            && flag(only.multi_valued, self.attribute.multi_valued || target.multi_valued)
            && flag(only.required, target.required)
            && flag(only.case_exact, target.case_exact)
            && flag(only.sub_attribute, self.sub.is_some())
            && flag(only.extension, self.urn.is_some())
            && flag(only.canonicalised, self.is_canonicalised())
            && flag(only.settable, self.values().is_some())
            && flag(only.changeable, self.values().is_some_and(|(value, other)| value != other))
    }

    /// A sub-attribute is not more writable than what it stands in.
    fn mutability(&self) -> Mutability {
        match self.attribute.mutability {
            outer @ (Mutability::ReadOnly | Mutability::WriteOnly) => outer,
            _ => self.target().mutability,
        }
    }

    /// A sub-attribute is shown where what it stands in is shown, and not elsewhere.
    fn returned(&self) -> Returned {
        match self.attribute.returned {
            outer @ (Returned::Request | Returned::Never) if self.target().returned != Returned::Never => {
                outer
            }
            _ => self.target().returned,
        }
    }

    /// Values that a service provider may write in another form (RFC 7643 §4.1.2: e-mail addresses, phone numbers,
    /// instant messaging addresses; §4.1.1: names of users).
    fn is_canonicalised(&self) -> bool {
        let name = self.attribute.name.to_ascii_lowercase();
        let in_core_user = self.urn.is_none() && self.resource.core.id.eq_ignore_ascii_case(urn::USER);
        in_core_user
            && (["emails", "phonenumbers", "ims", "addresses", "photos", "x509certificates"]
                .contains(&&*name)
                || ["username", "profileurl", "locale", "preferredlanguage", "timezone", "name"]
                    .contains(&&*name)
                    && (self.sub.is_none_or(|sub| sub.name.eq_ignore_ascii_case("formatted"))))
    }

    /// A valid value of the attribute, and another one; both the same where there is only one. `None` if no client can
    /// set it, or only with a reference to something that has to exist.
    fn values(&self) -> Option<(Value, Value)> {
        if matches!(self.mutability(), Mutability::ReadOnly) {
            return None;
        }
        // What stands in a reference to a resource (members, manager) cannot be set without one.
        if self.sub.is_some() && payload::examples(self.attribute, None, &NAMING).is_none() {
            return None;
        }
        payload::examples(self.target(), self.sub.map(|_| &*self.attribute.name), &NAMING)
    }

    fn row(&self) -> Value {
        let kind = &self.resource.resource_type;
        let target = self.target();
        let schema = self.urn.unwrap_or(&self.resource.core.id);
        let id = match self.urn {
            Some(urn) => {
                format!("{}.{}.{}", kind.name, short_name(urn), self.path().replace(&format!("{urn}:"), ""))
            }
            None => format!("{}.{}", kind.name, self.path()),
        };
        let (value, other) = self.values().unwrap_or_default();
        let empty = self.empty_holder();
        json!({
            "id": id,
            "name": kind.name,
            "endpoint": kind.endpoint,
            "schema": schema,
            "schemas": self.schemas(true),
            "path": self.path(),
            "type": target.attribute_type.as_str(),
            "mutability": self.mutability().as_str(),
            "returned": self.returned().as_str(),
            "value": value,
            "other": other,
            "literal": literal(&value),
            "other_literal": literal(&other),
            "wrong": wrong(target.attribute_type),
            "member": self.urn.unwrap_or(&self.attribute.name),
            "holder": self.holder(&value, Choice::First),
            "other_holder": self.holder(&other, Choice::Second),
            "wrong_holder": self.holder(&wrong(target.attribute_type), Choice::First),
            "empty_holder": &empty,
            "empty_schemas": self.schemas(!empty.is_null()),
        })
    }

    /// The top-level member of the resource with the value in its place: `{ "givenName": … }` for `name.givenName`, and
    /// with what the schema demands beside it.
    fn holder(&self, value: &Value, choice: Choice) -> Value {
        let mut value = value.clone();
        if let Some(sub) = self.sub {
            if sub.multi_valued {
                value = json!([value]);
            }
            let mut complex = Map::new();
            for beside in &self.attribute.sub_attributes {
                let demanded = beside.required || beside.name.eq_ignore_ascii_case("value");
                if beside.name == sub.name || !demanded || beside.mutability == Mutability::ReadOnly {
                    continue;
                }
                if let Some((value, _)) = payload::examples(beside, Some(&self.attribute.name), &NAMING) {
                    complex.insert(beside.name.clone(), value);
                }
            }
            complex.insert(sub.name.clone(), value);
            value = Value::Object(complex);
        }
        if self.attribute.multi_valued {
            value = json!([value]);
        }
        match self.urn {
            Some(urn) => self.extension_with(urn, value, choice),
            None => value,
        }
    }

    /// What a resource declares: its own schema, every extension that it has to have, and that of the attribute if it is
    /// there.
    fn schemas(&self, with_own: bool) -> Vec<&str> {
        let core = std::iter::once(&*self.resource.core.id);
        let extensions = self.resource.extensions.iter().filter(|(schema, required)| {
            let has_to = *required && schema.attributes.iter().any(is_demanded);
            has_to || with_own && self.urn == Some(&*schema.id)
        });
        core.chain(extensions.map(|(schema, _)| &*schema.id)).collect()
    }

    /// The top-level member without the attribute: null, but for an extension that demands something else.
    fn empty_holder(&self) -> Value {
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

/// A value as a filter writes it (RFC 7644 §3.4.2.2: JSON).
fn literal(value: &Value) -> String {
    match value {
        // Templates in the text are filled in later; they hold nothing that JSON escapes.
        Value::String(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        other => other.to_string(),
    }
}

/// A value of a JSON type that the attribute cannot have.
fn wrong(kind: AttributeType) -> Value {
    match kind {
        AttributeType::Boolean | AttributeType::Integer | AttributeType::Decimal => json!("not a value"),
        AttributeType::Complex => json!("text"),
        AttributeType::DateTime => json!("not a dateTime"),
        AttributeType::String | AttributeType::Reference | AttributeType::Binary => json!({ "no": "text" }),
    }
}

/// A short, stable name for a schema in a case id: the URN without the prefix that all of IETF's share.
fn short_name(urn: &str) -> String {
    urn.strip_prefix("urn:ietf:params:scim:schemas:").unwrap_or(urn).replace([':', '/'], ".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::builtin;

    fn rows_of(only: Value) -> Vec<Map<String, Value>> {
        let only: AttributeFilter = serde_json::from_value(only).unwrap();
        rows(Derive::Attributes, Some(&only), &[builtin::user(), builtin::group()], &[])
    }

    fn ids(rows: &[Map<String, Value>]) -> Vec<&str> {
        rows.iter().filter_map(|row| row["id"].as_str()).collect()
    }

    #[test]
    fn attributes_are_chosen_by_their_characteristics() {
        assert_eq!(ids(&rows_of(json!({ "mutability": ["writeOnly"] }))), ["User.password"]);
        let read_only = rows_of(json!({ "mutability": ["readOnly"], "sub_attribute": false }));
        assert_eq!(ids(&read_only), ["User.groups"]);
        assert_eq!(ids(&rows_of(json!({ "uniqueness": ["server"] }))), ["User.userName"]);
        let booleans = rows_of(json!({ "type": ["boolean"], "multi_valued": false }));
        assert_eq!(ids(&booleans), ["User.active"]);
        let settable = rows_of(json!({ "settable": true }));
        let named: Vec<_> = ids(&settable).into_iter().filter(|id| id.contains("members")).collect();
        assert!(named.is_empty(), "a member has to exist: {named:?}");
        let extended = rows_of(json!({ "extension": true, "sub_attribute": false, "type": ["string"] }));
        assert_eq!(ids(&extended)[0], "User.extension.enterprise.2.0.User.employeeNumber");
    }

    #[test]
    fn a_resource_type_without_id_has_its_name_for_one() {
        let mut named = builtin::user();
        named.resource_type.id = None;
        let mut numbered = builtin::group();
        numbered.resource_type.id = Some("7".to_owned());
        let rows = rows(Derive::ResourceTypes, None, &[named, numbered], &[]);
        let ids: Vec<_> = rows.iter().map(|row| (&row["name"], &row["type_id"])).collect();
        assert_eq!(ids, [(&json!("User"), &json!("User")), (&json!("Group"), &json!("7"))]);
    }

    #[test]
    fn rows_hold_what_a_case_needs() {
        let rows = rows_of(json!({ "sub_attribute": true, "changeable": true }));
        let given = rows.iter().find(|row| row["id"] == "User.name.givenName").unwrap();
        assert_eq!((&given["path"], &given["member"]), (&json!("name.givenName"), &json!("name")));
        assert_eq!(given["holder"], json!({ "givenName": given["value"] }));
        assert_ne!(given["value"], given["other"]);
        let kind = rows.iter().find(|row| row["id"] == "User.emails.type").unwrap();
        assert_eq!(kind["holder"][0]["type"], kind["value"]);
        assert!(kind["holder"][0].get("value").is_some(), "an e-mail without address would be refused");
    }
}
