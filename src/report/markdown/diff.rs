//! A comparison of two results as Markdown, bounded as the report is.

use std::fmt::Write as _;

use super::escape::{code, text};
use super::page::{Page, Table};
use crate::report::diff::{Change, Diff, ExchangeChange, Latency, Revocation, Side};
use crate::report::text::{count, duration};

/// A value in a table, up to so many characters.
const CELL: usize = 120;

/// The comparison as Markdown.
#[must_use]
pub fn render_diff(diff: &Diff) -> String {
    let mut page = Page::default();
    page.add(&head(diff));
    let heads = ["check", "level", "A", "B", "wanted", "got"];
    for (title, changes, noun, share) in [
        ("Newly failing", &diff.newly_failing, "newly failing check", 20_000),
        ("Fixed", &diff.fixed, "fixed check", 9_000),
        ("Other verdicts", &diff.changed, "other verdict", 7_000),
        ("New checks", &diff.new_checks, "new check", 5_000),
        ("Vanished checks", &diff.vanished, "vanished check", 5_000),
    ] {
        let rows: Vec<_> = changes.iter().map(change).collect();
        page.table(Table { title, heads: &heads, noun, share }, &rows);
    }
    let title = format!("Changed exchanges (of {})", diff.exchanges_compared);
    let heads = ["exchange", "request", "status", "what differs"];
    let rows: Vec<_> = diff.exchanges.iter().map(exchange).collect();
    page.table(Table { title: &title, heads: &heads, noun: "changed exchange", share: 9_000 }, &rows);
    let heads = ["operation", "median A", "median B", "95 of 100 A", "95 of 100 B"];
    let rows: Vec<_> = diff.latency.iter().map(latency).collect();
    page.table(Table { title: "Latency", heads: &heads, noun: "operation", share: 3_000 }, &rows);
    let rows: Vec<_> = diff.revocation.iter().map(revocation).collect();
    let title = "Revocation: the longest time";
    page.table(Table { title, heads: &["channel", "A", "B"], noun: "channel", share: 2_000 }, &rows);
    page.end()
}

fn revocation(own: &Revocation) -> Vec<String> {
    vec![own.title(), own.a.in_words(), own.b.in_words()]
}

fn head(diff: &Diff) -> String {
    let title = if diff.verdicts_agree() {
        "No verdict differs".to_owned()
    } else {
        format!("{} newly failing, {} fixed", diff.newly_failing.len(), diff.fixed.len())
    };
    format!(
        "## {title}\n\n| | target | run | result |\n|---|---|---|---|\n{}{}",
        side("A", &diff.a),
        side("B", &diff.b)
    ) + &diff.not_reached_in_words().map(|sentence| format!("\n{sentence}\n")).unwrap_or_default()
}

fn side(name: &str, side: &Side) -> String {
    let run = format!("{} {}", side.started, side.version);
    format!(
        "| {name} | {} {} | {} | {}: {} |\n",
        text(&side.target, CELL),
        code(&side.base_url, CELL),
        text(&run, CELL),
        side.verdict.as_str().to_uppercase(),
        text(&side.headline, 300),
    )
}

fn change(change: &Change) -> Vec<String> {
    let word = |verdict: Option<crate::model::Verdict>| {
        verdict.map_or("none", crate::model::Verdict::as_str).to_owned()
    };
    vec![
        code(&change.check, 240),
        change.level.to_string(),
        word(change.before),
        word(change.after),
        code(&change.wanted, CELL),
        code(&change.got, CELL),
    ]
}

fn exchange(change: &ExchangeChange) -> Vec<String> {
    let status = change.status.map_or_else(String::new, |(before, after)| format!("{before} → {after}"));
    let mut differences: Vec<_> = change
        .differences
        .iter()
        .map(|(place, before, after)| {
            let mut cell = code(place, CELL);
            let _ = write!(cell, " {} → {}", or_nothing(before), or_nothing(after));
            cell
        })
        .collect();
    if change.more > 0 {
        differences.push(count(change.more, "more difference"));
    }
    vec![code(&change.id, 200), code(&change.request, 200), status, differences.join("<br>")]
}

fn or_nothing(value: &str) -> String {
    if value.trim().is_empty() { "nothing".to_owned() } else { code(value, CELL) }
}

fn latency(own: &Latency) -> Vec<String> {
    let times = [own.median_a, own.median_b, own.p95_a, own.p95_b].map(duration);
    std::iter::once(code(&own.operation, CELL)).chain(times).collect()
}
