//! Ctrl-C and SIGTERM in the middle of a run: it cleans up, writes its reports and ends with 130.

use crate::gate::{Gate, Hold, first};
use crate::place::Place;
use crate::reference::Reference;
use crate::run::assert_reports;

/// One case after the other, so that the test knows what happens meanwhile: nothing.
const RUN: [&str; 11] = [
    "run",
    "--suite",
    "crud/*",
    "--token-env",
    "TOKEN",
    "--output",
    "out",
    "--jobs",
    "1",
    "--no-progress",
    "--target",
];

#[test]
fn the_first_ctrl_c_ends_in_order() {
    interrupted_by("INT");
}

#[test]
fn sigterm_ends_in_order() {
    interrupted_by("TERM");
}

fn interrupted_by(signal: &str) {
    let server = Reference::start();
    server.add_strangers();
    let before = server.content();
    let gate = Gate::before(&server, Hold::Request, first("GET /scim/v2/Users/"));
    let place = Place::new().with("TOKEN", server.token());
    let mut running = place.start(&[&RUN[..], &[gate.url()]].concat());
    gate.wait_for_one();
    assert_ne!(server.content(), before, "it is in the middle of its work");
    running.signal(signal);
    let said = running.wait().exits(130);
    assert_eq!(said.stderr, "\ninterrupted: cleaning up and writing the reports; once more ends at once\n");
    assert!(said.stdout.contains("interrupted"), "{}", said.transcript());
    assert!(said.stdout.lines().any(|line| line.starts_with("Reports  ")), "{}", said.transcript());
    assert_eq!(place.results("out").partial.as_deref(), Some("interrupted"));
    assert_reports(&place, "out");
    assert_eq!(server.content(), before, "what the run made is deleted, and nothing else");
    assert_eq!(place.files("out"), ["junit.xml", "report.html", "results.json"], "the ledger is gone");
}

#[test]
fn the_second_ctrl_c_ends_at_once() {
    let server = Reference::start();
    let gate = Gate::before(&server, Hold::Request, |head| head.starts_with("DELETE "));
    let place = Place::new().with("TOKEN", server.token());
    let mut running = place.start(&[&RUN[..], &[gate.url()]].concat());
    // A clean-up has begun and does not get on.
    gate.wait_for_one();
    running.signal("INT");
    running.says("interrupted: ");
    running.signal("INT");
    let said = running.wait().exits(130);
    let ledger = place.ledger("out");
    let hint = format!("what is left over is deleted by: scimcheck cleanup {ledger} --token-env TOKEN\n");
    assert!(said.stderr.ends_with(&hint), "{}", said.transcript());
    assert!(place.results("out").partial.is_some(), "it did not come to its end");
    gate.open();
    place.run(&["cleanup", &ledger, "--token-env", "TOKEN"]).exits(0);
    assert_eq!(server.count(), 0);
    assert_eq!(place.files("out"), ["results.json"]);
}

#[test]
fn before_the_first_case_there_is_nothing_to_report() {
    let server = Reference::start();
    let gate = Gate::before(&server, Hold::Request, |head| head.contains("/ServiceProviderConfig"));
    let place = Place::new().with("TOKEN", server.token());
    let mut running = place.start(&[&RUN[..], &[gate.url()]].concat());
    gate.wait_for_one();
    running.signal("INT");
    let said = running.wait().exits(130);
    assert_eq!(said.stderr, "\ninterrupted before the first case began: nothing was created\n");
    assert_eq!(said.stdout, "");
    assert!(!place.path("out").exists());
}
