//! The figures that say how good the suites are.

use std::collections::BTreeMap;

use serde::Serialize;

use super::table::Table;
use super::universe::Universe;
use super::verdict::Sight;
use crate::suite::faults::{Faults, Normative};

/// Some of all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// Some.
    pub some: usize,
    /// Of how many.
    pub of: usize,
}

impl Share {
    /// `12 of 14 (85.7 %)`.
    #[must_use]
    pub fn text(self) -> String {
        match self.of {
            0 => "none".to_owned(),
            of => {
                format!("{} of {of} ({}.{} %)", self.some, self.some * 100 / of, self.some * 1000 / of % 10)
            }
        }
    }
}

/// How many faults are caught, and how many checks were seen to fail.
#[derive(Debug, Default, Serialize)]
pub struct Figures {
    /// Faults that an RFC forbids and the server can be given: caught by a check that cites what they violate.
    pub rfc: Share,
    /// Those that break identity providers.
    pub interop: Share,
    /// Those that a profile forbids.
    pub profile: Share,
    /// Checks that at least one fault makes fail.
    pub checks: Share,
    /// Control steps, which block their case where they are not accepted, and cannot fail.
    pub controls: usize,
    /// Descriptions without hooks.
    pub unbuilt: usize,
    /// Checks that no fault makes fail.
    pub unfailing: Vec<String>,
}

impl Figures {
    /// From what is recorded. Faults that are equivalent or not observable, as their descriptions say, do not count.
    #[must_use]
    pub fn new(faults: &Faults, table: &Table, universe: &Universe) -> Self {
        let mut figures = Self::default();
        for fault in faults.all() {
            if fault.unbuilt.is_some() {
                figures.unbuilt += 1;
                continue;
            }
            if fault.unobservable.is_some() || fault.equivalent.is_some() {
                continue;
            }
            let share = match fault.normative {
                Normative::Rfc => &mut figures.rfc,
                Normative::Interop => &mut figures.interop,
                Normative::Profile => &mut figures.profile,
            };
            share.of += 1;
            share.some +=
                usize::from(table.get(&fault.id).is_some_and(|record| record.sight == Sight::Caught));
        }
        let mut failing: BTreeMap<String, bool> =
            universe.checks().keys().map(|check| (check.clone(), false)).collect();
        for check in table.iter().flat_map(|(_, record)| record.checks()) {
            if let Some(fails) = failing.get_mut(&universe.written(check)) {
                *fails = true;
            }
        }
        figures.controls = universe.controls().len();
        figures.checks.of = failing.len();
        figures.unfailing = failing.into_iter().filter(|(_, fails)| !fails).map(|(check, _)| check).collect();
        figures.checks.some = figures.checks.of - figures.unfailing.len();
        figures
    }
}
