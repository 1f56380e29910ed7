//! Ids: words, and each of them once.

use std::collections::HashMap;

use super::Linter;
use crate::suite::diagnostic::Diagnostic;
use crate::suite::format::{Case, Check, Step};
use crate::suite::load::Parsed;

impl<'a> Linter<'a> {
    /// Suite ids: words joined by `-`, groups of them by `/`.
    pub(super) fn suite_id(&mut self, at: &str, id: &str) {
        if !id.split('/').all(is_word) {
            self.mistake(at, &format!("`{id}` is not a suite id"))
                .label("not an id")
                .help(format!("lower-case words joined by `-`, groups joined by `/`: {}", suggestion(id)))
                .push();
        }
    }

    /// Case, row and check ids: words joined by `-`.
    pub(super) fn id(&mut self, at: &str, kind: &str, id: &str) {
        // A template in an id is reported as such.
        if !is_word(id) && !id.contains("${") {
            self.mistake(at, &format!("`{id}` is not the id of a {kind}"))
                .label("not an id")
                .help(format!(
                    "lower-case words and numbers joined by `-`: {}",
                    suggestion(id).replace('/', "-")
                ))
                .push();
        }
    }

    pub(super) fn unique(&mut self, kind: &str, name: &str, ids: Vec<(String, String)>) {
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (at, id) in ids {
            let line = self.parsed.document.place_of(&at).line;
            if let Some(first) = seen.get(&id) {
                let help = format!("the first is in line {first}");
                self.mistake(&at, &format!("another {kind} has the {name} `{id}`"))
                    .label("once more")
                    .help(help)
                    .push();
            } else {
                seen.insert(id, line);
            }
        }
    }

    /// Step names are parts of ids: `read it` and `read-it` are the same one. The ids of checks share their space.
    pub(super) fn steps_and_checks(&mut self, case: &'a Case, at: &str) {
        let steps = case.steps.iter().enumerate();
        let names: Vec<_> =
            steps.map(|(i, step)| (format!("{at}/steps/{i}/name"), step_slug(&step.name))).collect();
        for ((place, slug), step) in names.iter().zip(&case.steps) {
            if slug.is_empty() && !step.name.is_empty() {
                self.mistake(place, &format!("`{}` has no word in it", step.name))
                    .help("the name is part of the ids of the step's findings".to_owned())
                    .push();
            }
        }
        let checks = all_checks(case);
        for (pointer, check) in &checks {
            if let Some((place, _)) = names.iter().find(|(_, slug)| *slug == check.id) {
                let line = self.parsed.document.place_of(place).line;
                self.mistake(
                    &format!("{at}{pointer}/id"),
                    &format!("a step has the name `{}` already", check.id),
                )
                .label("the same id")
                .help(format!("the step is in line {line}; its own finding has that id"))
                .push();
            }
        }
        self.unique("step", "name", names);
        let ids = checks.iter().map(|(pointer, check)| (format!("{at}{pointer}/id"), check.id.clone()));
        self.unique("check", "id", ids.collect());
    }
}

/// All checks of a case, those of outcomes too, with their places below it.
fn all_checks(case: &Case) -> Vec<(String, &Check)> {
    let of = |at: String, checks: &'_ [Check]| -> Vec<String> {
        (0..checks.len()).map(|index| format!("{at}/checks/{index}")).collect()
    };
    let step_checks = |(index, step): (usize, &'_ Step)| {
        let at = format!("/steps/{index}");
        let mut places = of(at.clone(), &step.checks);
        for (index, outcome) in step.one_of.iter().enumerate() {
            places.extend(of(format!("{at}/one_of/{index}"), &outcome.checks));
        }
        places
    };
    let places = case.steps.iter().enumerate().flat_map(step_checks);
    let checks = case
        .steps
        .iter()
        .flat_map(|step| step.checks.iter().chain(step.one_of.iter().flat_map(|outcome| &outcome.checks)));
    places.zip(checks).collect()
}

/// Ids that two files share: those of suites, and those of cases that two suites make together (`a` with `b/c` and
/// `a/b` with `c`).
pub(super) fn across_files(suites: &[Parsed]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut seen: HashMap<String, &str> = HashMap::new();
    for parsed in suites {
        let suite = &parsed.spec.suite;
        // Suites and cases have a space of their own each.
        let mut ids = vec![("/suite".to_owned(), format!("{suite}/"), "suite")];
        for (index, case) in parsed.spec.cases.iter().enumerate() {
            let at = format!("/cases/{index}/id");
            if case.matrix.is_empty() {
                ids.push((at.clone(), format!("{suite}/{}", case.id), "case"));
            }
            let rows = case.matrix.iter().filter_map(|row| row.get("id")?.as_str());
            ids.extend(rows.map(|row| (at.clone(), format!("{suite}/{}/{row}", case.id), "case")));
        }
        for (at, id, kind) in ids {
            let file = &*parsed.source.name;
            match seen.get(&id) {
                None => {
                    seen.insert(id, file);
                }
                Some(other) if *other == file => {}
                Some(other) => {
                    let place = parsed.document.place_of(&at);
                    let message = format!("the {kind} id `{}` is taken by {other}", id.trim_end_matches('/'));
                    let mistake = Diagnostic::in_source(&parsed.source, place, &message).label("taken");
                    found.push(mistake.help("ids are unique over all suites".to_owned()));
                    if kind == "suite" {
                        // Its cases are then taken too: one mistake.
                        break;
                    }
                }
            }
        }
    }
    found
}

/// A step's name as part of an id: lower case, everything else than letters and digits becomes `-`.
pub(super) fn step_slug(name: &str) -> String {
    let words: Vec<_> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

fn is_word(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    id.split('-').all(|part| !part.is_empty() && part.chars().all(plain))
}

/// An id that is near what was written: `eqString_1` becomes `eq-string-1`.
fn suggestion(id: &str) -> String {
    let mut words = String::new();
    for c in id.chars() {
        if c.is_ascii_uppercase() && words.ends_with(|last: char| last.is_ascii_lowercase()) {
            words.push('-');
        }
        words.push(if c.is_ascii_alphanumeric() || c == '/' { c.to_ascii_lowercase() } else { '-' });
    }
    let groups = words.split('/').map(|group| {
        let parts: Vec<_> = group.split('-').filter(|part| !part.is_empty()).collect();
        parts.join("-")
    });
    let groups: Vec<_> = groups.filter(|group| !group.is_empty()).collect();
    if groups.is_empty() { "member-by-value-filter".to_owned() } else { groups.join("/") }
}
