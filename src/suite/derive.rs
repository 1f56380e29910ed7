//! Rows made from what a target says about itself: its resource types, schemas, extensions and attributes. So a
//! vendor's own resource types are tested as deeply as User and Group. Ids are made of names, never of positions.

mod comparisons;
mod holder;
mod made_up;
mod parts;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use self::holder::Choice;
use super::format::{AttributeFilter, Derive};
use crate::scim::payload::{self, Naming};
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::schema::{Attribute, AttributeType, Mutability, Returned, Schema};
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
        Derive::Attributes => {
            resources.iter().flat_map(|resource| attributes(resource, resources, only)).collect()
        }
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
fn attributes(
    resource: &ResourceSchemas,
    all: &[ResourceSchemas],
    only: Option<&AttributeFilter>,
) -> Vec<Value> {
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
        let whole = Place { resource, all, urn, attribute, sub: None };
        let subs = attribute.sub_attributes.iter().map(|sub| Place { sub: Some(sub), ..whole });
        for place in std::iter::once(whole).chain(subs) {
            if only.is_none_or(|only| place.fits(only)) {
                rows.push(place.row());
            }
        }
    }
    rows
}

/// An attribute where it stands.
#[derive(Clone, Copy)]
struct Place<'s> {
    resource: &'s ResourceSchemas,
    /// All resource types of the target.
    all: &'s [ResourceSchemas],
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
        // What takes some work is only asked where it counts.
        let asked = |wanted: Option<bool>, is: &dyn Fn() -> bool| wanted.is_none_or(|wanted| wanted == is());
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
            && asked(only.sendable, &|| self.is_sendable())
            && asked(only.omittable, &|| self.lacking_holder().is_some())
            && asked(only.refers, &|| self.refers_to().is_some())
            && asked(only.partial, &|| self.part().is_some())
            && asked(only.settable, &|| self.values().is_some())
            && asked(only.changeable, &|| self.values().is_some_and(|(value, other)| value != other))
    }

    /// A sub-attribute is not more writable than what it stands in.
    fn mutability(&self) -> Mutability {
        match (self.attribute.mutability, self.target().mutability) {
            (outer @ (Mutability::ReadOnly | Mutability::WriteOnly), _) => outer,
            (Mutability::Immutable, Mutability::ReadWrite) => Mutability::Immutable,
            (_, inner) => inner,
        }
    }

    /// A sub-attribute is shown where what it stands in is shown, and not elsewhere; a complex attribute where a part of
    /// it is.
    fn returned(&self) -> Returned {
        let parts = &self.target().sub_attributes;
        let shows = parts.is_empty() || parts.iter().any(parts::is_shown);
        match (self.attribute.returned, self.target().returned) {
            (outer @ (Returned::Request | Returned::Never), inner) if inner != Returned::Never => outer,
            (outer @ Returned::Always, Returned::Default) => outer,
            (_, Returned::Always | Returned::Default) if !shows => Returned::Request,
            (_, inner) => inner,
        }
    }

    /// Where the value that a client sent shows, and what it is there: of a complex one, which may come back with parts
    /// that the service provider has added, one part.
    fn shown(&self, value: &Value) -> (String, Value) {
        let sent = |part: &&Attribute| part.mutability != Mutability::ReadOnly && parts::is_shown(part);
        match self.target().sub_attributes.iter().find(sent) {
            Some(part) => (format!("{}.{}", self.path(), part.name), value[&part.name].clone()),
            None => (self.path(), value.clone()),
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

    /// Whether a client can send a value with POST and PUT, be it taken or not.
    fn is_sendable(&self) -> bool {
        self.sub.is_none()
            || self.attribute.mutability == Mutability::ReadOnly
            || payload::examples(self.attribute, None, &NAMING).is_some()
    }

    fn part(&self) -> Option<parts::Part> {
        let (first, other) = self.values()?;
        parts::of(self, &first, &other)
    }

    /// The resource type that a reference may name, or the `$ref` of a complex attribute that an id alone makes complete.
    fn refers_to(&self) -> Option<&'s str> {
        let target = self.target();
        let is_reference = target.attribute_type == AttributeType::Reference;
        let named = |name: &str| target.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name));
        let takes_an_id = || {
            let is_set = |sub: &Attribute| sub.mutability != Mutability::ReadOnly;
            let lacks =
                |sub: &Attribute| sub.required && is_set(sub) && !sub.name.eq_ignore_ascii_case("value");
            named("value").is_some_and(|sub| is_set(sub) && parts::is_shown(sub))
                && !target.sub_attributes.iter().any(lacks)
        };
        let reference = if is_reference { target } else { named("$ref").filter(|_| takes_an_id())? };
        let kinds = self.all.iter().map(|known| &*known.resource_type.name);
        kinds.into_iter().find(|kind| reference.reference_types.iter().any(|named| named == kind))
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
        let (made_up, forms) = made_up::value(target.attribute_type);
        let several = self.attribute.multi_valued || target.multi_valued;
        let compared = comparisons::of(&self.path(), target, several, &value, &other);
        let part = parts::of(self, &value, &other);
        let (shown_path, shown_value) = self.shown(&value);
        // Where letter case counts, no text at all.
        let in_any_case = if target.case_exact { json!("") } else { value.clone() };
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
            "in_any_case": in_any_case,
            "shown_path": shown_path,
            "shown_value": shown_value,
            "literal": literal(&value),
            "other_literal": literal(&other),
            "wrong": wrong(target.attribute_type),
            "member": self.urn.unwrap_or(&self.attribute.name),
            "holder": self.holder(&value, Choice::First),
            "other_holder": self.holder(&other, Choice::Second),
            "wrong_holder": self.holder(&wrong(target.attribute_type), Choice::First),
            "lacking_holder": self.lacking_holder(),
            "made_up": &made_up,
            "made_up_forms": forms,
            "made_up_holder": self.holder(&made_up, Choice::First),
            "made_up_other_holder": self.holder(&made_up::other(target.attribute_type), Choice::First),
            "finds_first": compared.first,
            "finds_second": compared.second,
            "finds_none": compared.none,
            "part_path": part.as_ref().map(|part| &part.path),
            "part": part.as_ref().map(|part| &part.complex),
            "part_value": part.as_ref().map(|part| &part.value),
            "selected": part.as_ref().map(|part| &part.selected),
            "refers_to": self.refers_to(),
            "empty_holder": &empty,
            "empty_schemas": self.schemas(!empty.is_null()),
        })
    }
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
