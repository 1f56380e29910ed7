//! `scimcheck explain`: everything that has an id.

use crate::place::{OWN_SUITE, Place};
use crate::snapshot;

#[test]
fn what_has_an_id_is_explained() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    for (name, id) in [
        ("suite", "own/users"),
        ("case", "own/users/filtered"),
        ("derived-case", "own/users/created/*"),
        ("derived-row", "own/users/created/User"),
        ("check", "own/users/created/User#same-id"),
        ("invariant", "invariants/media-type"),
        ("requirement", "RFC7644-3.3-07"),
        ("requirement-without-check", "RFC7644-3.7-01"),
        ("ambiguity", "delete-semantics"),
        ("about-target", "target/if-match#demanded"),
        ("variant", "if-match-required"),
        ("exit-codes", "exit-codes"),
        ("exit-code", "4"),
    ] {
        let said = place.run(&["explain", id, "--suites", "own.yaml"]).exits(0);
        snapshot(&format!("explain-{name}"), &said.transcript());
    }
}

#[test]
fn requirements_in_any_letter_case() {
    let place = Place::new();
    let [upper, lower, mixed] = ["RFC7644-3.3-01", "rfc7644-3.3-01", "Rfc7644-3.3-01"]
        .map(|id| place.run(&["explain", id]).exits(0).stdout);
    assert!(upper.starts_with("RFC7644-3.3-01\n"));
    assert_eq!((&lower, &mixed), (&upper, &upper));
}

#[test]
fn what_is_unknown_gets_a_suggestion() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let mut all = String::new();
    for id in [
        "own/users/filterd",
        "own/users/filtered#fnd-it",
        "RFC7644-3.33-01",
        "invariants/media-typ",
        "delete-semantic",
        "exit-code",
        "9",
        "-1",
        "",
    ] {
        let said = place.run(&["explain", "--suites", "own.yaml", "--", id]).exits(2);
        assert_eq!(said.stdout, "");
        all.push_str(&said.transcript());
        all.push('\n');
    }
    snapshot("explain-unknown", &all);
}

#[test]
fn every_exit_code_is_explained_by_its_number() {
    let place = Place::new();
    let all = place.run(&["explain", "exit-codes"]).exits(0).stdout;
    for line in all.lines() {
        let number = line.split_whitespace().next().expect("a number");
        assert_eq!(place.run(&["explain", number]).exits(0).stdout, format!("{line}\n"));
    }
    assert_eq!(all.lines().count(), 9);
}
