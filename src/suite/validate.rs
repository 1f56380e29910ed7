//! A document against a JSON Schema that was generated from types: every mistake at its place, in words.

use jsonschema::error::{ValidationError, ValidationErrorKind};
use serde_json::Value;

use super::diagnostic::{Diagnostic, Place, nearest};
use super::yaml::{Document, pointer_token};

/// All mistakes of a document, in the order of their places.
pub(crate) fn validate(
    document: &Document,
    schema: &Value,
    validator: &jsonschema::Validator,
    file: &str,
    text: &str,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for error in validator.iter_errors(&document.value) {
        explain(&error, document, schema, file, text, &mut found);
    }
    found.sort_by_key(|diagnostic| diagnostic.place);
    found.dedup_by(|a, b| a.place == b.place && a.message == b.message);
    found
}

fn explain(
    error: &ValidationError<'_>,
    document: &Document,
    schema: &Value,
    file: &str,
    text: &str,
    found: &mut Vec<Diagnostic>,
) {
    let pointer = error.instance_path().as_str();
    let place = document.place_of(pointer);
    let name = name_of(pointer);
    let own = || resolve(schema, parent(error.schema_path().as_str()));
    let new = |place: Place, message: &str| Diagnostic::new(file, text, place, message);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            let allowed: Vec<&str> = own()
                .and_then(|own| own.get("properties")?.as_object())
                .map(|properties| properties.keys().map(String::as_str).collect())
                .unwrap_or_default();
            for key in unexpected {
                let at = document.place_of_key(&format!("{pointer}/{}", pointer_token(key)));
                let at = Place { end: at.start + key.len().min(text.len() - at.start), ..at };
                let help = match nearest(key, allowed.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", allowed.join(", ")),
                };
                found.push(new(at, &format!("unknown key `{key}`")).label("not a key here").help(help));
            }
        }
        ValidationErrorKind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            let help = own()
                .and_then(|own| own.pointer(&format!("/properties/{property}/description"))?.as_str())
                .map(|text| format!("`{property}`: {}", first_sentence(text)));
            found.push(new(place, &format!("`{property}` is missing")).label("in this entry").help(help));
        }
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            // The branch that the value was meant for is the one that does not fail on the value as a whole.
            let whole = |error: &ValidationError<'_>| error.instance_path().as_str() == pointer;
            let meant: Vec<_> = context.iter().filter(|branch| !branch.iter().any(whole)).collect();
            if let [branch] = meant.as_slice() {
                for error in *branch {
                    explain(error, document, schema, file, text, found);
                }
                return;
            }
            let wanted = own().and_then(|own| description(own, schema)).unwrap_or("another kind of value");
            found.push(
                new(place, &format!("{} is not what {name} can be", short(error.instance())))
                    .label("not allowed here")
                    .help(format!("wanted: {}", first_sentence(wanted))),
            );
        }
        ValidationErrorKind::Enum { options } => {
            let options: Vec<&str> =
                options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            enumeration(error.instance(), &options, &name, new, place, found);
        }
        ValidationErrorKind::Constant { expected_value } => {
            let options: Vec<&str> = expected_value.as_str().into_iter().collect();
            enumeration(error.instance(), &options, &name, new, place, found);
        }
        ValidationErrorKind::Type { .. } => {
            let wanted = error.to_string();
            let wanted = wanted.rsplit("is not of types ").next().unwrap_or(&wanted);
            let wanted = wanted.rsplit("is not of type ").next().unwrap_or(wanted).replace(", \"null\"", "");
            found.push(
                new(place, &format!("{} is not what {name} can be", short(error.instance())))
                    .label(&format!("wanted: {}", wanted.replace('"', ""))),
            );
        }
        _ => found.push(new(place, &format!("{name}: {error}")).label("here")),
    }
}

fn enumeration(
    value: &Value,
    options: &[&str],
    name: &str,
    new: impl Fn(Place, &str) -> Diagnostic,
    place: Place,
    found: &mut Vec<Diagnostic>,
) {
    let near = value.as_str().and_then(|word| nearest(word, options.iter().copied()));
    let help = match near {
        Some(near) => format!("did you mean `{near}`? One of: {}", options.join(", ")),
        None => format!("one of: {}", options.join(", ")),
    };
    found.push(new(place, &format!("{} is not a {name}", short(value))).label("unknown word").help(help));
}

/// The description of a schema, or of what it refers to.
fn description<'s>(own: &'s Value, root: &'s Value) -> Option<&'s str> {
    let branches = own.get("anyOf").or_else(|| own.get("oneOf")).and_then(Value::as_array);
    let referred =
        branches.into_iter().flatten().filter_map(|branch| branch.get("$ref")?.as_str()).find_map(
            |reference| root.pointer(reference.trim_start_matches('#'))?.get("description")?.as_str(),
        );
    referred.or_else(|| own.get("description").and_then(Value::as_str))
}

/// Follows an evaluation path through a schema, jumping where it passes a `$ref`.
fn resolve<'s>(root: &'s Value, path: &str) -> Option<&'s Value> {
    let mut at = root;
    for token in path.split('/').skip(1) {
        if token == "$ref" {
            at = root.pointer(at.get("$ref")?.as_str()?.trim_start_matches('#'))?;
            continue;
        }
        let token = token.replace("~1", "/").replace("~0", "~");
        at = match at {
            Value::Object(object) => object.get(&token)?,
            Value::Array(items) => items.get(token.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}

fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// The key that a value stands under.
fn name_of(pointer: &str) -> String {
    let named = pointer.rsplit('/').find(|token| !token.is_empty() && token.parse::<usize>().is_err());
    named.map_or_else(
        || "the file".to_owned(),
        |token| format!("`{}`", token.replace("~1", "/").replace("~0", "~")),
    )
}

fn short(value: &Value) -> String {
    match value {
        Value::Object(_) => "a mapping".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Null => "nothing".to_owned(),
        other => {
            let text = other.to_string();
            let clipped: String = text.chars().take(40).collect();
            if clipped.len() < text.len() { format!("`{clipped}…`") } else { format!("`{text}`") }
        }
    }
}

fn first_sentence(text: &str) -> String {
    let text = text.split("\n\n").next().unwrap_or(text).replace('\n', " ");
    text.trim_end_matches('.').to_owned()
}
