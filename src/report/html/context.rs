//! What every part of the page needs: the result, what its findings rest on, the anchors, and what filters offer.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::{CaseResult, Level, RequirementId, RunResult};
pub(super) use crate::report::cause::{Told, is_told, told};
use crate::report::evidence::Evidence;
use crate::suite::catalogue::Catalogue;

/// An anchor has at most about so many characters: ids may come from the names of a target's attributes.
const ANCHOR: usize = 160;

/// What every part of the page needs.
#[derive(Debug)]
pub(super) struct Context<'r> {
    pub(super) result: &'r RunResult,
    pub(super) evidence: Evidence<'r>,
    /// Names of areas and of suites: filters name them by their place in these lists.
    pub(super) areas: Vec<&'r str>,
    pub(super) suites: Vec<&'r str>,
    area_places: HashMap<&'r str, usize>,
    suite_places: HashMap<&'r str, usize>,
    case_anchors: Vec<String>,
    finding_anchors: HashMap<(usize, usize), String>,
    requirement_anchors: HashMap<&'r RequirementId, String>,
    /// Cases by id.
    cases: HashMap<&'r str, usize>,
}

impl<'r> Context<'r> {
    pub(super) fn of(result: &'r RunResult) -> Self {
        let catalogue = Catalogue::embedded();
        let required = result.requirements.keys().filter_map(|id| catalogue.requirement(id));
        let areas: BTreeSet<_> =
            result.cases.iter().map(area).chain(required.map(|requirement| &*requirement.area)).collect();
        let mut suites = Vec::new();
        let mut known = HashSet::new();
        for case in &result.cases {
            if known.insert(case.suite.as_str()) {
                suites.push(case.suite.as_str());
            }
        }
        let cases = result.cases.iter().enumerate().map(|(index, case)| (case.id.as_str(), index));
        let mut taken = Names::default();
        let case_anchors = result.cases.iter().map(|case| taken.give("case", &case.id)).collect();
        let told = told(result).map(|told| (told.at, taken.give("finding", &told.finding.id))).collect();
        let requirements = result.requirements.keys();
        let areas: Vec<_> = areas.into_iter().collect();
        Self {
            result,
            evidence: Evidence::of(result),
            area_places: places(&areas),
            suite_places: places(&suites),
            areas,
            suites,
            case_anchors,
            finding_anchors: told,
            requirement_anchors: requirements
                .map(|id| (id, taken.give("requirement", id.as_str())))
                .collect(),
            cases: cases.collect(),
        }
    }

    /// The anchor of a case, by its index.
    pub(super) fn case_anchor(&self, index: usize) -> &str {
        self.case_anchors.get(index).map_or("", String::as_str)
    }

    /// The anchor of a finding that is told.
    pub(super) fn finding_anchor(&self, at: (usize, usize)) -> &str {
        self.finding_anchors.get(&at).map_or("", String::as_str)
    }

    /// The anchor of a requirement; `None` if the result does not list it.
    pub(super) fn requirement_anchor(&self, id: &RequirementId) -> Option<&str> {
        self.requirement_anchors.get(id).map(String::as_str)
    }

    pub(super) fn area_place(&self, area: &str) -> Option<usize> {
        self.area_places.get(area).copied()
    }

    pub(super) fn suite_place(&self, suite: &str) -> usize {
        self.suite_places.get(suite).copied().unwrap_or_default()
    }

    /// The index of the case with this id.
    pub(super) fn owner(&self, case: &str) -> Option<usize> {
        self.cases.get(case).copied()
    }
}

/// The area of a case, as the figures call it.
pub(super) fn area(case: &CaseResult) -> &str {
    if case.area.is_empty() { "other" } else { &case.area }
}

/// The level without its direction, which is what filters offer.
pub(super) fn strength(level: Level) -> &'static str {
    match level {
        Level::Must | Level::MustNot => "MUST",
        Level::Should | Level::ShouldNot => "SHOULD",
        Level::May => "MAY",
    }
}

fn places<'r>(names: &[&'r str]) -> HashMap<&'r str, usize> {
    names.iter().enumerate().map(|(place, name)| (*name, place)).collect()
}

/// Anchors that were given: each once.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, usize>);

impl Names {
    /// `case-patch/remove/one`, `finding-patch/remove/one:kept`; a number follows where the name is taken.
    pub(super) fn give(&mut self, kind: &str, id: &str) -> String {
        let word = |c: char| match c {
            '#' => ':',
            c if c.is_alphanumeric() || "-._/:".contains(c) => c,
            _ => '-',
        };
        let name = format!("{kind}-{}", id.chars().take(ANCHOR).map(word).collect::<String>());
        let times = self.0.entry(name.clone()).or_default();
        *times += 1;
        if *times == 1 { name } else { format!("{name}~{times}") }
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn anchors_are_plain_and_unique() {
        let mut names = Names::default();
        assert_eq!(names.give("case", "patch/remove/one"), "case-patch/remove/one");
        assert_eq!(names.give("finding", "a/b#kept"), "finding-a/b:kept");
        assert_eq!(names.give("case", "a b\"<\u{202e}"), "case-a-b---");
        assert_eq!(names.give("case", "a'b\"<\u{202e}"), "case-a-b---~2");
        assert_eq!(names.give("case", &"x".repeat(4 << 20)).len(), 165);
    }
}
