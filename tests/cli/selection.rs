//! `--suite` and `--case`: every glob must match something, and nothing else runs.

use std::collections::BTreeSet;

use scimcheck::model::Verdict;

use crate::place::{OWN_SUITE, Place};
use crate::snapshot;

#[test]
fn exit_4_if_a_glob_matches_nothing() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let mut all = String::new();
    for selection in [
        &["--case", "own/users/creatd"][..],
        &["--case", "own/users/created/User", "--case", "zzz"],
        &["--case", "own/users/filtered#find_it"],
        &["--case", "own/users/filterd#find-it"],
        &["--case", ""],
        &["--case", "invariants/media-type#holds"],
        &["--suite", "own/user"],
        &["--suite", "own/users/filtered"],
        &["--suite", "*/none"],
    ] {
        let said = place.run(&[&["run", "--suites", "own.yaml"], selection].concat()).exits(4);
        assert_eq!(said.stdout, "", "{}", said.transcript());
        all.push_str(&said.transcript());
        all.push('\n');
    }
    for what in ["suites", "cases", "requirements"] {
        let said = place.run(&["list", what, "--suites", "own.yaml", "--case", "own/users/filterd"]).exits(4);
        assert!(said.stderr.ends_with("did you mean `own/users/filtered`?\n"), "{}", said.transcript());
    }
    snapshot("exit-4-selection", &all);
}

/// The cases of own suites that ran.
fn ran(place: &Place, arguments: &[&str]) -> Vec<String> {
    place.run(&[&["run", "--suites", "own.yaml", "--quiet"], arguments].concat()).exits(0);
    let cases = place.results("reports/latest").cases.into_iter();
    let ran = cases.filter(|case| case.verdict != Verdict::Deselected && case.suite == "own/users");
    ran.map(|case| case.id).collect()
}

#[test]
fn what_is_selected_runs_and_nothing_else() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let [group, user, filtered] = ["own/users/created/Group", "own/users/created/User", "own/users/filtered"];
    for (arguments, wanted) in [
        (&[][..], &[group, user, filtered][..]),
        (&["--suite", "own/*"], &[group, user, filtered]),
        (&["--case", "own/users/created"], &[group, user]),
        (&["--case", "*/User"], &[user]),
        (&["--case", "own/users/created/User#same-id"], &[user]),
        (&["--suite", "own", "--case", "*filtered", "--case", "*/Group"], &[group, filtered]),
    ] {
        let ran: BTreeSet<_> = ran(&place, arguments).into_iter().collect();
        assert_eq!(ran, wanted.iter().map(|id| (*id).to_owned()).collect(), "{arguments:?}");
    }
}

#[test]
fn own_suites_and_builtin_ones() {
    let place = Place::new();
    place.write("mine/own.yaml", OWN_SUITE);
    let listed = |arguments: &[&str]| {
        let said = place.run(&[&["list", "suites"], arguments].concat()).exits(0);
        said.stdout
            .lines()
            .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
            .collect::<Vec<_>>()
    };
    let builtin = listed(&[]);
    assert!(builtin.len() > 10, "{builtin:?}");
    assert_eq!(listed(&["--suites", "builtin"]), builtin);
    assert_eq!(listed(&["--suites", "mine"]), ["own/users"]);
    let both = listed(&["--suites", "builtin", "--suites", "mine"]);
    assert_eq!(both.len(), builtin.len() + 1);
    let both =
        ["run", "--suites", "builtin", "--suites", "mine", "--case", "own", "--case", "crud/delete/gone"];
    let said = place.run(&both).exits(0);
    assert!(said.stdout.contains("PASS  own/users/created/User"), "{}", said.transcript());
    assert!(said.stdout.contains("PASS  crud/delete/gone/User"), "{}", said.transcript());
}
