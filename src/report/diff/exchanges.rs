//! Exchanges that both results have: what the servers answered differently.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::Serialize;
use serde_json::Value;

use super::normal::Normal;
use crate::model::{ExchangeId, Headers, Phase, RecordedAnswer, RecordedBody, RecordedExchange, RunResult};
use crate::report::requests::owner;
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
        let moments: HashSet<_> = side_by_side(ours).union(&side_by_side(&theirs)).copied().collect();
        for (earlier, later) in pairs((ours, &one), (&theirs, &other)) {
            compared += 1;
            let is_moment = moments.contains(&earlier.id) || moments.contains(&later.id);
            let comparison = Comparison { one: &one, other: &other, is_moment, found: Vec::new(), more: 0 };
            changes.extend(comparison.of(earlier, later).filter(|_| changes.len() < KEPT));
        }
    }
    (compared, changes)
}

/// The exchanges of a case in one result.
type Own<'r, 'n> = (&'n [&'r RecordedExchange], &'n Normal<'n>);

/// The exchanges of a case that belong together: the first of both with the same step and request, the second, and so on;
/// where that does not fit, those with the same number. One of the two may have sent a request that the other had no need
/// of.
fn pairs<'r>(
    (ours, one): Own<'r, '_>,
    (theirs, other): Own<'r, '_>,
) -> Vec<(&'r RecordedExchange, &'r RecordedExchange)> {
    let mut alike: HashMap<String, VecDeque<usize>> = HashMap::new();
    for (place, exchange) in ours.iter().enumerate() {
        alike.entry(what_for(exchange, one)).or_default().push_back(place);
    }
    let mut partners: Vec<Option<usize>> =
        theirs.iter().map(|exchange| alike.get_mut(&what_for(exchange, other))?.pop_front()).collect();
    let taken: HashSet<usize> = partners.iter().copied().flatten().collect();
    let free: HashMap<_, _> = ours
        .iter()
        .enumerate()
        .filter(|(place, _)| !taken.contains(place))
        .map(|(place, exchange)| (&exchange.id, place))
        .collect();
    for (partner, exchange) in partners.iter_mut().zip(theirs) {
        *partner = partner.or_else(|| free.get(&exchange.id).copied());
    }
    let pair = |(partner, theirs): (Option<usize>, &&'r RecordedExchange)| Some((ours[partner?], *theirs));
    partners.into_iter().zip(theirs).filter_map(pair).collect()
}

/// The step and the request, without its query and what differs from run to run.
fn what_for(exchange: &RecordedExchange, normal: &Normal<'_>) -> String {
    let request = &exchange.request;
    let path = request.url.split(['?', '#']).next().unwrap_or_default();
    let path = normal.text(&decoded(&clip(path, 2_000)));
    format!("{}\n{} {path}", clip(&exchange.step, 300), clip(&request.method, 20))
}

/// The ids of exchanges of one step of a case that were under way at the same time: their answers show a moment.
fn side_by_side<'r>(exchanges: &[&'r RecordedExchange]) -> HashSet<&'r ExchangeId> {
    let mut ordered = exchanges.to_vec();
    ordered.sort_by(|one, other| one.started_ms.total_cmp(&other.started_ms));
    // Of each step the one that ends last: the next may overlap it.
    let mut last: HashMap<&str, &RecordedExchange> = HashMap::new();
    let mut overlapping = HashSet::new();
    let end = |exchange: &RecordedExchange| exchange.started_ms + exchange.duration_ms;
    for exchange in ordered {
        let earlier = last.entry(&exchange.step).or_insert(exchange);
        if earlier.id != exchange.id && end(earlier) > exchange.started_ms {
            overlapping.extend([&earlier.id, &exchange.id]);
        }
        if end(exchange) > end(earlier) {
            *earlier = exchange;
        }
    }
    overlapping
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
        cases.entry(owner(exchange)).or_default().push(exchange);
    }
    cases
}

/// A body as it is compared. Of one that is kept in part what is cut off in the middle of a value is left away.
fn content(body: &RecordedBody) -> Value {
    match &body.json {
        Some(json) => json.value(),
        None => {
            let text = body.as_text();
            let end = if body.truncated { text.rfind('{') } else { None };
            text[..end.unwrap_or(text.len())].into()
        }
    }
}

struct Comparison<'n> {
    one: &'n Normal<'n>,
    other: &'n Normal<'n>,
    /// Whether other requests of the case were under way: who is a member yet is chance.
    is_moment: bool,
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
            let value = |body: &Option<RecordedBody>| body.as_ref().map_or(Value::Null, content);
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
                        Some(theirs) if name.eq_ignore_ascii_case("members") => {
                            self.members(&below, value, theirs);
                        }
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

    /// Members of a group have no order (RFC 7643 §2.4).
    fn members(&mut self, place: &str, a: &Value, b: &Value) {
        let (Value::Array(one), Value::Array(other)) = (a, b) else { return self.values(place, a, b) };
        if self.is_moment {
            return;
        }
        let mut theirs: HashMap<String, Vec<&Value>> = HashMap::new();
        for member in other {
            theirs.entry(self.other.text(&member.to_string())).or_default().push(member);
        }
        let ours: Vec<_> = one
            .iter()
            .filter(|member| theirs.get_mut(&self.one.text(&member.to_string())).and_then(Vec::pop).is_none())
            .collect();
        let left: HashSet<*const Value> = theirs.into_values().flatten().map(std::ptr::from_ref).collect();
        let theirs: Vec<_> =
            other.iter().filter(|member| left.contains(&std::ptr::from_ref(*member))).collect();
        for at in 0..ours.len().max(theirs.len()) {
            self.leaf(&format!("{place}[]"), ours.get(at).copied(), theirs.get(at).copied());
        }
    }

    fn leaf(&mut self, place: &str, a: Option<&Value>, b: Option<&Value>) {
        let shown = |value: Option<&Value>, normal: &Normal<'_>| match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => normal.text(text),
            Some(other @ (Value::Array(_) | Value::Object(_))) => normal.text(&other.to_string()),
            Some(other) => normal.number(&other.to_string()),
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
