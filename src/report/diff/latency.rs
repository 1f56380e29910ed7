//! How long each kind of request took in two results.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::RunResult;
use crate::report::requests::{self, Sent};
use crate::report::text::clip;

/// A kind of request in both results; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Latency {
    /// `GET /Users/{id}`.
    pub operation: String,
    /// How many requests of the first.
    pub count_a: usize,
    /// How many of the second.
    pub count_b: usize,
    /// The median of the first.
    pub median_a: f64,
    /// The median of the second.
    pub median_b: f64,
    /// 95 of 100 requests of the first took at most so long.
    pub p95_a: f64,
    /// The same of the second.
    pub p95_b: f64,
}

/// The kinds that both have; the largest change of the median first.
pub(super) fn compare(a: &RunResult, b: &RunResult) -> Vec<Latency> {
    let (before, after) = (by_operation(a), by_operation(b));
    let both = before.into_iter().filter_map(|(operation, ours)| {
        let theirs = after.get(&operation)?;
        Some(Latency {
            count_a: ours.len(),
            count_b: theirs.len(),
            median_a: percentile(&ours, 50),
            median_b: percentile(theirs, 50),
            p95_a: percentile(&ours, 95),
            p95_b: percentile(theirs, 95),
            operation,
        })
    });
    let mut all: Vec<_> = both.collect();
    let change = |latency: &Latency| (latency.median_b - latency.median_a).abs();
    all.sort_by(|one, other| {
        change(other).total_cmp(&change(one)).then_with(|| one.operation.cmp(&other.operation))
    });
    all
}

/// The times of answered requests, in rising order.
fn by_operation(result: &RunResult) -> BTreeMap<String, Vec<f64>> {
    let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for sent in requests::all(result).filter(|sent| sent.status.is_some() && sent.duration_ms.is_finite()) {
        times.entry(operation(&sent)).or_default().push(sent.duration_ms);
    }
    for times in times.values_mut() {
        times.sort_by(f64::total_cmp);
    }
    times
}

/// Method and path; what stands below an endpoint is an id, unless it begins with a dot (`.search`).
fn operation(sent: &Sent<'_>) -> String {
    let method = clip(sent.method, 20);
    if !sent.is_below() {
        return format!("{method} elsewhere");
    }
    let path = sent.url.split(['?', '#']).next().unwrap_or_default();
    let mut segments = path.split('/').skip(1);
    let endpoint = clip(segments.next().unwrap_or_default(), 60).into_owned();
    let below = match segments.next() {
        None | Some("") => "",
        Some(".search") => "/.search",
        Some(_) => "/{id}",
    };
    format!("{method} /{endpoint}{below}")
}

/// The value that so many of a hundred do not exceed (nearest rank).
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let times: Vec<f64> = (1..=20).map(f64::from).collect();
        assert!((percentile(&times, 50) - 10.0).abs() < 1e-9);
        assert!((percentile(&times, 95) - 19.0).abs() < 1e-9);
        assert!((percentile(&[3.0], 95) - 3.0).abs() < 1e-9);
        assert!(percentile(&[], 50).abs() < 1e-9);
    }
}
