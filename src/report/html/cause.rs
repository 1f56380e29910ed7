//! Findings that have one cause, on the page.

use serde::Serialize;

use super::context::{Context, Names, Told};
use super::exchange::Gallery;
use super::finding::{
    self, FindingView, LineView, LooksLike, Question, RequirementView, clipped, looks_like, open_questions,
    requirement_view,
};
use crate::model::Verdict;
use crate::report::cause::{groups, times};
use crate::report::evidence::{Likeness, has_story};
use crate::report::text::{clip, count};

/// So many causes are unfolded from the beginning.
const UNFOLDED: usize = 12;
/// So many findings of one cause are told in full, and so many of all causes; the others in one line each.
const OF_ONE: usize = 20;
const OF_ALL: usize = 600;
/// So many lines of one cause, and so many of all: the list of all cases has every finding anyway.
const LINES_OF_ONE: usize = 100;
const LINES: usize = 2_000;
/// Wanted and got in the first line of a cause.
const VALUE: usize = 140;

/// Findings of one cause.
#[derive(Debug, Serialize)]
pub(super) struct Cause {
    anchor: String,
    verdict: &'static str,
    level: &'static str,
    requirement: RequirementView,
    /// `status 400`, `200`; `None` if nothing was compared.
    wanted: Option<String>,
    got: Option<String>,
    /// `13 findings in 12 cases`.
    times: String,
    looks_like: Option<LooksLike>,
    /// The hint that all of them have.
    hint: Option<String>,
    open_questions: Vec<Question>,
    findings: Vec<FindingView>,
    lines: Vec<LineView>,
    /// How many are not even a line.
    more: Option<String>,
    open: bool,
    #[serde(skip)]
    is_broken: bool,
}

/// A cause in a line.
#[derive(Debug, Serialize)]
pub(super) struct Brief {
    anchor: String,
    verdict: &'static str,
    level: &'static str,
    text: String,
    times: String,
    looks_like: Option<String>,
}

/// So many causes stand at the top of the page.
const BRIEF: usize = 5;

/// The causes that a reader has to know first: what is broken. `causes` begin with the worst.
pub(super) fn worst(causes: &[Cause]) -> Vec<Brief> {
    let brief = |cause: &Cause| Brief {
        anchor: cause.anchor.clone(),
        verdict: cause.verdict,
        level: cause.level,
        text: cause.requirement.title().to_owned(),
        times: cause.times.clone(),
        looks_like: cause.looks_like.as_ref().map(|fault| fault.id().to_owned()),
    };
    causes.iter().filter(|cause| cause.is_broken).take(BRIEF).map(brief).collect()
}

/// `and 12 more causes`; `None` if there are no more than are shown at the top.
pub(super) fn more_than_worst(causes: &[Cause]) -> Option<String> {
    let broken = causes.iter().filter(|cause| cause.is_broken).count();
    (broken > BRIEF).then(|| format!("and {}", count(broken - BRIEF, "more cause")))
}

/// All findings that are told, by cause, the worst first; and the places of those that stand on the page.
pub(super) fn causes(context: &Context<'_>, gallery: &mut Gallery) -> (Vec<Cause>, Vec<(usize, usize)>) {
    let groups = groups(context.result);
    let mut page = Page { context, gallery, names: Names::default(), full: 0, lines: 0, shown: Vec::new() };
    let causes = groups.iter().enumerate().map(|(place, group)| page.cause(place, group)).collect();
    (causes, page.shown)
}

struct Page<'c, 'r> {
    context: &'c Context<'r>,
    gallery: &'c mut Gallery,
    names: Names,
    full: usize,
    lines: usize,
    shown: Vec<(usize, usize)>,
}

impl Page<'_, '_> {
    fn cause(&mut self, place: usize, group: &[Told<'_>]) -> Cause {
        let first = group[0].finding;
        let hint = first.hint.as_deref().filter(|_| group.iter().all(|told| told.finding.hint == first.hint));
        let open = place < UNFOLDED && first.verdict >= Verdict::Fail;
        let whole = group.len().min(OF_ONE).min(OF_ALL.saturating_sub(self.full));
        let mut findings = Vec::new();
        for told in &group[..whole] {
            findings.push(finding::view(*told, self.context, self.gallery, hint.is_none()));
        }
        if let Some(first) = findings.first_mut() {
            first.open = open || group.len() == 1;
        }
        let end = group.len().min(whole + LINES_OF_ONE.min(LINES.saturating_sub(self.lines)));
        let lines: Vec<_> = group[whole..end].iter().map(|told| finding::line(*told, self.context)).collect();
        self.full += whole;
        self.lines += lines.len();
        self.shown.extend(group[..end].iter().map(|told| told.at));
        let compared = has_story(first) && !(first.wanted.is_empty() && first.got.is_empty());
        let value = |value: &str| {
            let shown = if value.is_empty() { "nothing" } else { value };
            compared.then(|| clip(&shown.replace('\n', " "), VALUE).into_owned())
        };
        Cause {
            anchor: self.names.give("cause", first.requirement.as_str()),
            verdict: first.verdict.as_str(),
            level: first.level.as_str(),
            requirement: requirement_view(&first.requirement, self.context),
            wanted: value(&first.wanted),
            got: value(&first.got),
            times: times(group),
            looks_like: Likeness::of(first).map(looks_like),
            hint: clipped(hint),
            open_questions: open_questions(&first.see),
            findings,
            lines,
            more: (end < group.len()).then(|| count(group.len() - end, "further finding")),
            open,
            is_broken: first.verdict >= Verdict::Fail,
        }
    }
}
