//! Deleting what a run created: at the end of a case, and from a ledger after a run that could not.

use std::path::Path;
use std::time::Duration;

use super::find::Search;
use super::ledger::{self, LedgerError, OutstandingCreate};
use super::naming::carries;
use super::ownership::{Ownership, Trace};
use super::precondition::{self, Timed};
use super::request::SCIM_JSON;
use super::time_limit::TimeLimit;
use crate::model::{Answer, AuthMode, LeftOver, Request};
use crate::wire::Transport;

/// What a read of a URL shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// A resource with the name that is looked for.
    Ours,
    /// Nothing is there.
    Nothing,
    /// A resource without the name; whether at least it has a name of the same run.
    Foreign(bool),
    /// No answer of use; in one line.
    Unclear(String),
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Seen::Ours => f.write_str("it carries the name"),
            Seen::Nothing => f.write_str("nothing is there"),
            Seen::Foreign(_) => f.write_str("it does not carry a name of the run"),
            Seen::Unclear(why) => f.write_str(why),
        }
    }
}

/// Reads a URL, without its query.
pub(crate) async fn look(transport: &dyn Transport, url: &str, name: &str) -> Seen {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    seen(&transport.send(&request("GET", url)).await.answer, name)
}

/// What the answer to a read shows.
fn seen(answer: &Answer, name: &str) -> Seen {
    // Names are the token of the run and, after a hyphen, what tells them apart.
    let token = name.split('-').next().unwrap_or(name);
    match answer {
        Answer::Response(response) if matches!(response.status, 404 | 410) => Seen::Nothing,
        Answer::Response(response) if response.status == 200 => match response.body.json() {
            Some(body) if carries(body, name) => Seen::Ours,
            Some(body) => Seen::Foreign(carries(body, token)),
            None => Seen::Unclear("GET was answered with something that is not JSON".to_owned()),
        },
        Answer::Response(response) => Seen::Unclear(format!("GET was answered with {}", response.status)),
        Answer::Failed(failure) => Seen::Unclear(format!("GET got no answer: {}", failure.message)),
    }
}

/// Pauses before the reads that show whether a resource is gone: some servers need a moment.
const PATIENCE: [Duration; 3] = [Duration::ZERO, Duration::from_millis(100), Duration::from_millis(400)];

/// Deletes a resource that was seen to be the run's own, and makes sure that it is gone if somebody wants to know.
async fn delete(cleaner: &mut Cleaner<'_>, url: &str, name: &str) -> Result<(), String> {
    let transport = cleaner.transport;
    match cleaner.send_delete(url, name).await? {
        Answer::Response(response) if matches!(response.status, 404 | 410) => return Ok(()),
        Answer::Response(response) if (200..300).contains(&response.status) => {}
        Answer::Response(response) => return Err(format!("DELETE was answered with {}", response.status)),
        Answer::Failed(failure) => return Err(format!("DELETE got no answer: {}", failure.message)),
    }
    if !cleaner.makes_sure {
        return Ok(());
    }
    for pause in PATIENCE {
        tokio::time::sleep(pause).await;
        match look(transport, url, name).await {
            // Gone; or the server gave the id again, to another case.
            Seen::Nothing | Seen::Foreign(true) => return Ok(()),
            Seen::Unclear(why) => return Err(format!("DELETE was answered as done, but {why}")),
            // Ours, or ours under another name by now.
            Seen::Ours | Seen::Foreign(false) => {}
        }
    }
    Err("DELETE was answered as done, but it is still there".to_owned())
}

/// Sends what clean-up sends.
struct Cleaner<'t> {
    transport: &'t dyn Transport,
    /// Whether it looks if what was deleted is gone.
    makes_sure: bool,
    search: Search<'t>,
    /// The first DELETE that was refused without If-Match (428), the read of the version, and the DELETE with it.
    demand: Vec<Timed>,
}

impl<'t> Cleaner<'t> {
    fn new(transport: &'t dyn Transport, makes_sure: bool) -> Self {
        Self { transport, makes_sure, search: Search::new(transport, makes_sure), demand: Vec::new() }
    }

    /// Sends a DELETE, and once more with If-Match to a target that demands it, if a read still shows the run's own
    /// resource there.
    async fn send_delete(&mut self, url: &str, name: &str) -> Result<Answer, String> {
        let delete = request("DELETE", url);
        let first = precondition::timed(self.transport, &delete).await;
        let Some(status) = precondition::demand(&first.sent.answer) else { return Ok(first.sent.answer) };
        let read = precondition::timed(self.transport, &precondition::read_of(url)).await;
        match seen(&read.sent.answer, name) {
            Seen::Ours => {}
            // Deleted by the case already.
            Seen::Nothing => return Ok(read.sent.answer),
            other => return Err(format!("DELETE was answered with {status}, and {other}: not deleted")),
        }
        let conditional = precondition::with_if_match(&delete, &read.sent.answer);
        let last = precondition::timed(self.transport, &conditional).await;
        let answer = last.sent.answer.clone();
        if status == 428 && self.demand.is_empty() {
            self.demand = vec![first, read, last];
        }
        Ok(answer)
    }
}

/// What is known about a create whose resource is to be deleted.
struct Wanted<'a> {
    endpoint: &'a str,
    identifier: Option<&'a (String, String)>,
    url: Option<&'a str>,
    /// Whether the URL was seen to be ours already.
    confirmed: bool,
    /// Whether the case has deleted it itself.
    deleted: bool,
    /// What its names contain.
    name: &'a str,
    /// Why the resource is not known.
    reason: &'a str,
    /// Whether it must be expected although it is not found.
    expected: bool,
}

/// What became of it.
#[derive(Debug, Default)]
struct Removed {
    /// URLs of what was deleted, or was gone already.
    deleted: Vec<String>,
    /// What is still there, or may be: URL and reason.
    problems: Vec<(String, String)>,
}

impl Removed {
    fn one(url: &str, result: Result<(), String>) -> Self {
        let mut removed = Self::default();
        removed.note(url, result);
        removed
    }

    fn note(&mut self, url: &str, result: Result<(), String>) {
        match result {
            Ok(()) => self.deleted.push(url.to_owned()),
            Err(why) => self.problems.push((url.to_owned(), why)),
        }
    }
}

/// Deletes what a create made: at its URL if it carries the name there, else wherever a search finds it.
async fn remove(cleaner: &mut Cleaner<'_>, wanted: &Wanted<'_>) -> Removed {
    let transport = cleaner.transport;
    let (mut reason, mut expected) = (wanted.reason.to_owned(), wanted.expected);
    if let Some(url) = wanted.url {
        let seen = if wanted.confirmed { Seen::Ours } else { look(transport, url, wanted.name).await };
        match seen {
            Seen::Ours => return Removed::one(url, delete(cleaner, url, wanted.name).await),
            // Gone; or the server gave the id again.
            Seen::Nothing | Seen::Foreign(true) if wanted.deleted => return Removed::one(url, Ok(())),
            // The target may have given a wrong URL; if a search finds nothing either, nothing is there.
            Seen::Nothing => expected = false,
            Seen::Unclear(why) => return Removed::one(url, Err(format!("{why}: not deleted"))),
            Seen::Foreign(_) => {
                expected = true;
                reason = format!("{url} is what the target said, but {seen}");
            }
        }
    }
    match cleaner.search.find(wanted.endpoint, wanted.identifier, wanted.name).await {
        Err(why) => Removed::one(wanted.endpoint, Err(format!("{reason}; {why}"))),
        Ok(urls) if urls.is_empty() && expected => {
            let why = format!(
                "{reason}; nothing with its name was found, but it may be there or still come into being"
            );
            Removed::one(wanted.url.unwrap_or(wanted.endpoint), Err(why))
        }
        Ok(urls) => {
            let mut removed = Removed::default();
            for url in urls {
                let deleted = match look(transport, &url, wanted.name).await {
                    Seen::Ours => delete(cleaner, &url, wanted.name).await,
                    Seen::Nothing => Ok(()),
                    other => Err(format!("{other}: not deleted")),
                };
                if deleted.is_ok() {
                    cleaner.search.forget(&url);
                }
                removed.note(&url, deleted);
            }
            removed
        }
    }
}

/// What deleting the resources of a case came to.
#[derive(Debug)]
pub(crate) struct AfterCase {
    /// What is still there.
    pub(crate) left_over: Vec<LeftOver>,
    /// The exchanges that show that the target demands If-Match; empty if it does not.
    pub(crate) demand: Vec<Timed>,
}

/// Deletes what a case created, the newest first, within a time. Never changes a verdict. What is left stays in the
/// ledger. Where nobody reads what is left (`makes_sure` is false), the answer to a DELETE is believed, and what no filter
/// finds is not searched for.
pub(crate) async fn after_case(
    transport: &dyn Transport,
    ownership: &Ownership,
    within: Duration,
    makes_sure: bool,
) -> AfterCase {
    let limit = TimeLimit::new(transport, within);
    let mut cleaner = Cleaner::new(transport, makes_sure);
    let mut left_over = Vec::new();
    for trace in ownership.traces() {
        let wanted = wanted(&trace, ownership.name());
        let removed = tokio::select! {
            removed = remove(&mut cleaner, &wanted) => removed,
            () = limit.is_over() => {
                let url = trace.url.as_deref().unwrap_or(&trace.endpoint);
                let why = format!("clean-up took longer than {}", crate::suite::duration::human(within));
                Removed::one(url, Err(why))
            }
        };
        if removed.problems.is_empty() {
            ownership.gone(trace.number);
        }
        let problem = |(url, reason)| LeftOver { url, reason, case: ownership.case().to_owned() };
        left_over.extend(removed.problems.into_iter().map(problem));
    }
    AfterCase { left_over, demand: cleaner.demand }
}

fn wanted<'a>(trace: &'a Trace, name: &'a str) -> Wanted<'a> {
    Wanted {
        endpoint: &trace.endpoint,
        identifier: trace.identifier.as_ref(),
        url: trace.url.as_deref(),
        confirmed: trace.confirmed,
        deleted: trace.deleted,
        name,
        reason: &trace.reason,
        expected: trace.expected,
    }
}

pub(super) fn request(method: &str, url: &str) -> Request {
    Request {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: vec![("accept".to_owned(), SCIM_JSON.to_owned())],
        body: None,
        auth: AuthMode::Configured,
    }
}

/// What `cleanup LEDGER` did.
#[derive(Debug, Default)]
pub struct CleanUp {
    /// URLs of what was deleted, or was gone already.
    pub deleted: Vec<String>,
    /// What is still there.
    pub left_over: Vec<LeftOver>,
}

/// Deletes what a ledger says is still there, the newest first, and notes it in the ledger; an empty ledger is
/// removed. Every resource is looked at first: only what carries a name of the run is deleted.
///
/// # Errors
/// If the ledger cannot be read or written.
pub async fn cleanup(path: &Path, transport: &dyn Transport) -> Result<CleanUp, LedgerError> {
    let outstanding = ledger::read(path)?;
    let mut done = CleanUp::default();
    let mut cleaner = Cleaner::new(transport, true);
    for create in outstanding.creates.iter().rev() {
        let removed = remove(&mut cleaner, &of_ledger(create, &outstanding.token)).await;
        if removed.problems.is_empty() {
            ledger::mark_gone(path, create.number)
                .map_err(|source| LedgerError::Io { path: path.to_owned(), source })?;
        }
        done.deleted.extend(removed.deleted);
        let problem = |(url, reason)| LeftOver { url, reason, case: create.case.clone() };
        done.left_over.extend(removed.problems.into_iter().map(problem));
    }
    if done.left_over.is_empty() {
        std::fs::remove_file(path).map_err(|source| LedgerError::Io { path: path.to_owned(), source })?;
    }
    Ok(done)
}

fn of_ledger<'a>(create: &'a OutstandingCreate, token: &'a str) -> Wanted<'a> {
    Wanted {
        endpoint: &create.endpoint,
        identifier: create.identifier.as_ref(),
        url: create.url.as_deref(),
        confirmed: false,
        deleted: false,
        name: token,
        reason: create.lost.as_deref().unwrap_or("the run ended before the create was answered"),
        // The run is over: a create that was not answered is not about to happen any more.
        expected: create.lost.is_some(),
    }
}

#[cfg(test)]
mod tests;
