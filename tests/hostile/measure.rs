//! Runs of the binary with what they cost.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Memory that a run may take at most, in MiB.
pub(crate) const MOST_MEMORY: u64 = 300;
/// Nothing takes longer; a debug build on a busy machine is slow.
const LONGEST: Duration = Duration::from_secs(90);

/// A run that has ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The largest resident size, in MiB; 0 where the system does not say.
    pub(crate) memory: u64,
    pub(crate) took: Duration,
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
        assert!(self.memory < MOST_MEMORY, "{what}: {} MiB", self.memory);
        assert!(self.took < LONGEST, "{what}: {:?}", self.took);
        assert!(!self.stderr.contains("panicked"), "{what}: {}", self.stderr);
        let mut texts = vec![self.stdout.clone(), self.stderr.clone()];
        if self.code != Some(5) {
            texts.extend(["results.json", "junit.xml", "report.html"].map(|name| self.file(name)));
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
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimcheck"));
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
    ]);
    for file in suites {
        command.arg("--suites").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("suites").join(file));
    }
    command.args(arguments);
    let files = ["stdout", "stderr"].map(|name| folder.path().join(name));
    let [out, err] = files.each_ref().map(|path| std::fs::File::create(path).expect("a file"));
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn().expect("it starts");
    let (code, memory) = watch(&mut child, started);
    let [stdout, stderr] = files.map(|path| std::fs::read_to_string(path).expect("output is UTF-8"));
    Ended { code, stdout, stderr, memory, took: started.elapsed(), folder }
}

/// Waits for the end and looks at the memory meanwhile.
fn watch(child: &mut Child, started: Instant) -> (Option<i32>, u64) {
    let mut memory = 0;
    loop {
        memory = memory.max(high_water_mark(child.id()));
        if let Some(status) = child.try_wait().expect("a status") {
            return (status.code(), memory);
        }
        if started.elapsed() > LONGEST {
            child.kill().expect("it is killed");
            child.wait().expect("it ends");
            return (None, memory);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// `VmHWM` of a process, in MiB.
fn high_water_mark(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes =
        line.and_then(|line| line.split_whitespace().next()).and_then(|text| text.parse::<u64>().ok());
    kibibytes.unwrap_or(0) / 1024
}
