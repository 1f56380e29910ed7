//! Real SCIM servers: published packages that somebody else wrote, installed on first use and started on loopback.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tempfile::TempDir;

use super::process;

/// The first use downloads packages; the lock of another test that does the same is part of this time.
const SETUP_LIMIT: Duration = Duration::from_mins(15);
/// They start in under a second; a loaded machine may need much longer.
const START_LIMIT: Duration = Duration::from_mins(1);

/// The servers that `tests/targets/` has a recipe for.
pub(crate) const NAMES: [&str; 3] = ["scim2-server", "scimmy", "django-scim2"];

/// A running server; dropping it ends the process and removes what it wrote.
pub(crate) struct RealTarget {
    base_url: String,
    token: String,
    child: Child,
    _scratch: TempDir,
}

impl RealTarget {
    /// Installs the server if that was not done yet, starts it on a free port and waits until it accepts connections.
    ///
    /// `None` if this machine has no Python or Node.js for it; a line on stderr says so. Where skipping is not allowed
    /// (`CI` or `SCIMCHECK_REQUIRE_TARGETS` is set) this is an error, as is everything that goes wrong later.
    pub(crate) fn start(name: &str) -> Result<Option<Self>, String> {
        Self::start_with(name, &[])
    }

    /// The same with environment variables for the server.
    pub(crate) fn start_with(name: &str, variables: &[(&str, &str)]) -> Result<Option<Self>, String> {
        if let Err(reason) = runtime_of(name) {
            return skipped(name, &reason).map(|()| None);
        }
        set_up(name)?;
        launch(name, variables).map(Some)
    }

    /// The SCIM base URL, without a slash at its end.
    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The bearer token.
    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for RealTarget {
    fn drop(&mut self) {
        process::end(&mut self.child);
    }
}

fn recipe(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/targets").join(name)
}

/// Whether the interpreter that the server needs is there and new enough; the error says what is missing.
fn runtime_of(name: &str) -> Result<(), String> {
    if name == "scimmy" {
        answers(
            "node",
            &["--eval", "process.exit(+(parseInt(process.versions.node) < 18))"],
            "Node.js 18 or newer",
        )?;
        return answers("npm", &["--version"], "npm");
    }
    answers("python3", &["-c", "import sys; sys.exit(sys.version_info < (3, 11))"], "Python 3.11 or newer")?;
    // Debian parts the module that makes virtual environments from Python itself.
    answers("python3", &["-c", "import venv, ensurepip"], "the Python module venv (package python3-venv)")
}

fn answers(program: &str, arguments: &[&str], wanted: &str) -> Result<(), String> {
    let status = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(format!("{program} is there, but not {wanted}")),
        Err(_) => Err(format!("{program} not found")),
    }
}

fn skipped(name: &str, reason: &str) -> Result<(), String> {
    let line = format!("SKIPPED real target {name}: {reason}");
    if let Some(variable) = ["CI", "SCIMCHECK_REQUIRE_TARGETS"].into_iter().find(|name| is_set(name)) {
        return Err(format!("{line}; {variable} is set, so that nothing may be skipped"));
    }
    // Not `eprintln!`, which the test harness swallows when the test passes.
    let _ = writeln!(std::io::stderr().lock(), "\n{line}");
    Ok(())
}

fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

fn set_up(name: &str) -> Result<(), String> {
    let output = process::output_within(&mut Command::new(recipe(name).join("setup.sh")), SETUP_LIMIT)?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{name} cannot be installed ({}):\n{}", output.status, String::from_utf8_lossy(&said)))
}

fn launch(name: &str, variables: &[(&str, &str)]) -> Result<RealTarget, String> {
    let failed = |what: &str, error: std::io::Error| format!("{name}: {what}: {error}");
    let scratch = tempfile::tempdir().map_err(|error| failed("temporary folder", error))?;
    let log = scratch.path().join("stderr.log");
    let stderr = File::create(&log).map_err(|error| failed("log", error))?;
    let mut child = Command::new(recipe(name).join("start.sh"))
        .arg("0")
        // The pipe ends when this process does, however it ends, and the server with it.
        .env("STOP_AT_EOF", "1")
        .envs(variables.iter().copied())
        .env("TMPDIR", scratch.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(stderr)
        .process_group(0)
        .spawn()
        .map_err(|error| failed("start.sh", error))?;
    let stdout = child.stdout.take().expect("it is piped");
    if let Some((base_url, token)) = announcement(stdout) {
        return Ok(RealTarget { base_url, token, child, _scratch: scratch });
    }
    process::end(&mut child);
    let said = fs::read_to_string(&log).unwrap_or_default();
    Err(format!("{name} did not announce itself within {} s:\n{said}", START_LIMIT.as_secs()))
}

/// Waits for the line `BASE=<url> TOKEN=<token>`; `None` if the stream ends before it comes or the time is over. The
/// stream is read to its end in the background, so that the server never blocks on a full pipe.
fn announcement(stdout: ChildStdout) -> Option<(String, String)> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if let Some(found) = parsed(&line) {
                // Nobody waits any more if the time was over.
                let _ = sender.send(found);
            }
        }
    });
    receiver.recv_timeout(START_LIMIT).ok()
}

fn parsed(line: &str) -> Option<(String, String)> {
    let (base, token) = line.strip_prefix("BASE=")?.split_once(" TOKEN=")?;
    Some((base.to_owned(), token.to_owned()))
}
