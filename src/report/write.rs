//! Writes the reports of a run: the only I/O of this layer.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{badge, ctrf, har, html, json, junit, markdown, tap};
use crate::model::{ReportFormat, RunResult};

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
