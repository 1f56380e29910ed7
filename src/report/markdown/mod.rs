//! Markdown for the summary of a GitHub job and for comments on pull and merge requests: the most important first, and
//! never longer than a comment may be.

mod diff;
mod escape;

use std::fmt::Write as _;

pub use self::diff::render_diff;
use self::escape::{block, code, link, text};
use super::dialogue;
use super::evidence::{self, Evidence, is_judged, requirement, short_id};
use super::summary::{Summary, in_words};
use super::terminal::{Style, story};
use super::text::{clip, count, duration};
use crate::model::{CaseResult, ChannelLatency, EntryState, Finding, RunResult, Verdict};

/// Bytes at most. A comment on GitHub has up to 65,536 characters, the summary of a job up to 1 MiB.
pub const LIMIT: usize = 64_000;
/// What is kept back for the last lines.
const RESERVE: usize = 1_000;
/// The story of a case, up to so many characters.
const STORY: usize = 6_000;
/// A body in it, up to so many.
const BODY: usize = 1_200;
/// A value in a table, up to so many.
const CELL: usize = 160;
/// Rows of a table.
const ROWS: usize = 60;

/// The result as Markdown.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let mut page = Page { out: String::new(), left_out: Vec::new() };
    let summary = Summary::of(result);
    page.add(&head(result, &summary));
    page.add(&figures(result, &summary));
    let heads = ["channel", "longest", "deadline", "measured", "never"];
    page.table("Revocation latency", &heads, &revocation(result), "channel");
    broken(&mut page, result);
    page.table("Known failures", &["check", "verdict", "why", "until"], &known(result), "known failure");
    page.table("Stale in the baseline", &["check", "why it was known"], &stale(result), "stale entry");
    page.table("Warnings", &["check", "requirement", "wanted", "got"], &warnings(result), "warning");
    page.table("Not judged", &["checks", "verdict", "why"], &not_judged(&summary), "reason");
    page.table("Left over on the target", &["resource", "why"], &left_over(result), "resource");
    page.table("Cases by area", &["area", "cases"], &areas(&summary), "area");
    page.end()
}

struct Page {
    out: String,
    left_out: Vec<String>,
}

impl Page {
    /// Adds a part if there is room for it.
    fn add(&mut self, part: &str) -> bool {
        let fits = self.out.len() + part.len() + RESERVE <= LIMIT;
        if fits {
            self.out.push_str(part);
        }
        fits
    }

    fn table(&mut self, title: &str, heads: &[&str], rows: &[Vec<String>], noun: &str) {
        if rows.is_empty() {
            return;
        }
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let heads: Vec<_> = heads.iter().map(|head| (*head).to_owned()).collect();
        let rule = vec!["---".to_owned(); heads.len()];
        let all = rows.len();
        let mut shown = 0;
        if self.add(&format!("\n### {title}\n\n{}{}", line(&heads), line(&rule))) {
            shown = rows.iter().take(ROWS).take_while(|row| self.add(&line(row))).count();
        }
        if shown < all {
            self.left_out.push(count(all - shown, noun));
        }
    }

    fn end(mut self) -> String {
        if !self.left_out.is_empty() {
            let _ = write!(
                self.out,
                "\nNot shown here: {}. The HTML report has all.\n",
                self.left_out.join(", ")
            );
        }
        self.out
    }
}

/// What came out, of what.
fn head(result: &RunResult, summary: &Summary) -> String {
    let verdict = summary.verdict.as_str().to_uppercase();
    let target = &result.target;
    let mut about = code(&target.base_url, 300);
    if target.name != target.base_url {
        about = format!("{} at {about}", text(&target.name, 120));
    }
    if let Some(profile) = &target.profile {
        let _ = write!(about, " as {}", text(profile, 80));
    }
    if let Some(partition) = &result.partition {
        let _ = write!(about, " · partition {}", text(partition, 40));
    }
    let tool = text(&format!("{} {}", result.tool.name, result.tool.version), 80);
    let mut head = format!("## {verdict}: {}\n\n", text(&summary.headline, 400));
    let time = duration(result.duration_ms);
    let _ =
        writeln!(head, "{about} · {tool} · seed {} · {} · {time}", result.seed, text(&result.started, 40));
    if let Some(why) = &result.partial {
        let _ = write!(head, "\n> **This run is not complete:** {}\n", text(why, 300));
    }
    head
}

fn figures(result: &RunResult, summary: &Summary) -> String {
    let row = |what: &str, all: usize, words: &str| format!("| {what} | {all} | {words} |\n");
    let checks = summary.checks.values().sum();
    let judged = summary.requirements_judged();
    let of =
        format!("{} · {} not judged", in_words(&summary.requirements), result.requirements.len() - judged);
    format!(
        "\n| | | |\n|---|---:|---|\n{}{}{}",
        row("Cases", result.cases.len(), &in_words(&summary.cases)),
        row("Checks", checks, &in_words(&summary.checks)),
        row("Requirements judged", judged, &of),
    )
}

/// The cases that keep the run from being green, worst first, each with its story.
fn broken(page: &mut Page, result: &RunResult) {
    let evidence = Evidence::of(result);
    let counts = |case: &&CaseResult| {
        let vacuous = case.verdict.is_judged() && !is_judged(case);
        vacuous || matches!(case.verdict, Verdict::Fail | Verdict::Error | Verdict::Blocked | Verdict::Fixed)
    };
    let mut cases: Vec<_> = result.cases.iter().filter(counts).collect();
    cases.sort_by_key(|case| std::cmp::Reverse(seriousness(case.verdict)));
    if cases.is_empty() || !page.add("\n### What is broken\n") {
        return;
    }
    let told = cases.iter().take_while(|case| page.add(&told(case, &evidence))).count();
    let listed: Vec<_> = cases[told..].iter().map(|case| in_a_row(case)).collect();
    page.table("Also broken", &["verdict", "case", "checks"], &listed, "broken case");
}

/// What is certainly wrong with the target first, then what could not be judged.
fn seriousness(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 4,
        Verdict::Error => 3,
        Verdict::Blocked => 2,
        _ => 1,
    }
}

fn told(case: &CaseResult, evidence: &Evidence<'_>) -> String {
    let verdict = case.verdict.as_str().to_uppercase();
    let mut part = format!(
        "\n<details><summary><b>{verdict}</b> {} {}</summary>\n\n",
        code(&case.id, 200),
        text(&case.title, 200)
    );
    for finding in
        evidence::worst_first(case).into_iter().filter(|finding| finding.verdict >= Verdict::Blocked)
    {
        let about =
            requirement(finding).map_or_else(String::new, |own| format!(": {}", text(&own.text, 400)));
        let _ = writeln!(
            part,
            "- {} {} · {}{about}",
            finding.level,
            code(&short_id(finding), 120),
            cited(finding)
        );
    }
    let story = story(case, evidence, Style::PLAIN);
    let dialogue = dialogue::of_case(case, evidence, BODY);
    let _ = write!(part, "\n{}\n</details>\n", block(&format!("{story}\n{dialogue}"), STORY));
    part
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

fn in_a_row(case: &CaseResult) -> Vec<String> {
    let names: Vec<_> = evidence::worst_first(case)
        .into_iter()
        .filter(|finding| finding.verdict >= Verdict::Blocked)
        .take(4)
        .map(|finding| code(&short_id(finding), 60))
        .collect();
    vec![case.verdict.to_string(), code(&case.id, CELL), names.join(" ")]
}

fn findings(result: &RunResult, verdict: Verdict) -> impl Iterator<Item = &Finding> {
    result.cases.iter().flat_map(|case| &case.checks).filter(move |finding| finding.verdict == verdict)
}

fn known(result: &RunResult) -> Vec<Vec<String>> {
    let row = |finding: &Finding| {
        let excuse = finding.excuse.as_ref();
        let mut why = text(excuse.map_or("", |excuse| &excuse.reason), CELL);
        if let Some(url) = excuse.and_then(|excuse| excuse.link.as_deref()) {
            let _ = write!(why, " {}", link("more", url));
        }
        let judged = excuse.map_or(finding.verdict, |excuse| excuse.judged);
        let until = excuse.and_then(|excuse| excuse.expires.as_deref()).unwrap_or_default();
        vec![code(&finding.id, 240), judged.to_string(), why, text(until, 20)]
    };
    findings(result, Verdict::Known).map(row).collect()
}

fn stale(result: &RunResult) -> Vec<Vec<String>> {
    let entries = result.baseline.iter().flat_map(|baseline| &baseline.entries);
    let stale = entries.filter(|entry| entry.state == EntryState::Stale);
    stale.map(|entry| vec![code(&entry.check, 240), text(&entry.reason, CELL)]).collect()
}

fn warnings(result: &RunResult) -> Vec<Vec<String>> {
    let row = |finding: &Finding| {
        vec![
            code(&finding.id, 200),
            cited(finding),
            code(&finding.wanted, CELL),
            code(
                if finding.got.is_empty() { finding.reason.as_deref().unwrap_or("") } else { &finding.got },
                CELL,
            ),
        ]
    };
    findings(result, Verdict::Warn).map(row).collect()
}

fn not_judged(summary: &Summary) -> Vec<Vec<String>> {
    let row = |group: &super::summary::NotJudged| {
        vec![group.checks.to_string(), group.verdict.to_string(), text(&group.reason, CELL)]
    };
    summary.not_judged.iter().map(row).collect()
}

fn left_over(result: &RunResult) -> Vec<Vec<String>> {
    let row = |left: &crate::model::LeftOver| vec![code(&left.url, 240), text(&left.reason, CELL)];
    result.left_over.iter().map(row).collect()
}

/// How long it took until logins did not count any more, by channel.
fn revocation(result: &RunResult) -> Vec<Vec<String>> {
    let row = |latency: &ChannelLatency| {
        vec![
            latency.channel.to_string(),
            latency.longest_in_words(),
            duration(latency.deadline_ms),
            latency.measured.to_string(),
            latency.never.to_string(),
        ]
    };
    result.revocation_latencies().iter().map(row).collect()
}

fn areas(summary: &Summary) -> Vec<Vec<String>> {
    let row =
        |(area, counts): (&String, &crate::model::Counts)| vec![text(&clip(area, 80), 100), in_words(counts)];
    summary.areas.iter().map(row).collect()
}
