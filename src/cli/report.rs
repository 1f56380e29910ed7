//! `scimcheck report`: reports from a results.json, byte for byte those that the run itself wrote.

use std::path::Path;

use super::args::ReportArgs;
use super::context::{self, Context};
use super::error::CliError;
use super::exit_code::ExitCode;
use super::formats;
use crate::model::{CaseResult, Event, RecordedExchange, ReportFormat, RunResult, Sink as _, Verdict};
use crate::report::terminal::{Terminal, TerminalOptions, Verbosity};
use crate::report::{self, json};

pub(crate) fn report(args: &ReportArgs, context: &Context) -> Result<ExitCode, CliError> {
    let result = read(&args.results)?;
    let asked = formats::asked(&args.formats);
    let mut written = Vec::new();
    if let Some(folder) = &args.output {
        let formats = if asked.is_empty() { ReportFormat::DEFAULT.to_vec() } else { asked.clone() };
        written.extend(
            report::write_all(folder, &result, &formats)
                .map_err(|error| CliError::usage(error.to_string()))?,
        );
    }
    for (path, format) in [(&args.junit, ReportFormat::Junit), (&args.html, ReportFormat::Html)] {
        let Some(path) = path else { continue };
        report::replace(path, &report::render(format, &result))
            .map_err(|error| CliError::file("write", path, &error))?;
        written.push(path.clone());
    }
    // A report on standard output stands there alone, so that it can go into a file or a pipe.
    let alone = args.output.is_none() && !asked.is_empty();
    let mut code = ExitCode::of_run(&result);
    if alone {
        code = code.after(context::print(&report::render(only(&asked)?, &result)))?;
    } else {
        code = super::run::printed(&tell(args.verbose, &result, context, &written), code)?;
    }
    code.after(formats::annotate(args.annotations, &result, alone))
}

/// Reads a results.json.
pub(crate) fn read(path: &Path) -> Result<RunResult, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::file("read", path, &error))?;
    json::read(&text).map_err(|error| CliError::Usage {
        message: format!("cannot read {}: {error}", path.display()),
        help: Some("a results.json is what `scimcheck run` writes".to_owned()),
    })
}

/// The one format that was asked for.
fn only(asked: &[ReportFormat]) -> Result<ReportFormat, CliError> {
    let [format] = asked else {
        return Err(CliError::Usage {
            message: "several reports do not fit on standard output".to_owned(),
            help: Some("name a folder for them with --output, or one --format only".to_owned()),
        });
    };
    Ok(*format)
}

/// The story of the run, as the run itself told it.
pub(crate) fn tell(
    verbose: bool,
    result: &RunResult,
    context: &Context,
    written: &[std::path::PathBuf],
) -> Terminal {
    let verbosity = if verbose { Verbosity::Verbose } else { Verbosity::Normal };
    let options =
        TerminalOptions { colour: context.colour, progress: false, width: context.width, verbosity };
    let mut terminal = Terminal::new(options, Box::new(std::io::stdout()));
    let cases = result.cases.len();
    terminal.event(&Event::RunStarted { target: &result.target, cases, seed: result.seed });
    for case in result.cases.iter().filter(|case| verbose || is_worth_telling(case)) {
        let own = |exchange: &&RecordedExchange| case.exchanges.contains(&exchange.id);
        let exchanges: Vec<_> = result.exchanges.iter().filter(own).cloned().collect();
        terminal.event(&Event::CaseFinished { result: case, exchanges: &exchanges });
    }
    terminal.event(&Event::RunFinished { result });
    terminal.reports_written(written);
    terminal
}

/// Whether a case did something, and it was not simply green.
fn is_worth_telling(case: &CaseResult) -> bool {
    (case.verdict >= Verdict::Warn
        || matches!(case.verdict, Verdict::Known | Verdict::Fixed | Verdict::Deviation))
        && !case.exchanges.is_empty()
}
