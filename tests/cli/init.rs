//! `scimcheck init`, and that what it writes works.

use crate::place::{OWN_SUITE, Place};
use crate::reference::Reference;
use crate::snapshot;

#[test]
fn the_written_file_works() {
    let server = Reference::start();
    let place = Place::new().with("SCIM_TOKEN", server.token());
    let said = place.run(&["init"]).exits(0);
    snapshot("init", &said.transcript());
    let written = place.read("scimcheck.toml");
    let edited = written.replace("http://127.0.0.1:8080/scim/v2", server.url());
    assert_ne!(edited, written);
    place.write("scimcheck.toml", &edited);
    place.run(&["doctor"]).exits(0);
    place.write("own.yaml", OWN_SUITE);
    let said = place.run(&["run", "--suites", "own.yaml"]).exits(0);
    let target = format!("· local at {} ·", server.url());
    assert!(said.stdout.lines().next().is_some_and(|line| line.contains(&target)), "{}", said.transcript());
}

#[test]
fn as_written_it_says_what_is_missing() {
    let place = Place::new();
    place.run(&["init"]).exits(0);
    let said = place.run(&["run"]).exits(3);
    snapshot("init-then-run", &said.transcript());
}

#[test]
fn an_existing_file_is_kept_unless_forced() {
    let place = Place::new();
    place.write("scimcheck.toml", "# mine\n");
    let said = place.run(&["init"]).exits(2);
    assert_eq!(said.stderr, "error: scimcheck.toml exists already\n  = help: --force overwrites it\n");
    assert_eq!(place.read("scimcheck.toml"), "# mine\n");
    place.run(&["init", "--force"]).exits(0);
    assert!(place.read("scimcheck.toml").contains("[target.local]"));
}

#[test]
fn elsewhere_and_for_a_kind_of_target() {
    let place = Place::new();
    place.run(&["init", "other.toml", "--profile", "kestra"]).exits(0);
    let text = place.read("other.toml");
    assert!(text.lines().any(|line| line == "profile = \"kestra\""), "{text}");
    let said = place.run(&["init", "no/such/folder.toml"]).exits(2);
    assert!(said.stderr.starts_with("error: cannot write no/such/folder.toml: "), "{}", said.stderr);
}
