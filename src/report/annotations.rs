//! Workflow commands of GitHub Actions: annotations in the summary of a job and, for suites of the user's own, at the
//! line of the check.

use super::evidence::{is_judged, worst_first};
use super::junit::first_breach;
use super::text::{clip, count, visible};
use crate::model::{CaseResult, RunResult, SourceRef, Verdict};

/// So many annotations of each kind does GitHub show for a step.
const SHOWN: usize = 10;
/// A message is at most so many characters.
const MESSAGE: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Error,
    Warning,
    Notice,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Error, Kind::Warning, Kind::Notice];

    fn word(self) -> &'static str {
        match self {
            Kind::Error => "error",
            Kind::Warning => "warning",
            Kind::Notice => "notice",
        }
    }

    fn of(case: &CaseResult) -> Option<Self> {
        match case.verdict {
            Verdict::Fail | Verdict::Error | Verdict::Blocked | Verdict::Fixed => Some(Kind::Error),
            Verdict::Warn => Some(Kind::Warning),
            Verdict::Known | Verdict::Deviation => Some(Kind::Notice),
            Verdict::Pass | Verdict::Info if !is_judged(case) => Some(Kind::Error),
            Verdict::Pass | Verdict::Info | Verdict::NotApplicable | Verdict::Deselected => None,
        }
    }
}

struct Annotation {
    kind: Kind,
    source: Option<SourceRef>,
    title: String,
    message: String,
}

/// One line for each annotation, the most serious first.
#[must_use]
pub fn github(result: &RunResult) -> String {
    let mut all: Vec<Annotation> = Vec::new();
    let general =
        |kind, title: &str, message: String| Annotation { kind, source: None, title: title.into(), message };
    if let Some(why) = &result.partial {
        all.push(general(Kind::Error, "The run is not complete", clip(why, MESSAGE).into_owned()));
    }
    if let Some(baseline) = &result.baseline {
        for entry in baseline.stale() {
            let source = Some(SourceRef { file: baseline.file.clone(), line: entry.line });
            let message =
                format!("{} does not fail any more: take it out of the baseline", clip(&entry.check, 300));
            all.push(Annotation { source, ..general(Kind::Error, "Stale baseline", message) });
        }
    }
    let mut cases: Vec<_> = result.cases.iter().collect();
    cases.sort_by_key(|case| std::cmp::Reverse((case.verdict == Verdict::Fail, case.verdict)));
    all.extend(cases.into_iter().filter_map(|case| of_case(case, result)));
    let of_kind = |kind| {
        let own: Vec<_> = all.iter().filter(|annotation| annotation.kind == kind).collect();
        lines(&own)
    };
    Kind::ALL.into_iter().map(of_kind).collect()
}

fn of_case(case: &CaseResult, result: &RunResult) -> Option<Annotation> {
    let kind = Kind::of(case)?;
    let source =
        worst_first(case).first().and_then(|finding| finding.source.clone()).or_else(|| case.source.clone());
    Some(Annotation {
        kind,
        source: source.filter(|source| is_the_users(source, result)),
        title: format!("{} {}", case.verdict.as_str().to_uppercase(), clip(&case.id, 200)),
        message: format!("{}\n{}", clip(&case.title, 300), first_breach(case)),
    })
}

/// Whether a file is one that the user named: the suites of scimcheck are not in their repository.
fn is_the_users(source: &SourceRef, result: &RunResult) -> bool {
    let arguments = &result.target.arguments;
    let named = arguments.iter().zip(arguments.iter().skip(1)).filter(|(flag, _)| *flag == "--suites");
    named.into_iter().any(|(_, path)| {
        let below = source.file.strip_prefix(path.trim_end_matches('/'));
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// At most so many lines as GitHub shows; the last one says how many more there are.
fn lines(all: &[&Annotation]) -> String {
    let cut = if all.len() > SHOWN { SHOWN - 1 } else { all.len() };
    let mut text: String = all[..cut].iter().map(|annotation| line(annotation)).collect();
    if let Some(next) = all.get(cut) {
        let more = count(all.len() - cut, &format!("more {}", next.kind.word()));
        let message = format!("{more}: see the reports of this run");
        let title = "scimcheck".to_owned();
        text.push_str(&line(&Annotation { kind: next.kind, source: None, title, message }));
    }
    text
}

fn line(annotation: &Annotation) -> String {
    let mut properties = Vec::new();
    if let Some(source) = &annotation.source {
        properties.push(format!("file={}", property(&source.file)));
        properties.push(format!("line={}", source.line));
    }
    properties.push(format!("title={}", property(&annotation.title)));
    let message: Vec<_> =
        clip(&annotation.message, MESSAGE).lines().map(|line| data(&visible(line))).collect();
    format!("::{} {}::{}\n", annotation.kind.word(), properties.join(","), message.join("%0A"))
}

/// What stands behind the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What stands behind `name=`.
fn property(text: &str) -> String {
    data(&visible(&clip(text, 300))).replace(':', "%3A").replace(',', "%2C")
}
