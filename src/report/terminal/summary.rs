//! The end of a run on the terminal: figures, what was not judged and why, what is left over.

use crate::model::{Counts, EntryState, RunResult, Verdict};
use crate::report::evidence::{self, Likeness};
use crate::report::paint::Paint;
use crate::report::summary::{NotJudged, Summary, in_words};
use crate::report::text::{clip, count, duration, thousands, visible, wrap};

use super::story::Style;

/// So many lines of each list are shown; the HTML report has all.
const SHOWN: usize = 12;
/// Where the second column begins.
const COLUMN: usize = 14;

/// The summary of a result, several lines, each with its line feed.
#[must_use]
pub fn summary(result: &RunResult, style: Style) -> String {
    let mut page = Page {
        result,
        summary: Summary::of(result),
        paint: Paint { colour: style.colour },
        width: style.width.max(40),
        out: String::new(),
    };
    page.areas();
    page.revocation();
    page.requirements();
    page.not_judged();
    page.broken();
    page.looks_like();
    page.baseline();
    page.left_over();
    page.total();
    page.out
}

/// The last lines of [`summary`] alone: the sentence that says what came out, and the counts.
#[must_use]
pub fn total(result: &RunResult, style: Style) -> String {
    let paint = Paint { colour: style.colour };
    let summary = Summary::of(result);
    let verdict = summary.verdict.as_str().to_uppercase();
    format!(
        "{}  {}\n{:indent$}{} in {}: {}\n",
        paint.verdict(summary.verdict, &verdict),
        paint.bold(&visible(&summary.headline)),
        "",
        count(result.cases.len(), "case"),
        duration(result.duration_ms),
        coloured(&summary.cases, paint),
        indent = verdict.len() + 2,
    )
}

struct Page<'a> {
    result: &'a RunResult,
    summary: Summary,
    paint: Paint,
    width: usize,
    out: String,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    /// A line with a label in the first column.
    fn labelled(&mut self, label: &str, text: &str) {
        let line = format!("{}{text}", self.paint.bold(&format!("{label:<COLUMN$}")));
        self.line(&line);
    }

    fn more(&mut self, all: usize, noun: &str) {
        if all > SHOWN {
            let line = format!("{:COLUMN$}… and {}, see the HTML report", "", count(all - SHOWN, noun));
            self.line(&line);
        }
    }

    /// A row per area, a column per verdict that occurs.
    fn areas(&mut self) {
        let verdicts: Vec<_> = Verdict::ALL
            .into_iter()
            .rev()
            .filter(|verdict| self.summary.cases.contains_key(verdict))
            .collect();
        let first =
            self.summary.areas.keys().map(|area| area.chars().count()).max().unwrap_or(0).clamp(10, 30);
        let heads: Vec<_> = verdicts.iter().map(|verdict| (*verdict, short(*verdict))).collect();
        let head: Vec<_> = heads.iter().map(|(_, name)| format!("  {name:>5}")).collect();
        let head = head.concat();
        let line = self.paint.bold(&format!("{:<first$}{head}", "Cases by area"));
        self.line(&line);
        for (area, counts) in self.summary.areas.clone() {
            let cells = heads.iter().map(|(verdict, name)| {
                let width = name.len().max(5);
                match counts.get(verdict) {
                    Some(times) => self.paint.verdict(*verdict, &format!("  {times:>width$}")),
                    None => self.paint.dim(&format!("  {:>width$}", "·")),
                }
            });
            let line = format!("{:<first$}{}", visible(&clip(&area, first)), cells.collect::<String>());
            self.line(&line);
        }
        self.line("");
    }

    /// How long revocations took, by channel.
    fn revocation(&mut self) {
        let closed = "how long it took until a login did not count any more, at the longest";
        let other = "the same after a change of the password, a revocation of the token or a logout";
        let (after_closing, after_other) =
            (self.result.revocation_latencies(), self.result.other_latencies());
        for (label, words, latencies) in
            [("Revocation", closed, after_closing), ("Other ends", other, after_other)]
        {
            if latencies.is_empty() {
                continue;
            }
            self.labelled(label, words);
            for latency in &latencies {
                let line = format!("{:COLUMN$}{:<15}{}", "", latency.channel.as_str(), latency.in_words());
                self.line(&line);
            }
            self.line("");
        }
    }

    fn requirements(&mut self) {
        if self.result.requirements.is_empty() {
            return;
        }
        let (judged, all) = (self.summary.requirements_judged(), self.result.requirements.len());
        let words = coloured(&self.summary.requirements, self.paint);
        let text = format!("{judged} of {} judged: {words}", thousands(all));
        self.labelled("Requirements", &text);
        let reasons = std::mem::take(&mut self.summary.requirements_not_judged);
        for (reason, times) in reasons.iter().take(SHOWN) {
            self.reason(*times, reason);
        }
        self.more(reasons.len(), "reason");
        self.line("");
    }

    fn reason(&mut self, times: usize, reason: &str) {
        let reason = visible(&clip(reason, 300)).into_owned();
        for (number, line) in wrap(&reason, self.width.saturating_sub(COLUMN + 7)).iter().enumerate() {
            let times = if number == 0 { thousands(times) } else { String::new() };
            let line = format!("{:COLUMN$}{times:>5}  {line}", "");
            self.line(&line);
        }
    }

    fn not_judged(&mut self) {
        let groups = std::mem::take(&mut self.summary.not_judged);
        if groups.is_empty() {
            return;
        }
        let checks: usize = groups.iter().map(|group| group.checks).sum();
        let mut cases: Vec<_> = groups.iter().flat_map(|group| &group.cases).collect();
        cases.sort();
        cases.dedup();
        let text = format!("{} in {}, and why", count(checks, "check"), count(cases.len(), "case"));
        self.labelled("Not judged", &text);
        for NotJudged { verdict, reason, checks, .. } in groups.iter().take(SHOWN) {
            let said = reason == verdict.as_str();
            self.reason(*checks, &if said { reason.clone() } else { format!("{verdict}: {reason}") });
        }
        self.more(groups.len(), "reason");
        self.line("");
    }

    /// Every case that failed or could not be judged because of an error, once more, on a line each.
    fn broken(&mut self) {
        let mut cases: Vec<_> =
            self.result.cases.iter().filter(|case| case.verdict >= Verdict::Fail).collect();
        if cases.is_empty() {
            return;
        }
        cases.sort_by_key(|case| std::cmp::Reverse(case.verdict));
        self.labelled("Failures", "");
        for case in cases.iter().take(SHOWN * 4) {
            let worst = case.checks.iter().filter(|finding| finding.verdict >= Verdict::Fail);
            let names: Vec<_> = worst.map(evidence::short_id).collect();
            let verdict = case.verdict.as_str().to_uppercase();
            let verdict = self.paint.verdict(case.verdict, &format!("  {verdict:<5}"));
            let line =
                format!("{verdict}  {}  {}", visible(&case.id), self.paint.dim(&clip(&names.join(" "), 200)));
            self.line(&line);
        }
        if cases.len() > SHOWN * 4 {
            let line = format!("  … and {}", count(cases.len() - SHOWN * 4, "case"));
            self.line(&line);
        }
        self.line("");
    }

    /// The known faults that the findings look like.
    fn looks_like(&mut self) {
        let faults = std::mem::take(&mut self.summary.looks_like);
        if faults.is_empty() {
            return;
        }
        self.labelled("Looks like", "faults that other servers had; scimcheck explain ID tells more");
        for (id, times) in faults.iter().take(SHOWN) {
            let text = match Likeness::to(id).title {
                Some(title) => format!("{id}: {title}"),
                None => id.clone(),
            };
            self.reason(*times, &text);
        }
        self.more(faults.len(), "fault");
        self.line("");
    }

    /// What the baseline excused, and which of its entries have to be taken out or looked at.
    fn baseline(&mut self) {
        let Some(baseline) = &self.result.baseline else { return };
        let of = |state| baseline.entries.iter().filter(move |entry| entry.state == state);
        let states = [
            (EntryState::Excuses, "in use"),
            (EntryState::Stale, "stale"),
            (EntryState::Expired, "expired"),
            (EntryState::NotJudged, "not judged"),
        ];
        let words: Vec<_> = states
            .into_iter()
            .map(|(state, word)| (of(state).count(), word))
            .filter(|(times, _)| *times > 0)
            .map(|(times, word)| format!("{times} {word}"))
            .collect();
        let words = if words.is_empty() { "no entry".to_owned() } else { words.join(", ") };
        let lines: Vec<_> = [EntryState::Stale, EntryState::Expired]
            .into_iter()
            .flat_map(of)
            .map(|entry| {
                let (check, reason) =
                    (visible(&clip(&entry.check, 200)).into_owned(), clip(&entry.reason, 200));
                let state = if entry.state == EntryState::Stale { "stale" } else { "expired" };
                format!("{:COLUMN$}line {} {state}: {check} ({})", "", entry.line, visible(&reason))
            })
            .collect();
        let text = format!("{}: {words}", visible(&clip(&baseline.file, 200)));
        self.labelled("Baseline", &text);
        for line in lines.iter().take(SHOWN) {
            self.line(line);
        }
        self.more(lines.len(), "line");
        self.line("");
    }

    fn left_over(&mut self) {
        let left = &self.result.left_over;
        if left.is_empty() {
            return;
        }
        let text = format!("{} created by this run could not be deleted", count(left.len(), "resource"));
        self.labelled("Left over", &text);
        for left in left.iter().take(SHOWN) {
            let line = format!(
                "{:COLUMN$}{}  {} ({})",
                "",
                visible(&clip(&left.url, 300)),
                visible(&clip(&left.reason, 300)),
                visible(&left.case),
            );
            self.line(&line);
        }
        self.more(left.len(), "resource");
        self.line("");
    }

    fn total(&mut self) {
        let style = Style { colour: self.paint.colour, width: self.width };
        self.out.push_str(&total(self.result, style));
    }
}

/// The counts in words, each in the colour of its verdict.
fn coloured(counts: &Counts, paint: Paint) -> String {
    if !paint.colour {
        return in_words(counts);
    }
    let words = counts.iter().rev().filter(|(_, times)| **times > 0);
    let words: Vec<_> =
        words.map(|(verdict, times)| paint.verdict(*verdict, &format!("{times} {verdict}"))).collect();
    words.join(", ")
}

/// A verdict as the head of a column.
fn short(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotApplicable => "n/a",
        Verdict::Deselected => "desel",
        Verdict::Deviation => "deviat",
        other => other.as_str(),
    }
}
