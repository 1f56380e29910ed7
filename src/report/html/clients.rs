//! Which identity providers get along with the target: the verdicts of the suites that send what they send
//! (`clients/…`).

use serde::Serialize;

use crate::model::{Counts, RunResult, Verdict};
use crate::report::summary::in_words;
use crate::report::text::clip;

/// Suites of clients stand below this.
const FOLDER: &str = "clients/";

/// A client and what came out of its suites.
#[derive(Debug, Serialize)]
pub(super) struct Client {
    name: String,
    verdict: &'static str,
    /// What that means.
    sentence: &'static str,
    words: String,
    /// The place of its first suite among the suites.
    suite: usize,
}

/// The clients in the order of the plan; empty if no suite of one was run.
pub(super) fn clients(result: &RunResult, suites: &[&str]) -> Vec<Client> {
    let mut clients: Vec<(&str, usize, Counts)> = Vec::new();
    for case in &result.cases {
        let Some(name) = case.suite.strip_prefix(FOLDER).and_then(|rest| rest.split('/').next()) else {
            continue;
        };
        let index = clients.iter().position(|(known, ..)| *known == name).unwrap_or_else(|| {
            let suite = suites.iter().position(|suite| *suite == case.suite).unwrap_or_default();
            clients.push((name, suite, Counts::new()));
            clients.len() - 1
        });
        *clients[index].2.entry(case.verdict).or_default() += 1;
    }
    let view = |(name, suite, counts): (&str, usize, Counts)| {
        let (verdict, sentence) = judge(&counts);
        Client { name: clip(name, 200).into_owned(), verdict, sentence, words: in_words(&counts), suite }
    };
    clients.into_iter().map(view).collect()
}

/// Nothing that was not judged is good.
fn judge(counts: &Counts) -> (&'static str, &'static str) {
    let has = |verdict| counts.contains_key(&verdict);
    if has(Verdict::Fail) {
        ("fail", "does not work in part")
    } else if has(Verdict::Error) || has(Verdict::Blocked) {
        ("blocked", "could not be judged in part")
    } else if !counts.keys().any(|verdict| verdict.is_judged()) {
        ("not-judged", "nothing was judged")
    } else if has(Verdict::Known) || has(Verdict::Deviation) {
        ("known", "has failures that are known")
    } else if has(Verdict::Warn) {
        ("warn", "works, with warnings")
    } else {
        ("pass", "works")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_judged_does_not_work() {
        for (verdicts, wanted) in [
            (vec![Verdict::Pass, Verdict::NotApplicable], "pass"),
            (vec![Verdict::Pass, Verdict::Warn], "warn"),
            (vec![Verdict::NotApplicable, Verdict::Deselected], "not-judged"),
            (vec![Verdict::Pass, Verdict::Blocked], "blocked"),
            (vec![Verdict::Error, Verdict::Fail], "fail"),
            (vec![Verdict::Known, Verdict::Pass], "known"),
        ] {
            let counts: Counts = verdicts.into_iter().map(|verdict| (verdict, 1)).collect();
            assert_eq!(judge(&counts).0, wanted);
        }
    }
}
