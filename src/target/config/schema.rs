//! The JSON Schema of `scimcheck.toml`, generated from the types of [`super::format`].

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::format::ConfigTables;

/// The JSON Schema (2020-12) of the configuration file.
#[must_use]
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let mut schema = schemars::schema_for!(ConfigTables).to_value();
        schema["title"] = json!("scimcheck.toml");
        without_null(&mut schema);
        schema
    })
}

/// Its validator.
pub(super) fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::validator_for(schema()).expect("a generated schema is valid"))
}

/// Every key that the configuration knows, at any place.
pub(super) fn known_keys() -> &'static BTreeSet<&'static str> {
    static KEYS: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    KEYS.get_or_init(|| {
        let tables = schema()["$defs"].as_object().into_iter().flat_map(serde_json::Map::values);
        let tables = std::iter::once(schema()).chain(tables);
        tables
            .filter_map(|table| table.get("properties")?.as_object())
            .flat_map(|properties| properties.keys().map(String::as_str))
            .collect()
    })
}

/// TOML has no null: what may be left out is said by `required`, and a mistake in an optional table is told like one
/// in any other table.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    object["type"] = only.clone();
                }
            }
            if let Some(Value::Array(branches)) = object.get_mut("anyOf") {
                branches.retain(|branch| *branch != json!({ "type": "null" }));
                if let [Value::Object(only)] = branches.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            object.values_mut().for_each(without_null);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SCIMCHECK_BLESS=1 cargo test` writes the file anew.
    #[test]
    fn the_checked_in_schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/schema/config.schema.json");
        let text = format!("{:#}\n", schema());
        if std::env::var_os("SCIMCHECK_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let fresh = std::fs::read_to_string(path).is_ok_and(|checked_in| checked_in == text);
        assert!(
            fresh,
            "reports/schema/config.schema.json is stale: SCIMCHECK_BLESS=1 cargo test writes it anew"
        );
    }

    #[test]
    fn nothing_may_be_null() {
        assert!(!schema().to_string().contains("null"));
        assert!(known_keys().contains("client_secret_env") && known_keys().contains("remove"));
    }
}
