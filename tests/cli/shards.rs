//! A run that is spread over several, and joined again.

use std::collections::{BTreeMap, BTreeSet};

use scimcheck::model::{RunResult, Verdict};
use scimcheck::report::evidence::Evidence;

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

/// Each part starts the embedded server anew, on another port, and makes up a seed of its own.
#[test]
fn parts_on_the_embedded_server_have_one_address_and_their_own_seeds() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let run = |more: &[&str]| {
        place.run(&[&["run", "--suites", "own.yaml"][..], more].concat()).exits(0);
    };
    run(&["--output", "whole"]);
    for part in ["1", "2", "3"] {
        run(&["--output", part, "--partition", &format!("hash:{part}/3"), "--seed", part]);
    }
    place.run(&["merge", "1/results.json", "2/results.json", "3/results.json", "--output", "all"]).exits(0);
    let merged = place.results("all");
    assert!(merged.target.embedded);
    let address = merged.target.base_url.split('/').nth(2).unwrap().to_owned();
    for part in ["1", "2", "3"] {
        let other = place.results(part).target.base_url.split('/').nth(2).unwrap().to_owned();
        let text = place.read("all/results.json");
        assert_eq!(text.contains(&other), other == address, "{other} is {address} now");
    }
    let said = place.run(&["diff", "whole/results.json", "all/results.json", "--format", "json"]);
    let diff: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(diff["exchanges"], serde_json::json!([]));
    assert!(diff["exchanges_compared"].as_u64().unwrap() > 3, "{}", diff["exchanges_compared"]);

    // Who repeats a case needs the seed of the part that ran it.
    let mut seeds = BTreeSet::new();
    for case in
        merged.cases.iter().filter(|case| case.suite.starts_with("own/") && !case.exchanges.is_empty())
    {
        let ran = |part: &&str| {
            place.results(part).cases.iter().any(|own| own.id == case.id && !own.exchanges.is_empty())
        };
        let part = ["1", "2", "3"].into_iter().find(ran).unwrap();
        let commands = Evidence::of(&merged).reproduce(&case.checks[0], case);
        assert!(commands[0].ends_with(&format!(" --case {} --seed {part}", case.id)), "{}", commands[0]);
        seeds.insert(part);
    }
    assert!(seeds.len() > 1, "the cases are in different parts: {seeds:?}");
}

#[test]
fn parts_of_different_servers_or_selections_are_refused() {
    let (one, other) = (Reference::start(), Reference::start());
    let place = Place::new().with("TOKEN", one.token()).with("OTHER", other.token());
    place.write("own.yaml", OWN_SUITE);
    let run = |output: &str, part: &str, more: &[&str]| {
        let words = ["run", "--suites", "own.yaml", "--output", output, "--partition", part];
        place.run(&[&words[..], more].concat()).exits(0);
    };
    let target = ["--target", one.url(), "--token-env", "TOKEN"];
    run("1", "hash:1/2", &target);
    run("elsewhere", "hash:2/2", &["--target", other.url(), "--token-env", "OTHER"]);
    run("less", "hash:2/2", &[&target[..], &["--case", "own/users/created"]].concat());
    run("otherwise", "hash:2/2", &[&target[..], &["--domain", "other.example"]].concat());
    for (part, wanted) in [
        ("elsewhere", "the target differs: "),
        (
            "less",
            "the selection differs: nothing in 1/results.json, --case own/users/created in less/results.json",
        ),
        (
            "otherwise",
            "what was asked for differs: --suites own.yaml in 1/results.json, --domain other.example --suites",
        ),
    ] {
        let said = place.run(&["merge", "1/results.json", &format!("{part}/results.json")]).exits(2);
        assert!(said.stderr.contains(wanted), "{}", said.stderr);
    }

    // A part that left out what only it had does not make a complete whole.
    run("2", "hash:2/2", &target);
    for part in ["1", "2"] {
        let mut result = place.results(part);
        let Some(case) =
            result.cases.iter_mut().find(|case| !case.is_of_another_part() && case.suite == "own/users")
        else {
            continue;
        };
        case.verdict = Verdict::Deselected;
        case.reason = Some("deselected".to_owned());
        case.exchanges.clear();
        let id = case.id.clone();
        place.write(&format!("{part}/results.json"), &scimcheck::report::json::render(&result));
        place.run(&["merge", "1/results.json", "2/results.json", "--output", "whole"]).exits(1);
        let wanted = format!("1 case ran in no part, {id} among them");
        assert_eq!(place.results("whole").partial, Some(wanted));
        return;
    }
    panic!("a part has a case");
}
