//! Secrets: from an environment variable, a file or a command, and whether they can be used.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use secrecy::SecretString;

use super::error::ConfigError;
use crate::wire::TokenSource;

/// How long a command that prints a secret may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a secret at most.
const LONGEST: u64 = 64 << 10;

/// What a secret is for: it decides what may stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A bearer token.
    Token,
    /// The value of a header.
    Header,
    /// A password or a client secret: anything.
    Password,
}

/// Where a secret is, and what to call that in messages.
#[derive(Clone)]
pub(super) struct Secret {
    pub(super) source: TokenSource,
    pub(super) kind: Kind,
    /// The key with its place and target.
    pub(super) origin: String,
    /// The environment variable that it was read from.
    pub(super) variable: Option<String>,
}

/// A command may have a secret among its arguments.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secret({})", self.origin)
    }
}

impl Secret {
    /// Reads the secret.
    ///
    /// # Errors
    /// If the file or command does not give one.
    pub(super) fn read(&self) -> Result<SecretString, ConfigError> {
        let read = match &self.source {
            TokenSource::Value(value) => return Ok(value.clone()),
            TokenSource::File(path) => read_file(path),
            TokenSource::Command(command) => run(command, COMMAND_TIMEOUT),
        };
        let wrong = |message| ConfigError::Source { origin: self.origin.clone(), message };
        usable(&read.map_err(wrong)?, self.kind).map_err(wrong)
    }

    /// The token source for the live client. A file is read now, so that a wrong path is a mistake of the
    /// configuration; a command is run when the first request needs it.
    pub(super) fn token_source(&self) -> Result<TokenSource, ConfigError> {
        match &self.source {
            TokenSource::Command(command) => Ok(TokenSource::Command(command.clone())),
            _ => self.read().map(TokenSource::Value),
        }
    }
}

/// The secret without what editors, shells and people put around it.
///
/// The error is a sentence without a full stop.
pub(super) fn usable(text: &str, kind: Kind) -> Result<SecretString, String> {
    let text = match kind {
        Kind::Token | Kind::Header => text.trim(),
        Kind::Password => text.trim_end_matches(['\r', '\n']),
    };
    if text.is_empty() {
        return Err("there is nothing in it".to_owned());
    }
    if kind != Kind::Password && text.chars().any(char::is_control) {
        return Err("it holds a line break or another control character".to_owned());
    }
    if kind == Kind::Token {
        let scheme = text.split_once(' ').map(|(scheme, _)| scheme);
        if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer")) {
            return Err(
                "it begins with `Bearer`, which scimcheck puts in front of the token itself".to_owned()
            );
        }
        if !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err("it holds a character that no token has (RFC 6750 §2.1)".to_owned());
        }
    }
    Ok(text.to_owned().into())
}

/// Reads a secret from a file.
fn read_file(path: &Path) -> Result<String, String> {
    let bytes = read_bytes(path, LONGEST)?;
    String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", path.display()))
}

/// Reads a file of at most so many bytes.
///
/// The error is a sentence without a full stop.
pub(super) fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let name = path.display();
    let failed = |error: std::io::Error| {
        let tilde = if path.iter().any(|part| part == "~") { " (`~` is not expanded)" } else { "" };
        format!("{name} cannot be read: {error}{tilde}")
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(format!("{name} is larger than {} KiB", limit >> 10));
    }
    Ok(bytes)
}

/// Runs a shell command. What it prints on standard error stays out of every output: it may be about the secret.
fn run(command: &str, timeout: Duration) -> Result<String, String> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut child = Command::new(shell)
        .args([flag, command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("the command cannot be run: {error}"))?;
    let output = collect(&mut child, timeout);
    if output.is_err() {
        // Whether it ended meanwhile does not matter.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| format!("the command cannot be waited for: {error}"))?;
    let output = output?;
    if !status.success() {
        return Err(format!("the command failed ({status}); run it by hand to see why"));
    }
    String::from_utf8(output).map_err(|_| "the command printed something that is not UTF-8".to_owned())
}

/// What a child prints until it closes its standard output.
fn collect(child: &mut Child, timeout: Duration) -> Result<Vec<u8>, String> {
    let Some(output) = child.stdout.take() else { return Ok(Vec::new()) };
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(LONGEST).read_to_end(&mut bytes).map(|_| bytes);
        // Nobody listens any more if it took too long.
        let _ = sender.send(read);
    });
    match receiver.recv_timeout(timeout) {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(format!("the command's output cannot be read: {error}")),
        Err(_) => Err(format!("the command took longer than {} s", timeout.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_can_be_used() {
        let cases = [
            (" abc\n", Kind::Token, Ok("abc")),
            ("\r\n", Kind::Token, Err("nothing")),
            ("Bearer abc", Kind::Token, Err("`Bearer`")),
            ("a b", Kind::Token, Err("no token has")),
            ("a\nb", Kind::Token, Err("line break")),
            ("a b", Kind::Header, Ok("a b")),
            ("a\u{1}b", Kind::Header, Err("control")),
            (" pass word \r\n", Kind::Password, Ok(" pass word ")),
        ];
        for (text, kind, wanted) in cases {
            match (usable(text, kind), wanted) {
                (Ok(secret), Ok(wanted)) => assert_eq!(secret.expose_secret(), wanted),
                (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
                (got, _) => panic!("{text:?}: {}", got.is_ok()),
            }
        }
    }

    #[test]
    #[cfg(unix)]
    fn commands() {
        let timeout = Duration::from_secs(20);
        assert_eq!(run("echo a; echo b >&2", timeout).as_deref(), Ok("a\n"));
        let failed = run("echo s3cr3t; echo s3cr3t >&2; exit 3", timeout).unwrap_err();
        assert_eq!(failed, "the command failed (exit status: 3); run it by hand to see why");
        let slow = run("exec tail -f /dev/null", Duration::from_millis(50)).unwrap_err();
        assert!(slow.starts_with("the command took longer"), "{slow}");
    }

    #[test]
    fn files_that_cannot_be_read() {
        assert!(read_file(Path::new("~/no-such-token")).unwrap_err().contains("not expanded"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(read_file(&path).unwrap_err().contains("not UTF-8"));
        std::fs::write(&path, vec![b'x'; 70_000]).unwrap();
        assert!(read_file(&path).unwrap_err().contains("larger than 64 KiB"));
    }
}
