//! One result from those of several runs that shared the work.

use std::collections::{BTreeMap, HashMap, HashSet};

use thiserror::Error;

use super::evidence::is_invariant;
use crate::model::baseline::{day, forget_fixed, judge_anew};
use crate::model::{
    CaseResult, Counts, ExchangeId, Finding, RecordedExchange, RequirementId, RequirementResult, RunResult,
    Verdict,
};

/// So many distinct breaches of one invariant are kept, as in a run.
const BREACHES: usize = 5;

/// Why results are not the parts of one run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MergeError {
    /// There is none.
    #[error("there is nothing to merge")]
    Nothing,
    /// They differ in what has to be the same.
    #[error("{what} differs: {first} in {a}, {other} in {b}")]
    Differs {
        /// In what.
        what: String,
        /// What the first says.
        first: String,
        /// What the other says.
        other: String,
        /// The name of the first.
        a: String,
        /// The name of the other.
        b: String,
    },
    /// A case ran in two of them.
    #[error("the case {case} ran in {a} and in {b}: they are not parts of one run")]
    Twice {
        /// Its id.
        case: String,
        /// The name of the one.
        a: String,
        /// The name of the other.
        b: String,
    },
}

/// A result with the name by which it is spoken of.
pub type Named = (String, RunResult);

/// Joins parts. The order in which they are given does not matter where they say which part they are.
///
/// # Errors
/// If they are not parts of one run.
pub fn merge(mut parts: Vec<Named>) -> Result<RunResult, MergeError> {
    parts.sort_by(|(a, one), (b, other)| {
        let key = |result: &RunResult| (part(result), result.started.clone());
        key(one).cmp(&key(other)).then_with(|| a.cmp(b))
    });
    agree(&parts)?;
    // What one part took for stale may excuse something in another.
    for case in parts.iter_mut().flat_map(|(_, result)| &mut result.cases) {
        forget_fixed(case);
    }
    let cases = cases(&parts)?;
    let exchanges = exchanges(&parts, &cases);
    let (_, first) = parts.first().ok_or(MergeError::Nothing)?;
    let mut merged = RunResult {
        started: parts.iter().map(|(_, part)| &part.started).min().cloned().unwrap_or_default(),
        duration_ms: parts.iter().map(|(_, part)| part.duration_ms).fold(0.0, f64::max),
        partial: partial(&parts),
        partition: None,
        exchanges,
        left_over: parts.iter().flat_map(|(_, part)| part.left_over.clone()).collect(),
        requirements: BTreeMap::new(),
        cases,
        ..first.clone()
    };
    settle(&mut merged);
    merged.requirements = requirements(&merged.cases, &parts);
    merged.counts = count(merged.cases.iter().map(|case| case.verdict));
    merged.check_counts =
        count(merged.cases.iter().flat_map(|case| case.checks.iter().map(|check| check.verdict)));
    Ok(merged)
}

/// Which part of how many a result is.
fn part(result: &RunResult) -> Option<(u32, u32)> {
    let (part, of) = result.partition.as_deref()?.strip_prefix("hash:")?.split_once('/')?;
    Some((of.parse().ok()?, part.parse().ok()?))
}

/// An error if they differ in what has to be the same: the version, what the target can do, the number of parts, the
/// baseline.
fn agree(parts: &[Named]) -> Result<(), MergeError> {
    let Some(((a, first), others)) = parts.split_first() else { return Err(MergeError::Nothing) };
    for (b, other) in others {
        let differs = |what: &str, one: String, two: String| {
            if one == two {
                return Ok(());
            }
            let what = what.to_owned();
            Err(MergeError::Differs { what, first: one, other: two, a: a.clone(), b: b.clone() })
        };
        differs("the version of scimcheck", first.tool.version.clone(), other.tool.version.clone())?;
        let parts_of = |result: &RunResult| match part(result) {
            Some((of, _)) => format!("one of {of} parts"),
            None => "no part".to_owned(),
        };
        differs("the partition", parts_of(first), parts_of(other))?;
        for name in first.features.keys().chain(other.features.keys()) {
            differs(&format!("the feature `{name}`"), feature(first, name), feature(other, name))?;
        }
        let entries = |result: &RunResult| match &result.baseline {
            Some(baseline) => {
                baseline.entries.iter().map(|entry| entry.check.as_str()).collect::<Vec<_>>().join(", ")
            }
            None => "none".to_owned(),
        };
        differs("the baseline", entries(first), entries(other))?;
    }
    Ok(())
}

/// What is known about a feature, without where from: that may name addresses.
fn feature(result: &RunResult, name: &str) -> String {
    let Some(state) = result.features.get(name) else { return "not known".to_owned() };
    let word = |known: Option<bool>, how: &str| known.map(|known| format!("{how} {known}"));
    let words = [
        word(state.claimed, "claimed"),
        word(state.discovered, "discovered"),
        word(state.overridden, "overridden"),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// Every case once, in plan order, then what is judged over whole runs.
fn cases(parts: &[Named]) -> Result<Vec<CaseResult>, MergeError> {
    let mut order: Vec<&str> = Vec::new();
    let mut found: HashMap<&str, (&CaseResult, &str)> = HashMap::new();
    let mut invariants: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for (name, result) in parts {
        for case in &result.cases {
            if is_invariant(case) {
                invariants.entry(&case.id).or_default().push(case);
                continue;
            }
            match found.get(case.id.as_str()) {
                None => {
                    order.push(&case.id);
                    found.insert(&case.id, (case, name));
                }
                Some((known, _)) if !ran(known) || is_of_every_run(case) => {
                    if ran(case) && !ran(known) {
                        found.insert(&case.id, (case, name));
                    }
                }
                Some(_) if !ran(case) => {}
                Some((_, other)) => {
                    let (a, b) = ((*other).to_owned(), name.clone());
                    return Err(MergeError::Twice { case: case.id.clone(), a, b });
                }
            }
        }
    }
    let own = order.into_iter().filter_map(|id| found.get(id)).map(|(case, _)| (*case).clone());
    Ok(own.chain(invariants.into_values().map(|parts| invariant(&parts))).collect())
}

/// Whether a case was this part's to run.
fn ran(case: &CaseResult) -> bool {
    !matches!(case.verdict, Verdict::Deselected | Verdict::NotApplicable) || !case.exchanges.is_empty()
}

/// What the target says about itself is read by every part.
fn is_of_every_run(case: &CaseResult) -> bool {
    case.suite == "target"
}

/// One always-on check over all parts: sums, and each distinct breach once.
fn invariant(parts: &[&CaseResult]) -> CaseResult {
    let judged: u64 = parts.iter().filter_map(|case| case.checks.first()?.judged_on).sum();
    let mut breaches: Vec<Finding> = Vec::new();
    for finding in
        parts.iter().flat_map(|case| &case.checks).filter(|finding| finding.verdict != Verdict::Pass)
    {
        let same = |known: &&mut Finding| {
            (known.verdict, &known.got, without_digits(&known.at))
                == (finding.verdict, &finding.got, without_digits(&finding.at))
        };
        match breaches.iter_mut().find(same) {
            Some(known) => {
                known.broken_on = Some(known.broken_on.unwrap_or(0) + finding.broken_on.unwrap_or(0));
            }
            None => breaches.push(finding.clone()),
        }
    }
    breaches.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    while breaches.len() > BREACHES {
        let more = breaches.pop().and_then(|finding| finding.broken_on).unwrap_or(0);
        if let Some(last) = breaches.last_mut() {
            last.broken_on = Some(last.broken_on.unwrap_or(0) + more);
        }
    }
    if breaches.is_empty() {
        breaches.extend(parts.iter().flat_map(|case| &case.checks).next().cloned());
    }
    let first = parts[0];
    for (number, finding) in breaches.iter_mut().enumerate() {
        let name = if number == 0 { "holds".to_owned() } else { format!("holds-{}", number + 1) };
        finding.id = format!("{}#{name}", first.id);
        finding.judged_on = Some(judged);
    }
    let verdict = breaches.iter().map(|finding| finding.verdict).max().unwrap_or(Verdict::Pass);
    let exchanges = breaches.iter().filter_map(|finding| finding.exchange.clone()).collect();
    CaseResult { verdict, exchanges, checks: breaches, ..first.clone() }
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// The exchanges of all parts in the order of the cases; those of discovery come first, and once.
fn exchanges(parts: &[Named], cases: &[CaseResult]) -> Vec<RecordedExchange> {
    let place: HashMap<_, _> =
        cases.iter().enumerate().map(|(at, case)| (case.id.as_str(), at + 1)).collect();
    let mut known: HashSet<&ExchangeId> = HashSet::new();
    let mut all: Vec<(usize, &RecordedExchange)> = Vec::new();
    for exchange in parts.iter().flat_map(|(_, part)| &part.exchanges) {
        if known.insert(&exchange.id) {
            let owner = exchange.id.0.rsplit_once(':').map_or("", |(owner, _)| owner);
            all.push((place.get(owner).copied().unwrap_or(0), exchange));
        }
    }
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, exchange)| exchange.clone()).collect()
}

/// Why the whole is not complete: a part is not, or is missing.
fn partial(parts: &[Named]) -> Option<String> {
    let mut reasons: Vec<String> = Vec::new();
    for (name, result) in parts {
        if let Some(why) = &result.partial {
            reasons.push(format!("{}: {why}", result.partition.as_deref().unwrap_or(name)));
        }
    }
    let own: Vec<_> = parts.iter().filter_map(|(_, result)| part(result)).collect();
    if let Some((of, _)) = own.first() {
        let missing = (1..=*of).filter(|number| !own.iter().any(|(_, part)| part == number));
        let missing: Vec<_> = missing.map(|number| format!("hash:{number}/{of}")).collect();
        if !missing.is_empty() {
            reasons.push(format!("missing: {}", missing.join(", ")));
        }
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// What became of the entries of the baseline, over all cases.
fn settle(merged: &mut RunResult) {
    let Some(mut baseline) = merged.baseline.take() else { return };
    let whole =
        merged.partial.is_none() && merged.cases.iter().all(|case| case.verdict != Verdict::Deselected);
    let today = day(&merged.started);
    for entry in &mut baseline.entries {
        entry.settle(&mut merged.cases, whole, &today);
    }
    for case in &mut merged.cases {
        if case.checks.iter().any(|finding| finding.verdict == Verdict::Fixed) {
            judge_anew(case);
        }
    }
    merged.baseline = Some(baseline);
}

/// Every requirement over all cases; one that nothing judged keeps the reason of a part that had more to say than that
/// the case was not its own.
fn requirements(cases: &[CaseResult], parts: &[Named]) -> BTreeMap<RequirementId, RequirementResult> {
    let mut all: BTreeMap<RequirementId, RequirementResult> = BTreeMap::new();
    for (id, result) in parts.iter().flat_map(|(_, part)| &part.requirements) {
        let known = all.entry(id.clone()).or_insert_with(|| RequirementResult {
            level: result.level,
            judged: 0,
            worst: None,
            not_judged: None,
        });
        let says_more =
            |why: &Option<String>| why.as_deref().is_some_and(|why| !why.starts_with("not in the partition"));
        if known.not_judged.is_none() || !says_more(&known.not_judged) && says_more(&result.not_judged) {
            known.not_judged.clone_from(&result.not_judged);
        }
    }
    for finding in cases.iter().flat_map(|case| &case.checks).filter(|finding| finding.verdict.is_judged()) {
        if let Some(known) = all.get_mut(&finding.requirement) {
            known.judged += finding.judged_on.unwrap_or(1);
            known.worst = known.worst.max(Some(finding.verdict));
        }
    }
    for known in all.values_mut().filter(|known| known.worst.is_some()) {
        known.not_judged = None;
    }
    all
}

fn count(verdicts: impl Iterator<Item = Verdict>) -> Counts {
    let mut counts = Counts::new();
    for verdict in verdicts {
        *counts.entry(verdict).or_default() += 1;
    }
    counts
}
