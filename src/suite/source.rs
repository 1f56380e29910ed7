//! Where the text of suites comes from: embedded in the binary, or a folder.

use std::io;
use std::path::Path;
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
/// A file that is not UTF-8 is a mistake among others: its diagnostic stands in its place.
///
/// # Errors
/// If something cannot be read, or is larger than 8 MiB; the message names the file.
pub fn read(path: &Path) -> io::Result<Vec<Result<Source, Diagnostic>>> {
    let mut files = Vec::new();
    let named =
        |error: io::Error, path: &Path| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    if path.is_dir() {
        collect(path, &mut files).map_err(|error| named(error, path))?;
        files.sort();
    } else {
        files.push(path.to_owned());
    }
    files
        .into_iter()
        .map(|file| {
            let size = std::fs::metadata(&file).map_err(|error| named(error, &file))?.len();
            if size > MAX_FILE {
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    format!("{}: larger than {MAX_FILE} bytes", file.display()),
                ));
            }
            let bytes = std::fs::read(&file).map_err(|error| named(error, &file))?;
            let relative = if path.is_dir() { file.strip_prefix(path).unwrap_or(&file) } else { &file };
            let name = relative.to_string_lossy().replace('\\', "/");
            Ok(String::from_utf8(bytes)
                .map(|text| Source { name: name.clone(), text: text.into() })
                .map_err(|error| not_utf8(&name, &error)))
        })
        .collect()
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

fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if name != "requirements" && !name.starts_with('.') {
                collect(&path, files)?;
            }
        } else if matches!(path.extension().and_then(|e| e.to_str()), Some("yaml" | "yml")) {
            files.push(path);
        }
    }
    Ok(())
}
