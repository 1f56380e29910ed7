//! Every requirement of the catalogue after a run: judged how, or why not.

use std::collections::BTreeMap;

use super::plan::{Plan, PlannedCase};
use crate::model::{CaseResult, Level, RequirementId, RequirementResult, Testable, Verdict};
use crate::suite::catalogue::Catalogue;
use crate::suite::format::{Case, Check, Step};
use crate::suite::lint::default_requirement;

/// A check as it stands in a suite: id, requirement, level, line.
pub type PlannedCheck = (String, RequirementId, Level, u32);

/// Everything that a case may judge, the checks of outcomes that the RFCs leave open included.
pub fn planned_checks(case: &Case) -> impl Iterator<Item = PlannedCheck> + '_ {
    case.steps.iter().flat_map(|step| {
        let of_outcomes = step.one_of.iter().flat_map(|outcome| &outcome.checks).map(planned_check);
        step_checks(step).chain(of_outcomes)
    })
}

/// The ids of what a case's control steps ask for: where an expectation does not hold, the case is blocked, and where a login
/// does not count before anything was done to it, its channel is.
pub fn control_checks(case: &Case) -> impl Iterator<Item = String> + '_ {
    case.steps.iter().filter(|step| step.control).flat_map(|step| {
        let looks = step.checks.iter().filter(|check| check.channel.is_some()).map(|check| check.id.clone());
        std::iter::once(super::case::slug(&step.name)).chain(looks)
    })
}

/// What a planned case judges for certain.
pub(crate) fn checks_of(planned: &PlannedCase) -> impl Iterator<Item = PlannedCheck> + '_ {
    planned.case().steps.iter().flat_map(step_checks)
}

fn step_checks(step: &Step) -> impl Iterator<Item = PlannedCheck> + '_ {
    let own = requirement_of(step).map(|requirement| {
        let level = level(&requirement);
        (super::case::slug(&step.name), requirement, level, step.line)
    });
    own.into_iter().chain(step.checks.iter().map(planned_check))
}

fn planned_check(check: &Check) -> PlannedCheck {
    let level = check.level.unwrap_or_else(|| level(&check.requirement));
    (check.id.clone(), check.requirement.clone(), level, check.line)
}

/// The requirement that a step's `expect` or `one_of` verifies.
pub(crate) fn requirement_of(step: &Step) -> Option<RequirementId> {
    let status = step.expect.as_ref().map(|expect| &expect.status);
    step.requirement.clone().or_else(|| default_requirement(step.method(), status?))
}

fn level(id: &RequirementId) -> Level {
    Catalogue::embedded().requirement(id).map_or(Level::Must, |requirement| requirement.level)
}

/// What is known about every requirement of the catalogue after a run.
pub(crate) fn summarise(
    catalogue: &Catalogue,
    plan: &Plan,
    cases: &[CaseResult],
) -> BTreeMap<RequirementId, RequirementResult> {
    let mut summary: BTreeMap<RequirementId, RequirementResult> = BTreeMap::new();
    for requirement in catalogue.requirements() {
        let not_judged = match requirement.testable {
            Testable::No => format!(
                "not testable over HTTP: {}",
                requirement.why.as_deref().unwrap_or("it binds nobody that a client can observe")
            ),
            _ => "no check of these suites covers it".to_owned(),
        };
        let result = RequirementResult {
            level: requirement.level,
            judged: 0,
            worst: None,
            not_judged: Some(not_judged),
        };
        summary.insert(requirement.id.clone(), result);
    }
    // Outcomes that were not taken leave no finding, but their requirements have a check.
    for (requirement, outcome) in plan.cases.iter().flat_map(outcome_requirements) {
        if let Some(result) = summary.get_mut(&requirement) {
            result.not_judged = Some(format!("judged only if the outcome \"{outcome}\" is taken"));
        }
    }
    for finding in cases.iter().flat_map(|case| &case.checks) {
        let Some(result) = summary.get_mut(&finding.requirement) else { continue };
        if finding.verdict.is_judged() {
            result.judged += finding.judged_on.unwrap_or(1);
            result.worst = result.worst.max(Some(finding.verdict));
            result.not_judged = None;
        } else if result.judged == 0 {
            let reason = finding.reason.clone().unwrap_or_else(|| finding.verdict.to_string());
            let reason = match finding.verdict {
                Verdict::Blocked => format!("blocked: {reason}"),
                Verdict::Error => format!("error: {reason}"),
                _ => reason,
            };
            result.not_judged = Some(reason);
        }
    }
    summary
}

fn outcome_requirements(planned: &PlannedCase) -> Vec<(RequirementId, String)> {
    let outcomes = planned.case().steps.iter().flat_map(|step| &step.one_of);
    outcomes
        .flat_map(|outcome| {
            outcome.checks.iter().map(|check| (check.requirement.clone(), outcome.outcome.clone()))
        })
        .collect()
}
