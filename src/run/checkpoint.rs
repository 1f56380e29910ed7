//! What is known while a run goes on, as a result of its own: whoever writes it has something to show if the process
//! is killed.

use std::mem;

use super::collector::Done;
use super::invariants::Tally;
use super::plan::Plan;
use super::shared::Shared;
use super::{count, requirements, unjudged};
use crate::model::{RunResult, Verdict, milliseconds};
use crate::wire::redact::Redactor;

/// Why a result of a run that goes on is not complete: what remains if the process is killed.
pub(crate) const UNFINISHED: &str = "the run has not ended: it goes on, or it was killed";

/// Shows what is known to somebody, as a whole result. Nothing is copied: what was found goes into the result and comes
/// back out of it.
pub(super) fn show(
    shared: &Shared,
    redactor: &Redactor,
    frame: &RunResult,
    plan: &Plan,
    discovery: &mut Done,
    done: &mut [Option<Done>],
    show: impl FnOnce(&RunResult),
) {
    let mut result = frame.clone();
    result.partial = Some(UNFINISHED.to_owned());
    result.duration_ms = milliseconds(shared.epoch.elapsed());
    let mut invariants = Tally::default();
    let mut parts: Vec<_> =
        std::iter::once(Some(&mut *discovery)).chain(done.iter_mut().map(Option::as_mut)).collect();
    let mut taken = Vec::with_capacity(parts.len());
    for (at, part) in parts.iter_mut().enumerate() {
        match part {
            Some(part) => {
                taken.push((part.result.is_some(), part.exchanges.len()));
                result.cases.extend(part.result.take());
                result.exchanges.extend(mem::take(&mut part.exchanges));
                result.left_over.extend(part.left_over.iter().cloned());
                invariants.add(part.invariants.clone());
            }
            None => {
                let planned = &plan.cases[at - 1];
                result.cases.push(unjudged(shared, planned, Verdict::Blocked, "not begun, or not ended"));
                taken.push((true, 0));
            }
        }
    }
    let own = result.cases.len();
    let mut always_on = invariants.cases(|text| redactor.line(text));
    if let Some(excuses) = &shared.excuses {
        for case in &mut always_on {
            excuses.excuse(case);
        }
    }
    result.cases.extend(always_on);
    result.requirements = requirements::summarise(shared.catalogue, plan, &result.cases);
    result.counts = count(result.cases.iter().map(|case| case.verdict));
    let checks = result.cases.iter().flat_map(|case| case.checks.iter().map(|check| check.verdict));
    result.check_counts = count(checks);
    show(&result);

    let mut cases = result.cases.into_iter().take(own);
    let mut exchanges = result.exchanges.into_iter();
    for (part, (had_case, sent)) in parts.iter_mut().zip(taken) {
        let case = if had_case { cases.next() } else { None };
        if let Some(part) = part {
            part.result = case;
            part.exchanges = exchanges.by_ref().take(sent).collect();
        }
    }
}
