//! An exchange as the page shows it: in full once, at the first finding that judges it; elsewhere a link leads there.

use std::collections::HashMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::bar::{self, Segment};
use super::marks::{self, Piece};
use crate::model::{ExchangeId, Headers, Phase, RecordedAnswer, RecordedBody, RecordedExchange};
use crate::report::evidence::Evidence;
use crate::report::text::{clip, duration, thousands};

/// A body, a URL or a command is shown up to this many characters.
const BODY: usize = 16_000;
/// A line of a request, in a heading.
const LINE: usize = 400;
/// A header value is shown up to this many characters,
const HEADER: usize = 1_000;
/// and so many headers.
const HEADERS: usize = 60;
/// All exchanges of a page together are shown up to about this many characters; then only their first lines.
const BUDGET: usize = 3_000_000;

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
    /// Its bar in the time of its case.
    bar: Option<Segment>,
    /// Its anchor, if it is shown here in full.
    anchor: Option<String>,
    /// Where it is shown in full, if that is not here.
    elsewhere: Option<String>,
    /// `None` when it is shown elsewhere, or the page is large enough already.
    whole: Option<Whole>,
}

#[derive(Debug, Serialize)]
struct Whole {
    request: Message,
    response: Option<Message>,
    failure: Option<String>,
}

#[derive(Debug, Serialize)]
struct Message {
    /// Start line and headers.
    head: Vec<Piece>,
    body: Option<Vec<Piece>>,
    /// What the body does not show.
    note: Option<String>,
    /// Number of bytes of what is shown.
    #[serde(skip)]
    size: usize,
}

/// The exchanges that stand on the page, and how much they take.
#[derive(Debug, Default)]
pub(super) struct Gallery {
    used: usize,
    anchors: HashMap<ExchangeId, String>,
}

impl Gallery {
    /// In full if that was not done yet and the page has room for it.
    pub(super) fn view(
        &mut self,
        exchange: &RecordedExchange,
        evidence: &Evidence<'_>,
        judged: bool,
    ) -> ExchangeView {
        let mut view = self.line(exchange, evidence, judged);
        if view.elsewhere.is_none() && self.used <= BUDGET {
            let anchor = format!("exchange-{}", self.anchors.len() + 1);
            let whole = whole(exchange);
            self.used += whole.request.size + whole.response.as_ref().map_or(0, |response| response.size);
            self.anchors.insert(exchange.id.clone(), anchor.clone());
            (view.anchor, view.whole) = (Some(anchor), Some(whole));
        }
        view
    }

    /// One line, with a link to where it is shown in full, if it is.
    pub(super) fn line(
        &self,
        exchange: &RecordedExchange,
        evidence: &Evidence<'_>,
        judged: bool,
    ) -> ExchangeView {
        let (outcome, failed) = match &exchange.answer {
            RecordedAnswer::Response { status, .. } => (status.to_string(), false),
            RecordedAnswer::Failure { kind, .. } => (kind_in_words(*kind), true),
        };
        ExchangeView {
            line: clip(&evidence.request_line(exchange), LINE).into_owned(),
            step: clip(&exchange.step, LINE).into_owned(),
            phase: match exchange.phase {
                Phase::Discovery => "discovery",
                Phase::Setup => "set-up",
                Phase::Step => "step",
                Phase::Probe => "probe",
                Phase::Cleanup => "clean-up",
            },
            duration: duration(exchange.duration_ms),
            outcome,
            failed,
            judged,
            bar: None,
            anchor: None,
            elsewhere: self.anchors.get(&exchange.id).cloned(),
            whole: None,
        }
    }
}

impl ExchangeView {
    /// Gives it its bar between two points in time, in milliseconds since the run began.
    pub(super) fn place_between(&mut self, exchange: &RecordedExchange, start: f64, end: f64) {
        let began = exchange.started_ms - start;
        self.bar = Some(bar::part(began, began + exchange.duration_ms, end - start));
    }
}

fn whole(exchange: &RecordedExchange) -> Whole {
    let request = &exchange.request;
    let start = format!("{} {}", request.method, request.url);
    let (response, failure) = match &exchange.answer {
        RecordedAnswer::Response { status, headers, body } => {
            (Some(message(&status.to_string(), headers, body.as_ref())), None)
        }
        RecordedAnswer::Failure { message, .. } => (None, Some(clip(message, BODY).into_owned())),
    };
    Whole { request: message(&start, &request.headers, request.body.as_ref()), response, failure }
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
    let size = head.len();
    let head = marks::redacted(&head);
    let Some(body) = body else { return Message { head, body: None, note: None, size } };
    let text = match (&body.json, &body.text) {
        (Some(json), _) => format!("{:#}", json.value()),
        (None, text) => text.clone().unwrap_or_default(),
    };
    let shown = clip(&text, BODY);
    let bytes = thousands(usize::try_from(body.size).unwrap_or(usize::MAX));
    let note = if body.truncated {
        Some(format!("only the beginning was kept; {bytes} bytes arrived"))
    } else if shown.len() != text.len() {
        Some(format!("{bytes} bytes; results.json has the rest"))
    } else {
        None
    };
    let size = size + shown.len();
    Message { head, body: Some(marks::redacted(&shown)), note, size }
}

fn kind_in_words(kind: crate::model::FailureKind) -> String {
    let name = serde_json::to_value(kind).unwrap_or_default();
    name.as_str().unwrap_or("no answer").replace('-', " ")
}
