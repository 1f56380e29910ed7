//! The cases of a report that stand in no suite: what a run learns about the target as a whole.

use crate::model::{CaseResult, ExchangeId, Finding, Verdict};
use crate::target::discovery;

/// A case that stands in no suite.
#[derive(Debug)]
pub struct AboutTarget {
    /// Its id in reports.
    pub id: &'static str,
    /// What it is about, in one line.
    pub title: &'static str,
    /// When it is there, and what its findings say.
    pub about: &'static str,
    /// The ambiguities that its findings cite.
    pub see: &'static [&'static str],
    area: &'static str,
}

/// What discovery found missing.
pub(super) const DISCOVERY: AboutTarget = AboutTarget {
    id: discovery::CASE,
    title: "What the target says about itself",
    about: "Read before every run: /ServiceProviderConfig, /ResourceTypes and /Schemas (RFC 7644 §4). What is missing there, \
            or cannot be understood, is filled in from RFC 7643's own schemas, and each finding of this case says what that \
            was. It is information: the suites below discovery/ judge the documents themselves.",
    see: &[],
    area: "discovery",
};

/// That changes without If-Match are refused.
pub(super) const IF_MATCH: AboutTarget = AboutTarget {
    id: "target/if-match",
    title: "The target changes nothing without If-Match",
    about: "There if the target answered 428 (RFC 6585 §3) or 412 to a change without a condition. Such a change is sent once more with the version that \
            the resource has now, and the repetition is what is judged.",
    see: &["version-conflict-status"],
    area: "etag",
};

/// All of them.
pub const ABOUT_TARGET: [&AboutTarget; 2] = [&DISCOVERY, &IF_MATCH];

impl AboutTarget {
    /// The case with what was found.
    pub(super) fn case(
        &self,
        checks: Vec<Finding>,
        exchanges: Vec<ExchangeId>,
        duration_ms: f64,
    ) -> CaseResult {
        CaseResult {
            id: self.id.to_owned(),
            suite: "target".to_owned(),
            title: self.title.to_owned(),
            area: self.area.to_owned(),
            verdict: checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Pass),
            reason: None,
            requires: Vec::new(),
            started_ms: 0.0,
            duration_ms,
            checks,
            outcomes: Vec::new(),
            latencies: Vec::new(),
            exchanges,
            source: None,
        }
    }
}
