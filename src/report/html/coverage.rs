//! How much of what the RFCs demand was judged, by area and level.

use std::collections::BTreeMap;

use serde::Serialize;

use super::bar::{Segment, stacked};
use super::context::strength;
use crate::model::{RunResult, Testable, Verdict};
use crate::suite::catalogue::Catalogue;

/// The columns, from the strongest.
pub(super) const STRENGTHS: [&str; 3] = ["MUST", "SHOULD", "MAY"];

/// Requirements of one area and level.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    holds: usize,
    warned: usize,
    broken: usize,
    not_judged: usize,
    not_testable: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct CoverageRow {
    area: String,
    /// In the order of [`STRENGTHS`]; `None` where the area has no such requirement.
    cells: Vec<Option<Cell>>,
}

#[derive(Debug, Serialize)]
struct Cell {
    bar: Vec<Segment>,
    judged: usize,
    /// Judged or not, of those that can be tested.
    testable: usize,
    broken: usize,
    warned: usize,
    not_testable: usize,
}

/// All areas by name, and first all of them together.
pub(super) fn rows(result: &RunResult) -> Vec<CoverageRow> {
    let mut areas: BTreeMap<&str, [Tally; 3]> = BTreeMap::new();
    let mut all = [Tally::default(); 3];
    for (id, state) in &result.requirements {
        let requirement = Catalogue::embedded().requirement(id);
        let area = requirement.map_or("other", |requirement| &*requirement.area);
        let testable = requirement.is_none_or(|requirement| requirement.testable != Testable::No);
        let column = STRENGTHS.iter().position(|name| *name == strength(state.level)).unwrap_or_default();
        let tallies = areas.entry(area).or_default();
        for tally in [&mut tallies[column], &mut all[column]] {
            tally.add(state.worst, testable);
        }
    }
    if areas.is_empty() {
        return Vec::new();
    }
    let row = |area: &str, tallies: &[Tally; 3]| CoverageRow {
        area: area.to_owned(),
        cells: tallies.iter().map(Tally::cell).collect(),
    };
    let whole = row("all areas", &all);
    std::iter::once(whole).chain(areas.iter().map(|(area, tallies)| row(area, tallies))).collect()
}

impl Tally {
    fn add(&mut self, worst: Option<Verdict>, testable: bool) {
        let times = match worst.filter(|worst| worst.is_judged()) {
            Some(Verdict::Pass | Verdict::Info | Verdict::Fixed) => &mut self.holds,
            Some(Verdict::Warn) => &mut self.warned,
            Some(_) => &mut self.broken,
            None if testable => &mut self.not_judged,
            None => &mut self.not_testable,
        };
        *times += 1;
    }

    fn cell(&self) -> Option<Cell> {
        let judged = self.holds + self.warned + self.broken;
        let testable = judged + self.not_judged;
        let parts = [
            ("holds", self.holds),
            ("warned", self.warned),
            ("broken", self.broken),
            ("unjudged", self.not_judged),
        ];
        (testable + self.not_testable > 0).then(|| Cell {
            bar: stacked(parts.into_iter()),
            judged,
            testable,
            broken: self.broken,
            warned: self.warned,
            not_testable: self.not_testable,
        })
    }
}
