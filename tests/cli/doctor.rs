//! `scimcheck doctor`: good and bad.

use wiremock::ResponseTemplate;

use crate::place::Place;
use crate::reference::{Reference, always, closed_address};
use crate::snapshot;

#[test]
fn all_is_well() {
    let server = Reference::start();
    let place = Place::new().with("TOKEN", server.token());
    let said = place.run(&["doctor", "--target", server.url(), "--token-env", "TOKEN"]).exits(0);
    assert_eq!(said.stderr, "");
    assert!(!said.stdout.contains(server.token()));
    snapshot("doctor-good", &said.transcript());
    assert_eq!(server.count(), 0, "it only reads");
    assert_eq!(place.files(""), [""; 0], "it writes nothing");
}

#[test]
fn without_a_target_it_looks_at_the_embedded_server() {
    let said = Place::new().run(&["doctor"]).exits(0);
    assert!(said.stdout.ends_with("ready\n"), "{}", said.transcript());
}

#[test]
fn something_is_wrong() {
    let server = Reference::start();
    let html =
        always(ResponseTemplate::new(200).set_body_raw("<!doctype html><title>Sign in</title>", "text/html"));
    let failing = always(ResponseTemplate::new(503).set_body_string("upstream unavailable"));
    let place = Place::new().with("WRONG", "not-the-token").with("RIGHT", server.token());
    let (closed, below, html, failing) = (
        format!("http://{}/v2", closed_address()),
        server.url().replace("/scim/v2", ""),
        format!("{}/v2", html.uri()),
        format!("{}/v2", failing.uri()),
    );
    for (name, arguments) in [
        ("closed", &["--target", &closed][..]),
        ("no-such-host", &["--target", "http://no-such-host.invalid/v2"]),
        ("no-credential", &["--target", server.url()]),
        ("wrong-credential", &["--target", server.url(), "--token-env", "WRONG"]),
        ("html", &["--target", &html]),
        ("unavailable", &["--target", &failing]),
        ("base-path", &["--target", &below, "--token-env", "RIGHT"]),
    ] {
        let said = place.run(&[&["doctor"], arguments].concat()).exits(5);
        assert!(!said.stdout.contains("ready"), "{}", said.transcript());
        snapshot(&format!("doctor-{name}"), &said.transcript());
    }
}
