//! `scimcheck diff`: two results compared.

use super::args::{DiffArgs, DiffFormat};
use super::context::{self, Context};
use super::error::CliError;
use super::exit_code::ExitCode;
use super::report::read;
use crate::report::terminal::Style;
use crate::report::{self, diff, html, markdown};

pub(crate) fn diff(args: &DiffArgs, context: &Context) -> Result<ExitCode, CliError> {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    let diff = diff::between(&a, &b);
    let to_file = args.output.is_some();
    let text = match args.format {
        DiffFormat::Text => {
            diff::text(&diff, Style { colour: context.colour && !to_file, width: context.width })
        }
        DiffFormat::Markdown => markdown::render_diff(&diff),
        DiffFormat::Html => html::render_diff(&diff),
        DiffFormat::Json => diff::to_json(&diff),
    };
    let code = if diff.newly_failing.is_empty() { ExitCode::Success } else { ExitCode::Failure };
    code.after(match &args.output {
        None => context::print(&text).map_err(CliError::from),
        Some(path) => report::replace(path, &text).map_err(|error| CliError::file("write", path, &error)),
    })
}
