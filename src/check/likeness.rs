//! Which known fault the failures of a run look like. A fault of the reference server has a fingerprint: the checks that
//! it makes fail ([`Table`]). Where nearly all of them fail on a target too, that fault is probably what the target has.
//!
//! A wrong guess sends somebody to the wrong place, so there is none where it would be weak: too few of the checks were
//! judged, too much else is broken around them, or two faults fit equally well.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use crate::model::{CaseResult, Finding, Level, RequirementId, Verdict};
use crate::suite::caught::{Record, Table, check_of};
use crate::suite::faults::{FaultDescription, Faults};

/// Of the checks of a fault that were judged, at least so many of a hundred are broken.
const ENOUGH: usize = 80;
/// A fingerprint of so few checks is easily met by chance.
const SMALL: usize = 2;

/// Names, in every finding that is broken, the fault that it looks like. `derived` are the beginnings of the ids of derived
/// cases (`crud/read/known/`): their rows differ from target to target, and count as one check.
pub fn name(cases: &mut [CaseResult], derived: &BTreeSet<String>) {
    let observed = Observed::of(cases, derived);
    if observed.broken.is_empty() {
        return;
    }
    let suspects = suspects(&observed, Table::embedded(), Faults::embedded(), derived);
    for finding in cases.iter_mut().flat_map(|case| &mut case.checks) {
        if holds(finding) == Some(false) {
            let check = written(&finding.id, derived);
            finding.looks_like = best(&suspects, &check, &finding.requirement).map(str::to_owned);
        }
    }
}

/// What was judged; each check as it stands in the suites.
#[derive(Default)]
struct Observed {
    broken: BTreeMap<String, RequirementId>,
    held: BTreeSet<String>,
}

impl Observed {
    fn of(cases: &[CaseResult], derived: &BTreeSet<String>) -> Self {
        let mut observed = Self::default();
        for finding in cases.iter().flat_map(|case| &case.checks) {
            let Some(holds) = holds(finding) else { continue };
            let check = written(&finding.id, derived).into_owned();
            if holds {
                observed.held.insert(check);
            } else {
                observed.broken.insert(check, finding.requirement.clone());
            }
        }
        observed.held.retain(|check| !observed.broken.contains_key(check));
        observed
    }
}

/// Whether a check holds; `None` if that says nothing about faults: it was not judged, or demands nothing.
fn holds(finding: &Finding) -> Option<bool> {
    match finding.verdict {
        _ if finding.level == Level::May => None,
        Verdict::Pass => Some(true),
        Verdict::Warn | Verdict::Fail | Verdict::Known => Some(false),
        _ => None,
    }
}

/// The check as it stands in the suites: one for all rows that are derived, one for all breaches of an invariant.
fn written<'c>(check: &'c str, derived: &BTreeSet<String>) -> Cow<'c, str> {
    let check = check_of(check);
    let Some((case, name)) = check.split_once('#') else { return check.into() };
    let before = derived.range::<str, _>((Bound::Unbounded, Bound::Included(case))).next_back();
    match before.filter(|beginning| case.starts_with(beginning.as_str())) {
        Some(beginning) => format!("{beginning}*#{name}").into(),
        None => check.into(),
    }
}

/// A fault that the target may have.
struct Suspect<'t> {
    fault: &'t FaultDescription,
    /// The checks of its fingerprint that are broken.
    broken: BTreeSet<String>,
    /// How many of them hold.
    held: usize,
}

fn suspects<'t>(
    observed: &Observed,
    table: &'t Table,
    faults: &'t Faults,
    derived: &BTreeSet<String>,
) -> Vec<Suspect<'t>> {
    let suspect = |(id, record): (&String, &Record)| {
        let checks: BTreeSet<String> =
            record.checks().map(|check| written(check, derived).into_owned()).collect();
        let broken: BTreeSet<String> =
            checks.iter().filter(|check| observed.broken.contains_key(*check)).cloned().collect();
        if broken.is_empty() {
            return None;
        }
        let held = checks.iter().filter(|check| observed.held.contains(*check)).count();
        let fault = faults.get(id)?;
        let suspect = Suspect { fault, broken, held };
        let judged_enough = suspect.judged() * 2 >= checks.len();
        (judged_enough && suspect.shows(record, derived) && suspect.explains(observed)).then_some(suspect)
    };
    let mut all: Vec<Suspect<'_>> = table.iter().filter_map(suspect).collect();
    all.sort_by_key(|suspect| Reverse(suspect.score()));
    // What is left over of a fault that mostly shows what a likelier one shows is chance.
    let mut explained = BTreeSet::new();
    all.retain(|suspect| {
        let own = suspect.broken.iter().filter(|check| !explained.contains(*check)).count();
        explained.extend(suspect.broken.iter().cloned());
        own == 0 || own * 2 > suspect.broken.len()
    });
    all
}

impl Suspect<'_> {
    fn judged(&self) -> usize {
        self.broken.len() + self.held
    }

    fn is_small(&self) -> bool {
        self.judged() <= SMALL
    }

    fn cites(&self, requirement: &RequirementId) -> bool {
        self.fault.requirements.contains(requirement)
    }

    /// Whether the target shows what the fault shows: nearly all of the checks that fail are broken here too, among them
    /// one that cites what the fault violates, if there are any.
    fn shows(&self, record: &Record, derived: &BTreeSet<String>) -> bool {
        let central = |check: &String| self.broken.contains(&*written(check, derived));
        self.broken.len() * 100 >= ENOUGH * self.judged()
            && (record.by.is_empty() || record.by.iter().any(central))
    }

    /// Whether the fault accounts for what is broken in the same cases, and of what it violates: for at least half of it;
    /// for all of it if its fingerprint is small.
    fn explains(&self, observed: &Observed) -> bool {
        let case_of = |check: &str| check.split('#').next().unwrap_or_default().to_owned();
        let cases: BTreeSet<String> = self.broken.iter().map(|check| case_of(check)).collect();
        let near = observed
            .broken
            .iter()
            .filter(|(check, requirement)| cases.contains(&case_of(check)) || self.cites(requirement));
        let unexplained = near.filter(|(check, _)| !self.broken.contains(*check)).count();
        if self.is_small() { unexplained == 0 } else { unexplained <= self.broken.len() }
    }

    /// The more it explains and the less speaks against it, the better; then the one with less against it.
    fn score(&self) -> (usize, Reverse<usize>) {
        (self.broken.len().saturating_sub(self.held), Reverse(self.held))
    }
}

/// The fault that fits a check best; `None` if none does, or two do equally well, or it is one that no server is known to
/// have had: what is called likely is what was seen.
fn best<'t>(suspects: &[Suspect<'t>], check: &str, requirement: &RequirementId) -> Option<&'t str> {
    let fits = |suspect: &&Suspect<'_>| {
        suspect.broken.contains(check) && (!suspect.is_small() || suspect.cites(requirement))
    };
    let mut fitting: Vec<_> = suspects.iter().filter(fits).collect();
    fitting.sort_by_key(|suspect| Reverse(suspect.score()));
    match fitting[..] {
        [first, second, ..] if first.score() == second.score() => None,
        [first, ..] if !first.fault.sources.is_empty() => Some(&first.fault.id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAULT: &str = "patch-remove-complex-filter-noop";
    const SMALL_FAULT: &str = "patch-remove-subattr-removes-element";

    /// A case per check: the broken ones cite a requirement, the others hold.
    fn run(broken: &[(&str, &str)], held: &[&str]) -> Vec<CaseResult> {
        let broken = broken.iter().map(|(id, requirement)| (*id, *requirement, Verdict::Fail));
        let held = held.iter().map(|id| (*id, "RFC7643-2.1-01", Verdict::Pass));
        broken.chain(held).map(|(id, requirement, verdict)| case(id, requirement, verdict)).collect()
    }

    fn case(id: &str, requirement: &str, verdict: Verdict) -> CaseResult {
        let name = id.split('#').next().unwrap_or_default();
        CaseResult {
            id: name.to_owned(),
            suite: name.to_owned(),
            title: String::new(),
            area: String::new(),
            verdict,
            reason: None,
            requires: Vec::new(),
            started_ms: 0.0,
            duration_ms: 0.0,
            checks: vec![Finding::new(id.to_owned(), requirement.into(), Level::Must, verdict)],
            outcomes: Vec::new(),
            latencies: Vec::new(),
            exchanges: Vec::new(),
            source: None,
        }
    }

    fn named(mut cases: Vec<CaseResult>) -> Vec<Option<String>> {
        name(&mut cases, &BTreeSet::new());
        cases.into_iter().flat_map(|case| case.checks).map(|finding| finding.looks_like).collect()
    }

    fn checks_of(fault: &str) -> Vec<&'static str> {
        let record = Table::embedded().get(fault).expect("it is recorded");
        record.checks().map(String::as_str).collect()
    }

    fn with<'c>(checks: &[&'c str], requirement: &'static str) -> Vec<(&'c str, &'static str)> {
        checks.iter().map(|check| (*check, requirement)).collect()
    }

    const ANY: &str = "RFC7643-2.1-01";

    #[test]
    fn every_recorded_fault_is_named_for_what_it_breaks_and_for_nothing_else() {
        let everything: BTreeSet<&str> =
            Table::embedded().iter().flat_map(|(_, record)| record.checks()).map(String::as_str).collect();
        let (mut recognised, mut of) = (0, 0);
        for (id, record) in Table::embedded().iter().filter(|(_, record)| !record.by.is_empty()) {
            let fault = Faults::embedded().get(id).expect("it is described");
            let cited = &fault.requirements[0].0;
            let by = |check: &&str| record.by.iter().any(|by| by == check);
            let broken: Vec<(&str, &str)> = checks_of(id)
                .into_iter()
                .map(|check| (check, if by(&check) { cited } else { ANY }))
                .collect();
            let held: Vec<&str> =
                everything.iter().copied().filter(|check| !record.checks().any(|own| own == check)).collect();
            let named = named(run(&broken, &held));
            let wrong: Vec<_> = named.iter().flatten().filter(|name| *name != id).collect();
            assert!(wrong.is_empty(), "{id} looks like {wrong:?}");
            if !fault.sources.is_empty() {
                recognised += usize::from(named.iter().any(Option::is_some));
                of += 1;
            }
        }
        assert!(recognised * 10 >= of * 8, "{recognised} of {of} faults are recognised");
    }

    #[test]
    fn nearly_all_is_enough_and_half_is_not() {
        let checks = checks_of(FAULT);
        assert!(checks.len() >= 5, "{checks:?}");
        let (one, rest) = checks.split_at(1);
        assert_eq!(named(run(&with(rest, ANY), one))[0].as_deref(), Some(FAULT));
        let (some, rest) = checks.split_at(checks.len() / 2);
        assert_eq!(named(run(&with(rest, ANY), some))[0], None);
        // Where most of them were not judged, nothing is said.
        assert_eq!(named(run(&with(&checks[..2], ANY), &[])), [None, None]);
    }

    #[test]
    fn a_small_fingerprint_needs_its_requirement_and_no_other_breakage() {
        let fault = Faults::embedded().get(SMALL_FAULT).expect("it is described");
        let [check] = checks_of(SMALL_FAULT)[..] else { panic!("one check sees it") };
        let cited = &*fault.requirements[0].0;
        assert_eq!(named(run(&[(check, cited)], &[]))[0].as_deref(), Some(SMALL_FAULT));
        assert_eq!(named(run(&[(check, "RFC7644-1.2-02")], &[])), [None]);
        let beside = format!("{}#another", check.split('#').next().unwrap_or_default());
        assert_eq!(named(run(&[(check, cited), (&beside, ANY)], &[])), [None, None]);
        assert_eq!(named(run(&[(check, cited), ("else/where#status", cited)], &[])), [None, None]);
        let unrelated = named(run(&[(check, cited), ("else/where#status", ANY)], &[]));
        assert_eq!(unrelated, [Some(SMALL_FAULT.to_owned()), None]);
    }

    #[test]
    fn rows_and_breaches_count_once() {
        let derived = BTreeSet::from(["crud/read/known/".to_owned(), "crud/read/list/".to_owned()]);
        let written = |check| written(check, &derived).into_owned();
        assert_eq!(written("crud/read/known/User#status"), "crud/read/known/*#status");
        assert_eq!(written("crud/read/known/User/name.givenName#status"), "crud/read/known/*#status");
        assert_eq!(written("crud/read/known-not#status"), "crud/read/known-not#status");
        assert_eq!(written("invariants/error-body#holds-2"), "invariants/error-body#holds");
        assert_eq!(written("no check"), "no check");
    }

    #[test]
    fn what_demands_nothing_or_was_not_judged_says_nothing() {
        let finding = |level, verdict| holds(&Finding::new("a/b#c".into(), ANY.into(), level, verdict));
        assert_eq!(finding(Level::Must, Verdict::Fail), Some(false));
        assert_eq!(finding(Level::Should, Verdict::Warn), Some(false));
        assert_eq!(finding(Level::Must, Verdict::Pass), Some(true));
        assert_eq!(finding(Level::May, Verdict::Info), None);
        assert_eq!(finding(Level::Must, Verdict::Blocked), None);
        assert_eq!(finding(Level::Must, Verdict::Error), None);
    }
}
