//! Writes the reports of a run: the only I/O of this layer.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::{badge, ctrf, har, html, json, junit, markdown, tap};
use crate::model::{ReportFormat, RunResult};

/// A temporary file that nobody wrote to for so long is nobody's.
const ABANDONED: Duration = Duration::from_mins(1);

/// A report that could not be written.
#[derive(Debug, Error)]
#[error("cannot write {path}: {source}", path = .path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The result in a format, as text.
#[must_use]
pub fn render(format: ReportFormat, result: &RunResult) -> String {
    match format {
        ReportFormat::Json => json::render(result),
        ReportFormat::Junit => junit::render(result),
        ReportFormat::Html => html::render(result),
        ReportFormat::Markdown => markdown::render(result),
        ReportFormat::Har => har::render(result),
        ReportFormat::Ctrf => ctrf::render(result),
        ReportFormat::Tap => tap::render(result),
        ReportFormat::Badge => badge::render(result),
    }
}

/// Writes what [`render`] gives; what may be long goes out piece by piece.
///
/// # Errors
/// If `out` fails.
pub fn write(format: ReportFormat, result: &RunResult, out: &mut dyn io::Write) -> io::Result<()> {
    match format {
        ReportFormat::Json => json::write(result, out),
        ReportFormat::Har => har::write(result, out),
        ReportFormat::Html => html::write(result, out),
        _ => out.write_all(render(format, result).as_bytes()),
    }
}

/// Writes reports into a folder, which is made if it is not there, and gives their paths. Each file is replaced at once:
/// whoever reads sees the old one or the new one, never half of one.
///
/// # Errors
/// If the folder or a file cannot be written.
pub fn write_all(
    dir: &Path,
    result: &RunResult,
    formats: &[ReportFormat],
) -> Result<Vec<PathBuf>, WriteError> {
    write_each(dir, result, formats, Durable::Yes)
}

/// The same for files that are replaced again soon: they survive the death of the process, not that of the machine.
pub(super) fn write_quickly(
    dir: &Path,
    result: &RunResult,
    formats: &[ReportFormat],
) -> Result<Vec<PathBuf>, WriteError> {
    write_each(dir, result, formats, Durable::No)
}

/// Whether a file has to be on the disk before it takes the place of the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    Yes,
    No,
}

fn write_each(
    dir: &Path,
    result: &RunResult,
    formats: &[ReportFormat],
    durable: Durable,
) -> Result<Vec<PathBuf>, WriteError> {
    fs::create_dir_all(dir).map_err(|source| WriteError { path: dir.to_owned(), source })?;
    let mut written = Vec::new();
    // One after the other, so that only one of the texts is in memory.
    for format in formats {
        let path = dir.join(format.file_name());
        replace_with(&path, durable, &|out| write(*format, result, out))
            .map_err(|source| WriteError { path: path.clone(), source })?;
        written.push(path);
    }
    Ok(written)
}

/// Replaces a file at once: a temporary file in the same folder, then a rename.
///
/// # Errors
/// If the temporary file cannot be written or renamed; it is removed then.
pub fn replace(path: &Path, content: &str) -> io::Result<()> {
    replace_with(path, Durable::Yes, &|out| out.write_all(content.as_bytes()))
}

fn replace_with(
    path: &Path,
    durable: Durable,
    write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_new(&temporary, durable, write).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Removes what processes that were killed while they wrote one of these reports left behind; what another process may
/// be writing now stays.
pub(super) fn remove_abandoned(dir: &Path, formats: &[ReportFormat]) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let untouched = || entry.metadata().and_then(|about| about.modified()).ok()?.elapsed().ok();
        if formats.iter().any(|format| is_temporary(&name.to_string_lossy(), format.file_name()))
            && untouched().is_some_and(|time| time >= ABANDONED)
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Whether a name is that of a temporary file of a report.
fn is_temporary(name: &str, report: &str) -> bool {
    let process = name.strip_prefix('.').and_then(|name| name.strip_prefix(report)).and_then(|name| {
        let name = name.strip_prefix('.')?;
        name.strip_suffix(".tmp")
    });
    process.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn write_new(
    path: &Path,
    durable: Durable,
    write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<()> {
    // What an earlier process with the same number left behind.
    let _ = fs::remove_file(path);
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut buffered = BufWriter::new(&file);
    write(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    if durable == Durable::Yes { file.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::time::{Duration, SystemTime};

    use super::remove_abandoned;
    use crate::model::ReportFormat;

    #[test]
    fn what_a_killed_process_left_behind_is_removed_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - Duration::from_mins(2);
        let names = [
            ".results.json.41.tmp",
            ".results.json.42.tmp",
            ".results.json.old.tmp",
            ".other.41.tmp",
            "results.json",
        ];
        for name in names {
            let file = File::create(dir.path().join(name)).unwrap();
            if !name.contains("42") {
                file.set_modified(old).unwrap();
            }
        }
        remove_abandoned(dir.path(), &[ReportFormat::Json, ReportFormat::Html]);
        let mut left: Vec<_> = fs::read_dir(dir.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(left, [".other.41.tmp", ".results.json.42.tmp", ".results.json.old.tmp", "results.json"]);
    }
}
