//! `scimcheck serve`: one line, then a server in the foreground.

use std::io::{BufRead as _, BufReader};
use std::sync::mpsc;

use crate::place::{LIMIT, Place, Running};
use crate::reference::{Reference, wait};

/// The line that scripts wait for.
pub(crate) fn announced(running: &mut Running) -> (String, String) {
    let stdout = running.child().stdout.take().expect("it is piped");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let _ = BufReader::new(stdout).read_line(&mut line);
        let _ = sender.send(line);
    });
    let line = receiver.recv_timeout(LIMIT).expect("a line comes");
    let (base, token) =
        line.strip_prefix("BASE=").and_then(|rest| rest.split_once(" TOKEN=")).expect("its form");
    (base.to_owned(), token.trim_end_matches('\n').to_owned())
}

fn status(url: &str, token: &str) -> u16 {
    let request = reqwest::Client::new().get(format!("{url}/Users")).bearer_auth(token);
    wait(request.send()).expect("it answers from the line on").status().as_u16()
}

#[test]
fn it_says_where_it_is_serves_and_ends() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let mut running = place.start(&["serve"]);
        let (base, token) = announced(&mut running);
        assert_eq!(status(&base, &token), 200);
        assert_eq!(status(&base, "another"), 401);
        running.signal(signal);
        let said = running.wait().exits(0);
        assert_eq!(said.stderr, "");
        let address = base.trim_start_matches("http://").trim_end_matches("/scim/v2").to_owned();
        std::net::TcpStream::connect(address).expect_err("nothing listens any more");
    }
}

#[test]
fn with_a_token_of_the_user() {
    let place = Place::new().with("MINE", "a-token-of-mine");
    let mut running = place.start(&["serve", "--token-env", "MINE"]);
    let (base, token) = announced(&mut running);
    assert_eq!(token, "a-token-of-mine");
    let run = Place::new().with("SCIMCHECK_TARGET", &base).with("SCIMCHECK_TOKEN", &token);
    run.run(&["run", "--suite", "crud/delete"]).exits(0);
}

#[test]
fn a_port_in_use() {
    let taken = Reference::start();
    let port = taken.address().split(':').next_back().expect("a port").to_owned();
    let said = Place::new().run(&["serve", "--port", &port]).exits(2);
    assert!(said.stderr.starts_with(&format!("error: cannot serve on port {port}: ")), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}
