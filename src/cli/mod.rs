//! The command line: clap, exit codes; the only place that reads the environment, looks at a terminal or exits.

/// Runs the command line of this process and returns its exit code.
#[must_use]
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
