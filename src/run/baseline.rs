//! What a baseline of known failures makes of findings. The failures stay where they are, marked as known; what is listed
//! and holds is marked too, because a baseline that lists too much hides the next failure.

use crate::model::baseline::{day, judge_anew};
use crate::model::{BaselineResult, CaseResult, EntryResult, EntryState, Excuse, RunResult, Verdict};
use crate::suite::baseline::{Baseline, KnownFailure};

/// A baseline on the day of a run.
#[derive(Debug, Clone)]
pub struct Excuses {
    baseline: Baseline,
    today: String,
}

impl Excuses {
    /// For a run that began at `started` (RFC 3339).
    #[must_use]
    pub fn new(baseline: Baseline, started: &str) -> Self {
        Self { baseline, today: day(started) }
    }

    /// Marks what is known of a case.
    pub(crate) fn excuse(&self, case: &mut CaseResult) {
        for finding in &mut case.checks {
            if !is_broken(finding.verdict) || finding.excuse.is_some() {
                continue;
            }
            let listing = || self.baseline.known.iter().filter(|entry| entry.lists(&finding.id));
            match listing().find(|entry| !entry.is_expired(&self.today)) {
                Some(entry) => {
                    finding.excuse = Some(Box::new(excuse(entry, finding.verdict)));
                    finding.verdict = Verdict::Known;
                }
                // It counts, and the report says that it was excused once.
                None => {
                    finding.excuse = listing().next().map(|entry| Box::new(excuse(entry, finding.verdict)));
                }
            }
        }
        excuse_consequences(case);
        if has_excuse(case) {
            judge_anew(case);
        }
    }

    /// Marks what is listed and holds, and says what became of every entry. `result` has all cases.
    pub(crate) fn settle(&self, result: &mut RunResult) {
        let whole = result.partial.is_none()
            && result.partition.is_none()
            && result.cases.iter().all(|case| case.verdict != Verdict::Deselected);
        let mut entries: Vec<_> = self.baseline.known.iter().map(unsettled).collect();
        for entry in &mut entries {
            entry.settle(&mut result.cases, whole, &self.today);
        }
        result.baseline = Some(BaselineResult { file: self.baseline.file().to_owned(), entries });
        for case in result.cases.iter_mut().filter(|case| has_excuse(case)) {
            judge_anew(case);
        }
    }
}

/// What can be excused: what is broken, and what could not be judged.
fn is_broken(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Warn | Verdict::Blocked | Verdict::Error)
}

fn excuse(entry: &KnownFailure, judged: Verdict) -> Excuse {
    let KnownFailure { reason, link, expires, .. } = entry.clone();
    Excuse { judged, reason, link, expires }
}

/// What was not reached because of a known failure is known with it.
fn excuse_consequences(case: &mut CaseResult) {
    let known: Vec<_> =
        case.checks.iter().filter(|finding| finding.verdict == Verdict::Known).cloned().collect();
    for finding in case.checks.iter_mut().filter(|finding| finding.verdict == Verdict::Blocked) {
        let reason = finding.reason.as_deref().and_then(|reason| reason.strip_prefix("not reached: "));
        let cause = known.iter().find(|cause| {
            !cause.got.is_empty() && reason.is_some_and(|reason| reason.ends_with(cause.got.as_str()))
        });
        if let Some(excuse) = cause.and_then(|cause| cause.excuse.clone()) {
            finding.excuse = Some(Box::new(Excuse { judged: Verdict::Blocked, ..*excuse }));
            finding.verdict = Verdict::Known;
        }
    }
}

fn has_excuse(case: &CaseResult) -> bool {
    case.checks.iter().any(|finding| finding.excuse.is_some())
}

fn unsettled(entry: &KnownFailure) -> EntryResult {
    let KnownFailure { check, reason, link, expires, line } = entry.clone();
    EntryResult { check, line, reason, link, expires, state: EntryState::NotJudged, findings: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Finding, Level};
    use crate::suite::Source;

    fn excuses(text: &str) -> Excuses {
        let source =
            Source { name: "known.yaml".to_owned(), text: format!("format: 1\nknown:\n{text}").into() };
        Excuses::new(Baseline::read(&source).unwrap(), "2026-06-30T10:00:00Z")
    }

    fn case(checks: &[(&str, Verdict)]) -> CaseResult {
        let finding = |(name, verdict): &(&str, Verdict)| {
            Finding::new(format!("a/b#{name}"), "RFC7644-3.3-07".into(), Level::Must, *verdict)
        };
        CaseResult {
            id: "a/b".to_owned(),
            suite: "a".to_owned(),
            title: String::new(),
            area: String::new(),
            verdict: checks.iter().map(|(_, verdict)| *verdict).max().unwrap(),
            reason: None,
            requires: Vec::new(),
            started_ms: 0.0,
            duration_ms: 0.0,
            checks: checks.iter().map(finding).collect(),
            outcomes: Vec::new(),
            latencies: Vec::new(),
            exchanges: Vec::new(),
            source: None,
        }
    }

    fn result(cases: Vec<CaseResult>) -> RunResult {
        let json = serde_json::json!({
            "format": 1, "tool": { "name": "scimcheck", "version": "0" },
            "target": { "name": "t", "base_url": "http://t", "profile": null },
            "seed": 7, "started": "2026-06-30T10:00:00Z", "duration_ms": 1.0, "partial": null, "features": {},
            "counts": {}, "check_counts": {}, "cases": [], "exchanges": [], "requirements": {}, "left_over": [],
        });
        RunResult { cases, ..serde_json::from_value(json).unwrap() }
    }

    fn settled(excuses: &Excuses, mut cases: Vec<CaseResult>) -> (Vec<Verdict>, Vec<EntryState>) {
        for case in &mut cases {
            excuses.excuse(case);
        }
        let mut result = result(cases);
        excuses.settle(&mut result);
        let states = result.baseline.unwrap().entries.iter().map(|entry| entry.state).collect();
        (result.cases.iter().flat_map(|case| &case.checks).map(|finding| finding.verdict).collect(), states)
    }

    #[test]
    fn what_is_known_stays_and_what_holds_is_stale() {
        let excuses = excuses(
            "- { check: 'a/b#one', reason: r }\n- { check: 'a/b#two', reason: r, expires: 2026-06-29 }\n\
             - { check: 'a/b#three', reason: r }\n- { check: 'a/b#gone', reason: r }\n- { check: 'a/b#na', reason: r }\n",
        );
        let checks = [
            ("one", Verdict::Fail),
            ("two", Verdict::Fail),
            ("three", Verdict::Pass),
            ("four", Verdict::Warn),
            ("na", Verdict::NotApplicable),
        ];
        let (verdicts, states) = settled(&excuses, vec![case(&checks)]);
        let expected = [Verdict::Known, Verdict::Fail, Verdict::Fixed, Verdict::Warn, Verdict::NotApplicable];
        assert_eq!(verdicts, expected);
        let expected = [
            EntryState::Excuses,
            EntryState::Expired,
            EntryState::Stale,
            EntryState::Stale,
            EntryState::NotJudged,
        ];
        assert_eq!(states, expected);
        // With a selection nothing can be said about what is not there.
        let mut other = case(&[("x", Verdict::Deselected)]);
        other.id = "other".to_owned();
        let (_, states) = settled(&excuses, vec![other]);
        assert_eq!(states, [EntryState::NotJudged; 5]);
    }

    #[test]
    fn a_glob_is_stale_only_if_nothing_that_it_lists_is_broken() {
        let excuses = excuses("- { check: 'a/*', reason: r, expires: 2026-06-30 }\n");
        let (verdicts, states) =
            settled(&excuses, vec![case(&[("one", Verdict::Pass), ("two", Verdict::Fail)])]);
        assert_eq!(
            (verdicts.as_slice(), states.as_slice()),
            ([Verdict::Pass, Verdict::Known].as_slice(), [EntryState::Excuses].as_slice())
        );
        let (verdicts, states) =
            settled(&excuses, vec![case(&[("one", Verdict::Pass), ("two", Verdict::Info)])]);
        assert_eq!(
            (verdicts.as_slice(), states.as_slice()),
            ([Verdict::Fixed; 2].as_slice(), [EntryState::Stale].as_slice())
        );
    }

    #[test]
    fn what_a_known_failure_keeps_from_being_reached_is_known_with_it() {
        let excuses = excuses("- { check: 'a/b#one', reason: r }\n");
        let mut case =
            case(&[("one", Verdict::Fail), ("two", Verdict::Blocked), ("three", Verdict::Blocked)]);
        case.checks[0].got = "status 500".to_owned();
        case.checks[1].reason = Some("not reached: create it: status 500".to_owned());
        case.checks[2].reason = Some("set-up: status 500".to_owned());
        excuses.excuse(&mut case);
        let verdicts: Vec<_> = case.checks.iter().map(|finding| finding.verdict).collect();
        assert_eq!(verdicts, [Verdict::Known, Verdict::Known, Verdict::Blocked]);
        assert_eq!(case.verdict, Verdict::Blocked);
    }
}
