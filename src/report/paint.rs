//! Colour for terminals; without it every method gives the text back as it is.

use anstyle::{AnsiColor, Style};

use crate::model::Verdict;

/// Whether and how text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Paint {
    pub(crate) colour: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    /// Text in the colour of a verdict.
    pub(crate) fn verdict(self, verdict: Verdict, text: &str) -> String {
        self.with(style(verdict), text)
    }
}

fn style(verdict: Verdict) -> Style {
    let colour = |colour: AnsiColor| colour.on_default();
    match verdict {
        Verdict::Pass => colour(AnsiColor::Green),
        Verdict::Fail | Verdict::Error => colour(AnsiColor::Red).bold(),
        Verdict::Blocked => colour(AnsiColor::Magenta).bold(),
        Verdict::Warn | Verdict::Fixed => colour(AnsiColor::Yellow).bold(),
        Verdict::Info | Verdict::Known | Verdict::Deviation => colour(AnsiColor::Cyan),
        Verdict::Deselected | Verdict::NotApplicable => Style::new().dimmed(),
    }
}
