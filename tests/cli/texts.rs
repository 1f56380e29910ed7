//! Help, schemas, completions and manual pages.

use serde_json::Value;

use crate::place::{Place, of_project};
use crate::snapshot;

/// The commands that the help names.
fn commands(place: &Place) -> Vec<String> {
    let help = place.run(&["--help"]).exits(0).stdout;
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn help() {
    let place = Place::new();
    snapshot("help", &place.run(&["--help"]).exits(0).stdout);
    let commands = commands(&place);
    assert!(commands.len() >= 12, "{commands:?}");
    for command in commands {
        let long = place.run(&[&command, "--help"]).exits(0).stdout;
        snapshot(&format!("help-{command}"), &long);
        assert!(place.run(&[&command, "-h"]).exits(0).stdout.len() <= long.len());
        assert_eq!(place.run(&["help", &command]).exits(0).stdout, long);
    }
}

#[test]
fn version() {
    let said = Place::new().run(&["--version"]).exits(0);
    assert_eq!(said.stdout, format!("scimcheck {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn schemas_are_the_files_that_are_checked_in() {
    let place = Place::new();
    for name in ["suite", "config", "results"] {
        let printed = place.run(&["schema", name]).exits(0).stdout;
        let file = of_project(&format!("reports/schema/{name}.schema.json"));
        assert!(printed == file, "reports/schema/{name}.schema.json is stale: scimcheck schema {name} > it");
        let schema: Value = serde_json::from_str(&printed).expect("JSON");
        jsonschema::validator_for(&schema).expect("a JSON Schema");
    }
}

#[test]
fn completions_know_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = place.run(&["completions", shell]).exits(0).stdout;
        for command in commands(&place) {
            assert!(script.contains(&command), "{shell}: {command}");
        }
    }
}

#[test]
fn manual_pages() {
    let place = Place::new();
    let page = place.run(&["man"]).exits(0).stdout;
    assert!(page.contains(".TH scimcheck 1"), "{page}");
    for command in commands(&place) {
        let page = place.run(&["man", &command]).exits(0).stdout;
        assert!(page.contains(&format!(".TH scimcheck-{command} 1")), "{page}");
    }
}
