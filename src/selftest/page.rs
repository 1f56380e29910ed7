//! The page `docs/selftest.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use serde::Deserialize;

use super::figures::Figures;
use super::table::Table;
use super::universe::Universe;
use super::verdict::Sight;
use crate::model::glob::fits_check;
use crate::suite::faults::{FaultDescription, Faults, Normative};

/// Why no fault makes a check fail: by glob over check ids (`fixtures/selftest/unfailing.yaml`).
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Reasons(BTreeMap<String, String>);

/// How many checks a line of the matrix names.
const NAMED: usize = 4;
/// Where the page has the checks that no fault makes fail.
const UNFAILING: &str = "#checks-that-no-fault-makes-fail";

impl Reasons {
    /// Those that the binary brings.
    ///
    /// # Panics
    /// Never in a released binary: a test reads the embedded file.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static REASONS: OnceLock<Reasons> = OnceLock::new();
        REASONS.get_or_init(|| {
            const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/embedded_unfailing.json"));
            serde_json::from_str(JSON)
                .unwrap_or_else(|error| panic!("fixtures/selftest/unfailing.yaml: {error}"))
        })
    }

    /// The reason for a check.
    #[must_use]
    pub fn of(&self, check: &str) -> Option<&str> {
        self.0.iter().find(|(glob, _)| fits_check(glob, check)).map(|(_, reason)| &**reason)
    }

    /// What does not hold any more, one line for each glob: it fits no check, or one that was seen to fail.
    #[must_use]
    pub fn stale(&self, universe: &Universe, unfailing: &[String]) -> Vec<String> {
        let judge = |glob: &String| {
            let mut about = universe.checks().keys().filter(|check| fits_check(glob, check)).peekable();
            if about.peek().is_none() {
                return Some(format!("{glob}: there is no such check"));
            }
            about.find(|check| !unfailing.contains(check)).map(|seen| match seen == glob {
                true => format!("{glob} was seen to fail"),
                false => format!("{glob} fits {seen}, which was seen to fail"),
            })
        };
        self.0.keys().filter_map(judge).collect()
    }
}

/// The page in Markdown.
#[must_use]
pub fn markdown(faults: &Faults, table: &Table, universe: &Universe, reasons: &Reasons) -> String {
    let figures = Figures::new(faults, table, universe);
    let mut text = format!(
        "# Self-test\n\n\
         A verdict is worth as much as the proof that the suites see broken servers. The reference server can be given \
         faults, one at a time, {}; the suites then have to see each. Generated \
         from `fixtures/faults/` and `fixtures/selftest/`: `SCIMCHECK_BLESS=1 cargo test --test selftest` writes it anew, \
         the same test without that keeps it fresh. `scimcheck explain FAULT` tells the story of a fault, `scimcheck \
         selftest --fault FAULT` tries it, `scimcheck serve --fault FAULT` serves it.\n\n\
         *Caught*: a check fails that cites a requirement which the fault violates (for a SHOULD it warns). *Caught \
         elsewhere*: only checks of other requirements see it, so that a run is red, but names another sentence of the RFCs \
         than the one that the server breaks; or what an RFC demands is only warned of.\n\n\
         {}\n\n\
         | | |\n|---|---|\n",
        faults.origin(),
        areas(faults),
    );
    let _ = writeln!(text, "| faults that an RFC forbids: caught | {} |", figures.rfc.text());
    let _ = writeln!(text, "| faults that break identity providers: caught | {} |", figures.interop.text());
    let _ = writeln!(text, "| faults that a profile forbids: caught | {} |", figures.profile.text());
    let _ = writeln!(text, "| checks that a fault makes fail | {} |", figures.checks.text());
    let _ = writeln!(text, "| control steps, which block a case and never fail | {} |", figures.controls);
    let _ = writeln!(text, "| described, and not built yet | {} |", figures.unbuilt);
    matrix(&mut text, faults, table);
    not_caught(&mut text, faults, table);
    unbuilt(&mut text, faults);
    unfailing(&mut text, &figures, reasons);
    text
}

/// Links to the areas below.
fn areas(faults: &Faults) -> String {
    let mut areas: Vec<_> =
        faults.all().iter().filter(|fault| built(fault)).map(|fault| &*fault.area).collect();
    areas.dedup();
    let links: Vec<_> = areas.iter().map(|area| format!("[{area}](#{area})")).collect();
    format!(
        "Areas: {}. Then: [not caught](#not-caught), [checks that no fault makes fail]({UNFAILING}).",
        links.join(", ")
    )
}

fn built(fault: &FaultDescription) -> bool {
    fault.unbuilt.is_none()
}

fn matrix(text: &mut String, faults: &Faults, table: &Table) {
    let mut area = "";
    for fault in faults.all().iter().filter(|fault| built(fault)) {
        if fault.area != area {
            area = &fault.area;
            let _ = writeln!(text, "\n## {area}\n\n| fault | by | seen | checks |\n|---|---|---|---|");
        }
        let record = table.get(&fault.id);
        let checks: Vec<_> = record.into_iter().flat_map(super::Record::checks).collect();
        let mut named: Vec<_> = checks.iter().take(NAMED).map(|check| format!("`{check}`")).collect();
        if checks.len() > NAMED {
            named.push(format!("{} more", checks.len() - NAMED));
        }
        let sight = record.map_or("not tried", |record| record.sight.as_str());
        let _ = writeln!(
            text,
            "| `{}`: {} | {} | {sight} | {} |",
            fault.id,
            cell(&fault.title),
            normative(fault),
            named.join(", ")
        );
    }
}

fn normative(fault: &FaultDescription) -> &'static str {
    match fault.normative {
        Normative::Rfc => "RFC",
        Normative::Interop => "interop",
        Normative::Profile => "profile",
    }
}

fn not_caught(text: &mut String, faults: &Faults, table: &Table) {
    let is_caught =
        |fault: &&FaultDescription| table.get(&fault.id).is_some_and(|record| record.sight == Sight::Caught);
    let others: Vec<_> =
        faults.all().iter().filter(|fault| fault.unbuilt.is_none() && !is_caught(fault)).collect();
    text.push_str("\n## Not caught\n\n");
    if others.is_empty() {
        text.push_str("None.\n");
        return;
    }
    text.push_str("| fault | seen | why |\n|---|---|---|\n");
    for fault in others {
        let sight = table.get(&fault.id).map_or("not tried", |record| record.sight.as_str());
        let why = match (&fault.equivalent, &fault.unobservable) {
            (Some(why), _) => format!("equivalent: {why}"),
            (None, Some(why)) => format!("not observable: {why}"),
            (None, None) => String::new(),
        };
        let _ = writeln!(text, "| `{}` | {sight} | {} |", fault.id, cell(&why));
    }
}

fn unbuilt(text: &mut String, faults: &Faults) {
    let unbuilt: Vec<_> = faults.all().iter().filter(|fault| fault.unbuilt.is_some()).collect();
    if unbuilt.is_empty() {
        return;
    }
    text.push_str("\n## Not built yet\n\n| fault | area |\n|---|---|\n");
    for fault in unbuilt {
        let _ = writeln!(text, "| `{}`: {} | {} |", fault.id, cell(&fault.title), fault.area);
    }
}

/// Cases whose checks have the same reason stand in one line.
fn unfailing(text: &mut String, figures: &Figures, reasons: &Reasons) {
    text.push_str("\n## Checks that no fault makes fail\n\n");
    if figures.unfailing.is_empty() {
        text.push_str("None.\n");
        return;
    }
    let mut lines: Vec<(&str, Vec<&str>, &str)> = Vec::new();
    for check in &figures.unfailing {
        let (case, name) = check.split_once('#').unwrap_or((check, ""));
        let reason = reasons.of(check).unwrap_or("");
        match lines.last_mut() {
            Some((known, names, same)) if *known == case && *same == reason => names.push(name),
            _ => lines.push((case, vec![name], reason)),
        }
    }
    text.push_str("| case | checks | why |\n|---|---|---|\n");
    for (case, names, reason) in lines {
        let _ = writeln!(text, "| `{case}` | {} | {} |", names.join(", "), cell(reason));
    }
}

fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ")
}
