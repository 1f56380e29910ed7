//! The surroundings of this process: environment, terminals. Read here once and handed down, so that everything below
//! can be tested without a process.

use std::io::{IsTerminal as _, Write};

use super::args::Colour;

type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What commands need to know about the process that they run in.
pub(crate) struct Context {
    /// Reads a variable.
    env: Environment,
    /// Whether text on standard output has colours.
    pub(crate) colour: bool,
    /// Whether text on standard error has colours.
    pub(crate) colour_errors: bool,
    /// Whether a progress bar can be drawn on standard error.
    pub(crate) progress: bool,
    /// Columns of the terminal.
    pub(crate) width: usize,
}

impl Context {
    /// Of this process.
    pub(crate) fn of_process(colour: Colour) -> Self {
        let set = |name: &str| std::env::var(name).ok();
        // One that is set to nothing counts as not set.
        let env = |name: &str| set(name).filter(|value| !value.is_empty());
        let (out, err) = (std::io::stdout().is_terminal(), std::io::stderr().is_terminal());
        let dumb = env("TERM").is_some_and(|term| term == "dumb");
        let wanted = |terminal: bool| match colour {
            Colour::Always => true,
            Colour::Never => false,
            // https://no-color.org: whatever its value, as long as there is one.
            Colour::Auto if env("NO_COLOR").is_some() => false,
            Colour::Auto => env("CLICOLOR_FORCE").is_some_and(|force| force != "0") || terminal && !dumb,
        };
        let columns = env("COLUMNS").and_then(|columns| columns.parse().ok());
        let terminal_width = || out.then(|| usize::from(console::Term::stdout().size().1));
        Self {
            colour: wanted(out),
            colour_errors: wanted(err),
            progress: err && out && !dumb && env("CI").is_none(),
            width: columns.or_else(terminal_width).filter(|width| *width >= 40).unwrap_or(120),
            env: Box::new(set),
        }
    }

    /// A variable of the environment; it may be set to nothing.
    pub(crate) fn env(&self, name: &str) -> Option<String> {
        (self.env)(name)
    }
}

/// Standard output, written as a whole at the end of a command so that `| head` ends quietly.
pub(crate) fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Standard error, at once.
pub(crate) fn print_error(text: &str) -> std::io::Result<()> {
    std::io::stderr().lock().write_all(text.as_bytes())
}

/// Ends the process without unwinding.
#[expect(clippy::exit, reason = "the user asked twice")]
pub(crate) fn exit(code: super::exit_code::ExitCode) -> ! {
    std::process::exit(i32::from(code.number()))
}
