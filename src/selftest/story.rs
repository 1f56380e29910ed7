//! The story of a fault, for somebody who fixes a server.

use std::fmt::Write as _;

use super::table::Table;
use crate::server::faults;
use crate::suite::catalogue::Catalogue;
use crate::suite::faults::{FaultDescription, Normative, Observable, Severity};

/// How many of the checks that see it are named.
const NAMED: usize = 12;

/// The story.
#[must_use]
pub fn story(fault: &FaultDescription) -> String {
    let mut text = format!("{}\n{}\n", fault.id, fault.title);
    let severity = match fault.severity {
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
    };
    let says = match fault.normative {
        Normative::Rfc => "an RFC forbids it",
        Normative::Interop => "the RFCs leave it open, but identity providers or users stumble over it",
        Normative::Profile => "a profile or good practice forbids it",
    };
    let _ = writeln!(text, "\narea       {}\nseverity   {severity}: {says}", fault.area);
    if fault.observable != Observable::NothingSpecial {
        let needs = match fault.observable {
            Observable::NothingSpecial => "",
            Observable::SecondTenant => "the credential of a second tenant",
            Observable::Concurrency => "requests at the same time",
            Observable::TokenProbe => "a way to try the tokens of users",
            Observable::Credential => "further credentials",
            Observable::RawHttp => "bytes that no HTTP client library sends",
        };
        let _ = writeln!(text, "to see it  {needs}");
    }
    section(&mut text, "What happens", &fault.does);
    section(&mut text, "What it breaks", &fault.breaks);
    section(&mut text, "What is right", &fault.correct);
    let nowhere = "on no server that we know of";
    match fault.sources.is_empty() {
        true if is_built(fault) => {
            section(
                &mut text,
                "Where it was seen",
                &format!("{nowhere}; it is there so that these checks are seen to fail"),
            );
        }
        true => section(&mut text, "Where it was seen", nowhere),
        false => list(&mut text, "Where it was seen", &fault.sources),
    }
    let violated = fault.requirements.iter().filter_map(|id| Catalogue::embedded().requirement(id));
    let violated: Vec<_> = violated
        .map(|requirement| {
            let (level, section) = (requirement.level, requirement.section_reference());
            format!("{} · {level} · {section}\n    {}", requirement.id, requirement.text)
        })
        .collect();
    let breaks = fault.breaks_a_demand(Catalogue::embedded());
    list(&mut text, if breaks { "What it violates" } else { "What it is about" }, &violated);
    if let Some(record) = Table::embedded().get(&fault.id) {
        let all: Vec<_> = record.checks().collect();
        let mut named: Vec<String> = all.iter().take(NAMED).map(|check| (*check).clone()).collect();
        if all.len() > NAMED {
            named.push(format!("and {} more", all.len() - NAMED));
        }
        list(&mut text, &format!("What sees it ({})", record.sight.as_str()), &named);
    }
    for (title, why) in [
        ("Not observable over HTTP", &fault.unobservable),
        ("Equivalent", &fault.equivalent),
        ("The reference server does not have it yet", &fault.unbuilt),
    ] {
        section(&mut text, title, why.as_deref().unwrap_or_default());
    }
    if is_built(fault) {
        let id = &fault.id;
        let _ = writeln!(text, "\nTry it: `scimcheck serve --fault {id}`, `scimcheck selftest --fault {id}`");
    }
    text
}

/// Whether the reference server can be given it.
fn is_built(fault: &FaultDescription) -> bool {
    faults().iter().any(|built| built.id() == fault.id)
}

fn section(text: &mut String, title: &str, content: &str) {
    if !content.trim().is_empty() {
        let _ = writeln!(text, "\n{title}");
        for line in wrapped(content, 116) {
            let _ = writeln!(text, "  {line}");
        }
    }
}

fn list(text: &mut String, title: &str, entries: &[String]) {
    if !entries.is_empty() {
        let _ = writeln!(text, "\n{title}");
        for entry in entries {
            let _ = writeln!(text, "  {entry}");
        }
    }
}

fn wrapped(content: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in content.split_whitespace() {
        let last = lines.last_mut().expect("there is one");
        if !last.is_empty() && last.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}
