//! The formats in which a run can be reported.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A format of reports. All of them are made from a [`RunResult`](super::RunResult).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum ReportFormat {
    /// `results.json`: everything, and what all others can be made from. A run always writes it.
    Json,
    /// `junit.xml`: for the test view of a CI server.
    Junit,
    /// `report.html`: a page for people.
    Html,
    /// `report.md`: for the summary of a GitHub job, and for comments on pull and merge requests.
    Markdown,
    /// `report.har`: all exchanges, for the developer tools of a browser.
    Har,
    /// `ctrf.json`: Common Test Report Format.
    Ctrf,
    /// `report.tap`: Test Anything Protocol, version 14.
    Tap,
    /// `badge.json`: an endpoint for a badge of shields.io.
    Badge,
}

impl ReportFormat {
    /// All of them, in the order in which they are written.
    pub const ALL: [ReportFormat; 8] = [
        ReportFormat::Json,
        ReportFormat::Junit,
        ReportFormat::Html,
        ReportFormat::Markdown,
        ReportFormat::Har,
        ReportFormat::Ctrf,
        ReportFormat::Tap,
        ReportFormat::Badge,
    ];

    /// What a run writes where nothing else is asked for.
    pub const DEFAULT: [ReportFormat; 3] = [ReportFormat::Json, ReportFormat::Junit, ReportFormat::Html];

    /// The word on the command line and in the configuration, for example `junit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ReportFormat::Json => "json",
            ReportFormat::Junit => "junit",
            ReportFormat::Html => "html",
            ReportFormat::Markdown => "markdown",
            ReportFormat::Har => "har",
            ReportFormat::Ctrf => "ctrf",
            ReportFormat::Tap => "tap",
            ReportFormat::Badge => "badge",
        }
    }

    /// The name of its file in the folder of the reports.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            ReportFormat::Json => "results.json",
            ReportFormat::Junit => "junit.xml",
            ReportFormat::Html => "report.html",
            ReportFormat::Markdown => "report.md",
            ReportFormat::Har => "report.har",
            ReportFormat::Ctrf => "ctrf.json",
            ReportFormat::Tap => "report.tap",
            ReportFormat::Badge => "badge.json",
        }
    }

    /// The formats that a run writes if these are asked for: each once, and always [`ReportFormat::Json`].
    #[must_use]
    pub fn written(asked: &[ReportFormat]) -> Vec<ReportFormat> {
        let wanted = |format: &ReportFormat| *format == ReportFormat::Json || asked.contains(format);
        Self::ALL.into_iter().filter(wanted).collect()
    }
}

impl fmt::Display for ReportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a format of reports")]
pub struct UnknownFormat(pub String);

impl FromStr for ReportFormat {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == word);
        known.ok_or_else(|| UnknownFormat(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_as_it_is_written() {
        for format in ReportFormat::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
            assert_eq!(serde_json::to_value(format).unwrap(), format.as_str());
        }
        assert_eq!(
            "pdf".parse::<ReportFormat>().unwrap_err().to_string(),
            "`pdf` is not a format of reports"
        );
    }

    #[test]
    fn results_are_always_written_and_nothing_twice() {
        use ReportFormat::{Har, Json, Junit};
        assert_eq!(ReportFormat::written(&[Har, Junit, Har]), [Json, Junit, Har]);
        assert_eq!(ReportFormat::written(&[]), [Json]);
    }
}
