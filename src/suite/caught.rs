//! What is recorded of the last full self-test: which checks see which fault (`fixtures/selftest/caught/AREA.json`).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// How a fault was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// By a check that cites a requirement which the fault violates.
    Caught,
    /// Only by checks of other requirements.
    Elsewhere,
    /// By none.
    Missed,
}

impl Sight {
    /// As people read it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::Elsewhere => "caught elsewhere",
            Self::Missed => "missed",
        }
    }
}

/// The check that a finding is of: an invariant that is broken in several ways has a finding for each.
#[must_use]
pub fn check_of(finding: &str) -> &str {
    let invariant = finding.starts_with("invariants/");
    match finding.split_once("#holds-").filter(|_| invariant) {
        Some((case, _)) => &finding[..case.len() + "#holds".len()],
        None => finding,
    }
}

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
pub(crate) type Area = BTreeMap<String, Record>;

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

    /// Every fault with its record.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Record)> {
        self.0.values().flatten()
    }
}

impl Record {
    /// Every check that saw the fault.
    pub fn checks(&self) -> impl Iterator<Item = &String> {
        self.by.iter().chain(&self.also)
    }
}
