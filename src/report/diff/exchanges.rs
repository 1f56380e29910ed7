//! Exchanges that both results have: what the servers answered differently.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;
use serde_json::Value;

use super::normal::Normal;
use crate::model::{Headers, Phase, RecordedAnswer, RecordedExchange, RunResult};
use crate::report::text::clip;

/// Headers that say something about the server, and not about the moment.
const HEADERS: [&str; 9] = [
    "content-type",
    "location",
    "etag",
    "www-authenticate",
    "allow",
    "retry-after",
    "cache-control",
    "content-encoding",
    "last-modified",
];
/// So many differences of one body are named.
const DIFFERENCES: usize = 8;
/// A value is shown up to so many characters.
const VALUE: usize = 80;
/// So many changed exchanges are kept.
const KEPT: usize = 1_000;

/// An exchange that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExchangeChange {
    /// Its id in both results.
    pub id: String,
    /// The request: method and URL, as in the second result, without what differs from run to run.
    pub request: String,
    /// The statuses, if they differ; 0 for no answer.
    pub status: Option<(u16, u16)>,
    /// Differences of headers and bodies: where, what the first says, what the second says.
    pub differences: Vec<(String, String, String)>,
    /// How many more differences there are.
    pub more: usize,
}

/// How many exchanges both have, and those that differ.
pub(super) fn compare(a: &RunResult, b: &RunResult) -> (usize, Vec<ExchangeChange>) {
    let (before, after) = (by_case(a), by_case(b));
    let (mut compared, mut changes) = (0, Vec::new());
    for (case, theirs) in after {
        let Some(ours) = before.get(case) else { continue };
        let (one, other) = (Normal::of(&a.target.base_url, ours), Normal::of(&b.target.base_url, &theirs));
        let known: HashMap<_, _> = ours.iter().map(|exchange| (&exchange.id, *exchange)).collect();
        for exchange in theirs {
            let Some(earlier) = known.get(&exchange.id) else { continue };
            compared += 1;
            let change =
                Comparison { one: &one, other: &other, found: Vec::new(), more: 0 }.of(earlier, exchange);
            changes.extend(change.filter(|_| changes.len() < KEPT));
        }
    }
    (compared, changes)
}

/// A URL for people: ids and names stand in it as they are.
fn decoded(url: &str) -> String {
    let mut bytes = Vec::with_capacity(url.len());
    let mut rest = url.as_bytes();
    while let [first, more @ ..] = rest {
        let hex = more.get(..2).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match hex.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            None => {
                bytes.push(*first);
                rest = more;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The exchanges of each case, without those that clean up.
fn by_case(result: &RunResult) -> BTreeMap<&str, Vec<&RecordedExchange>> {
    let mut cases: BTreeMap<&str, Vec<&RecordedExchange>> = BTreeMap::new();
    for exchange in result.exchanges.iter().filter(|exchange| exchange.phase != Phase::Cleanup) {
        let owner = exchange.id.0.rsplit_once(':').map_or("", |(owner, _)| owner);
        cases.entry(owner).or_default().push(exchange);
    }
    cases
}

struct Comparison<'n> {
    one: &'n Normal<'n>,
    other: &'n Normal<'n>,
    found: Vec<(String, String, String)>,
    more: usize,
}

impl Comparison<'_> {
    fn of(mut self, a: &RecordedExchange, b: &RecordedExchange) -> Option<ExchangeChange> {
        let request = |normal: &Normal<'_>, exchange: &RecordedExchange| {
            let url = decoded(&clip(&exchange.request.url, 2_000));
            normal.text(&format!("{} {url}", exchange.request.method))
        };
        let (before, after) = (request(self.one, a), request(self.other, b));
        if before != after {
            self.differs("request", &before, &after);
        }
        let status = |answer: &RecordedAnswer| match answer {
            RecordedAnswer::Response { status, .. } => *status,
            RecordedAnswer::Failure { .. } => 0,
        };
        let statuses = (status(&a.answer), status(&b.answer));
        if let (
            RecordedAnswer::Response { headers: ours, body: body_a, .. },
            RecordedAnswer::Response { headers: theirs, body: body_b, .. },
        ) = (&a.answer, &b.answer)
        {
            self.headers(ours, theirs);
            let value = |body: &Option<crate::model::RecordedBody>| match body {
                None => Value::Null,
                Some(body) => {
                    body.json.as_ref().map_or_else(|| body.as_text().into(), crate::model::JsonText::value)
                }
            };
            self.values("body", &value(body_a), &value(body_b));
        }
        let changed = statuses.0 != statuses.1;
        (changed || !self.found.is_empty()).then(|| ExchangeChange {
            id: b.id.0.clone(),
            request: after,
            status: changed.then_some(statuses),
            differences: self.found,
            more: self.more,
        })
    }

    fn headers(&mut self, a: &Headers, b: &Headers) {
        for name in HEADERS {
            let value = |headers: &Headers, normal: &Normal<'_>| {
                match headers.get(name) {
                    // That there is one says something, when it was says nothing.
                    Some(_) if name == "last-modified" => "{time}".to_owned(),
                    Some(value) => normal.text(&clip(value, 2_000)),
                    None => String::new(),
                }
            };
            let (before, after) = (value(a, self.one), value(b, self.other));
            if before != after {
                self.differs(name, &before, &after);
            }
        }
    }

    fn values(&mut self, place: &str, a: &Value, b: &Value) {
        match (a, b) {
            (Value::Object(one), Value::Object(other)) => {
                for (name, value) in one {
                    let below = format!("{place}.{}", clip(name, VALUE));
                    match other.get(name) {
                        Some(theirs) => self.values(&below, value, theirs),
                        None => self.leaf(&below, Some(value), None),
                    }
                }
                for (name, value) in other.iter().filter(|(name, _)| !one.contains_key(*name)) {
                    self.leaf(&format!("{place}.{}", clip(name, VALUE)), None, Some(value));
                }
            }
            (Value::Array(one), Value::Array(other)) => {
                for at in 0..one.len().max(other.len()) {
                    let below = format!("{place}[{at}]");
                    match (one.get(at), other.get(at)) {
                        (Some(a), Some(b)) => self.values(&below, a, b),
                        (a, b) => self.leaf(&below, a, b),
                    }
                }
            }
            (a, b) => self.leaf(place, Some(a), Some(b)),
        }
    }

    fn leaf(&mut self, place: &str, a: Option<&Value>, b: Option<&Value>) {
        let shown = |value: Option<&Value>, normal: &Normal<'_>| match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => normal.text(text),
            Some(other) => normal.text(&other.to_string()),
        };
        let (before, after) = (shown(a, self.one), shown(b, self.other));
        if before != after {
            self.differs(place, &before, &after);
        }
    }

    fn differs(&mut self, place: &str, before: &str, after: &str) {
        if self.found.len() < DIFFERENCES {
            let shown = |text: &str| clip(text, VALUE).into_owned();
            self.found.push((shown(place), shown(before), shown(after)));
        } else {
            self.more += 1;
        }
    }
}
