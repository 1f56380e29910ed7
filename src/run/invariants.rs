//! The always-on checks over a whole run: each invariant is one case, however many responses it was judged on, so that
//! one wrong media type is one red line and not fifty.

use std::collections::BTreeMap;

use crate::check::{self, invariants::Invariant};
use crate::model::{CaseResult, Exchange, ExchangeId, Finding, Verdict};

/// What the invariants found so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    by_id: BTreeMap<&'static str, Count>,
}

#[derive(Debug, Clone)]
struct Count {
    invariant: &'static Invariant,
    judged: u64,
    /// Distinct breaches by verdict and by what they look like, with how often, and the first exchange as evidence.
    breaches: Vec<Breach>,
    /// A response on which it held, as evidence, with the place of its case.
    held: Option<(usize, ExchangeId)>,
}

#[derive(Debug, Clone)]
struct Breach {
    verdict: Verdict,
    wanted: String,
    got: String,
    at: String,
    /// The place of the first case that showed it, and the place among the breaches of that case.
    place: (usize, usize),
    exchange: ExchangeId,
    times: u64,
}

/// So many distinct breaches of one invariant are shown; further ones are counted with the last.
const SHOWN: usize = 5;
/// So many are told apart while a run goes on, because the first ones may come last.
const KEPT: usize = 50;

impl Tally {
    /// Judges one exchange of one case.
    pub(crate) fn judge(&mut self, exchange: &Exchange, context: &check::Context) {
        for finding in check::invariants::judge_all(exchange, context) {
            let count = self.count(finding.invariant);
            count.judged += 1;
            if finding.verdict == Verdict::Pass {
                count.held.get_or_insert_with(|| (0, exchange.id.clone()));
                continue;
            }
            count.breach(Breach {
                verdict: finding.verdict,
                wanted: finding.wanted,
                got: finding.got,
                at: finding.at,
                place: (0, count.breaches.len()),
                exchange: exchange.id.clone(),
                times: 1,
            });
        }
    }

    /// Adds what the case at a place found. Cases may come in any order: the evidence is that of the first places.
    pub(crate) fn add(&mut self, place: usize, other: Tally) {
        for other in other.by_id.into_values() {
            let count = self.count(other.invariant);
            count.judged += other.judged;
            let held = other.held.map(|(_, exchange)| (place, exchange));
            count.held = count.held.take().into_iter().chain(held).min_by_key(|(place, _)| *place);
            for breach in other.breaches {
                count.breach(Breach { place: (place, breach.place.1), ..breach });
            }
        }
    }

    fn count(&mut self, invariant: &'static Invariant) -> &mut Count {
        let new = || Count { invariant, judged: 0, breaches: Vec::new(), held: None };
        self.by_id.entry(invariant.id).or_insert_with(new)
    }

    /// A case per invariant, in the order of their ids.
    pub(crate) fn cases(&self, redact: impl Fn(&str) -> String) -> Vec<CaseResult> {
        self.by_id.values().map(|count| count.case(&redact)).collect()
    }
}

impl Count {
    fn breach(&mut self, new: Breach) {
        let shape = (new.verdict, without_digits(&new.at));
        let same = |breach: &&mut Breach| (breach.verdict, without_digits(&breach.at)) == shape;
        if let Some(breach) = self.breaches.iter_mut().find(same) {
            let times = breach.times + new.times;
            if new.place < breach.place {
                *breach = new;
            }
            breach.times = times;
        } else {
            self.breaches.push(new);
            if self.breaches.len() > KEPT {
                self.breaches.sort_by_key(|breach| breach.place);
                count_with_the_last(&mut self.breaches, KEPT);
            }
        }
    }

    fn case(&self, redact: &impl Fn(&str) -> String) -> CaseResult {
        let id = format!("invariants/{}", self.invariant.id);
        let finding = |breach: Option<&Breach>, number: usize| {
            let name = if number == 0 { format!("{id}#holds") } else { format!("{id}#holds-{}", number + 1) };
            let verdict = breach.map_or(Verdict::Pass, |breach| breach.verdict);
            let text = |of: fn(&Breach) -> &str| breach.map_or_else(String::new, |breach| redact(of(breach)));
            Finding {
                wanted: text(|breach| &breach.wanted),
                got: text(|breach| &breach.got),
                at: text(|breach| &breach.at),
                exchange: breach
                    .map(|breach| breach.exchange.clone())
                    .or_else(|| self.held.as_ref().map(|(_, exchange)| exchange.clone())),
                hint: breach.and_then(|breach| check::hint::for_invariant(self.invariant.id, &breach.got)),
                see: self.invariant.see.iter().map(|slug| (*slug).to_owned()).collect(),
                judged_on: Some(self.judged),
                broken_on: Some(breach.map_or(0, |breach| breach.times)),
                ..Finding::new(name, self.invariant.requirement.into(), self.invariant.level(), verdict)
            }
        };
        let mut breaches = self.breaches.clone();
        breaches.sort_by_key(|breach| breach.place);
        count_with_the_last(&mut breaches, SHOWN);
        breaches.sort_by_key(|breach| std::cmp::Reverse(breach.verdict));
        let checks: Vec<_> = if breaches.is_empty() {
            vec![finding(None, 0)]
        } else {
            breaches.iter().enumerate().map(|(number, breach)| finding(Some(breach), number)).collect()
        };
        CaseResult {
            suite: "invariants".to_owned(),
            title: self.invariant.title.to_owned(),
            area: "invariants".to_owned(),
            verdict: checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass),
            reason: None,
            requires: Vec::new(),
            started_ms: 0.0,
            duration_ms: 0.0,
            exchanges: checks.iter().filter_map(|check| check.exchange.clone()).collect(),
            checks,
            outcomes: Vec::new(),
            latencies: Vec::new(),
            source: None,
            id,
        }
    }
}

/// Keeps so many breaches; the last of them stands for the further ones.
fn count_with_the_last(breaches: &mut Vec<Breach>, kept: usize) {
    let further = breaches.split_off(kept.min(breaches.len()));
    if let Some(last) = breaches.last_mut() {
        for breach in further {
            last.times += breach.times;
            last.verdict = last.verdict.max(breach.verdict);
        }
    }
}

/// Places that differ in an index or an id only are the same breach.
fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(exchange: &str, breaches: &[(&str, &str)]) -> Tally {
        let invariant = &Invariant::all()[0];
        let mut tally = Tally::default();
        let count = tally.count(invariant);
        count.judged = 1;
        count.held = Some((0, ExchangeId(exchange.to_owned())));
        for (number, (at, got)) in breaches.iter().enumerate() {
            count.breach(Breach {
                verdict: Verdict::Fail,
                wanted: String::new(),
                got: (*got).to_owned(),
                at: (*at).to_owned(),
                place: (0, number),
                exchange: ExchangeId(exchange.to_owned()),
                times: 1,
            });
        }
        tally
    }

    #[test]
    fn the_order_in_which_cases_end_changes_nothing() {
        let letters = ["a", "b", "c", "d", "e", "f", "g"];
        let cases: Vec<_> = letters
            .iter()
            .enumerate()
            .map(|(place, letter)| {
                let breaches = [(*letter, "one"), ("shared[1]", *letter), (letters[place / 2], "two")];
                (place, tally(letter, &breaches))
            })
            .collect();
        let added = |cases: &mut dyn Iterator<Item = &(usize, Tally)>| {
            let mut all = Tally::default();
            cases.for_each(|(place, tally)| all.add(*place, tally.clone()));
            all.cases(str::to_owned)
        };
        let forwards = added(&mut cases.iter());
        assert_eq!(added(&mut cases.iter().rev()), forwards);
        let checks = &forwards[0].checks;
        assert_eq!(checks.len(), SHOWN);
        assert_eq!((checks[0].at.as_str(), checks[0].got.as_str()), ("a", "one"));
        assert_eq!((checks[1].got.as_str(), checks[1].broken_on), ("a", Some(7)));
        assert_eq!(checks.iter().filter_map(|check| check.broken_on).sum::<u64>(), 21);
    }
}
