//! Bodies against JSON Schemas made from the target's own /Schemas (crate jsonschema).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde_json::Value;

use super::Context;
use super::explain;
use crate::scim::date_time::DateTime;
use crate::scim::json_schema::{self, BINARY_FORMAT, DATE_TIME_FORMAT};

/// Compiled when first needed, then kept for the run.
#[derive(Debug, Default)]
pub(crate) struct Validators(Mutex<HashMap<Key, Option<Arc<Validator>>>>);

/// Name of a schema, and what the document is for.
type Key = (String, json_schema::Context);

/// One way in which a body is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Breach {
    /// JSON Pointer to the value.
    pub(crate) at: String,
    pub(crate) wanted: String,
    pub(crate) got: String,
    /// Whether the value should not be there at all.
    pub(crate) forbidden: bool,
}

impl Context {
    fn validator(&self, name: &str, role: json_schema::Context) -> Option<Arc<Validator>> {
        let key = (name.to_owned(), role);
        let mut known = self.validators.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(key)
            .or_insert_with(|| {
                let schema = match self.resource(name) {
                    Some(resource) => json_schema::resource(resource, role),
                    None => json_schema::message(name)?,
                };
                // A target's schema may be too odd to compile; the invariants on /Schemas say so.
                compile(&schema).ok().map(Arc::new)
            })
            .clone()
    }

    /// Every way in which a value is not valid against the schema of a resource type or message. `None` if there is
    /// no schema of that name.
    pub(crate) fn breaches(
        &self,
        name: &str,
        role: json_schema::Context,
        value: &Value,
    ) -> Option<Vec<Breach>> {
        let validator = self.validator(name, role)?;
        let normal = match self.resource(name) {
            Some(resource) => json_schema::normalise_names(value, resource),
            None => value.clone(),
        };
        Some(validator.iter_errors(&normal).map(|error| breach(&error)).collect())
    }
}

fn compile(schema: &Value) -> Result<Validator, Box<dyn std::error::Error>> {
    let options = jsonschema::options()
        .should_validate_formats(true)
        .with_format(DATE_TIME_FORMAT, |text: &str| DateTime::parse(text).is_some())
        .with_format(BINARY_FORMAT, is_base64);
    Ok(options.build(schema)?)
}

/// RFC 7643 §2.3.6 allows both alphabets and leaving out the padding.
fn is_base64(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let alphabet = body.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/-_".contains(&b));
    alphabet && padding <= 2 && body.len() % 4 != 1 && (padding == 0 || text.len().is_multiple_of(4))
}

fn breach(error: &jsonschema::ValidationError<'_>) -> Breach {
    let got = explain::value(error.instance());
    let at = error.instance_path().as_str().to_owned();
    let mut forbidden = false;
    let (at, wanted, got) = match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            (format!("{at}/{name}"), "a value (the schema says required)".to_owned(), "nothing".to_owned())
        }
        ValidationErrorKind::FalseSchema => {
            forbidden = true;
            (at, "no value: it has no place here".to_owned(), got)
        }
        ValidationErrorKind::Format { format } if format == DATE_TIME_FORMAT => {
            (at, "an xsd:dateTime such as 2011-05-13T04:42:34Z".to_owned(), got)
        }
        ValidationErrorKind::Format { format } if format == BINARY_FORMAT => (at, "Base64".to_owned(), got),
        ValidationErrorKind::Type { kind } => {
            let message = format!("{kind:?}");
            (at, wanted_type(error, &message), got)
        }
        ValidationErrorKind::Pattern { pattern } => (at, format!("text that fits {pattern}"), got),
        ValidationErrorKind::Enum { options } => (at, format!("one of {}", explain::value(options)), got),
        ValidationErrorKind::Minimum { limit } => (at, format!("at least {limit}"), got),
        ValidationErrorKind::MinItems { limit } => (at, format!("at least {limit} value"), got),
        ValidationErrorKind::Contains => (at, "the URN of this message among the values".to_owned(), got),
        _ => (at, error.masked().to_string(), got),
    };
    Breach { at, wanted, got, forbidden }
}

fn wanted_type(error: &jsonschema::ValidationError<'_>, fallback: &str) -> String {
    let text = error.masked().to_string();
    let wanted = text.rsplit("is not of types ").next().unwrap_or(fallback);
    let wanted = wanted.rsplit("is not of type ").next().unwrap_or(wanted);
    let types: Vec<_> =
        wanted.split(", ").map(|kind| kind.trim_matches('"')).filter(|kind| *kind != "null").collect();
    match types.as_slice() {
        ["array"] => "an array: the attribute is multi-valued".to_owned(),
        ["object"] => "an object".to_owned(),
        ["boolean"] => "true or false, without quotes".to_owned(),
        ["integer"] => "an integer".to_owned(),
        ["string"] => "a string".to_owned(),
        other => other.join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing;

    #[test]
    fn breaches_in_words() {
        let context = testing::context();
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "ID": "1",
            "active": "True", "emails": { "value": "x" }, "password": "p", "meta": { "created": "today" },
        });
        let mut found = context.breaches("User", json_schema::Context::Response, &body).unwrap();
        found.sort_by(|a, b| a.at.cmp(&b.at));
        let shown: Vec<_> =
            found.iter().map(|b| (b.at.as_str(), b.wanted.as_str(), b.got.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("/active", "true or false, without quotes", "\"True\""),
                ("/emails", "an array: the attribute is multi-valued", "{\"value\":\"x\"}"),
                ("/meta/created", "an xsd:dateTime such as 2011-05-13T04:42:34Z", "\"today\""),
                ("/password", "no value: it has no place here", "\"p\""),
                ("/userName", "a value (the schema says required)", "nothing"),
            ]
        );
        assert!(context.breaches("Nobody", json_schema::Context::Response, &body).is_none());
    }

    #[test]
    fn base64_in_all_its_forms() {
        for (text, wanted) in [
            ("", true),
            ("QQ==", true),
            ("QQ", true),
            ("Q_-A", true),
            ("QQ=", false),
            ("Q", false),
            ("ä", false),
        ] {
            assert_eq!(is_base64(text), wanted, "{text}");
        }
    }
}
