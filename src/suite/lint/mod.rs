//! What the form of a suite cannot say: ids, citations, templates in scope, requests that are safe and mean something.

mod ids;
mod matchers;
mod requests;
mod templates;

use std::collections::HashMap;

use super::catalogue::Catalogue;
use super::diagnostic::{Diagnostic, Place};
use super::format::{Case, StatusPattern, Step};
use super::load::Parsed;
use crate::model::RequirementId;

/// All mistakes of some suites.
pub(crate) fn lint(suites: &[Parsed], catalogue: &Catalogue) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut files: HashMap<&str, &str> = HashMap::new();
    for parsed in suites {
        let mut linter = Linter { parsed, catalogue, found: Vec::new() };
        if let Some(other) = files.insert(&parsed.spec.suite, &parsed.source.name) {
            linter
                .mistake("/suite", &format!("the suite id `{}` is taken by {other}", parsed.spec.suite))
                .push();
        }
        linter.suite();
        found.extend(linter.found);
    }
    found
}

/// The requirement that an expectation verifies where the step names none.
#[must_use]
pub fn default_requirement(method: &str, status: &StatusPattern) -> Option<RequirementId> {
    let within = |codes: &[u16]| status.0.iter().all(|(low, high)| low == high && codes.contains(low));
    let id = match method {
        "GET" if within(&[200]) => "RFC7644-3.4.1-02",
        "POST" if within(&[201]) => "RFC7644-3.3-07",
        "PUT" if within(&[200]) => "RFC7644-3.5.1-15",
        "PATCH" if within(&[200, 204]) => "RFC7644-3.5.2-24",
        "DELETE" if within(&[204]) => "RFC7644-3.6-06",
        _ => return None,
    };
    Some(id.into())
}

struct Linter<'a> {
    parsed: &'a Parsed,
    catalogue: &'a Catalogue,
    found: Vec<Diagnostic>,
}

/// A mistake that is being described; [`Mistake::push`] records it.
struct Mistake<'l, 'a> {
    linter: &'l mut Linter<'a>,
    diagnostic: Diagnostic,
}

impl Mistake<'_, '_> {
    fn label(mut self, label: &str) -> Self {
        self.diagnostic = self.diagnostic.label(label);
        self
    }

    fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.diagnostic = self.diagnostic.help(help);
        self
    }

    fn push(self) {
        self.linter.found.push(self.diagnostic);
    }
}

impl<'a> Linter<'a> {
    fn mistake(&mut self, pointer: &str, message: &str) -> Mistake<'_, 'a> {
        let place = self.parsed.document.place_of(pointer);
        self.mistake_at(place, message)
    }

    fn mistake_at(&mut self, place: Place, message: &str) -> Mistake<'_, 'a> {
        let diagnostic = Diagnostic::new(&self.parsed.source.name, &self.parsed.source.text, place, message);
        Mistake { linter: self, diagnostic: diagnostic.label("here") }
    }

    fn suite(&mut self) {
        let spec = &self.parsed.spec;
        if spec.format != 1 {
            self.mistake("/format", &format!("format {} is not known", spec.format))
                .help("write `format: 1`".to_owned())
                .push();
        }
        self.suite_id("/suite", &spec.suite);
        if spec.cases.is_empty() {
            self.mistake("/cases", "the suite has no cases").push();
        }
        self.features("/requires", &spec.requires);
        self.unique(
            "case",
            spec.cases.iter().enumerate().map(|(i, case)| (format!("/cases/{i}/id"), case.id.as_str())),
        );
        for (index, case) in spec.cases.iter().enumerate() {
            self.case(case, &format!("/cases/{index}"));
        }
    }

    fn case(&mut self, case: &'a Case, at: &str) {
        self.id(&format!("{at}/id"), &case.id);
        self.features(&format!("{at}/requires"), &case.requires);
        self.rows(case, at);
        if case.steps.is_empty() {
            self.mistake(&format!("{at}/steps"), "the case has no steps").push();
        }
        self.unique(
            "step",
            case.steps
                .iter()
                .enumerate()
                .map(|(i, step)| (format!("{at}/steps/{i}/name"), step.name.as_str())),
        );
        let checks = case.steps.iter().enumerate().flat_map(|(i, step)| {
            let own = step
                .checks
                .iter()
                .enumerate()
                .map(move |(k, check)| (format!("/steps/{i}/checks/{k}/id"), check));
            let taken = step.one_of.iter().enumerate().flat_map(move |(o, outcome)| {
                let checks = outcome.checks.iter().enumerate();
                checks.map(move |(k, check)| (format!("/steps/{i}/one_of/{o}/checks/{k}/id"), check))
            });
            own.chain(taken)
        });
        let ids: Vec<_> =
            checks.map(|(pointer, check)| (format!("{at}{pointer}"), check.id.as_str())).collect();
        self.unique("check", ids.into_iter());

        for (index, entry) in case.setup.iter().enumerate() {
            let at = format!("{at}/setup/{index}");
            match (&entry.create, &entry.step) {
                (Some(_), Some(_)) => {
                    self.mistake(&at, "an entry of set-up is `create` or `step`, not both").push();
                }
                (None, None) => self.mistake(&at, "an entry of set-up needs `create` or `step`").push(),
                (Some(_), None) => self.identifiers(&format!("{at}/with"), entry.with.iter()),
                (None, Some(step)) => self.step(step, &format!("{at}/step"), true),
            }
        }
        for (index, step) in case.steps.iter().enumerate() {
            self.step(step, &format!("{at}/steps/{index}"), false);
        }
        self.templates(case, at);
    }

    fn step(&mut self, step: &'a Step, at: &str, setup: bool) {
        self.features(&format!("{at}/requires"), &step.requires);
        self.request(step, at);
        let asserts = step.expect.is_some() || !step.one_of.is_empty() || !step.checks.is_empty();
        if !asserts && !setup {
            self.mistake(at, &format!("the step \"{}\" asserts nothing", step.name))
                .help("give it `expect`, `one_of` or `checks`".to_owned())
                .push();
        }
        if step.expect.is_some() && !step.one_of.is_empty() {
            self.mistake(&format!("{at}/one_of"), "`expect` and `one_of` exclude each other")
                .help("`one_of` already demands that one of its outcomes fits".to_owned())
                .push();
        }
        if let Some(requirement) = &step.requirement {
            self.citation(&format!("{at}/requirement"), requirement);
        } else if !setup && !step.control && (step.expect.is_some() || !step.one_of.is_empty()) {
            let default =
                step.expect.as_ref().and_then(|e| default_requirement(&step.request.method, &e.status));
            if default.is_none() {
                self.mistake(at, &format!("the step \"{}\" does not say which requirement it verifies", step.name))
                    .help("add `requirement:`; only GET 200, POST 201, PUT 200, PATCH 200/204 and DELETE 204 have one of their own".to_owned())
                    .push();
            }
        }
        for (index, outcome) in step.one_of.iter().enumerate() {
            let at = format!("{at}/one_of/{index}");
            self.slugs(&format!("{at}/see"), &outcome.see);
            for (index, condition) in outcome.when.iter().enumerate() {
                let at = format!("{at}/when/{index}");
                self.matcher(
                    &at,
                    &condition.matchers(),
                    condition.at.as_deref(),
                    condition.header.as_deref(),
                );
            }
            self.checks(&outcome.checks, &at);
        }
        self.checks(&step.checks, at);
    }
}
