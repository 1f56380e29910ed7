//! Judges cases on their recorded answers with one of them changed.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use scimcheck::model::{Answer, Body, CaseResult, Completeness, Request, Response, Verdict};
use scimcheck::run::{self, Plan};
use scimcheck::target::Discovery;
use scimcheck::wire::{BoxFuture, Redactor, Sent, Transport};

use super::edit::{Change, Edit, apply};
use super::record::{OnCaseEnd, options_of_a_run};
use super::search::Search;

/// What came of some changed runs.
#[derive(Default)]
pub(crate) struct Judged {
    /// A result per slot, in order.
    pub(crate) cases: Vec<CaseResult>,
    /// Invariants that did not hold in at least one of them.
    pub(crate) broken_invariants: BTreeSet<String>,
}

/// Slots of one run at most: making the validators of the target's schemas is shared by them, their exchanges are held
/// in memory.
const CHUNK: usize = 400;

/// Judges a case per slot (its index, and the change), on all processors.
pub(crate) fn judge(searches: &[Search], slots: &[(usize, Change)]) -> Judged {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let size = slots.len().div_ceil(threads).clamp(1, CHUNK);
    // A run has one target.
    let mut chunks: Vec<&[(usize, Change)]> = Vec::new();
    for same in slots.chunk_by(|a, b| Arc::ptr_eq(target(searches, a), target(searches, b))) {
        chunks.extend(same.chunks(size));
    }
    let next = Mutex::new(chunks.iter().enumerate());
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some((index, chunk)) = next.lock().expect("no panic").next() else { break };
                    let judged = judge_chunk(searches, chunk);
                    done.lock().expect("no panic").push((index, judged));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().fold(Judged::default(), |mut all, (_, judged)| {
        all.cases.extend(judged.cases);
        all.broken_invariants.extend(judged.broken_invariants);
        all
    })
}

fn target<'s>(searches: &'s [Search], slot: &(usize, Change)) -> &'s Arc<Discovery> {
    &searches[slot.0].recorded.discovery
}

fn judge_chunk(searches: &[Search], slots: &[(usize, Change)]) -> Judged {
    // The clock stands still and jumps: `eventually` polls to its end at once.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let cases = slots.iter().map(|(index, _)| searches[*index].recorded.planned.clone()).collect();
    let plan = Plan { cases, ..Plan::default() };
    let recordings = slots
        .iter()
        .map(|(index, change)| Recording {
            exchanges: searches[*index].recorded.exchanges.clone(),
            change: change.clone(),
            next: 0,
        })
        .collect();
    let replay = Arc::new(Replay { recordings: Mutex::new(recordings) });
    let mut cases = Vec::new();
    let run = {
        let replay = replay.clone();
        // One job: when a case ends, the next has not begun.
        let mut on_end = OnCaseEnd(|result| {
            cases.push(result);
            replay.recordings.lock().expect("no panic").pop_front();
        });
        let discovery = Discovery::clone(target(searches, &slots[0]));
        let redactor = Redactor::default();
        let transport = replay.clone();
        runtime.block_on(run::run(plan, discovery, transport, &redactor, options_of_a_run(), &mut on_end))
    };
    let invariants = run.cases.iter().filter_map(|case| {
        let id = case.id.strip_prefix("invariants/")?;
        let broken = case.checks.iter().any(|check| check.verdict > Verdict::NotApplicable);
        broken.then(|| id.to_owned())
    });
    Judged { cases, broken_invariants: invariants.collect() }
}

/// Answers from recordings, one after the other.
struct Replay {
    recordings: Mutex<std::collections::VecDeque<Recording>>,
}

struct Recording {
    exchanges: Vec<Sent>,
    change: Change,
    /// The place of the next answer.
    next: usize,
}

impl Transport for Replay {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Sent> {
        let answer = self.recordings.lock().expect("no panic").front_mut().map(|front| front.answer(request));
        let answer = answer.unwrap_or_else(not_recorded);
        let sent = Sent { request: request.clone(), answer, duration: Duration::from_millis(1), tries: 1 };
        Box::pin(std::future::ready(sent))
    }
}

impl Recording {
    fn answer(&mut self, request: &Request) -> Answer {
        let Some(place) = self.place_of(request) else { return not_recorded() };
        self.next = place + 1;
        apply(&self.exchanges[place].answer, &self.change.of(place))
    }

    /// In the order of the recording. A changed answer changes what is asked next, so the method has to be the same
    /// and nothing else; the repeated GET of `eventually` gets its answer again.
    fn place_of(&self, request: &Request) -> Option<usize> {
        let next = self.exchanges.get(self.next);
        if next.is_some_and(|next| same(&next.request, request)) {
            return Some(self.next);
        }
        let last = self.next.checked_sub(1).and_then(|last| self.exchanges.get(last));
        if request.method == "GET" && last.is_some_and(|last| same(&last.request, request)) {
            return Some(self.next - 1);
        }
        next.filter(|next| next.request.method == request.method).map(|_| self.next)
    }
}

fn same(one: &Request, other: &Request) -> bool {
    (&one.method, &one.url, &one.headers, &one.auth)
        == (&other.method, &other.url, &other.headers, &other.auth)
}

fn not_recorded() -> Answer {
    let body = Body::new(Vec::new(), Completeness::Complete);
    Answer::Response(Response { status: 404, headers: Vec::new(), body })
}

/// The answers of a case after a change.
pub(crate) fn changed(exchanges: &[Sent], place: usize, edits: &[Edit]) -> Option<Response> {
    match apply(&exchanges.get(place)?.answer, edits) {
        Answer::Response(response) => Some(response),
        Answer::Failed(_) => None,
    }
}
