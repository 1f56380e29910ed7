//! A plan as libtest-mimic trials: every case is a test of its own, with the names, filters and output of `cargo test`
//! and cargo-nextest.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};

use crate::model::{RunResult, Verdict};
use crate::run::{Fate, Plan, PlannedCase};

/// Runs one case and gives the result of that run; handed in so that this module needs no runtime of its own.
pub type RunCase = dyn Fn(&PlannedCase) -> RunResult + Send + Sync;

/// One trial per case of the plan. A case that does not run on this target is shown as ignored; one that fails, or
/// that breaks an invariant on the way, fails with the text of `explain`.
pub fn trials(
    plan: &Plan,
    run_case: &Arc<RunCase>,
    explain: impl Fn(&RunResult) -> String + Send + Sync + Clone + 'static,
) -> Vec<Trial> {
    let trial = |planned: &PlannedCase| {
        let (planned, run_case, explain) = (planned.clone(), Arc::clone(run_case), explain.clone());
        let ignored = planned.fate != Fate::Run;
        let name = planned.id.replace('/', "::");
        Trial::test(name, move || judge(&run_case(&planned), &explain)).with_ignored_flag(ignored)
    };
    plan.cases.iter().map(trial).collect()
}

fn judge(result: &RunResult, explain: &impl Fn(&RunResult) -> String) -> Result<(), Failed> {
    let worst = result.cases.iter().map(|case| case.verdict).max();
    let judged = result.cases.iter().any(|case| case.verdict.is_judged());
    match worst {
        Some(Verdict::Blocked | Verdict::Fail | Verdict::Error) => Err(explain(result).into()),
        _ if !judged => Err("nothing was judged".into()),
        _ => Ok(()),
    }
}
