//! The progress bar with the cases that run at the moment.

use std::fmt::Write as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::Verdict;
use crate::report::text::{clip, visible};

/// So many running cases are named.
const NAMED: usize = 3;

/// How far a run is. Shows nothing when its draw target is hidden.
pub(super) struct Progress {
    bar: ProgressBar,
    running: Vec<String>,
    failed: usize,
    warned: usize,
}

impl Progress {
    /// A bar that is drawn onto a target once the number of cases is known.
    pub(super) fn new(target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), target);
        Self { bar, running: Vec::new(), failed: 0, warned: 0 }
    }

    pub(super) fn start(&mut self, cases: usize) {
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} · {prefix}{elapsed}\n{wide_msg}");
        self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
        self.bar.set_length(cases as u64);
        if !self.bar.is_hidden() {
            // A slow case shows that time goes on.
            self.bar.enable_steady_tick(Duration::from_millis(200));
        }
    }

    pub(super) fn case_started(&mut self, id: &str) {
        self.running.push(id.to_owned());
        self.show();
    }

    pub(super) fn case_finished(&mut self, id: &str, verdict: Verdict) {
        if let Some(index) = self.running.iter().position(|running| running == id) {
            self.running.remove(index);
        }
        match verdict {
            Verdict::Fail | Verdict::Error | Verdict::Blocked => self.failed += 1,
            Verdict::Warn => self.warned += 1,
            _ => {}
        }
        self.bar.inc(1);
        self.show();
    }

    fn show(&self) {
        let mut counts = String::new();
        for (times, word) in [(self.failed, "broken"), (self.warned, "warned")] {
            if times > 0 {
                let _ = write!(counts, "{times} {word} · ");
            }
        }
        self.bar.set_prefix(counts);
        let named: Vec<_> =
            self.running.iter().take(NAMED).map(|id| visible(&clip(id, 100)).into_owned()).collect();
        let more = match self.running.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.bar.set_message(format!("{}{more}", named.join(", ")));
    }

    /// Does something while the bar is out of the way.
    pub(super) fn suspend(&self, write: impl FnOnce()) {
        self.bar.suspend(write);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
