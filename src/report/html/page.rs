//! What the template puts on the page.

use serde::Serialize;

use super::case::{self, Card};
use super::exchange::Budget;
use super::requirements::{self, Document};
use crate::model::{CaseResult, Counts, FeatureState, RunResult, Verdict};
use crate::report::evidence::Evidence;
use crate::report::summary::{Summary, in_words};
use crate::report::text::{clip, count, duration};

/// So many failed cases are unfolded from the beginning.
const UNFOLDED: usize = 20;
/// So many cases have a card with everything; further ones stand in the list of all cases only.
const CARDS: usize = 1_000;

#[derive(Debug, Serialize)]
pub(super) struct Page {
    style: &'static str,
    tool: String,
    target: String,
    base_url: String,
    profile: Option<String>,
    seed: u64,
    started: String,
    duration: String,
    partial: Option<String>,
    verdict: &'static str,
    headline: String,
    cases: Vec<Part>,
    cases_in_words: String,
    checks_in_words: String,
    requirements_in_words: String,
    area_verdicts: Vec<&'static str>,
    areas: Vec<Area>,
    features: Vec<FeatureRow>,
    cards: Vec<Card>,
    cards_left_out: Option<String>,
    suites: Vec<SuiteView>,
    not_judged: Vec<Unjudged>,
    documents: Vec<Document>,
    left_over: Vec<LeftOverRow>,
}

/// A part of the bar: a verdict and how many cases have it.
#[derive(Debug, Serialize)]
struct Part {
    verdict: &'static str,
    times: usize,
}

#[derive(Debug, Serialize)]
struct Area {
    name: String,
    /// In the order of the verdicts; `None` for zero.
    times: Vec<Option<usize>>,
}

#[derive(Debug, Serialize)]
struct FeatureRow {
    name: String,
    claimed: &'static str,
    discovered: &'static str,
    overridden: &'static str,
    effective: &'static str,
    source: String,
}

#[derive(Debug, Serialize)]
struct SuiteView {
    id: String,
    words: String,
    worst: &'static str,
    cases: Vec<CaseRow>,
}

#[derive(Debug, Serialize)]
struct CaseRow {
    id: String,
    /// Where its card is, if it has one.
    anchor: Option<String>,
    title: String,
    verdict: &'static str,
    checks: usize,
    duration: String,
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Unjudged {
    verdict: &'static str,
    reason: String,
    checks: usize,
    cases: Vec<String>,
}

#[derive(Debug, Serialize)]
struct LeftOverRow {
    url: String,
    reason: String,
    case: String,
}

impl Page {
    pub(super) fn of(result: &RunResult, style: &'static str) -> Self {
        let summary = Summary::of(result);
        let verdicts: Vec<_> =
            Verdict::ALL.into_iter().rev().filter(|verdict| summary.cases.contains_key(verdict)).collect();
        let (cards, left_out) = cards(result);
        Self {
            style,
            tool: format!("{} {}", result.tool.name, result.tool.version),
            target: result.target.name.clone(),
            base_url: result.target.base_url.clone(),
            profile: result.target.profile.clone(),
            seed: result.seed,
            started: result.started.clone(),
            duration: duration(result.duration_ms),
            partial: result.partial.clone(),
            verdict: summary.verdict.as_str(),
            headline: summary.headline.clone(),
            cases: summary
                .cases
                .iter()
                .map(|(verdict, times)| Part { verdict: verdict.as_str(), times: *times })
                .collect(),
            cases_in_words: format!("{}: {}", count(result.cases.len(), "case"), in_words(&summary.cases)),
            checks_in_words: format!(
                "{}: {}",
                count(summary.checks.values().sum(), "check"),
                in_words(&summary.checks)
            ),
            requirements_in_words: format!(
                "{} of {} judged: {}",
                summary.requirements_judged(),
                count(result.requirements.len(), "requirement"),
                in_words(&summary.requirements),
            ),
            area_verdicts: verdicts.iter().map(|verdict| verdict.as_str()).collect(),
            areas: areas(&summary, &verdicts),
            features: result.features.iter().map(|(name, state)| feature(name, state)).collect(),
            suites: suites(result, cards.len()),
            cards,
            cards_left_out: left_out,
            not_judged: summary.not_judged.into_iter().map(unjudged).collect(),
            documents: requirements::documents(result),
            left_over: result
                .left_over
                .iter()
                .map(|left| LeftOverRow {
                    url: clip(&left.url, 2_000).into_owned(),
                    reason: clip(&left.reason, 2_000).into_owned(),
                    case: left.case.clone(),
                })
                .collect(),
        }
    }
}

/// The cases with something to say, worst first, and how many of them have no card.
fn with_cards(result: &RunResult) -> Vec<&CaseResult> {
    let mut cases: Vec<_> = result.cases.iter().filter(|case| case::has_card(case)).collect();
    cases.sort_by_key(|case| std::cmp::Reverse(case.verdict));
    cases
}

fn cards(result: &RunResult) -> (Vec<Card>, Option<String>) {
    let evidence = Evidence::of(result);
    let cases = with_cards(result);
    let mut budget = Budget::default();
    let mut cards = Vec::new();
    for case in cases.iter().take(CARDS) {
        let mut card = case::card(case, &evidence, &mut budget);
        if cards.len() < UNFOLDED && case.verdict >= Verdict::Fail {
            card.unfold();
        }
        cards.push(card);
    }
    let left_out = cases.len().checked_sub(CARDS).filter(|more| *more > 0);
    (cards, left_out.map(|more| count(more, "further case")))
}

fn areas(summary: &Summary, verdicts: &[Verdict]) -> Vec<Area> {
    let times = |counts: &Counts| verdicts.iter().map(|verdict| counts.get(verdict).copied()).collect();
    summary.areas.iter().map(|(name, counts)| Area { name: name.clone(), times: times(counts) }).collect()
}

fn feature(name: &str, state: &FeatureState) -> FeatureRow {
    let word = |known: Option<bool>| known.map_or("", |known| if known { "yes" } else { "no" });
    FeatureRow {
        name: name.to_owned(),
        claimed: word(state.claimed),
        discovered: word(state.discovered),
        overridden: word(state.overridden),
        effective: word(Some(state.effective())),
        source: clip(&state.source, 400).into_owned(),
    }
}

fn suites(result: &RunResult, cards: usize) -> Vec<SuiteView> {
    let linked: std::collections::HashSet<_> =
        with_cards(result).into_iter().take(cards).map(|case| &case.id).collect();
    let mut suites: Vec<(SuiteView, Counts)> = Vec::new();
    for case in &result.cases {
        let row = CaseRow {
            id: case.id.clone(),
            anchor: linked.contains(&case.id).then(|| case::anchor(case)),
            title: clip(&case.title, 400).into_owned(),
            verdict: case.verdict.as_str(),
            checks: case.checks.len(),
            duration: if case.duration_ms > 0.0 { duration(case.duration_ms) } else { String::new() },
            reason: case.reason.as_deref().map(|reason| clip(reason, 400).into_owned()),
        };
        let index = suites.iter().rposition(|(suite, _)| suite.id == case.suite).unwrap_or_else(|| {
            let suite =
                SuiteView { id: case.suite.clone(), words: String::new(), worst: "", cases: Vec::new() };
            suites.push((suite, Counts::new()));
            suites.len() - 1
        });
        suites[index].0.cases.push(row);
        *suites[index].1.entry(case.verdict).or_default() += 1;
    }
    let done = suites.into_iter().map(|(suite, counts)| SuiteView {
        words: in_words(&counts),
        worst: counts.keys().max().map_or("", |verdict| verdict.as_str()),
        ..suite
    });
    done.collect()
}

fn unjudged(group: crate::report::summary::NotJudged) -> Unjudged {
    Unjudged {
        verdict: group.verdict.as_str(),
        reason: clip(&group.reason, 2_000).into_owned(),
        checks: group.checks,
        cases: group.cases,
    }
}
