//! Why a command does not do what was asked: what is said, and with which exit code.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use super::exit_code::ExitCode;
use crate::suite::diagnostic::Diagnostic;
use crate::target::doctor::NotReady;

/// What the user or the target did wrong; what we did wrong panics and ends with [`ExitCode::Bug`].
#[derive(Debug)]
pub(crate) enum CliError {
    /// A wrong argument, or a file that cannot be read or written.
    Usage { message: String, help: Option<String> },
    /// Mistakes in suites or in the configuration.
    Invalid(Vec<Diagnostic>),
    /// The configuration cannot be used.
    Config { message: String, help: Option<String> },
    /// The selection matches nothing.
    NothingRan { message: String, help: Option<String> },
    /// The target cannot be reached or is not ready.
    NotReady(NotReady),
    /// Interrupted before anything was created, so that there is nothing to report.
    Interrupted,
    /// Whoever read our output went away: nothing is wrong.
    BrokenPipe,
}

impl CliError {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        CliError::Usage { message: message.into(), help: None }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::usage(format!("cannot {verb} {}: {error}", path.display()))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            CliError::Usage { .. } => ExitCode::Usage,
            CliError::Invalid(_) | CliError::Config { .. } => ExitCode::Invalid,
            CliError::NothingRan { .. } => ExitCode::NothingRan,
            CliError::NotReady(_) => ExitCode::NotReady,
            CliError::Interrupted => ExitCode::Interrupted,
            CliError::BrokenPipe => ExitCode::Success,
        }
    }

    /// What is said about it on standard error.
    pub(crate) fn render(&self, colour: bool) -> String {
        let said = |message: &str, help: &[String]| {
            let mut text = format!("error: {message}\n");
            for line in help {
                let _ = writeln!(text, "  = help: {line}");
            }
            text
        };
        match self {
            CliError::Usage { message, help }
            | CliError::Config { message, help }
            | CliError::NothingRan { message, help } => said(message, help.as_slice()),
            CliError::NotReady(NotReady { problem, advice }) => said(problem, advice),
            CliError::Invalid(diagnostics) => {
                let mut text = String::new();
                for diagnostic in diagnostics {
                    text.push_str(&diagnostic.render(colour));
                    text.push_str("\n\n");
                }
                let files: std::collections::BTreeSet<_> = diagnostics.iter().map(|d| &d.file).collect();
                let _ = writeln!(text, "{}", mistakes(diagnostics.len(), files.len()));
                text
            }
            CliError::Interrupted => {
                "\ninterrupted before the first case began: nothing was created\n".to_owned()
            }
            CliError::BrokenPipe => String::new(),
        }
    }
}

/// `3 mistakes in 2 files`.
fn mistakes(count: usize, files: usize) -> String {
    let s = |n: usize| if n == 1 { "" } else { "s" };
    format!("{count} mistake{} in {files} file{}", s(count), s(files))
}

/// Errors of writing to standard output or error.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            CliError::BrokenPipe
        } else {
            CliError::usage(format!("cannot write: {error}"))
        }
    }
}
