//! Comparisons: what they show, and that hostile texts stay text and short.

use scimcheck::model::{RecordedAnswer, RunResult, Verdict};
use scimcheck::report::diff::{self, Diff};
use scimcheck::report::markdown;
use scimcheck::report::terminal::Style;

use crate::fixture::{self, huge_result};
use crate::{large, snapshot};

/// The rich result after a release: one case is fixed, another broken, one gone, one new, an answer different.
fn changed() -> RunResult {
    let mut result = fixture::rich();
    for case in &mut result.cases {
        for check in &mut case.checks {
            match check.id.as_str() {
                "patch/remove/member-by-value-filter#other-member-kept" => check.verdict = Verdict::Pass,
                "crud/create/minimal#location" => {
                    check.verdict = Verdict::Fail;
                    "a header location".clone_into(&mut check.wanted);
                    "none".clone_into(&mut check.got);
                }
                "target/discovery#schemas" => check.verdict = Verdict::Info,
                _ => {}
            }
        }
    }
    result.cases.retain(|case| case.id != "crud/delete/kept");
    let check = |verdict| {
        fixture::finding("crud/delete/new#status", "RFC7644-3.6-02", scimcheck::model::Level::Must, verdict)
    };
    result.cases.push(fixture::case("crud/delete/new", "crud-delete", "New", vec![check(Verdict::Pass)]));
    for exchange in &mut result.exchanges {
        exchange.duration_ms *= 2.0;
        if exchange.id.0.ends_with("filter:3")
            && let RecordedAnswer::Response { status, headers, body } = &mut exchange.answer
        {
            *status = 203;
            headers.push("etag", "W/\"2\"");
            *body = Some(fixture::body(&serde_json::json!({
                "id": "9b1c", "displayName": "sc1f-team", "members": [{ "value": "2819c223" }],
                "meta": { "version": "W/\"3\"" },
            })));
        }
    }
    result
}

fn render(diff: &Diff) -> [(&'static str, String); 3] {
    [
        ("text", diff::text(diff, Style::PLAIN)),
        ("markdown", markdown::render_diff(diff)),
        ("json", diff::to_json(diff)),
    ]
}

#[test]
fn what_a_comparison_shows() {
    let diff = diff::between(&fixture::rich(), &changed());
    for (format, text) in render(&diff) {
        snapshot(&format!("diff-{format}"), &text);
    }
    assert_eq!(diff.newly_failing.len(), 1);
    let same = diff::between(&fixture::rich(), &fixture::rich());
    assert!(same.verdicts_agree() && same.exchanges.is_empty());
    assert!(diff::text(&same, Style::PLAIN).ends_with("No verdict differs\n"));
}

#[test]
fn hostile_texts_stay_text_and_short() {
    for (a, b) in [
        (fixture::rich(), fixture::hostile_result()),
        (fixture::hostile_result(), huge_result()),
        (huge_result(), large(3_000)),
    ] {
        for (format, text) in render(&diff::between(&a, &b)) {
            let odd =
                |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{200b}' | '\u{fffe}');
            assert_eq!(text.find(odd), None, "{format}");
            match format {
                "markdown" => assert!(text.len() <= markdown::LIMIT, "{}", text.len()),
                "text" => assert!(text.len() < 200_000, "{}", text.len()),
                _ => assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok()),
            }
        }
    }
}
