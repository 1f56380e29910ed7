//! Which suites a command works with.

use std::path::{Path, PathBuf};

use super::args::SuitesArgs;
use super::error::CliError;
use crate::suite::catalogue::Catalogue;
use crate::suite::source::{self, Source};
use crate::suite::{self, Suite};

/// The suites that a command works with, checked.
pub(crate) fn load(args: &SuitesArgs) -> Result<Vec<Suite>, CliError> {
    if args.paths.is_empty() {
        // Those that the binary brings were linted by a test: reading them is enough.
        return Ok(suite::embedded());
    }
    let sources = sources(&args.paths)?;
    suite::load(&sources, Catalogue::embedded()).map_err(CliError::Invalid)
}

/// The texts of suite files and folders; `builtin` stands for those that the binary brings.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<Source>, CliError> {
    let mut sources = Vec::new();
    for path in paths {
        if path == Path::new("builtin") {
            sources.extend(source::embedded());
            continue;
        }
        let read =
            source::read(path).map_err(|error| CliError::usage(format!("cannot read suites: {error}")))?;
        if read.is_empty() {
            return Err(CliError::usage(format!("there is no .yaml file below {}", path.display())));
        }
        // As the user named them, so that an editor finds the file of a mistake.
        sources.extend(read.into_iter().map(|source| match path.is_dir() {
            true => Source { name: path.join(&source.name).to_string_lossy().into_owned(), ..source },
            false => source,
        }));
    }
    Ok(sources)
}
