//! Which suites a command works with.

use std::path::{Path, PathBuf};

use super::args::SuitesArgs;
use super::error::CliError;
use crate::suite::catalogue::Catalogue;
use crate::suite::diagnostic::Diagnostic;
use crate::suite::source::{self, Source};
use crate::suite::{self, Suite};

/// The suites that a command works with, checked.
pub(crate) fn load(args: &SuitesArgs) -> Result<Vec<Suite>, CliError> {
    if args.paths.is_empty() {
        // Those that the binary brings were linted by a test: reading them is enough.
        return Ok(suite::embedded());
    }
    let (sources, mistakes) = sources(&args.paths)?;
    check(&sources, mistakes).map_err(CliError::Invalid)
}

/// The suites in these texts; every mistake, those that were found before among them, in the order of the files.
pub(crate) fn check(sources: &[Source], mistakes: Vec<Diagnostic>) -> Result<Vec<Suite>, Vec<Diagnostic>> {
    let loaded = suite::load(sources, Catalogue::embedded());
    if mistakes.is_empty() {
        return loaded;
    }
    let mut all = mistakes;
    all.extend(loaded.err().unwrap_or_default());
    all.sort_by(|a, b| a.file.cmp(&b.file));
    Err(all)
}

/// The texts of suite files and folders, and what is wrong with files that have none; `builtin` stands for those that the
/// binary brings.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<(Vec<Source>, Vec<Diagnostic>), CliError> {
    let (mut sources, mut mistakes) = (Vec::new(), Vec::new());
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
        let named = |name: &str| match path.is_dir() {
            true => path.join(name).to_string_lossy().into_owned(),
            false => name.to_owned(),
        };
        for read in read {
            match read {
                Ok(source) => sources.push(Source { name: named(&source.name), ..source }),
                Err(mistake) => mistakes.push(Diagnostic { file: named(&mistake.file), ..mistake }),
            }
        }
    }
    Ok((sources, mistakes))
}
