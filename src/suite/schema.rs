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
        schema
    })
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
