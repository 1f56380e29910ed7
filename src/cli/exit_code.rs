//! Exit codes: an API that scripts rely on. They change only with a major version.

use std::process::ExitCode as ProcessExitCode;

use super::context;
use super::error::CliError;
use crate::model::{CaseResult, RunResult, Verdict};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitCode {
    /// Every judged MUST holds.
    Success,
    /// At least one failure, or something that could not be judged because its set-up failed.
    Failure,
    /// The command line is wrong.
    Usage,
    /// A suite or the configuration is invalid, or a credential cannot be read from where it is said to be.
    Invalid,
    /// Nothing ran, so nothing is proven.
    NothingRan,
    /// The target cannot be reached or is not ready; or all that can be judged holds, and its authorization server could not
    /// be asked.
    NotReady,
    /// A baseline lists failures that pass now.
    StaleBaseline,
    /// A bug of scimcheck.
    Bug,
    /// Interrupted; the reports are written.
    Interrupted,
}

impl ExitCode {
    /// All of them, in the order of their numbers.
    pub const ALL: [ExitCode; 9] = [
        ExitCode::Success,
        ExitCode::Failure,
        ExitCode::Usage,
        ExitCode::Invalid,
        ExitCode::NothingRan,
        ExitCode::NotReady,
        ExitCode::StaleBaseline,
        ExitCode::Bug,
        ExitCode::Interrupted,
    ];

    /// The number.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            ExitCode::Success => 0,
            ExitCode::Failure => 1,
            ExitCode::Usage => 2,
            ExitCode::Invalid => 3,
            ExitCode::NothingRan => 4,
            ExitCode::NotReady => 5,
            ExitCode::StaleBaseline => 6,
            ExitCode::Bug => 70,
            ExitCode::Interrupted => 130,
        }
    }

    /// What it means, in one sentence.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            ExitCode::Success => "every judged MUST holds",
            ExitCode::Failure => {
                "at least one failure, or something that could not be judged because its set-up failed or time ran out"
            }
            ExitCode::Usage => "the command line is wrong, or a file that it names cannot be read or written",
            ExitCode::Invalid => "a suite or the configuration is invalid, or gives no credential",
            ExitCode::NothingRan => {
                "nothing ran: the selection matches no case, or the target lacks every feature"
            }
            ExitCode::NotReady => {
                "the target cannot be reached or is not ready (credential, base URL, TLS), or nothing failed and its authorization server is not known"
            }
            ExitCode::StaleBaseline => "a baseline lists failures that pass now: take them out of it",
            ExitCode::Bug => "a bug of scimcheck: please report it",
            ExitCode::Interrupted => "interrupted; what was created is deleted and the reports are written",
        }
    }

    /// What a run proves.
    #[must_use]
    pub fn of_run(result: &RunResult) -> Self {
        let any = |verdicts: &[Verdict]| {
            verdicts.iter().any(|verdict| result.counts.get(verdict).is_some_and(|count| *count > 0))
        };
        // What is always judged, on discovery too, is none of the cases that were asked for.
        let own = |case: &&CaseResult| !matches!(case.suite.as_str(), "target" | "invariants");
        let judged = result.cases.iter().filter(own).any(|case| case.verdict.is_judged());
        let stale = || {
            any(&[Verdict::Fixed])
                || result.baseline.as_ref().is_some_and(|baseline| baseline.stale().next().is_some())
        };
        match result.partial.as_deref() {
            Some("interrupted") => ExitCode::Interrupted,
            Some(_) => ExitCode::Failure,
            None if any(&[Verdict::Fail, Verdict::Blocked, Verdict::Error]) => ExitCode::Failure,
            None if stale() => ExitCode::StaleBaseline,
            // Another part of the run has the cases.
            None if result.partition.is_some() => ExitCode::Success,
            None if !judged => ExitCode::NothingRan,
            None => ExitCode::Success,
        }
    }
}

impl ExitCode {
    /// The code of a command whose verdict stands, after printing something: a reader that went away changes nothing, and
    /// what cannot be written (a full disk) is no success, but hides no failure.
    pub(crate) fn after<E: Into<CliError>>(self, printed: Result<(), E>) -> Result<Self, CliError> {
        match printed.map_err(Into::into) {
            Ok(()) | Err(CliError::BrokenPipe) => Ok(self),
            Err(error) if self == ExitCode::Success => Err(error),
            Err(error) => {
                let _ = context::print_error(&error.render(false));
                Ok(self)
            }
        }
    }
}

impl From<ExitCode> for ProcessExitCode {
    fn from(code: ExitCode) -> Self {
        code.number().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_every_code_is_explained() {
        let numbers: Vec<_> = ExitCode::ALL.iter().map(|code| code.number()).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 70, 130]);
        assert!(ExitCode::ALL.iter().all(|code| !code.meaning().is_empty()));
    }

    #[test]
    fn a_verdict_survives_what_cannot_be_printed() {
        let gone = || Err(std::io::Error::from(std::io::ErrorKind::BrokenPipe));
        let full = || Err(std::io::Error::from(std::io::ErrorKind::StorageFull));
        for code in [ExitCode::Success, ExitCode::Failure, ExitCode::StaleBaseline] {
            assert_eq!(code.after(Ok::<(), CliError>(())).unwrap(), code);
            assert_eq!(code.after(gone()).unwrap(), code);
        }
        assert_eq!(ExitCode::Failure.after(full()).unwrap(), ExitCode::Failure);
        assert_eq!(ExitCode::Success.after(full()).unwrap_err().exit_code(), ExitCode::Usage);
    }
}
