//! Runs of the binary that may not take more memory or time than is good.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use scimcheck::model::ReportFormat;
use serde_json::Value;

use crate::process::output_within;

/// Memory that a run may take at most, in MiB: everything that it writes to itself, the stacks of its threads included.
/// The system sees to it: a program that wants more is refused it, and ends with a signal.
const MOST_MEMORY: u32 = 300;
/// Nothing takes longer; a debug build on a busy machine is slow.
const LONGEST: Duration = Duration::from_secs(90);

/// A run that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    folder: tempfile::TempDir,
}

impl Ended {
    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name))
            .unwrap_or_else(|error| panic!("{name}: {error}: {}", self.stderr))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("out").join(name)
    }

    pub(crate) fn results(&self) -> Value {
        serde_json::from_str(&self.file("results.json")).expect("results are JSON")
    }

    /// Asserts what holds of every run, whatever the target did.
    pub(crate) fn is_sound(&self, what: &str) {
        assert!(
            matches!(self.code, Some(0 | 1 | 5)),
            "{what}: {:?}\n{}\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        assert!(!self.stderr.contains("panicked"), "{what}: {}", self.stderr);
        let mut texts = vec![self.stdout.clone(), self.stderr.clone()];
        if self.code != Some(5) {
            texts.extend(ReportFormat::ALL.map(|format| self.file(format.file_name())));
            let results = self.results();
            assert_eq!(results["partial"], Value::Null, "{what}: the run went to its end");
            let text = results.to_string();
            assert!(
                !text.contains("internal error, please report"),
                "{what}: nothing is our own mistake: {:#}",
                broken(&results)
            );
        }
        for text in texts {
            let steers = |c: &char| {
                c.is_control() && !matches!(c, '\n' | '\t')
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            };
            assert_eq!(text.chars().find(steers), None, "{what}: a character that steers terminals");
        }
    }
}

fn broken(results: &Value) -> Value {
    let cases = results["cases"].as_array().expect("cases");
    cases.iter().filter(|case| case["verdict"] == "error").map(|case| case["reason"].clone()).collect()
}

/// Runs some suites against a target.
pub(crate) fn run(base_url: &str, suites: &[&str], arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = bounded(env!("CARGO_BIN_EXE_scimcheck"));
    command.current_dir(folder.path()).env_clear().env("T", "a-token-of-this-test");
    command.args([
        "run",
        "--target",
        base_url,
        "--token-env",
        "T",
        "--output",
        "out",
        "--verbose",
        "--jobs",
        "8",
        "--format",
        "all",
    ]);
    for file in suites {
        command.arg("--suites").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("suites").join(file));
    }
    command.args(arguments);
    let Output { status, stdout, stderr } = output_within(&mut command, LONGEST).expect("the run ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
    Ended { code: status.code(), stdout: text(stdout), stderr: text(stderr), folder }
}

/// A program that the system gives [`MOST_MEMORY`] at most.
fn bounded(program: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    let kibibytes = (MOST_MEMORY * 1024).to_string();
    command.args(["-c", r#"ulimit -d "$1" && shift && exec "$@""#, "sh", &kibibytes, program]);
    command
}

/// The bound is real.
#[test]
fn a_program_that_takes_too_much_memory_ends() {
    let tail = |mebibytes: u32| {
        let mut command = bounded("/bin/sh");
        // Without line breaks `tail` keeps everything that it reads.
        command.args(["-c", r#"head -c "$1" /dev/zero | tail -n 1 | wc -c"#, "sh"]);
        command.arg((u64::from(mebibytes) << 20).to_string());
        let output = output_within(&mut command, LONGEST).expect("it ends");
        String::from_utf8_lossy(&output.stdout).trim().parse::<u64>().unwrap_or(0)
    };
    assert_eq!(tail(8), 8 << 20);
    assert_eq!(tail(MOST_MEMORY + 100), 0, "it was not given the memory");
}
