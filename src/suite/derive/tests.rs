//! What rows hold.

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
    let score = Attribute { mutability: Mutability::ReadOnly, ..attribute("score", AttributeType::Integer) };
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

/// A resource type with one complex attribute of these parts.
fn with_parts(parts: Vec<Attribute>) -> ResourceSchemas {
    let mut machine = machine();
    let asset = Attribute { sub_attributes: parts, ..Attribute::new("asset", AttributeType::Complex) };
    machine.core = Arc::new(Schema { attributes: vec![asset], ..(*machine.core).clone() });
    machine.extensions.clear();
    machine
}

fn asset(parts: Vec<Attribute>) -> Map<String, Value> {
    rows(Derive::Attributes, None, &[with_parts(parts)], &[]).swap_remove(0)
}

#[test]
fn a_complex_value_shows_by_a_part_that_was_sent_and_is_returned() {
    let text = |name: &str| Attribute::new(name, AttributeType::String);
    let stamp = Attribute { mutability: Mutability::ReadOnly, ..text("stamp") };
    let hidden = Attribute { returned: Returned::Never, ..text("pin") };
    let row = asset(vec![stamp, hidden.clone(), text("tag")]);
    assert_eq!((&row["shown_path"], &row["returned"]), (&json!("asset.tag"), &json!("default")));
    assert_eq!(row["shown_value"], row["value"]["tag"]);
    assert_eq!(asset(vec![hidden])["returned"], "request", "nothing of it shows by itself");
}

#[test]
fn an_id_is_a_reference_where_nothing_else_is_demanded() {
    let value = Attribute::new("value", AttributeType::String);
    let reference = Attribute {
        reference_types: vec!["Group".to_owned()],
        ..Attribute::new("$ref", AttributeType::Reference)
    };
    let role = Attribute { required: true, ..Attribute::new("role", AttributeType::String) };
    let fixed = Attribute { mutability: Mutability::ReadOnly, ..value.clone() };
    assert_eq!(asset(vec![value.clone(), reference.clone()])["refers_to"], "Group");
    assert_eq!(asset(vec![value, reference.clone(), role])["refers_to"], Value::Null);
    assert_eq!(asset(vec![fixed, reference])["refers_to"], Value::Null);
}

#[test]
fn values_are_told_apart_by_what_differs_in_them() {
    let kind = Attribute {
        canonical_values: vec!["spare".to_owned()],
        ..Attribute::new("value", AttributeType::String)
    };
    let several = |key: Attribute| {
        let mut machine = with_parts(vec![key, Attribute::new("note", AttributeType::String)]);
        let mut core = (*machine.core).clone();
        core.attributes[0].multi_valued = true;
        machine.core = Arc::new(core);
        rows(Derive::Attributes, None, &[machine], &[]).swap_remove(0)
    };
    assert_eq!(several(kind)["selected"], Value::Null, "both values have the only one that is suggested");
    let free = several(Attribute::new("value", AttributeType::String));
    assert_eq!(free["part_path"], "asset.note");
    assert!(free["selected"].as_str().unwrap().starts_with("asset[value eq "), "{free:?}");
}

#[test]
fn a_part_of_what_is_always_returned_is_always_returned() {
    let mut machine = with_parts(vec![Attribute::new("tag", AttributeType::String)]);
    let mut core = (*machine.core).clone();
    core.attributes[0].returned = Returned::Always;
    machine.core = Arc::new(core);
    let rows = rows(Derive::Attributes, None, &[machine], &[]);
    assert_eq!(rows[1]["returned"], "always");
}
