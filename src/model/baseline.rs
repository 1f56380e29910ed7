//! What a baseline of known failures said about a run: which findings it excused, and which of its entries are stale.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::glob::fits_check;
use super::{CaseResult, Finding, Verdict};

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

impl EntryResult {
    /// Says what became of it after a run over these cases, and marks what it lists and what holds as [`Verdict::Fixed`]
    /// if nothing that it lists is broken. `whole` is whether all cases ran; `today` is the day of the run.
    pub fn settle(&mut self, cases: &mut [CaseResult], whole: bool, today: &str) {
        let check = self.check.clone();
        let listed = |finding: &&mut Finding| fits_check(&check, &finding.id);
        let (mut findings, mut broken, mut held, mut open) = (0, 0, 0, 0);
        for finding in cases.iter_mut().flat_map(|case| &mut case.checks).filter(listed) {
            findings += 1;
            match finding.verdict {
                Verdict::Known | Verdict::Fail | Verdict::Warn | Verdict::Error => broken += 1,
                Verdict::Pass | Verdict::Info | Verdict::Fixed => held += 1,
                // Nobody knows what would have come of it.
                Verdict::Deselected | Verdict::Blocked => open += 1,
                Verdict::NotApplicable | Verdict::Deviation => {}
            }
        }
        self.findings = findings;
        self.state = match (broken, held) {
            (0, 0) if findings > 0 || !whole => EntryState::NotJudged,
            (0, _) if open > 0 => EntryState::NotJudged,
            (0, _) => EntryState::Stale,
            _ if is_over(self.expires.as_deref(), today) => EntryState::Expired,
            _ => EntryState::Excuses,
        };
        if self.state != EntryState::Stale {
            return;
        }
        for finding in cases.iter_mut().flat_map(|case| &mut case.checks).filter(listed) {
            if matches!(finding.verdict, Verdict::Pass | Verdict::Info) {
                finding.excuse = Some(Box::new(self.excuse(finding.verdict)));
                finding.verdict = Verdict::Fixed;
            }
        }
    }

    /// What it says about a finding with this verdict.
    #[must_use]
    pub fn excuse(&self, judged: Verdict) -> Excuse {
        Excuse { judged, reason: self.reason.clone(), link: self.link.clone(), expires: self.expires.clone() }
    }
}

/// Whether a last day (`2026-12-31`) is over on another.
#[must_use]
pub fn is_over(last: Option<&str>, today: &str) -> bool {
    last.is_some_and(|last| last < today)
}

/// The day of a point in time (RFC 3339).
#[must_use]
pub fn day(time: &str) -> String {
    time.chars().take(10).collect()
}

/// Takes back that what a case has is [`Verdict::Fixed`]: when more cases are known, an entry may excuse something.
pub fn forget_fixed(case: &mut CaseResult) {
    if !case.checks.iter().any(|finding| finding.verdict == Verdict::Fixed) {
        return;
    }
    for finding in case.checks.iter_mut().filter(|finding| finding.verdict == Verdict::Fixed) {
        if let Some(excuse) = finding.excuse.take() {
            finding.verdict = excuse.judged;
        }
    }
    judge_anew(case);
}

/// The verdict of a case from those of its checks, after a baseline changed some.
pub fn judge_anew(case: &mut CaseResult) {
    let applies = |verdict: &Verdict| *verdict != Verdict::NotApplicable;
    let worst = case.checks.iter().map(|finding| finding.verdict).filter(applies).max();
    case.verdict = worst.unwrap_or(Verdict::NotApplicable);
}
