//! Whether a fault was caught: by a check that cites what it violates, by another one, or by none.

use std::collections::HashMap;

use serde::Serialize;

use crate::model::{Finding, Level, RequirementId, RunResult, Verdict};
use crate::suite::catalogue::Catalogue;
pub use crate::suite::caught::Sight;
use crate::suite::caught::check_of;
use crate::suite::faults::{FaultDescription, Normative};

/// A check that says more against the server than against the same server without faults.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Seen {
    /// The check.
    pub check: String,
    /// What it verifies.
    pub requirement: RequirementId,
    /// What it says: info, warn or fail.
    pub verdict: Verdict,
    /// The case whose exchange shows it: its own, or for an invariant the first that broke it.
    pub case: String,
    /// Whether that is all that it can say: its level allows no more.
    #[serde(skip)]
    pub broken: bool,
}

/// The verdict of every check on the server without faults.
#[derive(Debug, Default)]
pub struct Baseline(HashMap<String, Verdict>);

impl Baseline {
    /// Of a run.
    #[must_use]
    pub fn new(result: &RunResult) -> Self {
        let findings = result.cases.iter().flat_map(|case| &case.checks);
        let mut all: HashMap<String, Verdict> = HashMap::new();
        for finding in findings {
            let worst = all.entry(check_of(&finding.id).to_owned()).or_insert(finding.verdict);
            *worst = (*worst).max(finding.verdict);
        }
        Self(all)
    }

    /// What a run found that this one did not, the worst first; each check once.
    #[must_use]
    pub fn seen(&self, result: &RunResult) -> Vec<Seen> {
        let mut worst: HashMap<&str, Seen> = HashMap::new();
        for finding in result.cases.iter().flat_map(|case| &case.checks) {
            let speaks = matches!(finding.verdict, Verdict::Info | Verdict::Warn | Verdict::Fail);
            let check = check_of(&finding.id);
            let is_new = self.0.get(check).is_none_or(|before| *before < finding.verdict);
            // Once broken anyway, a check says nothing about the fault.
            if !speaks || !is_new {
                continue;
            }
            let seen = Seen {
                check: check.to_owned(),
                requirement: finding.requirement.clone(),
                verdict: finding.verdict,
                case: case_of(finding),
                broken: finding.verdict >= Verdict::Warn || finding.level == Level::May,
            };
            let known = worst.entry(check).or_insert_with(|| seen.clone());
            if known.verdict < seen.verdict {
                *known = seen;
            }
        }
        let mut all: Vec<Seen> = worst.into_values().collect();
        all.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.check.cmp(&b.check)));
        all
    }
}

fn case_of(finding: &Finding) -> String {
    let exchange = finding.exchange.as_ref().and_then(|exchange| exchange.0.rsplit_once(':'));
    let own = finding.id.split('#').next().unwrap_or_default();
    exchange.map_or(own, |(case, _)| case).to_owned()
}

/// Whether a check that says this has caught the fault: it cites what the fault violates, and says so with the weight
/// that the requirement has. What no RFC forbids is caught by a warning or a note as well.
#[must_use]
pub fn catches(fault: &FaultDescription, seen: &Seen) -> bool {
    let demanded = match fault.normative {
        Normative::Rfc => Catalogue::embedded()
            .requirement(&seen.requirement)
            .map_or(Verdict::Fail, |requirement| requirement.level.verdict_if_broken()),
        Normative::Interop | Normative::Profile => Verdict::Info,
    };
    fault.requirements.contains(&seen.requirement) && seen.verdict >= demanded
}

/// How a fault was seen. A note alone is none: notes are about what the RFCs leave open.
#[must_use]
pub fn judge(fault: &FaultDescription, seen: &[Seen]) -> Sight {
    if seen.iter().any(|seen| catches(fault, seen)) {
        Sight::Caught
    } else if seen.iter().any(|seen| seen.broken) {
        Sight::Elsewhere
    } else {
        Sight::Missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::faults::Faults;

    fn seen(requirement: &str, verdict: Verdict) -> Seen {
        Seen {
            check: "a/b#c".into(),
            requirement: requirement.into(),
            verdict,
            case: "a/b".into(),
            broken: true,
        }
    }

    #[test]
    fn a_must_has_to_fail_and_what_is_open_may_only_warn() {
        let mut fault = Faults::embedded().all()[0].clone();
        fault.normative = Normative::Rfc;
        fault.requirements = vec!["RFC7644-1.2-02".into()];
        let judge =
            |fault: &FaultDescription, requirement, verdict| judge(fault, &[seen(requirement, verdict)]);
        assert_eq!(judge(&fault, "RFC7644-1.2-02", Verdict::Fail), Sight::Caught);
        assert_eq!(judge(&fault, "RFC7644-1.2-02", Verdict::Warn), Sight::Elsewhere);
        assert_eq!(judge(&fault, "RFC7644-1.3-01", Verdict::Fail), Sight::Elsewhere);
        fault.normative = Normative::Interop;
        assert_eq!(judge(&fault, "RFC7644-1.2-02", Verdict::Warn), Sight::Caught);
        assert_eq!(super::judge(&fault, &[]), Sight::Missed);
    }
}
