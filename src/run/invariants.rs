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
    /// A response on which it held, as evidence.
    held: Option<ExchangeId>,
}

#[derive(Debug, Clone)]
struct Breach {
    verdict: Verdict,
    wanted: String,
    got: String,
    at: String,
    exchange: ExchangeId,
    times: u64,
}

/// So many distinct breaches of one invariant are shown; further ones are counted with the last.
const SHOWN: usize = 5;

impl Tally {
    /// Judges one exchange.
    pub(crate) fn judge(&mut self, exchange: &Exchange, context: &check::Context) {
        for finding in check::invariants::judge_all(exchange, context) {
            let count = self.count(finding.invariant);
            count.judged += 1;
            if finding.verdict == Verdict::Pass {
                count.held.get_or_insert_with(|| exchange.id.clone());
                continue;
            }
            count.breach(Breach {
                verdict: finding.verdict,
                wanted: finding.wanted,
                got: finding.got,
                at: finding.at,
                exchange: exchange.id.clone(),
                times: 1,
            });
        }
    }

    /// Adds what another part of the run found; the earlier evidence stays.
    pub(crate) fn add(&mut self, other: Tally) {
        for other in other.by_id.into_values() {
            let count = self.count(other.invariant);
            count.judged += other.judged;
            count.held = count.held.take().or(other.held);
            for breach in other.breaches {
                count.breach(breach);
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
            breach.times += new.times;
        } else if self.breaches.len() < SHOWN {
            self.breaches.push(new);
        } else if let Some(last) = self.breaches.last_mut() {
            last.times += new.times;
            last.verdict = last.verdict.max(new.verdict);
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
                exchange: breach.map(|breach| breach.exchange.clone()).or_else(|| self.held.clone()),
                hint: breach.and_then(|breach| check::hint::for_invariant(self.invariant.id, &breach.got)),
                see: self.invariant.see.iter().map(|slug| (*slug).to_owned()).collect(),
                judged_on: Some(self.judged),
                broken_on: Some(breach.map_or(0, |breach| breach.times)),
                ..Finding::new(name, self.invariant.requirement.into(), self.invariant.level(), verdict)
            }
        };
        let mut breaches: Vec<_> = self.breaches.iter().collect();
        breaches.sort_by_key(|breach| std::cmp::Reverse(breach.verdict));
        let checks: Vec<_> = if breaches.is_empty() {
            vec![finding(None, 0)]
        } else {
            breaches.into_iter().enumerate().map(|(number, breach)| finding(Some(breach), number)).collect()
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
            source: None,
            id,
        }
    }
}

/// Places that differ in an index or an id only are the same breach.
fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}
