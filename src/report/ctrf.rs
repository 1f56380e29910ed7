//! CTRF (Common Test Report Format, <https://ctrf.io>): a test per case.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::clock::{Clock, whole};
use super::dialogue;
use super::evidence::{Evidence, is_judged};
use super::json as writer;
use super::junit::{first_breach, why_skipped};
use super::summary::has_nothing_to_do;
use super::terminal::{Style, story};
use super::text::clip;
use crate::model::{CaseResult, RunResult, Verdict};

/// A trace is at most so many characters.
const TRACE: usize = 16_000;
/// A body in it.
const BODY: usize = 2_000;
/// Any other text.
const LINE: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Passed,
    Failed,
    Skipped,
    Other,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    #[serde(rename = "testId")]
    id: String,
    name: String,
    status: Status,
    duration: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop: Option<i64>,
    suite: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    raw_status: &'static str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    labels: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_path: Option<String>,
}

/// The result as CTRF.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let clock = Clock::of(result);
    let evidence = Evidence::of(result);
    let mut tests: Vec<_> = whole_run(result).into_iter().collect();
    tests.extend(result.cases.iter().map(|case| test(case, &evidence, clock)));
    let count = |status| tests.iter().filter(|test| test.status == status).count();
    let suites: BTreeSet<_> = result.cases.iter().map(|case| &case.suite).collect();
    let report = json!({
        "reportFormat": "CTRF",
        "specVersion": "0.0.0",
        "timestamp": clock.rfc3339(result.duration_ms),
        "generatedBy": short(&format!("{} {}", result.tool.name, result.tool.version)),
        "results": {
            "tool": { "name": "scimcheck", "version": short(&result.tool.version) },
            "summary": {
                "tests": tests.len(),
                "passed": count(Status::Passed),
                "failed": count(Status::Failed),
                "skipped": count(Status::Skipped),
                "pending": 0,
                "other": count(Status::Other),
                "suites": suites.len(),
                "start": clock.unix_ms(0.0),
                "stop": clock.unix_ms(result.duration_ms),
                "duration": whole(result.duration_ms),
            },
            "tests": tests,
            "environment": environment(result),
        },
    });
    writer::render_value(&report)
}

fn environment(result: &RunResult) -> Value {
    let mut environment = json!({
        "appName": short(&result.target.name),
        "testEnvironment": short(&result.target.base_url),
        "extra": {
            "seed": result.seed,
            "profile": result.target.profile.as_deref().map(short),
            "partial": result.partial.as_deref().map(short),
            "baseline": result.baseline.as_ref().map(|baseline| short(&baseline.file)),
        },
    });
    if let Some(partition) = &result.partition {
        environment["shardId"] = short(partition).into();
    }
    environment
}

/// A failing test where the run as a whole is nothing to rely on.
fn whole_run(result: &RunResult) -> Option<Test> {
    let message = match &result.partial {
        Some(why) => format!("the run is not complete: {}", clip(why, LINE)),
        None if result.cases.iter().any(is_judged) || has_nothing_to_do(result) => return None,
        None => "nothing was judged".to_owned(),
    };
    Some(Test {
        id: "run".to_owned(),
        name: "the run is complete".to_owned(),
        status: Status::Failed,
        duration: 0,
        start: None,
        stop: None,
        suite: vec!["run".to_owned()],
        message: Some(message),
        trace: None,
        line: None,
        raw_status: if result.partial.is_some() { "partial" } else { "nothing-judged" },
        labels: Map::new(),
        file_path: None,
    })
}

fn test(case: &CaseResult, evidence: &Evidence<'_>, clock: Clock) -> Test {
    let status = status(case);
    let ran = case.duration_ms > 0.0;
    let told = status == Status::Failed || case.verdict > Verdict::NotApplicable;
    let message = match status {
        Status::Skipped => Some(short(&why_skipped(case))),
        _ if told => Some(short(&first_breach(case))),
        _ => None,
    };
    let trace =
        || format!("{}\n{}", story(case, evidence, Style::PLAIN), dialogue::of_case(case, evidence, BODY));
    Test {
        id: named(&case.id),
        name: named(&case.id),
        status,
        duration: whole(case.duration_ms),
        start: ran.then(|| clock.unix_ms(case.started_ms)),
        stop: ran.then(|| clock.unix_ms(case.started_ms + case.duration_ms)),
        suite: vec![named(&case.suite)],
        message,
        trace: told.then(|| clip(&trace(), TRACE).into_owned()),
        line: case.source.as_ref().map(|source| source.line),
        raw_status: case.verdict.as_str(),
        labels: labels(case),
        file_path: case.source.as_ref().map(|source| short(&source.file)),
    }
}

fn status(case: &CaseResult) -> Status {
    match case.verdict {
        Verdict::Pass | Verdict::Info | Verdict::Warn if is_judged(case) => Status::Passed,
        Verdict::NotApplicable | Verdict::Deselected => Status::Skipped,
        // Neither a new failure nor conformant.
        Verdict::Known | Verdict::Deviation => Status::Other,
        _ => Status::Failed,
    }
}

fn labels(case: &CaseResult) -> Map<String, Value> {
    let mut labels = Map::new();
    labels.insert("title".to_owned(), short(&case.title).into());
    labels.insert("area".to_owned(), short(&case.area).into());
    let ids: BTreeSet<_> = case.checks.iter().map(|finding| short(finding.requirement.as_str())).collect();
    if !ids.is_empty() {
        labels.insert("requirement".to_owned(), ids.into_iter().take(100).collect());
    }
    labels
}

fn named(name: &str) -> String {
    if name.is_empty() { "-".to_owned() } else { short(name) }
}

fn short(text: &str) -> String {
    clip(text, LINE).into_owned()
}
