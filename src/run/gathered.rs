//! What a run has found so far, as the result that it becomes: every case adds to it when it ends, and at any time it can
//! be shown as a result of its own, so that a run whose process is killed leaves something to read.

use std::collections::HashSet;
use std::sync::Arc;

use super::collector::Done;
use super::invariants::Tally;
use super::plan::Plan;
use super::shared::Shared;
use super::{count, precondition, requirements, unjudged};
use crate::check;
use crate::model::baseline::forget_fixed;
use crate::model::{ExchangeId, NOT_BEGUN, RecordedAnswer, RunResult, Verdict, milliseconds};
use crate::wire::redact::Redactor;

/// Why a result of a run that goes on is not complete: what remains if the process is killed.
const UNFINISHED: &str = "the run has not ended: it goes on, or it was killed";
/// The place of what is about the whole run: behind all cases.
const LAST: usize = usize::MAX;

pub(super) struct Gathered<'r> {
    shared: &'r Shared,
    redactor: &'r Redactor,
    plan: &'r Plan,
    result: RunResult,
    /// The place in the plan, from 1, of each case, exchange and left-over of the result; 0 for discovery.
    cases: Vec<usize>,
    exchanges: Vec<usize>,
    left_over: Vec<usize>,
    invariants: Tally,
    /// The texts of all bodies so far.
    bodies: HashSet<Arc<str>>,
    /// The exchanges that show that the target demands If-Match, with the place of their case.
    demand: Option<(usize, Vec<ExchangeId>)>,
}

impl<'r> Gathered<'r> {
    /// Nothing but what is known about the target; `frame` is the result without what is found.
    pub(super) fn new(
        shared: &'r Shared,
        redactor: &'r Redactor,
        plan: &'r Plan,
        frame: RunResult,
        discovery: Done,
    ) -> Self {
        let (cases, exchanges, left_over) = (Vec::new(), Vec::new(), Vec::new());
        let mut gathered = Self {
            shared,
            redactor,
            plan,
            result: frame,
            cases,
            exchanges,
            left_over,
            invariants: Tally::default(),
            bodies: HashSet::new(),
            demand: None,
        };
        gathered.push(0, discovery);
        gathered
    }

    /// Adds what the case at an index of the plan found.
    pub(super) fn add(&mut self, index: usize, done: Done) {
        self.push(index + 1, done);
    }

    fn push(&mut self, place: usize, mut done: Done) {
        let Self { result, cases, exchanges, left_over, bodies, .. } = self;
        for exchange in &mut done.exchanges {
            let received = match &mut exchange.answer {
                RecordedAnswer::Response { body, .. } => body.as_mut(),
                RecordedAnswer::Failure { .. } => None,
            };
            for body in exchange.request.body.as_mut().into_iter().chain(received) {
                body.share(bodies);
            }
        }
        if let Some(case) = done.result.as_ref().filter(|_| !done.briefs.is_empty()) {
            result.briefs.insert(case.id.clone(), done.briefs);
        }
        extend(&mut result.cases, cases, place, done.result);
        extend(&mut result.exchanges, exchanges, place, done.exchanges);
        extend(&mut result.left_over, left_over, place, done.left_over);
        self.invariants.add(place, done.invariants);
        if let Some(demand) = done.demand
            && self.demand.as_ref().is_none_or(|(earlier, _)| place < *earlier)
        {
            self.demand = Some((place, demand));
        }
    }

    /// Shows what is known while the run goes on. Cases that have not ended stand in it as blocked.
    pub(super) fn show(&mut self, show: impl FnOnce(&RunResult)) {
        let unended = self.add_unended(&format!("{NOT_BEGUN}, or not ended"));
        self.add_what_is_about_all();
        self.in_order();
        self.result.partial = Some(UNFINISHED.to_owned());
        self.settle_excuses();
        self.summarise();
        show(&self.result);

        self.result.partial = None;
        self.result.cases.iter_mut().for_each(forget_fixed);
        let stays = |place: &usize| *place != LAST && !unended.contains(place);
        let mut places = self.cases.iter();
        self.result.cases.retain(|_| places.next().is_some_and(stays));
        self.cases.retain(stays);
    }

    /// The result of the run: everything in plan order, whichever case ended first, so that the same run gives the same
    /// report. A run that was ended early says why.
    pub(super) fn finish(mut self, partial: Option<String>) -> RunResult {
        self.add_unended(&format!("{NOT_BEGUN}: {}", partial.as_deref().unwrap_or("not run")));
        self.add_what_is_about_all();
        self.in_order();
        self.result.partial = partial;
        check::likeness::name(&mut self.result.cases, &self.plan.derived());
        self.settle_excuses();
        self.summarise();
        self.result
    }

    fn settle_excuses(&mut self) {
        if let Some(excuses) = &self.shared.excuses {
            excuses.settle(&mut self.result);
        }
    }

    /// Adds the cases of the plan that are not there yet, as blocked; returns their places.
    fn add_unended(&mut self, reason: &str) -> HashSet<usize> {
        let ended: HashSet<usize> = self.cases.iter().copied().collect();
        let unended: Vec<usize> =
            (1..=self.plan.cases.len()).filter(|place| !ended.contains(place)).collect();
        for place in &unended {
            let case = unjudged(self.shared, &self.plan.cases[place - 1], Verdict::Blocked, reason);
            extend(&mut self.result.cases, &mut self.cases, *place, [case]);
        }
        unended.into_iter().collect()
    }

    fn add_what_is_about_all(&mut self) {
        let demand = self.demand.as_ref().map(|(_, exchanges)| precondition::case(exchanges));
        let mut always_on = self.invariants.clone().cases(|text| self.redactor.line(text));
        if let Some(excuses) = &self.shared.excuses {
            for case in &mut always_on {
                excuses.excuse(case);
            }
        }
        extend(&mut self.result.cases, &mut self.cases, LAST, demand.into_iter().chain(always_on));
    }

    fn in_order(&mut self) {
        sort_by_place(&mut self.result.cases, &mut self.cases);
        sort_by_place(&mut self.result.exchanges, &mut self.exchanges);
        sort_by_place(&mut self.result.left_over, &mut self.left_over);
    }

    /// What the result says about itself as a whole.
    fn summarise(&mut self) {
        let result = &mut self.result;
        result.duration_ms = milliseconds(self.shared.epoch.elapsed());
        result.requirements = requirements::summarise(self.shared.catalogue, self.plan, &result.cases);
        result.counts = count(result.cases.iter().map(|case| case.verdict));
        let checks = result.cases.iter().flat_map(|case| case.checks.iter().map(|check| check.verdict));
        result.check_counts = count(checks);
    }
}

fn extend<T>(items: &mut Vec<T>, places: &mut Vec<usize>, place: usize, more: impl IntoIterator<Item = T>) {
    items.extend(more);
    places.resize(items.len(), place);
}

/// Sorts items, and the places that stand for them, without a copy of them; what has the same place stays in order.
fn sort_by_place<T>(items: &mut [T], places: &mut [usize]) {
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by_key(|index| places[*index]);
    let mut target = vec![0; order.len()];
    for (to, from) in order.into_iter().enumerate() {
        target[from] = to;
    }
    for index in 0..items.len() {
        while target[index] != index {
            let to = target[index];
            items.swap(index, to);
            target.swap(index, to);
        }
    }
    places.sort_unstable();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn items_are_sorted_by_their_places(places: Vec<u8>) {
            let mut places: Vec<usize> = places.into_iter().map(usize::from).collect();
            let mut items: Vec<(usize, usize)> = places.iter().copied().enumerate().map(|(i, p)| (p, i)).collect();
            let mut expected = items.clone();
            expected.sort_unstable();
            sort_by_place(&mut items, &mut places);
            prop_assert_eq!(&items, &expected);
            prop_assert_eq!(places, expected.into_iter().map(|(place, _)| place).collect::<Vec<_>>());
        }
    }
}
