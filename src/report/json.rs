//! `results.json`: everything that a run found. All other reports can be made from it.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

use super::text::escape_json;
use crate::model::{RecordedAnswer, RecordedBody, RunResult};

/// The version of the format that is written and read.
pub const FORMAT: u32 = 1;

/// Deeper JSON bodies are kept as text: a parser that bounds the depth (ours does, at 128) must be able to read the
/// file, in which a body stands seven levels deep.
const MAX_DEPTH: usize = 100;

/// Why a `results.json` cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// Not JSON, cut off, or not what the format says.
    #[error("line {line}, column {column}: {message}")]
    Broken {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// JSON, but not made by scimcheck.
    #[error("this is not a results.json of scimcheck: {0}")]
    Foreign(String),
    /// Made by a version with another format.
    #[error("results.json has format {found}, and this version of scimcheck reads format {FORMAT} only")]
    UnknownFormat {
        /// The number in the file.
        found: Value,
    },
}

/// The result as text: stable order, indented, with a line feed at the end. Times are rounded to microseconds, so that
/// the file reads back exactly; bodies nested deeper than a hundred levels become text.
///
/// # Panics
/// Never: all keys are texts, which is the only thing JSON asks for.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let text = serde_json::to_string_pretty(&normalised(result))
        .expect("plain data with text keys always becomes JSON");
    format!("{}\n", escape_json(&text))
}

/// Reads a result back.
///
/// # Errors
/// If the text is not JSON, is not a result, or has another format; the message says where and what.
pub fn read(text: &str) -> Result<RunResult, ReadError> {
    #[derive(Deserialize)]
    struct Probe {
        format: Option<Value>,
        cases: Option<serde::de::IgnoredAny>,
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let probe: Probe = match serde_json::from_str(text) {
        Ok(probe) => probe,
        Err(error) if error.is_data() => {
            return Err(ReadError::Foreign(
                "its top level is not an object with a number \"format\"".to_owned(),
            ));
        }
        Err(error) => return Err(broken(&error)),
    };
    match probe.format {
        Some(found) if found == json!(FORMAT) => {}
        Some(found) if found.is_number() && probe.cases.is_some() => {
            return Err(ReadError::UnknownFormat { found });
        }
        _ => {
            return Err(ReadError::Foreign("it has no number \"format\" beside a list \"cases\"".to_owned()));
        }
    }
    serde_json::from_str(text).map_err(|error| broken(&error))
}

fn broken(error: &serde_json::Error) -> ReadError {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let message = message.strip_suffix(&place).unwrap_or(&message).to_owned();
    ReadError::Broken { line: error.line(), column: error.column(), message }
}

/// The JSON Schema (2020-12) of `results.json`.
#[must_use]
pub fn schema() -> Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let mut schema = schemars::schema_for!(RunResult).to_value();
        schema["title"] = json!("scimcheck results, format 1");
        schema["properties"]["format"]["const"] = json!(FORMAT);
        schema
    });
    schema.clone()
}

fn normalised(result: &RunResult) -> RunResult {
    let mut result = RunResult { format: FORMAT, ..result.clone() };
    round(&mut result.duration_ms);
    for case in &mut result.cases {
        round(&mut case.started_ms);
        round(&mut case.duration_ms);
    }
    for exchange in &mut result.exchanges {
        round(&mut exchange.started_ms);
        round(&mut exchange.duration_ms);
        exchange.request.body.as_mut().into_iter().for_each(flatten);
        if let RecordedAnswer::Response { body: Some(body), .. } = &mut exchange.answer {
            flatten(body);
        }
    }
    result
}

fn round(ms: &mut f64) {
    *ms = if ms.is_finite() { (*ms * 1000.0).round() / 1000.0 } else { 0.0 };
}

fn flatten(body: &mut RecordedBody) {
    if body.json.as_ref().is_some_and(|json| is_deeper(json, MAX_DEPTH)) {
        body.text = body.json.take().map(|json| json.to_string());
    }
}

/// Whether arrays and objects are nested more than `levels` deep.
fn is_deeper(value: &Value, levels: usize) -> bool {
    let below = |item: &Value| is_deeper(item, levels.saturating_sub(1));
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(below),
        Value::Object(object) => levels == 0 || object.values().any(below),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SCIMCHECK_BLESS=1 cargo test` writes the file anew.
    #[test]
    fn the_checked_in_schema_is_fresh() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/schema/results.schema.json");
        let text = format!("{:#}\n", schema());
        if std::env::var_os("SCIMCHECK_BLESS").is_some() {
            std::fs::write(path, &text).unwrap();
        }
        let fresh = std::fs::read_to_string(path).is_ok_and(|checked_in| checked_in == text);
        assert!(
            fresh,
            "reports/schema/results.schema.json is stale: SCIMCHECK_BLESS=1 cargo test writes it anew"
        );
    }

    #[test]
    fn foreign_and_broken_files_are_refused_with_a_sentence() {
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(message(""), "line 1, column 0: EOF while parsing a value");
        assert_eq!(message("{\n  \"format\": 1,\n"), "line 3, column 0: EOF while parsing a value");
        assert_eq!(message("{\"format\": 1,\n \"tool\": 3}").split(':').next(), Some("line 2, column 10"));
        let foreign = "this is not a results.json of scimcheck: ";
        assert!(message("[]").starts_with(foreign));
        assert!(message("{}").starts_with(foreign));
        assert!(message("{\"format\":\"1\"}").starts_with(foreign));
        assert!(message("{\"format\":1,\"a\":").starts_with("line 1, column 16: EOF"));
        assert_eq!(
            message("{\"format\":2,\"cases\":[]}"),
            "results.json has format 2, and this version of scimcheck reads format 1 only"
        );
        assert!(message(&"[".repeat(100_000)).starts_with("line 1"));
    }

    #[test]
    fn deep_values_are_noticed() {
        let nested = |depth: usize| (0..depth).fold(json!(1), |value, _| json!([value]));
        assert!(!is_deeper(&nested(4), 4));
        assert!(is_deeper(&nested(5), 4));
    }
}
