//! `scimcheck lint`.

use serde_json::Value;

use crate::place::{OWN_SUITE, Place};
use crate::snapshot;

fn broken() -> String {
    OWN_SUITE.replace("equals: \"${made.id}\"", "equals: \"${mad.id}\"").replace("requires:", "require:")
}

#[test]
fn suites_without_mistakes() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    assert_eq!(place.run(&["lint", "own.yaml"]).exits(0).stdout, "1 suite file, no mistakes\n");
    assert_eq!(place.run(&["lint", "own.yaml", "--format", "json"]).exits(0).stdout, "[]\n");
    let builtin = place.run(&["lint"]).exits(0).stdout;
    assert!(builtin.ends_with(" suite files, no mistakes\n"), "{builtin}");
}

#[test]
fn the_folder_suites_is_linted_if_there_is_one() {
    let place = Place::new();
    place.write("suites/deep/own.yaml", OWN_SUITE);
    assert_eq!(place.run(&["lint"]).exits(0).stdout, "1 suite file, no mistakes\n");
}

#[test]
fn mistakes_in_text_and_json() {
    let place = Place::new();
    place.write("suites/broken.yaml", &broken());
    let text = place.run(&["lint"]).exits(3);
    snapshot("lint-broken", &text.transcript());
    let json = place.run(&["lint", "--format", "json"]).exits(3);
    snapshot("lint-broken-json", &json.transcript());
    let mistakes: Vec<Value> = serde_json::from_str(&json.stdout).expect("one JSON array");
    let last = text.stdout.lines().last().expect("a summary");
    assert_eq!(last, format!("{} mistakes in 1 file", mistakes.len()));
}

#[test]
fn a_folder_without_suites_is_a_mistake_of_the_user() {
    let place = Place::new();
    place.write("empty/readme.txt", "nothing");
    let said = place.run(&["lint", "empty"]).exits(2);
    assert_eq!(said.stderr, "error: there is no .yaml file below empty\n");
}

#[test]
fn a_file_that_is_not_utf8_is_a_mistake_among_others() {
    let place = Place::new();
    place.write("suites/a.yaml", &broken());
    let latin1 = [OWN_SUITE.replace("own/users", "own/others").as_bytes(), b"# caf\xe9\n"].concat();
    std::fs::write(place.path("suites/b.yaml"), latin1).expect("it can be written");
    place.write("suites/c.yaml", "format: 1\nsuite: [");
    let said = place.run(&["lint"]).exits(3);
    let first = said.stdout.find("suites/a.yaml:").expect("the mistakes of the first file");
    let last = said.stdout.find("suites/c.yaml:").expect("the mistakes of the last file");
    let text = &said.stdout[first..last];
    assert!(
        text.contains("not UTF-8: the byte 0xE9 cannot stand here") && text.contains("suites/b.yaml:"),
        "{text}"
    );
    assert!(said.stdout.trim_end().ends_with("in 3 files"), "{}", said.stdout);
    place.run(&["run", "--suites", "suites/b.yaml"]).exits(3);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_is_a_mistake_among_others() {
    let place = Place::new();
    place.write("suites/a.yaml", &broken());
    std::os::unix::fs::symlink("nowhere.yaml", place.path("suites/b.yaml")).expect("a link");
    let large = std::fs::File::create(place.path("suites/c.yaml")).expect("a file");
    large.set_len(8 * 1024 * 1024 + 1).expect("it can be that long");
    let said = place.run(&["lint"]).exits(3);
    snapshot("lint-unreadable", &said.transcript());
    assert!(said.stdout.trim_end().ends_with("in 3 files"), "{}", said.stdout);
    // Who names the file has made a mistake of another kind.
    let said = place.run(&["lint", "suites/b.yaml"]).exits(2);
    assert!(said.stderr.contains("suites/b.yaml"), "{}", said.stderr);
    place.run(&["lint", "suites/c.yaml"]).exits(3);
}

#[test]
fn one_broken_file_does_not_hide_another() {
    let place = Place::new();
    place.write("a.yaml", &broken());
    place.write("b.yaml", "format: 1\nsuite: [");
    place.write("c.yaml", &OWN_SUITE.replace("own/users", "own/others"));
    let said = place.run(&["lint", "a.yaml", "b.yaml", "c.yaml"]).exits(3);
    assert!(said.stdout.contains("--> a.yaml:") && said.stdout.contains("--> b.yaml:"), "{}", said.stdout);
    assert!(said.stdout.trim_end().ends_with("in 2 files"), "{}", said.stdout);
}
