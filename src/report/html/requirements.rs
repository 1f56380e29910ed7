//! Every requirement of the catalogue as the page shows it: judged how, or why not.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::{Counts, Requirement, RunResult};
use crate::report::summary::in_words;
use crate::report::text::clip;
use crate::suite::catalogue::Catalogue;

#[derive(Debug, Serialize)]
pub(super) struct Document {
    /// `RFC 7644`.
    name: String,
    judged: usize,
    all: usize,
    words: String,
    rows: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: String,
    level: &'static str,
    section: Option<String>,
    url: Option<String>,
    text: Option<String>,
    verdict: &'static str,
    note: String,
}

/// The requirements of a result by RFC, each in the order of the catalogue.
pub(super) fn documents(result: &RunResult) -> Vec<Document> {
    let catalogue = Catalogue::embedded();
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
        rows.push(Row {
            id: id.0.clone(),
            level: state.level.as_str(),
            section: requirement.map(|requirement| format!("§{}", requirement.section)),
            url: requirement.map(url),
            text: requirement.map(|requirement| requirement.text.clone()),
            verdict: state.worst.map_or("not-judged", crate::model::Verdict::as_str),
            note: match &state.not_judged {
                Some(reason) if state.worst.is_none() => clip(reason, 400).into_owned(),
                _ => format!("judged {} time{}", state.judged, if state.judged == 1 { "" } else { "s" }),
            },
        });
    }
    let document = |(name, (counts, rows)): (String, (Counts, Vec<Row>))| Document {
        name,
        judged: counts.values().sum(),
        all: rows.len(),
        words: in_words(&counts),
        rows,
    };
    documents.into_iter().map(document).collect()
}

/// The page of the RFC Editor at the section of a requirement.
pub(super) fn url(requirement: &Requirement) -> String {
    let section = &requirement.section;
    format!("https://www.rfc-editor.org/rfc/{}.html#section-{section}", requirement.rfc.to_ascii_lowercase())
}
