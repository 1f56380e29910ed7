//! Notes what trials have shown in the table of what sees which fault.

use std::fs;
use std::io;
use std::path::Path;

use super::sweep::Trial;
use super::verdict::catches;
use crate::server::Fault;
use crate::suite::caught::{Area, Sight};
pub use crate::suite::caught::{Record, Table};

/// How many cases are enough to see a fault again.
const ENOUGH: usize = 3;

impl Table {
    /// Notes what a trial with all cases has shown.
    pub fn note(&mut self, trial: &Trial) {
        let Some(fault) = trial.fault else { return };
        self.0.entry(fault.area.clone()).or_default().insert(fault.id.clone(), Record::of(trial));
    }

    /// Writes the files of `fixtures/selftest/caught/` below the folder of the project; what is no fault any more is left
    /// out.
    ///
    /// # Errors
    /// If one cannot be written.
    pub fn write(&self, project: &Path) -> io::Result<()> {
        let folder = project.join("fixtures/selftest/caught");
        for (area, records) in &self.0 {
            let is_fault = |id: &&String| id.parse::<Fault>().is_ok();
            let known: Area = records
                .iter()
                .filter(|(id, _)| is_fault(id))
                .map(|(id, r)| (id.clone(), r.clone()))
                .collect();
            let text = serde_json::to_string_pretty(&known).map_err(io::Error::other)?;
            fs::write(folder.join(format!("{area}.json")), text + "\n")?;
        }
        Ok(())
    }
}

impl Record {
    /// Of a trial.
    #[must_use]
    pub fn of(trial: &Trial) -> Self {
        let Some(fault) = trial.fault else {
            return Self { sight: Sight::Missed, cases: Vec::new(), by: Vec::new(), also: Vec::new() };
        };
        let broken = trial.seen.iter().filter(|seen| seen.broken || catches(fault, seen));
        let (by, also): (Vec<_>, Vec<_>) = broken.partition(|seen| catches(fault, seen));
        let ids = |seen: Vec<&super::Seen>| seen.into_iter().map(|seen| seen.check.clone()).collect();
        let telling = if by.is_empty() { &also } else { &by };
        let mut cases: Vec<String> = Vec::new();
        for seen in telling {
            if cases.len() < ENOUGH && !cases.contains(&seen.case) {
                cases.push(seen.case.clone());
            }
        }
        Self { sight: trial.sight(), cases, by: ids(by), also: ids(also) }
    }
}
