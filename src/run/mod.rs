//! Running a plan against a target: cases in parallel, each independent of the others (layer 5).
//!
//! [`run`] takes a [`Plan`], a [`Transport`] and a [`Sink`]; it sends
//! events while it goes on and returns the [`RunResult`] that all reports are made from.

mod about_target;
pub mod baseline;
mod brief;
mod bulk;
mod case;
pub mod cleanup;
mod collector;
mod find;
mod gathered;
mod guard;
pub mod ids;
mod invariants;
pub mod ledger;
mod naming;
mod ownership;
pub mod partition;
mod place;
pub mod plan;
mod poll;
mod precondition;
mod request;
mod requirements;
mod shared;
mod short_page;
mod slim;
#[cfg(test)]
mod strict;
mod time_limit;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

pub use self::about_target::{ABOUT_TARGET, AboutTarget};
pub(crate) use self::case::not_applicable;
use self::collector::Done;
use self::gathered::Gathered;
pub use self::plan::{Fate, Plan, PlannedCase};
pub(crate) use self::requirements::requirement_of;
pub use self::requirements::{PlannedCheck, control_checks, planned_checks};
use self::shared::Shared;
use crate::check;
use crate::model::{
    CaseResult, Counts, Event, Exchange, Finding, OTHER_PARTITION, RunResult, Sink, SourceRef, TargetInfo,
    ToolInfo, Verdict,
};
use crate::suite::catalogue::Catalogue;
use crate::target::{Discovery, TargetModel};
use crate::wire::Transport;
use crate::wire::oauth::OAuth;
use crate::wire::redact::Redactor;

/// How a plan is run.
pub struct Options {
    /// What is tested, for the report.
    pub target: TargetInfo,
    /// The seed of all names and ids.
    pub seed: u64,
    /// How many cases run at the same time, without those that only wait for tokens to end; at least one.
    pub jobs: usize,
    /// How long a case may take, without its clean-up.
    pub case_timeout: Duration,
    /// How long the run may take; cases that have not begun by then do not.
    pub run_timeout: Option<Duration>,
    /// The ledger; without one nothing survives the death of the process.
    pub ledger: Option<ledger::Ledger>,
    /// Becomes true when the user interrupts the run: running cases stop and clean up, no other begins.
    pub interrupt: watch::Receiver<bool>,
    /// When the run began, RFC 3339 in UTC, for the report.
    pub started: String,
    /// How long `eventually` waits at most, whatever the suites say; for a target that cannot be late.
    pub patience: Option<Duration>,
    /// What is known to fail.
    pub excuses: Option<baseline::Excuses>,
    /// The part of the cases that this run has, for the report; [`Plan::keep`] is what leaves the others out.
    pub partition: Option<partition::Partition>,
    /// Whether the result has the exchanges. Without them it says what was found and nothing more.
    pub evidence: bool,
    /// The authorization server at which the users of the target log in, if the configuration names one.
    pub oauth: Option<Arc<OAuth>>,
}

impl Options {
    /// One case after the other, a minute for each, with evidence; nobody interrupts, and nothing survives the death of
    /// the process. `started` is RFC 3339 in UTC.
    #[must_use]
    pub fn new(target: TargetInfo, seed: u64, started: &str) -> Self {
        // The sender is gone: the receiver never becomes true.
        let (_, interrupt) = watch::channel(false);
        Self {
            target,
            seed,
            jobs: 1,
            case_timeout: Duration::from_mins(1),
            run_timeout: None,
            ledger: None,
            interrupt,
            started: started.to_owned(),
            patience: None,
            excuses: None,
            partition: None,
            evidence: true,
            oauth: None,
        }
    }
}

/// Runs a plan. Whatever goes wrong is in the result.
///
/// `discovery` is what the target said about itself; its exchanges and findings become a case of the result.
pub async fn run(
    plan: Plan,
    discovery: Discovery,
    transport: Arc<dyn Transport>,
    redactor: &Redactor,
    options: Options,
    sink: &mut dyn Sink,
) -> RunResult {
    let epoch = discovery.began;
    let Options { target, seed, jobs, case_timeout, run_timeout, ledger, interrupt, started, .. } = options;
    let model = Arc::new(discovery.model);
    let transport = match options.evidence {
        true => Arc::new(brief::Witness(transport)) as Arc<dyn Transport>,
        false => transport,
    };
    let shared = Arc::new(Shared {
        transport,
        context: check::Context::new(model.base_url.clone(), model.resources.clone(), Catalogue::embedded()),
        catalogue: Catalogue::embedded(),
        ids: ids::Ids::new(seed),
        ledger: ledger.map(Arc::new),
        case_timeout,
        interrupt: interrupt.clone(),
        patience: options.patience,
        evidence: options.evidence,
        excuses: options.excuses,
        oauth: options.oauth,
        places: Arc::new(Semaphore::new(jobs.clamp(1, Semaphore::MAX_PERMITS))),
        epoch,
        target: Arc::clone(&model),
    });
    sink.event(&Event::RunStarted { target: &target, cases: plan.selected(), seed });

    let frame = RunResult {
        format: 1,
        tool: ToolInfo {
            name: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        },
        target,
        seed,
        started,
        duration_ms: 0.0,
        partial: None,
        partition: options.partition.map(|partition| partition.to_string()),
        selection: plan.selection.arguments().iter().map(|word| redactor.line(word)).collect(),
        seeds: BTreeMap::new(),
        baseline: None,
        features: features(&model, redactor),
        counts: Counts::new(),
        check_counts: Counts::new(),
        cases: Vec::new(),
        exchanges: Vec::new(),
        briefs: BTreeMap::new(),
        requirements: BTreeMap::new(),
        left_over: Vec::new(),
    };
    let about_target = collector::discovery(&shared, redactor, discovery.exchanges, discovery.findings);
    let mut runner = Runner {
        shared: Arc::clone(&shared),
        redactor,
        interrupt,
        sink,
        partial: None,
        gathered: Gathered::new(&shared, redactor, &plan, frame, about_target),
    };
    let deadline = run_timeout.map(|timeout| tokio::time::Instant::now() + timeout);
    runner.cases(&plan, deadline).await;
    let Runner { partial, gathered, sink, .. } = runner;
    if let Some(ledger) = &shared.ledger {
        // What is left over stands in the report; the ledger stays for `cleanup`.
        let _ = ledger.finish();
    }
    let result = gathered.finish(partial);
    sink.event(&Event::RunFinished { result: &result });
    result
}

/// Waits for the interrupt; for ever if there is none.
pub(crate) async fn interrupted(interrupt: &mut watch::Receiver<bool>) {
    if interrupt.wait_for(|interrupted| *interrupted).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The features as reports may show them: where one is known from may quote an answer of the target.
fn features(model: &TargetModel, redactor: &Redactor) -> BTreeMap<String, crate::model::FeatureState> {
    let shown = |state: &crate::model::FeatureState| crate::model::FeatureState {
        source: redactor.line(&state.source),
        ..state.clone()
    };
    model.features.0.iter().map(|(feature, state)| (feature.0.clone(), shown(state))).collect()
}

fn count(verdicts: impl Iterator<Item = Verdict>) -> Counts {
    let mut counts = Counts::new();
    for verdict in verdicts {
        *counts.entry(verdict).or_default() += 1;
    }
    counts
}

/// Starts cases, one for each of the places of a run, and hands on what they found; the only place that talks to the sink.
struct Runner<'a> {
    shared: Arc<Shared>,
    redactor: &'a Redactor,
    interrupt: watch::Receiver<bool>,
    sink: &'a mut dyn Sink,
    partial: Option<String>,
    gathered: Gathered<'a>,
}

impl Runner<'_> {
    /// Tells how far the run is, if anybody wants to know.
    fn checkpoint(&mut self) {
        if self.sink.wants_checkpoint() {
            let sink = &mut *self.sink;
            self.gathered.show(|result| sink.event(&Event::Checkpoint { result }));
        }
    }

    /// Runs all cases.
    async fn cases(&mut self, plan: &Plan, deadline: Option<tokio::time::Instant>) {
        let mut waiting = Vec::new();
        for (index, case) in plan.cases.iter().enumerate() {
            match unrun(&self.shared, case) {
                Some(result) => self.gathered.add(index, Done::only(result)),
                None => waiting.push(index),
            }
        }
        let mut waiting = waiting.into_iter().peekable();
        let mut running: JoinSet<(case::CaseRun, Vec<Exchange>)> = JoinSet::new();
        let mut indices = HashMap::new();
        let (begun, mut begins) = mpsc::unbounded_channel::<String>();
        let timed_out = async move {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(timed_out);
        let mut interrupt = self.interrupt.clone();
        self.checkpoint();

        loop {
            let more = self.partial.is_none() && waiting.peek().is_some();
            if running.is_empty() && !more {
                break;
            }
            tokio::select! {
                biased;
                Some(id) = begins.recv() => self.sink.event(&Event::CaseStarted { id: &id }),
                Some(ended) = running.join_next_with_id() => {
                    let (id, outcome) = match ended {
                        Ok((id, run)) => (id, Ok(run)),
                        Err(error) => (error.id(), Err(error)),
                    };
                    let Some(index) = indices.remove(&id) else { continue };
                    let found = match outcome {
                        Ok((run, briefs)) => collector::case(&self.shared, self.redactor, run, &briefs),
                        Err(error) => Done::only(panicked(&self.shared, &plan.cases[index], &error)),
                    };
                    if let Some(result) = &found.result {
                        self.sink.event(&Event::CaseFinished {
                            result,
                            exchanges: &found.exchanges,
                        });
                    }
                    self.gathered.add(index, found);
                    self.checkpoint();
                }
                () = interrupted(&mut interrupt), if self.partial.is_none() => {
                    self.partial = Some("interrupted".to_owned());
                }
                () = &mut timed_out, if self.partial.is_none() => {
                    self.partial = Some("the run timeout is over".to_owned());
                }
                Ok(place) = Arc::clone(&self.shared.places).acquire_owned(), if more => {
                    let Some(index) = waiting.next() else { continue };
                    let (shared, planned) = (Arc::clone(&self.shared), plan.cases[index].clone());
                    let begun = begun.clone();
                    let task = running.spawn(async move {
                        let _ = begun.send(planned.id.clone());
                        let case = case::run(&shared, &planned, place);
                        match shared.evidence {
                            true => brief::with_all(shared.epoch, case).await,
                            false => (case.await, Vec::new()),
                        }
                    });
                    indices.insert(task.id(), index);
                }
            }
        }
    }
}

/// The result of a case that does not run; `None` for one that does.
fn unrun(shared: &Shared, planned: &PlannedCase) -> Option<CaseResult> {
    let (verdict, reason) = match &planned.fate {
        Fate::Run => return None,
        Fate::Deselected => (Verdict::Deselected, "deselected".to_owned()),
        Fate::OtherPartition(own) => (Verdict::Deselected, format!("{OTHER_PARTITION} {own}")),
        Fate::FeatureUnmet(unmet) => {
            (Verdict::NotApplicable, case::not_applicable(unmet, &shared.target.features))
        }
    };
    Some(unjudged(shared, planned, verdict, &reason))
}

/// A result that judges nothing; every check says why.
fn unjudged(shared: &Shared, planned: &PlannedCase, verdict: Verdict, reason: &str) -> CaseResult {
    let finding = |(id, requirement, level, line): PlannedCheck| Finding {
        reason: Some(reason.to_owned()),
        source: Some(SourceRef { file: planned.suite.file.clone(), line }),
        ..Finding::new(format!("{}#{id}", planned.id), requirement, level, verdict)
    };
    let checks: Vec<_> = requirements::checks_of(planned).map(finding).collect();
    CaseResult {
        id: planned.id.clone(),
        suite: planned.suite.spec.suite.clone(),
        title: planned.case().title.clone(),
        area: shared.area_of(&checks),
        verdict,
        reason: Some(reason.to_owned()),
        requires: planned.requires.clone(),
        started_ms: 0.0,
        duration_ms: 0.0,
        checks,
        outcomes: Vec::new(),
        latencies: Vec::new(),
        exchanges: Vec::new(),
        source: Some(SourceRef { file: planned.suite.file.clone(), line: planned.case().line }),
    }
}

fn panicked(shared: &Shared, planned: &PlannedCase, error: &tokio::task::JoinError) -> CaseResult {
    unjudged(shared, planned, Verdict::Error, &format!("internal error, please report it: {error}"))
}
