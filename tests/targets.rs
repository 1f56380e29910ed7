//! The whole program against real SCIM servers: the verdict of every check is a snapshot, and every failure and
//! warning is explained in `docs/targets/`.
#![cfg(unix)]

#[path = "support/process.rs"]
mod process;
#[path = "support/targets.rs"]
mod real;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use real::{NAMES, RealTarget};
use scimcheck::model::{RunResult, Verdict};

/// A run takes one to five minutes; this only keeps a hang from taking the whole test with it.
const RUN_LIMIT: Duration = Duration::from_mins(20);

#[test]
fn verdicts_on_scim2_server() {
    verdicts_are_as_recorded("scim2-server");
}

#[test]
fn verdicts_on_scimmy() {
    verdicts_are_as_recorded("scimmy");
}

#[test]
fn verdicts_on_django_scim2() {
    verdicts_are_as_recorded("django-scim2");
}

fn verdicts_are_as_recorded(name: &str) {
    let target = match RealTarget::start(name) {
        Ok(Some(target)) => target,
        Ok(None) => return,
        Err(error) => panic!("{error}"),
    };
    let result = run(&target);
    assert_eq!(result.partial, None, "the run on {name} is not complete");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/targets");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(format!(
        "The verdict of every check on {name}, explained in docs/targets/{name}.md"
    ));
    settings.bind(|| insta::assert_snapshot!(name, verdict_lines(&result)));
}

/// Runs the program as a user would, in a folder of its own where no configuration lies, and reads what it wrote.
fn run(target: &RealTarget) -> RunResult {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_scimcheck"));
    command
        .args([
            "run",
            "--target",
            target.base_url(),
            "--token-env",
            "SCIM_TOKEN",
            "--seed",
            "7",
            "--feature",
            "disposable=true",
            // What scimmy answers to some filters depends on the Users that other cases have made.
            "--jobs",
            "1",
            "--output",
            "out",
        ])
        .env("SCIM_TOKEN", target.token())
        .current_dir(folder.path());
    let output = process::output_within(&mut command, RUN_LIMIT).unwrap_or_else(|error| panic!("{error}"));
    let said = || {
        let streams = [&output.stdout[..], &output.stderr].concat();
        format!("{}\n{}", output.status, String::from_utf8_lossy(&streams))
    };
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", said());
    let text = fs::read_to_string(folder.path().join("out/results.json"))
        .unwrap_or_else(|error| panic!("results.json: {error}\n{}", said()));
    let result: RunResult = serde_json::from_str(&text).expect("results.json has the documented form");
    let failed = result.cases.iter().any(|case| matches!(case.verdict, Verdict::Fail | Verdict::Error));
    assert_eq!(output.status.code(), Some(i32::from(failed)), "the exit code tells the verdict\n{}", said());
    result
}

/// `VERDICT  check-id`, sorted by id: the order of cases in a file is not part of what is recorded. At the end the cases
/// that may have left something behind, because the server failed at a create.
fn verdict_lines(result: &RunResult) -> String {
    let findings = result.cases.iter().flat_map(|case| &case.checks);
    let mut lines: Vec<_> = findings.map(|finding| (&finding.id, finding.verdict)).collect();
    lines.sort();
    assert!(lines.iter().any(|(_, verdict)| verdict.is_judged()), "nothing was judged");
    let left_over: BTreeSet<_> = result.left_over.iter().map(|left| left.case.as_str()).collect();
    let left_over = left_over.into_iter().map(|case| format!("left-over       {case}"));
    let lines = lines.into_iter().map(|(id, verdict)| format!("{verdict:<14}  {id}"));
    lines.chain(left_over).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_real_target_ends_with_its_test() {
    let Some(target) = RealTarget::start("scimmy").unwrap() else { return };
    let url: url::Url = target.base_url().parse().unwrap();
    let address = (url.host_str().unwrap().to_owned(), url.port().unwrap());
    let connect = || std::net::TcpStream::connect((address.0.as_str(), address.1));
    connect().expect("it accepts connections once it has announced itself");
    drop(target);
    connect().expect_err("nothing listens any more");
}

#[test]
fn every_failure_and_warning_is_explained() {
    let mistakes: Vec<_> = NAMES.iter().flat_map(|name| mistakes_of_the_page(name)).collect();
    assert!(mistakes.is_empty(), "docs/targets/ and the snapshots differ:\n  {}", mistakes.join("\n  "));
}

fn mistakes_of_the_page(name: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"));
    let texts = read(&format!("tests/snapshots/targets/{name}.snap"))
        .and_then(|snapshot| read(&format!("docs/targets/{name}.md")).map(|page| (snapshot, page)));
    match texts {
        Ok((snapshot, page)) => compare(name, &snapshot, &page),
        Err(error) => vec![error],
    }
}

/// Compares the ids that a snapshot calls `fail` or `warn` with the ids that a page explains, and the page's counts with
/// the snapshot's. A page may also explain why a check could not be judged (`blocked`), but needs not.
fn compare(name: &str, snapshot: &str, page: &str) -> Vec<String> {
    let with = |verdicts: &[&str]| -> BTreeSet<&str> {
        let pairs = snapshot.lines().filter_map(|line| line.split_once(' '));
        pairs.filter(|(verdict, _)| verdicts.contains(verdict)).map(|(_, id)| id.trim()).collect()
    };
    let (wanted, allowed) = (with(&["fail", "warn"]), with(&["fail", "warn", "blocked"]));
    let explained: BTreeSet<_> = entries(page).flat_map(check_ids).collect();
    let mentioned: BTreeSet<_> = page.lines().flat_map(check_ids).collect();
    let missing =
        wanted.difference(&explained).map(|id| format!("{name}: `{id}` fails or warns and has no entry"));
    let stale = mentioned
        .difference(&allowed)
        .map(|id| format!("{name}: `{id}` is mentioned and does not fail or warn"));
    let count = |verdict: &str| with(&[verdict]).len();
    let counts = format!("fail {} · warn {} · blocked {}", count("fail"), count("warn"), count("blocked"));
    let miscounted = (!page.contains(&counts)).then(|| format!("{name}: the page does not say `{counts}`"));
    missing.chain(stale).chain(miscounted).collect()
}

/// The lines that begin an explanation: headings and list entries.
fn entries(page: &str) -> impl Iterator<Item = &str> {
    page.lines().filter(|line| ["#", "- ", "* "].iter().any(|mark| line.trim_start().starts_with(mark)))
}

/// The check ids (`suite/case#check`) among the code spans of a line.
fn check_ids(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2).filter(|span| {
        span.split_once('#').is_some_and(|(case, check)| case.contains('/') && !check.is_empty())
            && !span.contains(char::is_whitespace)
    })
}

#[test]
fn a_page_that_lags_behind_is_found() {
    let snapshot = "---\nsource: x\n---\nfail            a/b#broken\nwarn            a/b#odd\npass            a/b#fine\nblocked         a/c#late\n";
    let page = "# Server\n\nfail 1 · warn 2 · blocked 1\n\n## `a/b#broken`\n\nSee `a/b#odd` and `GET /Users#frag x`.\n\n- `a/b#fine`, `a/c#late`\n";
    let mistakes = compare("x", snapshot, page);
    assert_eq!(
        mistakes,
        [
            "x: `a/b#odd` fails or warns and has no entry",
            "x: `a/b#fine` is mentioned and does not fail or warn",
            "x: the page does not say `fail 1 · warn 1 · blocked 1`"
        ]
    );
    let mended =
        page.replace("See `a/b#odd`", "- `a/b#odd`").replace("`a/b#fine`, ", "").replace("warn 2", "warn 1");
    assert_eq!(compare("x", snapshot, &mended), Vec::<String>::new());
}
