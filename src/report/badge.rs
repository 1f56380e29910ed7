//! The JSON that a badge of shields.io is drawn from: <https://shields.io/badges/endpoint-badge>.

use serde::Serialize;

use super::evidence::is_judged;
use super::json;
use super::text::{clip, count, thousands};
use crate::model::{CaseResult, Level, RunResult, Verdict};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Badge {
    schema_version: u8,
    label: String,
    message: String,
    color: &'static str,
    is_error: bool,
}

/// How much of what the RFCs demand a run has shown to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// The run is not complete, or judged nothing.
    Unknown,
    /// So many MUSTs are broken, known failures and documented deviations among them.
    MustBroken(usize),
    /// Some could not be judged although they should have been.
    NotJudged,
    /// What was judged holds, as far as it is a MUST, but the user's selection left out the rest.
    Selection,
    /// All MUSTs that were judged hold.
    Must,
    /// The SHOULDs as well.
    Should,
}

/// The badge of a result: the level that is reached, and the version of the suites that say so.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let reached = reached(result);
    let held = result.requirements.values().filter(|own| own.worst.is_some()).count();
    let (said, color) = match reached {
        Reached::Unknown => ("not complete".to_owned(), "lightgrey"),
        Reached::MustBroken(1) => ("1 MUST broken".to_owned(), "red"),
        Reached::MustBroken(times) => (format!("{} MUST broken", thousands(times)), "red"),
        Reached::NotJudged => ("MUST not judged in part".to_owned(), "orange"),
        Reached::Selection => (format!("selection: {}", count(held, "requirement")), "blue"),
        Reached::Must => (format!("MUST ({} requirements judged)", thousands(held)), "green"),
        Reached::Should => {
            (format!("MUST and SHOULD ({} requirements judged)", thousands(held)), "brightgreen")
        }
    };
    let suites = clip(&result.tool.version, 40);
    let badge = Badge {
        schema_version: 1,
        label: "SCIM 2.0".to_owned(),
        message: format!("{said} · suites {suites}"),
        color,
        is_error: matches!(reached, Reached::MustBroken(_) | Reached::NotJudged),
    };
    json::render_value(&badge)
}

/// Findings decide, and not the verdicts of cases: what a baseline excuses is broken all the same.
fn reached(result: &RunResult) -> Reached {
    if result.partial.is_some() || result.partition.is_some() || !result.cases.iter().any(is_judged) {
        return Reached::Unknown;
    }
    let findings = || result.cases.iter().flat_map(|case| &case.checks);
    let must = |level: Level| matches!(level, Level::Must | Level::MustNot);
    let broken = |verdict| matches!(verdict, Verdict::Fail | Verdict::Known | Verdict::Deviation);
    let musts: std::collections::BTreeSet<_> = findings()
        .filter(|finding| must(finding.level) && broken(finding.verdict))
        .map(|finding| &finding.requirement)
        .collect();
    if !musts.is_empty() {
        return Reached::MustBroken(musts.len());
    }
    if findings().any(|finding| matches!(finding.verdict, Verdict::Blocked | Verdict::Error)) {
        return Reached::NotJudged;
    }
    if result.cases.iter().any(CaseResult::is_left_out) {
        return Reached::Selection;
    }
    let warned = |verdict| verdict == Verdict::Warn || broken(verdict);
    if findings().any(|finding| warned(finding.verdict)) { Reached::Must } else { Reached::Should }
}
