//! Many servers, one after the other, each with one thing wrong: the suites run against all of them.

use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::reference::Reference;
use super::table::Table;
use super::universe::Universe;
use super::verdict::{Baseline, Seen, Sight, judge};
use crate::model::{Finding, RequirementId, RunResult, Verdict};
use crate::run::{Plan, PlannedCase, planned_checks};
use crate::server::{Fault, Options, Variant};
use crate::suite::Suite;
use crate::suite::faults::{FaultDescription, Faults};
use crate::suite::select::Selection;

/// Cases that run at the same time against one server. They wait for nothing but each other.
const JOBS: usize = 8;

/// What is special about a server.
#[derive(Debug, Clone, Copy)]
pub enum Broken {
    /// Something is wrong with it.
    Fault(Fault),
    /// It does something that the RFCs allow.
    Variant(Variant),
}

impl Broken {
    /// The name of the fault or variant.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Fault(fault) => fault.id(),
            Self::Variant(variant) => variant.id(),
        }
    }

    fn options(self) -> Options {
        match self {
            Self::Fault(fault) => Options { faults: BTreeSet::from([fault]), ..Options::default() },
            Self::Variant(variant) => Options { variants: BTreeSet::from([variant]), ..Options::default() },
        }
    }
}

/// Which cases run against a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cases {
    /// All of them.
    All,
    /// Those that saw the fault when that was recorded last; else those that cite what it violates.
    Telling,
}

/// What the suites said about one server.
#[derive(Debug)]
pub struct Trial {
    /// The fault or variant.
    pub broken: Broken,
    /// What is known about the fault.
    pub fault: Option<&'static FaultDescription>,
    /// What the checks said that they do not say without it.
    pub seen: Vec<Seen>,
    /// Findings that fail, with what was wanted and what came; for variants.
    pub failures: Vec<Finding>,
    /// How many cases ran.
    pub cases: usize,
    /// How long that took.
    pub duration: Duration,
}

impl Trial {
    /// How the fault was seen.
    #[must_use]
    pub fn sight(&self) -> Sight {
        self.fault.map_or(Sight::Missed, |fault| judge(fault, &self.seen))
    }
}

/// The suites, and what they say about the server without faults.
pub struct Sweep<'s> {
    suites: &'s [Suite],
    baseline: Baseline,
    universe: Universe,
    table: Option<&'static Table>,
}

impl<'s> Sweep<'s> {
    /// Runs the suites once against the server as it should be. `table` says what saw which fault, if that is known of
    /// these suites.
    ///
    /// # Errors
    /// If there can be no server.
    pub fn new(suites: &'s [Suite], table: Option<&'static Table>) -> io::Result<Self> {
        let (baseline, universe) = on_runtime(async {
            // With a resource type of its own, so that every case that is made from schemas has rows.
            let variants = "devices".parse::<Variant>().map_err(io::Error::other)?;
            let options = Options { variants: BTreeSet::from([variants]), ..Options::default() };
            let reference = Reference::local(options)?;
            let plan = Plan::new(suites, &reference.discover().await.model, &Selection::default());
            let result = reference.run(suites, &|_| true, JOBS, false).await;
            Ok((Baseline::new(&result), Universe::new(&plan)))
        })?;
        Ok(Self { suites, baseline, universe, table })
    }

    /// All checks of the suites.
    #[must_use]
    pub fn universe(&self) -> &Universe {
        &self.universe
    }

    /// Runs the suites against one server.
    ///
    /// # Errors
    /// If there can be no such server.
    pub fn run(&self, broken: Broken, cases: Cases) -> io::Result<Trial> {
        let fault = match broken {
            Broken::Fault(fault) => Faults::embedded().get(fault.id()),
            Broken::Variant(_) => None,
        };
        let telling = Telling::new(fault, if cases == Cases::All { None } else { self.table });
        let pick = |case: &PlannedCase| cases == Cases::All || telling.has(case);
        let narrowed: Vec<Suite>;
        let suites = match &telling.suites(cases) {
            None => self.suites,
            Some(wanted) => {
                narrowed = self.suites.iter().filter(|suite| wanted(suite)).cloned().collect();
                &narrowed
            }
        };
        let began = Instant::now();
        let result = on_runtime(async {
            let reference = Reference::local(broken.options())?;
            Ok(reference.run(suites, &pick, JOBS, false).await)
        })?;
        let mut seen = self.baseline.seen(&result);
        seen.retain(|seen| self.universe.knows(&seen.check));
        Ok(Trial {
            broken,
            fault,
            seen,
            cases: ran(&result),
            failures: failures(result),
            duration: began.elapsed(),
        })
    }

    /// Runs the suites against many servers, `jobs` at the same time; the trials stand in the order of the servers.
    ///
    /// # Errors
    /// If one of the servers cannot be.
    pub fn run_all(
        &self,
        servers: &[Broken],
        cases: Cases,
        jobs: usize,
        progress: &(dyn Fn(&Trial) + Sync),
    ) -> io::Result<Vec<Trial>> {
        let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..jobs.max(1).min(servers.len()) {
                scope.spawn(|| {
                    while let Some(broken) = servers.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let trial = self.run(*broken, cases);
                        if let Ok(trial) = &trial {
                            progress(trial);
                        }
                        done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(trial);
                    }
                });
            }
        });
        let done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut trials = done.into_iter().collect::<io::Result<Vec<_>>>()?;
        trials.sort_by_key(|trial| servers.iter().position(|broken| broken.id() == trial.broken.id()));
        Ok(trials)
    }
}

/// The cases that can see a fault.
struct Telling {
    cases: BTreeSet<String>,
    requirements: BTreeSet<RequirementId>,
    /// Where nothing is known, everything runs.
    all: bool,
}

impl Telling {
    fn new(fault: Option<&FaultDescription>, table: Option<&Table>) -> Self {
        let record = fault.and_then(|fault| table?.get(&fault.id)).filter(|record| !record.cases.is_empty());
        let cases: BTreeSet<String> = record.into_iter().flat_map(|record| record.cases.clone()).collect();
        let requirements: BTreeSet<_> = match fault {
            Some(fault) if record.is_none() => fault.requirements.iter().cloned().collect(),
            _ => BTreeSet::new(),
        };
        let all = cases.is_empty() && requirements.is_empty();
        Self { cases, requirements, all }
    }

    fn has(&self, case: &PlannedCase) -> bool {
        self.all || self.cases.contains(&case.id) || self.cites(case.case())
    }

    fn cites(&self, case: &crate::suite::format::Case) -> bool {
        !self.requirements.is_empty()
            && planned_checks(case).any(|(_, requirement, ..)| self.requirements.contains(&requirement))
    }

    /// Which suites have such cases, if not all.
    fn suites(&self, cases: Cases) -> Option<impl Fn(&Suite) -> bool + '_> {
        (cases == Cases::Telling && !self.all).then_some(|suite: &Suite| {
            let below = |case: &String| case.starts_with(&format!("{}/", suite.spec.suite));
            self.cases.iter().any(below) || suite.spec.cases.iter().any(|case| self.cites(case))
        })
    }
}

fn ran(result: &RunResult) -> usize {
    result.cases.iter().filter(|case| case.verdict.is_judged()).count()
}

fn failures(result: RunResult) -> Vec<Finding> {
    let findings = result.cases.into_iter().flat_map(|case| case.checks);
    findings.filter(|finding| matches!(finding.verdict, Verdict::Fail | Verdict::Error)).collect()
}

/// Each server has a thread of its own, so that many of them keep all processors busy.
fn on_runtime<T>(task: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(task)
}
