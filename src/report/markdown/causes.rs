//! What is wrong, a row for each cause, and the story of one case of it.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::escape::{block, code, code_in_html, link, prose, text_in_html};
use super::page::{Page, Table};
use crate::model::{CaseResult, Finding, RunResult, Verdict};
use crate::report::cause::{self, Told};
use crate::report::dialogue;
use crate::report::evidence::{self, Evidence, broken_on, has_story, requirement, short_id};
use crate::report::terminal::{Style, story};
use crate::report::text::count;

/// The story of a case, up to so many characters.
const STORY: usize = 4_500;
/// A body in it, up to so many.
const BODY: usize = 1_000;
/// A value in a row, up to so many.
const VALUE: usize = 70;
/// What a requirement says, up to so many.
const SAYS: usize = 120;
const HEADS: [&str; 6] = ["level", "findings", "requirement", "wanted", "got", "for example"];

/// Findings of one cause.
pub(super) type Cause<'r> = Vec<Told<'r>>;

/// What keeps the run from being green, by cause: what is certainly wrong with the target first.
pub(super) fn broken(result: &RunResult) -> Vec<Cause<'_>> {
    let seriousness = |cause: &Cause<'_>| match cause[0].finding.verdict {
        Verdict::Fail => Some(0),
        Verdict::Error => Some(1),
        Verdict::Fixed => Some(2),
        _ => None,
    };
    let mut causes = cause::groups(result);
    causes.retain(|cause| seriousness(cause).is_some());
    causes.sort_by_key(seriousness);
    causes
}

/// The warnings, by cause.
pub(super) fn warnings(result: &RunResult) -> Vec<Cause<'_>> {
    let mut causes = cause::groups(result);
    causes.retain(|cause| cause[0].finding.verdict == Verdict::Warn);
    causes
}

/// A row for each cause.
pub(super) fn table(page: &mut Page, title: &str, noun: &str, share: usize, causes: &[Cause<'_>]) {
    let rows: Vec<_> = causes.iter().map(row).collect();
    page.table(Table { title, heads: &HEADS, noun, share }, &rows);
}

fn row(cause: &Cause<'_>) -> Vec<String> {
    let finding = cause[0].finding;
    let level = if finding.verdict == finding.level.verdict_if_broken() {
        finding.level.to_string()
    } else {
        format!("{} ({})", finding.level, finding.verdict)
    };
    let says = requirement(finding).map_or_else(String::new, |own| format!(": {}", prose(&own.text, SAYS)));
    let value = |value: &str| code(&value.replace('\n', " "), VALUE);
    let got = if finding.got.is_empty() { finding.reason.as_deref().unwrap_or("") } else { &finding.got };
    let times = match broken_on(finding) {
        Some(times) if cause.len() == 1 => times,
        _ => cause.len().to_string(),
    };
    let (wanted, got) = if has_story(finding) {
        (value(&finding.wanted), value(got))
    } else {
        (String::new(), "holds now".to_owned())
    };
    vec![level, times, format!("{}{says}", cited(finding)), wanted, got, code(&finding.id, 200)]
}

/// The section of an RFC that a finding is about, with a link to it.
fn cited(finding: &Finding) -> String {
    match requirement(finding) {
        // What scimcheck itself asks for stands on no page but its own.
        Some(own) if own.is_of_profile() => code(own.id.as_str(), 80),
        Some(own) => {
            let number = own.rfc.trim_start_matches("RFC");
            let url = format!("https://www.rfc-editor.org/rfc/rfc{number}.html#section-{}", own.section);
            link(&own.section_reference(), &url)
        }
        None => code(finding.requirement.as_str(), 80),
    }
}

/// The story of one case of each cause, as far as there is room for them.
pub(super) fn stories(page: &mut Page, result: &RunResult, causes: &[Cause<'_>]) {
    let evidence = Evidence::of(result);
    let mut told: HashSet<usize> = HashSet::new();
    let (mut head, mut left) = ("\n### A case of each cause\n", 0);
    for cause in causes {
        // A case may be broken in several ways; its story tells all of them.
        if cause.iter().any(|finding| told.contains(&finding.at.0)) {
            continue;
        }
        if page.add(&format!("{head}{}", tell(cause[0].case, &evidence))) {
            told.insert(cause[0].at.0);
            head = "";
        } else {
            left += 1;
        }
    }
    if left > 0 {
        page.leave_out(format!("a case each of {}", count(left, "cause")));
    }
}

fn tell(case: &CaseResult, evidence: &Evidence<'_>) -> String {
    let verdict = case.verdict.as_str().to_uppercase();
    let mut part = format!(
        "\n<details><summary><b>{verdict}</b> {} {}</summary>\n\n",
        code_in_html(&case.id, 200),
        text_in_html(&case.title, 200)
    );
    let broken =
        evidence::worst_first(case).into_iter().filter(|finding| finding.verdict >= Verdict::Blocked);
    for finding in broken {
        let about =
            requirement(finding).map_or_else(String::new, |own| format!(": {}", prose(&own.text, 400)));
        let id = code(&short_id(finding), 120);
        let _ = writeln!(part, "- {} {id} · {}{about}", finding.level, cited(finding));
    }
    let story = story(case, evidence, Style::PLAIN);
    let dialogue = dialogue::of_case(case, evidence, BODY);
    let _ = write!(part, "\n{}\n</details>\n", block(&format!("{story}\n{dialogue}"), STORY));
    part
}
