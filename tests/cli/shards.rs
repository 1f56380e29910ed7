//! A run that is spread over several, and joined again.

use std::collections::BTreeMap;

use scimcheck::model::{RunResult, Verdict};

use crate::place::{OWN_SUITE, Place};
use crate::reference::Reference;

const RUN: [&str; 8] = ["run", "--suite", "crud/*", "--suite", "patch/remove", "--seed", "7", "--quiet"];

/// Cases by verdict, without what is summed over responses.
fn verdicts(result: &RunResult) -> BTreeMap<&str, Verdict> {
    result.cases.iter().map(|case| (case.id.as_str(), case.verdict)).collect()
}

#[test]
fn the_parts_are_the_whole() {
    let server = Reference::with_fault("patch-remove-subattr-removes-element");
    let place = Place::new().with("TOKEN", server.token());
    let target = ["--target", server.url(), "--token-env", "TOKEN"];
    let run = |more: &[&str]| place.run(&[&RUN[..], &target, more].concat());
    run(&["--output", "whole"]).exits(1);
    for part in ["1", "2", "3"] {
        run(&["--output", part, "--partition", &format!("hash:{part}/3")]);
    }
    let merged = ["--output", "merged", "--format", "all"];
    place
        .run(&[&["merge", "1/results.json", "2/results.json", "3/results.json"], &merged[..]].concat())
        .exits(1);
    let (whole, merged) = (place.results("whole"), place.results("merged"));
    assert_eq!(verdicts(&merged), verdicts(&whole));
    assert_eq!((&merged.counts, &merged.partial, &merged.partition), (&whole.counts, &None, &None));
    let ids = |result: &RunResult| result.cases.iter().map(|case| case.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&merged), ids(&whole), "in plan order");
    let sent = |result: &RunResult| {
        result.exchanges.iter().map(|exchange| exchange.id.0.clone()).collect::<Vec<_>>()
    };
    assert_eq!(sent(&merged), sent(&whole), "every exchange once, in the same order");
    for (id, requirement) in &whole.requirements {
        assert_eq!(merged.requirements[id].worst, requirement.worst, "{id}");
    }
    // In whatever order they are named, and every report can be made again.
    place.run(&["merge", "3/results.json", "1/results.json", "2/results.json", "--output", "other"]).exits(1);
    assert!(place.read("other/results.json") == place.read("merged/results.json"));
    for (format, file) in [("markdown", "report.md"), ("har", "report.har"), ("junit", "junit.xml")] {
        let again = place.run(&["report", "merged/results.json", "--format", format]).exits(1);
        assert!(again.stdout == place.read(&format!("merged/{file}")), "{format}");
    }

    // A part that is missing, named twice, or not complete.
    let said = place.run(&["merge", "1/results.json", "3/results.json", "--output", "missing"]).exits(1);
    assert!(said.stdout.contains("missing: hash:2/3"), "{}", said.stdout);
    let said = place.run(&["merge", "1/results.json", "1/results.json", "--output", "twice"]).exits(2);
    assert!(said.stderr.contains(" ran in 1/results.json and in 1/results.json"), "{}", said.stderr);
    assert!(!place.path("twice").exists());
    let mut partial = place.results("2");
    partial.partial = Some("interrupted".to_owned());
    place.write("2/results.json", &scimcheck::report::json::render(&partial));
    place
        .run(&["merge", "1/results.json", "2/results.json", "3/results.json", "--output", "partial"])
        .exits(1);
    assert_eq!(place.results("partial").partial.as_deref(), Some("hash:2/3: interrupted"));
}

#[test]
fn a_part_without_a_case_is_no_mistake() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let mut codes = Vec::new();
    for part in 1..=20 {
        let (partition, output) = (format!("hash:{part}/20"), format!("{part}"));
        let said = place
            .run(&["run", "--suites", "own.yaml", "--partition", &partition, "--output", &output])
            .exits(0);
        let judged = place
            .results(&output)
            .cases
            .iter()
            .any(|case| case.suite == "own/users" && case.verdict == Verdict::Pass);
        assert!(said.stdout.contains("Reports  "), "{}", said.stdout);
        let junit = place.read(&format!("{output}/junit.xml"));
        assert!(!junit.contains("<failure") && !junit.contains("<error"), "{junit}");
        codes.push(judged);
    }
    assert!(codes.contains(&true) && codes.contains(&false), "{codes:?}");
    let parts: Vec<_> = (1..=20).map(|part| format!("{part}/results.json")).collect();
    let words: Vec<_> = std::iter::once("merge").chain(parts.iter().map(String::as_str)).collect();
    place.run(&words).exits(0);
    let said = place.run(&["run", "--partition", "hash:5/4"]).exits(2);
    assert!(said.stderr.contains("a partition is as in hash:1/4"), "{}", said.stderr);
}

#[test]
fn parts_of_different_targets_are_refused() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    place.run(&["run", "--suites", "own.yaml", "--partition", "hash:1/2", "--output", "1"]).exits(0);
    place
        .run(&[
            "run",
            "--suites",
            "own.yaml",
            "--partition",
            "hash:2/2",
            "--feature",
            "bulk=false",
            "--output",
            "2",
        ])
        .exits(0);
    let said = place.run(&["merge", "1/results.json", "2/results.json"]).exits(2);
    assert!(
        said.stderr.contains("the feature `bulk` differs: claimed true in 1/results.json"),
        "{}",
        said.stderr
    );
}
