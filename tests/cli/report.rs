//! `scimcheck report`: the bytes that the run itself wrote.

use crate::place::{BLOCKED_SUITE, OWN_SUITE, Place};

#[test]
fn the_same_bytes_as_the_run() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    place.write("blocked.yaml", BLOCKED_SUITE);
    let said =
        place.run(&["run", "--suites", "own.yaml", "--suites", "blocked.yaml", "--output", "out"]).exits(1);
    let again = place
        .run(&["report", "out/results.json", "--junit", "x.xml", "--html", "y.html", "--output", "all"])
        .exits(1);
    for (new, old) in [
        ("x.xml", "out/junit.xml"),
        ("y.html", "out/report.html"),
        ("all/junit.xml", "out/junit.xml"),
        ("all/report.html", "out/report.html"),
        ("all/results.json", "out/results.json"),
    ] {
        assert!(place.read(new) == place.read(old), "{new} is not {old}");
    }
    // The same story, too: from the summary on it is what the run said.
    let summary = |text: &str| {
        text.split("Cases by area").nth(1).map(|text| text.split("Reports").next().map(str::to_owned))
    };
    assert_eq!(summary(&again.stdout), summary(&said.stdout));
    assert!(again.stdout.contains("BLOCKED  own/blocked/no-set-up"), "{}", again.transcript());
}

#[test]
fn without_files_it_tells_the_story_only() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    place.run(&["run", "--suites", "own.yaml"]).exits(0);
    let said = place.run(&["report", "reports/latest/results.json"]).exits(0);
    assert!(said.stdout.contains("Every MUST that was judged holds") && !said.stdout.contains("Reports"));
    let said = place.run(&["report", "reports/latest/results.json", "--junit", "no/folder/x.xml"]).exits(2);
    assert!(said.stderr.starts_with("error: cannot write no/folder/x.xml: "), "{}", said.stderr);
}
