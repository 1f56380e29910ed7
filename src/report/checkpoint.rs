//! Reports of a run that goes on, so that one that is killed leaves files that say how far it came.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::write::{remove_abandoned, write_quickly};
use crate::model::{Event, ReportFormat, Sink};

/// Not more often than this.
const EVERY: Duration = Duration::from_secs(2);
/// Of the time that a run takes, at most one part of so many goes into writing.
const SHARE: u32 = 20;

/// Writes the reports of a run now and then while it goes on: `results.json` at its beginning, then all of them. What
/// cannot be written is no error before the end of the run.
#[derive(Debug)]
pub struct Checkpoints {
    dir: PathBuf,
    formats: Vec<ReportFormat>,
    every: Duration,
    last: Option<(Instant, Duration)>,
}

impl Checkpoints {
    /// For the reports of these formats in a folder.
    #[must_use]
    pub fn new(dir: PathBuf, formats: Vec<ReportFormat>) -> Self {
        Self { dir, formats, every: EVERY, last: None }
    }

    /// As often as it is asked, for tests.
    #[must_use]
    pub fn always(self) -> Self {
        Self { every: Duration::ZERO, ..self }
    }
}

impl Sink for Checkpoints {
    fn wants_checkpoint(&self) -> bool {
        match self.last {
            None => true,
            Some(_) if self.every.is_zero() => true,
            Some((last, cost)) => last.elapsed() >= self.every.max(cost * SHARE),
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        let Event::Checkpoint { result } = event else { return };
        let began = Instant::now();
        if self.last.is_none() {
            remove_abandoned(&self.dir, &self.formats);
            // Those of an earlier run would be taken for those of this one.
            for format in self.formats.iter().filter(|format| **format != ReportFormat::Json) {
                let _ = fs::remove_file(self.dir.join(format.file_name()));
            }
            let _ = write_quickly(&self.dir, result, &[ReportFormat::Json]);
        } else {
            let _ = write_quickly(&self.dir, result, &self.formats);
        }
        self.last = Some((Instant::now(), began.elapsed()));
    }
}
