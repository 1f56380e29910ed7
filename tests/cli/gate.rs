//! Something between the binary and a server that stops the traffic at a point of the test's choice, so that a run can
//! be interrupted in its middle without waiting for a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::place::LIMIT;
use crate::reference::{Reference, wait};

/// What does not pass while the gate is closed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// A request does not arrive.
    Request,
    /// A request arrives and is carried out; its answer does not come back.
    Answer,
}

/// A gate in front of a server. It passes bytes on; the server takes the gate's address from the Host header.
pub(crate) struct Gate {
    url: String,
    arrived: mpsc::Receiver<String>,
    open: watch::Sender<bool>,
}

struct Rule {
    hold: Hold,
    matches: Box<dyn Fn(&str) -> bool + Send + Sync>,
    open: watch::Receiver<bool>,
    arrived: mpsc::Sender<String>,
}

impl Gate {
    /// Holds the requests whose first line (`GET /scim/v2/Users/1 HTTP/1.1`) matches.
    pub(crate) fn before(
        server: &Reference,
        hold: Hold,
        matches: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (sender, arrived) = mpsc::channel();
        let (open, opened) = watch::channel(false);
        let rule = Arc::new(Rule { hold, matches: Box::new(matches), open: opened, arrived: sender });
        let upstream = server.address().to_owned();
        let listener = wait(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        wait(async {
            tokio::spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    let Ok(server) = TcpStream::connect(&upstream).await else { return };
                    let held = Arc::new(AtomicBool::new(false));
                    let ((from_client, to_client), (from_server, to_server)) =
                        (client.into_split(), server.into_split());
                    tokio::spawn(requests(from_client, to_server, Arc::clone(&rule), Arc::clone(&held)));
                    tokio::spawn(answers(from_server, to_client, Arc::clone(&rule), held));
                }
            });
        });
        Self { url: server.url().replace(server.address(), &address.to_string()), arrived, open }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Waits until something is held, and returns the first line of the request.
    pub(crate) fn wait_for_one(&self) -> String {
        self.arrived.recv_timeout(LIMIT).expect("a request comes to the gate")
    }

    /// Lets everything pass from now on.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }
}

/// Matches the first request that begins like this, and no other.
pub(crate) fn first(begin: &'static str) -> impl Fn(&str) -> bool + Send + Sync + 'static {
    let seen = AtomicBool::new(false);
    move |head| head.starts_with(begin) && !seen.swap(true, Ordering::SeqCst)
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, rule: Arc<Rule>, held: Arc<AtomicBool>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut open = rule.open.clone();
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..length];
        let head = String::from_utf8_lossy(bytes).lines().next().unwrap_or_default().to_owned();
        if !*open.borrow() && head.ends_with("HTTP/1.1") && (rule.matches)(&head) {
            if rule.hold == Hold::Request {
                let _ = rule.arrived.send(head);
                let _ = open.wait_for(|open| *open).await;
            } else {
                held.store(true, Ordering::SeqCst);
            }
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, rule: Arc<Rule>, held: Arc<AtomicBool>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut open = rule.open.clone();
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if held.load(Ordering::SeqCst) {
            let _ = rule.arrived.send("an answer".to_owned());
            let _ = open.wait_for(|open| *open).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
