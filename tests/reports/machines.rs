//! HAR, CTRF, TAP and the badge: valid by the schemas of their projects, bounded, and only text from a target.

use scimcheck::model::{Level, RunResult, Verdict};
use scimcheck::report::{badge, ctrf, har, tap};
use serde_json::Value;

use crate::fixture::{self, huge_result};
use crate::{large, snapshot};

fn all() -> [RunResult; 5] {
    let partial = RunResult { partial: Some("interrupted".to_owned()), ..fixture::rich() };
    let empty = fixture::result_of(Vec::new(), Vec::new());
    [fixture::rich(), fixture::hostile_result(), huge_result(), partial, empty]
}

/// Demands that a text is valid by a schema of `tests/schemas/`, and steers no terminal.
fn valid(text: &str, schema: &str) -> Value {
    let path = format!("{}/tests/schemas/{schema}", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("JSON by its schema"))
        .expect("JSON by its schema");
    let validator =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("JSON by its schema");
    let value: Value = serde_json::from_str(text).expect("JSON by its schema");
    let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(text.find(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), None);
    value
}

#[test]
fn har() {
    snapshot("har", &har::render(&fixture::rich()));
    for result in all() {
        let text = har::render(&result);
        let value = valid(&text, "har-1.2.schema.json");
        let entries = value["log"]["entries"].as_array().unwrap();
        let briefs = result.briefs.values().map(Vec::len).sum::<usize>();
        assert_eq!(entries.len(), result.exchanges.len() + briefs, "all requests");
        let times = entries.iter().map(|entry| entry["startedDateTime"].as_str());
        assert!(times.is_sorted(), "the oldest first");
        assert!(text.len() < 20_000 + entries.len() * 1_200_000, "{}", text.len());
        let pages: Vec<_> =
            value["log"]["pages"].as_array().unwrap().iter().map(|page| &page["id"]).collect();
        assert!(entries.iter().all(|entry| pages.contains(&&entry["pageref"])), "every entry is on a page");
    }
}

#[test]
fn har_keeps_what_was_sent_and_received() {
    let result = fixture::rich();
    let value: Value = serde_json::from_str(&har::render(&result)).unwrap();
    let entry = value["log"]["entries"].as_array().unwrap().iter();
    let entry = entry.clone().find(|entry| entry["request"]["method"] == "PATCH").unwrap();
    assert_eq!(entry["startedDateTime"], "2026-03-01T09:30:00.100Z");
    assert_eq!(entry["response"]["statusText"], "No Content");
    let sent: Value = serde_json::from_str(entry["request"]["postData"]["text"].as_str().unwrap()).unwrap();
    assert_eq!(sent["Operations"][0]["op"], "remove");
    let headers = entry["request"]["headers"].as_array().unwrap();
    assert!(headers.iter().any(|header| header["value"] == "Bearer ***"), "redacted");
}

#[test]
fn ctrf() {
    snapshot("ctrf", &ctrf::render(&fixture::rich()));
    for result in all() {
        let text = ctrf::render(&result);
        let value = valid(&text, "ctrf.schema.json");
        let summary = &value["results"]["summary"];
        let sum: u64 = ["passed", "failed", "skipped", "pending", "other"]
            .iter()
            .map(|status| summary[status].as_u64().unwrap())
            .sum();
        assert_eq!(summary["tests"].as_u64(), Some(sum));
        assert_eq!(value["results"]["tests"].as_array().unwrap().len() as u64, sum);
        assert!(text.len() < 1_000_000, "{}", text.len());
        let green = result.partial.is_none() && !result.cases.is_empty() && summary["failed"] == 0;
        assert!(!green, "none of these is green");
    }
}

/// Reads TAP 14 as its grammar says: version, plan, test points with YAML blocks, bail out.
fn read_tap(text: &str) -> Vec<(bool, String)> {
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("TAP version 14"));
    let plan = lines.next().expect("TAP by its grammar").strip_prefix("1..").expect("TAP by its grammar");
    let planned: usize =
        plan.split(' ').next().expect("TAP by its grammar").parse().expect("TAP by its grammar");
    let mut points = Vec::new();
    while let Some(line) = lines.next() {
        if let Some(rest) = line
            .strip_prefix("ok ")
            .map(|rest| (true, rest))
            .or_else(|| line.strip_prefix("not ok ").map(|rest| (false, rest)))
        {
            let (number, description) = rest.1.split_once(" - ").expect("TAP by its grammar");
            assert_eq!(number, (points.len() + 1).to_string());
            points.push((rest.0, description.to_owned()));
        } else if line == "  ---" {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "  ...").collect();
            assert!(block.iter().all(|line| line.starts_with("  ")), "{block:#?}");
            let yaml = block.join("\n");
            let read: Value = serde_saphyr::from_str(&yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
            assert!(read["verdict"].is_string() && read["story"].is_string());
        } else {
            assert!(line.starts_with("# ") || line.starts_with("Bail out! "), "{line}");
        }
    }
    assert_eq!(points.len(), planned);
    points
}

#[test]
fn tap() {
    snapshot("tap", &tap::render(&fixture::rich()));
    for result in all() {
        let text = tap::render(&result);
        let points = read_tap(&text);
        assert_eq!(points.len(), result.cases.len());
        for ((ok, description), case) in points.iter().zip(&result.cases) {
            let green = matches!(
                case.verdict,
                Verdict::Pass | Verdict::Info | Verdict::Warn | Verdict::NotApplicable | Verdict::Deselected
            );
            assert_eq!(*ok, green, "{description}");
            // Every number sign that is not ours is escaped: none begins a directive.
            let free = description.replace("\\\\", "").replace("\\#", "");
            assert!(free.matches('#').count() <= 1, "{description}");
        }
        assert_eq!(text.contains("Bail out!"), result.partial.is_some());
        assert!(text.len() < 1_000_000, "{}", text.len());
        let odd = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202e}' | '\u{200b}' | '\u{fffe}');
        assert_eq!(text.find(odd), None);
    }
}

#[test]
fn badges_name_the_level_and_the_version_of_the_suites() {
    let with = |verdict, level| {
        let mut result = fixture::rich();
        result.cases.truncate(0);
        let check = fixture::finding("a/b#c", "RFC7644-3.3-07", level, verdict);
        result.cases.push(fixture::case("a/b", "crud-create", "One", vec![check]));
        result
    };
    let said = |result: &RunResult| {
        let value: Value = serde_json::from_str(&badge::render(result)).unwrap();
        assert_eq!((&value["schemaVersion"], &value["label"]), (&Value::from(1), &Value::from("SCIM 2.0")));
        format!("{} ({})", value["message"].as_str().unwrap(), value["color"].as_str().unwrap())
    };
    let partial = RunResult { partial: Some("x".to_owned()), ..with(Verdict::Pass, Level::Must) };
    let mut selection = with(Verdict::Pass, Level::Must);
    let mut left_out = fixture::case("a/c", "crud-create", "Another", Vec::new());
    (left_out.verdict, left_out.reason) = (Verdict::Deselected, Some("deselected".to_owned()));
    selection.cases.push(left_out);
    let all = [
        selection,
        with(Verdict::Pass, Level::Must),
        with(Verdict::Warn, Level::Should),
        with(Verdict::Fail, Level::Must),
        with(Verdict::Known, Level::Must),
        with(Verdict::Blocked, Level::Must),
        fixture::result_of(Vec::new(), Vec::new()),
        partial,
    ];
    let lines: Vec<_> = all.iter().map(said).collect();
    snapshot("badges", &lines.join("\n"));
    snapshot("badge", &badge::render(&fixture::rich()));
    assert!(badge::render(&huge_result()).len() < 500);
    assert!(badge::render(&large(2)).contains("MUST broken"));
}
