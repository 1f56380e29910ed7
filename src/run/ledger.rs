//! The ledger: the file that records every resource a run creates, so that all of it can be deleted, even after
//! `kill -9`. One JSON object per line; a create is written before it is sent. The lines survive the death of the
//! process because they are handed to the operating system one by one; a torn last line is ignored on reading.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::ids::Ids;
use crate::wire::Redactor;

/// One line of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "entry")]
pub enum Entry {
    /// The first line.
    Run {
        /// Version of this format: 1.
        format: u32,
        /// Name of the target.
        target: String,
        /// Base URL of the target.
        base_url: String,
        /// What every name of the run contains.
        token: String,
    },
    /// A create is about to be sent.
    Intent {
        /// Number of the create within the run.
        number: u64,
        /// The case that sends it.
        case: String,
        /// URL it is sent to.
        endpoint: String,
        /// An attribute of the body that identifies the resource, and its value.
        identifier: Option<(String, String)>,
    },
    /// The target has created it.
    Created {
        /// Number of the intent.
        number: u64,
        /// URL of the resource.
        url: String,
    },
    /// The target says that it has created it, but not so that it can be found.
    Lost {
        /// Number of the intent.
        number: u64,
        /// What is wrong with the answer.
        reason: String,
    },
    /// The target has refused it, or it is gone.
    Gone {
        /// Number of the intent.
        number: u64,
    },
}

/// A ledger that a run writes.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    file: Mutex<State>,
    redactor: Redactor,
}

#[derive(Debug)]
struct State {
    file: File,
    next: u64,
    open: u64,
}

impl Ledger {
    /// Begins a ledger.
    ///
    /// # Errors
    /// If the file exists already (it may be the only trace of an earlier run) or cannot be written.
    pub fn create(path: &Path, target: &str, base_url: &str, token: &str) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().append(true).create_new(true).open(path)?;
        let ledger = Self {
            path: path.to_owned(),
            file: Mutex::new(State { file, next: 0, open: 0 }),
            redactor: Redactor::default(),
        };
        let head = Entry::Run {
            format: 1,
            target: target.to_owned(),
            base_url: base_url.to_owned(),
            token: token.to_owned(),
        };
        write(&mut ledger.state().file, &head)?;
        Ok(ledger)
    }

    /// The same, never with a secret in it.
    #[must_use]
    pub fn without_secrets(self, redactor: &Redactor) -> Self {
        Self { redactor: redactor.clone(), ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records that a create is about to be sent and returns its number. Nothing may be sent if this fails.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn intent(
        &self,
        case: &str,
        endpoint: &str,
        identifier: Option<(String, String)>,
    ) -> io::Result<u64> {
        let mut state = self.state();
        let number = state.next;
        let entry =
            Entry::Intent { number, case: case.to_owned(), endpoint: endpoint.to_owned(), identifier };
        write(&mut state.file, &entry)?;
        state.next += 1;
        state.open += 1;
        Ok(number)
    }

    /// Records that the target has created a resource.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn created(&self, number: u64, url: &str) -> io::Result<()> {
        // A target may put a secret into a URL. Without this line clean-up searches by identifier.
        if self.redactor.text(url) != url {
            return Ok(());
        }
        write(&mut self.state().file, &Entry::Created { number, url: url.to_owned() })
    }

    /// Records that the target says it has created a resource, but not so that it can be found.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn lost(&self, number: u64, reason: &str) -> io::Result<()> {
        let reason = self.redactor.text(reason);
        write(&mut self.state().file, &Entry::Lost { number, reason })
    }

    /// Records that there is nothing (left) to delete.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn gone(&self, number: u64) -> io::Result<()> {
        let mut state = self.state();
        write(&mut state.file, &Entry::Gone { number })?;
        state.open = state.open.saturating_sub(1);
        Ok(())
    }

    /// Ends the ledger: the file is removed if nothing is left to delete. Returns its path if it stays.
    #[must_use]
    pub fn finish(&self) -> Option<PathBuf> {
        if self.state().open == 0 && std::fs::remove_file(&self.path).is_ok() {
            return None;
        }
        Some(self.path.clone())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn write(file: &mut File, entry: &Entry) -> io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    file.write_all(&line)
}

/// Why a ledger cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be read.
    #[error("cannot read the ledger {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not a ledger.
    #[error("{path}:{line}: not a line of a scimcheck ledger: {message}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// What a ledger says is still there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outstanding {
    /// Name of the target.
    pub target: String,
    /// Base URL of the target.
    pub base_url: String,
    /// What every name of the run contains.
    pub token: String,
    /// Creates whose resource may still exist, in the order they were made.
    pub creates: Vec<OutstandingCreate>,
}

/// A create whose resource may still exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutstandingCreate {
    /// Number of the intent.
    pub number: u64,
    /// The case that sent it.
    pub case: String,
    /// URL it was sent to.
    pub endpoint: String,
    /// An attribute that identifies the resource, and its value.
    pub identifier: Option<(String, String)>,
    /// URL of the resource, if the answer arrived.
    pub url: Option<String>,
    /// Why the resource is not known, though the target said that it made it.
    pub lost: Option<String>,
}

/// Reads what a ledger says is still there.
///
/// # Errors
/// If the file cannot be read or is not a ledger. An incomplete last line is what a killed run leaves; it is ignored.
pub fn read(path: &Path) -> Result<Outstanding, LedgerError> {
    let io_error = |source| LedgerError::Io { path: path.to_owned(), source };
    let malformed = |line, message: String| LedgerError::Malformed { path: path.to_owned(), line, message };
    let lines = io::BufReader::new(File::open(path).map_err(io_error)?).split(b'\n');
    let mut found: Option<Outstanding> = None;
    for (index, line) in lines.enumerate() {
        let line = line.map_err(io_error)?;
        if line.is_empty() {
            continue;
        }
        let entry: Entry = match serde_json::from_slice(&line) {
            Ok(entry) => entry,
            // A line that ends too early is what a killed run leaves.
            Err(error) if found.is_some() && error.is_eof() => continue,
            Err(error) => return Err(malformed(index + 1, error.to_string())),
        };
        match (entry, &mut found) {
            (Entry::Run { token, .. }, None) if !Ids::is_token(&token) => {
                return Err(malformed(index + 1, format!("{token:?} is not the token of a run")));
            }
            (Entry::Run { format: 1, target, base_url, token }, None) => {
                found = Some(Outstanding { target, base_url, token, creates: Vec::new() });
            }
            (Entry::Run { format, .. }, _) => {
                return Err(malformed(index + 1, format!("format {format}, or a second head")));
            }
            (_, None) => return Err(malformed(index + 1, "the head is missing".to_owned())),
            (Entry::Intent { endpoint: url, .. } | Entry::Created { url, .. }, Some(ledger))
                if !is_below(&url, &ledger.base_url) =>
            {
                return Err(malformed(index + 1, format!("{url} is not below {}", ledger.base_url)));
            }
            (Entry::Intent { number, case, endpoint, identifier }, Some(ledger)) => {
                ledger.creates.push(OutstandingCreate {
                    number,
                    case,
                    endpoint,
                    identifier,
                    url: None,
                    lost: None,
                });
            }
            (Entry::Created { number, url }, Some(ledger)) => {
                if let Some(create) = ledger.creates.iter_mut().find(|create| create.number == number) {
                    create.url = Some(url);
                }
            }
            (Entry::Lost { number, reason }, Some(ledger)) => {
                if let Some(create) = ledger.creates.iter_mut().find(|create| create.number == number) {
                    create.lost = Some(reason);
                }
            }
            (Entry::Gone { number }, Some(ledger)) => ledger.creates.retain(|create| create.number != number),
        }
    }
    found.ok_or_else(|| malformed(1, "the file is empty".to_owned()))
}

/// Whether a URL is one of the target: a run sends creates to no other.
fn is_below(url: &str, base_url: &str) -> bool {
    url.strip_prefix(base_url.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
}

/// Records in an existing ledger that a create is dealt with.
///
/// # Errors
/// If the file cannot be written.
pub fn mark_gone(path: &Path, number: u64) -> io::Result<()> {
    let mut file = OpenOptions::new().append(true).open(path)?;
    // A killed run may have left a torn line: begin on a line of our own.
    file.write_all(b"\n")?;
    write(&mut file, &Entry::Gone { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ledger(folder: &tempfile::TempDir) -> Ledger {
        Ledger::create(&folder.path().join("ledger.jsonl"), "t", "http://localhost/v2", "sc00000001").unwrap()
    }

    #[test]
    fn outstanding_is_what_was_not_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder);
        let name = Some(("userName".to_owned(), "sc00000001-a".to_owned()));
        let a = ledger.intent("case/a", "http://localhost/v2/Users", name.clone()).unwrap();
        let b = ledger.intent("case/b", "http://localhost/v2/Users", None).unwrap();
        let c = ledger.intent("case/c", "http://localhost/v2/Users", None).unwrap();
        ledger.created(a, "http://localhost/v2/Users/1").unwrap();
        ledger.created(b, "http://localhost/v2/Users/2").unwrap();
        ledger.gone(b).unwrap();
        let outstanding = read(ledger.path()).unwrap();
        assert_eq!(outstanding.token, "sc00000001");
        let urls: Vec<_> =
            outstanding.creates.iter().map(|create| (create.number, create.url.as_deref())).collect();
        assert_eq!(urls, [(a, Some("http://localhost/v2/Users/1")), (c, None)]);
        assert_eq!(outstanding.creates[0].identifier, name);
        assert!(ledger.finish().is_some_and(|path| path.exists()), "something is left: the file stays");
    }

    #[test]
    fn a_torn_last_line_is_ignored_and_can_be_written_after() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder);
        let a = ledger.intent("case/a", "http://localhost/v2/Users", None).unwrap();
        let path = ledger.path().to_owned();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"entry\":\"crea").unwrap();
        assert_eq!(read(&path).unwrap().creates.len(), 1);
        mark_gone(&path, a).unwrap();
        assert_eq!(read(&path).unwrap().creates, []);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.ends_with("{\"entry\":\"gone\",\"number\":0}\n"), "{text}");
    }

    #[test]
    fn nothing_left_removes_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder);
        let a = ledger.intent("case/a", "http://localhost/v2/Users", None).unwrap();
        ledger.gone(a).unwrap();
        assert_eq!(ledger.finish(), None);
    }

    #[test]
    fn an_existing_ledger_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let first = ledger(&folder);
        let again = Ledger::create(first.path(), "t", "http://localhost", "sc2");
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_ledger_that_claims_what_no_run_makes_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let head = |token: &str| {
            format!(r#"{{"entry":"run","format":1,"target":"t","base_url":"http://h/v2","token":"{token}"}}"#)
        };
        let intent = |endpoint: &str| {
            format!(
                r#"{{"entry":"intent","number":0,"case":"a/b","endpoint":"{endpoint}","identifier":null}}"#
            )
        };
        let reading = |lines: [String; 2]| {
            std::fs::write(&path, lines.join("\n")).unwrap();
            read(&path)
                .map(|_| ())
                .map_err(|error| error.to_string().rsplit("ledger: ").next().unwrap_or("").to_owned())
        };
        let token = "sc00000001";
        assert_eq!(reading([head(token), intent("http://h/v2/Users")]), Ok(()));
        assert_eq!(
            reading([head("s"), intent("http://h/v2/Users")]),
            Err("\"s\" is not the token of a run".to_owned())
        );
        for elsewhere in ["http://evil/v2/Users", "http://h/v20/Users", "http://h/v2"] {
            let refused = Err(format!("{elsewhere} is not below http://h/v2"));
            assert_eq!(reading([head(token), intent(elsewhere)]), refused);
        }
    }

    #[test]
    fn other_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for text in ["", "hello\n", "{\"entry\":\"gone\",\"number\":1}\n"] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(read(&path), Err(LedgerError::Malformed { .. })), "{text:?}");
        }
    }
}
