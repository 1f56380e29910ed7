//! A working directory of its own for the binary, without anything of the environment of the tests.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use std::os::unix::process::CommandExt as _;

use scimcheck::model::RunResult;
use tempfile::TempDir;

use crate::process;

/// Everything takes seconds at most; this only keeps a hang from taking all tests with it.
pub(crate) const LIMIT: Duration = Duration::from_mins(2);

/// A suite that needs nothing but users.
pub(crate) const OWN_SUITE: &str = r#"format: 1
suite: own/users
title: Users of our own

cases:
  - id: created
    title: A resource of every type can be created and read
    why: Nothing else makes sense otherwise.
    derive: resource-types
    setup:
      - { create: "${name}", as: made }
    steps:
      - name: read it
        request: { method: GET, path: "${endpoint}/${made.id}" }
        expect: { status: 200 }
        checks:
          - id: same-id
            at: id
            equals: "${made.id}"
            requirement: RFC7643-3.1-02
            hint: The server answers with another resource.

  - id: filtered
    title: A user can be found
    requires: [filter]
    setup:
      - { create: User, as: made }
    steps:
      - name: find it
        request: { method: GET, path: "/Users", query: { filter: 'id eq "${made.id}"' } }
        expect: { status: 200 }
"#;

/// A case whose set-up no server accepts.
pub(crate) const BLOCKED_SUITE: &str = r#"format: 1
suite: own/blocked
title: Blocked
cases:
  - id: no-set-up
    title: The set-up does not succeed
    setup:
      - { create: User, as: made, with: { active: "perhaps" } }
    steps:
      - name: read it
        request: { method: GET, path: "/Users/${made.id}" }
        expect: { status: 200 }
"#;

pub(crate) const UNFOLLOWED_SUITE: &str = r#"format: 1
suite: own/unfollowed
title: Unfollowed
cases:
  - id: recommended
    title: What is recommended is not done
    setup:
      - { create: User, as: made }
    steps:
      - name: read it
        request: { method: GET, path: "/Users/${made.id}" }
        requirement: RFC7644-3.3-08
        one_of:
          - { outcome: reads it, status: 200, verdict: fail }
          - { outcome: does not, status: 404 }
      - name: read it again
        request: { method: GET, path: "/Users/${made.id}" }
        checks:
          - { id: later, at: id, equals: "${made.id}", requirement: RFC7644-3.4.1-02 }
"#;

/// A working directory.
pub(crate) struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), variables: Vec::new() }
    }

    /// With an environment variable for all that is run here.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and its folders.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of the files in a folder.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.path(folder)) else { return Vec::new() };
        let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("it can be read").file_name();
        let mut names: Vec<_> =
            entries.map(|entry| name(entry).into_string().expect("an ordinary name")).collect();
        names.sort();
        names
    }

    /// The only ledger in a folder, relative to this place.
    pub(crate) fn ledger(&self, folder: &str) -> String {
        let mut ledgers = self.files(folder);
        ledgers.retain(|name| name.starts_with("ledger-"));
        assert_eq!(ledgers.len(), 1, "one ledger in {folder}: {ledgers:?}");
        format!("{folder}/{}", ledgers[0])
    }

    pub(crate) fn results(&self, folder: &str) -> RunResult {
        let text = self.read(&format!("{folder}/results.json"));
        serde_json::from_str(&text).expect("results.json has the documented form")
    }

    /// The binary, here, with a cleared environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_scimcheck"));
        command.args(arguments);
        self.surround(&mut command);
        command
    }

    /// Gives a command this working directory and a cleared environment.
    pub(crate) fn surround(&self, command: &mut Command) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command.current_dir(self.folder.path()).env_clear().env("PATH", path);
        command.env("HOME", self.folder.path()).env("TMPDIR", self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = process::output_within(&mut self.command(arguments), LIMIT);
        Said::new(output.unwrap_or_else(|error| panic!("{error}")), arguments)
    }

    /// Starts the binary; it ends with the test at the latest.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().expect("the binary can be started");
        let stderr = child.stderr.take().expect("it is piped");
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        Running { child: Some(child), arguments, lines, stderr: String::new() }
    }
}

/// What a command said, and how it ended.
pub(crate) struct Said {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    command: String,
}

impl Said {
    pub(crate) fn new(output: Output, arguments: &[&str]) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
        Self {
            status: output.status,
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            command: format!("scimcheck {}", arguments.join(" ")),
        }
    }

    /// Demands an exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "{}", self.transcript());
        assert!(!self.stderr.contains("panicked"), "{}", self.transcript());
        self
    }

    /// The command and both streams: what a person saw.
    pub(crate) fn transcript(&self) -> String {
        let code = self.status.code().map_or_else(|| self.status.to_string(), |code| code.to_string());
        let mut text = format!("$ {}\n{}", self.command, self.stdout);
        if !self.stderr.is_empty() {
            text.push_str("--- stderr\n");
            text.push_str(&self.stderr);
        }
        format!("{text}--- exit code {code}\n")
    }
}

/// A command that runs.
pub(crate) struct Running {
    child: Option<Child>,
    arguments: Vec<String>,
    lines: mpsc::Receiver<String>,
    stderr: String,
}

impl Running {
    /// Its process, until it is waited for.
    pub(crate) fn child(&mut self) -> &mut Child {
        self.child.as_mut().expect("nobody has waited for it")
    }

    /// Sends it a signal by its name, as in `INT`.
    pub(crate) fn signal(&mut self, name: &str) {
        let pid = self.child().id().to_string();
        // As in `process::kill_group`; the shell's builtin knows the names.
        let sent = Command::new("sh").args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} to {pid}");
    }

    /// Waits until a line on standard error begins like this.
    pub(crate) fn says(&mut self, begin: &str) {
        loop {
            let line = self.lines.recv_timeout(LIMIT).expect("a line comes");
            self.stderr.push_str(&line);
            self.stderr.push('\n');
            if line.starts_with(begin) {
                return;
            }
        }
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Said {
        let child = self.child.take().expect("nobody has waited for it");
        let pid = child.id();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(LIMIT) else {
            process::kill_group(pid);
            panic!("scimcheck {} did not end", self.arguments.join(" "));
        };
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let mut said = Said::new(output.expect("it can be waited for"), &arguments);
        // The stream ends with the process.
        let rest = self.lines.iter().map(|line| format!("{line}\n"));
        said.stderr = std::mem::take(&mut self.stderr) + &rest.collect::<String>();
        said
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            process::end(child);
        }
    }
}

/// A file of the project.
pub(crate) fn of_project(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
