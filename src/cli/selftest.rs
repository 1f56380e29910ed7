//! `scimcheck selftest`: the suites against a server for each fault, or for each variant.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::args::{SelftestArgs, SelftestFormat};
use super::context::{self, Context};
use super::error::CliError;
use super::exit_code::ExitCode;
use super::suites;
use crate::model::Finding;
use crate::report::text::count;
use crate::selftest::verdict::catches;
use crate::selftest::{Broken, Cases, Figures, Sight, Sweep, Table, Trial, page};
use crate::server::{faults, variants};
use crate::suite::diagnostic::nearest;
use crate::suite::faults::Faults;

/// How many checks a line of the matrix names.
const NAMED: usize = 3;
/// How many failures of a variant are shown.
const SHOWN: usize = 20;
/// How many of the checks that no fault makes fail are named.
const UNFAILING: usize = 20;

pub(crate) fn selftest(args: &SelftestArgs, context: &Context) -> Result<ExitCode, CliError> {
    let suites = suites::load(&args.suites)?;
    let builtin = args.suites.paths.is_empty();
    let servers = servers(args)?;
    let began = Instant::now();
    let sweep = Sweep::new(&suites, builtin.then(Table::embedded)).map_err(|error| cannot(&error))?;
    let ready = began.elapsed();
    let cases = if args.full || args.variants || !builtin { Cases::All } else { Cases::Telling };
    let bar = progress(servers.len(), context);
    // Broken servers make a client wait more than work.
    let jobs = args.jobs.unwrap_or_else(|| 2 * std::thread::available_parallelism().map_or(1, usize::from));
    let trials = sweep.run_all(&servers, cases, jobs, &|trial| {
        bar.set_message(trial.broken.id());
        bar.inc(1);
    });
    bar.finish_and_clear();
    let trials = trials.map_err(|error| cannot(&error))?;
    let report = Report {
        trials: &trials,
        sweep: &sweep,
        ready,
        total: began.elapsed(),
        full: cases == Cases::All,
        builtin,
        complete: !args.variants && servers.len() == faults().len(),
    };
    if let Some(project) = &args.record {
        report.record(project, args.faults.is_empty() && args.areas.is_empty())?;
    }
    let text = match args.format {
        SelftestFormat::Text if args.variants => report.variants(),
        SelftestFormat::Text => report.matrix(),
        SelftestFormat::Json => format!("{:#}\n", report.json()),
        SelftestFormat::Markdown => report.page(),
    };
    context::print(&text)?;
    Ok(if trials.iter().any(|trial| is_wrong(trial, builtin)) {
        ExitCode::Failure
    } else {
        ExitCode::Success
    })
}

fn cannot(error: &std::io::Error) -> CliError {
    CliError::usage(format!("the reference server cannot be set up: {error}"))
}

/// What was asked for; everything without further words.
fn servers(args: &SelftestArgs) -> Result<Vec<Broken>, CliError> {
    if args.variants {
        return Ok(variants().iter().copied().map(Broken::Variant).collect());
    }
    let areas: BTreeSet<&str> = Faults::embedded().all().iter().map(|fault| &*fault.area).collect();
    for area in &args.areas {
        if !areas.contains(&**area) {
            let near = nearest(area, areas.iter().copied());
            return Err(CliError::Usage {
                message: format!("there is no area `{area}`"),
                help: near.map(|near| format!("did you mean `{near}`?")),
            });
        }
    }
    let in_area = |id: &str| {
        let fault = Faults::embedded().get(id);
        fault.is_some_and(|fault| args.areas.contains(&fault.area))
    };
    let all = args.faults.is_empty() && args.areas.is_empty();
    let wanted = faults().iter().copied();
    let wanted = wanted.filter(|fault| all || args.faults.contains(fault) || in_area(fault.id()));
    let servers: Vec<_> = wanted.map(Broken::Fault).collect();
    if servers.is_empty() {
        return Err(CliError::NothingRan {
            message: "no fault of this area is built yet".to_owned(),
            help: Some("`scimcheck list faults` shows all".to_owned()),
        });
    }
    Ok(servers)
}

fn progress(servers: usize, context: &Context) -> ProgressBar {
    let target = if context.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(servers as u64), target);
    let style = ProgressStyle::with_template("{bar:24} {pos}/{len} · {elapsed} · {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
    bar
}

/// A variant must not fail; a fault that was caught must be caught again.
fn is_wrong(trial: &Trial, builtin: bool) -> bool {
    match trial.broken {
        Broken::Variant(_) => !trial.failures.is_empty(),
        Broken::Fault(fault) => {
            let recorded = Table::embedded().get(fault.id());
            builtin
                && trial.sight() != Sight::Caught
                && recorded.is_some_and(|record| record.sight == Sight::Caught)
        }
    }
}

/// The reverse of the matrix: checks that no fault makes fail. The invariants are none that the author of other suites
/// could do anything about.
fn never_failing(unfailing: &[String], builtin: bool) -> String {
    let own = |check: &&String| builtin || !check.starts_with("invariants/");
    let checks: Vec<_> = unfailing.iter().filter(own).collect();
    if checks.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nchecks that no fault makes fail\n");
    for check in checks.iter().take(UNFAILING) {
        let _ = writeln!(text, "                    {check}");
    }
    if checks.len() > UNFAILING {
        let rest = checks.len() - UNFAILING;
        let _ = writeln!(text, "                    and {rest} more: --format json has all");
    }
    text
}

struct Report<'r> {
    trials: &'r [Trial],
    sweep: &'r Sweep<'r>,
    /// Until the first fault was tried.
    ready: Duration,
    total: Duration,
    full: bool,
    /// Whether these are the suites that something is recorded of.
    builtin: bool,
    /// Whether all faults were tried.
    complete: bool,
}

impl Report<'_> {
    /// What is known after these trials: the recorded, and what was tried in full on top.
    fn table(&self) -> Table {
        let mut table = if self.builtin { Table::embedded().clone() } else { Table::default() };
        if self.full {
            self.trials.iter().for_each(|trial| table.note(trial));
        }
        table
    }

    /// How good the suites are; `None` if too little was tried to say that.
    fn figures(&self) -> Option<Figures> {
        let known = self.builtin || self.complete;
        known.then(|| Figures::new(Faults::embedded(), &self.table(), self.sweep.universe()))
    }

    /// Writes what is known now; with all faults the page as well.
    fn record(&self, project: &Path, all: bool) -> Result<(), CliError> {
        self.table().write(project).map_err(|error| CliError::file("write below", project, &error))?;
        let page = project.join("docs/selftest.md");
        if all {
            std::fs::write(&page, self.page()).map_err(|error| CliError::file("write", &page, &error))?;
        }
        Ok(())
    }

    fn page(&self) -> String {
        page::markdown(Faults::embedded(), &self.table(), self.sweep.universe(), page::Reasons::embedded())
    }

    fn matrix(&self) -> String {
        let mut text = String::new();
        let mut counts = [0; 3];
        for trial in self.trials {
            counts[trial.sight() as usize] += 1;
            let checks: Vec<_> = trial.seen.iter().filter(|seen| seen.broken).collect();
            let cites =
                |check: &&&crate::selftest::Seen| trial.fault.is_some_and(|fault| catches(fault, check));
            let first = checks.iter().filter(cites).chain(checks.iter().filter(|check| !cites(check)));
            let named: Vec<_> =
                first.take(NAMED).map(|seen| format!("{} {}", seen.verdict, seen.check)).collect();
            let rest = checks.len() - named.len();
            let sight = trial.sight().as_str();
            let _ = writeln!(text, "{sight:16}  {}", trial.broken.id());
            for line in named {
                let _ = writeln!(text, "                    {line}");
            }
            if rest > 0 {
                let _ = writeln!(text, "                    and {rest} more");
            }
        }
        let [caught, elsewhere, missed] = counts;
        let cases: usize = self.trials.iter().map(|trial| trial.cases).sum();
        let _ = writeln!(
            text,
            "\n{}: {caught} caught, {elsewhere} caught elsewhere, {missed} missed; {} ran in {:.1} s",
            count(self.trials.len(), "fault"),
            count(cases, "case"),
            self.total.as_secs_f64(),
        );
        if let Some(figures) = self.figures().filter(|_| self.full) {
            let _ = writeln!(text, "of all faults that an RFC forbids, caught: {}", figures.rfc.text());
            let _ = writeln!(text, "of those that break identity providers: {}", figures.interop.text());
            let _ = writeln!(text, "of all checks, made to fail by a fault: {}", figures.checks.text());
            text.push_str(&never_failing(&figures.unfailing, self.builtin));
        }
        text
    }

    fn variants(&self) -> String {
        let mut text = String::new();
        let mut alarms = 0;
        for trial in self.trials.iter().filter(|trial| !trial.failures.is_empty()) {
            alarms += trial.failures.len();
            let _ = writeln!(text, "{}", trial.broken.id());
            for Finding { verdict, id, wanted, got, .. } in trial.failures.iter().take(SHOWN) {
                let _ = writeln!(text, "  {verdict} {id}: wanted {wanted}, got {got}");
            }
        }
        let (of, alarms) = (count(self.trials.len(), "variant"), count(alarms, "false alarm"));
        let _ = writeln!(text, "{of}, {alarms}, in {:.1} s", self.total.as_secs_f64());
        text
    }

    fn json(&self) -> Value {
        let trials = self.trials.iter().map(|trial| {
            let sight = trial.fault.map(|_| trial.sight());
            json!({
                "id": trial.broken.id(),
                "area": trial.fault.map(|fault| &fault.area),
                "normative": trial.fault.map(|fault| fault.normative),
                "seen": sight,
                "checks": trial.seen.iter().filter(|seen| seen.broken).collect::<Vec<_>>(),
                "failures": trial.failures.iter().map(|finding| &finding.id).collect::<Vec<_>>(),
                "cases": trial.cases,
                "duration_ms": trial.duration.as_secs_f64() * 1000.0,
            })
        });
        json!({
            "full": self.full,
            "trials": trials.collect::<Vec<_>>(),
            "figures": self.figures(),
            "ready_ms": self.ready.as_secs_f64() * 1000.0,
            "duration_ms": self.total.as_secs_f64() * 1000.0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_that_never_fail_are_named_up_to_twenty() {
        let all: Vec<_> = (10..33).map(|number| format!("own/case#{number}")).collect();
        let text = never_failing(&all, true);
        assert!(
            text.starts_with("\nchecks that no fault makes fail\n                    own/case#10\n"),
            "{text}"
        );
        assert!(
            text.ends_with("own/case#29\n                    and 3 more: --format json has all\n"),
            "{text}"
        );
        assert!(!never_failing(&all[..UNFAILING], true).contains("more"));
    }

    #[test]
    fn invariants_are_none_of_the_users_checks() {
        let all = ["invariants/answered#holds".to_owned(), "own/case#a".to_owned()];
        assert!(never_failing(&all, true).contains("invariants/answered#holds"));
        let own = never_failing(&all, false);
        assert!(own.contains("own/case#a") && !own.contains("invariants"), "{own}");
        assert_eq!(never_failing(&all[..1], false), "");
    }
}
