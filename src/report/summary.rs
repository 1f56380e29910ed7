//! A run in figures: by verdict, by area, what was not judged and why. Every report shows the same.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;

use super::evidence::{is_judged, reason_or_verdict};
use super::text::count;
use crate::model::{CaseResult, Counts, RunResult, Verdict};

/// The figures of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// One sentence: what came out.
    pub headline: String,
    /// The verdict of the run: fail if a case failed, error if nothing was judged or the run is not complete, else the
    /// worst of what is not plainly good, else pass.
    pub verdict: Verdict,
    /// Cases by verdict.
    pub cases: Counts,
    /// Checks by verdict.
    pub checks: Counts,
    /// Cases by area and verdict, in the order of the areas' names.
    pub areas: BTreeMap<String, Counts>,
    /// Why checks were not judged: the reason, how many checks, of how many cases; the most frequent first.
    pub not_judged: Vec<NotJudged>,
    /// The ids of the known faults that findings look like, and how many findings do; the most frequent first. While a
    /// run goes on nobody knows them yet.
    pub looks_like: Vec<(String, usize)>,
    /// How many cases the user's selection left out.
    pub left_out: usize,
    /// Requirements by the worst verdict on them.
    pub requirements: Counts,
    /// Why requirements were not judged: the reason and how many; the most frequent first.
    pub requirements_not_judged: Vec<(String, usize)>,
}

/// A reason why checks were not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJudged {
    /// The verdict: deselected, not-applicable, blocked or error.
    pub verdict: Verdict,
    /// The reason.
    pub reason: String,
    /// How many checks.
    pub checks: usize,
    /// The cases they belong to, in plan order.
    pub cases: Vec<String>,
}

impl Summary {
    /// Counts a result. The counts that the result itself brings are not used: a report must not contradict its own
    /// list of cases.
    #[must_use]
    pub fn of(result: &RunResult) -> Self {
        let mut areas: BTreeMap<String, Counts> = BTreeMap::new();
        for case in &result.cases {
            let area = if case.area.is_empty() { "other" } else { &case.area };
            *areas.entry(area.to_owned()).or_default().entry(case.verdict).or_default() += 1;
        }
        let mut requirements = Counts::new();
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for requirement in result.requirements.values() {
            match requirement.worst {
                Some(worst) => *requirements.entry(worst).or_default() += 1,
                None => *reasons.entry(kind_of(requirement.not_judged.as_deref())).or_default() += 1,
            }
        }
        let mut requirements_not_judged: Vec<_> = reasons.into_iter().collect();
        requirements_not_judged.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        let cases = tally(result.cases.iter().map(|case| case.verdict));
        Self {
            headline: headline(result, &cases),
            verdict: verdict(result, &cases),
            checks: tally(result.cases.iter().flat_map(|case| case.checks.iter().map(|check| check.verdict))),
            cases,
            areas,
            not_judged: not_judged(&result.cases),
            looks_like: looks_like(&result.cases),
            left_out: result.cases.iter().filter(|case| case.is_left_out()).count(),
            requirements,
            requirements_not_judged,
        }
    }

    /// How many requirements were judged.
    #[must_use]
    pub fn requirements_judged(&self) -> usize {
        self.requirements.values().sum()
    }
}

/// Whether a part of a run that is spread over several has no case at all, which is no mistake.
pub(crate) fn has_nothing_to_do(result: &RunResult) -> bool {
    let idle = |case: &CaseResult| matches!(case.verdict, Verdict::Deselected | Verdict::NotApplicable);
    result.partition.is_some() && result.partial.is_none() && result.cases.iter().all(idle)
}

/// `3 fail, 2 warn, 100 pass`: the most serious first.
#[must_use]
pub fn in_words(counts: &Counts) -> String {
    let words: Vec<_> = counts
        .iter()
        .rev()
        .filter(|(_, times)| **times > 0)
        .map(|(verdict, times)| format!("{times} {verdict}"))
        .collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn tally(verdicts: impl Iterator<Item = Verdict>) -> Counts {
    let mut counts = Counts::new();
    for verdict in verdicts {
        *counts.entry(verdict).or_default() += 1;
    }
    counts
}

fn verdict(result: &RunResult, cases: &Counts) -> Verdict {
    if cases.contains_key(&Verdict::Fail) {
        return Verdict::Fail;
    }
    if has_nothing_to_do(result) {
        return Verdict::Pass;
    }
    if result.partial.is_some() || !result.cases.iter().any(is_judged) {
        return Verdict::Error;
    }
    // What was not judged stands beside; what the RFCs leave open is no blemish.
    cases.keys().copied().max().filter(|worst| *worst > Verdict::Info).unwrap_or(Verdict::Pass)
}

fn headline(result: &RunResult, cases: &Counts) -> String {
    let number = |verdict| cases.get(&verdict).copied().unwrap_or(0);
    let (fail, error, blocked) = (number(Verdict::Fail), number(Verdict::Error), number(Verdict::Blocked));
    let known = number(Verdict::Known);
    let mut sentence = if has_nothing_to_do(result) {
        "No case belongs to this partition".to_owned()
    } else if !result.cases.iter().any(is_judged) {
        "Nothing was judged".to_owned()
    } else if fail > 0 {
        format!("{} failed", count(fail, "case"))
    } else if known > 0 {
        format!("Every failure is known ({})", count(known, "case"))
    } else {
        "Every MUST that was judged holds".to_owned()
    };
    let unjudged = match error + blocked {
        0 => String::new(),
        some => format!("{} could not be judged", count(some, "case")),
    };
    let warned = match number(Verdict::Warn) {
        0 => String::new(),
        some => count(some, "warning"),
    };
    let stale = match result.baseline.as_ref().map_or(0, |baseline| baseline.stale().count()) {
        0 => String::new(),
        1 => "1 entry of the baseline is stale".to_owned(),
        some => format!("{some} entries of the baseline are stale"),
    };
    for part in [unjudged, warned, stale].into_iter().filter(|part| !part.is_empty()) {
        sentence.push_str(", ");
        sentence.push_str(&part);
    }
    match &result.partial {
        Some(why) => format!("Incomplete ({why}): {}", lower_first(&sentence)),
        None => sentence,
    }
}

fn lower_first(sentence: &str) -> String {
    let mut characters = sentence.chars();
    characters.next().map_or_else(String::new, |first| first.to_lowercase().chain(characters).collect())
}

fn looks_like(cases: &[CaseResult]) -> Vec<(String, usize)> {
    let findings = cases.iter().flat_map(|case| &case.checks);
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for fault in findings.filter_map(|finding| finding.looks_like.as_deref()) {
        *times.entry(fault).or_default() += 1;
    }
    let mut faults: Vec<_> = times.into_iter().map(|(fault, times)| (fault.to_owned(), times)).collect();
    faults.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
    faults
}

fn not_judged(cases: &[CaseResult]) -> Vec<NotJudged> {
    let mut groups: BTreeMap<(Verdict, String), (usize, Vec<String>)> = BTreeMap::new();
    for case in cases {
        let unjudged = case.checks.iter().filter(|finding| !finding.verdict.is_judged());
        let own = unjudged.map(|finding| (finding.verdict, finding.reason.as_deref(), 1));
        // A case without a single check still has to be accounted for.
        let none = case.checks.is_empty().then_some((case.verdict, None, 0));
        for (verdict, reason, checks) in own.chain(none) {
            let reason = reason_or_verdict(reason.or(case.reason.as_deref()), verdict);
            let (times, ids) = groups.entry((verdict, without_details(reason))).or_default();
            *times += checks;
            if ids.last() != Some(&case.id) {
                ids.push(case.id.clone());
            }
        }
    }
    let mut groups: Vec<_> = groups
        .into_iter()
        .map(|((verdict, reason), (checks, cases))| NotJudged { verdict, reason, checks, cases })
        .collect();
    groups.sort_by_key(|group| std::cmp::Reverse((group.verdict, group.checks)));
    groups
}

/// Why something was not judged, without what differs from case to case: which step it was, and what the target said beside
/// its status and `scimType`. Every case has its own reason in full.
fn without_details(reason: &str) -> String {
    if let Some((name, _)) = reason.strip_prefix("set-up \"").and_then(|rest| rest.split_once("\": wanted "))
    {
        return format!("set-up \"{name}\" did not hold");
    }
    // Where a suite keeps the headers of an answer is nothing to the reader.
    let header = reason.strip_prefix("there is no `headers.").and_then(|rest| rest.split_once('.'));
    if let Some((_, name)) = header {
        return format!("an answer has no header `{name}");
    }
    let Some((step, answer)) = refused(reason) else { return reason.to_owned() };
    match step.strip_prefix("not reached: ") {
        Some(_) => format!("not reached: the step before was answered with {answer}"),
        None => format!("{step}: {answer}"),
    }
}

/// The step of a reason that ends with an answer, and its status and `scimType`: `the accepted twin: 400 (invalidPath: …)`.
fn refused(reason: &str) -> Option<(&str, String)> {
    static PATTERN: OnceLock<Regex> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        Regex::new(r"^([^(]*?): ([1-5][0-9][0-9])(?: \(([a-z][A-Za-z]+)?.*\))?$").expect("the pattern is one")
    });
    let found = pattern.captures(reason)?;
    let status = &found[2];
    let kind = found.get(3).map(|kind| kind.as_str()).filter(|kind| SCIM_TYPES.contains(kind));
    let answer = kind.map_or_else(|| status.to_owned(), |kind| format!("{status} {kind}"));
    Some((found.get(1)?.as_str(), answer))
}

/// RFC 7644 §3.12, table 9, and RFC 9865 §2.3.
const SCIM_TYPES: [&str; 13] = [
    "invalidFilter",
    "tooMany",
    "uniqueness",
    "mutability",
    "invalidSyntax",
    "invalidPath",
    "noTarget",
    "invalidValue",
    "invalidVers",
    "sensitive",
    "invalidCursor",
    "expiredCursor",
    "invalidCount",
];

/// Reasons that differ in a detail only are one kind.
fn kind_of(reason: Option<&str>) -> String {
    let reason = reason.unwrap_or("no reason is given");
    for kind in ["not testable over HTTP", "blocked", "error", "not begun"] {
        if reason.strip_prefix(kind).is_some_and(|rest| rest.starts_with(':')) {
            return kind.to_owned();
        }
    }
    if reason.starts_with("judged only if the outcome") {
        return "the outcome that it is about was not taken".to_owned();
    }
    reason.to_owned()
}

#[cfg(test)]
mod tests {
    use super::without_details;

    #[test]
    fn reasons_that_differ_in_a_detail_are_one() {
        for (reason, wanted) in [
            (
                "not reached: search with eq: 400 (invalidValue: Cannot read 'x' (y))",
                "not reached: the step before was answered with 400 invalidValue",
            ),
            (
                "not reached: replace: 501 (Not Implemented)",
                "not reached: the step before was answered with 501",
            ),
            ("not reached: add it: 501", "not reached: the step before was answered with 501"),
            ("the accepted twin: 501 (Not Implemented)", "the accepted twin: 501"),
            (
                "set-up: create User as made: 409 (uniqueness: taken)",
                "set-up: create User as made: 409 uniqueness",
            ),
            ("set-up \"read before\": wanted 2 values, got 1", "set-up \"read before\" did not hold"),
            ("there is no `headers.made.location`", "an answer has no header `location`"),
            ("the target does not claim etag", "the target does not claim etag"),
            ("not reached: read: no answer: timed out", "not reached: read: no answer: timed out"),
        ] {
            assert_eq!(without_details(reason), wanted);
        }
    }
}
