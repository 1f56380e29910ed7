//! A run as people see it on a terminal or in the log of a CI job.

mod progress;
mod story;
mod summary;

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use indicatif::ProgressDrawTarget;

use self::progress::Progress;
pub use self::story::{Style, explain, story};
pub use self::summary::{summary, total};
use super::evidence::Evidence;
use super::paint::Paint;
use super::text::{count, visible};
use crate::model::{CaseResult, Event, RecordedExchange, RunResult, Sink, TargetInfo, Verdict};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Verbosity {
    /// Failures and errors, and the last sentence.
    Quiet,
    /// Also warnings, blocked cases and the summary; without a progress bar a line per case.
    #[default]
    Normal,
    /// Also what the RFCs leave open (info), and a line per case in any event.
    Verbose,
}

/// How a run is shown. The caller knows the environment and the terminal; nothing here looks at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalOptions {
    /// ANSI colours.
    pub colour: bool,
    /// A progress bar on standard error; only where that is a terminal.
    pub progress: bool,
    /// Columns of the terminal; 100 is a good value where there is none.
    pub width: usize,
    /// How much is shown.
    pub verbosity: Verbosity,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self { colour: false, progress: false, width: 100, verbosity: Verbosity::Normal }
    }
}

/// Prints a run while it goes on. What cannot be written is not an error of the run: the reports in files have
/// everything, and [`Terminal::failure`] says so at the end.
pub struct Terminal {
    options: TerminalOptions,
    out: Box<dyn Write + Send>,
    progress: Progress,
    run: Option<(TargetInfo, u64)>,
    told: HashSet<String>,
    /// Whether the last thing printed was a story: a blank line follows.
    after_story: bool,
    /// Why something could not be written, the first time.
    failure: Option<std::io::Error>,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Terminal {
    /// Prints to `out`; the progress bar, if there is one, goes to standard error.
    #[must_use]
    pub fn new(options: TerminalOptions, out: Box<dyn Write + Send>) -> Self {
        let target =
            if options.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self::with_progress_on(options, out, target)
    }

    /// Prints to `out`, and draws the progress bar onto a target of the caller's.
    #[must_use]
    pub fn with_progress_on(
        options: TerminalOptions,
        out: Box<dyn Write + Send>,
        target: ProgressDrawTarget,
    ) -> Self {
        Self {
            options,
            out,
            progress: Progress::new(target),
            run: None,
            told: HashSet::new(),
            after_story: false,
            failure: None,
        }
    }

    /// Why something could not be written. A closed pipe is none: whoever read has seen enough.
    #[must_use]
    pub fn failure(&self) -> Option<&std::io::Error> {
        self.failure.as_ref().filter(|error| error.kind() != std::io::ErrorKind::BrokenPipe)
    }

    /// Says where the reports are: the last line of a run.
    pub fn reports_written(&mut self, files: &[PathBuf]) {
        if self.options.verbosity > Verbosity::Quiet && !files.is_empty() {
            let names: Vec<_> =
                files.iter().map(|file| visible(&file.to_string_lossy()).into_owned()).collect();
            let label = self.paint().bold("Reports");
            self.print(&format!("{label}  {}\n", names.join("  ")));
        }
    }

    fn paint(&self) -> Paint {
        Paint { colour: self.options.colour }
    }

    fn style(&self) -> Style {
        Style { colour: self.options.colour, width: self.options.width }
    }

    fn print(&mut self, text: &str) {
        let out = &mut self.out;
        let mut written = Ok(());
        self.progress.suspend(|| written = out.write_all(text.as_bytes()).and_then(|()| out.flush()));
        if let Err(error) = written {
            self.failure.get_or_insert(error);
        }
    }

    fn started(&mut self, target: &TargetInfo, cases: usize, seed: u64) {
        if self.options.verbosity > Verbosity::Quiet {
            let mut about = visible(&target.base_url).into_owned();
            if target.name != target.base_url {
                about = format!("{} at {about}", visible(&target.name));
            }
            if let Some(profile) = &target.profile {
                about = format!("{about} as {}", visible(profile));
            }
            let line = format!("{} · {about} · seed {seed}\n", self.paint().bold(&count(cases, "case")));
            self.print(&line);
        }
        self.run = Some((target.clone(), seed));
        self.progress.start(cases);
    }

    /// Prints what is to be said about a case.
    fn case(&mut self, case: &CaseResult, evidence: &Evidence<'_>) {
        let wanted = match case.verdict {
            Verdict::Fail | Verdict::Error => Verbosity::Quiet,
            Verdict::Warn | Verdict::Blocked | Verdict::Fixed | Verdict::Known | Verdict::Deviation => {
                Verbosity::Normal
            }
            Verdict::Info => Verbosity::Verbose,
            Verdict::Pass | Verdict::NotApplicable | Verdict::Deselected => {
                return self.case_line(case);
            }
        };
        if self.options.verbosity >= wanted {
            let text = format!("\n{}", story(case, evidence, self.style()));
            self.print(&text);
            self.after_story = true;
        } else {
            self.case_line(case);
        }
    }

    fn case_line(&mut self, case: &CaseResult) {
        let lines = if self.options.progress { Verbosity::Verbose } else { Verbosity::Normal };
        if self.options.verbosity >= lines {
            let line = story::head(case, self.paint(), self.options.width);
            let gap = if std::mem::take(&mut self.after_story) { "\n" } else { "" };
            self.print(&format!("{gap}{line}\n"));
        }
    }

    fn finished(&mut self, result: &RunResult) {
        self.progress.finish();
        // The invariants, discovery and what never began come with the end only.
        let evidence = Evidence::of(result);
        for case in &result.cases {
            let late = matches!(
                case.verdict,
                Verdict::Fail | Verdict::Error | Verdict::Warn | Verdict::Info | Verdict::Known
            );
            if late && !self.told.contains(&case.id) {
                self.case(case, &evidence);
            }
        }
        let text = if self.options.verbosity == Verbosity::Quiet {
            format!("{}{}", if self.after_story { "\n" } else { "" }, total(result, self.style()))
        } else {
            format!("\n{}", summary(result, self.style()))
        };
        self.print(&text);
    }

    fn case_finished(&mut self, result: &CaseResult, exchanges: &[RecordedExchange]) {
        self.told.insert(result.id.clone());
        self.progress.case_finished(&result.id, result.verdict);
        let (target, seed) = self.run.clone().unwrap_or_default();
        self.case(result, &Evidence::new(&target, seed, exchanges));
    }
}

impl Sink for Terminal {
    fn event(&mut self, event: &Event<'_>) {
        match *event {
            Event::RunStarted { target, cases, seed } => self.started(target, cases, seed),
            Event::CaseStarted { id } => self.progress.case_started(id),
            Event::CaseFinished { result, exchanges } => self.case_finished(result, exchanges),
            Event::Checkpoint { .. } => {}
            Event::RunFinished { result } => self.finished(result),
        }
    }
}
