//! A baseline that lists what failed in a run.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::model::{CaseResult, Finding, RunResult, Verdict};

/// What a proposed entry says until somebody knows better.
const REASON: &str = "TODO: say why this is known";

/// The text of a baseline that excuses all that keeps a run from being green. What is known already keeps its reason, link
/// and day; what is stale is left out. What was only not reached because of a failure is not listed: that failure is.
#[must_use]
pub fn propose(result: &RunResult) -> String {
    let about = printable(&format!("{} on {}", result.started, result.target.name));
    let mut text =
        format!("# Known failures, proposed by `scimcheck baseline propose` from the run of {about}.\n");
    text.push_str(
        "# Say in `reason` why each is accepted; `link` and `expires: 2026-12-31` may stand beside it.\n",
    );
    text.push_str("format: 1\nknown:");
    let mut entries = String::new();
    let mut listed = BTreeSet::new();
    for case in &result.cases {
        for finding in case.checks.iter().filter(|finding| counts(finding, case)) {
            if listed.insert(&finding.id) {
                entry(&mut entries, finding, case);
            }
        }
    }
    if entries.is_empty() {
        text.push_str(" []\n");
    } else {
        text.push('\n');
        text.push_str(&entries);
    }
    text
}

fn counts(finding: &Finding, case: &CaseResult) -> bool {
    match finding.verdict {
        Verdict::Fail | Verdict::Error => true,
        Verdict::Known => !is_consequence(finding, case),
        // Not begun is no failure of the target.
        Verdict::Blocked => !is_consequence(finding, case) && !says(finding, "not begun:"),
        _ => false,
    }
}

/// Whether a check was only not reached because another one of the case does not hold.
pub(crate) fn is_consequence(finding: &Finding, case: &CaseResult) -> bool {
    let judged = finding.excuse.as_ref().map_or(finding.verdict, |excuse| excuse.judged);
    let broken = |other: &Finding| matches!(other.verdict, Verdict::Fail | Verdict::Warn | Verdict::Known);
    judged == Verdict::Blocked
        && says(finding, "not reached:")
        && case.checks.iter().any(|other| other.id != finding.id && broken(other) && !other.got.is_empty())
}

fn says(finding: &Finding, beginning: &str) -> bool {
    finding.reason.as_deref().is_some_and(|reason| reason.starts_with(beginning))
}

fn entry(text: &mut String, finding: &Finding, case: &CaseResult) {
    let excuse = finding.excuse.as_ref();
    let _ = writeln!(text, "  # {}", printable(&case.title));
    let _ = writeln!(text, "  - check: {}", quoted(&finding.id));
    let _ = writeln!(text, "    reason: {}", quoted(excuse.map_or(REASON, |excuse| &excuse.reason)));
    if let Some(link) = excuse.and_then(|excuse| excuse.link.as_deref()) {
        let _ = writeln!(text, "    link: {}", quoted(link));
    }
    // A day that is over would excuse nothing.
    if let Some(expires) =
        excuse.filter(|_| finding.verdict == Verdict::Known).and_then(|excuse| excuse.expires.as_deref())
    {
        let _ = writeln!(text, "    expires: {}", quoted(expires));
    }
}

/// Text as YAML: a JSON string is one.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Text for a comment: on one line.
fn printable(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
    };
    text.chars().take(120).map(|c| if odd(c) { ' ' } else { c }).collect()
}
