//! From text to checked suites: YAML → tree → JSON Schema → typed structs → lint.

use std::sync::Arc;

use super::catalogue::Catalogue;
use super::diagnostic::{Diagnostic, Place};
use super::format::{Case, Check, SetupEntry, Step, SuiteFile};
use super::parallel::in_parallel;
use super::source::Source;
use super::yaml::Document;
use super::{lint, repair, schema, validate};

/// A suite that has passed the linter.
#[derive(Debug, Clone)]
pub struct Suite {
    /// The file, relative to the suites folder.
    pub file: String,
    /// Its content; shared, because every plan keeps it.
    pub spec: Arc<SuiteFile>,
}

/// A suite file as typed structs, with the places of everything in it.
pub(crate) struct Parsed {
    pub(crate) source: Source,
    pub(crate) spec: SuiteFile,
    pub(crate) document: Document,
    /// What had a wrong form and was replaced so that the rest could be read, as JSON Pointers.
    pub(crate) repaired: Vec<String>,
}

/// Reads and checks suites: the single entry for embedded suites, `run` and `lint`.
///
/// # Errors
/// Every mistake of every file, in the order of files and places.
pub fn load(sources: &[Source], catalogue: &Catalogue) -> Result<Vec<Suite>, Vec<Diagnostic>> {
    let (parsed, diagnostics): (Vec<_>, Vec<_>) = in_parallel(sources, parse).into_iter().unzip();
    let parsed: Vec<Parsed> = parsed.into_iter().flatten().collect();
    let mut diagnostics: Vec<Diagnostic> = diagnostics.into_iter().flatten().collect();
    diagnostics.extend(lint::lint(&parsed, catalogue));
    if diagnostics.is_empty() {
        let suite = |parsed: Parsed| Suite { file: parsed.source.name, spec: Arc::new(parsed.spec) };
        Ok(parsed.into_iter().map(suite).collect())
    } else {
        let rank = |file: &str| sources.iter().position(|source| source.name == file);
        diagnostics.sort_by_cached_key(|mistake| (rank(&mistake.file), mistake.place));
        diagnostics.dedup();
        Err(diagnostics)
    }
}

/// The suites that the binary brings. `build.rs` has turned them into JSON with their lines, and a test has linted them:
/// a run begins the sooner.
///
/// # Panics
/// Never in a released binary: a test reads every one of them.
#[must_use]
pub fn embedded() -> Vec<Suite> {
    const JSON: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/embedded_suites.rs"));
    in_parallel(JSON, |(file, json)| {
        let spec = serde_json::from_str(json).unwrap_or_else(|error| panic!("the embedded {file}: {error}"));
        Suite { file: (*file).to_owned(), spec: Arc::new(spec) }
    })
}

/// Reads one file. What is wrong with its form is reported and repaired as well as can be, so that everything else
/// in it is looked at too.
fn parse(source: &Source) -> (Option<Parsed>, Vec<Diagnostic>) {
    let mut document = match Document::parse(source) {
        Ok(document) => document,
        Err(mistakes) => return (None, mistakes),
    };
    let schema = schema::suite_schema();
    let mistakes = validate::mistakes(&document, schema, schema::suite_validator(), source);
    let repaired: Vec<_> = mistakes.iter().map(|mistake| mistake.pointer.clone()).collect();
    for mistake in &mistakes {
        repair::repair(&mut document.value, mistake, schema);
    }
    let mut diagnostics: Vec<_> = mistakes.into_iter().filter_map(|mistake| mistake.diagnostic).collect();
    match serde_json::from_value::<SuiteFile>(document.value.clone()) {
        Ok(mut spec) => {
            lines(&mut spec, &document);
            (Some(Parsed { source: source.clone(), spec, document, repaired }), diagnostics)
        }
        Err(error) => {
            if diagnostics.is_empty() {
                // The schema is generated from the types, so this is a gap between both.
                let message = format!("not a suite: {error}");
                diagnostics.push(Diagnostic::in_source(source, Place::START, &message));
            }
            (None, diagnostics)
        }
    }
}

/// Fills in where everything stands.
fn lines(spec: &mut SuiteFile, document: &Document) {
    for (index, case) in spec.cases.iter_mut().enumerate() {
        case_lines(case, &format!("/cases/{index}"), document);
    }
}

fn case_lines(case: &mut Case, at: &str, document: &Document) {
    case.line = line(document, at);
    for (index, entry) in case.setup.iter_mut().enumerate() {
        setup_lines(entry, &format!("{at}/setup/{index}"), document);
    }
    for (index, step) in case.steps.iter_mut().enumerate() {
        step_lines(step, &format!("{at}/steps/{index}"), document);
    }
}

fn setup_lines(entry: &mut SetupEntry, at: &str, document: &Document) {
    entry.line = line(document, at);
    if let Some(step) = &mut entry.step {
        step_lines(step, &format!("{at}/step"), document);
    }
}

fn step_lines(step: &mut Step, at: &str, document: &Document) {
    step.line = line(document, at);
    for (index, outcome) in step.one_of.iter_mut().enumerate() {
        let at = format!("{at}/one_of/{index}");
        outcome.line = line(document, &at);
        check_lines(&mut outcome.checks, &at, document);
    }
    check_lines(&mut step.checks, at, document);
}

fn check_lines(checks: &mut [Check], at: &str, document: &Document) {
    for (index, check) in checks.iter_mut().enumerate() {
        check.line = line(document, &format!("{at}/checks/{index}"));
    }
}

fn line(document: &Document, pointer: &str) -> u32 {
    u32::try_from(document.place_of(pointer).line).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::source;

    #[test]
    fn the_embedded_suites_lint_clean_and_are_what_was_embedded() {
        let loaded = load(&source::embedded(), Catalogue::embedded()).unwrap_or_else(|mistakes| {
            panic!("{}", mistakes.iter().map(|mistake| mistake.render(false)).collect::<String>())
        });
        assert_eq!(loaded.len(), embedded().len());
        for (loaded, embedded) in loaded.iter().zip(embedded()) {
            assert_eq!(loaded.file, embedded.file);
            assert_eq!(loaded.spec, embedded.spec, "{}", loaded.file);
        }
    }
}
