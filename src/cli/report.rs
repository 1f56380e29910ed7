//! `scimcheck report`: reports from a results.json, byte for byte those that the run itself wrote.

use super::args::ReportArgs;
use super::context::Context;
use super::error::CliError;
use super::exit_code::ExitCode;
use crate::model::{CaseResult, Event, RecordedExchange, Sink as _, Verdict};
use crate::report::terminal::{Terminal, TerminalOptions, Verbosity};
use crate::report::{self, html, json, junit};

pub(crate) fn report(args: &ReportArgs, context: &Context) -> Result<ExitCode, CliError> {
    let text = std::fs::read_to_string(&args.results)
        .map_err(|error| CliError::file("read", &args.results, &error))?;
    let result = json::read(&text).map_err(|error| CliError::Usage {
        message: format!("cannot read {}: {error}", args.results.display()),
        help: Some("a results.json is what `scimcheck run` writes".to_owned()),
    })?;
    let mut written = Vec::new();
    if let Some(folder) = &args.output {
        written
            .extend(report::write_all(folder, &result).map_err(|error| CliError::usage(error.to_string()))?);
    }
    for (path, render) in
        [(&args.junit, junit::render as fn(&_) -> String), (&args.html, html::render as fn(&_) -> String)]
    {
        let Some(path) = path else { continue };
        report::replace(path, &render(&result)).map_err(|error| CliError::file("write", path, &error))?;
        written.push(path.clone());
    }
    let verbosity = if args.verbose { Verbosity::Verbose } else { Verbosity::Normal };
    let options =
        TerminalOptions { colour: context.colour, progress: false, width: context.width, verbosity };
    let mut terminal = Terminal::new(options, Box::new(std::io::stdout()));
    let cases = result.cases.len();
    terminal.event(&Event::RunStarted { target: &result.target, cases, seed: result.seed });
    for case in result.cases.iter().filter(|case| args.verbose || is_worth_telling(case)) {
        let own = |exchange: &&RecordedExchange| case.exchanges.contains(&exchange.id);
        let exchanges: Vec<_> = result.exchanges.iter().filter(own).cloned().collect();
        terminal.event(&Event::CaseFinished { result: case, exchanges: &exchanges });
    }
    terminal.event(&Event::RunFinished { result: &result });
    terminal.reports_written(&written);
    super::run::printed(&terminal, ExitCode::of_run(&result))
}

/// Whether a case did something, and it was not simply green.
fn is_worth_telling(case: &CaseResult) -> bool {
    case.verdict >= Verdict::Warn && !case.exchanges.is_empty()
}
