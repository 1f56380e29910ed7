//! A finding as the page shows it.

use std::sync::OnceLock;

use regex::Regex;
use serde::Serialize;

use super::context::{Context, Told, area, strength};
use super::exchange::{ExchangeView, Gallery};
use super::marks::{self, Piece};
use super::requirements::url;
use crate::model::{Requirement, RequirementId, SourceRef};
use crate::report::evidence::{self, Likeness};
use crate::report::text::clip;
use crate::suite::catalogue::Catalogue;

/// A wanted or got value is shown up to this many characters.
const VALUE: usize = 4_000;
/// Other texts of a finding.
const TEXT: usize = 2_000;
/// Ids and titles.
pub(super) const NAME: usize = 300;

/// What filters ask of a finding, a case or a requirement.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Facets {
    pub(super) verdict: &'static str,
    /// Separated by spaces, as are the other two.
    pub(super) levels: String,
    pub(super) area: String,
    pub(super) suites: String,
}

/// What a requirement says and where it stands.
#[derive(Debug, Serialize)]
pub(super) struct RequirementView {
    id: String,
    /// Its row, if there is one.
    anchor: Option<String>,
    section: Option<String>,
    url: Option<String>,
    text: Option<String>,
    our_reading: bool,
    /// That it is none of an RFC, and where it is from.
    profile: Option<String>,
    errata: Vec<u32>,
}

impl RequirementView {
    /// What it says; its id, if this version does not know it.
    pub(super) fn title(&self) -> &str {
        self.text.as_deref().unwrap_or(&self.id)
    }
}

#[derive(Debug, Serialize)]
pub(super) struct FindingView {
    pub(super) anchor: String,
    facets: Facets,
    verdict: &'static str,
    level: &'static str,
    /// `#other-member-kept`.
    id: String,
    case: String,
    case_anchor: String,
    case_title: String,
    place: String,
    broken_on: Option<String>,
    known: Option<String>,
    wanted: Option<Vec<Piece>>,
    got: Option<Vec<Piece>>,
    reason: Option<String>,
    hint: Option<String>,
    why: Option<String>,
    reproduce: Vec<Vec<Piece>>,
    exchange: Option<ExchangeView>,
    source: Option<String>,
    /// Whether it is shown unfolded.
    pub(super) open: bool,
}

/// A finding in one line.
#[derive(Debug, Serialize)]
pub(super) struct LineView {
    anchor: String,
    facets: Facets,
    id: String,
    case: String,
    case_anchor: String,
    got: String,
}

/// A known fault.
#[derive(Debug, Serialize)]
pub(super) struct LooksLike {
    id: String,
    title: Option<&'static str>,
    seen: Option<&'static str>,
    command: String,
}

impl LooksLike {
    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

/// A finding with everything; `hint` is left to whoever shows it for several findings at once.
pub(super) fn view(told: Told<'_>, context: &Context<'_>, gallery: &mut Gallery, hint: bool) -> FindingView {
    let Told { case, finding, at } = told;
    let evidence = &context.evidence;
    let told_in_full = evidence::has_story(finding);
    let (wanted, got) = if told_in_full { values(&finding.wanted, &finding.got) } else { (None, None) };
    let reproduce = if told_in_full { evidence.reproduce(finding, case) } else { Vec::new() };
    let judged = evidence.judged(finding).filter(|_| told_in_full);
    FindingView {
        anchor: context.finding_anchor(at).to_owned(),
        facets: facets(told, context),
        verdict: finding.verdict.as_str(),
        level: finding.level.as_str(),
        id: clip(&evidence::short_id(finding), NAME).into_owned(),
        case: clip(&case.id, NAME).into_owned(),
        case_anchor: context.case_anchor(at.0).to_owned(),
        case_title: clip(&case.title, NAME).into_owned(),
        place: clip(&evidence.place(finding, case), TEXT).into_owned(),
        broken_on: evidence::broken_on(finding),
        known: evidence::excused(finding).map(|sentence| clip(&sentence, TEXT).into_owned()),
        wanted,
        got,
        reason: clipped(finding.reason.as_deref().filter(|reason| *reason != finding.got)),
        hint: clipped(finding.hint.as_deref().filter(|_| hint)),
        why: clipped(finding.why.as_deref()),
        reproduce: reproduce.iter().map(|line| marks::redacted(&clip(line, VALUE))).collect(),
        exchange: judged.map(|judged| gallery.view(judged, evidence, true)),
        source: source(finding.source.as_ref()),
        open: false,
    }
}

/// A finding of which there are many like it.
pub(super) fn line(told: Told<'_>, context: &Context<'_>) -> LineView {
    LineView {
        anchor: context.finding_anchor(told.at).to_owned(),
        facets: facets(told, context),
        id: clip(&evidence::short_id(told.finding), NAME).into_owned(),
        case: clip(&told.case.id, NAME).into_owned(),
        case_anchor: context.case_anchor(told.at.0).to_owned(),
        got: clip(&told.finding.got, 120).into_owned(),
    }
}

fn facets(told: Told<'_>, context: &Context<'_>) -> Facets {
    Facets {
        verdict: told.finding.verdict.as_str(),
        levels: strength(told.finding.level).to_owned(),
        area: context.area_place(area(told.case)).map(|place| place.to_string()).unwrap_or_default(),
        suites: context.suite_place(&told.case.suite).to_string(),
    }
}

/// Wanted and got with marks on what differs; neither if nothing was compared.
fn values(wanted: &str, got: &str) -> (Option<Vec<Piece>>, Option<Vec<Piece>>) {
    if wanted.is_empty() && got.is_empty() {
        return (None, None);
    }
    let shown =
        |value: &str| if value.is_empty() { "nothing".into() } else { clip(value, VALUE).into_owned() };
    let (wanted, got) = marks::compared(&shown(wanted), &shown(got));
    (Some(wanted), Some(got))
}

pub(super) fn requirement_view(id: &RequirementId, context: &Context<'_>) -> RequirementView {
    let requirement = Catalogue::embedded().requirement(id);
    RequirementView {
        id: clip(&id.0, NAME).into_owned(),
        anchor: context.requirement_anchor(id).map(str::to_owned),
        section: requirement.map(Requirement::section_reference),
        url: requirement.map(url),
        text: requirement.map(|requirement| requirement.text.clone()),
        our_reading: requirement.is_some_and(|requirement| requirement.basis == "implicit"),
        profile: requirement.and_then(Requirement::profile_in_words),
        errata: requirement.map(|requirement| requirement.errata.clone()).unwrap_or_default(),
    }
}

pub(super) fn looks_like(likeness: Likeness<'_>) -> LooksLike {
    let Likeness { id, title, seen, command } = likeness;
    LooksLike { id: clip(id, TEXT).into_owned(), title, seen, command: clip(&command, TEXT).into_owned() }
}

/// What the RFCs leave open where a finding judges, and how it is judged therefore.
#[derive(Debug, Serialize)]
pub(super) struct Question {
    open: String,
    rule: Option<String>,
}

pub(super) fn open_questions(see: &[String]) -> Vec<Question> {
    let question = |slug: &String| {
        let text = with_names_of_rfcs(&Catalogue::embedded().ambiguity(slug)?.text);
        let (open, rule) = match text.split_once(" Rule: ") {
            Some((open, rule)) => (open.to_owned(), Some(rule.to_owned())),
            None => (text, None),
        };
        Some(Question { open, rule })
    };
    see.iter().filter_map(question).collect()
}

/// `7643 2.1` is our shorthand.
fn with_names_of_rfcs(text: &str) -> String {
    static SHORT: OnceLock<Regex> = OnceLock::new();
    let short = SHORT.get_or_init(|| {
        let numbers = "6585|6749|6750|7009|7642|7643|7644|7662|9110|9865|9967";
        Regex::new(&format!(r"(RFC )?\b({numbers}) (\d+(?:\.\d+)*)")).expect("the pattern is one")
    });
    short.replace_all(text, "RFC $2 §$3").into_owned()
}

pub(super) fn clipped(text: Option<&str>) -> Option<String> {
    text.map(|text| clip(text, TEXT).into_owned())
}

pub(super) fn source(source: Option<&SourceRef>) -> Option<String> {
    source.map(|source| format!("{}:{}", clip(&source.file, NAME), source.line))
}
