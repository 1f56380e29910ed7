//! What a baseline of known failures said about a run: which findings it excused, and which of its entries are stale.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Verdict;

/// What the baseline says about one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Excuse {
    /// The verdict without the baseline.
    pub judged: Verdict,
    /// Why it is known.
    pub reason: String,
    /// Where more about it stands: an issue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The last day on which it excuses, as in `2026-12-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

/// A baseline after a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineResult {
    /// The file, as the user named it.
    pub file: String,
    /// Its entries in their order.
    pub entries: Vec<EntryResult>,
}

/// An entry of a baseline after a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EntryResult {
    /// Which checks it lists: an id or a glob.
    pub check: String,
    /// Line in the file, from 1.
    pub line: u32,
    /// Why they are known.
    pub reason: String,
    /// Where more about it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The last day on which it excuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// What became of it.
    pub state: EntryState,
    /// How many findings it fits.
    pub findings: u64,
}

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EntryState {
    /// It excuses at least one finding.
    Excuses,
    /// Everything that it lists holds now, or is gone: it has to be taken out.
    Stale,
    /// Its last day is over: what it lists counts again.
    Expired,
    /// Nothing that it lists was judged in this run.
    NotJudged,
}

impl BaselineResult {
    /// The entries that have to be taken out.
    pub fn stale(&self) -> impl Iterator<Item = &EntryResult> {
        self.entries.iter().filter(|entry| entry.state == EntryState::Stale)
    }
}
