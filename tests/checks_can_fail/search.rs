//! The search for changes that make the checks of one case fail.

use std::collections::{BTreeMap, VecDeque};

use scimcheck::model::{CaseResult, Finding, Level, Verdict};
use scimcheck::run::planned_checks;

use super::changes::{self, Kind};
use super::edit::Change;
use super::exceptions;
use super::record::Recorded;

/// A case, and what is known about its checks.
pub(crate) struct Search {
    pub(crate) recorded: Recorded,
    /// Every check of the case, with those of outcomes, by id; control steps block where others fail.
    checks: BTreeMap<String, Planned>,
    /// Checks that have failed, and by which kind of change.
    failed: BTreeMap<String, &'static str>,
    /// Changed runs so far.
    pub(crate) runs: usize,
    /// The answers as they are, judged from the recording.
    unchanged: Option<CaseResult>,
    queue: VecDeque<Change>,
    stage: Stage,
    rounds: u32,
    /// Changes that led to checks which had not been reached: the search goes on from there.
    reached: Vec<(Change, Vec<Finding>)>,
}

/// Changes that are aimed at one check at most.
const MOST_AIMED: usize = 80;

struct Planned {
    level: Level,
    control: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    Unchanged,
    Aimed,
    Whole,
    Everywhere,
    Elsewhere,
    AimedElsewhere,
    Over,
}

impl Search {
    pub(crate) fn new(recorded: Recorded) -> Self {
        let case = recorded.planned.case();
        let controls: Vec<u32> =
            case.steps.iter().filter(|step| step.control).map(|step| step.line).collect();
        let checks = planned_checks(case)
            .map(|(id, _, level, line)| {
                let control = controls.contains(&line);
                (format!("{}#{id}", recorded.planned.id), Planned { level, control })
            })
            .collect();
        Self {
            recorded,
            checks,
            failed: BTreeMap::new(),
            runs: 0,
            unchanged: None,
            queue: VecDeque::new(),
            stage: Stage::Unchanged,
            rounds: 0,
            reached: Vec::new(),
        }
    }

    pub(crate) fn checks(&self) -> Vec<&String> {
        self.checks.keys().collect()
    }

    pub(crate) fn never_failed(&self) -> Vec<String> {
        self.checks.keys().filter(|id| !self.failed.contains_key(*id)).cloned().collect()
    }

    pub(crate) fn failed_by(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.failed.values().copied()
    }

    /// Findings of the live run that the replay of its answers judges otherwise.
    pub(crate) fn unfaithful(&self) -> Vec<String> {
        let verdicts = |result: &CaseResult| -> BTreeMap<String, Verdict> {
            result.checks.iter().map(|finding| (finding.id.clone(), finding.verdict)).collect()
        };
        let Some(unchanged) = &self.unchanged else { return vec![self.recorded.planned.id.clone()] };
        let (live, replayed) = (verdicts(&self.recorded.result), verdicts(unchanged));
        let differs = live.iter().filter(|(id, verdict)| replayed.get(*id) != Some(verdict));
        differs.map(|(id, verdict)| format!("{id}: {verdict}, replayed {:?}", replayed.get(id))).collect()
    }

    /// The next changes to try.
    ///
    /// Few at first, because most checks fail at the first change that is aimed at them; more with every round, because
    /// a round has a price of its own.
    pub(crate) fn next(&mut self) -> Vec<Change> {
        let open = self.checks.len() - self.failed.len();
        let most = open.max(4 << self.rounds.min(5));
        self.rounds += 1;
        loop {
            let mut next = Vec::new();
            while next.len() < most
                && let Some(change) = self.queue.pop_front()
            {
                if change.aim.as_ref().is_none_or(|aim| !self.failed.contains_key(aim)) {
                    next.push(change);
                }
            }
            let open: Vec<_> = self.checks.keys().filter(|id| !self.failed.contains_key(*id)).collect();
            // An exception is looked for too, lest it be a stale one, but not everywhere.
            let only_exceptions =
                open.iter().all(|id| exceptions::CHECKS.iter().any(|(known, _)| known == *id));
            let over = match self.stage {
                Stage::Unchanged | Stage::Aimed | Stage::Whole => self.unchanged.is_some() && open.is_empty(),
                _ => only_exceptions && next.is_empty(),
            };
            if over || self.stage == Stage::Over && next.is_empty() {
                return Vec::new();
            }
            if !next.is_empty() {
                return next;
            }
            self.fill();
        }
    }

    /// Fills the queue for the next stage.
    fn fill(&mut self) {
        let (changes, then) = match self.stage {
            Stage::Unchanged => (vec![Change::none()], Stage::Aimed),
            Stage::Aimed => {
                let findings = self.unchanged.iter().flat_map(|result| result.checks.clone()).collect();
                (self.aimed(&Change::none(), findings), Stage::Whole)
            }
            Stage::Whole => (self.of_each(changes::whole), Stage::Everywhere),
            Stage::Everywhere => (self.of_each(changes::everywhere), Stage::Elsewhere),
            Stage::Elsewhere => (self.of_each(changes::bases), Stage::AimedElsewhere),
            Stage::AimedElsewhere => {
                let reached = std::mem::take(&mut self.reached);
                let aimed = reached.into_iter().flat_map(|(base, findings)| self.aimed(&base, findings));
                (aimed.collect(), Stage::Over)
            }
            Stage::Over => return,
        };
        self.queue.extend(changes);
        self.stage = then;
    }

    /// Changes of every exchange for the sake of the invariants.
    pub(crate) fn for_invariants(&self) -> Vec<Change> {
        self.of_each(changes::for_invariants)
    }

    /// Changes of every exchange, the last first: that is where most checks are.
    fn of_each(&self, kinds: fn(&[scimcheck::wire::Sent], usize) -> Vec<Kind>) -> Vec<Change> {
        let exchanges = &self.recorded.exchanges;
        let of = |exchange| {
            let change = move |(kind, edits): Kind| Change {
                kind,
                edits: edits.into_iter().map(|edit| (exchange, edit)).collect(),
                aim: None,
            };
            kinds(exchanges, exchange).into_iter().map(change)
        };
        (0..exchanges.len()).rev().flat_map(of).collect()
    }

    /// Changes at the places where checks look, the first of every check before the second of any.
    fn aimed(&self, base: &Change, findings: Vec<Finding>) -> Vec<Change> {
        let mut all: Vec<(usize, Change)> = Vec::new();
        for finding in findings {
            let place =
                finding.exchange.as_ref().and_then(|id| id.0.rsplit_once(':')?.1.parse::<usize>().ok());
            let Some(place) = place.and_then(|number| number.checked_sub(1)) else { continue };
            let kinds = changes::aimed(&finding, &self.recorded.exchanges, place, &base.of(place));
            all.extend(kinds.into_iter().take(MOST_AIMED).enumerate().map(|(turn, (kind, edits))| {
                let edits = base.edits.iter().cloned().chain(edits.into_iter().map(|edit| (place, edit)));
                (turn, Change { kind, edits: edits.collect(), aim: Some(finding.id.clone()) })
            }));
        }
        all.sort_by_key(|(turn, _)| *turn);
        all.into_iter().map(|(_, change)| change).collect()
    }

    /// Takes note of what a changed run found.
    pub(crate) fn observe(&mut self, change: &Change, result: CaseResult) {
        self.runs += 1;
        for finding in &result.checks {
            let Some(planned) = self.checks.get(&finding.id) else { continue };
            if self.says_no(planned, finding) && !self.failed.contains_key(&finding.id) {
                self.failed.insert(finding.id.clone(), change.kind);
            }
        }
        if self.unchanged.is_none() {
            self.unchanged = Some(result);
            return;
        }
        let known = |id: &String| {
            let unchanged = self.unchanged.iter().flat_map(|result| &result.checks);
            unchanged.filter(|finding| finding.exchange.is_some()).any(|finding| finding.id == *id)
                || self.reached.iter().any(|(_, findings)| findings.iter().any(|finding| finding.id == *id))
        };
        let new = |finding: &Finding| {
            self.checks.contains_key(&finding.id)
                && !self.failed.contains_key(&finding.id)
                && finding.exchange.is_some()
                && !known(&finding.id)
        };
        let found: Vec<_> = result.checks.iter().filter(|finding| new(finding)).cloned().collect();
        if !found.is_empty() {
            self.reached.push((change.clone(), found));
        }
    }

    /// Whether a finding is one that a reader of the report would see as a complaint. A MAY that is not taken is
    /// `info`, which counts unless it is that on the unchanged answers too.
    fn says_no(&self, planned: &Planned, finding: &Finding) -> bool {
        let unchanged = self.unchanged.iter().flat_map(|result| &result.checks);
        let before = unchanged.filter(|before| before.id == finding.id).map(|before| before.verdict).next();
        match finding.verdict {
            Verdict::Fail | Verdict::Warn => true,
            Verdict::Blocked => planned.control && finding.exchange.is_some(),
            Verdict::Info => planned.level == Level::May && before != Some(Verdict::Info),
            _ => false,
        }
    }
}
