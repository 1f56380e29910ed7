//! `scimcheck run`: the main job.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::sync::watch;

use super::args::{RunArgs, TargetArgs};
use super::baseline;
use super::connect::Connection;
use super::context::{self, Context};
use super::error::CliError;
use super::exit_code::ExitCode;
use super::formats;
use super::interrupt::Interrupts;
use super::select::{self, Selectable};
use super::suites;
use crate::model::{Features, RunResult, TargetInfo, Verdict};
use crate::report;
use crate::report::terminal::{Terminal, TerminalOptions, Verbosity};
use crate::run::baseline::Excuses;
use crate::run::{self, Fate, Plan, ids::Ids, ledger, ledger::Ledger, planned_checks};
use crate::suite::baseline::Baseline;
use crate::target::discovery::{self, Documents};
use crate::target::{Discovery, doctor};

pub(crate) async fn run(args: &RunArgs, context: &Context) -> Result<ExitCode, CliError> {
    let mut interrupts = Interrupts::listen()?;
    let prepared = tokio::select! {
        prepared = prepare(args, context) => prepared?,
        () = interrupts.next() => return Err(CliError::Interrupted),
    };
    let Prepared { connection, discovery, plan, started, baseline, without_logins } = prepared;

    let formats = formats::of_run(&args.formats, connection.reports.as_deref());
    let config = &connection.config;
    let seed = config.seed.unwrap_or_else(|| u64::from(fastrand::u32(..)));
    let token = Ids::new(seed).token().to_owned();
    let base_url = config.base_url.to_string();
    mention_old_ledgers(&args.output, &base_url, &args.target);
    let path = ledger_path(&args.output, &started, &token);
    let ledger = Ledger::create(&path, &config.name, &base_url, &token)
        .map_err(|error| CliError::file("write the ledger", &path, &error))?
        .without_secrets(&connection.redactor);
    // What the embedded server holds ends with this process: there is nothing to clean up later.
    let cleanup = (!connection.is_embedded()).then(|| cleanup_command(&path, &args.target));

    let mut terminal = Terminal::new(terminal_options(args, context), Box::new(std::io::stdout()));
    let options = run::Options {
        target: TargetInfo {
            name: config.name.clone(),
            base_url: connection.redactor.text(&base_url),
            embedded: connection.is_embedded(),
            profile: config.profile.clone(),
            arguments: arguments(args).iter().map(|word| connection.redactor.line(word)).collect(),
        },
        seed,
        jobs: config.jobs,
        case_timeout: config.case_timeout,
        run_timeout: config.run_timeout,
        ledger: Some(ledger),
        interrupt: on_interrupt(interrupts, cleanup.clone()),
        started: started.clone(),
        patience: None,
        excuses: baseline.map(|baseline| Excuses::new(baseline, &started)),
        partition: args.partition,
        evidence: true,
        oauth: connection.oauth.clone(),
    };
    let transport = connection.transport.clone();
    let mut checkpoints = report::Checkpoints::new(args.output.clone(), formats.clone());
    let mut sinks = (&mut terminal, &mut checkpoints);
    let result = run::run(plan, discovery, transport, &connection.redactor, options, &mut sinks).await;
    let files = report::write_all(&args.output, &result, &formats)
        .map_err(|error| CliError::usage(error.to_string()))?;
    terminal.reports_written(&files);
    let annotated = formats::annotate(args.annotations, &result, false);
    if let Some(cleanup) = cleanup.filter(|_| !result.left_over.is_empty()) {
        let _ = context::print_error(&left_over(&cleanup));
    }
    connection.close().await;
    printed(&terminal, code(&result, without_logins).after(annotated)?)
}

/// The exit code: where nothing fails and the logins could not be judged because their authorization server is not there,
/// that is what has to be mended, and not the target.
fn code(result: &RunResult, without_logins: bool) -> ExitCode {
    let any = |verdict| result.counts.get(&verdict).is_some_and(|count| *count > 0);
    let fails = any(Verdict::Fail) || any(Verdict::Error) || result.partial.is_some();
    match ExitCode::of_run(result) {
        ExitCode::Failure if without_logins && !fails => ExitCode::NotReady,
        code => code,
    }
}

/// The exit code of a command that printed a run.
pub(super) fn printed(terminal: &Terminal, code: ExitCode) -> Result<ExitCode, CliError> {
    let failure = terminal.failure().map(|error| CliError::usage(format!("cannot write: {error}")));
    code.after(failure.map_or(Ok(()), Err))
}

/// All that is known before the first case begins.
struct Prepared {
    connection: Connection,
    discovery: Discovery,
    plan: Plan,
    started: String,
    baseline: Option<Baseline>,
    /// Whether cases are blocked because the authorization server is not known.
    without_logins: bool,
}

/// Reads the suites, asks the target what it can do, and plans. Changes nothing on the target.
async fn prepare(args: &RunArgs, context: &Context) -> Result<Prepared, CliError> {
    // The catalogue takes milliseconds to read; discovery waits for the network meanwhile.
    let catalogue = std::thread::spawn(crate::suite::catalogue::Catalogue::embedded);
    let suites = suites::load(&args.suites)?;
    let mut connection =
        Connection::open_or_embedded_with(&args.target, args.jobs, args.seed, context).await?;
    let configured = connection.config.baseline.as_ref();
    let builtin = args.suites.paths.is_empty();
    let baseline = baseline::of_run(args.baseline.as_ref(), configured, &suites, builtin)?;

    connection.obtain_credential().await?;
    let unknown = connection.discover_oauth().await.err();
    let transport = Arc::clone(&connection.transport);
    let (began, started) = (Instant::now(), now());
    let documents = Documents::read(transport.as_ref(), &connection.settings, began).await;
    doctor::examine(transport.as_ref(), &connection.settings, &documents, began)
        .await
        .map_err(|problem| connection.not_ready(&problem))?;
    let _ = catalogue.join();
    let discovery = discovery::understand(documents, &connection.settings, began);

    let selection = select::selection(&args.selection);
    let mut plan = Plan::new(&suites, &discovery.model, &selection);
    let all: Vec<_> = plan
        .cases
        .iter()
        .map(|case| Selectable {
            suite: &case.suite.spec.suite,
            case: case.id.clone(),
            checks: planned_checks(case.case()).map(|(check, ..)| check).collect(),
        })
        .collect();
    select::check(&selection, &all)?;
    something_runs(&plan, &discovery.model.features)?;
    if let Some(partition) = args.partition {
        // A part may be empty: the other ones have the cases.
        plan.keep(partition);
    }
    let without_logins = unknown.map_or(Ok(false), |error| go_on_without_logins(&plan, error))?;
    Ok(Prepared { connection, discovery, plan, started, baseline, without_logins })
}

/// Says once what it means that the authorization server is not known, and whether that is so for any case. An error if
/// nothing is left to run.
fn go_on_without_logins(plan: &Plan, error: CliError) -> Result<bool, CliError> {
    let runs = || plan.cases.iter().filter(|case| matches!(case.fate, Fate::Run));
    let blocked = runs().filter(|case| case.case().logs_in()).count();
    if blocked == 0 {
        return Ok(false);
    }
    if blocked == runs().count() {
        return Err(error);
    }
    let cases = report::text::count(blocked, "case");
    let warning = error.render(false).replacen("error:", "warning:", 1);
    let _ = context::print_error(&format!(
        "{warning}  = note: {cases} that log users in are blocked, and all others run\n\n"
    ));
    Ok(true)
}

/// An error if the target lacks what every selected case needs.
fn something_runs(plan: &Plan, features: &Features) -> Result<(), CliError> {
    if plan.selected() > 0 {
        return Ok(());
    }
    let unmet = plan.cases.iter().find_map(|case| match &case.fate {
        Fate::FeatureUnmet(feature) => Some(feature.as_str()),
        _ => None,
    });
    let Some(unmet) = unmet else {
        return Err(CliError::NothingRan { message: "the suites have no case".to_owned(), help: None });
    };
    let (what, help) = lacking(unmet, features);
    Err(CliError::NothingRan { message: format!("no selected case can run: {what}"), help: Some(help) })
}

/// What the target lacks, and what to do if that is not so.
fn lacking(feature: &str, features: &Features) -> (String, String) {
    if let Some(name) = feature.strip_prefix("credential:") {
        return (
            format!("the target has no credential `{name}`"),
            format!("name one in scimcheck.toml: [target.NAME.credentials.{name}]"),
        );
    }
    if feature == "oauth" || feature.starts_with("oauth:") {
        // It comes from the configuration of the authorization server, and no flag gives it.
        return (format!("the target does not have `{feature}`"), run::not_applicable(feature, features));
    }
    match feature.strip_prefix('!') {
        Some(feature) => (
            format!("they are for targets without `{feature}`, and this one has it"),
            format!(
                "if it does not: --feature {feature}=false, or `features` of the target in scimcheck.toml"
            ),
        ),
        None => (
            format!("the target does not have `{feature}`"),
            format!("if it does: --feature {feature}=true, or `features` of the target in scimcheck.toml"),
        ),
    }
}

fn terminal_options(args: &RunArgs, context: &Context) -> TerminalOptions {
    let verbosity = match (args.quiet, args.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    };
    let progress = context.progress && !args.no_progress && verbosity > Verbosity::Quiet;
    TerminalOptions { colour: context.colour, progress, width: context.width, verbosity }
}

/// A ledger has a name of its own, so that it never overwrites the only trace of an earlier run.
fn ledger_path(output: &Path, started: &str, token: &str) -> PathBuf {
    let stamp: String = started.chars().filter(char::is_ascii_alphanumeric).collect();
    output.join(format!("ledger-{stamp}-{token}-{}.jsonl", std::process::id()))
}

/// Says which earlier runs on this target were killed before they could clean up: they could not say so themselves.
fn mention_old_ledgers(output: &Path, base_url: &str, target: &TargetArgs) {
    let Ok(entries) = std::fs::read_dir(output) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with("ledger-") || path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let Ok(old) = ledger::read(&path) else { continue };
        if old.base_url == base_url && !old.creates.is_empty() {
            let count = report::text::count(old.creates.len(), "resource");
            let command = cleanup_command(&path, target);
            let _ = context::print_error(&format!(
                "note: an earlier run may have left {count} behind; to delete: {command}\n"
            ));
        }
    }
}

/// The arguments that a command needs to run against the same target and suites.
fn arguments(args: &RunArgs) -> Vec<String> {
    let TargetArgs { target, config, token_env, profile, features, domain, ca_file, max_body, .. } =
        &args.target;
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.to_string_lossy().into_owned());
    let mut words = Vec::new();
    let mut flag = |name: &str, value: Option<String>| {
        words.extend(value.into_iter().flat_map(|value| [name.to_owned(), value]));
    };
    flag("--target", target.clone());
    flag("--config", path(config));
    flag("--token-env", token_env.clone());
    flag("--ca-file", path(ca_file));
    flag("--profile", profile.clone());
    flag("--domain", domain.clone());
    flag("--max-body", max_body.map(|size| format!("{size}B")));
    for (name, value) in features {
        flag("--feature", Some(format!("{name}={value}")));
    }
    for path in &args.suites.paths {
        flag("--suites", Some(path.to_string_lossy().into_owned()));
    }
    words
}

fn left_over(cleanup: &str) -> String {
    format!("what is left over is deleted by: {cleanup}\n")
}

/// The command that deletes what a ledger lists, with the flags that lead to the target.
fn cleanup_command(ledger: &Path, target: &TargetArgs) -> String {
    let config = target.config.as_ref().map(|path| ("--config", path.to_string_lossy()));
    let token = target.token_env.as_ref().map(|name| ("--token-env", name.into()));
    let ca_file = target.ca_file.as_ref().map(|path| ("--ca-file", path.to_string_lossy()));
    let mut command = format!("scimcheck cleanup {}", shell_word(&ledger.to_string_lossy()));
    for (flag, value) in config.into_iter().chain(token).chain(ca_file) {
        let _ = write!(command, " {flag} {}", shell_word(&value));
    }
    command
}

fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn now() -> String {
    let now: chrono::DateTime<chrono::Utc> = SystemTime::now().into();
    now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Becomes true with the first Ctrl-C (or SIGTERM): the run ends in order. The second one ends the process at once.
fn on_interrupt(mut interrupts: Interrupts, cleanup: Option<String>) -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        interrupts.next().await;
        let _ = sender.send(true);
        let _ = context::print_error(
            "\ninterrupted: cleaning up and writing the reports; once more ends at once\n",
        );
        interrupts.next().await;
        if let Some(cleanup) = cleanup {
            let _ = context::print_error(&left_over(&cleanup));
        }
        context::exit(ExitCode::Interrupted);
    });
    receiver
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

    #[test]
    fn the_command_for_later_leads_to_the_same_target() {
        let target = TargetArgs {
            config: Some("my conf.toml".into()),
            token_env: Some("TOKEN".to_owned()),
            ..TargetArgs::default()
        };
        let command = cleanup_command(Path::new("out/ledger-1.jsonl"), &target);
        assert_eq!(command, "scimcheck cleanup out/ledger-1.jsonl --config 'my conf.toml' --token-env TOKEN");
    }
}
