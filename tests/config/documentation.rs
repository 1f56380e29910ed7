//! `docs/configuration.md`: its tables are those of the JSON Schema, its examples are configurations.

use std::fmt::Write as _;

use serde_json::Value;

use super::*;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");

/// `SCIMCHECK_BLESS=1 cargo test` writes the tables anew.
#[test]
fn the_tables_are_those_of_the_schema() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let fresh = with_tables(&page);
    if std::env::var_os("SCIMCHECK_BLESS").is_some() {
        std::fs::write(PAGE, &fresh).unwrap();
        return;
    }
    assert!(
        page == fresh,
        "docs/configuration.md is stale: SCIMCHECK_BLESS=1 cargo test writes its tables anew"
    );
}

/// Every table of the schema has its place on the page.
#[test]
fn every_table_is_on_the_page() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let tables = scimcheck::target::config::schema()["$defs"].as_object().unwrap();
    for name in tables.iter().filter(|(_, table)| table["type"] == "object").map(|(name, _)| name) {
        assert!(page.contains(&format!("<!-- keys of {name} -->")), "{name}");
    }
}

#[test]
fn every_example_is_a_configuration() {
    let page = std::fs::read_to_string(PAGE).unwrap();
    let mut examples = 0;
    for (at, part) in page.split("```toml\n").enumerate().skip(1) {
        let text = part.split("\n```").next().unwrap();
        let parsed = ConfigFile::parse("example.toml", Path::new("."), text);
        assert!(parsed.is_ok(), "example {at}:\n{}", shown(&parsed.unwrap_err()));
        examples += 1;
    }
    assert!(examples >= 8, "{examples}");
}

fn with_tables(page: &str) -> String {
    let schema = scimcheck::target::config::schema();
    let mut fresh = String::new();
    let mut rest = page;
    while let Some(at) = rest.find("<!-- keys of ") {
        let (before, from) = rest.split_at(at);
        let end_of_line = from.find('\n').expect("the marker has a line") + 1;
        let name = from["<!-- keys of ".len()..end_of_line].trim_end().trim_end_matches(" -->");
        let table = if name == "the file" { schema } else { &schema["$defs"][name] };
        let end = from.find("<!-- end -->").expect("every table ends");
        let _ = write!(fresh, "{before}{}{}", &from[..end_of_line], table_of(table, schema));
        rest = &from[end..];
    }
    fresh + rest
}

fn table_of(table: &Value, schema: &Value) -> String {
    let mut text = "| key | type | |\n|---|---|---|\n".to_owned();
    let required: Vec<_> = table["required"].as_array().into_iter().flatten().collect();
    for (key, property) in table["properties"].as_object().expect("a table of the schema has keys") {
        let needed = if required.contains(&&Value::from(key.as_str())) { " **Required.**" } else { "" };
        let words = property["description"].as_str().unwrap_or_default().replace('\n', " ");
        let _ = writeln!(text, "| `{key}` | {} | {words}{needed} |", type_of(property, schema));
    }
    text
}

fn type_of(property: &Value, schema: &Value) -> String {
    if let Some(reference) = property["$ref"].as_str() {
        let target = schema.pointer(reference.trim_start_matches('#')).expect("references lead somewhere");
        return type_of(target, schema);
    }
    if let Some(branches) = property["oneOf"].as_array() {
        let words = branches.iter().filter_map(|branch| branch["const"].as_str());
        return words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    }
    match property["type"].as_str() {
        Some("object") if property["additionalProperties"].is_object() => {
            let inner = type_of(&property["additionalProperties"], schema);
            if inner == "table" { "tables by name".to_owned() } else { format!("table of {inner}") }
        }
        Some("object") => "table".to_owned(),
        Some("array") => format!("array of {}", type_of(&property["items"], schema)),
        Some("integer") => "whole number".to_owned(),
        Some(other) => other.to_owned(),
        None => "any".to_owned(),
    }
}
