//! Processes of tests: each in a group of its own, with a deadline, and never left behind.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Runs a command to its end and returns what it wrote; an error if it cannot be started or takes longer than `limit`,
/// in which case it and everything it started are killed.
pub(crate) fn output_within(command: &mut Command, limit: Duration) -> Result<Output, String> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?;
    let pid = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let Ok(output) = receiver.recv_timeout(limit) else {
        kill_group(pid);
        return Err(format!("{command:?} took longer than {} s and was killed", limit.as_secs()));
    };
    output.map_err(|error| format!("cannot wait for {command:?}: {error}"))
}

/// Kills a process that leads its group, with the whole group, and reaps it.
pub(crate) fn end(child: &mut Child) {
    kill_group(child.id());
    // Both fail only if the process is gone already.
    let _ = child.kill();
    let _ = child.wait();
}

/// Kills the group that a process leads. Signals are not in the standard library and `unsafe` is forbidden: the shell's
/// builtin sends this one.
pub(crate) fn kill_group(leader: u32) {
    let _ = Command::new("sh")
        .args(["-c", r#"kill -s KILL -- "-$1""#, "sh", &leader.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
