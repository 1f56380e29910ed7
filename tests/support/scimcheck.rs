//! The binary under test, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;

use crate::process::output_within;

/// Nothing that a test starts takes longer.
const LIMIT: Duration = Duration::from_mins(2);

/// A folder for the output of a run, removed at the end.
pub(crate) struct Scratch(tempfile::TempDir);

/// What a run left.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// A command that sees nothing of the user's surroundings.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimcheck"));
        command.current_dir(self.path()).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
        command.args(arguments);
        command
    }

    /// Runs it to its end.
    pub(crate) fn finish(mut command: Command) -> Done {
        let Output { status, stdout, stderr } = output_within(&mut command, LIMIT).expect("the run ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Done { code: status.code(), stdout: text(stdout), stderr: text(stderr) }
    }

    /// Off the threads of the runtime, which serve the target meanwhile.
    pub(crate) async fn run(command: Command) -> Done {
        tokio::task::spawn_blocking(move || Self::finish(command)).await.expect("the run ends")
    }

    /// `results.json` of the last run.
    pub(crate) fn results(&self) -> Value {
        let text =
            std::fs::read_to_string(self.path().join("out/results.json")).expect("results were written");
        serde_json::from_str(&text).expect("results are JSON")
    }

    /// The ledger that the last run left, if it left one.
    pub(crate) fn ledger(&self) -> Option<PathBuf> {
        let files = std::fs::read_dir(self.path().join("out")).ok()?;
        let mut paths = files.filter_map(|file| file.ok().map(|file| file.path()));
        paths.find(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
    }
}
