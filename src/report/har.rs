//! HAR 1.2 (HTTP Archive) of all exchanges, redacted as everything: for the developer tools of a browser.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io;

use reqwest::StatusCode;
use serde::{Serialize, Serializer};
use url::{Position, Url};

use super::clock::Clock;
use super::json;
use super::requests::owner;
use super::text::clip;
use crate::model::{
    Brief, CaseResult, ExchangeId, FailureKind, Headers, Phase, RecordedAnswer, RecordedBody,
    RecordedExchange, RecordedRequest, RunResult,
};

/// A body is at most so many characters; results keep 64 KiB of one.
const BODY: usize = 128 << 10;
/// A URL, a header or a message is at most so many.
const LINE: usize = 8 << 10;

#[derive(Serialize)]
struct Har<'r> {
    log: Log<'r>,
}

#[derive(Serialize)]
struct Log<'r> {
    version: &'static str,
    creator: Creator<'r>,
    pages: Vec<Page>,
    entries: Entries<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
}

#[derive(Serialize)]
struct Creator<'r> {
    name: &'r str,
    version: &'r str,
}

/// A case: its exchanges belong together.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    started_date_time: String,
    id: String,
    title: String,
    #[serde(rename = "pageTimings")]
    timings: NoMembers,
}

#[derive(Serialize)]
struct NoMembers {}

/// The oldest first. Made one by one while they are written: all of them at once would be as large as the run.
struct Entries<'r> {
    result: &'r RunResult,
    clock: Clock,
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { result, clock } = *self;
        let whole = result.exchanges.iter().map(Kept::Whole);
        let briefs = result
            .briefs
            .iter()
            .flat_map(|(case, briefs)| briefs.iter().map(move |brief| Kept::InBrief(case, brief)));
        let mut all: Vec<Kept<'_>> = whole.chain(briefs).collect();
        all.sort_by(|a, b| a.started_ms().total_cmp(&b.started_ms()));
        let base_url = result.target.base_url.trim_end_matches('/');
        serializer.collect_seq(all.into_iter().map(|kept| match kept {
            Kept::Whole(exchange) => Entry::of(exchange, clock),
            Kept::InBrief(case, brief) => Entry::in_brief(case, brief, base_url, clock),
        }))
    }
}

/// A request, as much of it as the result keeps.
enum Kept<'r> {
    Whole(&'r RecordedExchange),
    InBrief(&'r str, &'r Brief),
}

impl Kept<'_> {
    fn started_ms(&self) -> f64 {
        match self {
            Self::Whole(exchange) => exchange.started_ms,
            Self::InBrief(_, brief) => brief.started_ms,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    pageref: String,
    started_date_time: String,
    time: f64,
    request: Request,
    response: Response,
    cache: NoMembers,
    timings: Timings,
    comment: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    method: String,
    url: String,
    http_version: &'static str,
    cookies: [(); 0],
    headers: Vec<Pair>,
    query_string: Vec<Pair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<PostData>,
    headers_size: i64,
    body_size: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PostData {
    mime_type: String,
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status: u16,
    status_text: &'static str,
    http_version: &'static str,
    cookies: [(); 0],
    headers: Vec<Pair>,
    content: Content,
    #[serde(rename = "redirectURL")]
    redirect_url: String,
    headers_size: i64,
    body_size: i64,
    /// Why there is no answer, where the developer tools of Chromium look for it.
    #[serde(rename = "_error", skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    size: u64,
    mime_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'static str>,
}

#[derive(Serialize)]
struct Pair {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Timings {
    send: f64,
    wait: f64,
    receive: f64,
}

/// Which version of HTTP was spoken is not recorded.
const HTTP_VERSION: &str = "unknown";

/// The exchanges of a result as HAR.
///
/// # Panics
/// Never: plain data with text keys always becomes JSON.
#[must_use]
pub fn render(result: &RunResult) -> String {
    let mut text = Vec::new();
    write(result, &mut text).expect("plain data with text keys always becomes JSON");
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// Writes what [`render`] gives, piece by piece.
///
/// # Errors
/// If `out` fails.
pub fn write(result: &RunResult, out: &mut dyn io::Write) -> io::Result<()> {
    let clock = Clock::of(result);
    let log = Log {
        version: "1.2",
        creator: Creator { name: &result.tool.name, version: &result.tool.version },
        pages: pages(result, clock),
        entries: Entries { result, clock },
        comment: result.partial.as_deref().map(|why| format!("the run is not complete: {}", clip(why, LINE))),
    };
    json::write_value(&Har { log }, out)
}

/// A page for each case that has exchanges.
fn pages(result: &RunResult, clock: Clock) -> Vec<Page> {
    let titles: HashMap<_, _> =
        result.cases.iter().map(|case: &CaseResult| (case.id.as_str(), &case.title)).collect();
    let whole = result.exchanges.iter().map(|exchange| (owner(exchange), exchange.started_ms));
    let first = |briefs: &Vec<Brief>| briefs.first().map(|brief| brief.started_ms);
    let briefs = result.briefs.iter().filter_map(|(case, briefs)| Some((case.as_str(), first(briefs)?)));
    let mut pages: Vec<Page> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for (owner, started_ms) in whole.chain(briefs) {
        if known.insert(owner) {
            pages.push(Page {
                started_date_time: clock.rfc3339(started_ms),
                id: clip(owner, LINE).into_owned(),
                title: clip(titles.get(owner).map_or(owner, |title| title.as_str()), LINE).into_owned(),
                timings: NoMembers {},
            });
        }
    }
    pages
}

impl Entry {
    fn of(exchange: &RecordedExchange, clock: Clock) -> Self {
        let time = if exchange.duration_ms.is_finite() { exchange.duration_ms.max(0.0) } else { 0.0 };
        Self {
            pageref: clip(owner(exchange), LINE).into_owned(),
            started_date_time: clock.rfc3339(exchange.started_ms),
            time,
            request: Request::of(exchange),
            response: Response::of(&exchange.answer),
            cache: NoMembers {},
            timings: Timings { send: 0.0, wait: time, receive: 0.0 },
            comment: clip(&exchange.step, LINE).into_owned(),
        }
    }

    /// A request of which no more than a line is kept.
    fn in_brief(case: &str, brief: &Brief, base_url: &str, clock: Clock) -> Self {
        let path = brief.url();
        let base_url = if path.starts_with(['/', '?']) { base_url } else { "" };
        let answer = match brief.status {
            Some(status) => RecordedAnswer::Response { status, headers: Headers::default(), body: None },
            None => RecordedAnswer::Failure { kind: FailureKind::Closed, message: "no answer".to_owned() },
        };
        let phase = match brief.phase {
            Phase::Cleanup => "clean-up",
            Phase::Setup => "set-up, one of many alike",
            _ => "on the way",
        };
        let mut entry = Self::of(
            &RecordedExchange {
                id: ExchangeId(case.to_owned()),
                phase: brief.phase,
                step: format!("{phase} (headers and bodies are not kept)"),
                request: RecordedRequest {
                    method: brief.method().to_owned(),
                    url: format!("{base_url}{path}"),
                    headers: Headers::default(),
                    body: None,
                },
                answer,
                started_ms: brief.started_ms,
                duration_ms: brief.duration_ms,
                curl: String::new(),
            },
            clock,
        );
        entry.pageref = clip(case, LINE).into_owned();
        (entry.request.body_size, entry.response.body_size) = (-1, -1);
        entry
    }
}

impl Request {
    fn of(exchange: &RecordedExchange) -> Self {
        let request = &exchange.request;
        let url = url(&request.url);
        let pairs = url.query_pairs().map(|(name, value)| Pair { name: name.into(), value: value.into() });
        let post_data = request.body.as_ref().map(|body| PostData {
            mime_type: mime_type(&request.headers),
            text: clip(body.as_text(), BODY).into_owned(),
        });
        Self {
            method: clip(&request.method, LINE).into_owned(),
            query_string: pairs.collect(),
            url: as_uri(&url),
            http_version: HTTP_VERSION,
            cookies: [],
            headers: headers(&request.headers),
            post_data,
            headers_size: -1,
            body_size: size(request.body.as_ref()),
        }
    }
}

impl Response {
    fn of(answer: &RecordedAnswer) -> Self {
        match answer {
            RecordedAnswer::Response { status, headers: received, body } => Self {
                status: *status,
                status_text: StatusCode::from_u16(*status)
                    .ok()
                    .and_then(|code| code.canonical_reason())
                    .unwrap_or(""),
                http_version: HTTP_VERSION,
                cookies: [],
                headers: headers(received),
                content: Content {
                    size: body.as_ref().map_or(0, |body| body.size),
                    mime_type: mime_type(received),
                    text: body.as_ref().map(|body| clip(body.as_text(), BODY).into_owned()),
                    comment: body
                        .as_ref()
                        .and_then(|body| body.truncated.then_some("only the beginning is kept")),
                },
                redirect_url: received
                    .get("location")
                    .map_or_else(String::new, |to| clip(to, LINE).into_owned()),
                headers_size: -1,
                body_size: size(body.as_ref()),
                error: None,
            },
            RecordedAnswer::Failure { message, .. } => Self {
                status: 0,
                status_text: "",
                http_version: HTTP_VERSION,
                cookies: [],
                headers: Vec::new(),
                content: Content { size: 0, mime_type: "x-unknown".to_owned(), text: None, comment: None },
                redirect_url: String::new(),
                headers_size: -1,
                body_size: -1,
                error: Some(clip(message, LINE).into_owned()),
            },
        }
    }
}

/// The URL as browsers write it; one that is none leads nowhere.
fn url(text: &str) -> Url {
    let cut = text.char_indices().nth(LINE).map_or(text, |(end, _)| &text[..end]);
    Url::parse(cut).or_else(|_| Url::parse("about:invalid")).expect("a URL that is one")
}

/// Browsers leave characters in a path that RFC 3986 wants to be encoded.
fn as_uri(url: &Url) -> String {
    let (origin, path) = (&url[..Position::BeforePath], &url[Position::BeforePath..]);
    let mut uri = origin.to_owned();
    let bytes = path.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let encoded = || bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        match byte {
            b'%' if encoded() => uri.push('%'),
            byte if byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=".contains(byte) => {
                uri.push(char::from(*byte));
            }
            byte => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

fn headers(headers: &Headers) -> Vec<Pair> {
    let pair =
        |(name, value)| Pair { name: clip(name, LINE).into_owned(), value: clip(value, LINE).into_owned() };
    headers.iter().map(pair).collect()
}

fn mime_type(headers: &Headers) -> String {
    headers.get("content-type").map_or_else(|| "x-unknown".to_owned(), |value| clip(value, LINE).into_owned())
}

fn size(body: Option<&RecordedBody>) -> i64 {
    body.map_or(0, |body| i64::try_from(body.size).unwrap_or(i64::MAX))
}
