//! Resources to create, made from their schemas: what a target demands, or everything it takes.

use serde_json::{Map, Value, json};

use super::resource_type::ResourceSchemas;
use super::schema::{Attribute, AttributeType, Mutability, Uniqueness};

/// What names the resource that is made.
#[derive(Debug, Clone, Copy)]
pub struct Naming<'a> {
    /// In every identifier.
    pub unique: &'a str,
    /// Domain of everything that looks like an e-mail address or a URL.
    pub domain: &'a str,
}

/// Attributes that name a resource to people; always sent, even where a schema does not demand them.
const NAMES: [&str; 2] = ["userName", "displayName"];

/// A self-signed certificate (DER, Base64) for attributes that hold certificates (RFC 7643 §4.1.2). Valid until 2046.
const CERTIFICATE: &str = "MIIBPDCB76ADAgECAhQOI4XEEjOJ1K+et9QX/OSaGBNGiTAFBgMrZXAwFDESMBAGA1UEAwwJc2NpbWNoZWNrMB4XDTI2MTEyNDE3MTY1NVoXDTQ2MTExOTE3MTY1NVowFDESMBAGA1UEAwwJc2NpbWNoZWNrMCowBQYDK2VwAyEA2A3t03MZfQFxs5YlZJS6C3yaou1kFQCyumZ+L1cZzDyjUzBRMB0GA1UdDgQWBBQkhfKgfo8maIeJJKuWsUcgkOqPCDAfBgNVHSMEGDAWgBQkhfKgfo8maIeJJKuWsUcgkOqPCDAPBgNVHRMBAf8EBTADAQH/MAUGAytlcANBAE2ftr+x7PcNXR1FYgdF7QSUyo2Blt14LsNri9/rUtBcOY7glKT2bq3cK18kcXWWj0zL/sLE8MvqjzjAs4BF3gQ=";

/// Another one, valid until 2046 as well.
const OTHER_CERTIFICATE: &str = "MIIBSDCB+6ADAgECAhR/xRDNAvxeOes/xP7pD2/GQz7UrTAFBgMrZXAwGjEYMBYGA1UEAwwPc2NpbWNoZWNrIG90aGVyMB4XDTI2MTEyNjEyMDcyN1oXDTQ2MTEyMTEyMDcyN1owGjEYMBYGA1UEAwwPc2NpbWNoZWNrIG90aGVyMCowBQYDK2VwAyEA/n+Pz8/R0YjEoHQaxQu2C5jqAl8igBoxVH2/akd4+eujUzBRMB0GA1UdDgQWBBSR1GrrTR15mRoDck/vu0Q6iRUXPzAfBgNVHSMEGDAWgBSR1GrrTR15mRoDck/vu0Q6iRUXPzAPBgNVHRMBAf8EBTADAQH/MAUGAytlcANBAGHN8sHRo6CS1ouT+9UnSFyFz7eY4syTBJxUQdRsRVnMHLmSfT36r1MZmS4JKvRRWRhU54urSA8PlcjVwl5pRgk=";

/// The required attributes, and the one that names the resource; `externalId` where there is none, because what was
/// made has to be recognised later.
#[must_use]
pub fn minimal(schemas: &ResourceSchemas, naming: &Naming<'_>) -> Value {
    let core = &schemas.core.attributes;
    let name = NAMES.iter().find_map(|name| schemas.core.attribute(name)).map(|attribute| &attribute.name);
    let wanted = |attribute: &Attribute| attribute.required || Some(&attribute.name) == name;
    let mut resource = build(schemas, naming, core, wanted, Extent::Required);
    if let Some(resource) = resource.as_object_mut()
        && !resource.values().any(|value| value.as_str().is_some_and(|text| text.contains(naming.unique)))
    {
        resource.insert("externalId".to_owned(), json!(naming.unique));
    }
    resource
}

/// Every writable attribute with a valid value. References to other resources are left out: there is nothing yet that
/// they could name.
#[must_use]
pub fn full(schemas: &ResourceSchemas, naming: &Naming<'_>) -> Value {
    build(schemas, naming, &schemas.core.attributes, |_| true, Extent::All)
}

/// An attribute of a resource type that clients have to set and that names another resource, as `members` where they are
/// required (RFC 7643 §4.2): no payload can have it before there is something to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemandedReference<'s> {
    attribute: &'s Attribute,
    reference_types: &'s [String],
}

impl<'s> DemandedReference<'s> {
    /// Those of the core schema of a resource type whose values name the resource by its `id`.
    pub fn of(schemas: &'s ResourceSchemas) -> impl Iterator<Item = Self> {
        let demanded = |attribute: &&Attribute| attribute.required && is_settable(attribute);
        schemas.core.attributes.iter().filter(demanded).filter_map(|attribute| {
            let named =
                |name: &str| attribute.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name));
            let reference_types = &*named("$ref")?.reference_types;
            named("value").filter(|sub| is_settable(sub)).map(|_| Self { attribute, reference_types })
        })
    }

    /// Whether it may name resources of a type.
    #[must_use]
    pub fn may_name(&self, resource_type: &str) -> bool {
        self.reference_types.iter().any(|name| name == resource_type)
    }

    /// Puts the reference to a resource into a payload.
    pub fn name(&self, payload: &mut Value, id: &str) {
        let value = json!({ "value": id });
        if let Some(payload) = payload.as_object_mut() {
            let value = if self.attribute.multi_valued { json!([value]) } else { value };
            payload.insert(self.attribute.name.clone(), value);
        }
    }
}

fn is_settable(attribute: &Attribute) -> bool {
    attribute.mutability != Mutability::ReadOnly
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    Required,
    All,
}

fn build(
    schemas: &ResourceSchemas,
    naming: &Naming<'_>,
    core: &[Attribute],
    wanted: impl Fn(&Attribute) -> bool,
    extent: Extent,
) -> Value {
    let mut urns = vec![json!(schemas.core.id)];
    let mut resource = Map::from_iter([("schemas".to_owned(), Value::Null)]);
    if extent == Extent::All {
        resource.insert("externalId".to_owned(), json!(naming.unique));
    }
    fill(&mut resource, core.iter().filter(|attribute| wanted(attribute)), naming, extent);
    for (extension, required) in &schemas.extensions {
        if !required && extent == Extent::Required {
            continue;
        }
        let mut values = Map::new();
        let attributes = extension.attributes.iter();
        fill(&mut values, attributes.filter(|a| a.required || extent == Extent::All), naming, extent);
        if !values.is_empty() {
            urns.push(json!(extension.id));
            resource.insert(extension.id.clone(), Value::Object(values));
        }
    }
    resource.insert("schemas".to_owned(), Value::Array(urns));
    Value::Object(resource)
}

fn fill<'a>(
    into: &mut Map<String, Value>,
    attributes: impl Iterator<Item = &'a Attribute>,
    naming: &Naming<'_>,
    extent: Extent,
) {
    for attribute in attributes.filter(|attribute| attribute.mutability != Mutability::ReadOnly) {
        // The common attributes are not the client's to set; some servers list them among their own.
        if ["schemas", "id", "meta", "externalId"]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(&attribute.name))
        {
            continue;
        }
        if let Some(value) = value(attribute, None, naming, extent) {
            into.insert(attribute.name.clone(), if attribute.multi_valued { json!([value]) } else { value });
        }
    }
}

/// Which of the known valid values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    First,
    Second,
}

/// Two valid values of an attribute, the same twice where only one is known; of a multi-valued one, two elements.
/// `parent` is the name of the attribute that a sub-attribute stands in. `None` if only an existing resource could be
/// named.
#[must_use]
pub fn examples(attribute: &Attribute, parent: Option<&str>, naming: &Naming<'_>) -> Option<(Value, Value)> {
    let choose = |choice| chosen(attribute, parent, naming, Extent::All, choice);
    Some((choose(Choice::First)?, choose(Choice::Second)?))
}

/// One value; `None` if only an existing resource could be named.
fn value(attribute: &Attribute, parent: Option<&str>, naming: &Naming<'_>, extent: Extent) -> Option<Value> {
    chosen(attribute, parent, naming, extent, Choice::First)
}

fn chosen(
    attribute: &Attribute,
    parent: Option<&str>,
    naming: &Naming<'_>,
    extent: Extent,
    choice: Choice,
) -> Option<Value> {
    if !attribute.is_complex() {
        return simple(attribute, parent, naming, choice);
    }
    // A complex attribute whose `$ref` leads to a resource is a reference as a whole (members, manager).
    let refers = attribute.sub_attributes.iter().any(|sub| sub.name.eq_ignore_ascii_case("$ref"));
    if refers {
        return None;
    }
    let writable = || attribute.sub_attributes.iter().filter(|sub| sub.mutability != Mutability::ReadOnly);
    let demanded = extent == Extent::Required && writable().any(|sub| sub.required);
    let values: Map<String, Value> = writable()
        .filter(|sub| !demanded || sub.required)
        .filter_map(|sub| {
            let value = chosen(sub, Some(&attribute.name), naming, extent, choice)?;
            Some((sub.name.clone(), if sub.multi_valued { json!([value]) } else { value }))
        })
        .collect();
    (!values.is_empty()).then_some(Value::Object(values))
}

fn simple(attribute: &Attribute, parent: Option<&str>, naming: &Naming<'_>, choice: Choice) -> Option<Value> {
    let Naming { unique, domain } = naming;
    let second = choice == Choice::Second;
    // A `type` for which no value is suggested: nobody knows which one the target takes, and some take none at all.
    let is_type = parent.is_some() && attribute.name.eq_ignore_ascii_case("type");
    if is_type && attribute.canonical_values.is_empty() && !attribute.required {
        return None;
    }
    if attribute.attribute_type == AttributeType::String
        && let [first, others @ ..] = attribute.canonical_values.as_slice()
    {
        return Some(json!(others.first().filter(|_| second).unwrap_or(first)));
    }
    Some(match attribute.attribute_type {
        AttributeType::Boolean => json!(!second),
        AttributeType::Integer => json!(if second { 2 } else { 1 }),
        AttributeType::Decimal => json!(if second { 2.5 } else { 1.5 }),
        AttributeType::DateTime => {
            json!(if second { "2025-06-07T08:09:10Z" } else { "2024-01-02T03:04:05Z" })
        }
        AttributeType::Binary => json!(if second { OTHER_CERTIFICATE } else { CERTIFICATE }),
        AttributeType::Reference => {
            let leads_out =
                |kind: &String| kind.eq_ignore_ascii_case("external") || kind.eq_ignore_ascii_case("uri");
            if !attribute.reference_types.is_empty() && !attribute.reference_types.iter().any(leads_out) {
                return None;
            }
            json!(format!("https://{domain}/{unique}{}", if second { "/other" } else { "" }))
        }
        AttributeType::Complex => return None,
        AttributeType::String if second => json!(other_text(attribute, parent, unique, domain)),
        AttributeType::String => json!(text(attribute, parent, unique, domain)),
    })
}

/// A text that fits what the attribute is for (RFC 7643 §4.1), else one that says its name.
fn text(attribute: &Attribute, parent: Option<&str>, unique: &str, domain: &str) -> String {
    let name = attribute.name.to_ascii_lowercase();
    let parent = parent.map(str::to_ascii_lowercase);
    match (parent.as_deref(), name.as_str()) {
        (None, "username" | "email" | "mail") | (Some("emails"), "value") => {
            format!("{unique}@{domain}")
        }
        (None, "displayname") => unique.to_owned(),
        (None, "password") => format!("Pw1!-{unique}"),
        (None, "locale" | "preferredlanguage") => "en-US".to_owned(),
        (None, "timezone") => "Europe/Berlin".to_owned(),
        (Some("phonenumbers"), "value") => "tel:+1-201-555-0123".to_owned(),
        (Some("addresses"), "country") => "DE".to_owned(),
        (Some("addresses"), "postalcode") => "10115".to_owned(),
        (parent, _) if names_resource(attribute, parent) => format!("{unique}-{name}"),
        _ => format!("{} {}", attribute.name, unique.rsplit('-').next().unwrap_or(unique)),
    }
}

/// Whether it tells the resource from others, perhaps as the only thing that does. Not what is optional: some servers take
/// short texts only.
fn names_resource(attribute: &Attribute, parent: Option<&str>) -> bool {
    attribute.uniqueness != Uniqueness::None || parent.is_none() && attribute.required
}

/// Another text of that kind.
fn other_text(attribute: &Attribute, parent: Option<&str>, unique: &str, domain: &str) -> String {
    let name = attribute.name.to_ascii_lowercase();
    let outer = parent.map(str::to_ascii_lowercase);
    match (outer.as_deref(), name.as_str()) {
        (None, "username" | "email" | "mail") | (Some("emails"), "value") => {
            format!("{unique}-other@{domain}")
        }
        (None, "displayname") => format!("{unique}-other"),
        (None, "locale" | "preferredlanguage") => "de-DE".to_owned(),
        (None, "timezone") => "America/New_York".to_owned(),
        (Some("phonenumbers"), "value") => "tel:+1-201-555-0124".to_owned(),
        (Some("addresses"), "country") => "AT".to_owned(),
        (Some("addresses"), "postalcode") => "1010".to_owned(),
        (Some(_), "type") => "home".to_owned(),
        // What names a resource keeps its beginning.
        _ if names_resource(attribute, parent) => format!("{}2", text(attribute, parent, unique, domain)),
        // Another beginning, middle and end, so that filters tell the two apart by each of them.
        _ => format!("other {}2", text(attribute, parent, unique, domain)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scim::{builtin, urn, validate};

    const NAMING: Naming<'_> = Naming { unique: "sc1-a", domain: "example.com" };

    #[test]
    fn minimal_is_what_is_demanded() {
        let user = minimal(&builtin::user(), &NAMING);
        assert_eq!(user, json!({ "schemas": [urn::USER], "userName": "sc1-a@example.com" }));
        let group = minimal(&builtin::group(), &NAMING);
        assert_eq!(group, json!({ "schemas": [urn::GROUP], "displayName": "sc1-a" }));
    }

    #[test]
    fn what_has_no_name_gets_an_external_id() {
        let mut device = builtin::group();
        let canonical_values = vec!["laptop".to_owned(), "phone".to_owned()];
        let kind =
            Attribute { required: true, canonical_values, ..Attribute::new("kind", AttributeType::String) };
        let schema = crate::scim::schema::Schema { attributes: vec![kind], ..(*device.core).clone() };
        device.core = std::sync::Arc::new(schema);
        let made = minimal(&device, &NAMING);
        assert_eq!(made, json!({ "schemas": [urn::GROUP], "kind": "laptop", "externalId": "sc1-a" }));
    }

    #[test]
    fn what_is_required_names_the_resource() {
        let mut device = builtin::group();
        let serial = Attribute { required: true, ..Attribute::new("serialNumber", AttributeType::String) };
        let schema = crate::scim::schema::Schema { attributes: vec![serial], ..(*device.core).clone() };
        device.core = std::sync::Arc::new(schema);
        let made = minimal(&device, &NAMING);
        assert_eq!(made, json!({ "schemas": [urn::GROUP], "serialNumber": "sc1-a-serialnumber" }));
    }

    #[test]
    fn what_is_demanded_and_names_another_resource_waits_for_it() {
        let mut club = builtin::group();
        assert_eq!(DemandedReference::of(&club).count(), 0, "members are optional");
        let core = std::sync::Arc::make_mut(&mut club.core);
        core.attributes.iter_mut().for_each(|attribute| attribute.required = true);
        let mut made = minimal(&club, &NAMING);
        assert_eq!(made, json!({ "schemas": [urn::GROUP], "displayName": "sc1-a" }));
        let [members] = DemandedReference::of(&club).collect::<Vec<_>>()[..] else { panic!("one") };
        assert!(members.may_name("User") && !members.may_name("Device"));
        members.name(&mut made, "7");
        assert_eq!(made["members"], json!([{ "value": "7" }]));

        let core = std::sync::Arc::make_mut(&mut club.core);
        core.attributes.iter_mut().for_each(|attribute| attribute.mutability = Mutability::ReadOnly);
        assert_eq!(DemandedReference::of(&club).count(), 0, "not the client's to set");
    }

    #[test]
    fn full_is_all_that_can_be_written() {
        let user = full(&builtin::user(), &NAMING);
        for name in ["externalId", "name", "password", "emails", "addresses", "x509Certificates", "active"] {
            assert!(user.get(name).is_some(), "{name}");
        }
        assert_eq!(user.get("groups"), None, "readOnly");
        assert_eq!(user[urn::ENTERPRISE_USER].get("manager"), None, "names another resource");
        assert_eq!(
            user["emails"][0],
            json!({
                "value": "sc1-a@example.com", "display": "display a", "type": "work", "primary": true,
            })
        );
    }

    #[test]
    fn a_service_provider_of_these_schemas_takes_them() {
        for schemas in [builtin::user(), builtin::group()] {
            for payload in [minimal(&schemas, &NAMING), full(&schemas, &NAMING)] {
                let stored = validate::for_write(&payload, &schemas, None).unwrap();
                let sent: Vec<_> = payload.as_object().unwrap().keys().collect();
                assert_eq!(stored.as_object().unwrap().keys().collect::<Vec<_>>().len(), sent.len());
            }
        }
    }
}
