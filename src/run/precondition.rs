//! Targets that change nothing without If-Match: they answer 428 (RFC 6585 §3) or 412 (ambiguity
//! `version-conflict-status`).
//! That is their right, and no reason to judge anything else wrongly: such a change is sent once more, with the version
//! that the resource has now. In a bulk job that is not possible, since the rest of it is done by then: such a case ends.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Mutex;

use super::about_target::IF_MATCH;
use super::bulk;
use super::cleanup::request;
use super::short_page;
use crate::model::{Answer, CaseResult, ExchangeId, Finding, Level, Request, Response, Verdict};
use crate::suite::format::RequestSpec;
use crate::wire::{Sent, Transport};

/// The requirement that clients may send If-Match at all.
const REQUIREMENT: &str = "RFC7644-3.14-06";
/// Bytes of a version at most: what is longer, many servers do not take as a header.
const LONGEST_VERSION: usize = 4_000;

/// A request that was sent, and when.
#[derive(Debug)]
pub(crate) struct Timed {
    pub(crate) began: Instant,
    pub(crate) sent: Sent,
}

/// What sending a request came to.
#[derive(Debug)]
pub(crate) struct Sending {
    /// The refusal that demanded If-Match, if it was one, and the read of the version.
    pub(crate) demand: Option<[Timed; 2]>,
    /// The same query with another size of its page, if there were two: it is not judged.
    pub(crate) other_page: Option<Timed>,
    /// What is judged.
    pub(crate) last: Timed,
}

impl Sending {
    /// Why the answer says nothing about the request itself, if it does not: a condition was demanded that the suite did
    /// not state and that cannot be added.
    pub(crate) fn moot(&self) -> Option<&'static str> {
        if self.lacks_version() {
            return Some(
                "the target demands the version of what a bulk job changes, and has done the rest of it",
            );
        }
        self.is_about_nothing().then_some("the target demands If-Match, which cannot match where nothing is")
    }

    /// Whether If-Match was demanded where nothing is: no condition can be met there (RFC 9110 §13.1.1).
    fn is_about_nothing(&self) -> bool {
        let Some([_, read]) = &self.demand else { return false };
        matches!(status(&read.sent.answer), Some(404 | 410))
            && matches!(status(&self.last.sent.answer), Some(412 | 428))
    }

    /// Whether a version was demanded in a bulk job.
    pub(crate) fn lacks_version(&self) -> bool {
        let Sent { request, answer, .. } = &self.last.sent;
        let Answer::Response(response) = answer else { return false };
        request.method == "POST"
            && bulk::lacks_version(request.body.as_deref(), response.status, response.body.json())
    }
}

/// Sends the request of a case.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    /// A repetition changes the version: those of requests under way at the same time stand in line.
    line: Arc<Mutex<()>>,
}

impl Sender {
    /// For requests that may be about the same resource.
    pub(crate) fn new() -> Self {
        Self { line: Arc::default() }
    }

    /// Sends a request; if it `may_repeat` and the target demands If-Match, once more with it, and if the answer is a page
    /// shorter than what was found, once more with the number of results, which is `limit` at most.
    pub(crate) async fn send(
        &self,
        transport: &dyn Transport,
        request: &Request,
        may_repeat: bool,
        limit: Option<u64>,
    ) -> Sending {
        let first = timed(transport, request).await;
        if !may_repeat || !matches!(status(&first.sent.answer), Some(412 | 428)) {
            let (last, other_page) = larger_page(transport, request, first, limit).await;
            return Sending { demand: None, other_page, last };
        }
        let _turn = self.line.lock().await;
        let read = timed(transport, &read_of(&request.url)).await;
        let last = timed(transport, &with_if_match(request, &read.sent.answer)).await;
        Sending { demand: Some([first, read]), other_page: None, last }
    }
}

/// Asks for more of a page that is shorter than what was found; returns the one to judge, and the other one. What is
/// refused says nothing of the query.
async fn larger_page(
    transport: &dyn Transport,
    request: &Request,
    first: Timed,
    limit: Option<u64>,
) -> (Timed, Option<Timed>) {
    let Some(larger) = short_page::with_count(request, &first.sent.answer, limit) else {
        return (first, None);
    };
    let second = timed(transport, &larger).await;
    match status(&second.sent.answer) {
        Some(200) => (second, Some(first)),
        _ => (first, Some(second)),
    }
}

pub(crate) async fn timed(transport: &dyn Transport, request: &Request) -> Timed {
    Timed { began: Instant::now(), sent: transport.send(request).await }
}

fn status(answer: &Answer) -> Option<u16> {
    match answer {
        Answer::Response(response) => Some(response.status),
        Answer::Failed(_) => None,
    }
}

/// Whether a request is a change for which a server may demand If-Match, and that has no condition of the suite's own.
pub(crate) fn may_repeat(spec: &RequestSpec) -> bool {
    let is_condition =
        |name: &String| ["if-match", "if-none-match"].iter().any(|known| name.eq_ignore_ascii_case(known));
    matches!(spec.method.as_str(), "PUT" | "PATCH" | "DELETE") && !spec.headers.keys().any(is_condition)
}

/// The status of an answer to a DELETE of the clean-up, if it may be If-Match that is missing: some servers answer 412.
pub(crate) fn demand(answer: &Answer) -> Option<u16> {
    status(answer).filter(|status| matches!(status, 412 | 428))
}

/// The read that shows the version of what is at a URL.
pub(crate) fn read_of(url: &str) -> Request {
    request("GET", url.split(['?', '#']).next().unwrap_or_default())
}

/// A request with the version that the answer to a read shows. Without one the condition is `*`: that something is
/// there (RFC 9110 §13.1.1).
pub(crate) fn with_if_match(request: &Request, read: &Answer) -> Request {
    let version = match read {
        Answer::Response(response) if response.status == 200 => version(response),
        _ => None,
    };
    let mut request = request.clone();
    request.headers.push(("if-match".to_owned(), version.unwrap_or_else(|| "*".to_owned())));
    request
}

/// The `ETag`, else `meta.version` (RFC 7644 §3.14), as far as it can stand in a header.
fn version(response: &Response) -> Option<String> {
    let in_body = || response.body.json()?.pointer("/meta/version")?.as_str();
    let can_stand = |version: &&str| {
        let bytes = version.trim().as_bytes();
        (1..=LONGEST_VERSION).contains(&bytes.len()) && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
    };
    let header = response.header("etag").filter(can_stand);
    header.or_else(|| in_body().filter(can_stand)).map(|version| version.trim().to_owned())
}

/// That the target demands If-Match, as a case of the result: said once, with the first refusal as evidence.
pub(crate) fn case(demand: &[ExchangeId]) -> CaseResult {
    let finding = Finding {
        wanted: "nothing in particular: RFC 7644 §3.14 lets clients send If-Match, RFC 6585 §3 lets servers demand it"
            .to_owned(),
        got: "changes without If-Match are refused; single ones were sent once more with the current version".to_owned(),
        at: "status".to_owned(),
        exchange: demand.first().cloned(),
        see: IF_MATCH.see.iter().map(|slug| (*slug).to_owned()).collect(),
        hint: Some("Clients that send no If-Match, as most do, cannot change anything here.".to_owned()),
        ..Finding::new(
            format!("{}#demanded", IF_MATCH.id),
            REQUIREMENT.into(),
            Level::May,
            Verdict::Info,
        )
    };
    IF_MATCH.case(vec![finding], demand.to_vec(), 0.0)
}

#[cfg(test)]
mod tests;
