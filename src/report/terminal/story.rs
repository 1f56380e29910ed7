//! The story of one case: what broke, what was wanted, what came, and how to see it again. The same text goes to the
//! terminal, into JUnit and to the tests of the harness.

use std::collections::HashSet;
use std::fmt::Write as _;

use crate::model::{CaseResult, ExchangeId, Finding, RunResult, Verdict};
use crate::report::cause::is_told;
use crate::report::evidence::{self, Evidence, Likeness};
use crate::report::paint::Paint;
use crate::report::text::{self, chunks, clip, count, visible, visible_lines, wrap};

/// How a story is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// ANSI colours.
    pub colour: bool,
    /// Columns; at least 40 are used.
    pub width: usize,
}

impl Style {
    /// Without colour, 100 columns wide: for files.
    pub const PLAIN: Style = Style { colour: false, width: 100 };
}

/// What stands below a check begins here.
const INDENT: usize = 8;
/// The RFC's section stands in this column, if what is before it is short enough.
const REFERENCE: usize = 32;
/// A wanted or got value is shown up to this many characters, and
const VALUE: usize = 1200;
/// up to this many lines.
const LINES: usize = 12;
/// A curl command is shown up to this many characters.
const COMMAND: usize = 4000;
/// So many checks are named in a line that only lists them.
const NAMED: usize = 6;

/// The story of a case, several lines, each with its line feed. What the target said is made visible
/// ([`text::visible`]) and bounded.
#[must_use]
pub fn story(case: &CaseResult, evidence: &Evidence<'_>, style: Style) -> String {
    let mut teller = Teller {
        case,
        evidence,
        paint: Paint { colour: style.colour },
        width: style.width.max(40),
        out: String::new(),
        shown: HashSet::new(),
        rerun: String::new(),
    };
    teller.head();
    teller.findings();
    teller.rest();
    teller.out
}

/// The stories of all cases of a result that are not simply green (fail, error, blocked, warn), worst first, without
/// colour: what a test that runs a case shows when it fails.
#[must_use]
pub fn explain(result: &RunResult) -> String {
    let evidence = Evidence::of(result);
    let mut cases: Vec<_> = result.cases.iter().filter(|case| case.verdict >= Verdict::Warn).collect();
    cases.sort_by_key(|case| std::cmp::Reverse(case.verdict));
    let stories: Vec<_> = cases.into_iter().map(|case| story(case, &evidence, Style::PLAIN)).collect();
    stories.join("\n")
}

struct Teller<'a> {
    case: &'a CaseResult,
    evidence: &'a Evidence<'a>,
    paint: Paint,
    width: usize,
    out: String,
    /// The exchanges of which the request was shown in short.
    shown: HashSet<&'a ExchangeId>,
    /// The command that was shown last.
    rerun: String,
}

impl Teller<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn wrapped(&mut self, indent: usize, text: &str) {
        for line in wrap(&visible(&clip(text, VALUE)), self.width.saturating_sub(indent)) {
            self.line(indent, &line);
        }
    }

    /// The verdict, the case and how long it took.
    fn head(&mut self) {
        let line = head(self.case, self.paint, self.width);
        self.line(0, &line);
        if let Some(reason) = self.case.reason.as_deref().filter(|reason| !self.tells(reason)) {
            self.wrapped(2, reason);
        }
    }

    /// Whether a finding that is told in full says so already.
    fn tells(&self, reason: &str) -> bool {
        let told = self.case.checks.iter().filter(|finding| is_told(finding.verdict));
        told.into_iter().any(|finding| {
            let given = finding.reason.as_deref().is_some_and(|given| reason.contains(given));
            given || (!finding.got.is_empty() && reason.ends_with(&finding.got))
        })
    }

    fn findings(&mut self) {
        for finding in evidence::worst_first(self.case) {
            match finding.verdict {
                Verdict::Fail | Verdict::Error | Verdict::Known | Verdict::Deviation => {
                    self.check(finding);
                    self.requirement(finding);
                    self.judgement(finding);
                    self.reproduce(finding);
                }
                Verdict::Warn => {
                    self.check(finding);
                    self.judgement(finding);
                    self.in_short(finding);
                }
                Verdict::Info => {
                    self.check(finding);
                    self.judgement(finding);
                }
                Verdict::Fixed => {
                    self.check(finding);
                    self.excuse(finding);
                }
                _ => {}
            }
        }
    }

    /// `MUST  #other-member-kept     RFC 7644 §3.5.2.2 · RFC7644-3.5.2.2-04`.
    fn check(&mut self, finding: &Finding) {
        let level = self.paint.verdict(finding.verdict, finding.level.as_str());
        let verdict = match finding.verdict {
            verdict if verdict == finding.level.verdict_if_broken() => String::new(),
            // Tolerated, lowered or not judged: the level alone does not say what came of it.
            verdict => format!(" ({verdict})"),
        };
        let id = evidence::short_id(finding);
        let used = finding.level.as_str().len() + verdict.len() + 2 + id.chars().count();
        let gap = REFERENCE.saturating_sub(2 + used).max(2);
        let reference = evidence::reference(finding);
        let line = format!("{level}{verdict}  {id}{:gap$}{}", "", self.paint.dim(&reference));
        self.line(2, &line);
    }

    fn requirement(&mut self, finding: &Finding) {
        if let Some(requirement) = evidence::requirement(finding) {
            self.wrapped(INDENT, &requirement.text);
            if let Some(profile) = requirement.profile_in_words() {
                self.wrapped(INDENT, &profile);
            }
        }
    }

    /// Where, what was wanted, what came, and what is known about it.
    fn judgement(&mut self, finding: &Finding) {
        if let Some(broken) = evidence::broken_on(finding) {
            let first = if finding.broken_on == Some(1) { "" } else { "; the first:" };
            self.line(INDENT, &format!("{broken}{first}"));
        }
        let place = self.evidence.place(finding, self.case);
        if !place.is_empty() {
            let at = if finding.at.is_empty() { "on" } else { "at" };
            self.wrapped(INDENT, &format!("{at} {place}"));
        }
        if let Some(reason) = finding.reason.as_ref().filter(|reason| **reason != finding.got) {
            self.wrapped(INDENT + 2, reason);
        }
        if !finding.wanted.is_empty() || !finding.got.is_empty() {
            self.value("wanted", &finding.wanted);
            self.value("got", &finding.got);
        }
        self.excuse(finding);
        if let Some(hint) = &finding.hint {
            self.wrapped(INDENT, hint);
        }
        if let Some(likeness) = Likeness::of(finding) {
            self.wrapped(INDENT, &likeness.sentence());
            // Not wrapped: it is there to be copied.
            let command = clip(&likeness.command, COMMAND);
            self.line(INDENT, &format!("{}  {command}", self.paint.dim("explain  ")));
        }
        if let Some(why) = &finding.why {
            self.wrapped(INDENT, why);
        }
    }

    /// What the baseline says.
    fn excuse(&mut self, finding: &Finding) {
        if let Some(excused) = evidence::excused(finding) {
            self.wrapped(INDENT, &excused);
        }
    }

    /// `wanted  …` with what follows aligned below.
    fn value(&mut self, label: &str, value: &str) {
        let indent = INDENT + 2;
        let shown = visible_lines(value).replace('\t', "\\t");
        let shown = clip(&shown, VALUE);
        let width = self.width.saturating_sub(indent + 8).max(20);
        let mut lines: Vec<_> = shown.lines().flat_map(|line| chunks(line, width)).collect();
        if lines.len() > LINES {
            let more = lines.len() - LINES;
            lines.truncate(LINES);
            lines.push(format!("… and {} more", count(more, "line")));
        }
        let first = if lines.is_empty() { "nothing".to_owned() } else { lines.remove(0) };
        let label = self.paint.bold(&format!("{label:<6}"));
        self.line(indent, &format!("{label}  {first}"));
        for line in lines {
            self.line(indent + 8, &line);
        }
    }

    /// What was sent and how to send it again, in a line each, and each only once: there may be many warnings of one
    /// cause.
    fn in_short(&mut self, finding: &Finding) {
        if let Some(judged) = self.evidence.judged(finding)
            && self.shown.insert(&judged.id)
            && let Some(body) = &judged.request.body
        {
            let room = self.width.saturating_sub(INDENT + 11).max(20);
            let body = visible(body.as_text()).into_owned();
            let shown = if body.chars().count() > room { clip_line(&body, room) } else { body };
            self.line(INDENT, &format!("{}  {shown}", self.paint.dim("sent     ")));
        }
        if let Some(command) =
            self.evidence.rerun(finding, self.case).filter(|command| *command != self.rerun)
        {
            // Not wrapped: it is there to be copied.
            self.line(INDENT, &format!("{}  {}", self.paint.dim("reproduce"), clip(&command, COMMAND)));
            self.rerun = command;
        }
    }

    fn reproduce(&mut self, finding: &Finding) {
        self.rerun = self.evidence.rerun(finding, self.case).unwrap_or_default();
        let mut label = "reproduce";
        for command in self.evidence.reproduce(finding, self.case) {
            // Not wrapped: it is there to be copied.
            for line in clip(&command, COMMAND).lines() {
                self.line(INDENT, &format!("{}  {line}", self.paint.dim(&format!("{label:<9}"))));
                label = "";
            }
        }
        if let Some(source) = &finding.source {
            let place = format!("{}:{}", visible(&source.file), source.line);
            let line = format!("{}  {}", self.paint.dim("check    "), self.paint.dim(&place));
            self.line(INDENT, &line);
        }
    }

    /// The checks that are only listed, by verdict and reason, and the outcomes that were taken.
    fn rest(&mut self) {
        let mut groups: Vec<(Verdict, Option<&str>, Vec<String>)> = Vec::new();
        for finding in self.case.checks.iter().filter(|finding| !is_told(finding.verdict)) {
            let reason = finding.reason.as_deref();
            match groups.iter_mut().find(|(verdict, why, _)| (*verdict, *why) == (finding.verdict, reason)) {
                Some((.., names)) => names.push(evidence::short_id(finding)),
                None => groups.push((finding.verdict, reason, vec![evidence::short_id(finding)])),
            }
        }
        groups.sort_by_key(|(verdict, ..)| std::cmp::Reverse(*verdict));
        let mut outcomes = self.evidence.outcomes(self.case);
        for (verdict, reason, names) in groups {
            let mut line = format!("{}  {}", self.paint.verdict(verdict, verdict.as_str()), listed(&names));
            if let Some(reason) = reason {
                let known = self.case.reason.as_deref() == Some(reason);
                if !known {
                    let _ = write!(line, " · {}", visible(&clip(reason, 200)));
                }
            } else if verdict == Verdict::Pass && !outcomes.is_empty() {
                let _ = write!(line, " · outcome taken: {}", outcomes.join(", "));
                outcomes.clear();
            }
            self.line(2, &line);
        }
        if !outcomes.is_empty() {
            self.line(2, &format!("outcome taken: {}", outcomes.join(", ")));
        }
    }
}

/// `FAIL  patch/remove/member-by-value-filter        412 ms`.
pub(super) fn head(case: &CaseResult, paint: Paint, width: usize) -> String {
    let verdict = case.verdict.as_str().to_uppercase();
    let id = visible(&case.id);
    let time = match case.duration_ms {
        ms if ms > 0.0 => text::duration(ms),
        _ => String::new(),
    };
    let used = verdict.chars().count() + 2 + id.chars().count() + time.len();
    let gap = if time.is_empty() { 0 } else { width.saturating_sub(used).max(2) };
    format!("{}  {}{:gap$}{}", paint.verdict(case.verdict, &verdict), paint.bold(&id), "", paint.dim(&time))
}

/// The beginning of a line that is too long, with a sign that it goes on.
fn clip_line(line: &str, room: usize) -> String {
    line.chars().take(room - 1).chain(['…']).collect()
}

fn listed(names: &[String]) -> String {
    match names.len().saturating_sub(NAMED) {
        0 | 1 => names.join(", "),
        more => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}
