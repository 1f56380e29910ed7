//! Where the text of suites comes from: embedded in the binary, or a folder.

use std::io;
use std::path::{Path, PathBuf};
use std::string::FromUtf8Error;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Place};

/// A suite file as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Name relative to the suites folder, with `/`: `rfc7644/3.3-create.yaml`.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
}

static EMBEDDED: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/embedded_texts.rs"));

/// The suites that the binary brings, in the order of their names; the requirement catalogue is not among them.
#[must_use]
pub fn embedded() -> Vec<Source> {
    let suites = EMBEDDED.iter().filter(|(name, _)| !name.starts_with("requirements/"));
    suites.map(|(name, text)| Source { name: (*name).to_owned(), text: (*text).into() }).collect()
}

/// A suite file larger than this is not read.
const MAX_FILE: u64 = 8 * 1024 * 1024;

/// Reads a suite file, or every `.yaml` file below a folder, in the order of their names.
///
/// What is below a folder and cannot be read, a file that is larger than 8 MiB and one that is not UTF-8 are mistakes
/// among others: a diagnostic stands in the place of each.
///
/// # Errors
/// If what `path` itself names cannot be read; the message names it.
pub fn read(path: &Path) -> io::Result<Vec<Result<Source, Diagnostic>>> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if !path.is_dir() {
        let name = path.to_string_lossy().replace('\\', "/");
        return Ok(vec![text(path, &name).map_err(named)?]);
    }
    let mut found = Vec::new();
    collect(path, &mut found).map_err(named)?;
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut read = Vec::with_capacity(found.len());
    for (file, reached) in found {
        let name = file.strip_prefix(path).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        match reached.and_then(|()| regular(&file)).and_then(|()| text(&file, &name)) {
            Ok(source) => read.push(source),
            Err(error) => read.push(Err(unreadable(&name, &error))),
        }
    }
    Ok(read)
}

/// Whoever reads from a pipe that lies in a folder may wait for ever; one that the user names is meant.
fn regular(file: &Path) -> io::Result<()> {
    let regular = std::fs::metadata(file)?.is_file();
    if regular { Ok(()) } else { Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")) }
}

/// The text of a file.
fn text(file: &Path, name: &str) -> io::Result<Result<Source, Diagnostic>> {
    if std::fs::metadata(file)?.len() > MAX_FILE {
        return Ok(Err(too_large(name)));
    }
    Ok(String::from_utf8(std::fs::read(file)?)
        .map(|text| Source { name: name.to_owned(), text: text.into() })
        .map_err(|error| not_utf8(name, &error)))
}

fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::new(name, "", Place::START, &format!("it cannot be read: {error}"))
        .label("nothing was read")
        .help("is it there, and are you allowed to read it?".to_owned())
}

fn too_large(name: &str) -> Diagnostic {
    Diagnostic::new(name, "", Place::START, &format!("it is larger than {} MiB", MAX_FILE / 1024 / 1024))
        .label("nothing was read")
        .help("a suite is split into several files, each with an id of its own".to_owned())
}

fn not_utf8(name: &str, error: &FromUtf8Error) -> Diagnostic {
    let (bytes, start) = (error.as_bytes(), error.utf8_error().valid_up_to());
    let text = String::from_utf8_lossy(bytes);
    let place = Place::from_offset(&text, start);
    let byte = bytes.get(start).copied().unwrap_or_default();
    Diagnostic::new(name, &text, place, &format!("not UTF-8: the byte 0x{byte:02X} cannot stand here"))
        .label("no character")
        .help("save the file as UTF-8".to_owned())
}

/// What is below a folder: files, and folders that cannot be read.
type Found = Vec<(PathBuf, io::Result<()>)>;

fn collect(folder: &Path, found: &mut Found) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "requirements"
                && !name.starts_with('.')
                && let Err(error) = collect(&path, found)
            {
                found.push((path, Err(error)));
            }
        } else if matches!(path.extension().and_then(|e| e.to_str()), Some("yaml" | "yml")) {
            found.push((path, Ok(())));
        }
    }
    Ok(())
}
