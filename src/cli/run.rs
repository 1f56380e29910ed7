//! `scimcheck run`: the main job.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use tokio::sync::watch;

use super::args::RunArgs;
use super::connect::Connection;
use super::context::Context;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::{list, suites};
use crate::model::TargetInfo;
use crate::report;
use crate::report::terminal::{Terminal, TerminalOptions, Verbosity};
use crate::run::{self, Fate, Plan, ids::Ids, ledger::Ledger};
use crate::suite::diagnostic::nearest;
use crate::suite::select::Selection;
use crate::target::discovery::{self, Documents};
use crate::target::doctor;

pub(crate) async fn run(args: &RunArgs, context: &Context) -> Result<ExitCode, CliError> {
    // The catalogue takes milliseconds to read; discovery waits for the network meanwhile.
    let catalogue = std::thread::spawn(crate::suite::catalogue::Catalogue::embedded);
    let suites = suites::load(&args.suites)?;
    let connection = Connection::open_or_embedded_with(&args.target, args.jobs, args.seed, context).await?;
    let transport = connection.transport.clone();

    let began = Instant::now();
    let started = now();
    let documents = Documents::read(transport.as_ref(), &connection.settings, began).await;
    doctor::examine(transport.as_ref(), &connection.settings, &documents, began)
        .await
        .map_err(|problem| connection.not_ready(&problem))?;
    let _ = catalogue.join();
    let discovery = discovery::understand(documents, &connection.settings, began);

    let selection = list::selection(&args.selection);
    let plan = Plan::new(&suites, &discovery.model, &selection);
    check_plan(&plan, &selection)?;

    let seed = connection.config.seed.unwrap_or_else(|| u64::from(fastrand::u32(..)));
    let token = Ids::new(seed).token().to_owned();
    let base_url = connection.config.base_url.to_string();
    let info = TargetInfo {
        name: connection.config.name.clone(),
        base_url: connection.redactor.text(&base_url),
        profile: connection.config.profile.clone(),
    };
    let ledger_path = ledger_path(&args.output, &started, &token);
    let ledger = Ledger::create(&ledger_path, &connection.config.name, &base_url, &token)
        .map_err(|error| CliError::file("write the ledger", &ledger_path, &error))?;

    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let progress = context.progress && !args.no_progress && verbosity > Verbosity::Quiet;
    let options = TerminalOptions { colour: context.colour, progress, width: context.width, verbosity };
    let mut terminal = Terminal::new(options, Box::new(std::io::stdout()));
    let options = run::Options {
        target: info,
        seed,
        jobs: connection.config.jobs,
        case_timeout: connection.config.case_timeout,
        run_timeout: connection.config.run_timeout,
        ledger: Some(ledger),
        interrupt: on_interrupt(ledger_path),
        started,
    };
    let result = run::run(plan, discovery, transport, &connection.redactor, options, &mut terminal).await;
    let files =
        report::write_all(&args.output, &result).map_err(|error| CliError::usage(error.to_string()))?;
    terminal.reports_written(&files);
    connection.close().await;
    Ok(ExitCode::of_run(&result))
}

/// Nothing that the user asked for may silently not run.
fn check_plan(plan: &Plan, selection: &Selection) -> Result<(), CliError> {
    let suites: Vec<&str> = plan.cases.iter().map(|case| &*case.suite.spec.suite).collect();
    let cases: Vec<&str> = plan.cases.iter().map(|case| &*case.id).collect();
    for (kind, globs, ids) in [("suite", &selection.suites, &suites), ("case", &selection.cases, &cases)] {
        for glob in globs {
            if ids.iter().any(|id| crate::suite::select::fits(glob, id)) {
                continue;
            }
            let near = nearest(glob, ids.iter().copied());
            return Err(CliError::NothingRan {
                message: format!("no {kind} fits `{glob}`"),
                help: Some(near.map_or_else(
                    || format!("`scimcheck list {kind}s` shows all ids"),
                    |near| format!("did you mean `{near}`?"),
                )),
            });
        }
    }
    if plan.selected() > 0 {
        return Ok(());
    }
    let unmet = plan.cases.iter().find_map(|case| match &case.fate {
        Fate::FeatureUnmet(feature) => Some(feature.clone()),
        _ => None,
    });
    Err(CliError::NothingRan {
        message: match &unmet {
            Some(feature) => format!("no selected case can run: the target does not have `{feature}`"),
            None => "the selection leaves no case to run".to_owned(),
        },
        help: unmet.map(|_| "if it does, say so under `features` of the target in scimcheck.toml".to_owned()),
    })
}

/// A ledger has a name of its own, so that it never overwrites the only trace of an earlier run.
fn ledger_path(output: &Path, started: &str, token: &str) -> PathBuf {
    let stamp: String = started.chars().filter(char::is_ascii_alphanumeric).collect();
    output.join(format!("ledger-{stamp}-{token}-{}.jsonl", std::process::id()))
}

fn now() -> String {
    let now: chrono::DateTime<chrono::Utc> = SystemTime::now().into();
    now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Becomes true with the first Ctrl-C (or SIGTERM): the run ends in order. The second one ends the process at once.
fn on_interrupt(ledger: PathBuf) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        let _ = sender.send(true);
        let _ = super::context::print_error(
            "\ninterrupted: cleaning up and writing the reports; once more ends at once\n",
        );
        interrupted().await;
        let hint = format!("what is left over is deleted by: scimcheck cleanup {}\n", ledger.display());
        let _ = super::context::print_error(&hint);
        super::context::exit(ExitCode::Interrupted);
    });
    receiver
}

/// Waits until the user or the system wants the process to end.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ledgers_have_names_of_their_own() {
        let path = ledger_path(Path::new("out"), "2026-11-24T12:00:00Z", "sc1");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("ledger-20261124T120000Z-sc1-"), "{name}");
    }
}
