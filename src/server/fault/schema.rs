//! The published schemas.

use serde_json::Value;

use super::{FaultInfo, fault};
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::schema::fold;
use crate::scim::urn;
use crate::server::discovery::Documents;
use crate::server::edit::text;
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "schema-enum-case-wrong",
        &[Hook::Documents(|documents, _| {
            documents.schemas.iter_mut().for_each(|document| lower_mutability(&mut document.value));
        })],
    ),
    fault(
        "schema-externalid-caseexact-false",
        &[Hook::Matches(|_, filter, resource, fits| match filter {
            Filter::Compare { path, operator: Operator::Eq, value: Literal::String(wanted) }
                if path.name.eq_ignore_ascii_case("externalId") =>
            {
                text(&resource.value, "/externalId").is_some_and(|own| fold(own) == fold(wanted))
            }
            _ => fits,
        })],
    ),
    fault(
        "schema-groups-not-readonly",
        &[Hook::Documents(|documents, _| publish(documents, &["groups"], "mutability", "readWrite".into()))],
    ),
    fault(
        "schema-name-subattributes-required",
        &[Hook::Documents(|documents, _| {
            publish(documents, &["name", "givenName"], "required", true.into());
            publish(documents, &["name", "familyName"], "required", true.into());
        })],
    ),
    fault(
        "schema-password-returned-default",
        &[Hook::Documents(|documents, _| {
            publish(documents, &["password"], "returned", "default".into());
            publish(documents, &["password"], "mutability", "readWrite".into());
        })],
    ),
    fault(
        "schema-readonly-advertised-readwrite",
        &[Hook::Stored(|write, _, resource| {
            // Whatever it is when the user is created stays.
            if let (Some(old), Some(resource)) = (write.old, resource.as_object_mut()) {
                match old.get("nickName") {
                    Some(name) => resource.insert("nickName".to_owned(), name.clone()),
                    None => resource.shift_remove("nickName"),
                };
            }
            Ok(())
        })],
    ),
];

/// Publishes another characteristic of an attribute of users.
fn publish(documents: &mut Documents, path: &[&str], characteristic: &str, value: Value) {
    let schema = documents.schemas.iter_mut().find(|schema| schema.id == urn::USER);
    let mut part = schema.map(|schema| &mut schema.value);
    for (depth, name) in path.iter().enumerate() {
        let list = if depth == 0 { "attributes" } else { "subAttributes" };
        part = part
            .and_then(|part| part.get_mut(list)?.as_array_mut())
            .and_then(|all| all.iter_mut().find(|attribute| text(attribute, "/name") == Some(*name)));
    }
    if let Some(attribute) = part {
        attribute[characteristic] = value;
    }
}

fn lower_mutability(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(lower_mutability),
        Value::Object(object) => {
            if let Some(Value::String(word)) = object.get_mut("mutability") {
                *word = word.to_lowercase();
            }
            object.values_mut().for_each(lower_mutability);
        }
        _ => {}
    }
}
