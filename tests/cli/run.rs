//! `scimcheck run`: the files it writes, and that the same seed gives the same results.

use std::process::Stdio;

use quick_junit::Report;
use regex::Regex;
use scimcheck::model::Verdict;
use serde_json::Value;

use crate::place::{OWN_SUITE, Place, Said, of_project};
use crate::reference::Reference;

/// The three files are there, in the form that is promised.
pub(crate) fn assert_reports(place: &Place, folder: &str) {
    let schema: Value =
        serde_json::from_str(&of_project("reports/schema/results.schema.json")).expect("JSON");
    let results: Value = serde_json::from_str(&place.read(&format!("{folder}/results.json"))).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    let mistakes: Vec<_> = validator.iter_errors(&results).map(|error| error.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    for field in [
        "format",
        "tool",
        "target",
        "seed",
        "partial",
        "features",
        "counts",
        "cases",
        "exchanges",
        "requirements",
        "left_over",
    ] {
        assert!(results.get(field).is_some(), "scripts rely on `{field}`");
    }
    let junit = Report::deserialize_from_str(&place.read(&format!("{folder}/junit.xml"))).expect("JUnit");
    // What is not complete must not look green: it is a test case of its own.
    let partial = usize::from(!results["partial"].is_null());
    let cases = results["cases"].as_array().map(|cases| cases.len() + partial);
    assert_eq!(Some(junit.test_suites.iter().map(|suite| suite.test_cases.len()).sum()), cases);
    let html = place.read(&format!("{folder}/report.html"));
    assert!(html.to_lowercase().starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
}

#[test]
fn reports_go_where_the_user_wants_them() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let said = place.run(&["run", "--suites", "own.yaml", "--output", "a/b"]).exits(0);
    assert!(
        said.stdout.ends_with("Reports  a/b/results.json  a/b/junit.xml  a/b/report.html\n"),
        "{}",
        said.stdout
    );
    assert_reports(&place, "a/b");
    assert_eq!(place.files("a/b"), ["junit.xml", "report.html", "results.json"], "the ledger is gone");
    assert!(!place.path("reports").exists());
}

#[test]
fn without_an_authorization_server_the_rest_says_what_to_configure() {
    let server = Reference::start();
    let place = Place::new().with("SCIM_TOKEN", server.token());
    let arguments = ["run", "--target", server.url(), "--token-env", "SCIM_TOKEN", "--suite", "deactivation"];
    let said = place.run(&arguments).exits(0);
    let text = said.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = "not-applicable: needs the authorization server and a `login`, the way in which a test user logs in, in \
                  [target.NAME.oauth] of scimcheck.toml (docs/configuration.md)";
    assert!(text.contains(wanted), "{}", said.stdout);
    assert!(text.contains("deactivation/resource/repeated"), "{}", said.stdout);
    let results = place.results("reports/latest");
    let verdict = |id: &str| results.cases.iter().find(|case| case.id == id).map(|case| case.verdict);
    assert_eq!(verdict("deactivation/resource/repeated"), Some(Verdict::Pass));
    assert_eq!(verdict("deactivation/revocation/by-patch"), Some(Verdict::NotApplicable));
}

#[test]
fn without_an_authorization_server_nothing_else_says_what_to_configure() {
    let server = Reference::start();
    let place = Place::new().with("SCIM_TOKEN", server.token());
    let suite = ["--suite", "deactivation/revocation"];
    let target = ["run", "--target", server.url(), "--token-env", "SCIM_TOKEN"];
    let said = place.run(&[&target[..], &suite].concat()).exits(4);
    let text = said.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("no selected case can run: the target does not have `oauth:login`"), "{text}");
    assert!(text.contains("in [target.NAME.oauth] of scimcheck.toml"), "{text}");
    assert!(!text.contains("--feature"), "no flag makes an authorization server: {text}");
}

#[test]
fn without_the_metadata_of_the_issuer_all_but_logins_run() {
    let server = Reference::start();
    let place = Place::new().with("SCIM_TOKEN", server.token());
    let config = format!(
        "default = \"t\"\n[target.t]\nbase_url = \"{}\"\ntoken_env = \"SCIM_TOKEN\"\n\
         [target.t.oauth]\nissuer = \"http://127.0.0.1:1\"\nclient_id = \"c\"\nlogin = {{ method = \"password\" }}\n",
        server.url()
    );
    place.write("scimcheck.toml", &config);
    let problem = "the authorization server is not known: the issuer shows no metadata";

    let said = place.run(&["run", "--suite", "deactivation"]).exits(5);
    assert_eq!(said.stderr.matches(&format!("warning: {problem}")).count(), 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("cases that log users in are blocked, and all others run"),
        "{}",
        said.stderr
    );
    let results = place.results("reports/latest");
    let case = |id: &str| results.cases.iter().find(|case| case.id == id).expect("it was planned");
    assert_eq!(case("deactivation/resource/repeated").verdict, Verdict::Pass);
    let blocked = case("deactivation/revocation/by-patch");
    assert_eq!(blocked.verdict, Verdict::Blocked);
    assert!(blocked.reason.as_ref().is_some_and(|reason| reason.contains(problem)), "{:?}", blocked.reason);
    assert!(blocked.exchanges.is_empty(), "nobody is created who cannot log in");

    let said = place.run(&["run", "--suite", "deactivation/revocation", "--output", "nothing"]).exits(5);
    assert!(said.stderr.contains(&format!("error: {problem}")), "{}", said.stderr);
    assert!(!place.path("nothing").exists(), "nothing was left to run");

    let said = place.run(&["run", "--suite", "deactivation/resource"]).exits(0);
    assert!(!said.stderr.contains(problem), "nobody wants to log in: {}", said.stderr);
}

#[test]
fn discovery_is_held_against_what_is_meant() {
    let place = Place::new();
    for (feature, code) in [("public-discovery=true", 0), ("protected-discovery=true", 1)] {
        let said = place.run(&["run", "--case", "tokens/discovery/**", "--feature", feature]).exits(code);
        assert!(!said.stdout.is_empty());
    }
}

#[test]
fn quiet_and_verbose() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let quiet = place.run(&["run", "--suites", "own.yaml", "--quiet"]).exits(0).stdout;
    let normal = place.run(&["run", "--suites", "own.yaml"]).exits(0).stdout;
    let verbose = place.run(&["run", "--suites", "own.yaml", "--verbose"]).exits(0).stdout;
    assert_eq!(quiet.lines().count(), 2, "{quiet}");
    assert!(normal.contains("PASS  own/users/created/User") && normal.contains("Requirements  "), "{normal}");
    assert!(verbose.lines().count() >= normal.lines().count(), "{verbose}");
}

/// What differs between two runs that are the same: addresses, times, and what the server makes up.
fn without_chance(text: &str) -> String {
    let filters = [
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
        (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "DATE"),
        (r#"W/(\\*)"\d+"#, "W/${1}\"VERSION"),
        (r#""(started_ms|duration_ms|at_ms|ttfb_ms|size)": [\d.]+"#, "\"$1\": 0"),
        (r#""[\d.]+ [\d.]+ (setup|step|cleanup) "#, "\"$1 "),
        // Versions are counted over all resources, so that one may have a digit more.
        (r"\(\d,?\d+ characters\)", "(LENGTH)"),
        (r#""content-length",\s+"\d+""#, "LENGTH"),
    ];
    filters.iter().fold(text.to_owned(), |text, (pattern, word)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, *word).into_owned()
    })
}

#[test]
fn the_same_seed_gives_the_same_results() {
    let place = Place::new();
    for (output, jobs) in [("a", "1"), ("b", "4"), ("c", "4")] {
        let seed = if output == "c" { "8" } else { "7" };
        let flags = ["--seed", seed, "--output", output, "--jobs", jobs, "--quiet"];
        place
            .run(&[&["run", "--suite", "crud/create", "--suite", "crud/replace"], &flags[..]].concat())
            .exits(0);
    }
    let [a, b, c] = ["a", "b", "c"].map(|name| without_chance(&place.read(&format!("{name}/results.json"))));
    let differing: Vec<_> = a.lines().zip(b.lines()).filter(|(a, b)| a != b).take(5).collect();
    assert!(differing.is_empty() && a.lines().count() == b.lines().count(), "{differing:#?}");
    assert_ne!(a, c, "another seed gives other names");
}

#[test]
fn cases_run_in_parallel() {
    let place = Place::new();
    let most_at_once = |jobs: &str| {
        place.run(&["run", "--suite", "crud/read", "--jobs", jobs, "--quiet"]).exits(0);
        let cases = place.results("reports/latest").cases;
        let times: Vec<_> = cases
            .iter()
            .filter(|case| case.verdict != Verdict::Deselected && case.duration_ms > 0.0)
            .map(|case| (case.started_ms, case.started_ms + case.duration_ms))
            .collect();
        let at = |time: f64| times.iter().filter(|(begin, end)| *begin <= time && time < *end).count();
        times.iter().map(|(begin, _)| at(*begin)).max()
    };
    assert_eq!(most_at_once("1"), Some(1));
    assert!(most_at_once("4") > Some(1));
}

#[test]
fn a_reader_that_goes_away_changes_nothing() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    for arguments in [
        &["run", "--suites", "own.yaml"][..],
        &["list", "requirements"],
        &["explain", "RFC7644-3.3-01"],
        &["schema", "suite"],
        &["--help"],
        &["completions", "bash"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = place.command(arguments);
        command.stdin(std::process::Stdio::null()).stdout(writer).stderr(std::process::Stdio::piped());
        let child = command.spawn().expect("the binary can be started");
        let said = Said::new(child.wait_with_output().expect("it ends"), arguments).exits(0);
        assert_eq!(said.stderr, "", "{}", said.transcript());
    }
    assert_reports(&place, "reports/latest");
}

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_printed_is_no_success() {
    let place = Place::new();
    for (arguments, code) in [
        (&["run", "--case", "crud/create/minimal/*", "--seed", "7"][..], 2),
        (&["report", "reports/latest/results.json"], 2),
        (&["run", "--run-timeout", "1ms", "--jobs", "1"], 1),
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
        let mut command = place.command(arguments);
        let output = command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).output();
        let said = Said::new(output.expect("it ends"), arguments).exits(code);
        assert!(said.stderr.starts_with("error: cannot write: No space left"), "{}", said.transcript());
        assert_reports(&place, "reports/latest");
    }
}

#[test]
fn an_earlier_ledger_is_kept_and_mentioned() {
    let server = Reference::start();
    let place = Place::new().with("TOKEN", server.token());
    place.write("own.yaml", OWN_SUITE);
    let head = format!(
        r#"{{"entry":"run","format":1,"target":"t","base_url":"{}","token":"sc00000001"}}"#,
        server.url()
    );
    let lost = format!(
        r#"{{"entry":"intent","number":0,"case":"a/b","endpoint":"{}/Users","identifier":["userName","sc00000001-a"]}}"#,
        server.url()
    );
    let old = format!("{head}\n{lost}\n");
    let name = "out/ledger-20260101T000000Z-sc1-1.jsonl";
    place.write(name, &old);
    let arguments =
        ["run", "--suites", "own.yaml", "--target", server.url(), "--token-env", "TOKEN", "--output", "out"];
    let said = place.run(&arguments).exits(0);
    assert_eq!(
        said.stderr,
        format!(
            "note: an earlier run may have left 1 resource behind; to delete: scimcheck cleanup {name} --token-env TOKEN\n"
        )
    );
    assert_eq!(place.read(name), old);
    assert_eq!(
        place.files("out"),
        ["junit.xml", "ledger-20260101T000000Z-sc1-1.jsonl", "report.html", "results.json"]
    );
}
