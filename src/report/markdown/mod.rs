//! Markdown for the summary of a GitHub job and for comments on pull and merge requests: the most important first, and
//! never longer than a comment may be.

mod causes;
mod diff;
mod escape;
mod page;

use std::fmt::Write as _;

pub use self::diff::render_diff;
use self::escape::{code, link, prose, text};
use self::page::{Page, Table};
use super::evidence::Likeness;
use super::summary::{NotJudged, Summary, in_words};
use super::text::{clip, count, duration};
use crate::model::{ChannelLatency, EntryState, Finding, RunResult, Verdict};

/// Bytes at most. A comment on GitHub has up to 65,536 characters, the summary of a job up to 1 MiB.
pub const LIMIT: usize = 64_000;
/// A value in a table, up to so many characters.
const CELL: usize = 160;

/// What every table may take; what one does not need is for the stories at the end. Together with what stands above
/// them at its longest they fill the page.
const LOOKS_LIKE: usize = 4_000;
const REVOCATION: usize = 1_500;
const BROKEN: usize = 22_500;
const STALE: usize = 3_000;
const LEFT_OVER: usize = 2_500;
const WARNINGS: usize = 9_000;
const KNOWN: usize = 5_000;
const AREAS: usize = 3_500;
const NOT_JUDGED: usize = 4_000;

/// The result as Markdown.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let mut page = Page::default();
    let summary = Summary::of(result);
    let (broken, warnings) = (causes::broken(result), causes::warnings(result));
    page.add(&head(result, &summary));
    page.add(&figures(result, &summary));
    let heads = ["findings", "fault that other servers had (`scimcheck explain ID` tells more)"];
    let table = |title, heads, noun, share| Table { title, heads, noun, share };
    page.table(table("Looks like", &heads, "fault", LOOKS_LIKE), &looks_like(&summary));
    let heads = ["channel", "longest", "deadline", "measured", "never", "not told"];
    page.table(
        table("Revocation latency", &heads, "channel", REVOCATION),
        &revocation(&result.revocation_latencies()),
    );
    let title = "Latency after a change of the password, a revocation of the token or a logout";
    page.table(table(title, &heads, "channel", REVOCATION), &revocation(&result.other_latencies()));
    let (stale, left_over, known) = (stale(result), left_over(result), known(result));
    // Most runs have no baseline and leave nothing over: what is broken gets the place of tables that are not there.
    let spare = [(stale.is_empty(), STALE), (left_over.is_empty(), LEFT_OVER), (known.is_empty(), KNOWN)];
    let spare: usize = spare.iter().filter(|(empty, _)| *empty).map(|(_, share)| share).sum();
    causes::table(&mut page, "What is broken", "cause", BROKEN + spare, &broken);
    let heads = ["check", "why it was known"];
    page.table(table("Stale in the baseline", &heads, "stale entry", STALE), &stale);
    let heads = ["resource", "why"];
    page.table(table("Left over on the target", &heads, "resource", LEFT_OVER), &left_over);
    causes::table(&mut page, "Warnings", "warned cause", WARNINGS, &warnings);
    let heads = ["check", "verdict", "why", "until"];
    page.table(table("Known failures", &heads, "known failure", KNOWN), &known);
    page.table(table("Cases by area", &["area", "cases"], "area", AREAS), &areas(&summary));
    let heads = ["checks", "verdict", "why"];
    page.table(table("Not judged", &heads, "reason", NOT_JUDGED), &not_judged(&summary));
    causes::stories(&mut page, result, &broken);
    page.end()
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
    let others = if result.seeds.is_empty() { "" } else { " (another in other parts)" };
    let (seed, started) = (result.seed, text(&result.started, 40));
    let _ = writeln!(head, "{about} · {tool} · seed {seed}{others} · {started} · {time}");
    if let Some(why) = &result.partial {
        let _ = write!(head, "\n> **This run is not complete:** {}\n", text(why, 300));
    }
    if summary.left_out > 0 {
        let left_out = count(summary.left_out, "case");
        let what = code(&result.selection.join(" "), 300);
        let what = if what.is_empty() { what } else { format!(" ({what})") };
        let _ = write!(head, "\n> **Only a selection was run**{what}. It left out {left_out}.\n");
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

fn looks_like(summary: &Summary) -> Vec<Vec<String>> {
    let row = |(id, times): &(String, usize)| {
        let fault = Likeness::to(id);
        let title = fault.title.map_or_else(String::new, |title| format!(": {}", prose(title, 200)));
        // No link to where it was seen: a comment with one shows up in the tracker of that project.
        vec![times.to_string(), format!("{}{title}", code(id, 120))]
    };
    summary.looks_like.iter().map(row).collect()
}

fn revocation(latencies: &[ChannelLatency]) -> Vec<Vec<String>> {
    let row = |latency: &ChannelLatency| {
        vec![
            latency.channel.to_string(),
            latency.longest_in_words(),
            latency.deadline_in_words(),
            latency.measured.to_string(),
            latency.never.to_string(),
            latency.untold.to_string(),
        ]
    };
    latencies.iter().map(row).collect()
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
    let findings = result.cases.iter().flat_map(|case| &case.checks);
    findings.filter(|finding| finding.verdict == Verdict::Known).map(row).collect()
}

fn stale(result: &RunResult) -> Vec<Vec<String>> {
    let entries = result.baseline.iter().flat_map(|baseline| &baseline.entries);
    let stale = entries.filter(|entry| entry.state == EntryState::Stale);
    stale.map(|entry| vec![code(&entry.check, 240), text(&entry.reason, CELL)]).collect()
}

fn not_judged(summary: &Summary) -> Vec<Vec<String>> {
    let row = |group: &NotJudged| {
        vec![group.checks.to_string(), group.verdict.to_string(), text(&group.reason, CELL)]
    };
    summary.not_judged.iter().map(row).collect()
}

fn left_over(result: &RunResult) -> Vec<Vec<String>> {
    let row = |left: &crate::model::LeftOver| vec![code(&left.url, 240), text(&left.reason, CELL)];
    result.left_over.iter().map(row).collect()
}

fn areas(summary: &Summary) -> Vec<Vec<String>> {
    let row =
        |(area, counts): (&String, &crate::model::Counts)| vec![text(&clip(area, 80), 100), in_words(counts)];
    summary.areas.iter().map(row).collect()
}
