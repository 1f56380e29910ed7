//! A case with something to say, as the page shows it: its findings, then its exchanges.

use serde::Serialize;

use super::exchange::{self, Budget, ExchangeView};
use super::requirements::url;
use crate::model::{CaseResult, ExchangeId, Finding, Phase, RecordedExchange, SourceRef, Verdict};
use crate::report::evidence::{self, Evidence, Likeness, is_invariant, worst_first};
use crate::report::text::{clip, duration};
use crate::suite::catalogue::Catalogue;

/// A wanted or got value is shown up to this many characters.
const VALUE: usize = 4_000;
/// Other texts of a finding.
const TEXT: usize = 2_000;

#[derive(Debug, Serialize)]
pub(super) struct Card {
    anchor: String,
    id: String,
    title: String,
    verdict: &'static str,
    duration: Option<String>,
    reason: Option<String>,
    source: Option<String>,
    /// Whether it is shown unfolded.
    open: bool,
    findings: Vec<FindingView>,
    /// Checks that are only named.
    others: Vec<Others>,
    outcomes: Vec<String>,
    exchanges: Vec<ExchangeView>,
}

#[derive(Debug, Serialize)]
struct FindingView {
    verdict: &'static str,
    level: &'static str,
    id: String,
    requirement: String,
    section: Option<String>,
    url: Option<String>,
    text: Option<String>,
    our_reading: bool,
    errata: Vec<u32>,
    place: String,
    broken_on: Option<String>,
    wanted: Option<String>,
    got: Option<String>,
    reason: Option<String>,
    hint: Option<String>,
    looks_like: Option<LooksLike>,
    why: Option<String>,
    /// What the RFCs leave open here.
    open_questions: Vec<String>,
    reproduce: Vec<String>,
    source: Option<String>,
}

/// A known fault.
#[derive(Debug, Serialize)]
struct LooksLike {
    id: String,
    title: Option<&'static str>,
    seen: Option<&'static str>,
    command: String,
}

#[derive(Debug, Serialize)]
struct Others {
    verdict: &'static str,
    names: Vec<String>,
    reason: Option<String>,
}

/// Whether a case has a card of its own: something is to be said about it.
pub(super) fn has_card(case: &CaseResult) -> bool {
    case.verdict >= Verdict::Info || case.checks.iter().any(|finding| finding.verdict >= Verdict::Info)
}

/// The anchor of a case's card.
pub(super) fn anchor(case: &CaseResult) -> String {
    let word = |c: char| if c.is_alphanumeric() || "-._/:".contains(c) { c } else { '-' };
    format!("case-{}", case.id.chars().map(word).collect::<String>())
}

/// One that is closed shows its first line; [`Card::unfold`] opens it.
pub(super) fn card(case: &CaseResult, evidence: &Evidence<'_>, budget: &mut Budget) -> Card {
    let told: Vec<_> = worst_first(case).into_iter().filter(|f| is_told(f.verdict)).collect();
    let judged: Vec<_> = told.iter().filter_map(|finding| finding.exchange.as_ref()).collect();
    Card {
        anchor: anchor(case),
        id: case.id.clone(),
        title: case.title.clone(),
        verdict: case.verdict.as_str(),
        duration: (case.duration_ms > 0.0).then(|| duration(case.duration_ms)),
        reason: clipped(case.reason.as_deref(), TEXT),
        source: place(case.source.as_ref()),
        open: false,
        findings: told.iter().map(|finding| finding_view(finding, case, evidence)).collect(),
        others: others(case),
        outcomes: evidence.outcomes(case),
        exchanges: exchanges(case, &judged, evidence)
            .into_iter()
            .map(|shown| exchange::view(shown, evidence, judged.contains(&&shown.id), budget))
            .collect(),
    }
}

impl Card {
    pub(super) fn unfold(&mut self) {
        self.open = true;
    }
}

/// What the case sent without its clean-up, and what its findings judge in any event.
fn exchanges<'r>(
    case: &CaseResult,
    judged: &[&ExchangeId],
    evidence: &Evidence<'r>,
) -> Vec<&'r RecordedExchange> {
    let mut ids: Vec<&ExchangeId> = case.exchanges.iter().collect();
    for id in judged {
        if !ids.contains(id) {
            ids.push(id);
        }
    }
    if is_invariant(case) {
        ids.retain(|id| judged.contains(id));
    }
    let mut seen = std::collections::HashSet::new();
    let shown = ids.into_iter().filter(|id| seen.insert(*id)).filter_map(|id| evidence.exchange(id));
    shown.filter(|shown| shown.phase != Phase::Cleanup || judged.contains(&&shown.id)).collect()
}

fn finding_view(finding: &Finding, case: &CaseResult, evidence: &Evidence<'_>) -> FindingView {
    let requirement = evidence::requirement(finding);
    let compared = !finding.wanted.is_empty() || !finding.got.is_empty();
    let value = |value: &str| {
        let shown = if value.is_empty() { "nothing".into() } else { clip(value, VALUE) };
        compared.then(|| shown.into_owned())
    };
    let ambiguity = |slug: &String| Catalogue::embedded().ambiguity(slug).map(|found| found.text.clone());
    FindingView {
        verdict: finding.verdict.as_str(),
        level: finding.level.as_str(),
        id: evidence::short_id(finding),
        requirement: finding.requirement.0.clone(),
        section: requirement.map(crate::model::Requirement::section_reference),
        url: requirement.map(url),
        text: requirement.map(|requirement| requirement.text.clone()),
        our_reading: requirement.is_some_and(|requirement| requirement.basis == "implicit"),
        errata: requirement.map(|requirement| requirement.errata.clone()).unwrap_or_default(),
        place: clip(&evidence.place(finding, case), TEXT).into_owned(),
        broken_on: evidence::broken_on(finding),
        wanted: value(&finding.wanted),
        got: value(&finding.got),
        reason: clipped(finding.reason.as_deref().filter(|reason| *reason != finding.got), TEXT),
        hint: clipped(finding.hint.as_deref(), TEXT),
        looks_like: Likeness::of(finding).map(looks_like),
        why: clipped(finding.why.as_deref(), TEXT),
        open_questions: finding.see.iter().filter_map(ambiguity).collect(),
        reproduce: evidence
            .reproduce(finding, case)
            .iter()
            .map(|line| clip(line, VALUE).into_owned())
            .collect(),
        source: place(finding.source.as_ref()),
    }
}

fn looks_like(likeness: Likeness<'_>) -> LooksLike {
    let Likeness { id, title, seen, command } = likeness;
    LooksLike { id: clip(id, TEXT).into_owned(), title, seen, command: clip(&command, TEXT).into_owned() }
}

/// The checks of a case that are only named, by verdict and reason.
fn others(case: &CaseResult) -> Vec<Others> {
    let mut groups: Vec<Others> = Vec::new();
    for finding in worst_first(case).into_iter().filter(|finding| !is_told(finding.verdict)) {
        let (verdict, reason) = (finding.verdict.as_str(), clipped(finding.reason.as_deref(), TEXT));
        let name = evidence::short_id(finding);
        match groups.iter_mut().find(|group| group.verdict == verdict && group.reason == reason) {
            Some(group) => group.names.push(name),
            None => groups.push(Others { verdict, names: vec![name], reason }),
        }
    }
    groups
}

/// Whether a finding is told in full: it was judged and does not simply hold, or judging it went wrong.
fn is_told(verdict: Verdict) -> bool {
    !matches!(verdict, Verdict::Pass | Verdict::Blocked | Verdict::NotApplicable | Verdict::Deselected)
}

fn clipped(text: Option<&str>, limit: usize) -> Option<String> {
    text.map(|text| clip(text, limit).into_owned())
}

fn place(source: Option<&SourceRef>) -> Option<String> {
    source.map(|source| format!("{}:{}", source.file, source.line))
}
