//! One result from those of several runs that shared the work.

mod address;
mod agree;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use self::agree::MergeError;
use self::agree::agree;
use super::evidence::is_invariant;
use super::text;
use crate::model::baseline::{day, forget_fixed, judge_anew};
use crate::model::{
    CaseResult, Counts, ExchangeId, Finding, OTHER_PARTITION, RecordedExchange, RequirementId,
    RequirementResult, RunResult, Verdict,
};

/// So many distinct breaches of one invariant are kept, as in a run.
const BREACHES: usize = 5;

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
    address::unite(&mut parts);
    // What one part took for stale may excuse something in another.
    for case in parts.iter_mut().flat_map(|(_, result)| &mut result.cases) {
        forget_fixed(case);
    }
    let found = find(&parts)?;
    let cases: Vec<_> = found.iter().map(|found| found.case.clone()).chain(invariants(&parts)).collect();
    let exchanges = exchanges(&parts, &cases);
    let (_, first) = parts.first().ok_or(MergeError::Nothing)?;
    let seeds = found.iter().filter(|found| ran(found.case) && found.seed() != first.seed);
    let mut merged = RunResult {
        started: parts.iter().map(|(_, part)| &part.started).min().cloned().unwrap_or_default(),
        duration_ms: parts.iter().map(|(_, part)| part.duration_ms).fold(0.0, f64::max),
        partial: partial(&parts, &found),
        partition: None,
        seeds: seeds.map(|found| (found.case.id.clone(), found.seed())).collect(),
        exchanges,
        briefs: parts.iter().flat_map(|(_, part)| part.briefs.clone()).collect(),
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

/// What became of a case, over the parts.
struct Found<'p> {
    /// What the part says that knows most about it.
    case: &'p CaseResult,
    part: &'p Named,
    /// Whether a part left it to another one.
    left_to_another: bool,
}

impl Found<'_> {
    fn seed(&self) -> u64 {
        let (_, part) = self.part;
        part.seeds.get(&self.case.id).copied().unwrap_or(part.seed)
    }

    /// Whether a part should have run the case, and none did.
    fn is_missing(&self) -> bool {
        self.left_to_another && self.case.verdict == Verdict::Deselected
    }
}

/// Every case once, in plan order, without what is judged over whole runs.
fn find(parts: &[Named]) -> Result<Vec<Found<'_>>, MergeError> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut all: Vec<Found<'_>> = Vec::new();
    for part in parts {
        for case in part.1.cases.iter().filter(|case| !is_invariant(case)) {
            let left_to_another = case.is_of_another_part();
            let place = *places.entry(&case.id).or_insert_with(|| {
                all.push(Found { case, part, left_to_another });
                all.len() - 1
            });
            let known = &mut all[place];
            if ran(case) && ran(known.case) && !std::ptr::eq(case, known.case) && !is_of_every_run(case) {
                let (a, b) = (known.part.0.clone(), part.0.clone());
                return Err(MergeError::Twice { case: case.id.clone(), a, b });
            }
            known.left_to_another |= left_to_another;
            if knowledge(case) > knowledge(known.case) {
                (known.case, known.part) = (case, part);
            }
        }
    }
    Ok(all)
}

/// How much a part has to say about a case.
fn knowledge(case: &CaseResult) -> u8 {
    match case.verdict {
        _ if ran(case) => 3,
        Verdict::NotApplicable => 2,
        _ if case.is_left_out() => 1,
        _ => 0,
    }
}

/// What is judged over whole runs, over all parts.
fn invariants(parts: &[Named]) -> impl Iterator<Item = CaseResult> {
    let mut invariants: BTreeMap<&str, Vec<&CaseResult>> = BTreeMap::new();
    for case in parts.iter().flat_map(|(_, part)| &part.cases).filter(|case| is_invariant(case)) {
        invariants.entry(&case.id).or_default().push(case);
    }
    invariants.into_values().map(|parts| invariant(&parts))
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

/// Why the whole is not complete: a part is not, or is missing, or no part ran what each left to the others.
fn partial(parts: &[Named], found: &[Found<'_>]) -> Option<String> {
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
        let unrun: Vec<_> = found.iter().filter(|found| found.is_missing()).collect();
        if !missing.is_empty() {
            reasons.push(format!("missing: {}", missing.join(", ")));
        } else if let Some(first) = unrun.first() {
            let cases = text::count(unrun.len(), "case");
            reasons.push(format!("{cases} ran in no part, {} among them", first.case.id));
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
            |why: &Option<String>| why.as_deref().is_some_and(|why| !why.starts_with(OTHER_PARTITION));
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
