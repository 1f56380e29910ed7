//! `scimcheck serve`: one line, then a server in the foreground.

use std::io::{BufRead as _, BufReader};
use std::sync::mpsc;

use crate::place::{LIMIT, Place, Running};
use crate::reference::{Reference, wait};

/// The line that scripts wait for: base URL and token.
pub(crate) fn announced(running: &mut Running) -> (String, String) {
    let [first, _] = lines(running);
    let (base, token) =
        first.strip_prefix("BASE=").and_then(|rest| rest.split_once(" TOKEN=")).expect("its form");
    (base.to_owned(), token.to_owned())
}

/// What it prints.
fn lines(running: &mut Running) -> [String; 2] {
    let stdout = running.child().stdout.take().expect("it is piped");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    std::array::from_fn(|_| receiver.recv_timeout(LIMIT).expect("a line comes"))
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
fn what_the_authorization_server_needs_to_be_asked() {
    let place = Place::new().with("SECRET", "a secret: of mine");
    let mut running = place.start(&["serve", "--client-secret-env", "SECRET"]);
    let [first, second] = lines(&mut running);
    let base = first.strip_prefix("BASE=").and_then(|rest| rest.split(' ').next()).expect("its form");
    let issuer = base.strip_suffix("/scim/v2").expect("its path");
    assert_eq!(second, format!("ISSUER={issuer} CLIENT_ID=scimcheck CLIENT_SECRET=a secret: of mine"));
    let request = reqwest::Client::new()
        .post(format!("{issuer}/oauth/token"))
        .basic_auth("scimcheck", Some("a+secret%3A+of+mine"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    assert_eq!(wait(request.send()).expect("it answers").status().as_u16(), 200);
    let said = Place::new().run(&["serve", "--client-secret-env", "SECRET"]).exits(3);
    assert!(said.stderr.contains("the environment variable SECRET is not set"), "{}", said.stderr);
}

#[test]
fn a_port_in_use() {
    let taken = Reference::start();
    let port = taken.address().split(':').next_back().expect("a port").to_owned();
    let said = Place::new().run(&["serve", "--port", &port]).exits(2);
    assert!(said.stderr.starts_with(&format!("error: cannot serve on port {port}: ")), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test]
fn a_token_that_no_header_can_carry_is_none_of_the_port() {
    let place = Place::new().with("SCIM_TOKEN", "two\nlines");
    let said = place.run(&["serve", "--token-env", "SCIM_TOKEN"]).exits(2);
    assert!(said.stderr.starts_with("error: cannot serve: "), "{}", said.stderr);
    assert!(!said.stderr.contains("port") && !said.stderr.contains("lines"), "{}", said.stderr);
}
