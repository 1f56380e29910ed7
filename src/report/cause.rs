//! Findings that have one cause: the same verdict on the same requirement, and the same known fault, or the same kind of
//! difference.

use std::collections::HashMap;

use super::evidence::has_story;
use super::text::{clip, count};
use crate::model::{CaseResult, Finding, Level, RequirementId, RunResult, Verdict};

/// So many characters of what was wanted, and of what came, say of what kind a difference is.
const SHAPE: usize = 280;
/// So many characters of the id of a fault.
const FAULT: usize = 140;

/// A finding and where it stands in the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'r> {
    pub(crate) case: &'r CaseResult,
    pub(crate) finding: &'r Finding,
    /// Index of the case, and of the finding in it.
    pub(crate) at: (usize, usize),
}

/// What the findings of one cause have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key<'r> {
    verdict: Verdict,
    requirement: &'r RequirementId,
    kind: String,
}

/// All findings that are told, by cause, the worst first.
pub(crate) fn groups(result: &RunResult) -> Vec<Vec<Told<'_>>> {
    let mut groups: Vec<Vec<Told<'_>>> = Vec::new();
    let mut known: HashMap<Key<'_>, usize> = HashMap::new();
    for told in told(result) {
        let place = *known.entry(key(told)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(told);
    }
    groups.sort_by_key(|group| {
        let first = group[0].finding;
        (std::cmp::Reverse(first.verdict), rank(first.level), std::cmp::Reverse(group.len()))
    });
    groups
}

/// The findings that are told one by one: judged and not simply good, or judging went wrong.
pub(crate) fn told(result: &RunResult) -> impl Iterator<Item = Told<'_>> {
    result.cases.iter().enumerate().flat_map(|(index, case)| {
        let checks = case.checks.iter().enumerate().filter(|(_, finding)| is_told(finding.verdict));
        checks.map(move |(number, finding)| Told { case, finding, at: (index, number) })
    })
}

/// Whether a finding of this verdict is told in full.
pub(crate) fn is_told(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Pass | Verdict::Blocked | Verdict::NotApplicable | Verdict::Deselected)
}

/// What makes findings those of one cause.
fn key(told: Told<'_>) -> Key<'_> {
    let finding = told.finding;
    let kind = match &finding.looks_like {
        _ if !has_story(finding) => "holds".to_owned(),
        Some(fault) => format!("looks like {}", clip(fault, FAULT)),
        None => format!("{} not {}", shape(&finding.wanted), shape(&finding.got)),
    };
    Key { verdict: finding.verdict, requirement: &finding.requirement, kind }
}

fn rank(level: Level) -> u8 {
    match level {
        Level::Must | Level::MustNot => 0,
        Level::Should | Level::ShouldNot => 1,
        Level::May => 2,
    }
}

/// `13 findings in 12 cases`.
pub(crate) fn times(group: &[Told<'_>]) -> String {
    let mut cases: Vec<_> = group.iter().map(|told| told.at.0).collect();
    cases.dedup();
    let findings = count(group.len(), "finding");
    if cases.len() == group.len() {
        findings
    } else {
        format!("{findings} in {}", count(cases.len(), "case"))
    }
}

/// The text without what differs from case to case: what stands in quotes, numbers, ids. A status code stays.
fn shape(text: &str) -> String {
    let text: String = text.chars().take(SHAPE).collect();
    let mut shape = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let end = if matches!(first, '"' | '\'') {
            shape.push('"');
            rest[1..].find(first).map_or(rest.len(), |end| end + 2)
        } else if first.is_alphanumeric() {
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '-')).unwrap_or(rest.len());
            shape.push_str(if is_name(&rest[..word]) { "#" } else { &rest[..word] });
            word
        } else {
            shape.push(first);
            first.len_utf8()
        };
        rest = &rest[end..];
    }
    shape
}

/// Whether a word is a number, an id or a time, and no status code.
fn is_name(word: &str) -> bool {
    let status = word.len() == 3 && word.starts_with(['1', '2', '3', '4', '5']);
    word.contains(|c: char| c.is_ascii_digit()) && !(status && word.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::shape;

    #[test]
    fn what_differs_from_case_to_case_is_no_difference() {
        for (text, wanted) in [
            ("status 400", "status 400"),
            ("500 (Cannot read 'value')", "500 (Cannot read \")"),
            ("[\"2819c223\"] in any order", "[\"] in any order"),
            ("at most 1 values", "at most # values"),
            ("30474d86-8608-45ef-8c65-eff5644caddb", "#"),
            ("a \"text that does not end", "a \""),
            ("größe 17", "größe #"),
        ] {
            assert_eq!(shape(text), wanted);
        }
    }
}
