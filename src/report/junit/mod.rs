//! JUnit XML for CI: a test suite per suite, a test case per case, failed checks with the whole story in the body. A
//! case that judged nothing is never a passing test.

mod xml;

use std::collections::BTreeSet;

use self::xml::{Kind, Report, Suite, Test, Unhappy};
use super::dialogue;
use super::evidence::{Evidence, excused, is_judged, reason_or_verdict, short_id, worst_first};
use super::terminal::{Style, story};
use super::text::{clip, count, visible, visible_lines};
use crate::model::{CaseResult, Channel, RunResult, Verdict};

/// A body is at most so many characters; CI servers cut or refuse large ones.
const BODY: usize = 32_000;
/// A body of a request or an answer in it, at most so many.
const CONTENT: usize = 4_000;
/// What stands in `system-out` is at most so many characters.
const SYSTEM_OUT: usize = 8_000;
/// A message (an attribute, one line) is at most so many characters.
const MESSAGE: usize = 300;
/// The ids of the requirements of a suite (an attribute) are at most so many characters.
const REQUIREMENTS: usize = 8_000;
/// A name (an attribute) is at most so many characters.
const NAME: usize = 500;

/// The result as JUnit XML.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let evidence = Evidence::of(result);
    let timestamp = chrono::DateTime::parse_from_rfc3339(&result.started).ok();
    let timestamp = timestamp.map(|started| started.to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
    let mut suites = Vec::new();
    if let Some(test) = whole_run(result) {
        suites.push(Suite { properties: properties(result), tests: vec![test], ..suite("run", None) });
    }
    for (name, cases) in by_suite(result) {
        suites.push(Suite {
            time_ms: cases.iter().map(|case| case.duration_ms).sum(),
            properties: [properties(result), requirements(&cases)].concat(),
            tests: cases.iter().map(|case| test(case, &evidence)).collect(),
            ..suite(name, timestamp.clone())
        });
    }
    let report = Report { name: named(&result.tool.name), time_ms: result.duration_ms, suites };
    xml::write(&report).expect("writing XML to memory does not fail")
}

fn suite(name: &str, timestamp: Option<String>) -> Suite {
    Suite { name: named(name), timestamp, ..Suite::default() }
}

/// A failing test where the run as a whole is nothing to rely on.
fn whole_run(result: &RunResult) -> Option<Test> {
    let nothing = || !result.cases.iter().any(is_judged) && !super::summary::has_nothing_to_do(result);
    let (name, verdict, message) = match &result.partial {
        Some(why) => ("the run is complete", "partial", format!("the run is not complete: {why}")),
        None if nothing() => ("something was judged", "nothing-judged", "nothing was judged".to_owned()),
        None => return None,
    };
    let unhappy = unhappy(Kind::Failure, verdict, &message, &message);
    Some(Test { name: name.to_owned(), suite: "run".to_owned(), unhappy: Some(unhappy), ..Test::default() })
}

/// What is known about the run as a whole.
fn properties(result: &RunResult) -> Vec<(&'static str, String)> {
    let mut properties = vec![
        ("tool", format!("{} {}", result.tool.name, result.tool.version)),
        ("target", result.target.name.clone()),
        ("base_url", result.target.base_url.clone()),
        ("seed", result.seed.to_string()),
    ];
    properties.extend(result.target.profile.clone().map(|profile| ("profile", profile)));
    properties.extend(result.partition.clone().map(|partition| ("partition", partition)));
    properties.extend(result.baseline.as_ref().map(|baseline| ("baseline", baseline.file.clone())));
    let (closing, other) = (result.revocation_latencies(), result.other_latencies());
    properties.extend(closing.iter().map(|latency| (revocation(latency.channel), latency.in_words())));
    properties.extend(other.iter().map(|latency| (other_end(latency.channel), latency.in_words())));
    if !result.left_over.is_empty() {
        properties.push(("left_over", result.left_over.len().to_string()));
    }
    properties.into_iter().map(|(name, value)| (name, attribute(&value))).collect()
}

/// The name of the property that says how long revocations took through a channel.
fn revocation(channel: Channel) -> &'static str {
    match channel {
        Channel::Introspection => "revocation.introspection",
        Channel::Userinfo => "revocation.userinfo",
        Channel::Resource => "revocation.resource",
        Channel::Refresh => "revocation.refresh",
        Channel::Session => "revocation.session",
        Channel::Login => "revocation.login",
        Channel::OtherLogin => "revocation.other-login",
    }
}

/// The same after a change of the password, a revocation of the token or a logout.
fn other_end(channel: Channel) -> &'static str {
    match channel {
        Channel::Introspection => "other-end.introspection",
        Channel::Userinfo => "other-end.userinfo",
        Channel::Resource => "other-end.resource",
        Channel::Refresh => "other-end.refresh",
        Channel::Session => "other-end.session",
        Channel::Login => "other-end.login",
        Channel::OtherLogin => "other-end.other-login",
    }
}

/// The requirements that the cases of a suite verify, each once. Jenkins has no place for them at a test, and some readers
/// want no property twice.
fn requirements(cases: &[&CaseResult]) -> Vec<(&'static str, String)> {
    let findings = cases.iter().flat_map(|case| &case.checks);
    let ids: BTreeSet<_> = findings.map(|finding| finding.requirement.as_str()).collect();
    let ids: Vec<_> = ids.into_iter().map(visible).collect();
    let property =
        (!ids.is_empty()).then(|| ("requirements", clip(&ids.join(" "), REQUIREMENTS).into_owned()));
    property.into_iter().collect()
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

fn test(case: &CaseResult, evidence: &Evidence<'_>) -> Test {
    let unhappy = judged(case, evidence);
    // What is worth saying although the test is green: a warning, what the RFCs leave open.
    let told = unhappy.is_none() && case.verdict != Verdict::Pass;
    Test {
        name: named(&case.id),
        suite: named(&case.suite),
        time_ms: case.duration_ms,
        system_out: if told { clip(&body(case, evidence), SYSTEM_OUT).into_owned() } else { verified(case) },
        unhappy,
    }
}

/// Which requirements a case verifies.
fn verified(case: &CaseResult) -> String {
    let ids: BTreeSet<_> = case.checks.iter().map(|finding| visible(finding.requirement.as_str())).collect();
    if ids.is_empty() {
        return String::new();
    }
    let ids: Vec<_> = ids.into_iter().collect();
    clip(&format!("requirements: {}", ids.join(" ")), SYSTEM_OUT).into_owned()
}

/// Why a case is no passing test, if it is none.
fn judged(case: &CaseResult, evidence: &Evidence<'_>) -> Option<Unhappy> {
    let verdict = case.verdict.as_str();
    let told = |kind, message: &str| Some(unhappy(kind, verdict, message, &body(case, evidence)));
    match case.verdict {
        Verdict::Fail | Verdict::Fixed => told(Kind::Failure, &first_breach(case)),
        Verdict::Error | Verdict::Blocked => {
            let message = case.reason.clone().unwrap_or_else(|| first_breach(case));
            told(Kind::Error, &message)
        }
        // A known failure and a documented deviation are neither a new failure nor conformant.
        Verdict::Known | Verdict::Deviation => {
            told(Kind::Skipped, &format!("{verdict}: {}", first_breach(case)))
        }
        Verdict::NotApplicable | Verdict::Deselected => {
            Some(unhappy(Kind::Skipped, verdict, &why_skipped(case), ""))
        }
        Verdict::Pass | Verdict::Info | Verdict::Warn if is_judged(case) => None,
        Verdict::Pass | Verdict::Info | Verdict::Warn => told(Kind::Error, "nothing was judged"),
    }
}

/// The reason of the case, or of the check that decided; with what held nevertheless.
pub(super) fn why_skipped(case: &CaseResult) -> String {
    let decisive = case.checks.iter().find(|finding| finding.verdict == case.verdict);
    let reason = case.reason.as_deref().or_else(|| decisive.and_then(|finding| finding.reason.as_deref()));
    let reason = reason_or_verdict(reason, case.verdict);
    match case.checks.iter().filter(|finding| finding.verdict.is_judged()).count() {
        0 => reason.to_owned(),
        judged => format!("{reason} ({} held)", count(judged, "check")),
    }
}

/// `#status: wanted 204, got 500 (and 2 more)`.
pub(super) fn first_breach(case: &CaseResult) -> String {
    let findings = worst_first(case);
    let Some(first) = findings.first() else {
        return reason_or_verdict(case.reason.as_deref(), case.verdict).to_owned();
    };
    let alike = findings.iter().filter(|finding| finding.verdict == first.verdict).count();
    let said = match &first.reason {
        _ if first.verdict == Verdict::Fixed => excused(first).unwrap_or_default(),
        Some(reason) if first.got.is_empty() => reason.clone(),
        _ => format!("wanted {}, got {}", clip(&first.wanted, 120), clip(&first.got, 120)),
    };
    let more = if alike > 1 { format!(" (and {} more)", alike - 1) } else { String::new() };
    format!("{} {}: {said}{more}", first.level, short_id(first))
}

fn unhappy(kind: Kind, verdict: &'static str, message: &str, body: &str) -> Unhappy {
    Unhappy {
        kind,
        verdict,
        message: attribute(message),
        body: clip(&visible_lines(&clip(body, BODY)), BODY).into_owned(),
    }
}

fn named(name: &str) -> String {
    clip(&visible(&clip(name, NAME)), NAME).into_owned()
}

fn attribute(value: &str) -> String {
    clip(&visible(&clip(value, MESSAGE)), MESSAGE).into_owned()
}

/// The same text as on the terminal, then what was sent and received; below a line feed so that it begins at the margin.
fn body(case: &CaseResult, evidence: &Evidence<'_>) -> String {
    let story = story(case, evidence, Style::PLAIN);
    let dialogue = dialogue::of_case(case, evidence, CONTENT);
    let gap = if dialogue.is_empty() { "" } else { "\n" };
    format!("\n{}", clip(&visible_lines(&format!("{story}{gap}{dialogue}")), BODY))
}
