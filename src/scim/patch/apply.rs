//! Applying the operations of a PATCH request, one after the other, all or none (RFC 7644 §3.5.2).

use serde_json::{Map, Value};

use super::target::{Target, path_error};
use super::{PatchOp, PatchOperation, PatchPath, PatchRequest, at_operation};
use crate::scim::attribute_path::AttributePath;
use crate::scim::conform::invalid;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::object::{as_map, edit, elements, is_unassigned, member, remove, set};
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::schema::{Mutability, Schema};

type Object = Map<String, Value>;
type Done = Result<(), ScimError>;

/// The resource after all operations. On an error nothing has changed: the input is not touched.
///
/// Equal input and output mean that `meta.lastModified` must stay (RFC 7644 §3.5.2.1). `schemas` follows the
/// extensions: a URN is added with the first attribute of an extension and removed with its last.
///
/// 400 with `invalidPath`, `invalidFilter`, `invalidValue`, `noTarget` or `mutability`, and the number of the
/// operation in the detail; 500 if the resource is not a JSON object.
pub fn apply(
    resource: &Value,
    request: &PatchRequest,
    schemas: &ResourceSchemas,
) -> Result<Value, ScimError> {
    let not_an_object = || ScimError::new(500, "the stored resource is not a JSON object");
    let mut changed = resource.as_object().cloned().ok_or_else(not_an_object)?;
    for (index, operation) in request.operations.iter().enumerate() {
        let before = extensions_present(&changed, schemas);
        apply_one(&mut changed, operation, schemas)
            .and_then(|()| update_schemas(&mut changed, schemas, &before))
            .map_err(|error| at_operation(index, error))?;
    }
    Ok(Value::Object(changed))
}

fn apply_one(resource: &mut Object, operation: &PatchOperation, schemas: &ResourceSchemas) -> Done {
    let value = operation.value.as_ref();
    match (&operation.path, operation.op) {
        (None, PatchOp::Remove) => {
            Err(ScimError::of(ScimType::NoTarget, "'remove' without `path`")) // RFC 7644 §3.5.2.2
        }
        (None, op) => apply_members(resource, None, op, value.unwrap_or(&Value::Null), schemas),
        (Some(text), op) => {
            let path = PatchPath::parse(text, schemas)?;
            match path.attribute.container(schemas) {
                Some(_) if path.filter.is_some() || path.sub_attribute().is_some() => {
                    Err(path_error(format!("`{text}`: a schema has no filter and no sub-attribute")))
                }
                Some(schema) => apply_to_container(resource, schema, op, value, schemas),
                None => apply_at(resource, &path, op, value, schemas),
            }
        }
    }
}

/// Every member of `value` is the new value of the attribute it is named after: of the resource, or of `schema`.
/// Names may be paths: `name.givenName`, `urn:…:User:department`.
fn apply_members(
    resource: &mut Object,
    schema: Option<&Schema>,
    op: PatchOp,
    value: &Value,
    schemas: &ResourceSchemas,
) -> Done {
    let members =
        value.as_object().ok_or_else(|| invalid("without an attribute path, `value` is an object"))?;
    for (name, value) in members {
        let mut path = PatchPath::parse(name, schemas).map_err(as_invalid_value)?;
        match (schema, path.attribute.container(schemas)) {
            (None, Some(inner)) => {
                apply_to_container(resource, inner, op, Some(value), schemas)?;
                continue;
            }
            (Some(outer), None) if path.attribute.urn.is_none() => {
                path.attribute.urn = Some(outer.id.clone());
            }
            _ => {}
        }
        apply_at(resource, &path, op, Some(value), schemas).map_err(as_invalid_value)?;
    }
    Ok(())
}

/// What is a wrong path in `path` is a wrong value in `value`.
fn as_invalid_value(error: ScimError) -> ScimError {
    match error.scim_type {
        Some(ScimType::InvalidPath) => ScimError { scim_type: Some(ScimType::InvalidValue), ..error },
        _ => error,
    }
}

/// An operation on all that a schema holds.
fn apply_to_container(
    resource: &mut Object,
    schema: &Schema,
    op: PatchOp,
    value: Option<&Value>,
    schemas: &ResourceSchemas,
) -> Done {
    match value {
        Some(value) if op != PatchOp::Remove && !is_unassigned(value) => {
            apply_members(resource, Some(schema), op, value, schemas)
        }
        _ if op == PatchOp::Add => Ok(()),
        _ => remove_container(resource, schema, schemas),
    }
}

fn remove_container(resource: &mut Object, schema: &Schema, schemas: &ResourceSchemas) -> Done {
    let extension = schemas.extensions.iter().find(|(extension, _)| extension.id == schema.id);
    let fixed = |name: &str| {
        let attribute = schema.attribute(name);
        attribute.is_some_and(|a| matches!(a.mutability, Mutability::ReadOnly | Mutability::Immutable))
    };
    let held = member(resource, &schema.id).and_then(Value::as_object);
    let has_fixed = held.is_some_and(|held| held.keys().any(|name| fixed(name)));
    if extension.is_none_or(|(_, required)| *required) || has_fixed {
        let detail = format!("`{}` is required, or has attributes that cannot be removed", schema.id);
        return Err(ScimError::of(ScimType::Mutability, detail));
    }
    remove(resource, &schema.id);
    Ok(())
}

/// An operation on one attribute.
fn apply_at(
    resource: &mut Object,
    path: &PatchPath,
    op: PatchOp,
    value: Option<&Value>,
    schemas: &ResourceSchemas,
) -> Done {
    let label = path.to_string();
    let unknown = || path_error(format!("`{label}` is not an attribute of {}", schemas.resource_type.name));
    let full = AttributePath { sub: path.sub_attribute().map(str::to_owned), ..path.attribute.clone() };
    let resolved = full.resolve(schemas).ok_or_else(unknown)?;
    let target = Target {
        attribute: resolved.attribute,
        filter: path.filter.as_ref(),
        sub: resolved.sub,
        label: &label,
    };
    match resolved.extension {
        None => target.change(resource, op, value),
        Some(extension) => edit(resource, &extension.id, |holder| target.change(as_map(holder), op, value)),
    }
}

fn extensions_present(resource: &Object, schemas: &ResourceSchemas) -> Vec<bool> {
    let present = |urn: &str| member(resource, urn).is_some_and(|value| !is_unassigned(value));
    schemas.extensions.iter().map(|(extension, _)| present(&extension.id)).collect()
}

/// Brings `schemas` in line with the extensions that the resource carries now.
fn update_schemas(resource: &mut Object, schemas: &ResourceSchemas, before: &[bool]) -> Done {
    let named = member(resource, "schemas").map_or(&[][..], elements);
    let mut urns: Vec<String> = named.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if let Some(unknown) = urns.iter().find(|urn| schemas.schema(urn).is_none()) {
        return Err(invalid(format!("`{unknown}` is not a schema of {}", schemas.resource_type.name)));
    }
    let after = extensions_present(resource, schemas);
    let mut require = |urn: &str| {
        if !urns.iter().any(|named| named.eq_ignore_ascii_case(urn)) {
            urns.push(urn.to_owned());
        }
    };
    require(&schemas.core.id);
    for ((extension, required), present) in schemas.extensions.iter().zip(&after) {
        if *present || *required {
            require(&extension.id);
        }
    }
    for (((extension, required), before), after) in schemas.extensions.iter().zip(before).zip(&after) {
        if *before && !after && !required {
            urns.retain(|urn| !urn.eq_ignore_ascii_case(&extension.id));
        }
    }
    set(resource, "schemas", urns.into());
    Ok(())
}
