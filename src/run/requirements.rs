//! Every requirement of the catalogue after a run: judged how, or why not.

use std::collections::BTreeMap;

use super::plan::{Plan, PlannedCase};
use crate::model::{CaseResult, Level, RequirementId, RequirementResult, Testable, Verdict};
use crate::suite::catalogue::Catalogue;
use crate::suite::format::{Check, Step};
use crate::suite::lint::default_requirement;

/// What a planned case would judge: check id, requirement, level, line.
pub(crate) fn checks_of(
    planned: &PlannedCase,
) -> impl Iterator<Item = (String, RequirementId, Level, u32)> + '_ {
    let level = |check: &Check| check.level.unwrap_or_else(|| level(&check.requirement));
    planned.case().steps.iter().flat_map(move |step| {
        let own = requirement_of(step).map(|requirement| {
            (super::case::slug(&step.name), requirement.clone(), self::level(&requirement), step.line)
        });
        let checks = step
            .checks
            .iter()
            .map(move |check| (check.id.clone(), check.requirement.clone(), level(check), check.line));
        own.into_iter().chain(checks)
    })
}

/// The requirement that a step's `expect` or `one_of` verifies.
pub(crate) fn requirement_of(step: &Step) -> Option<RequirementId> {
    let status = step.expect.as_ref().map(|expect| &expect.status);
    step.requirement.clone().or_else(|| default_requirement(&step.request.method, status?))
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
