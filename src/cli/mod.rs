//! The command line: clap, exit codes; the only place that reads the environment, looks at a terminal or exits
//! (layer 8).

mod args;
mod baseline;
mod cleanup;
mod connect;
mod context;
mod coverage;
mod diff;
mod doctor;
mod error;
pub mod exit_code;
mod explain;
mod formats;
mod init;
mod interrupt;
mod judged_lower;
mod lint;
mod list;
mod merge;
mod report;
mod run;
mod schema;
mod select;
mod selftest;
mod serve;
mod suites;

use std::future::Future;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use clap::{CommandFactory as _, Parser as _};

use self::args::{Cli, Command};
use self::context::Context;
use self::error::CliError;
use self::exit_code::ExitCode;

/// Runs the command line of this process and returns its exit code.
#[must_use]
pub fn main() -> std::process::ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap, though not to the user.
            let code = if error.use_stderr() { ExitCode::Usage } else { ExitCode::Success };
            let _ = error.print();
            return code.into();
        }
    };
    let context = Context::of_process(cli.color);
    let colour = context.colour_errors;
    let code = match catch_unwind(AssertUnwindSafe(|| dispatch(&cli.command, &context))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => {
            let _ = std::io::stderr().write_all(error.render(colour).as_bytes());
            error.exit_code()
        }
        Err(_) => {
            let what = "error: this is a bug of scimcheck; please report it with the lines above\n";
            let _ = std::io::stderr().write_all(what.as_bytes());
            ExitCode::Bug
        }
    };
    code.into()
}

fn dispatch(command: &Command, context: &Context) -> Result<ExitCode, CliError> {
    match command {
        Command::Run(args) => on_runtime(run::run(args, context)),
        Command::List(args) => list::list(args),
        Command::Explain(args) => explain::explain(args),
        Command::Coverage(args) => coverage::coverage(args),
        Command::Selftest(args) => selftest::selftest(args, context),
        Command::Lint(args) => lint::lint(args, context),
        Command::Doctor(args) => on_runtime(doctor::doctor(args, context)),
        Command::Init(args) => init::init(args),
        Command::Serve(args) => on_runtime(serve::serve(args, context)),
        Command::Report(args) => report::report(args, context),
        Command::Diff(args) => diff::diff(args, context),
        Command::Merge(args) => merge::merge(args, context),
        Command::Baseline(args) => baseline::baseline(args),
        Command::Cleanup(args) => on_runtime(cleanup::cleanup(args, context)),
        Command::Schema(args) => schema::schema(args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "scimcheck", &mut script);
            context::print(&String::from_utf8_lossy(&script))?;
            Ok(ExitCode::Success)
        }
        Command::Man { command } => man(command.as_deref()),
    }
}

/// The manual page of the program, or of one of its commands.
fn man(command: Option<&str>) -> Result<ExitCode, CliError> {
    let mut program = Cli::command();
    program.build();
    let page = match command {
        None => clap_mangen::Man::new(program),
        Some(name) => {
            let found = program.find_subcommand(name).filter(|found| found.get_name() != "help");
            let found = found.cloned().ok_or_else(|| CliError::Usage {
                message: format!("there is no command `{name}`"),
                help: Some("`scimcheck --help` shows all commands".to_owned()),
            })?;
            let full_name = format!("scimcheck-{name}");
            let version = format!("scimcheck {}", env!("CARGO_PKG_VERSION"));
            clap_mangen::Man::new(found.display_name(full_name)).source(version)
        }
    };
    let mut text = Vec::new();
    page.render(&mut text)?;
    context::print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::Success)
}

fn on_runtime(command: impl Future<Output = Result<ExitCode, CliError>>) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(command)
}
