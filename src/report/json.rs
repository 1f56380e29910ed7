//! `results.json`: everything that a run found. All other reports can be made from it.

use std::io::{self, Write as _};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thiserror::Error;

use super::text::escape_json;
use crate::model::RunResult;

/// The version of the format that is written and read.
pub const FORMAT: u32 = 1;

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

/// The result as text: stable order, indented, with a line feed at the end. It reads back exactly.
///
/// # Panics
/// Never: all keys are texts, which is the only thing JSON asks for.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let mut text = Vec::new();
    write(result, &mut text).expect("plain data with text keys always becomes JSON");
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// Writes what [`render`] gives, piece by piece: the whole text of a long run is larger than the run.
///
/// # Errors
/// If `out` fails.
pub fn write(result: &RunResult, out: &mut dyn io::Write) -> io::Result<()> {
    write_value(result, out)
}

/// Writes any value in the same way.
pub(super) fn write_value(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = Escaped(out);
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")
}

/// Any value as text.
pub(super) fn render_value(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    write_value(value, &mut text).expect("plain data with text keys always becomes JSON");
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// A text as JSON, on one line.
pub(super) fn render_text(text: &str) -> String {
    escape_json(&Value::from(text).to_string()).into_owned()
}

/// Writes JSON text with the characters escaped that could steer a terminal.
struct Escaped<'w>(&'w mut dyn io::Write);

impl io::Write for Escaped<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        // The serializer cuts texts at ASCII characters only.
        let text =
            std::str::from_utf8(piece).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        self.0.write_all(escape_json(text).as_bytes())?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
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
}
