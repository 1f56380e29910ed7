//! What the suites judge more mildly than the RFC words it: requirements that are broken at worst with a warning, or
//! with a note only.

use std::collections::BTreeMap;

use crate::check::invariants::Invariant;
use crate::model::{Level, RequirementId, Verdict};
use crate::run::requirement_of;
use crate::suite::Suite;
use crate::suite::catalogue::Catalogue;
use crate::suite::format::{Check, Matcher, OutcomeVerdict, StatusPattern, Step};

/// Answers with which a server says yes, and one with which it says no: what else it may answer is a mistake of
/// another kind.
const YES: [u16; 3] = [200, 201, 204];
const NO: [u16; 1] = [400];

/// The worst verdict that the checks of some suites, and the invariants, can give about each requirement.
pub(crate) fn worst_by_requirement(suites: &[Suite]) -> BTreeMap<RequirementId, Verdict> {
    let mut worst = BTreeMap::new();
    let mut note = |requirement: RequirementId, verdict: Verdict| {
        let known = worst.entry(requirement).or_insert(verdict);
        *known = verdict.max(*known);
    };
    for step in suites.iter().flat_map(|suite| &suite.spec.cases).flat_map(|case| &case.steps) {
        if let Some(requirement) = requirement_of(step) {
            let verdict = of_step(step, level(&requirement));
            note(requirement, verdict);
        }
        for check in step.checks.iter().chain(step.one_of.iter().flat_map(|outcome| &outcome.checks)) {
            note(check.requirement.clone(), of_check(check));
        }
    }
    for invariant in Invariant::all() {
        note(invariant.requirement.into(), invariant.level().verdict_if_broken());
    }
    worst
}

fn level(id: &RequirementId) -> Level {
    Catalogue::embedded().requirement(id).map_or(Level::Must, |requirement| requirement.level)
}

/// Of `expect` every other status is a breach; of `one_of` what no outcome covers.
fn of_step(step: &Step, level: Level) -> Verdict {
    let broken = level.verdict_if_broken();
    let covers = |status: u16| step.one_of.iter().any(|outcome| outcome.status.fits(status));
    if step.one_of.is_empty() || !YES.into_iter().any(covers) || !NO.into_iter().any(covers) {
        return broken;
    }
    let verdicts = step.one_of.iter().map(|outcome| outcome.verdict.verdict(level));
    verdicts.max().unwrap_or(broken).min(broken)
}

/// A check of the status may tolerate every other one.
fn of_check(check: &Check) -> Verdict {
    let level = check.level.unwrap_or_else(|| level(&check.requirement));
    let broken = level.verdict_if_broken();
    let matchers = check.matchers();
    let Some((_, Matcher::Status(wanted))) = matchers.first() else { return broken };
    let tolerated: Vec<(StatusPattern, OutcomeVerdict)> = check
        .tolerate
        .iter()
        .filter_map(|tolerance| match tolerance.matchers().as_slice() {
            [(_, Matcher::Status(pattern))] => Some((pattern.clone(), tolerance.verdict)),
            _ => None,
        })
        .collect();
    let covers =
        |status: u16| wanted.fits(status) || tolerated.iter().any(|(pattern, _)| pattern.fits(status));
    if !YES.into_iter().any(covers) || !NO.into_iter().any(covers) {
        return broken;
    }
    tolerated.iter().map(|(_, verdict)| verdict.verdict(level)).max().unwrap_or(broken).min(broken)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(tolerate: &Value) -> Verdict {
        let check =
            json!({ "id": "a", "status": 400, "requirement": "RFC7644-3.12-02", "tolerate": tolerate });
        of_check(&serde_json::from_value(check).unwrap())
    }

    #[test]
    fn a_check_that_tolerates_every_other_status_is_lower() {
        assert_eq!(check(&json!([])), Verdict::Fail);
        let other_refusals = json!([{ "status": "4xx", "verdict": "warn" }]);
        assert_eq!(check(&other_refusals), Verdict::Fail, "success is not tolerated");
        let both = json!([{ "status": "4xx", "verdict": "info" }, { "status": "2xx", "verdict": "warn" }]);
        assert_eq!(check(&both), Verdict::Warn);
    }

    #[test]
    fn outcomes_for_yes_and_no_without_a_bad_one_are_lower() {
        let step = |outcomes: Value| -> Verdict {
            let step =
                json!({ "name": "a", "request": { "method": "GET", "path": "/Users" }, "one_of": outcomes });
            of_step(&serde_json::from_value(step).unwrap(), Level::Must)
        };
        let outcome =
            |status: &str, verdict: &str| json!({ "outcome": "o", "status": status, "verdict": verdict });
        assert_eq!(step(json!([outcome("4xx", "pass")])), Verdict::Fail);
        assert_eq!(step(json!([outcome("4xx", "pass"), outcome("2xx", "warn")])), Verdict::Warn);
        assert_eq!(step(json!([outcome("4xx", "pass"), outcome("2xx", "fail")])), Verdict::Fail);
    }
}
