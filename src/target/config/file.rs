//! `scimcheck.toml`: where it is, and its checked content.

use std::path::{Path, PathBuf};

use super::check::{self, Checked};
use super::error::ConfigError;
use super::format::ConfigTables;
use super::layers::Environment;
use super::mask::Masks;
use crate::model::ReportFormat;
use crate::suite::diagnostic::Diagnostic;
use crate::suite::yaml::Document;

/// The name of the file that is looked for in the current directory.
pub const FILE_NAME: &str = "scimcheck.toml";
/// A larger file is not read.
const LARGEST: u64 = 256 << 10;

/// A configuration file without mistakes.
#[derive(Clone)]
pub struct ConfigFile {
    /// As the user named it.
    pub(super) name: String,
    /// Paths in it are relative to this folder.
    pub(super) folder: PathBuf,
    pub(super) tables: ConfigTables,
    text: String,
    document: Document,
    masks: Masks,
}

impl std::fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let targets: Vec<_> = self.target_names().collect();
        f.debug_struct("ConfigFile")
            .field("name", &self.name)
            .field("targets", &targets)
            .finish_non_exhaustive()
    }
}

impl ConfigFile {
    /// Checks the text of a file. `name` is what messages call it; paths in it are relative to `folder`.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every mistake.
    pub fn parse(name: &str, folder: &Path, text: &str) -> Result<Self, ConfigError> {
        let Checked { tables, document, masks } = check::check(name, text).map_err(ConfigError::Invalid)?;
        let (name, folder, text) = (name.to_owned(), folder.to_owned(), text.to_owned());
        Ok(Self { name, folder, tables, text, document, masks })
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ConfigError::Read`] if it cannot be read; [`ConfigError::Unreadable`] if it is no UTF-8 or larger than 256 KiB;
    /// [`ConfigError::Invalid`] with every mistake.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = read(path, &name)?;
        Self::parse(&name, path.parent().unwrap_or(Path::new("")), &text)
    }

    /// The file, as the user named it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of its targets, in order of the alphabet.
    pub fn target_names(&self) -> impl Iterator<Item = &str> {
        self.tables.target.keys().map(String::as_str)
    }

    /// Which reports a run writes, whatever is tested, if the file says so.
    #[must_use]
    pub fn reports(&self) -> Option<&[ReportFormat]> {
        self.tables.reports.as_deref()
    }

    /// A mistake at the value of a JSON Pointer.
    pub(super) fn diagnostic(&self, pointer: &str, message: &str) -> Diagnostic {
        let place = self.document.place_of(pointer);
        self.masks.apply(Diagnostic::new(&self.name, &self.text, place, message))
    }

    /// The line of a JSON Pointer, from 1.
    pub(super) fn line(&self, pointer: &str) -> usize {
        self.document.place_of_key(pointer).line
    }
}

fn read(path: &Path, name: &str) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::Read { file: name.to_owned(), source };
    let wrong = |message: String| ConfigError::Unreadable { file: name.to_owned(), message };
    if std::fs::metadata(path).map_err(failed)?.len() > LARGEST {
        return Err(wrong(format!("larger than {LARGEST} bytes")));
    }
    let text = String::from_utf8(std::fs::read(path).map_err(failed)?).map_err(|error| {
        let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
        wrong(format!("line {} is not UTF-8", before.split('\n').count()))
    })?;
    // Editors on Windows put a byte order mark in front.
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The file to read: what `--config` names, else what `SCIMCHECK_CONFIG` names, else `scimcheck.toml` in a folder (the
/// current directory) if there is one.
#[must_use]
pub fn find(flag: Option<&Path>, environment: Environment<'_>, folder: &Path) -> Option<PathBuf> {
    let named = flag.map(Path::to_owned);
    let variable = || environment("SCIMCHECK_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
    let here = || {
        let path = if folder == Path::new(".") { PathBuf::from(FILE_NAME) } else { folder.join(FILE_NAME) };
        path.is_file().then_some(path)
    };
    named.or_else(variable).or_else(here)
}
