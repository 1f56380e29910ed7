//! Tables of operations and their effects, by the paragraphs of RFC 7644 §3.5.2.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{PatchRequest, apply};
use crate::scim::compare::differences;
use crate::scim::error::ScimType;
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::test_schemas::{PROBE, babs, group, user};
use crate::scim::urn::{ENTERPRISE_USER, GROUP, PATCH_OP, USER};

fn patch(resource: &Value, schemas: &ResourceSchemas, operations: &Value) -> Result<Value, Option<ScimType>> {
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    let request = PatchRequest::from_value(&body).map_err(|error| error.scim_type)?;
    apply(resource, &request, schemas).map_err(|error| error.scim_type)
}

/// Applies one operation to the usual user and looks at one place of the result.
fn after(operation: &Value, pointer: &str) -> Value {
    let result = patch(&babs(), &user(), &json!([operation]));
    let result = result.unwrap_or_else(|kind| panic!("{operation}: {kind:?}"));
    result.pointer(pointer).cloned().unwrap_or_default()
}

fn refusal(operation: &Value) -> Option<ScimType> {
    patch(&babs(), &user(), &json!([operation])).expect_err(&operation.to_string())
}

#[test]
fn add_and_replace() {
    let ent = |name: &str| format!("{ENTERPRISE_USER}:{name}");
    let dept = format!("/{ENTERPRISE_USER}/department");
    let work = json!({ "value": "bjensen@example.com", "type": "work", "primary": true });
    let home = json!({ "value": "babs@jensen.org", "type": "home" });
    for (operation, pointer, wanted) in [
        // Single-valued: set, overwritten, in any spelling.
        (json!({ "op": "add", "path": "title", "value": "x" }), "/title", json!("x")),
        (json!({ "op": "Replace", "path": "ACTIVE", "value": "False" }), "/active", json!(false)),
        (json!({ "op": "replace", "path": "title", "value": "x" }), "/title", json!("x")),
        (json!({ "op": "add", "value": { "nickname": "Babs" } }), "/nickName", json!("Babs")),
        // Complex: sub-attributes that are not named stay (§3.5.2.3).
        (
            json!({ "op": "replace", "path": "name", "value": { "givenName": "B" } }),
            "/name",
            json!({ "familyName": "Jensen", "givenName": "B" }),
        ),
        (json!({ "op": "add", "path": "name.givenName", "value": "B" }), "/name/givenName", json!("B")),
        (json!({ "op": "replace", "value": { "name.givenName": "B" } }), "/name/givenName", json!("B")),
        (json!({ "op": "replace", "path": "name", "value": {} }), "/name/familyName", json!("Jensen")),
        // Multi-valued: add appends without duplicates, replace replaces.
        (
            json!({ "op": "add", "path": "emails", "value": [{ "value": "c@x" }] }),
            "/emails",
            json!([work, home, { "value": "c@x" }]),
        ),
        (
            json!({ "op": "add", "path": "emails", "value": { "value": "c@x" } }),
            "/emails/2/value",
            json!("c@x"),
        ),
        (json!({ "op": "add", "path": "emails", "value": [home] }), "/emails", json!([work, home])),
        (
            json!({ "op": "add", "value": { "emails": [{ "value": "babs@jensen.org", "type": "home", "display": "B" }] } }),
            "/emails/1/display",
            json!("B"),
        ),
        (json!({ "op": "replace", "path": "emails", "value": [home] }), "/emails", json!([home])),
        (json!({ "op": "replace", "value": { "emails": [home] } }), "/emails", json!([home])),
        (json!({ "op": "replace", "path": "emails", "value": [] }), "/emails", json!(null)),
        (json!({ "op": "replace", "path": "name", "value": null }), "/name", json!(null)),
        // A new primary value takes that from the others.
        (
            json!({ "op": "add", "path": "emails", "value": [{ "value": "c@x", "primary": true }] }),
            "/emails/0/primary",
            json!(false),
        ),
        (
            json!({ "op": "replace", "path": "emails[type eq \"home\"].primary", "value": true }),
            "/emails/0/primary",
            json!(false),
        ),
        // Value filters.
        (
            json!({ "op": "replace", "path": "emails[type eq \"home\"].value", "value": "c@x" }),
            "/emails/1",
            json!({ "value": "c@x", "type": "home" }),
        ),
        (
            json!({ "op": "replace", "path": "emails[type eq \"work\"]", "value": { "value": "c@x" } }),
            "/emails/0",
            json!({ "value": "c@x" }),
        ),
        (
            json!({ "op": "add", "path": "emails[type eq \"work\"]", "value": { "display": "d" } }),
            "/emails/0/value",
            json!("bjensen@example.com"),
        ),
        (
            json!({ "op": "add", "path": "addresses[type eq \"work\"].country", "value": "DE" }),
            "/addresses",
            json!([{ "type": "work", "country": "DE" }]),
        ),
        (json!({ "op": "replace", "path": "emails.type", "value": "x" }), "/emails/1/type", json!("x")),
        // Extensions in all their spellings.
        (json!({ "op": "add", "path": ent("department"), "value": "x" }), &dept, json!("x")),
        (json!({ "op": "add", "path": ENTERPRISE_USER, "value": { "department": "x" } }), &dept, json!("x")),
        (json!({ "op": "add", "value": { ENTERPRISE_USER: { "department": "x" } } }), &dept, json!("x")),
        (json!({ "op": "add", "value": { ent("department"): "x" } }), &dept, json!("x")),
        (
            json!({ "op": "replace", "path": ent("manager"), "value": "7" }),
            &format!("/{ENTERPRISE_USER}/manager"),
            json!({ "value": "7" }),
        ),
        (json!({ "op": "add", "path": format!("{USER}:title"), "value": "x" }), "/title", json!("x")),
        (json!({ "op": "add", "value": { USER: { "title": "x" } } }), "/title", json!("x")),
        (
            json!({ "op": "add", "path": format!("{PROBE}:level"), "value": 1 }),
            "/schemas",
            json!([USER, ENTERPRISE_USER, PROBE]),
        ),
        // What the service provider says itself may be sent back.
        (json!({ "op": "replace", "value": { "id": "2819c223", "title": "x" } }), "/title", json!("x")),
    ] {
        assert_eq!(after(&operation, pointer), wanted, "{operation}");
    }
}

#[test]
fn remove() {
    for (operation, pointer, wanted) in [
        (json!({ "op": "remove", "path": "active" }), "/active", json!(null)),
        (json!({ "op": "remove", "path": "title" }), "/title", json!(null)),
        (json!({ "op": "remove", "path": "name.givenName" }), "/name", json!({ "familyName": "Jensen" })),
        (json!({ "op": "remove", "path": "emails" }), "/emails", json!(null)),
        (
            json!({ "op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]" }),
            "/emails",
            json!([{ "value": "babs@jensen.org", "type": "home" }]),
        ),
        (json!({ "op": "remove", "path": "emails[type pr]" }), "/emails", json!(null)),
        (
            json!({ "op": "remove", "path": "emails[type eq \"home\"].type" }),
            "/emails/1",
            json!({ "value": "babs@jensen.org" }),
        ),
        // RFC 7644 §3.5.2.2: nothing to remove is no error.
        (json!({ "op": "remove", "path": "emails[type eq \"other\"]" }), "/emails", babs()["emails"].clone()),
        (
            json!({ "op": "remove", "path": "emails[type eq \"other\"].type" }),
            "/emails",
            babs()["emails"].clone(),
        ),
        (json!({ "op": "remove", "path": "addresses[type eq \"work\"]" }), "/addresses", json!(null)),
        (json!({ "op": "remove", "path": ENTERPRISE_USER }), "/schemas", json!([USER])),
        (json!({ "op": "remove", "path": ENTERPRISE_USER }), &format!("/{ENTERPRISE_USER}"), json!(null)),
        // The list of Entra takes away only what it lists.
        (
            json!({ "op": "remove", "path": "emails", "value": [{ "value": "babs@jensen.org" }] }),
            "/emails/0/type",
            json!("work"),
        ),
    ] {
        assert_eq!(after(&operation, pointer), wanted, "{operation}");
    }
    let both = json!([
        { "op": "remove", "path": format!("{ENTERPRISE_USER}:employeeNumber") },
        { "op": "remove", "path": format!("{ENTERPRISE_USER}:manager.value") },
    ]);
    let result = patch(&babs(), &user(), &both).unwrap();
    assert_eq!((&result["schemas"], result.get(ENTERPRISE_USER)), (&json!([USER]), None));
}

#[test]
fn refusals() {
    use ScimType as T;
    let long = "emails[".repeat(2000);
    for (operation, kind) in [
        (json!({ "op": "remove" }), T::NoTarget),
        (json!({ "op": "replace", "path": "emails[type eq \"other\"].value", "value": "x" }), T::NoTarget),
        (json!({ "op": "add", "path": "emails[type co \"other\"].value", "value": "x" }), T::NoTarget),
        (json!({ "op": "remove", "path": "userName" }), T::Mutability),
        (json!({ "op": "replace", "path": "userName", "value": null }), T::Mutability),
        (json!({ "op": "replace", "path": "userName", "value": "" }), T::InvalidValue),
        (json!({ "op": "replace", "path": "id", "value": "x" }), T::Mutability),
        (json!({ "op": "remove", "path": "id" }), T::Mutability),
        (json!({ "op": "add", "path": "groups", "value": [{ "value": "x" }] }), T::Mutability),
        (json!({ "op": "replace", "path": "meta.version", "value": "x" }), T::Mutability),
        (json!({ "op": "add", "value": { "id": "x" } }), T::Mutability),
        (json!({ "op": "add", "path": "nothing", "value": "x" }), T::InvalidPath),
        (json!({ "op": "add", "path": "name.nothing", "value": "x" }), T::InvalidPath),
        (json!({ "op": "add", "path": "emails[type eq \"work\"].nothing", "value": "x" }), T::InvalidPath),
        (json!({ "op": "add", "path": "urn:x:y:z:attr", "value": "x" }), T::InvalidPath),
        (json!({ "op": "add", "path": "", "value": "x" }), T::InvalidPath),
        (json!({ "op": "remove", "path": "name[givenName pr]" }), T::InvalidPath),
        (json!({ "op": "add", "path": long, "value": "x" }), T::InvalidFilter),
        (json!({ "op": "remove", "path": "emails[primary gt true]" }), T::InvalidFilter),
        (json!({ "op": "add", "value": { "nothing": "x" } }), T::InvalidValue),
        (json!({ "op": "add", "value": "x" }), T::InvalidValue),
        (json!({ "op": "add", "path": "active", "value": "yes" }), T::InvalidValue),
        (json!({ "op": "add", "path": "name", "value": "x" }), T::InvalidValue),
        (json!({ "op": "add", "path": "emails", "value": "x" }), T::InvalidValue),
        (json!({ "op": "replace", "path": "title", "value": { "a": 1 } }), T::InvalidValue),
        (json!({ "op": "add", "path": "schemas", "value": ["urn:x:y"] }), T::InvalidValue),
        (
            json!({ "op": "replace", "path": "emails", "value": [{ "primary": true }, { "primary": true }] }),
            T::InvalidValue,
        ),
        (json!({ "op": "replace", "path": "emails[value pr].primary", "value": true }), T::InvalidValue),
        (json!({ "op": "add", "path": ENTERPRISE_USER, "value": "x" }), T::InvalidValue),
    ] {
        assert_eq!(refusal(&operation), Some(kind), "{operation}");
    }
}

#[test]
fn immutable_can_be_set_once() {
    let path = format!("{PROBE}:badge");
    let set = |value: &str| json!({ "op": "add", "path": path, "value": value });
    let badged = patch(&babs(), &user(), &json!([set("A")])).unwrap();
    assert_eq!(badged[PROBE]["badge"], "A");
    assert_eq!(patch(&badged, &user(), &json!([set("A")])), Ok(badged.clone()));
    assert_eq!(patch(&badged, &user(), &json!([set("a")])), Err(Some(ScimType::Mutability)));
    let removal = json!([{ "op": "remove", "path": path }]);
    assert_eq!(patch(&badged, &user(), &removal), Err(Some(ScimType::Mutability)));
    let removal = json!([{ "op": "remove", "path": PROBE }]);
    assert_eq!(patch(&badged, &user(), &removal), Err(Some(ScimType::Mutability)));
}

#[test]
fn group_members() {
    let team = json!({
        "schemas": [GROUP], "id": "g", "displayName": "Team",
        "members": [{ "value": "a", "display": "A", "type": "User" }, { "value": "b" }],
    });
    let members =
        |operation: Value| patch(&team, &group(), &json!([operation])).map(|g| g["members"].clone());
    for (operation, wanted) in [
        (json!({ "op": "add", "path": "members", "value": [{ "value": "a" }] }), team["members"].clone()),
        (json!({ "op": "remove", "path": "members[value eq \"a\"]" }), json!([{ "value": "b" }])),
        (
            json!({ "op": "remove", "path": "members", "value": [{ "value": "a" }] }),
            json!([{ "value": "b" }]),
        ),
        (
            json!({ "op": "replace", "path": "members", "value": [{ "value": "c" }] }),
            json!([{ "value": "c" }]),
        ),
        (json!({ "op": "remove", "path": "members" }), json!(null)),
        (
            json!({ "op": "add", "path": "members[value eq \"c\"].display", "value": "C" }),
            json!([team["members"][0], { "value": "b" }, { "value": "c", "display": "C" }]),
        ),
    ] {
        assert_eq!(members(operation.clone()), Ok(wanted), "{operation}");
    }
    for operation in [
        json!({ "op": "replace", "path": "members[value eq \"a\"].value", "value": "c" }),
        json!({ "op": "replace", "path": "members[value eq \"a\"]", "value": { "value": "c" } }),
        json!({ "op": "remove", "path": "displayName" }),
    ] {
        assert_eq!(members(operation.clone()), Err(Some(ScimType::Mutability)), "{operation}");
    }
}

#[test]
fn nothing_to_do_changes_nothing() {
    // RFC 7644 §3.5.2.1: what is there already is no change, so that the caller can keep `meta.lastModified`.
    for operation in [
        json!({ "op": "add", "path": "userName", "value": "bjensen@example.com" }),
        json!({ "op": "add", "path": "emails", "value": [{ "value": "BABS@jensen.org" }] }),
        json!({ "op": "add", "value": { "name": { "givenName": "Barbara" }, "emails": [], "title": null } }),
        json!({ "op": "remove", "path": "title" }),
        json!({ "op": "remove", "path": "addresses.country" }),
        json!({ "op": "remove", "path": "emails", "value": [{ "value": "other" }] }),
        json!({ "op": "remove", "path": format!("{PROBE}:level") }),
        json!({ "op": "add", "path": ENTERPRISE_USER, "value": {} }),
        json!({ "op": "add", "path": "schemas", "value": [USER] }),
        json!({ "op": "replace", "value": { "meta": babs()["meta"] } }),
    ] {
        assert_eq!(patch(&babs(), &user(), &json!([operation])), Ok(babs()), "{operation}");
    }
}

#[test]
fn later_operations_see_earlier_ones_and_errors_name_theirs() {
    let operations = json!([
        { "op": "add", "path": "title", "value": "x" },
        { "op": "remove", "path": "userName" },
    ]);
    let body = json!({ "schemas": [PATCH_OP], "Operations": operations });
    let error = apply(&babs(), &PatchRequest::from_value(&body).unwrap(), &user()).unwrap_err();
    assert_eq!(error.detail, "operation 2: `userName` is required and cannot be removed");
    let sequence = json!([
        { "op": "add", "path": "emails", "value": [{ "value": "c@x", "type": "other" }] },
        { "op": "replace", "path": "emails[type eq \"other\"].value", "value": "d@x" },
    ]);
    assert_eq!(patch(&babs(), &user(), &sequence).unwrap()["emails"][2]["value"], "d@x");
}

/// Any JSON whose names are often those of attributes.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,6}".prop_map(Value::from),
    ];
    let names = || {
        prop_oneof![
            Just("value"),
            Just("type"),
            Just("primary"),
            Just("emails"),
            Just("name"),
            Just("userName"),
            Just(PROBE),
            Just("schemas")
        ]
    };
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::vec((names(), inner), 0..3)
                .prop_map(|members| members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn never_panics(
        op in prop_oneof![Just("add"), Just("remove"), Just("replace")],
        path in prop_oneof![
            Just(None),
            ".{0,12}".prop_map(Some),
            proptest::sample::select(vec![
                "emails", "emails[type eq \"work\"]", "emails[type eq \"x\"].value", "name", "name.givenName",
                "active", "schemas", "groups", "emails.primary", ENTERPRISE_USER,
            ]).prop_map(|path| Some(path.to_owned())),
        ],
        value in any_json(),
        resource in any_json(),
    ) {
        let operation = json!([{ "op": op, "path": path, "value": value }]);
        let _ = patch(&babs(), &user(), &operation);
        let _ = patch(&resource, &user(), &operation);
    }

    #[test]
    fn adding_and_removing_restores(value in "[a-z]{1,8}@[a-z]{1,3}", title in "[a-z]{1,9}") {
        let operations = json!([
            { "op": "add", "path": "emails", "value": [{ "value": value, "type": "other" }] },
            { "op": "add", "value": { "title": title, PROBE: { "tags": [title] } } },
            { "op": "remove", "path": format!("emails[type eq \"other\" and value eq \"{value}\"]") },
            { "op": "remove", "path": "title" },
            { "op": "remove", "path": PROBE },
        ]);
        prop_assert_eq!(patch(&babs(), &user(), &operations), Ok(babs()));
    }

    #[test]
    fn adding_twice_is_adding_once(value in "[a-z]{1,8}@[a-z]{1,3}", primary in any::<bool>()) {
        let add = json!({ "op": "add", "path": "emails", "value": [{ "value": value, "primary": primary }] });
        let once = patch(&babs(), &user(), &json!([add])).unwrap();
        let twice = patch(&babs(), &user(), &json!([add, add])).unwrap();
        prop_assert!(differences(&once, &twice, &user(), &[]).is_empty());
    }
}
