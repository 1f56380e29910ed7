//! `reports/examples/`: a report of every format for the reference server with three faults, proven fresh.
//! `SCIMCHECK_BLESS=1 cargo test --test reports` writes them anew.

use std::path::{Path, PathBuf};

use regex::Regex;
use scimcheck::model::glob::fits;
use scimcheck::model::{ReportFormat, RunResult};
use scimcheck::report::terminal::{self, Style};
use scimcheck::report::{self, diff, json, markdown};
use scimcheck::run::PlannedCase;
use scimcheck::selftest::Reference;
use scimcheck::server::{Fault, Options};

const FAULTS: [&str; 3] =
    ["post-missing-location-header", "missing-resource-400", "patch-remove-subattr-removes-element"];
/// The cases that see them, and a few that hold.
const CASES: [&str; 4] = [
    "crud/create/minimal",
    "crud/create/conflict",
    "crud/delete/gone/User",
    "patch/remove/sub-attribute-of-matching",
];
/// Bytes of all of them together.
const LARGEST: usize = 1_200_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/examples")
}

/// A run over a few suites, with the times taken out of it that a clock gave.
fn run(faults: &[&str]) -> RunResult {
    let faults: std::collections::BTreeSet<Fault> =
        faults.iter().map(|id| id.parse().unwrap_or_else(|error| panic!("{id}: {error}"))).collect();
    let reference = Reference::local(Options { faults, ..Options::default() }).expect("a server");
    let pick = |planned: &PlannedCase| CASES.iter().any(|case| fits(case, &planned.id));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut result = runtime.block_on(reference.run(&scimcheck::suite::embedded(), &pick, 1, true));
    "staging".clone_into(&mut result.target.name);
    result.target.arguments = ["--target", "staging"].map(str::to_owned).into();
    let mut at = 0.0;
    for exchange in &mut result.exchanges {
        // Between 2 and 40 ms, and always the same for the same exchange.
        let bytes = exchange.id.0.bytes().fold(7_u32, |sum, byte| (sum * 31 + u32::from(byte)) % 1_000);
        exchange.started_ms = at;
        exchange.duration_ms = 2.0 + f64::from(bytes) * 0.038;
        at += exchange.duration_ms;
    }
    for brief in result.briefs.values_mut().flatten() {
        (brief.started_ms, brief.duration_ms) = (at, 2.5);
        at += brief.duration_ms;
    }
    let (mut begin, mut all) = (0.0, 0.0);
    for case in result.cases.iter_mut().filter(|case| case.duration_ms > 0.0) {
        let own = result.exchanges.iter().filter(|exchange| case.exchanges.contains(&exchange.id));
        case.started_ms = begin;
        case.duration_ms = own.map(|exchange| exchange.duration_ms).sum::<f64>().max(1.0);
        begin += case.duration_ms;
        all = begin;
    }
    result.duration_ms = all;
    let text = json::render(&result);
    let times = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "2026-01-01T00:00:00Z"),
        (r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "Thu, 01 Jan 2026 00:00:00 GMT"),
    ];
    let text = times.iter().fold(text, |text, (pattern, time)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, *time).into_owned()
    });
    json::read(&text).expect("what was written can be read")
}

#[test]
fn the_examples_are_fresh() {
    let (faulty, fine) = (run(&FAULTS), run(&[]));
    let mut files: Vec<_> = ReportFormat::ALL
        .into_iter()
        .map(|format| (format.file_name().to_owned(), report::render(format, &faulty)))
        .collect();
    let compared = diff::between(&fine, &faulty);
    files.push(("diff.md".to_owned(), markdown::render_diff(&compared)));
    files.push(("diff.html".to_owned(), report::html::render_diff(&compared)));
    files.push(("diff.txt".to_owned(), diff::text(&compared, Style::PLAIN)));
    files.push((
        "terminal.txt".to_owned(),
        format!("{}\n{}", terminal::explain(&faulty), terminal::summary(&faulty, Style::PLAIN)),
    ));
    files.push(("annotations.txt".to_owned(), report::annotations::github(&faulty)));
    files.push(("baseline.yaml".to_owned(), scimcheck::suite::baseline::propose(&faulty)));
    let sum: usize = files.iter().map(|(_, text)| text.len()).sum();
    let sizes: Vec<_> = files.iter().map(|(name, text)| format!("{name} {}", text.len())).collect();
    assert!(sum < LARGEST, "{sum} bytes: {sizes:?}");
    let broken = faulty.cases.iter().filter(|case| case.verdict == scimcheck::model::Verdict::Fail).count();
    assert!(broken >= 3, "{broken} cases see the faults");
    for (name, text) in &files {
        let path = folder().join(name);
        if std::env::var_os("SCIMCHECK_BLESS").is_some() {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, text).unwrap();
        }
        let fresh = std::fs::read_to_string(&path).is_ok_and(|checked_in| checked_in == *text);
        assert!(fresh, "reports/examples/{name} is stale: SCIMCHECK_BLESS=1 cargo test writes it anew");
    }
    let kept = std::fs::read_dir(folder()).unwrap().filter(|entry| {
        entry.as_ref().is_ok_and(|entry| !entry.file_name().to_string_lossy().ends_with("README.md"))
    });
    assert_eq!(kept.count(), files.len(), "nothing else is there");
}
