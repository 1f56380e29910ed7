//! How long it took until logins did not count any more, through each channel, and what that was held against.

use serde::Serialize;

use super::bar::{self, Segment};
use super::context::Context;
use crate::model::{Channel, ChannelLatency, Latency};
use crate::report::text::{clip, count};

/// Looks of one channel that are listed at most.
const LISTED: usize = 100;
/// A check is named with at most so many characters.
const NAME: usize = 300;

/// What came of revocations, seen through one channel.
#[derive(Debug, Serialize)]
pub(super) struct ChannelRow {
    channel: &'static str,
    /// The longest time, or that it did not come.
    longest: String,
    deadline: String,
    /// The longest time, as a part of the deadline; full where it never came, empty where nobody can tell.
    bar: Vec<Segment>,
    /// How often it was seen whether it came, how often it did not, and how often nobody could tell.
    measured: usize,
    never: usize,
    untold: usize,
    looks: Vec<LookRow>,
    more: Option<String>,
}

/// One check that waited.
#[derive(Debug, Serialize)]
struct LookRow {
    check: String,
    anchor: String,
    took: String,
    deadline: String,
    bar: Vec<Segment>,
    never: bool,
}

/// The channels that something was measured through after accounts were closed, or after something else that ends logins.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    title: &'static str,
    lead: &'static str,
    anchor: &'static str,
    rows: Vec<ChannelRow>,
}

/// The groups in which something was measured; empty if there is none.
pub(super) fn groups(context: &Context<'_>) -> Vec<Group> {
    let rows = |sums: Vec<ChannelLatency>, closed: bool| -> Vec<ChannelRow> {
        sums.iter().map(|sum| row(sum, looks(context, sum.channel, closed))).collect()
    };
    let closing = Group {
        title: "Revocation latency",
        lead: "How long it took, from the answer to the change, until a login did not count any more, and the deadline it was held \
               against. Between two looks are pauses, so that a time is known as an interval: from the last look at which the \
               login still counted to the first at which it did not.",
        anchor: "revocation",
        rows: rows(context.result.revocation_latencies(), true),
    };
    let other = Group {
        title: "Latency of other ends",
        lead: "The same after a change of the password, a revocation of the token or a logout: the account stays open.",
        anchor: "other-ends",
        rows: rows(context.result.other_latencies(), false),
    };
    [closing, other].into_iter().filter(|group| !group.rows.is_empty()).collect()
}

fn row(sum: &ChannelLatency, mut looks: Vec<LookRow>) -> ChannelRow {
    let hidden = looks.len().saturating_sub(LISTED);
    looks.truncate(LISTED);
    ChannelRow {
        channel: sum.channel.as_str(),
        longest: sum.longest_in_words(),
        deadline: sum.deadline_in_words(),
        bar: share(sum.measured == 0, sum.longest_ms.filter(|_| sum.never == 0), sum.deadline_ms),
        measured: sum.measured,
        never: sum.never,
        untold: sum.untold,
        looks,
        more: (hidden > 0).then(|| count(hidden, "further check")),
    }
}

/// The checks of a channel: those that waited in vain first, then those that waited longest, then those of which nobody can
/// tell.
fn looks(context: &Context<'_>, channel: Channel, closed: bool) -> Vec<LookRow> {
    let cases = context.result.cases.iter().enumerate();
    let own = cases.flat_map(|(index, case)| case.latencies.iter().map(move |latency| (index, latency)));
    let mut own: Vec<(usize, &Latency)> = own
        .filter(|(_, latency)| latency.channel == channel && latency.cause.closes_the_account() == closed)
        .collect();
    let time = |latency: &Latency| latency.took_ms.unwrap_or(f64::INFINITY);
    own.sort_by(|(_, one), (_, other)| {
        one.untold.cmp(&other.untold).then_with(|| time(other).total_cmp(&time(one)))
    });
    own.into_iter()
        .map(|(index, latency)| LookRow {
            check: clip(&latency.check, NAME).into_owned(),
            anchor: context.case_anchor(index).to_owned(),
            took: latency.in_words(),
            deadline: latency.deadline_in_words(),
            bar: share(latency.untold, latency.took_ms, latency.deadline_ms),
            never: latency.is_never(),
        })
        .collect()
}

/// The part of a deadline that something took; all of it where it never came, and none where nobody can tell.
fn share(untold: bool, took_ms: Option<f64>, deadline_ms: f64) -> Vec<Segment> {
    match took_ms {
        _ if untold => Vec::new(),
        Some(took) => vec![bar::part(0.0, took, deadline_ms.max(took)).toned("holds")],
        None => vec![bar::part(0.0, 1.0, 1.0).toned("broken")],
    }
}
