//! Two results compared: two runs of one server, or two servers side by side. Every renderer (terminal, Markdown, JSON)
//! shows a [`Diff`].

mod exchanges;
mod latency;
mod normal;
mod revocation;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use self::exchanges::ExchangeChange;
pub use self::latency::Latency;
pub use self::revocation::{Revocation, Times};
pub use self::text::text;
use super::json;
use super::summary::Summary;
use super::text::count;
use crate::model::{Finding, Level, NOT_BEGUN, RunResult, Verdict};

/// What differs between two results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The first.
    pub a: Side,
    /// The second.
    pub b: Side,
    /// Checks that fail, or cannot be judged, in the second only: also new ones.
    pub newly_failing: Vec<Change>,
    /// Checks that fail, or cannot be judged, in the first only, and hold in the second.
    pub fixed: Vec<Change>,
    /// Checks whose verdict differs in another way.
    pub changed: Vec<Change>,
    /// Checks that only the second has.
    pub new_checks: Vec<Change>,
    /// Checks that only the first has.
    pub vanished: Vec<Change>,
    /// Checks that one of the two did not come to, since its run was ended or killed before.
    pub not_reached: usize,
    /// How many exchanges both have.
    pub exchanges_compared: usize,
    /// The exchanges that both have and that differ in more than ids, times and addresses.
    pub exchanges: Vec<ExchangeChange>,
    /// How long each kind of request took, the largest change first.
    pub latency: Vec<Latency>,
    /// How long it took until logins ended, by channel.
    pub revocation: Vec<Revocation>,
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Side {
    /// The name of the target.
    pub target: String,
    /// Its base URL.
    pub base_url: String,
    /// The version of scimcheck.
    pub version: String,
    /// When the run began.
    pub started: String,
    /// The verdict of the run.
    pub verdict: Verdict,
    /// What came out, in a sentence.
    pub headline: String,
}

/// A check whose verdict differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its id.
    pub check: String,
    /// The requirement it verifies.
    pub requirement: String,
    /// The level.
    pub level: Level,
    /// The verdict of the first; `None` if it does not have the check.
    pub before: Option<Verdict>,
    /// The verdict of the second; `None` if it does not have the check.
    pub after: Option<Verdict>,
    /// What was wanted, by the side where it is worse.
    pub wanted: String,
    /// What came there.
    pub got: String,
}

/// Compares two results.
#[must_use]
pub fn between(a: &RunResult, b: &RunResult) -> Diff {
    let mut diff = Diff {
        a: side(a),
        b: side(b),
        newly_failing: Vec::new(),
        fixed: Vec::new(),
        changed: Vec::new(),
        new_checks: Vec::new(),
        vanished: Vec::new(),
        not_reached: 0,
        exchanges_compared: 0,
        exchanges: Vec::new(),
        latency: latency::compare(a, b),
        revocation: revocation::compare(a, b),
    };
    let (before, after) = (by_id(a), by_id(b));
    let ids: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for id in ids {
        diff.check(before.get(id).copied(), after.get(id).copied());
    }
    (diff.exchanges_compared, diff.exchanges) = exchanges::compare(a, b);
    diff
}

/// The comparison as JSON.
#[must_use]
pub fn to_json(diff: &Diff) -> String {
    json::render_value(diff)
}

fn side(result: &RunResult) -> Side {
    let summary = Summary::of(result);
    Side {
        target: result.target.name.clone(),
        base_url: result.target.base_url.clone(),
        version: result.tool.version.clone(),
        started: result.started.clone(),
        verdict: summary.verdict,
        headline: summary.headline,
    }
}

fn by_id(result: &RunResult) -> BTreeMap<&str, &Finding> {
    let findings = result.cases.iter().flat_map(|case| &case.checks);
    findings.map(|finding| (finding.id.as_str(), finding)).collect()
}

/// What keeps a run from being green.
fn is_bad(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Fail | Verdict::Blocked | Verdict::Error)
}

/// The verdict without what a baseline made of it: an excuse mends nothing.
fn as_judged(finding: &Finding) -> Verdict {
    match (&finding.excuse, finding.verdict) {
        (Some(excuse), Verdict::Known | Verdict::Fixed) => excuse.judged,
        (_, verdict) => verdict,
    }
}

/// Whether its run did not come to a finding.
fn is_not_reached(finding: &Finding) -> bool {
    finding.verdict == Verdict::Blocked
        && finding.reason.as_deref().is_some_and(|reason| reason.starts_with(NOT_BEGUN))
}

impl Diff {
    /// Whether no verdict differs.
    #[must_use]
    pub fn verdicts_agree(&self) -> bool {
        [&self.newly_failing, &self.fixed, &self.changed, &self.new_checks, &self.vanished]
            .iter()
            .all(|list| list.is_empty())
    }

    /// What is not compared, and why; `None` if everything is.
    #[must_use]
    pub fn not_reached_in_words(&self) -> Option<String> {
        let checks = count(self.not_reached, "check");
        let sentence = || format!("Not compared: {checks} that a run which is not complete did not come to.");
        (self.not_reached > 0).then(sentence)
    }

    fn check(&mut self, before: Option<&Finding>, after: Option<&Finding>) {
        if [before, after].into_iter().flatten().any(is_not_reached) {
            self.not_reached += 1;
            return;
        }
        let Some(shown) =
            after.filter(|after| before.is_none_or(|before| after.verdict >= before.verdict)).or(before)
        else {
            return;
        };
        let change = Change {
            check: shown.id.clone(),
            requirement: shown.requirement.to_string(),
            level: shown.level,
            before: before.map(|finding| finding.verdict),
            after: after.map(|finding| finding.verdict),
            wanted: shown.wanted.clone(),
            got: if shown.got.is_empty() {
                shown.reason.clone().unwrap_or_default()
            } else {
                shown.got.clone()
            },
        };
        match (before.map(as_judged), after.map(as_judged)) {
            (None, Some(after)) if is_bad(after) => self.newly_failing.push(change),
            (None, Some(_)) => self.new_checks.push(change),
            (Some(_), None) => self.vanished.push(change),
            _ if change.before == change.after => {}
            (Some(before), Some(after)) if is_bad(after) && !is_bad(before) => {
                self.newly_failing.push(change);
            }
            (Some(before), Some(after)) if is_bad(before) && !is_bad(after) && after.is_judged() => {
                self.fixed.push(change);
            }
            _ => self.changed.push(change),
        }
    }
}
