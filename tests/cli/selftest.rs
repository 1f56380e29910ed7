//! `scimcheck selftest`: the suites against a server for each fault or variant.

use serde_json::{Value, json};

use crate::place::{OWN_SUITE, Place};
use crate::snapshot;

/// One check sees it.
const FAULT: &str = "patch-remove-subattr-removes-element";

/// Forgets that a deleted resource may be answered with 410.
const STRICT_SUITE: &str = r#"format: 1
suite: own/strict
title: Stricter than the RFCs

cases:
  - id: gone
    title: A deleted user is gone
    setup:
      - { create: User, as: made }
    steps:
      - name: delete it
        request: { method: DELETE, path: "/Users/${made.id}" }
        expect: { status: 204 }
      - name: read it
        request: { method: GET, path: "/Users/${made.id}" }
        checks:
          - id: gone
            status: 404
            requirement: RFC7644-3.6-02
"#;

#[test]
fn one_fault_for_people() {
    let said = Place::new().run(&["selftest", "--fault", FAULT]).exits(0);
    let ran = regex::Regex::new(r"\d+ cases ran").expect("a regex");
    snapshot("selftest-fault", &ran.replace(&said.transcript(), "N cases ran"));
}

#[test]
fn one_fault_for_scripts() {
    let said = Place::new().run(&["selftest", "--fault", FAULT, "--format", "json"]).exits(0);
    let report: Value = serde_json::from_str(&said.stdout).expect("JSON");
    assert_eq!(report["full"], json!(false));
    let [trial] = report["trials"].as_array().expect("a list").as_slice() else { panic!("one: {report}") };
    let what = |name: &str| trial[name].clone();
    assert_eq!(
        [what("id"), what("area"), what("normative"), what("seen")],
        [FAULT, "patch-remove", "rfc", "caught"].map(Value::from)
    );
    let check = json!({
        "check": "patch/remove/sub-attribute-of-matching#value-kept",
        "requirement": "RFC7644-3.5.2.2-07",
        "verdict": "fail",
        "case": "patch/remove/sub-attribute-of-matching",
    });
    assert!(trial["checks"].as_array().is_some_and(|checks| checks.contains(&check)), "{trial:#}");
    assert!(trial["failures"].as_array().is_some_and(|all| all.contains(&check["check"])), "{trial:#}");
    assert!(trial["cases"].as_u64() > Some(0) && trial["duration_ms"].as_f64() > Some(0.0), "{trial:#}");
    for share in ["rfc", "interop", "profile", "checks"] {
        let share = &report["figures"][share];
        assert!(share["some"].as_u64() <= share["of"].as_u64() && share["of"].is_u64(), "{share}");
    }
    assert!(report["ready_ms"].as_f64() <= report["duration_ms"].as_f64());
}

#[test]
fn suites_of_a_users_own() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    place.write("strict.yaml", STRICT_SUITE);
    let mut all = String::new();
    // What these suites miss is no failure of theirs: nothing is recorded of them.
    for (suites, more, code) in [
        ("own.yaml", &["--fault", "filter-id-eq-fails", "--fault", FAULT][..], 0),
        ("own.yaml", &["--variants"], 0),
        ("strict.yaml", &["--variants"], 1),
    ] {
        let said = place.run(&[&["selftest", "--suites", suites], more].concat()).exits(code);
        assert_eq!(said.stderr, "");
        all.push_str(&said.transcript());
        all.push('\n');
    }
    let variants = regex::Regex::new(r"\d+ variants").expect("a regex");
    let ids = regex::Regex::new(r"[0-9a-f-]{36}").expect("a regex");
    let all = variants.replace_all(&all, "N variants");
    let ran = regex::Regex::new(r"\d+ cases ran").expect("a regex");
    let all = ran.replace_all(&all, "N cases ran");
    snapshot("selftest-own-suites", &ids.replace_all(&all, "ID"));
    let arguments = ["selftest", "--suites", "own.yaml", "--fault", FAULT, "--format", "json"];
    let report: Value = serde_json::from_str(&place.run(&arguments).exits(0).stdout).expect("JSON");
    // One fault says nothing about how good they are.
    assert_eq!((&report["full"], &report["figures"]), (&json!(true), &Value::Null));
    let said = place.run(&["selftest", "--suites", "none.yaml", "--fault", FAULT]).exits(2);
    assert!(said.stderr.contains("none.yaml"), "{}", said.transcript());
}
