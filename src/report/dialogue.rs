//! An exchange as plain text: what was sent, what came back.

use std::fmt::Write as _;

use serde_json::Value;

use super::evidence::{Evidence, has_story};
use super::text::{clip, count, duration, thousands, visible, visible_lines};
use crate::model::{CaseResult, Finding, Headers, RecordedAnswer, RecordedBody, RecordedExchange, Verdict};

/// A header or a URL is shown up to this many characters.
const LINE: usize = 400;
/// So many headers are shown.
const HEADERS: usize = 24;

/// The exchanges behind the findings of a case that are broken, each once: what was sent and what came, a body up to
/// `body` characters. Empty if nothing is broken or nothing is known about it.
#[must_use]
pub(crate) fn of_case(case: &CaseResult, evidence: &Evidence<'_>, body: usize) -> String {
    let mut shown = Vec::new();
    for finding in super::evidence::worst_first(case).into_iter().filter(|finding| is_broken(finding)) {
        if let Some(exchange) = evidence.judged(finding)
            && !shown.iter().any(|other: &&RecordedExchange| other.id == exchange.id)
        {
            shown.push(exchange);
        }
    }
    let texts: Vec<_> = shown.into_iter().map(|exchange| of_exchange(exchange, evidence, body)).collect();
    texts.join("\n")
}

fn is_broken(finding: &Finding) -> bool {
    has_story(finding) && (finding.verdict >= Verdict::Known || finding.excuse.is_some())
}

/// One exchange, several lines, each with its line feed.
#[must_use]
pub(crate) fn of_exchange(exchange: &RecordedExchange, evidence: &Evidence<'_>, body: usize) -> String {
    let request = &exchange.request;
    let mut text = format!("sent      {}\n", clip(&evidence.request_line(exchange), LINE));
    headers(&mut text, &request.headers);
    push_body(&mut text, request.body.as_ref(), body);
    match &exchange.answer {
        RecordedAnswer::Response { status, headers: received, body: content } => {
            let _ = writeln!(text, "received  {status} in {}", duration(exchange.duration_ms));
            headers(&mut text, received);
            push_body(&mut text, content.as_ref(), body);
        }
        RecordedAnswer::Failure { message, .. } => {
            let _ = writeln!(text, "received  no answer: {}", visible(&clip(message, LINE)));
        }
    }
    text
}

fn headers(text: &mut String, headers: &Headers) {
    for (name, value) in headers.iter().take(HEADERS) {
        let _ = writeln!(text, "          {}: {}", visible(&clip(name, LINE)), visible(&clip(value, LINE)));
    }
    if let Some(more) = headers.len().checked_sub(HEADERS).filter(|more| *more > 0) {
        let _ = writeln!(text, "          … and {}", count(more, "header"));
    }
}

fn push_body(text: &mut String, body: Option<&RecordedBody>, limit: usize) {
    let Some(body) = body else { return };
    let shown = pretty(body, limit);
    for line in clip(&visible_lines(&shown), limit).lines() {
        text.push_str("          ");
        text.push_str(line);
        text.push('\n');
    }
    if body.truncated {
        let _ = writeln!(
            text,
            "          … of {} bytes",
            thousands(usize::try_from(body.size).unwrap_or(usize::MAX))
        );
    }
}

/// JSON over several lines if it is small enough to be shown whole, else as it is.
fn pretty(body: &RecordedBody, limit: usize) -> String {
    let text = body.as_text();
    if let Some(json) = &body.json
        && text.len() <= limit
    {
        let value: Value = json.value();
        return format!("{value:#}");
    }
    text.to_owned()
}
