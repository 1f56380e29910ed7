//! A run that is killed in its middle: the files that it leaves say so.

use crate::gate::{Gate, Hold, first};
use crate::place::Place;
use crate::reference::Reference;

#[test]
fn what_a_killed_run_leaves_is_valid_and_says_that_it_is_partial() {
    let server = Reference::start();
    let gate = Gate::before(&server, Hold::Request, first("GET /scim/v2/Users/"));
    let place = Place::new().with("TOKEN", server.token());
    // What an earlier run left would be taken for what this one found.
    place.write("out/junit.xml", "<testsuites/>");
    // Its parts have to agree on the baseline, if it is merged with others.
    place.write("known.yaml", "format: 1\nknown:\n- { check: 'crud/*', reason: seen before }\n");
    let arguments =
        ["run", "--suite", "crud/*", "--token-env", "TOKEN", "--output", "out", "--baseline", "known.yaml"];
    let mut running = place.start(&[&arguments[..], &["--target", gate.url()]].concat());
    gate.wait_for_one();
    running.signal("KILL");
    running.wait();
    let text = place.read("out/results.json");
    let result = scimcheck::report::json::read(&text).expect("it is whole");
    assert_eq!(result.partial.as_deref(), Some("the run has not ended: it goes on, or it was killed"));
    assert!(result.cases.iter().any(|case| case.reason.as_deref() == Some("not begun, or not ended")));
    let entries: Vec<_> = result.baseline.iter().flat_map(|baseline| &baseline.entries).collect();
    assert_eq!(entries.iter().map(|entry| entry.check.as_str()).collect::<Vec<_>>(), ["crud/*"]);
    assert!(!place.path("out/junit.xml").exists(), "the file of the earlier run is gone");
    for name in place.files("out") {
        assert!(!name.starts_with('.'), "no temporary file: {name}");
    }
    let said = place.run(&["report", "out/results.json", "--output", "again", "--format", "all"]).exits(1);
    assert!(said.stdout.contains("Incomplete (the run has not ended"), "{}", said.stdout);
    assert!(place.read("again/junit.xml").contains("the run is not complete"));
    assert!(place.read("again/report.tap").contains("Bail out!"));
}
