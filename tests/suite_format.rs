//! `docs/suite-format.md`: its tables are generated from the JSON Schema of the format, and its examples are suites
//! that the linter accepts. `SCIMCHECK_BLESS=1 cargo test --test suite_format` writes the tables anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use scimcheck::suite::catalogue::Catalogue;
use scimcheck::suite::source::Source;
use scimcheck::suite::{self, schema};
use serde_json::Value;

const MATCHER: &str = "Matcher: ";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn page() -> PathBuf {
    root().join("docs/suite-format.md")
}

#[test]
fn the_tables_are_fresh() {
    let text = std::fs::read_to_string(page()).expect("the page is there");
    let fresh = generate(&text);
    if std::env::var_os("SCIMCHECK_BLESS").is_some() {
        std::fs::write(page(), &fresh).expect("the page can be written");
        return;
    }
    assert!(text == fresh, "docs/suite-format.md is stale: SCIMCHECK_BLESS=1 cargo test --test suite_format");
}

#[test]
fn every_matcher_and_every_key_is_on_the_page() {
    let text = generate(&std::fs::read_to_string(page()).expect("the page is there"));
    let definitions = schema::suite_schema()["$defs"].as_object().expect("there are definitions");
    for (name, definition) in definitions {
        let keys = definition.get("properties").and_then(Value::as_object);
        for key in keys.into_iter().flat_map(serde_json::Map::keys) {
            assert!(text.contains(&format!("`{key}`")), "{name}.{key} is not on the page");
        }
    }
}

#[test]
fn every_example_is_a_suite_that_the_linter_accepts() {
    let text = std::fs::read_to_string(page()).expect("the page is there");
    let mut examples = 0;
    for (line, kind, yaml) in fenced(&text) {
        let source = Source { name: format!("example in line {line}"), text: whole(&kind, &yaml).into() };
        if let Err(mistakes) = suite::load(&[source], Catalogue::embedded()) {
            let all: Vec<_> = mistakes.iter().map(|mistake| mistake.render(false)).collect();
            panic!("{}", all.join("\n\n"));
        }
        examples += 1;
    }
    assert!(examples >= 15, "only {examples} examples were found");
}

/// Line, words behind `yaml`, text of each YAML block.
fn fenced(text: &str) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if let Some(kind) = line.strip_prefix("```yaml") {
            let body: Vec<_> =
                lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            found.push((number + 1, kind.trim().to_owned(), body.join("\n")));
        }
    }
    found
}

/// An example as a whole suite: what stands around cases, steps and checks is the same everywhere on the page.
fn whole(kind: &str, yaml: &str) -> String {
    let indent = |depth: usize| -> String {
        yaml.lines().fold(String::new(), |mut all, line| {
            let _ = writeln!(all, "{}{line}", " ".repeat(depth));
            all
        })
    };
    let head = "format: 1\nsuite: example\ntitle: An example\ncases:\n";
    let case =
        "  - id: example\n    title: An example\n    setup: [{ create: User, as: made }]\n    steps:\n";
    let step = "      - name: read\n        request: { method: GET, path: \"/Users/${made.id}\" }\n        checks:\n";
    match kind {
        "" => yaml.to_owned(),
        "case" => format!("{head}{}", indent(2)),
        "steps" => format!("{head}{case}{}", indent(6)),
        "checks" => format!("{head}{case}{step}{}", indent(10)),
        other => panic!("```yaml {other} is not a kind of example"),
    }
}

/// The page with everything between `<!-- KIND: NAME -->` and `<!-- end -->` generated.
fn generate(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(out, "{line}");
        let Some(marker) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        let (kind, name) = marker.split_once(": ").unwrap_or((marker, "Check"));
        let generated = match kind {
            "keys" => keys(name, false),
            "matchers" => keys(name, true),
            "words" => words(name),
            "mistake" => mistake(name),
            _ => continue,
        };
        let _ = writeln!(out, "\n{}\n\n<!-- end -->", generated.trim_end());
        assert!(lines.any(|line| line == "<!-- end -->"), "{marker} has no end");
    }
    out
}

fn definition(name: &str) -> &'static Value {
    let schema = schema::suite_schema();
    if name == "SuiteFile" { schema } else { &schema["$defs"][name] }
}

/// A table of the keys of a type: its matchers, or everything else.
fn keys(name: &str, matchers: bool) -> String {
    let own = definition(name);
    let required: Vec<_> =
        own["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = own["properties"].as_object().unwrap_or_else(|| panic!("{name} has no keys"));
    let mut table =
        format!("| {} | value | meaning |\n|---|---|---|\n", if matchers { "matcher" } else { "key" });
    for (key, schema) in properties {
        let description = one_line(schema["description"].as_str().unwrap_or_default());
        if description.starts_with(MATCHER) != matchers && properties.contains_key("equals") {
            continue;
        }
        let must = if required.contains(&key.as_str()) { " (required)" } else { "" };
        let text = description.strip_prefix(MATCHER).unwrap_or(&description);
        let _ = writeln!(table, "| `{key}` | {}{must} | {} |", value(schema), cell(text));
    }
    if !matchers && properties.contains_key("equals") {
        let _ = writeln!(table, "| one [matcher](#matchers) | | |");
    }
    table
}

/// A table of the words of an enumeration.
fn words(name: &str) -> String {
    let own = definition(name);
    let options = own["oneOf"].as_array().unwrap_or_else(|| panic!("{name} is no enumeration"));
    options.iter().fold("| word | meaning |\n|---|---|\n".to_owned(), |mut table, option| {
        let word = option["const"].as_str().unwrap_or_default();
        let _ = writeln!(
            table,
            "| `{word}` | {} |",
            cell(&one_line(option["description"].as_str().unwrap_or_default()))
        );
        table
    })
}

/// What the linter says about a file of `fixtures/broken-suites/`.
fn mistake(name: &str) -> String {
    let path = format!("fixtures/broken-suites/{name}.yaml");
    let text = std::fs::read_to_string(root().join(Path::new(&path))).expect("the fixture is there");
    let source = Source { name: path, text: text.into() };
    let mistakes = suite::load(&[source], Catalogue::embedded()).expect_err("it is broken");
    format!("```text\n{}\n```", mistakes[0].render(false))
}

/// What kind of value a key has.
fn value(schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return named(name).to_owned();
    }
    let kind = match &schema["type"] {
        Value::Array(all) => all.first().and_then(Value::as_str),
        one => one.as_str(),
    };
    match kind {
        Some("array") => format!("list of {}", value(&schema["items"])),
        Some("object") => "mapping".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "number".to_owned(),
        Some("string") => "text".to_owned(),
        _ => "any value".to_owned(),
    }
}

/// A type by its name on the page.
fn named(name: &str) -> &str {
    match name {
        "Case" => "[case](#cases)",
        "Derive" => "[word](#rows)",
        "SetupEntry" => "[entry](#set-up)",
        "AttributeFilter" => "[conditions](#rows-of-attributes)",
        "Payload" => "[word](#set-up)",
        "Step" => "[step](#steps)",
        "RequestSpec" => "[request](#requests)",
        "Eventually" => "[mapping](#waiting)",
        "Expect" => "[mapping](#expectations)",
        "Outcome" => "[outcome](#outcomes)",
        "OutcomeVerdict" => "[word](#outcomes)",
        "Check" => "[check](#checks)",
        "Condition" => "[place and matcher](#matchers)",
        "Tolerance" => "[tolerance](#tolerances)",
        "StatusPattern" => "`200`, `[200, 204]` or `4xx`",
        "BodyKind" | "ValueType" => "word",
        "Count" => "number, or `{ min, max }`",
        "ScimErrorPattern" => "mapping",
        "RequirementId" => "requirement id",
        "Level" => "`MUST`, `MUST NOT`, `SHOULD`, `SHOULD NOT`, `MAY`",
        "Auth" => "word, `{ raw }`, `{ credential }` or `{ login }`",
        "LoginSpec" | "RevokeSpec" => "[mapping](#logins)",
        "TokenWord" => "`active` or `inactive`",
        "TokenKind" | "Channel" => "[word](#logins)",
        other => panic!("the page has no name for {other}"),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text for a cell of a table: a bar would end it.
fn cell(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", letters.as_str()).replace('|', "\\|")
}
