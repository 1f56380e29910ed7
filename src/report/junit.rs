//! JUnit XML for CI: a test suite per suite, a test case per case, failed checks with the whole story in the body. A
//! case that judged nothing is never a passing test.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::DateTime;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::evidence::{Evidence, is_judged, reason_or_verdict, short_id, worst_first};
use super::terminal::{Style, story};
use super::text::{clip, count, visible, visible_lines};
use crate::model::{CaseResult, RunResult, Verdict};

/// A body is at most so many characters; CI servers cut or refuse large ones.
const BODY: usize = 32_000;
/// A message (an attribute, one line) is at most so many characters.
const MESSAGE: usize = 300;

/// The result as JUnit XML.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let mut report = Report::new(result.tool.name.as_str());
    report.set_time(time(result.duration_ms));
    let started = DateTime::parse_from_rfc3339(&result.started).ok();
    if let Some(started) = started {
        report.set_timestamp(started);
    }
    let evidence = Evidence::of(result);
    if let Some(case) = whole_run(result) {
        let mut suite = suite("run", result);
        suite.add_test_case(case);
        report.add_test_suite(suite);
    }
    for (name, cases) in by_suite(result) {
        let mut suite = suite(name, result);
        if let Some(started) = started {
            suite.set_timestamp(started);
        }
        suite.set_time(time(cases.iter().map(|case| case.duration_ms).sum()));
        suite.add_test_cases(cases.into_iter().map(|case| test_case(case, &evidence)));
        report.add_test_suite(suite);
    }
    report.to_string().expect("writing XML to memory does not fail")
}

/// A failing test where the run as a whole is nothing to rely on.
fn whole_run(result: &RunResult) -> Option<TestCase> {
    let (name, ty, message) = match &result.partial {
        Some(why) => ("the run is complete", "partial", format!("the run is not complete: {why}")),
        None if result.cases.iter().any(is_judged) => return None,
        None => ("something was judged", "nothing-judged", "nothing was judged".to_owned()),
    };
    let mut case = TestCase::new(name, broken(NonSuccessKind::Failure, ty, &message, &message));
    case.set_classname("run").set_time(Duration::ZERO);
    Some(case)
}

fn suite(name: &str, result: &RunResult) -> TestSuite {
    let mut suite = TestSuite::new(&*visible(name));
    let mut property = |name: &str, value: &str| {
        suite.add_property(Property::new(name, &*visible(&clip(value, MESSAGE))));
    };
    property("tool", &format!("{} {}", result.tool.name, result.tool.version));
    property("target", &result.target.name);
    property("base_url", &result.target.base_url);
    if let Some(profile) = &result.target.profile {
        property("profile", profile);
    }
    property("seed", &result.seed.to_string());
    if !result.left_over.is_empty() {
        property("left_over", &result.left_over.len().to_string());
    }
    suite
}

/// The cases by suite, both in the order in which they come first.
fn by_suite(result: &RunResult) -> Vec<(&str, Vec<&CaseResult>)> {
    let mut suites: Vec<(&str, Vec<&CaseResult>)> = Vec::new();
    for case in &result.cases {
        // Cases of a suite stand together in plan order, so the last one is nearly always it.
        match suites.iter_mut().rev().find(|(name, _)| *name == case.suite) {
            Some((_, cases)) => cases.push(case),
            None => suites.push((&case.suite, vec![case])),
        }
    }
    suites
}

fn test_case(case: &CaseResult, evidence: &Evidence<'_>) -> TestCase {
    let status = status(case, evidence);
    let green = matches!(status, TestCaseStatus::Success { .. });
    let mut test = TestCase::new(&*visible(&case.id), status);
    test.set_classname(&*visible(&case.suite)).set_time(time(case.duration_ms));
    test.set_assertions(case.checks.iter().filter(|finding| finding.verdict.is_judged()).count());
    if green && case.verdict != Verdict::Pass {
        test.set_system_out(body(case, evidence));
    }
    test.add_property(Property::new("verdict", case.verdict.as_str()));
    let requirements: BTreeSet<_> = case.checks.iter().map(|finding| &finding.requirement.0).collect();
    test.add_properties(requirements.into_iter().map(|id| Property::new("requirement", &*visible(id))));
    test
}

fn status(case: &CaseResult, evidence: &Evidence<'_>) -> TestCaseStatus {
    let verdict = case.verdict.as_str();
    match case.verdict {
        Verdict::Fail | Verdict::Fixed => {
            broken(NonSuccessKind::Failure, verdict, &first_breach(case), &body(case, evidence))
        }
        Verdict::Error | Verdict::Blocked => {
            let message = case.reason.clone().unwrap_or_else(|| first_breach(case));
            broken(NonSuccessKind::Error, verdict, &message, &body(case, evidence))
        }
        Verdict::NotApplicable | Verdict::Deselected | Verdict::Known | Verdict::Deviation => {
            // A known failure and a documented deviation are neither a new failure nor conformant.
            let shown = matches!(case.verdict, Verdict::Known | Verdict::Deviation);
            let message =
                if shown { format!("{verdict}: {}", first_breach(case)) } else { why_skipped(case) };
            let mut status = TestCaseStatus::skipped();
            status.set_message(attribute(&message)).set_type(verdict);
            if shown {
                status.set_description(body(case, evidence));
            }
            status
        }
        Verdict::Pass | Verdict::Info | Verdict::Warn if is_judged(case) => TestCaseStatus::success(),
        Verdict::Pass | Verdict::Info | Verdict::Warn => {
            broken(NonSuccessKind::Error, verdict, "nothing was judged", &body(case, evidence))
        }
    }
}

/// The reason of the case, or of the check that decided; with what held nevertheless.
fn why_skipped(case: &CaseResult) -> String {
    let decisive = case.checks.iter().find(|finding| finding.verdict == case.verdict);
    let reason = case.reason.as_deref().or_else(|| decisive.and_then(|finding| finding.reason.as_deref()));
    let reason = reason_or_verdict(reason, case.verdict);
    match case.checks.iter().filter(|finding| finding.verdict.is_judged()).count() {
        0 => reason.to_owned(),
        judged => format!("{reason} ({} held)", count(judged, "check")),
    }
}

/// `#status: wanted 204, got 500 (and 2 more)`.
fn first_breach(case: &CaseResult) -> String {
    let findings = worst_first(case);
    let Some(first) = findings.first() else {
        return reason_or_verdict(case.reason.as_deref(), case.verdict).to_owned();
    };
    let alike = findings.iter().filter(|finding| finding.verdict == first.verdict).count();
    let said = match &first.reason {
        Some(reason) if first.got.is_empty() => reason.clone(),
        _ => format!("wanted {}, got {}", clip(&first.wanted, 120), clip(&first.got, 120)),
    };
    let more = if alike > 1 { format!(" (and {} more)", alike - 1) } else { String::new() };
    format!("{} {}: {said}{more}", first.level, short_id(first))
}

fn broken(kind: NonSuccessKind, verdict: &str, message: &str, body: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_message(attribute(message)).set_type(verdict).set_description(&*visible_lines(body));
    status
}

fn attribute(message: &str) -> String {
    clip(&visible(message), MESSAGE).into_owned()
}

/// The same text as on the terminal, below a line feed so that it begins at the margin.
fn body(case: &CaseResult, evidence: &Evidence<'_>) -> String {
    let story = story(case, evidence, Style::PLAIN);
    format!("\n{}", clip(&visible_lines(&story), BODY))
}

fn time(ms: f64) -> Duration {
    Duration::try_from_secs_f64(ms / 1000.0).unwrap_or_default()
}
