//! Two results compared, as a page in the style of the report.

use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::finding::NAME;
use super::marks::{self, Piece};
use super::policy::policy;
use super::{STYLE, environment};
use crate::model::Verdict;
use crate::report::diff::{Change, Diff, ExchangeChange, Latency, Side};
use crate::report::text::{clip, count, duration};

/// The page has a switch for the theme, and nothing to filter.
const SCRIPT: &str = include_str!("../../../reports/html/comfort.js");
/// So many rows of each table.
const ROWS: usize = 2_000;
/// A value is shown up to this many characters.
const VALUE: usize = 1_000;

#[derive(Debug, Serialize)]
struct Page {
    policy: String,
    style: &'static str,
    script: &'static str,
    /// The version of the second.
    tool: String,
    title: String,
    /// How bad it is: the class of the first line.
    verdict: &'static str,
    sides: Vec<SideView>,
    not_reached: Option<String>,
    tables: Vec<Table>,
    exchanges: Vec<ExchangeRow>,
    exchanges_title: String,
    exchanges_left_out: Option<String>,
    latency: Vec<LatencyRow>,
    /// By channel: its name, the times of both.
    revocation: Vec<[String; 3]>,
    /// `Fixed, new checks, vanished checks: none`: the lists without a row.
    empty_lists: Option<String>,
}

#[derive(Debug, Serialize)]
struct SideView {
    name: &'static str,
    target: String,
    base_url: String,
    started: String,
    version: String,
    verdict: &'static str,
    headline: String,
}

#[derive(Debug, Serialize)]
struct Table {
    anchor: &'static str,
    title: &'static str,
    times: usize,
    open: bool,
    rows: Vec<ChangeRow>,
    left_out: Option<String>,
}

#[derive(Debug, Serialize)]
struct ChangeRow {
    check: String,
    requirement: String,
    level: &'static str,
    before: &'static str,
    after: &'static str,
    wanted: Vec<Piece>,
    got: Vec<Piece>,
}

#[derive(Debug, Serialize)]
struct ExchangeRow {
    id: String,
    request: String,
    status: Option<(String, String)>,
    differences: Vec<Difference>,
    more: Option<String>,
}

#[derive(Debug, Serialize)]
struct Difference {
    place: String,
    before: Vec<Piece>,
    after: Vec<Piece>,
}

#[derive(Debug, Serialize)]
struct LatencyRow {
    operation: String,
    times: Vec<String>,
}

/// The comparison as a page.
///
/// # Panics
/// Never: the template is ours, and a test renders every part of it.
#[must_use]
pub fn render_diff(diff: &Diff) -> String {
    let environment = environment();
    let template = environment.get_template("diff.html").expect("it was added");
    template
        .render(Value::from(Serde(page(diff))))
        .expect("the template fits the page: a test renders every part of it")
}

fn page(diff: &Diff) -> Page {
    let title = if diff.verdicts_agree() {
        "No verdict differs".to_owned()
    } else {
        format!("{} newly failing, {} fixed", diff.newly_failing.len(), diff.fixed.len())
    };
    let verdict = match (diff.newly_failing.is_empty(), diff.verdicts_agree()) {
        (false, _) => "fail",
        (true, true) => "pass",
        (true, false) => "info",
    };
    let tables = [
        ("newly-failing", "Newly failing", &diff.newly_failing, true),
        ("fixed", "Fixed", &diff.fixed, true),
        ("changed", "Other verdicts", &diff.changed, false),
        ("new", "New checks", &diff.new_checks, false),
        ("vanished", "Vanished checks", &diff.vanished, false),
    ];
    Page {
        policy: policy(STYLE, SCRIPT),
        style: STYLE,
        script: SCRIPT,
        tool: format!("scimcheck {}", clip(&diff.b.version, 60)),
        title,
        verdict,
        not_reached: diff.not_reached_in_words(),
        sides: vec![side("A", &diff.a), side("B", &diff.b)],
        empty_lists: empty_lists(
            tables.iter().filter(|(_, _, changes, _)| changes.is_empty()).map(|(_, title, ..)| *title),
        ),
        tables: tables
            .into_iter()
            .filter(|(_, _, changes, _)| !changes.is_empty())
            .map(|(anchor, title, changes, open)| table(anchor, title, changes, open))
            .collect(),
        exchanges: diff.exchanges.iter().take(ROWS).map(exchange).collect(),
        exchanges_title: format!(
            "Changed exchanges: {} of {}",
            diff.exchanges.len(),
            diff.exchanges_compared
        ),
        exchanges_left_out: left_out(diff.exchanges.len()),
        latency: diff.latency.iter().take(ROWS).map(latency).collect(),
        revocation: diff
            .revocation
            .iter()
            .map(|own| [own.title(), own.a.in_words(), own.b.in_words()])
            .collect(),
    }
}

/// One line for all lists that are empty.
fn empty_lists<'t>(titles: impl Iterator<Item = &'t str>) -> Option<String> {
    let titles: Vec<_> = titles.collect();
    let (first, rest) = titles.split_first()?;
    let rest: Vec<_> = rest.iter().map(|title| title.to_lowercase()).collect();
    let names: Vec<_> = std::iter::once((*first).to_owned()).chain(rest).collect();
    Some(format!("{}: none", names.join(", ")))
}

fn left_out(times: usize) -> Option<String> {
    times.checked_sub(ROWS).filter(|more| *more > 0).map(|more| count(more, "more"))
}

fn side(name: &'static str, side: &Side) -> SideView {
    let short = |text: &str| clip(text, NAME).into_owned();
    SideView {
        name,
        target: short(&side.target),
        base_url: short(&side.base_url),
        started: short(&side.started),
        version: short(&side.version),
        verdict: side.verdict.as_str(),
        headline: short(&side.headline),
    }
}

fn table(anchor: &'static str, title: &'static str, changes: &[Change], open: bool) -> Table {
    Table {
        anchor,
        title,
        times: changes.len(),
        open,
        rows: changes.iter().take(ROWS).map(change).collect(),
        left_out: left_out(changes.len()),
    }
}

fn change(change: &Change) -> ChangeRow {
    let word = |verdict: Option<Verdict>| verdict.map_or("none", Verdict::as_str);
    let (wanted, got) = marks::compared(&clip(&change.wanted, VALUE), &clip(&change.got, VALUE));
    ChangeRow {
        check: clip(&change.check, NAME).into_owned(),
        requirement: clip(&change.requirement, NAME).into_owned(),
        level: change.level.as_str(),
        before: word(change.before),
        after: word(change.after),
        wanted,
        got,
    }
}

fn exchange(change: &ExchangeChange) -> ExchangeRow {
    let status = |status: u16| if status == 0 { "no answer".to_owned() } else { status.to_string() };
    let difference = |(place, before, after): &(String, String, String)| {
        let shown = |value: &str| {
            if value.trim().is_empty() { "nothing".into() } else { clip(value, VALUE).into_owned() }
        };
        let (before, after) = marks::compared(&shown(before), &shown(after));
        Difference { place: clip(place, NAME).into_owned(), before, after }
    };
    ExchangeRow {
        id: clip(&change.id, NAME).into_owned(),
        request: clip(&change.request, NAME).into_owned(),
        status: change.status.map(|(before, after)| (status(before), status(after))),
        differences: change.differences.iter().map(difference).collect(),
        more: (change.more > 0).then(|| count(change.more, "more difference")),
    }
}

fn latency(own: &Latency) -> LatencyRow {
    let times = [own.median_a, own.median_b, own.p95_a, own.p95_b].map(duration);
    LatencyRow { operation: clip(&own.operation, NAME).into_owned(), times: times.into() }
}
