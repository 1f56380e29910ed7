//! An exchange as the page shows it.

use std::fmt::Write as _;

use serde::Serialize;

use crate::model::{Headers, Phase, RecordedAnswer, RecordedBody, RecordedExchange};
use crate::report::evidence::Evidence;
use crate::report::text::{clip, duration, thousands};

/// A body, a URL or a command is shown up to this many characters.
const BODY: usize = 16_000;
/// A header value is shown up to this many characters,
const HEADER: usize = 1_000;
/// and so many headers.
const HEADERS: usize = 60;
/// All exchanges of a page together are shown up to about this many characters; then only their first lines.
const BUDGET: usize = 6_000_000;

#[derive(Debug, Serialize)]
pub(super) struct ExchangeView {
    /// `GET /Groups/9b1c`.
    line: String,
    step: String,
    phase: &'static str,
    duration: String,
    /// `200`, or what kind of failure.
    outcome: String,
    failed: bool,
    /// Whether a finding of its case judges it.
    judged: bool,
    /// `None` when the page is large enough already.
    whole: Option<Whole>,
}

#[derive(Debug, Serialize)]
struct Whole {
    request: Message,
    response: Option<Message>,
    failure: Option<String>,
    curl: String,
}

#[derive(Debug, Serialize)]
struct Message {
    /// Start line and headers.
    head: String,
    body: Option<String>,
    /// What the body does not show.
    note: Option<String>,
}

impl Message {
    fn size(&self) -> usize {
        self.head.len() + self.body.as_ref().map_or(0, String::len)
    }
}

/// How much has been shown.
#[derive(Debug, Default)]
pub(super) struct Budget(usize);

pub(super) fn view(
    exchange: &RecordedExchange,
    evidence: &Evidence<'_>,
    judged: bool,
    budget: &mut Budget,
) -> ExchangeView {
    let (outcome, failed) = match &exchange.answer {
        RecordedAnswer::Response { status, .. } => (status.to_string(), false),
        RecordedAnswer::Failure { kind, .. } => (kind_in_words(*kind), true),
    };
    ExchangeView {
        line: clip(&evidence.request_line(exchange), BODY / 8).into_owned(),
        step: exchange.step.clone(),
        phase: match exchange.phase {
            Phase::Discovery => "discovery",
            Phase::Setup => "set-up",
            Phase::Step => "step",
            Phase::Cleanup => "clean-up",
        },
        duration: duration(exchange.duration_ms),
        outcome,
        failed,
        judged,
        whole: whole(exchange, budget),
    }
}

fn whole(exchange: &RecordedExchange, budget: &mut Budget) -> Option<Whole> {
    if budget.0 > BUDGET {
        return None;
    }
    let request = &exchange.request;
    let start = format!("{} {}", request.method, request.url);
    let (response, failure) = match &exchange.answer {
        RecordedAnswer::Response { status, headers, body } => {
            (Some(message(&status.to_string(), headers, body.as_ref())), None)
        }
        RecordedAnswer::Failure { message, .. } => (None, Some(clip(message, BODY).into_owned())),
    };
    let whole = Whole {
        request: message(&start, &request.headers, request.body.as_ref()),
        response,
        failure,
        curl: clip(&exchange.curl, BODY).into_owned(),
    };
    budget.0 += whole.request.size() + whole.curl.len() + whole.response.as_ref().map_or(0, Message::size);
    Some(whole)
}

fn message(start: &str, headers: &Headers, body: Option<&RecordedBody>) -> Message {
    let mut head = clip(start, BODY).into_owned();
    for (name, value) in headers.iter().take(HEADERS) {
        head.push('\n');
        head.push_str(
            &format!("{}: {}", clip(name, HEADER), clip(value, HEADER)).replace(['\n', '\r'], "\\n"),
        );
    }
    if headers.len() > HEADERS {
        let _ = write!(head, "\n… and {} more headers", headers.len() - HEADERS);
    }
    let Some(body) = body else { return Message { head, body: None, note: None } };
    let text = match (&body.json, &body.text) {
        (Some(json), _) => format!("{:#}", json.value()),
        (None, text) => text.clone().unwrap_or_default(),
    };
    let shown = clip(&text, BODY);
    let size = thousands(usize::try_from(body.size).unwrap_or(usize::MAX));
    let note = if body.truncated {
        Some(format!("only the beginning was kept; {size} bytes arrived"))
    } else if shown.len() != text.len() {
        Some(format!("{size} bytes; results.json has the rest"))
    } else {
        None
    };
    Message { head, body: Some(shown.into_owned()), note }
}

fn kind_in_words(kind: crate::model::FailureKind) -> String {
    let name = serde_json::to_value(kind).unwrap_or_default();
    name.as_str().unwrap_or("no answer").replace('-', " ")
}
