//! Which reports are written, and annotations for CI.

use clap::builder::PossibleValuesParser;

use super::args::Annotations;
use super::context;
use crate::model::{ReportFormat, RunResult};
use crate::report::annotations;

/// Stands for every format.
const ALL: &str = "all";

/// Reads the words of `--format`.
pub(crate) fn parser() -> PossibleValuesParser {
    let words = ReportFormat::ALL.map(ReportFormat::as_str);
    PossibleValuesParser::new(words.into_iter().chain([ALL]))
}

/// The formats that the words of `--format` ask for.
pub(crate) fn asked(words: &[String]) -> Vec<ReportFormat> {
    if words.iter().any(|word| word == ALL) {
        return ReportFormat::ALL.to_vec();
    }
    words.iter().filter_map(|word| word.parse().ok()).collect()
}

/// The formats of a run: what the command line asks for, else the configuration, else the usual ones.
pub(crate) fn of_run(words: &[String], configured: Option<&[ReportFormat]>) -> Vec<ReportFormat> {
    if words.is_empty() {
        return ReportFormat::written(configured.unwrap_or(&ReportFormat::DEFAULT));
    }
    ReportFormat::written(&asked(words))
}

/// Prints annotations, if they are asked for: to standard error where standard output holds a report. GitHub reads both.
pub(crate) fn annotate(
    wanted: Option<Annotations>,
    result: &RunResult,
    to_stderr: bool,
) -> std::io::Result<()> {
    match wanted {
        None => Ok(()),
        Some(Annotations::Github) if to_stderr => context::print_error(&annotations::github(result)),
        Some(Annotations::Github) => context::print(&annotations::github(result)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_wins_over_the_file() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(of_run(&[], None), ReportFormat::DEFAULT);
        assert_eq!(of_run(&[], Some(&[ReportFormat::Tap])), [ReportFormat::Json, ReportFormat::Tap]);
        let badge = of_run(&words(&["badge"]), Some(&[ReportFormat::Tap]));
        assert_eq!(badge, [ReportFormat::Json, ReportFormat::Badge]);
        assert_eq!(of_run(&words(&["tap", "all"]), None), ReportFormat::ALL);
    }
}
