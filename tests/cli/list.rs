//! `scimcheck list`: one JSON array with unique ids, and a text with a line for each.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::place::{OWN_SUITE, Place};
use crate::snapshot;

fn listed(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let said = place.run(&[&["list"], arguments, &["--format", "json"]].concat()).exits(0);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.transcript()))
}

fn ids(rows: &[Value], field: &str) -> Vec<String> {
    rows.iter()
        .map(|row| row[field].as_str().unwrap_or_else(|| panic!("{field} of {row}")).to_owned())
        .collect()
}

#[test]
fn every_list_has_unique_ids_and_the_text_has_a_line_for_each() {
    let place = Place::new();
    for what in ["suites", "cases", "checks", "requirements", "faults", "variants"] {
        let rows = listed(&place, &[what]);
        let all = ids(&rows, "id");
        let unique: BTreeSet<_> = all.iter().collect();
        assert_eq!(unique.len(), all.len(), "{what}: each id once");
        assert!(all.len() > 10, "{what}");
        let text = place.run(&["list", what]).exits(0).stdout;
        let first: Vec<_> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(first, all, "{what}");
        assert!(text.lines().all(|line| line == line.trim_end()));
    }
}

#[test]
fn every_check_cites_a_requirement_and_belongs_to_a_case() {
    let place = Place::new();
    let (checks, requirements) = (listed(&place, &["checks"]), listed(&place, &["requirements"]));
    let known: BTreeSet<_> = ids(&requirements, "id").into_iter().collect();
    let cited = ids(&checks, "requirement");
    let unknown: Vec<_> = cited.iter().filter(|id| !known.contains(*id)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    let cases: BTreeSet<_> = ids(&listed(&place, &["cases"]), "id").into_iter().collect();
    let stray: Vec<_> = ids(&checks, "case").into_iter().filter(|case| !cases.contains(case)).collect();
    assert!(stray.iter().all(|case| case.starts_with("invariants/")), "{stray:?}");
    // The other direction says the same.
    let verified: BTreeSet<_> = requirements
        .iter()
        .flat_map(|row| row["checks"].as_array().into_iter().flatten().filter_map(Value::as_str))
        .map(str::to_owned)
        .collect();
    assert_eq!(verified, ids(&checks, "id").into_iter().collect());
}

#[test]
fn ids_of_lists_can_be_explained() {
    let place = Place::new();
    for what in ["suites", "cases", "checks", "requirements", "faults"] {
        let all = ids(&listed(&place, &[what]), "id");
        for id in [all.first(), all.last()].into_iter().flatten() {
            let said = place.run(&["explain", id]).exits(0);
            assert_eq!(said.stdout.lines().next(), Some(&**id), "{}", said.transcript());
        }
    }
}

#[test]
fn lists_as_people_see_them() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let mut all = String::new();
    for (what, format) in [
        ("suites", "text"),
        ("cases", "text"),
        ("checks", "text"),
        ("suites", "json"),
        ("cases", "json"),
        ("checks", "json"),
    ] {
        let said = place
            .run(&["list", what, "--suites", "own.yaml", "--suite", "own/*", "--format", format])
            .exits(0);
        all.push_str(&said.transcript());
        all.push('\n');
    }
    all.push_str(
        &place
            .run(&["list", "requirements", "--suites", "own.yaml", "--case", "*/created/User"])
            .transcript(),
    );
    snapshot("list", &all);
}

#[test]
fn a_selection_narrows_every_list() {
    let place = Place::new();
    for what in ["suites", "cases", "checks", "requirements"] {
        let (all, some) =
            (listed(&place, &[what]).len(), listed(&place, &[what, "--suite", "crud/delete"]).len());
        assert!(0 < some && some < all, "{what}: {some} of {all}");
    }
}
