//! TAP 14 (Test Anything Protocol): a test point per case, with the story of what broke in its YAML block.

use std::fmt::Write as _;

use super::dialogue;
use super::evidence::{Evidence, is_judged};
use super::json;
use super::junit::{first_breach, why_skipped};
use super::terminal::{Style, story};
use super::text::{clip, visible, visible_lines};
use crate::model::{CaseResult, RunResult, Verdict};

/// A story is at most so many characters.
const STORY: usize = 16_000;
/// A body in it.
const BODY: usize = 2_000;
/// A description or directive.
const LINE: usize = 300;

/// The result as TAP.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let evidence = Evidence::of(result);
    let mut out = format!("TAP version 14\n1..{}", result.cases.len());
    if result.cases.is_empty() {
        out.push_str(" # SKIP there is no case");
    }
    out.push('\n');
    let about = format!("{} {} on {}", result.tool.name, result.tool.version, result.target.base_url);
    let _ = writeln!(out, "# {}, seed {}", line(&about), result.seed);
    for (index, case) in result.cases.iter().enumerate() {
        point(&mut out, index + 1, case, &evidence);
    }
    if let Some(why) = &result.partial {
        let _ = writeln!(out, "Bail out! The run is not complete: {}", line(why));
    }
    out
}

fn point(out: &mut String, number: usize, case: &CaseResult, evidence: &Evidence<'_>) {
    let directive = directive(case);
    let ok = match case.verdict {
        Verdict::Pass | Verdict::Info | Verdict::Warn => is_judged(case),
        Verdict::NotApplicable | Verdict::Deselected => true,
        _ => false,
    };
    let word = if ok { "ok" } else { "not ok" };
    let _ = writeln!(out, "{word} {number} - {}{directive}", line(&case.id));
    if case.verdict > Verdict::NotApplicable || !ok {
        block(out, case, evidence);
    }
}

/// ` # SKIP why` where nothing was judged, ` # TODO why` for failures that are known.
fn directive(case: &CaseResult) -> String {
    match case.verdict {
        Verdict::NotApplicable | Verdict::Deselected => format!(" # SKIP {}", line(&why_skipped(case))),
        Verdict::Known | Verdict::Deviation => {
            format!(" # TODO {}: {}", case.verdict, line(&first_breach(case)))
        }
        _ => String::new(),
    }
}

/// YAML, for which every text is written as JSON: that is YAML too. The story is a literal block.
fn block(out: &mut String, case: &CaseResult, evidence: &Evidence<'_>) {
    let quoted = |text: &str| json::render_text(&clip(text, LINE));
    let _ = writeln!(out, "  ---\n  verdict: {}", case.verdict);
    let _ = writeln!(out, "  title: {}", quoted(&case.title));
    let _ = writeln!(out, "  message: {}", quoted(&first_breach(case)));
    let _ = writeln!(out, "  duration_ms: {:.3}", case.duration_ms);
    let text = format!("{}{}", story(case, evidence, Style::PLAIN), dialogue::of_case(case, evidence, BODY));
    out.push_str("  story: |\n");
    for line in clip(&visible_lines(&text), STORY).lines() {
        let _ = writeln!(out, "    {line}");
    }
    out.push_str("  ...\n");
}

/// On one line, without anything that would begin a directive.
fn line(text: &str) -> String {
    visible(&clip(text, LINE)).replace('\\', "\\\\").replace('#', "\\#")
}
