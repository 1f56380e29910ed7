//! What can be wrong with a configuration. No message repeats a value that may be a secret.

use std::io;

use crate::suite::diagnostic::Diagnostic;

/// Why there is no configuration of a target.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The configuration file cannot be read.
    #[error("{file}: {source}")]
    Read {
        /// The file, as the user named it.
        file: String,
        /// Why not.
        source: io::Error,
    },
    /// There are mistakes in the file, or it names variables that are not set.
    #[error("{}", summary(.0))]
    Invalid(Vec<Diagnostic>),
    /// No flag, variable or file names a target: the embedded reference server is meant.
    #[error("no target is configured")]
    NoTarget,
    /// The file has several targets, and nothing says which one is meant.
    #[error("{file} has several targets and no `default`")]
    Ambiguous {
        /// The file.
        file: String,
        /// The names of its targets.
        known: Vec<String>,
    },
    /// A target is named that the file does not have.
    #[error("there is no target `{name}`{}", in_file(.file.as_deref()))]
    UnknownTarget {
        /// The name.
        name: String,
        /// The file that was looked at, if there is one.
        file: Option<String>,
        /// What would be right.
        help: String,
    },
    /// An environment variable that is named on the command line is not set, or empty.
    #[error("the environment variable `{variable}` is {state} ({origin})")]
    Variable {
        /// Its name.
        variable: String,
        /// `not set` or `empty`.
        state: &'static str,
        /// What asks for it, for example `--token-env`.
        origin: String,
    },
    /// The configuration file is no text, or larger than any.
    #[error("{file}: {message}")]
    Unreadable {
        /// The file, as the user named it.
        file: String,
        /// What is wrong, in one sentence without a full stop.
        message: String,
    },
    /// An environment variable holds something that cannot be a bearer token.
    #[error("what the environment variable `{variable}` holds cannot be used: {message}")]
    Token {
        /// Its name.
        variable: String,
        /// What is wrong, in one sentence without a full stop.
        message: String,
    },
    /// A flag or a variable of scimcheck has a value that means nothing.
    #[error("{origin}: {message}")]
    Value {
        /// The flag or the variable.
        origin: String,
        /// What is wrong, in one sentence without a full stop.
        message: String,
        /// What would be right.
        help: String,
    },
    /// A file or command that the configuration names did not give what it should.
    #[error("{origin}: {message}")]
    Source {
        /// The key with the file, the line and the target it stands in.
        origin: String,
        /// What is wrong, in one sentence without a full stop.
        message: String,
    },
}

impl ConfigError {
    /// A sentence or two about what to do, without a full stop.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Read { .. } => Some("`scimcheck init` writes a commented `scimcheck.toml`".to_owned()),
            Self::Invalid(_) | Self::Source { .. } => None,
            Self::Unreadable { .. } => Some("the file is TOML, in UTF-8".to_owned()),
            Self::Token { variable, .. } => {
                Some(format!("set it anew, to the bearer token itself and nothing else: export {variable}=…"))
            }
            Self::NoTarget => {
                Some("name one with `--target URL`, or write a file with `scimcheck init`".to_owned())
            }
            Self::Ambiguous { known, .. } => {
                Some(format!("choose with `--target NAME` or `default = \"NAME\"`: {}", known.join(", ")))
            }
            Self::UnknownTarget { help, .. } | Self::Value { help, .. } => Some(help.clone()),
            Self::Variable { variable, .. } => Some(format!("set it: export {variable}=…")),
        }
    }

    /// The mistakes of the file, if these are the reason.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Invalid(diagnostics) => diagnostics,
            _ => &[],
        }
    }
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn in_file(file: Option<&str>) -> String {
    file.map(|file| format!(" in {file}")).unwrap_or_default()
}
