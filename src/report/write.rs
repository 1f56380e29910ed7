//! Writes the reports of a run: the only I/O of this layer.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use super::{html, json, junit};
use crate::model::RunResult;

/// The names of the files that [`write_all`] writes.
pub const FILES: [&str; 3] = ["results.json", "junit.xml", "report.html"];

/// A report that could not be written.
#[derive(Debug, Error)]
#[error("cannot write {path}: {source}", path = .path.display())]
pub struct WriteError {
    /// The file or folder.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// Writes `results.json`, `junit.xml` and `report.html` into a folder, which is made if it is not there, and gives their
/// paths. Each file is replaced at once: whoever reads sees the old one or the new one, never half of one.
///
/// # Errors
/// If the folder or a file cannot be written.
pub fn write_all(dir: &Path, result: &RunResult) -> Result<Vec<PathBuf>, WriteError> {
    type Write<'r> = &'r dyn Fn(&mut dyn io::Write) -> io::Result<()>;
    fs::create_dir_all(dir).map_err(|source| WriteError { path: dir.to_owned(), source })?;
    // One after the other, so that only one of the texts is in memory.
    let writes: [Write<'_>; 3] =
        [&|out| json::write(result, out), &|out| out.write_all(junit::render(result).as_bytes()), &|out| {
            out.write_all(html::render(result).as_bytes())
        }];
    let mut written = Vec::new();
    for (name, write) in FILES.into_iter().zip(writes) {
        let path = dir.join(name);
        replace_with(&path, write).map_err(|source| WriteError { path: path.clone(), source })?;
        written.push(path);
    }
    Ok(written)
}

/// Replaces a file at once: a temporary file in the same folder, then a rename.
///
/// # Errors
/// If the temporary file cannot be written or renamed; it is removed then.
pub fn replace(path: &Path, content: &str) -> io::Result<()> {
    replace_with(path, &|out| out.write_all(content.as_bytes()))
}

fn replace_with(path: &Path, write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_new(&temporary, write).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, write: &dyn Fn(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    // What an earlier process with the same number left behind.
    let _ = fs::remove_file(path);
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut buffered = BufWriter::new(&file);
    write(&mut buffered)?;
    buffered.flush()?;
    drop(buffered);
    file.sync_all()
}
