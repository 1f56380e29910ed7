//! JUnit XML: valid for the narrowest reader, read back by two others, nothing vacuous green.

use std::process::Command;

use junit_parser::TestStatus;
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use scimcheck::model::{RunResult, Verdict};
use scimcheck::report::terminal::{self, Style};
use scimcheck::report::{evidence, junit};

use crate::fixture::{self, huge_result};
use crate::snapshot;

#[test]
fn for_ci() {
    snapshot("junit", &junit::render(&fixture::rich()));
}

/// Every text that ever stands in a report.
fn all() -> [RunResult; 4] {
    let partial = RunResult { partial: Some("interrupted".to_owned()), ..fixture::rich() };
    [fixture::rich(), fixture::hostile_result(), huge_result(), partial]
}

/// libxml2 against the schema of the xUnit plugin of Jenkins. GitLab reads a part of what it allows.
#[test]
fn valid_for_jenkins() {
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/schemas/jenkins-junit-10.xsd");
    let folder = tempfile::tempdir().unwrap();
    let files: Vec<_> = all()
        .iter()
        .enumerate()
        .map(|(number, result)| {
            let path = folder.path().join(format!("{number}.xml"));
            std::fs::write(&path, junit::render(result)).unwrap();
            path
        })
        .collect();
    let found = Command::new("xmllint").args(["--noout", "--schema", schema]).args(&files).output();
    match found {
        Ok(output) => assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr)),
        Err(error) if std::env::var_os("SCIMCHECK_REQUIRE_TARGETS").is_none() => {
            println!("SKIPPED validation by xmllint (libxml2-utils): {error}");
        }
        Err(error) => panic!("xmllint (libxml2-utils) cannot be started: {error}"),
    }
}

/// What GitLab reads of a report: `testsuite` and `testcase` with `name`, `classname` and `time`, and in a test at most
/// one of `failure`, `error` and `skipped`.
#[test]
fn the_shape_that_gitlab_reads() {
    for result in all() {
        let text = junit::render(&result);
        let read = junit_parser::from_reader(text.as_bytes()).unwrap();
        for test in read.suites.iter().flat_map(|suite| &suite.cases) {
            assert!(!test.name.is_empty() && test.classname.is_some(), "{test:?}");
            assert!(test.time.is_finite() && test.time >= 0.0);
        }
        let tests = text.matches("<testcase ").count();
        let unhappy = ["<failure ", "<error ", "<skipped "].map(|element| text.matches(element).count());
        assert!(unhappy.iter().sum::<usize>() <= tests, "{unhappy:?} of {tests}");
    }
}

#[test]
fn two_parsers_read_the_same_and_no_green_is_vacuous() {
    let mut result = fixture::rich();
    let mut vacuous = result.cases.iter().find(|case| case.verdict == Verdict::Pass).unwrap().clone();
    "vacuous".clone_into(&mut vacuous.id);
    vacuous.checks.clear();
    result.cases.push(vacuous);
    let text = junit::render(&result);
    let one = Report::deserialize_from_str(&text).unwrap();
    let other = junit_parser::from_reader(text.as_bytes()).unwrap();
    assert_eq!((one.tests as u64, other.tests), (result.cases.len() as u64, result.cases.len() as u64));
    assert_eq!((one.failures as u64, one.errors as u64), (other.failures, other.errors));
    let tests: Vec<_> = one.test_suites.iter().flat_map(|suite| &suite.test_cases).collect();
    let others: Vec<_> = other.suites.iter().flat_map(|suite| &suite.cases).collect();
    for case in &result.cases {
        let test = tests.iter().find(|test| test.name.as_str() == case.id).expect("every case is a test");
        let word = match &test.status {
            TestCaseStatus::Success { .. } => "success",
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, .. } => "failure",
            TestCaseStatus::NonSuccess { kind: NonSuccessKind::Error, .. } => "error",
            TestCaseStatus::Skipped { .. } => "skipped",
        };
        let expected = match case.verdict {
            _ if case.id == "vacuous" => "error",
            Verdict::Pass | Verdict::Info | Verdict::Warn => "success",
            Verdict::Fail | Verdict::Fixed => "failure",
            Verdict::Blocked | Verdict::Error => "error",
            Verdict::NotApplicable | Verdict::Deselected | Verdict::Known | Verdict::Deviation => "skipped",
        };
        assert_eq!(word, expected, "{}", case.id);
        let other = others.iter().find(|test| test.original_name == case.id).expect("every case is a test");
        let word = match &other.status {
            TestStatus::Success => "success",
            TestStatus::Failure(_) => "failure",
            TestStatus::Error(_) => "error",
            TestStatus::Skipped(_) => "skipped",
        };
        assert_eq!(word, expected, "{}", case.id);
        assert_eq!(other.classname.as_deref(), Some(case.suite.as_str()));
    }
}

#[test]
fn a_failure_tells_the_whole_story() {
    let result = fixture::rich();
    let report = Report::deserialize_from_str(&junit::render(&result)).unwrap();
    let case = result.cases.iter().find(|case| case.id.starts_with("patch/")).unwrap();
    let tests = report.test_suites.iter().flat_map(|suite| &suite.test_cases);
    let test = tests.into_iter().find(|test| test.name.as_str() == case.id).unwrap();
    let TestCaseStatus::NonSuccess { description: Some(body), .. } = &test.status else { panic!("{test:?}") };
    let evidence = evidence::Evidence::of(&result);
    let story = terminal::story(case, &evidence, Style::PLAIN);
    let body = body.as_str().trim();
    assert!(body.starts_with(story.trim()), "the text of the terminal comes first");
    for part in ["sent      GET /Groups/9b1c", "received  200 in 14 ms", "RFC 7644 §3.5.2.2", "curl -X PATCH"]
    {
        assert!(body.contains(part), "{part}\n{body}");
    }
}

#[test]
fn a_run_that_is_nothing_to_rely_on_is_red() {
    let partial = RunResult { partial: Some("interrupted".to_owned()), ..fixture::rich() };
    let report = Report::deserialize_from_str(&junit::render(&partial)).unwrap();
    let first = &report.test_suites[0].test_cases[0];
    assert_eq!(first.name.as_str(), "the run is complete");
    assert!(matches!(&first.status, TestCaseStatus::NonSuccess { message: Some(message), .. }
        if message.as_str().contains("interrupted")));
    let nothing = fixture::result_of(Vec::new(), Vec::new());
    let report = Report::deserialize_from_str(&junit::render(&nothing)).unwrap();
    assert_eq!((report.tests, report.failures), (1, 1));
    let empty_part = RunResult { partition: Some("hash:3/4".to_owned()), ..nothing };
    let report = Report::deserialize_from_str(&junit::render(&empty_part)).unwrap();
    assert_eq!((report.tests, report.failures), (0, 0), "a part without a case is no mistake");
}

#[test]
fn hostile_texts_stay_text() {
    let report = Report::deserialize_from_str(&junit::render(&fixture::hostile_result())).unwrap();
    let tests: Vec<_> = report.test_suites.iter().flat_map(|suite| &suite.test_cases).collect();
    assert!(tests.iter().any(|test| test.name.as_str().contains("</script></style></pre>]]><img")));
    for result in [fixture::hostile_result(), huge_result()] {
        let text = junit::render(&result);
        let report = Report::deserialize_from_str(&text).unwrap();
        assert_eq!(report.tests, result.cases.len() + usize::from(result.partial.is_some()));
        assert!(text.len() < 400_000, "{}", text.len());
        for test in report.test_suites.iter().flat_map(|suite| &suite.test_cases) {
            if let TestCaseStatus::NonSuccess { description: Some(body), .. } = &test.status {
                assert!(body.as_str().chars().count() < 33_000);
            }
            assert!(test.system_out.as_ref().is_none_or(|out| out.as_str().chars().count() < 9_000));
        }
    }
}

/// Some readers refuse a file in which a property comes twice.
#[test]
fn every_property_has_a_name_of_its_own() {
    for result in all() {
        let report = Report::deserialize_from_str(&junit::render(&result)).unwrap();
        for suite in &report.test_suites {
            let mut names: Vec<_> = suite.properties.iter().map(|property| property.name.as_str()).collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{names:?}");
        }
    }
    let report = Report::deserialize_from_str(&junit::render(&fixture::rich())).unwrap();
    let properties = report.test_suites.iter().flat_map(|suite| &suite.properties);
    let all: Vec<_> =
        properties.filter(|own| own.name.as_str() == "requirements").map(|own| own.value.as_str()).collect();
    assert!(all.contains(&"RFC7644-3.3-08 RFC7644-3.5.2.2-04"), "{all:?}");
}
