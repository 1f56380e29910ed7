//! The JSON Schema of the suite format, generated from the types of [`super::format`].

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::format::SuiteFile;

/// The JSON Schema (2020-12) of a suite file.
#[must_use]
pub fn suite_schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = schemars::schema_for!(SuiteFile).to_value();
        schema["title"] = json!("scimcheck suite, format 1");
        no_null_members(&mut schema);
        schema
    })
}

/// A key that may be left out is left out, and not given without a value: `expect:` with nothing behind it is a
/// mistake. (Where `null` means something, the schema allows anything.)
pub(super) fn no_null_members(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            for member in object.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
                no_null(member.1);
            }
            object.values_mut().for_each(no_null_members);
        }
        Value::Array(items) => items.iter_mut().for_each(no_null_members),
        _ => {}
    }
}

fn no_null(member: &mut Value) {
    let Some(own) = member.as_object_mut() else { return };
    if own.get("default").is_some_and(Value::is_null) {
        own.remove("default");
    }
    if let Some(types) = own.get_mut("type").and_then(Value::as_array_mut) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            own.insert("type".to_owned(), only);
        }
    }
    if let Some(branches) = own.get_mut("anyOf").and_then(Value::as_array_mut) {
        branches.retain(|branch| branch["type"] != "null");
        if let [only] = branches.as_slice() {
            let only = only.as_object().cloned().unwrap_or_default();
            own.remove("anyOf");
            own.extend(only);
        }
    }
}

/// Its validator.
pub(crate) fn suite_validator() -> &'static jsonschema::Validator {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::validator_for(suite_schema()).expect("a generated schema is valid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SCIMCHECK_BLESS=1 cargo test` writes the file anew.
    #[test]
    fn the_checked_in_schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/schema/suite.schema.json");
        let text = format!("{:#}\n", suite_schema());
        if std::env::var_os("SCIMCHECK_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let fresh = std::fs::read_to_string(path).is_ok_and(|checked_in| checked_in == text);
        assert!(
            fresh,
            "reports/schema/suite.schema.json is stale: SCIMCHECK_BLESS=1 cargo test writes it anew"
        );
    }
}
