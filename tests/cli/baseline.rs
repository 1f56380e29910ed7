//! Baselines: what is known does not fail a run and is shown everywhere; what is stale, expired or misspelled is told.

use scimcheck::model::{EntryState, Verdict};

use crate::place::{Place, Said};
use crate::reference::Reference;
use crate::snapshot;

const FAULT: &str = "patch-remove-subattr-removes-element";
const SUITES: [&str; 8] =
    ["--suite", "patch/remove", "--suite", "crud/read", "--seed", "7", "--token-env", "TOKEN"];

fn run(place: &Place, server: &Reference, more: &[&str]) -> Said {
    place.run(&[&["run", "--target", server.url()][..], &SUITES, more].concat())
}

#[test]
fn proposed_excused_and_stale() {
    let (faulty, fine) = (Reference::with_fault(FAULT), Reference::start());
    let place = Place::new().with("TOKEN", faulty.token());
    run(&place, &faulty, &["--output", "a"]).exits(1);
    place.run(&["baseline", "propose", "a/results.json", "--output", "known.yaml"]).exits(0);
    let proposed = place.read("known.yaml");
    assert!(proposed.contains("TODO: say why this is known"), "{proposed}");
    assert_eq!(place.run(&["baseline", "propose", "a/results.json"]).exits(0).stdout, proposed);
    let said = proposed.replace("TODO: say why this is known", "Fixed in release 12.");
    place.write("known.yaml", &said);

    // Excused: the run is green, and every report shows what is known.
    let all = ["--baseline", "known.yaml", "--output", "b", "--format", "all", "--annotations", "github"];
    let said = run(&place, &faulty, &all).exits(0);
    assert!(said.stdout.contains("known (fail): Fixed in release 12"), "{}", said.stdout);
    assert!(said.stdout.contains("Every failure is known"), "{}", said.stdout);
    assert!(said.stdout.contains("::notice title=KNOWN patch/remove/"), "{}", said.stdout);
    let (before, after) = (place.results("a"), place.results("b"));
    let failed = |verdict| move |finding: &&scimcheck::model::Finding| finding.verdict == verdict;
    let checks = |result: &scimcheck::model::RunResult, verdict| {
        let findings = result.cases.iter().flat_map(|case| &case.checks).filter(failed(verdict));
        findings.map(|finding| finding.id.clone()).collect::<Vec<_>>()
    };
    let known = checks(&after, Verdict::Known);
    assert!(!known.is_empty() && checks(&after, Verdict::Fail).is_empty());
    assert!(checks(&before, Verdict::Fail).iter().all(|check| known.contains(check)));
    let judged =
        after.cases.iter().flat_map(|case| &case.checks).filter_map(|finding| finding.excuse.as_ref());
    assert!(judged.into_iter().all(|excuse| matches!(excuse.judged, Verdict::Fail | Verdict::Blocked)));
    for file in ["b/junit.xml", "b/report.md", "b/ctrf.json", "b/report.tap"] {
        assert!(place.read(file).contains("Fixed in release 12"), "{file}");
    }
    assert!(place.read("b/badge.json").contains("MUST broken"), "an excuse is no conformance");
    place.run(&["report", "b/results.json"]).exits(0);

    // What is known keeps its reason when it is proposed anew.
    place.run(&["baseline", "propose", "b/results.json", "--output", "again.yaml"]).exits(0);
    let entries = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(entries(&place.read("again.yaml")), entries(&place.read("known.yaml")));

    // Stale: what is listed holds.
    let place = place.with("TOKEN", fine.token());
    let said = run(&place, &fine, &["--baseline", "known.yaml", "--output", "c", "--annotations", "github"])
        .exits(6);
    assert!(said.stdout.contains("of the baseline"), "{}", said.stdout);
    assert!(said.stdout.contains("::error file=known.yaml,line="), "{}", said.stdout);
    let result = place.results("c");
    let entries = result.baseline.expect("there is a baseline").entries;
    assert!(entries.iter().all(|entry| entry.state == EntryState::Stale), "{entries:#?}");
    assert!(result.counts.contains_key(&Verdict::Fixed));
    place.run(&["report", "c/results.json"]).exits(6);
    // A green run proposes nothing.
    run(&place, &fine, &["--output", "d"]).exits(0);
    let nothing = place.run(&["baseline", "propose", "d/results.json"]).exits(0).stdout;
    assert!(nothing.ends_with("known: []\n"), "{nothing}");
    place.write("none.yaml", &nothing);
    run(&place, &fine, &["--baseline", "none.yaml"]).exits(0);
}

#[test]
fn what_is_expired_counts_again() {
    let server = Reference::with_fault(FAULT);
    let place = Place::new().with("TOKEN", server.token());
    let with = |day: &str| {
        format!("format: 1\nknown:\n  - check: 'patch/remove/*'\n    reason: known\n    expires: {day}\n")
    };
    place.write("known.yaml", &with("2020-12-31"));
    let said = run(&place, &server, &["--baseline", "known.yaml"]).exits(1);
    assert!(said.stdout.contains("not known any more: known (excused until 2020-12-31)"), "{}", said.stdout);
    assert!(said.stdout.contains("line 3 expired: patch/remove/* (known)"), "{}", said.stdout);
    place.write("known.yaml", &with("2999-12-31"));
    run(&place, &server, &["--baseline", "known.yaml"]).exits(0);
}

#[test]
fn the_configuration_names_the_baseline_of_a_target() {
    let server = Reference::with_fault(FAULT);
    let place = Place::new().with("TOKEN", server.token());
    place.write("ci/known.yaml", "format: 1\nknown: [{ check: patch/remove, reason: known }]\n");
    let target = format!(
        "[target.t]\nbase_url = \"{}\"\ntoken_env = \"TOKEN\"\nbaseline = \"known.yaml\"\n",
        server.url()
    );
    place.write("ci/scimcheck.toml", &target);
    place.run(&["run", "--config", "ci/scimcheck.toml", "--suite", "patch/remove"]).exits(0);
}

/// Every mistake of a baseline, at its place.
#[test]
fn mistakes_in_a_baseline() {
    let place = Place::new();
    let mut text = String::new();
    for (name, content) in [
        (
            "form",
            "format: 1\nknown:\n  - check: crud/create/minimal#created\n    reson: why\n    expires: 12\n  - {}\n",
        ),
        ("list", "- check: a/b#c\n"),
        ("empty", ""),
        ("version", "format: 2\nknown: []\n"),
        ("yaml", "format: 1\nknown: [\n"),
        (
            "values",
            "format: 1\nknown:\n  - { check: 'patch/*', reason: ' ', link: 'javascript:alert(1)', expires: 2026-02-30 }\n  - { check: 'patch/*', reason: r }\n",
        ),
        (
            "ids",
            "format: 1\nknown:\n  - { check: 'crud/create/minimol#created', reason: r }\n  - { check: 'invariants/etag#hold', reason: r }\n  - { check: 'invariants/media-type#holds-2', reason: r }\n  - { check: 'zzz', reason: r }\n",
        ),
    ] {
        place.write(&format!("{name}.yaml"), content);
        let said = place.run(&["run", "--baseline", &format!("{name}.yaml")]).exits(3);
        text.push_str(&said.transcript());
        text.push('\n');
    }
    snapshot("baseline-mistakes", &text);
    let said = place.run(&["run", "--baseline", "nowhere.yaml"]).exits(2);
    assert!(said.stderr.starts_with("error: cannot read nowhere.yaml"), "{}", said.stderr);
}

#[test]
fn the_schema_is_the_one_in_the_repository() {
    let place = Place::new();
    let said = place.run(&["schema", "baseline"]).exits(0);
    assert_eq!(said.stdout, crate::place::of_project("reports/schema/baseline.schema.json"));
}
