//! Every requirement of the catalogue as the page shows it: judged how and by which checks, or why not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use minijinja::Value;
use serde::Serialize;

use super::context::{Context, is_told, strength};
use super::finding::{Facets, NAME};
use crate::model::{Counts, Finding, Requirement, RequirementId, RequirementResult, Verdict};
use crate::report::summary::in_words;
use crate::report::text::{clip, count};
use crate::suite::catalogue::Catalogue;

/// So many checks of a requirement are named, the worst first.
const CHECKS: usize = 8;

#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// `RFC 7644`.
    name: String,
    judged: usize,
    all: usize,
    words: String,
    rows: Value,
}

#[derive(Debug, Serialize)]
struct Row {
    anchor: String,
    facets: Facets,
    id: String,
    level: &'static str,
    section: Option<String>,
    url: Option<String>,
    text: Option<String>,
    verdict: &'static str,
    note: String,
    checks: Vec<CheckLink>,
    more_checks: Option<String>,
}

/// A check that judges a requirement.
#[derive(Debug, Serialize)]
struct CheckLink {
    /// The finding, or the case where the finding is not told.
    anchor: String,
    id: String,
    verdict: &'static str,
}

type Judges<'r> = HashMap<&'r RequirementId, Vec<((usize, usize), &'r Finding)>>;

/// The requirements of a result by RFC, each in the order of the catalogue.
pub(super) fn documents(context: &Context<'_>) -> Vec<Document> {
    let (catalogue, result) = (Catalogue::embedded(), context.result);
    let judges = judges(context);
    let mut documents: BTreeMap<String, (Counts, Vec<Row>)> = BTreeMap::new();
    let known = catalogue.requirements().iter().map(|requirement| (&requirement.id, Some(requirement)));
    // A result of another version may know requirements that this one does not.
    let unknown = result.requirements.keys().filter(|id| catalogue.requirement(id).is_none());
    for (id, requirement) in known.chain(unknown.map(|id| (id, None))) {
        let Some(state) = result.requirements.get(id) else { continue };
        let rfc = requirement.map_or("other", |requirement| requirement.rfc.as_str());
        let (counts, rows) = documents.entry(rfc.replace("RFC", "RFC ")).or_default();
        if let Some(worst) = state.worst {
            *counts.entry(worst).or_default() += 1;
        }
        rows.push(row(context, id, requirement, state, judges.get(id).map_or(&[], Vec::as_slice)));
    }
    let document = |(name, (counts, rows)): (String, (Counts, Vec<Row>))| Document {
        name,
        judged: counts.values().sum(),
        all: rows.len(),
        words: in_words(&counts),
        rows: super::rows::rows(rows),
    };
    documents.into_iter().map(document).collect()
}

/// The judged findings of each requirement, the worst first.
fn judges<'r>(context: &Context<'r>) -> Judges<'r> {
    let mut judges: Judges<'r> = HashMap::new();
    for (index, case) in context.result.cases.iter().enumerate() {
        for (number, finding) in case.checks.iter().enumerate().filter(|(_, check)| check.verdict.is_judged())
        {
            judges.entry(&finding.requirement).or_default().push(((index, number), finding));
        }
    }
    for findings in judges.values_mut() {
        findings.sort_by_key(|(_, finding)| std::cmp::Reverse(finding.verdict));
    }
    judges
}

fn row(
    context: &Context<'_>,
    id: &RequirementId,
    requirement: Option<&Requirement>,
    state: &RequirementResult,
    judges: &[((usize, usize), &Finding)],
) -> Row {
    let verdict = state.worst.map_or("not-judged", Verdict::as_str);
    let cases = &context.result.cases;
    let suites: BTreeSet<_> = judges.iter().map(|(at, _)| context.suite_place(&cases[at.0].suite)).collect();
    let area = requirement.and_then(|requirement| context.area_place(&requirement.area));
    Row {
        anchor: context.requirement_anchor(id).unwrap_or_default().to_owned(),
        facets: Facets {
            verdict,
            levels: strength(state.level).to_owned(),
            area: area.map(|place| place.to_string()).unwrap_or_default(),
            suites: suites.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        },
        id: clip(&id.0, NAME).into_owned(),
        level: state.level.as_str(),
        section: requirement.map(|requirement| format!("§{}", requirement.section)),
        url: requirement.map(url),
        text: requirement.map(|requirement| requirement.text.clone()),
        verdict,
        note: match &state.not_judged {
            Some(reason) if state.worst.is_none() => clip(reason, 400).into_owned(),
            _ => format!("judged {} time{}", state.judged, if state.judged == 1 { "" } else { "s" }),
        },
        checks: judges.iter().take(CHECKS).map(|(at, finding)| check(context, *at, finding)).collect(),
        more_checks: judges
            .len()
            .checked_sub(CHECKS)
            .filter(|more| *more > 0)
            .map(|more| count(more, "more check")),
    }
}

fn check(context: &Context<'_>, at: (usize, usize), finding: &Finding) -> CheckLink {
    let anchor =
        if is_told(finding.verdict) { context.finding_anchor(at) } else { context.case_anchor(at.0) };
    CheckLink {
        anchor: anchor.to_owned(),
        id: clip(&finding.id, NAME).into_owned(),
        verdict: finding.verdict.as_str(),
    }
}

/// The page of the RFC Editor at the section of a requirement.
pub(super) fn url(requirement: &Requirement) -> String {
    // What scimcheck itself asks for has no page but this one's own words.
    if requirement.is_of_profile() {
        return String::new();
    }
    let section = &requirement.section;
    format!("https://www.rfc-editor.org/rfc/{}.html#section-{section}", requirement.rfc.to_ascii_lowercase())
}
