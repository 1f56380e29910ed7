//! Which reports a run writes, and that `report` makes the same ones.

use scimcheck::model::ReportFormat;

use crate::place::{BLOCKED_SUITE, OWN_SUITE, Place};

fn place() -> Place {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    place
}

#[test]
fn every_format_of_a_run_can_be_made_again_byte_for_byte() {
    let place = place();
    place.write("blocked.yaml", BLOCKED_SUITE);
    let suites =
        ["run", "--suites", "own.yaml", "--suites", "blocked.yaml", "--output", "out", "--format", "all"];
    place.run(&suites).exits(1);
    let mut names = ReportFormat::ALL.map(ReportFormat::file_name);
    names.sort_unstable();
    assert_eq!(place.files("out"), names);
    place.run(&["report", "out/results.json", "--format", "all", "--output", "again"]).exits(1);
    for format in ReportFormat::ALL {
        let old = place.read(&format!("out/{}", format.file_name()));
        assert!(place.read(&format!("again/{}", format.file_name())) == old, "{format}");
        let said = place.run(&["report", "out/results.json", "--format", format.as_str()]).exits(1);
        assert!(said.stdout == old, "{format}: alone on standard output");
    }
}

#[test]
fn the_command_line_and_the_configuration_choose() {
    let place = place();
    place.run(&["run", "--suites", "own.yaml", "--output", "a", "--format", "markdown,tap"]).exits(0);
    assert_eq!(place.files("a"), ["report.md", "report.tap", "results.json"]);
    place.write("scimcheck.toml", "reports = [\"ctrf\", \"badge\"]\n");
    place.run(&["run", "--suites", "own.yaml", "--output", "b"]).exits(0);
    assert_eq!(place.files("b"), ["badge.json", "ctrf.json", "results.json"]);
    place.run(&["run", "--suites", "own.yaml", "--output", "c", "--format", "har"]).exits(0);
    assert_eq!(place.files("c"), ["report.har", "results.json"]);
    place.write("scimcheck.toml", "reports = [\"markdwon\"]\n");
    let said = place.run(&["run", "--suites", "own.yaml"]).exits(3);
    assert!(
        said.stderr.contains("scimcheck.toml:1:12") && said.stderr.contains("did you mean `markdown`?"),
        "{}",
        said.stderr
    );
    place.run(&["run", "--format", "pdf"]).exits(2);
    let said = place.run(&["report", "a/results.json", "--format", "tap,junit"]).exits(2);
    assert!(said.stderr.contains("several reports do not fit on standard output"), "{}", said.stderr);
}

#[test]
fn annotations_stand_at_the_lines_of_the_users_own_suites() {
    let place = place();
    place.write("suites/blocked.yaml", BLOCKED_SUITE);
    let said = place.run(&["run", "--suites", "suites", "--annotations", "github", "--quiet"]).exits(1);
    let commands: Vec<_> = said.stdout.lines().filter(|line| line.starts_with("::")).collect();
    assert!(
        commands.iter().any(|line| line.starts_with("::error file=suites/blocked.yaml,line=")),
        "{commands:#?}"
    );
    // A report on standard output stays what it is.
    let results = "reports/latest/results.json";
    let said = place.run(&["report", results, "--format", "markdown", "--annotations", "github"]).exits(1);
    assert!(said.stdout.starts_with("## ") && !said.stdout.contains("\n::"), "{}", said.stdout);
    assert!(said.stderr.starts_with("::error "), "{}", said.stderr);
}
