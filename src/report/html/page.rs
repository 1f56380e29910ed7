//! What the template puts on the page.

use minijinja::Value;
use serde::Serialize;

use super::bar::{Segment, stacked};
use super::case;
use super::cause::{self, Brief};
use super::clients::{self, Client};
use super::context::{Context, told};
use super::coverage::{self, CoverageRow, STRENGTHS};
use super::exchange::Gallery;
use super::finding::NAME;
use super::requirements;
use super::rows::rows;

use super::revocation::{self, Group};
use super::timeline::{self, Timeline};
use super::{SCRIPT, STYLE, policy};
use crate::model::{Counts, FeatureState, RunResult, Verdict};
use crate::report::summary::{Summary, in_words};
use crate::report::text::{clip, count, duration};

/// So many cases are named that were not judged for one reason.
const IDS: usize = 2_000;

#[derive(Debug, Serialize)]
pub(super) struct Page {
    policy: String,
    style: &'static str,
    script: &'static str,
    tool: String,
    /// Of the suites and the catalogue: they are part of the program.
    suites_version: String,
    target: String,
    base_url: String,
    profile: Option<String>,
    seed: u64,
    started: String,
    duration: String,
    partial: Option<String>,
    /// What the user's selection left out.
    left_out: Option<String>,
    verdict: &'static str,
    headline: String,
    bar: Vec<Segment>,
    cases_in_words: String,
    checks_in_words: String,
    requirements_in_words: String,
    area_verdicts: Vec<&'static str>,
    areas: Vec<Area>,
    features: Vec<FeatureRow>,
    strengths: [&'static str; 3],
    coverage: Vec<CoverageRow>,
    clients: Vec<Client>,
    revocation: Vec<Group>,
    timeline: Option<Timeline>,
    filters: Filters,
    /// The causes that matter most, and how many more there are.
    worst: Vec<Brief>,
    worst_more: Option<String>,
    causes: Value,
    causes_in_words: String,
    suites: Value,
    not_judged: Vec<Unjudged>,
    documents: Value,
    left_over: Vec<LeftOverRow>,
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

/// What a filter offers.
#[derive(Debug, Serialize)]
struct Filters {
    verdicts: Vec<Offer>,
    areas: Vec<String>,
    suites: Vec<String>,
}

/// A verdict, and on how many findings and cases.
#[derive(Debug, Serialize)]
struct Offer {
    verdict: &'static str,
    findings: usize,
    cases: usize,
}

#[derive(Debug, Serialize)]
struct Unjudged {
    verdict: &'static str,
    reason: String,
    checks: usize,
    cases: Vec<String>,
    more: Option<String>,
}

#[derive(Debug, Serialize)]
struct LeftOverRow {
    url: String,
    reason: String,
    case: String,
}

impl Page {
    pub(super) fn of(result: &RunResult) -> Self {
        let summary = Summary::of(result);
        let verdicts: Vec<_> =
            Verdict::ALL.into_iter().rev().filter(|verdict| summary.cases.contains_key(verdict)).collect();
        let context = Context::of(result);
        let mut gallery = Gallery::default();
        let (causes, shown) = cause::causes(&context, &mut gallery);
        Self {
            policy: policy::policy(STYLE, SCRIPT),
            style: STYLE,
            script: SCRIPT,
            suites_version: clip(&result.tool.version, 60).into_owned(),
            tool: format!("{} {}", result.tool.name, result.tool.version),
            target: clip(&result.target.name, NAME).into_owned(),
            base_url: clip(&result.target.base_url, NAME).into_owned(),
            profile: result.target.profile.as_deref().map(|profile| clip(profile, NAME).into_owned()),
            seed: result.seed,
            started: clip(&result.started, NAME).into_owned(),
            duration: duration(result.duration_ms),
            partial: result.partial.as_deref().map(|why| clip(why, NAME).into_owned()),
            left_out: (summary.left_out > 0).then(|| count(summary.left_out, "case")),
            verdict: summary.verdict.as_str(),
            headline: clip(&summary.headline, 2 * NAME).into_owned(),
            bar: stacked(summary.cases.iter().map(|(verdict, times)| (verdict.as_str(), *times))),
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
            strengths: STRENGTHS,
            coverage: coverage::rows(result),
            clients: clients::clients(result, &context.suites),
            revocation: revocation::groups(&context),
            timeline: timeline::timeline(&context),
            filters: filters(&context, &summary),
            causes_in_words: format!(
                "{} with {}",
                count(told(result).count(), "finding"),
                count(causes.len(), "different cause")
            ),
            worst: cause::worst(&causes),
            worst_more: cause::more_than_worst(&causes),
            causes: rows(causes),
            suites: rows(case::suites(&context, &mut gallery, &shown)),
            not_judged: summary.not_judged.iter().map(unjudged).collect(),
            documents: rows(requirements::documents(&context)),
            left_over: result
                .left_over
                .iter()
                .map(|left| LeftOverRow {
                    url: clip(&left.url, 2_000).into_owned(),
                    reason: clip(&left.reason, 2_000).into_owned(),
                    case: clip(&left.case, NAME).into_owned(),
                })
                .collect(),
        }
    }
}

fn filters(context: &Context<'_>, summary: &Summary) -> Filters {
    let names = |names: &[&str]| names.iter().map(|name| clip(name, NAME).into_owned()).collect();
    let mut findings = Counts::new();
    for told in told(context.result) {
        *findings.entry(told.finding.verdict).or_default() += 1;
    }
    let times = |counts: &Counts, verdict| counts.get(&verdict).copied().unwrap_or_default();
    let offers = Verdict::ALL.into_iter().rev().map(|verdict| Offer {
        verdict: verdict.as_str(),
        findings: times(&findings, verdict),
        cases: times(&summary.cases, verdict),
    });
    Filters {
        verdicts: offers.filter(|offer| offer.findings + offer.cases > 0).collect(),
        areas: names(&context.areas),
        suites: names(&context.suites),
    }
}

fn areas(summary: &Summary, verdicts: &[Verdict]) -> Vec<Area> {
    let times = |counts: &Counts| verdicts.iter().map(|verdict| counts.get(verdict).copied()).collect();
    summary
        .areas
        .iter()
        .map(|(name, counts)| Area { name: clip(name, NAME).into_owned(), times: times(counts) })
        .collect()
}

fn feature(name: &str, state: &FeatureState) -> FeatureRow {
    let word = |known: Option<bool>| known.map_or("", |known| if known { "yes" } else { "no" });
    FeatureRow {
        name: clip(name, NAME).into_owned(),
        claimed: word(state.claimed),
        discovered: word(state.discovered),
        overridden: word(state.overridden),
        effective: word(Some(state.effective())),
        source: clip(&state.source, 400).into_owned(),
    }
}

fn unjudged(group: &crate::report::summary::NotJudged) -> Unjudged {
    Unjudged {
        verdict: group.verdict.as_str(),
        reason: clip(&group.reason, 2_000).into_owned(),
        checks: group.checks,
        more: group
            .cases
            .len()
            .checked_sub(IDS)
            .filter(|more| *more > 0)
            .map(|more| count(more, "further case")),
        cases: group.cases.iter().take(IDS).map(|case| clip(case, NAME).into_owned()).collect(),
    }
}
