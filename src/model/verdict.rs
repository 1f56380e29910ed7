//! The judgement of a check, a case or a run.

use serde::{Deserialize, Serialize};

/// What was concluded about one check or one case. A verdict that is not [`Verdict::Pass`] is never shown as green.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Held.
    Pass,
    /// Nothing was judged: deselected by the user.
    Deselected,
    /// Nothing was judged: the target does not have the feature, or the answer had nothing to judge.
    NotApplicable,
    /// A behaviour that the RFCs leave open, recorded for the report.
    Info,
    /// A listed failure of the baseline that passes now: the baseline is stale.
    Fixed,
    /// A failure that the baseline lists.
    Known,
    /// A documented deviation of the profile; never counts as conformant.
    Deviation,
    /// A SHOULD is broken, or a tolerated behaviour is an interoperability risk.
    Warn,
    /// Could not be judged: the set-up or a control step did not succeed.
    Blocked,
    /// A MUST is broken.
    Fail,
    /// Could not be judged because of the harness or the suite: never counts as success.
    Error,
}

impl Verdict {
    /// Every verdict, from the mildest to the most serious.
    pub const ALL: [Verdict; 11] = [
        Verdict::Pass,
        Verdict::Deselected,
        Verdict::NotApplicable,
        Verdict::Info,
        Verdict::Fixed,
        Verdict::Known,
        Verdict::Deviation,
        Verdict::Warn,
        Verdict::Blocked,
        Verdict::Fail,
        Verdict::Error,
    ];

    /// The word used in every report, for example `not-applicable`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Deselected => "deselected",
            Verdict::NotApplicable => "not-applicable",
            Verdict::Info => "info",
            Verdict::Fixed => "fixed",
            Verdict::Known => "known",
            Verdict::Deviation => "deviation",
            Verdict::Warn => "warn",
            Verdict::Blocked => "blocked",
            Verdict::Fail => "fail",
            Verdict::Error => "error",
        }
    }

    /// Whether a requirement was really judged: the server was asked, and its answer decided.
    #[must_use]
    pub fn is_judged(self) -> bool {
        matches!(
            self,
            Verdict::Pass
                | Verdict::Info
                | Verdict::Warn
                | Verdict::Fail
                | Verdict::Known
                | Verdict::Fixed
                | Verdict::Deviation
        )
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
