//! `scimcheck lint`: every mistake of suite files at once.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::args::{Format, LintArgs};
use super::context::{self, Context};
use super::error::CliError;
use super::exit_code::ExitCode;
use super::suites;
use crate::suite;

pub(crate) fn lint(args: &LintArgs, context: &Context) -> Result<ExitCode, CliError> {
    let own = Path::new("suites");
    let paths = match args.paths.as_slice() {
        [] if own.is_dir() => vec![own.to_owned()],
        [] => vec![PathBuf::from("builtin")],
        paths => paths.to_vec(),
    };
    let (sources, mistakes) = suites::sources(&paths)?;
    let mistakes = suites::check(&sources, mistakes).err().unwrap_or_default();
    let code = if mistakes.is_empty() { ExitCode::Success } else { ExitCode::Invalid };
    code.after(match args.format {
        Format::Json => {
            let all: Vec<Value> = mistakes.iter().map(suite::diagnostic::Diagnostic::to_value).collect();
            context::print(&format!("{:#}\n", Value::Array(all)))
        }
        Format::Text if mistakes.is_empty() => {
            let files = sources.len();
            let s = if files == 1 { "" } else { "s" };
            context::print(&format!("{files} suite file{s}, no mistakes\n"))
        }
        Format::Text => {
            // The mistakes are what was asked for: they belong on standard output.
            context::print(&CliError::Invalid(mistakes).render(context.colour))
        }
    })
}
