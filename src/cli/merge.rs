//! `scimcheck merge`: one result from those of several runs that shared the work.

use super::args::MergeArgs;
use super::context::Context;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::formats;
use super::report::{read, tell};
use super::run::printed;
use crate::report;
use crate::report::merge;

pub(crate) fn merge(args: &MergeArgs, context: &Context) -> Result<ExitCode, CliError> {
    let parts: Vec<_> = args
        .results
        .iter()
        .map(|path| Ok((path.display().to_string(), read(path)?)))
        .collect::<Result<_, CliError>>()?;
    let merged = merge::merge(parts).map_err(|error| CliError::Usage {
        message: format!("these results cannot be merged: {error}"),
        help: Some(
            "merge what one version found on one target, each part with its own --partition".to_owned(),
        ),
    })?;
    let formats = formats::of_run(&args.formats, None);
    let written = report::write_all(&args.output, &merged, &formats)
        .map_err(|error| CliError::usage(error.to_string()))?;
    let code = printed(&tell(args.verbose, &merged, context, &written), ExitCode::of_run(&merged))?;
    code.after(formats::annotate(args.annotations, &merged, false))
}
