//! Every case in the list of its suite, and what those with findings sent.

use std::collections::{HashMap, HashSet};

use minijinja::Value;
use serde::Serialize;

use super::context::{Context, area, is_told, strength};
use super::exchange::{ExchangeView, Gallery};
use super::finding::{Facets, NAME, clipped, source};
use super::rows::rows;
use crate::model::{CaseResult, Counts, Finding, Phase, RecordedExchange, Verdict};
use crate::report::evidence::{self, is_invariant};
use crate::report::summary::in_words;
use crate::report::text::{clip, duration};

/// So many cases with findings show what they sent, the worst first.
const WITH_EXCHANGES: usize = 200;
/// Findings of one case in its row.
const FINDINGS: usize = 50;

#[derive(Debug, Serialize)]
pub(super) struct SuiteView {
    id: String,
    words: String,
    worst: &'static str,
    cases: Value,
}

#[derive(Debug, Serialize)]
struct CaseRow {
    anchor: String,
    facets: Facets,
    id: String,
    title: String,
    verdict: &'static str,
    checks: usize,
    duration: String,
    reason: Option<String>,
    findings: Vec<FindingLink>,
    outcomes: Vec<String>,
    exchanges: Vec<ExchangeView>,
    source: Option<String>,
}

/// A finding of a case: a link to where it is told, or its name alone.
#[derive(Debug, Serialize)]
struct FindingLink {
    anchor: String,
    told: bool,
    verdict: &'static str,
    level: &'static str,
    id: String,
}

/// Every case by suite, in plan order. `shown`: the findings that are told elsewhere on the page.
pub(super) fn suites(
    context: &Context<'_>,
    gallery: &mut Gallery,
    shown: &[(usize, usize)],
) -> Vec<SuiteView> {
    let shown: HashSet<_> = shown.iter().copied().collect();
    let mut exchanges = exchanges_of_the_worst(context, gallery);
    let mut suites: Vec<(Vec<CaseRow>, Counts)> =
        context.suites.iter().map(|_| (Vec::new(), Counts::new())).collect();
    for (index, case) in context.result.cases.iter().enumerate() {
        let (cases, counts) = &mut suites[context.suite_place(&case.suite)];
        cases.push(row(context, index, &shown, exchanges.remove(&index).unwrap_or_default()));
        *counts.entry(case.verdict).or_default() += 1;
    }
    let done = context.suites.iter().zip(suites).map(|(id, (cases, counts))| SuiteView {
        id: clip(id, NAME).into_owned(),
        words: in_words(&counts),
        worst: worst(&counts).map_or("", Verdict::as_str),
        cases: rows(cases),
    });
    done.collect()
}

/// The worst of what is more than left out; that nothing was judged only if nothing was.
fn worst(counts: &Counts) -> Option<Verdict> {
    let left_out = |verdict: &Verdict| matches!(verdict, Verdict::NotApplicable | Verdict::Deselected);
    let others = counts.keys().copied().filter(|verdict| !left_out(verdict)).max();
    others.or_else(|| counts.keys().copied().max())
}

fn row(
    context: &Context<'_>,
    index: usize,
    shown: &HashSet<(usize, usize)>,
    exchanges: Vec<ExchangeView>,
) -> CaseRow {
    let case = &context.result.cases[index];
    let told = case.checks.iter().enumerate().filter(|(_, finding)| is_told(finding.verdict));
    let findings: Vec<_> =
        told.take(FINDINGS).map(|(number, finding)| link(context, (index, number), finding, shown)).collect();
    let has_more = !exchanges.is_empty();
    CaseRow {
        anchor: context.case_anchor(index).to_owned(),
        facets: facets(case, context),
        id: clip(&case.id, NAME).into_owned(),
        title: clip(&case.title, NAME).into_owned(),
        verdict: case.verdict.as_str(),
        checks: case.checks.len(),
        duration: if case.duration_ms > 0.0 { duration(case.duration_ms) } else { String::new() },
        reason: case.reason.as_deref().map(|reason| clip(reason, NAME).into_owned()),
        findings,
        outcomes: outcomes(case, context),
        exchanges,
        source: source(case.source.as_ref().filter(|_| has_more)),
    }
}

/// Each outcome that was taken, once.
fn outcomes(case: &CaseResult, context: &Context<'_>) -> Vec<String> {
    let mut outcomes: Vec<String> = Vec::new();
    for taken in context.evidence.outcomes(case) {
        if !outcomes.contains(&taken) {
            outcomes.push(taken);
        }
    }
    outcomes.iter().filter_map(|taken| clipped(Some(taken))).collect()
}

fn link(
    context: &Context<'_>,
    at: (usize, usize),
    finding: &Finding,
    shown: &HashSet<(usize, usize)>,
) -> FindingLink {
    FindingLink {
        anchor: context.finding_anchor(at).to_owned(),
        told: shown.contains(&at),
        verdict: finding.verdict.as_str(),
        level: finding.level.as_str(),
        id: clip(&evidence::short_id(finding), NAME).into_owned(),
    }
}

fn facets(case: &CaseResult, context: &Context<'_>) -> Facets {
    let mut levels: Vec<_> = case.checks.iter().map(|check| strength(check.level)).collect();
    levels.sort_unstable();
    levels.dedup();
    Facets {
        verdict: case.verdict.as_str(),
        levels: levels.join(" "),
        area: context.area_place(area(case)).map(|place| place.to_string()).unwrap_or_default(),
        suites: context.suite_place(&case.suite).to_string(),
    }
}

/// What the cases with findings sent, by index of the case.
fn exchanges_of_the_worst(context: &Context<'_>, gallery: &mut Gallery) -> HashMap<usize, Vec<ExchangeView>> {
    let cases = context.result.cases.iter().enumerate();
    let mut cases: Vec<_> =
        cases.filter(|(_, case)| case.checks.iter().any(|finding| is_told(finding.verdict))).collect();
    cases.sort_by_key(|(_, case)| std::cmp::Reverse(case.verdict));
    cases
        .into_iter()
        .take(WITH_EXCHANGES)
        .filter(|(_, case)| !is_invariant(case))
        .map(|(index, case)| (index, exchanges(case, context, gallery)))
        .collect()
}

/// The exchanges of a case, each with its bar in the time that the case took. Clean-up stands there as a line only.
fn exchanges(case: &CaseResult, context: &Context<'_>, gallery: &mut Gallery) -> Vec<ExchangeView> {
    let evidence = &context.evidence;
    let judged: HashSet<_> = case
        .checks
        .iter()
        .filter(|check| is_told(check.verdict))
        .filter_map(|check| check.exchange.as_ref())
        .collect();
    let own: Vec<&RecordedExchange> = case.exchanges.iter().filter_map(|id| evidence.exchange(id)).collect();
    let start = own.iter().map(|exchange| exchange.started_ms).fold(f64::INFINITY, f64::min);
    let end = own.iter().map(|exchange| exchange.started_ms + exchange.duration_ms).fold(0.0, f64::max);
    let views = own.into_iter().map(|exchange| {
        let mut view = if exchange.phase == Phase::Cleanup {
            gallery.line(exchange, evidence, judged.contains(&exchange.id))
        } else {
            gallery.view(exchange, evidence, judged.contains(&exchange.id))
        };
        view.place_between(exchange, start, end);
        view
    });
    views.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_apply_takes_nothing_away_from_what_holds() {
        for (verdicts, wanted) in [
            (vec![Verdict::Pass, Verdict::NotApplicable], Some(Verdict::Pass)),
            (vec![Verdict::Pass, Verdict::Warn, Verdict::Deselected], Some(Verdict::Warn)),
            (vec![Verdict::NotApplicable, Verdict::Deselected], Some(Verdict::NotApplicable)),
            (vec![Verdict::Deselected], Some(Verdict::Deselected)),
            (vec![], None),
        ] {
            assert_eq!(worst(&verdicts.into_iter().map(|verdict| (verdict, 1)).collect()), wanted);
        }
    }
}
