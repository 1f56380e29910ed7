//! Requests of a case of which a run keeps only the first line, the status and the times: clean-up, all but the first of
//! many alike in the set-up, and tries that were not the last. With them the figures of a report are about every request.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::case::CaseRun;
use crate::model::{
    Answer, AuthMode, Body, Completeness, Exchange, ExchangeId, Failure, Phase, Request, Response,
    milliseconds,
};
use crate::wire::{BoxFuture, Sent, Transport};

/// So many requests of one case are kept in brief at most: a target that never ends must not fill the memory.
const MOST: usize = 20_000;

tokio::task_local! {
    static LOG: Arc<Mutex<Vec<Seen>>>;
}

/// A request, and what came of it.
struct Seen {
    method: String,
    url: String,
    outcome: Result<u16, Failure>,
    began: Instant,
    duration: Duration,
}

/// A transport that takes notes for the case that sends.
pub(super) struct Witness(pub(super) Arc<dyn Transport>);

impl Transport for Witness {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            let began = Instant::now();
            let sent = self.0.send(request).await;
            // Outside of a case, and in tasks of its own that it starts, all that is sent is recorded whole.
            let _ = LOG.try_with(|log| note(log, &sent, began));
            sent
        })
    }

    fn held_back(&self) -> Duration {
        self.0.held_back()
    }
}

fn note(log: &Mutex<Vec<Seen>>, sent: &Sent, began: Instant) {
    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
    if log.len() < MOST {
        log.push(Seen {
            method: sent.request.method.clone(),
            url: sent.request.url.clone(),
            outcome: match &sent.answer {
                Answer::Response(response) => Ok(response.status),
                Answer::Failed(failure) => Err(failure.clone()),
            },
            began,
            duration: sent.duration,
        });
    }
}

/// Runs a case; gives also the requests that it did not record, without headers and bodies. `epoch` is when the run began.
pub(super) async fn with_all(
    epoch: Instant,
    case: impl Future<Output = CaseRun>,
) -> (CaseRun, Vec<Exchange>) {
    let log = Arc::default();
    let run = LOG.scope(Arc::clone(&log), case).await;
    let seen = std::mem::take(&mut *log.lock().unwrap_or_else(PoisonError::into_inner));
    let briefs = unrecorded(&run.result.id, &run.exchanges, seen, epoch);
    (run, briefs)
}

fn unrecorded(case: &str, recorded: &[Exchange], seen: Vec<Seen>, epoch: Instant) -> Vec<Exchange> {
    // Two requests for the same may take equally long to the microsecond, but do not begin at the same time.
    let mut known: HashMap<u64, Vec<usize>> = HashMap::new();
    for (place, seen) in seen.iter().enumerate() {
        known.entry(milliseconds(seen.duration).to_bits()).or_default().push(place);
    }
    let started_ms = |seen: &Seen| milliseconds(seen.began.saturating_duration_since(epoch));
    let mut is_recorded = vec![false; seen.len()];
    for Exchange { request, duration_ms, started_ms: at, .. } in recorded {
        let alike = known.get(&duration_ms.to_bits()).into_iter().flatten().copied();
        let apart = |place: &usize| (started_ms(&seen[*place]) - at).abs();
        let it = alike
            .filter(|place| !is_recorded[*place])
            .filter(|place| seen[*place].method == request.method && seen[*place].url == request.url)
            .min_by(|a, b| apart(a).total_cmp(&apart(b)));
        if let Some(place) = it {
            is_recorded[place] = true;
        }
    }
    let is_step = |exchange: &&Exchange| exchange.phase == Phase::Step;
    let first_step = recorded.iter().find(is_step).map_or(f64::INFINITY, |step| step.started_ms);
    let ends = recorded.iter().filter(|exchange| exchange.phase != Phase::Cleanup);
    let end = ends.map(|exchange| exchange.started_ms + exchange.duration_ms).fold(0.0, f64::max);
    let mut briefs = Vec::new();
    for (seen, _) in seen.into_iter().zip(is_recorded).filter(|(_, is_recorded)| !is_recorded) {
        let (started_ms, duration_ms) = (started_ms(&seen), milliseconds(seen.duration));
        let Seen { method, url, outcome, .. } = seen;
        let (phase, step) = match started_ms {
            started if started >= end => (Phase::Cleanup, "clean up"),
            started if started < first_step => (Phase::Setup, "set-up: one of many alike"),
            _ => (Phase::Step, "on the way: not the last try, or a look"),
        };
        briefs.push(Exchange {
            id: ExchangeId(format!("{case}:{}", recorded.len() + briefs.len() + 1)),
            phase,
            step: step.to_owned(),
            request: Request { method, url, headers: Vec::new(), body: None, auth: AuthMode::Configured },
            answer: match outcome {
                Ok(status) => {
                    let body = Body::new(Vec::new(), Completeness::Complete);
                    Answer::Response(Response { status, headers: Vec::new(), body })
                }
                Err(failure) => Answer::Failed(failure),
            },
            started_ms,
            duration_ms,
            shows: None,
        });
    }
    briefs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers everything with 204.
    struct Quiet;

    impl Transport for Quiet {
        fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Sent> {
            let body = Body::new(Vec::new(), Completeness::Complete);
            let answer = Answer::Response(Response { status: 204, headers: Vec::new(), body });
            let duration = Duration::from_millis(request.url.len() as u64);
            Box::pin(async move { Sent { request: request.clone(), answer, duration, tries: 1 } })
        }
    }

    fn request(method: &str, url: &str) -> Request {
        Request {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            auth: AuthMode::Configured,
        }
    }

    #[tokio::test]
    async fn what_is_not_recorded_is_kept_in_brief() {
        let epoch = Instant::now();
        let witness = Witness(Arc::new(Quiet));
        let log: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let all = [("POST", "/a"), ("POST", "/a"), ("GET", "/a/1"), ("GET", "/a/1"), ("DELETE", "/a/1")];
        let mut times = Vec::new();
        LOG.scope(Arc::clone(&log), async {
            for (method, url) in all {
                times.push(milliseconds(epoch.elapsed()));
                let _ = witness.send(&request(method, url)).await;
            }
        })
        .await;
        let _ = witness.send(&request("GET", "/outside")).await;
        let seen = std::mem::take(&mut *log.lock().unwrap());
        assert_eq!(seen.len(), all.len());

        let recorded = |number: usize, phase| Exchange {
            id: ExchangeId(format!("a/b:{number}")),
            phase,
            step: String::new(),
            request: request(all[number].0, all[number].1),
            answer: Answer::Failed(Failure {
                kind: crate::model::FailureKind::Closed,
                message: String::new(),
            }),
            started_ms: times[number],
            duration_ms: milliseconds(Duration::from_millis(all[number].1.len() as u64)),
            shows: None,
        };
        // They overlap by what the clock of the test says; only what is left over matters here.
        let kept = [recorded(0, Phase::Setup), recorded(3, Phase::Step)];
        let briefs = unrecorded("a/b", &kept, seen, epoch);
        let shown: Vec<_> =
            briefs.iter().map(|brief| (brief.request.method.as_str(), brief.id.0.as_str())).collect();
        assert_eq!(shown, [("POST", "a/b:3"), ("GET", "a/b:4"), ("DELETE", "a/b:5")]);
        assert!(briefs.iter().all(|brief| brief.response().is_some_and(|answer| answer.status == 204)));
    }

    #[test]
    fn when_it_was_sent_says_what_for() {
        let epoch = Instant::now();
        let at = |ms| epoch + Duration::from_millis(ms);
        let seen = |method: &str, ms| Seen {
            method: method.to_owned(),
            url: "/a".to_owned(),
            outcome: Ok(200),
            began: at(ms),
            duration: Duration::from_millis(1),
        };
        let recorded = |phase, started_ms| Exchange {
            id: ExchangeId("a/b:1".to_owned()),
            phase,
            step: String::new(),
            request: request("PUT", "/a"),
            answer: Answer::Failed(Failure {
                kind: crate::model::FailureKind::Closed,
                message: String::new(),
            }),
            started_ms,
            duration_ms: 5.0,
            shows: None,
        };
        let kept = [recorded(Phase::Setup, 0.0), recorded(Phase::Step, 100.0), recorded(Phase::Step, 200.0)];
        let all = vec![seen("POST", 50), seen("GET", 150), seen("DELETE", 300)];
        let phases: Vec<_> =
            unrecorded("a/b", &kept, all, epoch).into_iter().map(|brief| brief.phase).collect();
        assert_eq!(phases, [Phase::Setup, Phase::Step, Phase::Cleanup]);

        // Two that took equally long: the one that began when the recorded one did is that.
        let twin = |ms| Seen { duration: Duration::from_millis(5), ..seen("PUT", ms) };
        let briefs = unrecorded("a/b", &kept[1..2], vec![twin(90), twin(100)], epoch);
        let began: Vec<_> = briefs.iter().map(|brief| (brief.started_ms, brief.phase)).collect();
        assert_eq!(began, [(90.0, Phase::Setup)]);
    }
}
