//! Bodies of POST and PUT: what is refused, completed and ignored.

use axum::http::StatusCode;
use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Info, Pass, Warn};
use crate::scim::error::ScimType;
use crate::server::choice::Choice;
use crate::server::edit::{fill, refusal, whole, whole_mut, without_body};
use crate::server::hook::Hook;
use crate::server::route::Route;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "create-without-body",
        Warn,
        &["post-response-body"],
        "crud-create",
        "201 has no body",
        &[Hook::Reply(|_, route, reply| {
            if matches!(route, Some(Route::Collection(_))) && reply.status == StatusCode::CREATED {
                without_body(reply);
            }
        })],
    ),
    variant(
        "ids-with-punctuation",
        Pass,
        &[],
        "crud-create",
        "Ids have punctuation in them, of which every URL escapes all",
        &[Hook::Choice(Choice::SpeakingIds)],
    ),
    variant(
        "missing-schemas-accepted",
        Pass,
        &["schemas-strictness"],
        "schema",
        "A body without schemas is accepted and completed",
        &[Hook::Choice(Choice::LenientSchemas)],
    ),
    variant(
        "unknown-attributes-refused",
        Pass,
        &["attributes-unknown"],
        "crud-create",
        "An unknown attribute in a body is refused with 400",
        &[Hook::Body(|write, body| {
            let schemas = write.schemas();
            let known = |name: &String| {
                name.eq_ignore_ascii_case("schemas")
                    || schemas.core_attribute(name).is_some()
                    || schemas.schema(name).is_some()
            };
            match whole(write, body).and_then(|body| body.keys().find(|name| !known(name))) {
                Some(name) => Err(refusal(ScimType::InvalidSyntax, format!("`{name}` is no attribute"))),
                None => Ok(()),
            }
        })],
    ),
    variant(
        "unlisted-extension-refused",
        Pass,
        &["schemas-strictness"],
        "schema",
        "An extension whose URN is not in schemas is refused with 400",
        &[Hook::Body(|write, body| {
            let schemas = write.schemas();
            let Some(body) = whole(write, body) else { return Ok(()) };
            let listed = |urn: &str| {
                let listed = body.get("schemas").and_then(Value::as_array).into_iter().flatten();
                listed.filter_map(Value::as_str).any(|known| known.eq_ignore_ascii_case(urn))
            };
            let unlisted = |name: &&String| {
                schemas.extensions.iter().any(|(schema, _)| schema.id.eq_ignore_ascii_case(name))
                    && !listed(name)
            };
            match body.keys().find(unlisted) {
                Some(urn) => Err(refusal(ScimType::InvalidSyntax, format!("`schemas` does not name {urn}"))),
                None => Ok(()),
            }
        })],
    ),
    variant(
        "other-case-ignored",
        Warn,
        &["attr-name-case"],
        "attributes",
        "Attributes in bodies are only known in the spelling of the schema",
        &[Hook::Body(|write, body| {
            let schemas = write.schemas();
            if let Some(body) = whole_mut(write, body) {
                body.retain(|name, _| {
                    name == "schemas"
                        || schemas.schema(name).is_some()
                        || schemas.core_attribute(name).is_none_or(|attribute| attribute.name == *name)
                });
            }
            Ok(())
        })],
    ),
    variant(
        "null-shown",
        Pass,
        &["null-empty"],
        "attributes",
        "Unassigned attributes are shown as null, in lists of values as []",
        &[Hook::Shown(|call, kind, projection, resource| {
            if projection.attributes.is_empty() && projection.excluded.is_empty() {
                fill(call.schemas(kind), resource, |attribute| {
                    if attribute.multi_valued { Value::Array(Vec::new()) } else { Value::Null }
                });
            }
        })],
    ),
    variant(
        "empty-arrays-shown",
        Pass,
        &["null-empty"],
        "attributes",
        "Unassigned multi-valued attributes are shown as []",
        &[Hook::Shown(|call, kind, projection, resource| {
            if projection.attributes.is_empty() && projection.excluded.is_empty() {
                fill(call.schemas(kind), resource, |attribute| match attribute.multi_valued {
                    true => Value::Array(Vec::new()),
                    false => Value::Bool(false),
                });
            }
        })],
    ),
    variant(
        "empty-string-is-unassigned",
        Info,
        &["null-empty"],
        "attributes",
        "An empty string clears an optional attribute",
        &[Hook::Body(|write, body| {
            if let Some(body) = whole_mut(write, body) {
                body.retain(|name, value| name.eq_ignore_ascii_case("userName") || value != "");
            }
            Ok(())
        })],
    ),
    variant(
        "boolean-strings-refused",
        Pass,
        &["boolean-strings"],
        "attributes",
        "Booleans sent as strings are refused with 400",
        &[Hook::Body(|_, body| {
            if has_boolean_string(body) {
                return Err(refusal(ScimType::InvalidValue, "a Boolean is true or false, no string"));
            }
            Ok(())
        })],
    ),
    variant(
        "canonical-values-enforced",
        Pass,
        &["canonical-values"],
        "attributes",
        "A type that is no canonical value is refused with 400",
        &[Hook::Stored(|write, _, resource| {
            for attribute in &write.schemas().core.attributes {
                let Some(kinds) =
                    attribute.sub_attribute("type").filter(|sub| !sub.canonical_values.is_empty())
                else {
                    continue;
                };
                let values = resource.get(&attribute.name).and_then(Value::as_array).into_iter().flatten();
                let strange = values.filter_map(|value| value.get("type")?.as_str()).find(|kind| {
                    !kinds.canonical_values.iter().any(|known| known.eq_ignore_ascii_case(kind))
                });
                if let Some(kind) = strange {
                    let detail = format!("`{}.type` cannot be `{kind}`", attribute.name);
                    return Err(refusal(ScimType::InvalidValue, detail));
                }
            }
            Ok(())
        })],
    ),
    variant(
        "last-primary-wins",
        Pass,
        &["primary-toggle"],
        "attributes",
        "Of several primary values the last one stays primary",
        &[Hook::Body(|_, body| {
            last_primary(body);
            Ok(())
        })],
    ),
    variant(
        "put-changed-id-400",
        Warn,
        &["readonly-in-put-post"],
        "crud-replace",
        "PUT with another id is refused with 400 mutability",
        &[Hook::Body(|write, body| {
            let given = whole(write, body).and_then(|body| body.get("id")?.as_str());
            let id = write.old.and_then(|old| old.get("id")?.as_str());
            match (given, id) {
                (Some(given), Some(id)) if given != id => {
                    Err(refusal(ScimType::Mutability, "Attribute 'id' is readOnly"))
                }
                _ => Ok(()),
            }
        })],
    ),
    variant(
        "put-keeps-omitted",
        Pass,
        &["put-omitted"],
        "crud-replace",
        "PUT keeps the optional attributes that it does not name",
        &[Hook::Body(|write, body| {
            let Some(old) = write.old.and_then(Value::as_object) else { return Ok(()) };
            if let Some(body) = whole_mut(write, body) {
                let required = |name: &str| {
                    write.schemas().core_attribute(name).is_some_and(|attribute| attribute.required)
                };
                for (name, value) in old.iter().filter(|(name, _)| !required(name)) {
                    if !body.keys().any(|known| known.eq_ignore_ascii_case(name)) {
                        body.insert(name.clone(), value.clone());
                    }
                }
            }
            Ok(())
        })],
    ),
    variant(
        "put-keeps-required",
        Warn,
        &["required-on-put"],
        "crud-replace",
        "PUT without a required attribute keeps its value",
        &[Hook::Body(|write, body| {
            let Some(old) = write.old else { return Ok(()) };
            for name in ["userName", "displayName"] {
                let required =
                    write.schemas().core.attribute(name).is_some_and(|attribute| attribute.required);
                if let (true, Some(value), Some(body)) = (required, old.get(name), whole_mut(write, body))
                    && !body.keys().any(|known| known.eq_ignore_ascii_case(name))
                {
                    body.insert(name.to_owned(), value.clone());
                }
            }
            Ok(())
        })],
    ),
    variant(
        "put-unchanged-touches",
        Pass,
        &["lastmodified-precision"],
        "crud-replace",
        "PUT without changes makes a new version and lastModified",
        &[Hook::Choice(Choice::TouchUnchanged)],
    ),
    variant(
        "second-precision",
        Pass,
        &["lastmodified-precision"],
        "attributes",
        "Times are told in whole seconds",
        &[Hook::Choice(Choice::SecondPrecision)],
    ),
];

/// Whether `active` or `primary` is a string somewhere, also as the value of an operation.
fn has_boolean_string(value: &Value) -> bool {
    let is_flag = |name: &str| {
        let name = name.rsplit(['.', ':']).next().unwrap_or_default();
        name.eq_ignore_ascii_case("active") || name.eq_ignore_ascii_case("primary")
    };
    match value {
        Value::Array(items) => items.iter().any(has_boolean_string),
        Value::Object(map) => {
            let operation = map.get("path").and_then(Value::as_str).is_some_and(is_flag);
            operation && map.get("value").is_some_and(Value::is_string)
                || map
                    .iter()
                    .any(|(name, value)| is_flag(name) && value.is_string() || has_boolean_string(value))
        }
        _ => false,
    }
}

fn last_primary(value: &mut Value) {
    match value {
        Value::Array(items) => {
            let is_primary = |item: &&mut Value| item.get("primary") == Some(&Value::Bool(true));
            for item in items.iter_mut().filter(is_primary).rev().skip(1) {
                item["primary"] = Value::Bool(false);
            }
            items.iter_mut().for_each(last_primary);
        }
        Value::Object(map) => map.values_mut().for_each(last_primary),
        _ => {}
    }
}
