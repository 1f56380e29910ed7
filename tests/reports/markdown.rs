//! Markdown and annotations: the most important first, bounded, and only text from a target.

use scimcheck::model::{RunResult, SourceRef, Verdict};
use scimcheck::report::{annotations, markdown};

use crate::fixture::{self, huge_result};
use crate::{large, snapshot};

#[test]
fn for_a_comment() {
    snapshot("markdown", &markdown::render(&fixture::rich()));
}

#[test]
fn a_failure_stands_before_everything_else() {
    let text = markdown::render(&fixture::rich());
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(place("What is broken") < place("FAIL</b> <code>patch/remove"));
    assert!(place("<b>FAIL</b>") < place("<b>ERROR</b>"));
    assert!(place("<b>ERROR</b>") < place("<b>BLOCKED</b>"));
    assert!(place("<b>BLOCKED</b>") < place("### Known failures"));
    assert!(place("### Known failures") < place("### Warnings"));
    assert!(place("### Warnings") < place("### Not judged"));
}

#[test]
fn never_longer_than_a_comment_may_be() {
    for result in [large(2_000), huge_result(), fixture::hostile_result()] {
        let text = markdown::render(&result);
        assert!(text.len() <= markdown::LIMIT, "{}", text.len());
        assert!(text.chars().count() < 65_536);
    }
    let text = markdown::render(&large(2_000));
    assert!(text.starts_with("## FAIL"));
    assert!(text.contains("Not shown here: ") && text.contains("broken cases"), "it says what is left out");
}

/// Outside of fences and our own elements no character stands that Markdown or HTML would read as more than text.
#[test]
fn nothing_of_a_target_is_more_than_text() {
    let link = regex::Regex::new(r"\[[^\[\]`|<>]*\]\(https://[a-z0-9./#-]+\)").unwrap();
    let reference = regex::Regex::new("&#?[a-z0-9]+;").unwrap();
    for result in [fixture::hostile_result(), huge_result()] {
        let text = markdown::render(&result);
        let mut fence: Option<String> = None;
        for line in text.lines() {
            if let Some(open) = &fence {
                if line == open {
                    fence = None;
                } else {
                    assert!(!line.starts_with(open.as_str()), "{line}");
                }
                continue;
            }
            if line.starts_with("```") {
                fence = Some(line.trim_end_matches("text").to_owned());
                continue;
            }
            let mut rest = line.to_owned();
            for ours in
                ["<details>", "</details>", "<summary>", "</summary>", "<code>", "</code>", "<b>", "</b>"]
            {
                rest = rest.replace(ours, "");
            }
            let rest = link.replace_all(&rest, "");
            let rest = reference.replace_all(&rest, "");
            let structure = rest.trim_start_matches("## ").trim_start_matches('#').replace("**", "");
            for wild in ['<', '`', '[', '*', '_', '@', '$', '~', '\\', '#'] {
                assert!(!structure.contains(wild), "{wild} in {line}");
            }
        }
        assert!(fence.is_none(), "every fence is closed");
    }
}

#[test]
fn annotations_for_github() {
    let mut result = fixture::rich();
    result.target.arguments.extend(["--suites", "own"].map(str::to_owned));
    let case = result.cases.iter_mut().find(|case| case.verdict == Verdict::Fail).unwrap();
    let source = Some(SourceRef { file: "own/a,b:c%.yaml".to_owned(), line: 12 });
    for check in &mut case.checks {
        check.source.clone_from(&source);
    }
    snapshot("annotations", &annotations::github(&result));
}

/// Whatever a target says: as many lines as annotations, each a command that is ours.
#[test]
fn no_target_writes_a_command() {
    let mut hostile = fixture::hostile_result();
    for case in &mut hostile.cases {
        case.id = "x\n::error::y".to_owned();
        case.title = "::stop-commands::x\r\n::set-env name=PATH::/tmp".to_owned();
        case.reason = Some("a%0A::error::b\n##[error]c".to_owned());
        for check in &mut case.checks {
            check.got = "::warning file=/etc/passwd::z\n::error::y".to_owned();
        }
    }
    for result in [hostile, fixture::hostile_result(), huge_result()] {
        let text = annotations::github(&result);
        for line in text.lines() {
            assert!(line.starts_with("::error ") || line.starts_with("::warning "), "{line}");
            assert!(line.len() < 8_000, "{}", line.len());
            let properties = line.split("::").nth(1).unwrap();
            assert!(!properties.contains(['\r', '\u{1b}']));
        }
        assert!(!text.contains("\n::set-env") && !text.contains("\n##["));
    }
}

#[test]
fn as_many_annotations_as_github_shows() {
    let text = annotations::github(&large(100));
    let of = |kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
    assert_eq!(of("::error"), 10);
    assert!(of("::warning") <= 10);
    assert!(text.contains("more errors: see the reports of this run"));
    let green = RunResult { cases: Vec::new(), baseline: None, ..fixture::rich() };
    assert_eq!(annotations::github(&green), "");
}
