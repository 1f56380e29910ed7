//! The requests of a run over time: which took how long, and what stood beside what.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::bar::{self, Segment};
use super::context::Context;
use super::operation::Operation;
use crate::report::requests::{self, Sent};
use crate::report::text::{clip, count, duration, thousands};

/// The picture is so many units wide; requests of one kind that touch within a unit are drawn as one.
const WIDTH: i32 = 1_000;
/// Height of a lane, and of what is drawn in it.
const LANE: usize = 10;
/// More requests at a time share the last lane.
const LANES: usize = 32;
/// So many of the slowest requests are listed.
const SLOWEST: usize = 8;

#[derive(Debug, Serialize)]
pub(super) struct Timeline {
    /// `5,936 requests in 4 min 29 s, up to 4 at a time`.
    words: String,
    operations: Vec<Row>,
    lanes: Vec<Lane>,
    height: usize,
    /// Where the time is named: a quarter each.
    ticks: Vec<Tick>,
    slowest: Vec<Slow>,
}

/// The times of a kind of request.
#[derive(Debug, Serialize)]
struct Row {
    name: &'static str,
    requests: String,
    unanswered: usize,
    /// p50, p90, p99 and the longest; empty if nothing was answered.
    times: Vec<String>,
}

/// What is drawn of one kind of request: one path.
#[derive(Debug, Serialize)]
struct Lane {
    name: &'static str,
    path: String,
}

#[derive(Debug, Serialize)]
struct Tick {
    x: i32,
    time: String,
}

#[derive(Debug, Serialize)]
struct Slow {
    line: String,
    operation: &'static str,
    outcome: String,
    duration: String,
    bar: Segment,
    case: Option<CaseLink>,
}

#[derive(Debug, Serialize)]
struct CaseLink {
    anchor: String,
    id: String,
}

/// `None` if nothing was sent.
pub(super) fn timeline(context: &Context<'_>) -> Option<Timeline> {
    let mut requests: Vec<_> = requests::all(context.result).filter(|sent| end(sent).is_finite()).collect();
    requests.sort_by(|one, other| one.started_ms.total_cmp(&other.started_ms));
    let start = requests.first()?.started_ms;
    let last = requests.iter().map(end).fold(start, f64::max);
    let all = last - start;
    let mut drawing = Drawing { start, all, ends: Vec::new(), cells: BTreeMap::new() };
    for request in &requests {
        drawing.add(request, Operation::of(request));
    }
    let (lanes, height) = (drawing.ends.len(), drawing.ends.len() * LANE);
    Some(Timeline {
        words: format!("{} in {}, {}", count(requests.len(), "request"), duration(all), at_a_time(lanes)),
        operations: rows(&requests),
        lanes: drawing.lanes(),
        height,
        ticks: (0..=4).map(|quarter| tick(quarter, all)).collect(),
        slowest: slowest(context, requests),
    })
}

fn at_a_time(lanes: usize) -> String {
    match lanes {
        1 => "one at a time".to_owned(),
        LANES => format!("{LANES} or more at a time"),
        some => format!("up to {some} at a time"),
    }
}

fn end(request: &Sent<'_>) -> f64 {
    request.started_ms + request.duration_ms
}

fn tick(quarter: i32, all: f64) -> Tick {
    Tick { x: quarter * WIDTH / 4, time: duration(all * f64::from(quarter) / 4.0) }
}

/// Requests on their lanes.
struct Drawing {
    start: f64,
    all: f64,
    /// When the last request of each lane ends.
    ends: Vec<f64>,
    /// By kind, the units that a lane shows: lane, unit.
    cells: BTreeMap<Operation, BTreeSet<(usize, i32)>>,
}

impl Drawing {
    /// Puts a request on the first lane that is free when it begins.
    fn add(&mut self, request: &Sent<'_>, operation: Operation) {
        let free = self.ends.iter().position(|end| *end <= request.started_ms);
        let lane = free.unwrap_or(self.ends.len()).min(LANES - 1);
        match self.ends.get_mut(lane) {
            Some(last) => *last = last.max(end(request)),
            None => self.ends.push(end(request)),
        }
        let (first, last) = (self.unit(request.started_ms), self.unit(end(request)));
        let cells = self.cells.entry(operation).or_default();
        cells.extend((first..=last).map(|unit| (lane, unit)));
    }

    fn unit(&self, ms: f64) -> i32 {
        let share = if self.all > 0.0 { (ms - self.start) / self.all } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "it lies within the picture")]
        let unit = (share * f64::from(WIDTH)).floor() as i32;
        unit.clamp(0, WIDTH - 1)
    }

    fn lanes(&self) -> Vec<Lane> {
        let path = |cells: &BTreeSet<(usize, i32)>| {
            let mut path = String::new();
            let mut cells = cells.iter().copied().peekable();
            while let Some((lane, first)) = cells.next() {
                let mut after = first + 1;
                while cells.next_if_eq(&(lane, after)).is_some() {
                    after += 1;
                }
                let _ = write!(path, "M{first} {}h{}", lane * LANE + LANE / 2, after - first);
            }
            path
        };
        self.cells
            .iter()
            .map(|(operation, cells)| Lane { name: operation.as_str(), path: path(cells) })
            .collect()
    }
}

fn rows(requests: &[Sent<'_>]) -> Vec<Row> {
    let mut kinds: BTreeMap<Operation, (usize, Vec<f64>)> = BTreeMap::new();
    for request in requests {
        let (unanswered, times) = kinds.entry(Operation::of(request)).or_default();
        match request.status {
            Some(_) => times.push(request.duration_ms),
            None => *unanswered += 1,
        }
    }
    let row = |(operation, (unanswered, mut times)): (Operation, (usize, Vec<f64>))| {
        times.sort_by(f64::total_cmp);
        let shown = [50, 90, 99, 100].map(|percent| duration(percentile(&times, percent)));
        Row {
            name: operation.as_str(),
            requests: thousands(times.len() + unanswered),
            unanswered,
            times: if times.is_empty() { Vec::new() } else { shown.into() },
        }
    };
    kinds.into_iter().map(row).collect()
}

/// The smallest of these times that at least `percent` of them do not exceed (nearest rank). `times` is sorted.
fn percentile(times: &[f64], percent: usize) -> f64 {
    let rank = (times.len() * percent).div_ceil(100).max(1);
    times.get(rank - 1).copied().unwrap_or_default()
}

fn slowest(context: &Context<'_>, mut requests: Vec<Sent<'_>>) -> Vec<Slow> {
    requests.sort_by(|one, other| other.duration_ms.total_cmp(&one.duration_ms));
    let longest = requests.first().map_or(0.0, |request| request.duration_ms);
    let slow = |request: &Sent<'_>| Slow {
        line: clip(&format!("{} {}", request.method, request.url), 300).into_owned(),
        operation: Operation::of(request).as_str(),
        outcome: request.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string()),
        duration: duration(request.duration_ms),
        bar: bar::part(0.0, request.duration_ms, longest),
        case: context.owner(request.case).map(|index| CaseLink {
            anchor: context.case_anchor(index).to_owned(),
            id: clip(&context.result.cases[index].id, 300).into_owned(),
        }),
    };
    requests.iter().take(SLOWEST).map(slow).collect()
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<_> = (1..=200).map(f64::from).collect();
        for (percent, wanted) in [(50, 100.0), (90, 180.0), (99, 198.0), (100, 200.0)] {
            assert!((percentile(&times, percent) - wanted).abs() < f64::EPSILON, "{percent}");
        }
        for (times, wanted) in [(&[7.0][..], 7.0), (&[], 0.0)] {
            assert!((percentile(times, 50) - wanted).abs() < f64::EPSILON, "{times:?}");
        }
    }
}
