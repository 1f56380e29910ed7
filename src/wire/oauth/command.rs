//! A login by a program that somebody else wrote: so that every product can be probed.

use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdout};

use super::cookies::Jar;
use super::lifetime::Lifetime;
use super::{COMMAND, Hop, LoginFailure, Talk, Tokens};
use crate::model::{Answer, AuthMode, Body, Completeness, Request, Response};
use crate::wire::{Sent, now};

/// Bytes that are read of what it prints.
const LONGEST: usize = 64 << 10;
/// How long is waited for what a program printed before it ended: it is there already.
const REST: Duration = Duration::from_millis(50);
/// The exit code by which a program says that the user was not let in.
const REFUSED: i32 = 1;

/// Runs the program in a shell. It gets `{"username": …, "password": …}` on standard input and prints a JSON object with
/// `access_token`, `refresh_token` and `session_cookie`, each of them if there is one, and with `expires_in`,
/// `refresh_expires_in` and `session_expires_in`, in seconds, where they end by themselves. Exit code 1 says that the user
/// was refused, any other that something went wrong. What it prints on standard error is not looked at.
pub(super) async fn log_in(
    talk: &mut Talk<'_>,
    command: &str,
    user: &str,
    password: &SecretString,
) -> Result<Tokens, LoginFailure> {
    let began = now();
    let input = json!({ "username": user, "password": password.expose_secret() }).to_string();
    let within = talk.oauth.options.command_timeout;
    let result = match tokio::time::timeout(within, run(command, &input)).await {
        Ok(result) => result,
        Err(_) => {
            Err(LoginFailure::Failed(format!("the login command took longer than {} s", within.as_secs())))
        }
    };
    let result = result.and_then(|printed| tokens(talk, &printed));
    if let Some(hop) = hop(began, &result) {
        talk.hops.push(hop);
    }
    result
}

async fn run(command: &str, input: &str) -> Result<Vec<u8>, LoginFailure> {
    let failed = |why: String| LoginFailure::Failed(format!("the login command {why}"));
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command_line = tokio::process::Command::new(shell);
    command_line
        .args([flag, command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    #[cfg(unix)]
    command_line.process_group(0);
    let mut child = command_line.spawn().map_err(|error| failed(format!("cannot be run: {error}")))?;
    // After the child, so that it is dropped before it.
    let mut group = Group(child.id());
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read its input has a broken pipe; what it prints decides.
        let _ = stdin.write_all(input.as_bytes()).await;
    }
    let printed = match child.stdout.take() {
        Some(stdout) => printed_by(&mut child, &mut group, stdout).await,
        None => Ok(Vec::new()),
    };
    let printed = printed.map_err(|error| failed(format!("cannot be read: {error}")))?;
    if printed.len() >= LONGEST {
        return Err(failed(format!("printed more than {} KiB", LONGEST >> 10)));
    }
    let status = child.wait().await.map_err(|error| failed(format!("cannot be waited for: {error}")))?;
    group.0 = None;
    match status.code() {
        Some(0) => Ok(printed),
        Some(REFUSED) => Err(LoginFailure::Refused(
            "the login command says that the user is refused (exit code 1)".to_owned(),
        )),
        _ => Err(failed(format!("failed ({status}); run it by hand to see why"))),
    }
}

/// What a program prints until it ends, [`LONGEST`] bytes at most. It may have started something that goes on and holds its
/// standard output open (an agent, a browser): what the program itself printed is in the pipe once it has ended, and the
/// rest is not waited for.
async fn printed_by(child: &mut Child, group: &mut Group, mut stdout: ChildStdout) -> io::Result<Vec<u8>> {
    let mut printed = Vec::new();
    let mut ended = false;
    while printed.len() < LONGEST {
        let mut piece = [0; 4096];
        let read = tokio::select! {
            biased;
            read = stdout.read(&mut piece) => read?,
            status = child.wait(), if !ended => {
                status?;
                (ended, group.0) = (true, None);
                continue;
            }
            // Nothing more is there to be read.
            () = tokio::time::sleep(REST), if ended => break,
        };
        if read == 0 {
            break;
        }
        printed.extend_from_slice(&piece[..read]);
    }
    Ok(printed)
}

/// The process group of a program that is under way, by the id of its first process. Whoever gives the program up ends
/// what it started, too: a shell passes no signal on. Once the first process was waited for, its id may be that of
/// another; then there must be none here.
struct Group(Option<u32>);

impl Drop for Group {
    fn drop(&mut self) {
        let Some(id) = self.0.filter(|_| cfg!(unix)) else { return };
        // The kill of the shell, for there may be no other, and no safe call sends a signal to a group.
        let _ = std::process::Command::new("sh")
            .args(["-c", &format!("kill -s KILL -- -{id}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}

fn tokens(talk: &Talk<'_>, printed: &[u8]) -> Result<Tokens, LoginFailure> {
    let failed = |why: &str| LoginFailure::Failed(format!("the login command {why}"));
    let value: Value =
        serde_json::from_slice(printed).map_err(|_| failed("printed something that is not JSON"))?;
    let text = |name: &str| -> Result<Option<SecretString>, LoginFailure> {
        let Some(text) = value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let secret = SecretString::from(text.to_owned());
        talk.oauth.conceal(&secret);
        match text.chars().all(|c| c.is_ascii_graphic() || (c == ' ' && name == "session_cookie")) {
            true => Ok(Some(secret)),
            false => Err(failed(&format!("printed a {name} that cannot be sent"))),
        }
    };
    let (access, refresh, cookie) = (text("access_token")?, text("refresh_token")?, text("session_cookie")?);
    let session = talk.oauth.options.session.as_ref();
    let jar = match (session, &cookie) {
        (Some(session), Some(cookie)) => Jar::given(&session.url, cookie.expose_secret()),
        _ => Jar::default(),
    };
    for secret in jar.secrets() {
        talk.oauth.conceal(secret);
    }
    if access.is_none() && cookie.is_none() {
        return Err(failed("printed neither access_token nor session_cookie"));
    }
    let lifetime = Lifetime::of(&value, [access.as_ref(), refresh.as_ref()], Utc::now());
    Ok(Tokens { access, refresh, jar, lifetime })
}

/// The run of the program as evidence: it has no answer of its own, so that 200 stands for a user who was let in and
/// 401 for one who was not. One that went wrong shows nothing.
fn hop(began: Instant, result: &Result<Tokens, LoginFailure>) -> Option<Hop> {
    let status = match result {
        Ok(_) => 200,
        Err(LoginFailure::Refused(_)) => 401,
        Err(LoginFailure::Failed(_)) => return None,
    };
    let request = Request {
        method: "RUN".to_owned(),
        url: format!("{COMMAND}login"),
        headers: Vec::new(),
        body: None,
        auth: AuthMode::Bare,
    };
    let body = Body::new(Arc::<[u8]>::from([]), Completeness::Complete);
    let answer = Answer::Response(Response { status, headers: Vec::new(), body });
    let sent = Sent { request, answer, duration: began.elapsed(), tries: 1 };
    Some(Hop { what: "login command".to_owned(), began, sent })
}
