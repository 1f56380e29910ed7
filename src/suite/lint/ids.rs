//! Ids and citations.

use std::collections::HashMap;

use super::Linter;
use crate::model::RequirementId;
use crate::suite::diagnostic::nearest;
use crate::suite::format::{Case, Check};

impl<'a> Linter<'a> {
    /// Suite ids: words joined by `-`, groups of them by `/`.
    pub(super) fn suite_id(&mut self, at: &str, id: &str) {
        if !id.split('/').all(is_word) {
            self.mistake(at, &format!("`{id}` is not a suite id"))
                .help("lower-case words joined by `-`, groups joined by `/`: patch/remove".to_owned())
                .push();
        }
    }

    /// Case, row and check ids: words joined by `-`.
    pub(super) fn id(&mut self, at: &str, id: &str) {
        if !is_word(id) {
            self.mistake(at, &format!("`{id}` is not an id"))
                .help("lower-case words, digits and `-`: member-by-value-filter".to_owned())
                .push();
        }
    }

    pub(super) fn unique<'i>(&mut self, kind: &str, ids: impl Iterator<Item = (String, &'i str)>) {
        let mut seen: HashMap<&str, usize> = HashMap::new();
        for (at, id) in ids {
            let line = self.parsed.document.place_of(&at).line;
            if let Some(first) = seen.insert(id, line) {
                let name = if kind == "step" { "name" } else { "id" };
                self.mistake(&at, &format!("another {kind} has the {name} `{id}`"))
                    .help(format!("the first is in line {first}"))
                    .push();
            }
        }
    }

    pub(super) fn rows(&mut self, case: &'a Case, at: &str) {
        if case.derive.is_some() && !case.matrix.is_empty() {
            self.mistake(&format!("{at}/derive"), "`matrix` and `derive` exclude each other").push();
        }
        let mut ids = Vec::new();
        for (index, row) in case.matrix.iter().enumerate() {
            let at = format!("{at}/matrix/{index}");
            match row.get("id").and_then(serde_json::Value::as_str) {
                Some(id) => {
                    self.id(&format!("{at}/id"), id);
                    ids.push((format!("{at}/id"), id));
                }
                None => self
                    .mistake(&at, "a row of the matrix has no `id`")
                    .help("the id becomes the last part of the case's id, so it must never change".to_owned())
                    .push(),
            }
            if let Some(missing) = case.matrix[0].keys().find(|key| !row.contains_key(*key) && *key != "id") {
                self.mistake(&at, &format!("the row has no column `{missing}`"))
                    .help("every row has the columns of the first".to_owned())
                    .push();
            }
        }
        self.unique("row", ids.into_iter());
    }

    /// `name`, `!name` and `kind:name`.
    pub(super) fn features(&mut self, at: &str, requires: &[String]) {
        const PLAIN: [&str; 14] = [
            "patch",
            "bulk",
            "filter",
            "sort",
            "etag",
            "changePassword",
            "index-pagination",
            "cursor",
            "search-post",
            "me",
            "enterprise",
            "groups",
            "immutable-attr",
            "loopback",
        ];
        for (index, entry) in requires.iter().enumerate() {
            let name = entry.strip_prefix('!').unwrap_or(entry);
            let known = match name.split_once(':') {
                Some((kind, rest)) => {
                    ["resource", "schema", "credential"].contains(&kind) && !rest.is_empty()
                }
                None => PLAIN.contains(&name) || name.contains("${"),
            };
            if !known {
                let help = nearest(name, PLAIN).map_or_else(
                    || format!("known: {}, resource:NAME, schema:URN, credential:NAME", PLAIN.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                self.mistake(&format!("{at}/{index}"), &format!("`{name}` is not a feature"))
                    .help(help)
                    .push();
            }
        }
    }

    pub(super) fn citation(&mut self, at: &str, id: &RequirementId) {
        if self.catalogue.requirement(id).is_some() {
            return;
        }
        let known = self.catalogue.requirements().iter().map(|requirement| requirement.id.as_str());
        let help = match nearest(id.as_str(), known) {
            Some(near) => format!("did you mean `{near}`? `scimcheck list requirements` shows all"),
            None => "`scimcheck list requirements` shows all".to_owned(),
        };
        self.mistake(at, &format!("no requirement has the id `{id}`")).help(help).push();
    }

    pub(super) fn slugs(&mut self, at: &str, slugs: &[String]) {
        for (index, slug) in slugs.iter().enumerate() {
            self.slug(&format!("{at}/{index}"), slug);
        }
    }

    pub(super) fn slug(&mut self, at: &str, slug: &str) {
        if self.catalogue.ambiguity(slug).is_none() {
            let known = self.catalogue.ambiguities().iter().map(|ambiguity| ambiguity.slug.as_str());
            let help = nearest(slug, known).map(|near| format!("did you mean `{near}`?"));
            self.mistake(at, &format!("no ambiguity has the slug `{slug}`")).help(help).push();
        }
    }

    pub(super) fn checks(&mut self, checks: &'a [Check], at: &str) {
        for (index, check) in checks.iter().enumerate() {
            let at = format!("{at}/checks/{index}");
            self.id(&format!("{at}/id"), &check.id);
            self.citation(&format!("{at}/requirement"), &check.requirement);
            self.features(&format!("{at}/requires"), &check.requires);
            self.slugs(&format!("{at}/see"), &check.see);
            self.level(check, &at);
            self.matcher(&at, &check.matchers(), check.at.as_deref(), check.header.as_deref());
            if !check.ignoring.is_empty() && check.same_resource_as.is_none() {
                self.mistake(&format!("{at}/ignoring"), "`ignoring` goes with `same_resource_as` only")
                    .push();
            }
            for (index, tolerance) in check.tolerate.iter().enumerate() {
                let at = format!("{at}/tolerate/{index}");
                self.matcher(
                    &at,
                    &tolerance.matchers(),
                    tolerance.at.as_deref(),
                    tolerance.header.as_deref(),
                );
                match (&tolerance.see, &tolerance.why) {
                    (Some(slug), _) => self.slug(&format!("{at}/see"), slug),
                    (None, None) => self
                        .mistake(&at, "a tolerance has to say why")
                        .help("cite an ambiguity with `see:`, or give the reason with `why:`".to_owned())
                        .push(),
                    (None, Some(_)) => {}
                }
            }
        }
    }

    fn level(&mut self, check: &Check, at: &str) {
        let Some(requirement) = self.catalogue.requirement(&check.requirement) else { return };
        let Some(level) = check.level else { return };
        if level.verdict_if_broken() > requirement.level.verdict_if_broken() {
            self.mistake(
                &format!("{at}/level"),
                &format!("{level} is more than {} demands", check.requirement),
            )
            .help(format!("the requirement is {}; a suite may only lower it", requirement.level))
            .push();
        }
    }
}

fn is_word(id: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    !id.is_empty() && id.chars().all(inner) && !id.starts_with('-') && !id.ends_with('-')
}
