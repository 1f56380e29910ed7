//! Rows made from what a target says about itself: its resource types, schemas, extensions and attributes. So a
//! vendor's own resource types are tested as deeply as User and Group. Ids are made of names, never of positions.

mod comparisons;
mod holder;
mod made_up;
mod parts;

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

    /// Whether a client can send a value with POST and PUT, be it taken or not.
    fn is_sendable(&self) -> bool {
        self.sub.is_none()
            || self.attribute.mutability == Mutability::ReadOnly
            || payload::examples(self.attribute, None, &NAMING).is_some()
    }

    fn part(&self) -> Option<parts::Part> {
        parts::of(self, &self.values()?.0)
    }

    /// The resource type that a reference may name, or the `$ref` of a complex attribute.
    fn refers_to(&self) -> Option<&'s str> {
        let is_reference = |attribute: &&Attribute| attribute.attribute_type == AttributeType::Reference;
        let inner = || self.target().sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case("$ref"));
        let reference = Some(self.target()).filter(is_reference).or_else(inner)?;
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
        let part = parts::of(self, &value);
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

    /// A resource type with an extension that demands a contract.
    fn machine() -> ResourceSchemas {
        let mut machine = builtin::group();
        let attribute = |name: &str, kind| Attribute::new(name, kind);
        let contract = Attribute { required: true, ..attribute("contract", AttributeType::String) };
        let until = attribute("until", AttributeType::DateTime);
        let score =
            Attribute { mutability: Mutability::ReadOnly, ..attribute("score", AttributeType::Integer) };
        let group_reference = Attribute {
            reference_types: vec!["Group".to_owned()],
            ..attribute("upstream", AttributeType::Reference)
        };
        let place = Attribute {
            sub_attributes: vec![
                attribute("room", AttributeType::String),
                attribute("floor", AttributeType::Integer),
            ],
            ..attribute("place", AttributeType::Complex)
        };
        let core = Schema {
            id: "urn:x:Machine".to_owned(),
            attributes: vec![group_reference, place],
            ..(*machine.core).clone()
        };
        let warranty = Schema {
            id: "urn:x:Warranty".to_owned(),
            attributes: vec![contract, until, score],
            ..(*machine.core).clone()
        };
        machine.core = Arc::new(core);
        machine.extensions = vec![(Arc::new(warranty), false)];
        machine
    }

    fn row_of(id: &str) -> Map<String, Value> {
        let rows = rows(Derive::Attributes, None, &[machine()], &[]);
        rows.into_iter().find(|row| row["id"] == id).unwrap()
    }

    #[test]
    fn a_row_of_an_extension_holds_what_the_extension_demands() {
        let until = row_of("Group.urn.x.Warranty.until");
        assert_eq!(until["schemas"], json!(["urn:x:Machine", "urn:x:Warranty"]));
        assert_eq!(until["holder"]["until"], until["value"]);
        assert_eq!(until["holder"]["contract"], "${unique}-contract");
        assert_eq!(until["empty_holder"], json!({ "contract": "${unique}-contract" }));
        let contract = row_of("Group.urn.x.Warranty.contract");
        assert_eq!(contract["empty_holder"], Value::Null);
        assert_eq!(contract["empty_schemas"], json!(["urn:x:Machine"]));
        assert_eq!(contract["lacking_holder"], json!({ "until": until["value"] }));
        let score = row_of("Group.urn.x.Warranty.score");
        assert_eq!(
            score["made_up_holder"],
            json!({ "contract": "${unique}-contract", "score": score["made_up"] })
        );
    }

    #[test]
    fn a_row_names_a_part_that_changes_alone_and_what_a_reference_may_name() {
        let place = row_of("Group.place");
        assert_eq!((&place["part_path"], &place["selected"]), (&json!("place.room"), &Value::Null));
        assert_eq!(place["part"], json!({ "room": place["part_value"] }));
        assert_eq!(row_of("Group.upstream")["refers_to"], json!("Group"));
        assert_eq!(place["refers_to"], Value::Null);
    }

    #[test]
    fn only_users_have_names_in_a_form_that_servers_choose() {
        let mut machine = machine();
        let named = Attribute::new("emails", AttributeType::String);
        machine.core = Arc::new(Schema { attributes: vec![named], ..(*machine.core).clone() });
        let only: AttributeFilter = serde_json::from_value(json!({ "canonicalised": true })).unwrap();
        assert!(rows(Derive::Attributes, Some(&only), &[machine], &[]).is_empty());
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
