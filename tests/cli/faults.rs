//! The faults of the reference server: given to it, listed, explained, and recognised in what a run finds.

use std::collections::BTreeSet;

use scimcheck::model::{Finding, Verdict};
use scimcheck::selftest::story::story;
use scimcheck::suite::faults::Faults;
use serde_json::{Value, json};

use crate::place::Place;
use crate::reference::{Reference, wait};
use crate::serve::announced;
use crate::snapshot;

/// Five checks of two suites see it.
const FAULT: &str = "patch-remove-complex-filter-noop";

fn listed(what: &str) -> Vec<Value> {
    let said = Place::new().run(&["list", what, "--format", "json"]).exits(0);
    serde_json::from_str(&said.stdout).expect("a JSON array")
}

/// Whether the server can be given a fault.
fn has(id: &str) -> bool {
    scimcheck::server::faults().iter().any(|fault| fault.id() == id)
}

/// The status of a create.
fn created(base: &str, token: &str) -> u16 {
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@example.com" });
    let request = reqwest::Client::new().post(format!("{base}/Users")).bearer_auth(token);
    let request = request.header("content-type", "application/scim+json").body(body.to_string());
    wait(request.send()).expect("an answer").status().as_u16()
}

#[test]
fn a_server_can_be_given_several() {
    let faults: [(&[&str], _); 3] = [
        (&["serve"], [201, 200]),
        (&["serve", "--fault", "post-returns-200"], [200, 200]),
        (&["serve", "--fault", "post-returns-200", "--fault", "count-zero-returns-resources"], [200, 200]),
    ];
    for (arguments, [create, read]) in faults {
        let mut running = Place::new().start(arguments);
        let (base, token) = announced(&mut running);
        assert_eq!(created(&base, &token), create, "{arguments:?}");
        let list = reqwest::Client::new().get(format!("{base}/Users?count=0")).bearer_auth(&token);
        let answer = wait(list.send()).expect("an answer");
        assert_eq!(answer.status().as_u16(), read);
        let list: Value = serde_json::from_str(&wait(answer.text()).expect("a body")).expect("JSON");
        let shown = list["Resources"].as_array().map_or(0, Vec::len);
        assert_eq!(shown, usize::from(arguments.len() > 3), "{arguments:?}: {list}");
        running.signal("TERM");
        running.wait().exits(0);
    }
}

#[test]
fn an_unknown_one_is_a_mistake_with_a_suggestion() {
    let place = Place::new();
    let mut all = String::new();
    for arguments in [
        &["serve", "--fault", "post-return-200"][..],
        &["serve", "--fault", "token-compare-not-constant-time"],
        &["serve", "--variant", "delete-410"],
        &["selftest", "--fault", "post-return-200"],
        &["selftest", "--area", "patchremove"],
        &["selftest", "--variants", "--area", "patch-remove"],
        &["selftest", "--fault", FAULT, "--record", "."],
        &["explain", "post-return-200"],
    ] {
        let said = place.run(arguments).exits(2);
        assert_eq!(said.stdout, "");
        all.push_str(&said.transcript());
        all.push('\n');
    }
    snapshot("faults-unknown", &all);
}

#[test]
fn the_lists_say_what_is_known() {
    let faults = listed("faults");
    assert!(faults.len() >= 269, "{}", faults.len());
    for fault in &faults {
        for text in ["id", "area", "title", "does", "correct", "severity"] {
            assert!(fault[text].as_str().is_some_and(|text| !text.is_empty()), "{text} of {fault}");
        }
        assert!(["rfc", "interop", "profile"].contains(&fault["normative"].as_str().expect("a word")));
        assert_eq!(fault["built"], json!(has(fault["id"].as_str().expect("a word"))), "{fault}");
        // What nobody can try is seen by no check.
        assert!(fault["built"] == json!(true) || fault["seen"].is_null(), "{fault}");
    }
    let seen = faults.iter().find(|fault| fault["id"] == FAULT).expect("it is listed");
    assert_eq!((&seen["seen"], &seen["built"]), (&json!("caught"), &json!(true)));

    let variants = listed("variants");
    assert!(variants.len() >= 50, "{}", variants.len());
    for variant in &variants {
        assert!(variant["title"].as_str().is_some_and(|title| !title.is_empty()), "{variant}");
        assert!(
            ["pass", "info", "warn"].contains(&variant["verdict"].as_str().expect("a word")),
            "{variant}"
        );
    }
    let ids = |rows: &[Value]| -> BTreeSet<String> { rows.iter().map(|row| row["id"].to_string()).collect() };
    assert!(ids(&faults).is_disjoint(&ids(&variants)));
}

#[test]
fn the_story_of_a_fault() {
    let place = Place::new();
    for (name, fault) in [
        ("explain-fault", "patch-remove-subattr-removes-element"),
        ("explain-fault-of-our-own", "logout-ends-all-sessions"),
        ("explain-fault-unbuilt", "token-compare-not-constant-time"),
    ] {
        snapshot(name, &place.run(&["explain", fault]).exits(0).transcript());
    }
    for fault in Faults::embedded().all() {
        let story = story(fault);
        let mut lines = story.lines();
        assert_eq!((lines.next(), lines.next()), (Some(&*fault.id), Some(&*fault.title)));
        assert!(story.contains("\nWhat happens\n") && story.contains("\nWhat is right\n"), "{story}");
        assert!(story.contains("\nWhere it was seen\n"), "{story}");
        assert_eq!(fault.sources.is_empty(), story.contains("on no server that we know of"), "{story}");
        let tried = story.contains(&format!("scimcheck serve --fault {}", fault.id));
        assert_eq!(tried, has(&fault.id), "{story}");
    }
}

#[test]
fn what_a_run_finds_is_recognised() {
    let server = Reference::with_fault(FAULT);
    let place = Place::new().with("SCIM_TOKEN", server.token());
    let told = ["--suite", "patch/remove", "--suite", "groups/members", "--seed", "7", "--output", "out"];
    let target = ["run", "--target", server.url(), "--token-env", "SCIM_TOKEN"];
    let said = place.run(&[&target[..], &told].concat()).exits(1);
    let lines: Vec<_> = said.stdout.lines().skip_while(|line| !line.starts_with("Looks like")).collect();
    assert!(lines.get(1).is_some_and(|line| line.contains(FAULT)), "{}", said.stdout);

    let result = place.results("out");
    let findings: Vec<&Finding> = result.cases.iter().flat_map(|case| &case.checks).collect();
    let broken: Vec<_> = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
    assert!(broken.len() >= 5, "{broken:#?}");
    assert!(broken.iter().all(|finding| finding.looks_like.as_deref() == Some(FAULT)), "{broken:#?}");
    assert!(findings.iter().all(|finding| finding.looks_like.is_none() || finding.verdict >= Verdict::Warn));

    let sentence = format!("looks like {FAULT} (seen in");
    let again = place.run(&["report", "out/results.json"]).exits(1);
    for text in [again.stdout, place.read("out/junit.xml")] {
        assert_eq!(text.matches(&sentence).count(), broken.len(), "{text}");
        assert!(text.contains(&format!("explain    scimcheck explain {FAULT}\n")), "{text}");
    }
    let page = place.read("out/report.html");
    let causes: std::collections::HashSet<_> =
        broken.iter().map(|finding| (finding.verdict.as_str(), &finding.requirement)).collect();
    let told = page.matches(&format!("Looks like <code>{FAULT}</code>")).count();
    assert_eq!(told, causes.len(), "once for each cause");
}
