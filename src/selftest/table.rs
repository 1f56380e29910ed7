//! What is recorded of the last full sweep: which checks catch which fault (`fixtures/selftest/caught/AREA.json`).

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::sweep::Trial;
use super::verdict::{Sight, catches};
use crate::server::Fault;

/// How many cases are enough to see a fault again.
const ENOUGH: usize = 3;

/// What saw a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// How it was seen.
    pub sight: Sight,
    /// Some cases that are enough to see it again.
    pub cases: Vec<String>,
    /// The checks that cite what it violates.
    pub by: Vec<String>,
    /// All others.
    pub also: Vec<String>,
}

/// The faults of an area.
type Area = BTreeMap<String, Record>;

/// What saw each fault, by area.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table(pub BTreeMap<String, Area>);

impl Table {
    /// As it was recorded when this program was built.
    ///
    /// # Panics
    /// Never in a released binary: a test reads the embedded files.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static TABLE: OnceLock<Table> = OnceLock::new();
        TABLE.get_or_init(|| {
            const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/embedded_caught.json"));
            let files: Vec<(String, Area)> = serde_json::from_str(JSON)
                .unwrap_or_else(|error| panic!("fixtures/selftest/caught: {error}"));
            let area = |name: String| name.strip_suffix(".json").map_or(name.clone(), str::to_owned);
            Self(files.into_iter().map(|(name, faults)| (area(name), faults)).collect())
        })
    }

    /// What saw a fault.
    #[must_use]
    pub fn get(&self, fault: &str) -> Option<&Record> {
        self.0.values().find_map(|area| area.get(fault))
    }

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

    /// Every fault with its record.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Record)> {
        self.0.values().flatten()
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

    /// Every check that saw the fault.
    pub fn checks(&self) -> impl Iterator<Item = &String> {
        self.by.iter().chain(&self.also)
    }
}
