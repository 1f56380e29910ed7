//! Baselines of known failures: `--baseline` of a run, and `scimcheck baseline propose`.

use std::path::{Path, PathBuf};

use super::args::{BaselineArgs, BaselineCommand};
use super::context;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::list::selectable;
use super::report;
use super::select::{self, Selectable};
use crate::check::invariants::Invariant;
use crate::report as reports;
use crate::suite::baseline::{Baseline, propose};
use crate::suite::select::fits;
use crate::suite::{self, Source, Suite};

/// A larger file is not read.
const LARGEST: u64 = 4 << 20;

/// `scimcheck baseline`.
pub(crate) fn baseline(args: &BaselineArgs) -> Result<ExitCode, CliError> {
    let BaselineCommand::Propose { results, output } = &args.command;
    let text = propose(&report::read(results)?);
    match output {
        None => context::print(&text)?,
        Some(path) => {
            reports::replace(path, &text).map_err(|error| CliError::file("write", path, &error))?;
        }
    }
    Ok(ExitCode::Success)
}

/// The baseline of a run: what the command line names, else what the configuration does. Every entry has to list a check
/// that there is: a typing mistake would excuse nothing.
pub(crate) fn of_run(
    flag: Option<&PathBuf>,
    configured: Option<&PathBuf>,
    suites: &[Suite],
    builtin: bool,
) -> Result<Option<Baseline>, CliError> {
    let Some(path) = flag.or(configured) else { return Ok(None) };
    let baseline = read(path)?;
    // A run of a few suites may have the baseline of all.
    let others = if builtin { Vec::new() } else { suite::embedded() };
    let all: Vec<_> = selectable(suites).into_iter().chain(selectable(&others)).collect();
    let may_list = |glob: &str| lists_invariant(glob) || all.iter().any(|known| lists(glob, known));
    let mistakes = baseline.unknown(&may_list, &ids(&all));
    if mistakes.is_empty() { Ok(Some(baseline)) } else { Err(CliError::Invalid(mistakes)) }
}

fn read(path: &Path) -> Result<Baseline, CliError> {
    let too_large =
        || std::io::Error::new(std::io::ErrorKind::FileTooLarge, format!("larger than {LARGEST} bytes"));
    let text = std::fs::metadata(path)
        .and_then(
            |about| if about.len() > LARGEST { Err(too_large()) } else { std::fs::read_to_string(path) },
        )
        .map_err(|error| CliError::file("read", path, &error))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let source = Source { name: path.to_string_lossy().into_owned(), text: text.into() };
    Baseline::read(&source).map_err(CliError::Invalid)
}

/// Whether an entry can list one of the checks of a case.
fn lists(glob: &str, known: &Selectable<'_>) -> bool {
    let check = glob.split_once('#').map(|(_, check)| check);
    select::may_fit(glob, &known.case)
        && check.is_none_or(|check| known.checks.iter().any(|own| fits(check, own)))
}

/// Whether it lists something that is judged on every run. How many breaches there are, and what discovery finds, is not
/// known before.
fn lists_invariant(glob: &str) -> bool {
    let (case, check) = glob.split_once('#').unwrap_or((glob, ""));
    let breach = check.is_empty() || check.contains('*') || check == "holds" || check.starts_with("holds-");
    let invariant = |own: &Invariant| fits(case, &format!("invariants/{}", own.id));
    breach && Invariant::all().iter().any(invariant) || fits(case, "target/discovery")
}

fn ids(all: &[Selectable<'_>]) -> Vec<String> {
    let own = all.iter().flat_map(|known| known.checks.iter().map(|check| format!("{}#{check}", known.case)));
    own.chain(Invariant::all().iter().map(|own| format!("invariants/{}#holds", own.id))).collect()
}
