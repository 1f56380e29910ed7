//! The reports of a run: what they show (snapshots), that nothing from a target breaks out of them, that they are
//! bounded, and that they can be read back.

#[path = "reports/checkpoints.rs"]
mod checkpoints;
#[path = "reports/diff.rs"]
mod comparison;
#[path = "reports/examples.rs"]
mod examples;
#[path = "reports/fixture.rs"]
mod fixture;
#[path = "reports/junit.rs"]
mod junit_xml;
#[path = "reports/machines.rs"]
mod machines;
#[path = "reports/markdown.rs"]
mod markdown;
#[path = "reports/page.rs"]
mod page;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use indicatif::{ProgressDrawTarget, TermLike};
use scimcheck::model::{Event, Level, Phase, RecordedAnswer, ReportFormat, RunResult, Sink, Verdict};
use scimcheck::report::terminal::{self, Style, Terminal, TerminalOptions, Verbosity};
use scimcheck::report::{self, html, json, junit};
use serde_json::json;

/// Compares with `tests/snapshots/reports/NAME.snap`.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/reports");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// What several parties write to and a test reads.
#[derive(Debug, Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no writer panics")).into_owned()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn printed(result: &RunResult, options: TerminalOptions) -> String {
    let page = Page::default();
    let mut terminal = Terminal::new(options, Box::new(page.clone()));
    fixture::tell(result, &mut |event| terminal.event(event));
    let paths = ReportFormat::DEFAULT.map(|format| PathBuf::from("reports/latest").join(format.file_name()));
    terminal.reports_written(&paths);
    page.text()
}

#[test]
fn terminal_as_in_ci() {
    insta::assert_snapshot!("terminal", printed(&fixture::rich(), TerminalOptions::default()));
}

#[test]
fn terminal_in_colour() {
    let options = TerminalOptions { colour: true, width: 80, ..TerminalOptions::default() };
    let text = printed(&fixture::rich(), options).replace('\u{1b}', "␛");
    insta::assert_snapshot!("terminal_colour", text);
}

#[test]
fn terminal_quiet_and_verbose() {
    let quiet = TerminalOptions { verbosity: Verbosity::Quiet, ..TerminalOptions::default() };
    insta::assert_snapshot!("terminal_quiet", printed(&fixture::rich(), quiet));
    let verbose = TerminalOptions { verbosity: Verbosity::Verbose, ..TerminalOptions::default() };
    let text = printed(&fixture::rich(), verbose);
    assert!(text.contains("INFO  crud/delete/kept"), "info is told in verbose mode only");
    assert!(text.contains("PASS  crud/create/minimal"));
}

#[test]
fn summary_of_a_green_and_of_a_partial_run() {
    let mut green = fixture::rich();
    green.cases.retain(|case| matches!(case.verdict, Verdict::Pass | Verdict::NotApplicable));
    green.left_over.clear();
    insta::assert_snapshot!("summary_green", terminal::summary(&green, Style::PLAIN));
    let partial = RunResult { partial: Some("interrupted".to_owned()), ..green };
    assert!(terminal::total(&partial, Style::PLAIN).starts_with("ERROR"), "not complete is not green");
    let nothing = fixture::result_of(Vec::new(), Vec::new());
    assert!(terminal::total(&nothing, Style::PLAIN).contains("Nothing was judged"));
}

/// A terminal that takes notes.
#[derive(Debug, Clone, Default)]
struct Notes(Page);

impl TermLike for Notes {
    fn width(&self) -> u16 {
        80
    }
    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(&format!("{text}\n"))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.clone().write_all(text.as_bytes())
    }
    fn clear_line(&self) -> io::Result<()> {
        self.write_str("<clear>")
    }
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_progress_bar_names_the_running_cases() {
    let (page, notes) = (Page::default(), Notes::default());
    let target = ProgressDrawTarget::term_like_with_hz(Box::new(notes.clone()), 255);
    let options = TerminalOptions { progress: true, ..TerminalOptions::default() };
    let mut terminal = Terminal::with_progress_on(options, Box::new(page.clone()), target);
    let result = fixture::rich();
    fixture::tell(&result, &mut |event| {
        if !matches!(event, Event::RunFinished { .. }) {
            terminal.event(event);
        }
    });
    let shown = notes.0.text();
    assert!(shown.contains("patch/remove/member-by-value-filter"), "{shown}");
    assert!(shown.contains(" more"), "{shown}");
    assert!(page.text().contains("FAIL  patch/remove/member-by-value-filter"));
    assert!(!page.text().contains("PASS"), "with a bar there is no line for a pass");
    terminal.event(&Event::RunFinished { result: &result });
    assert!(notes.0.text().trim_end().ends_with("<clear>"), "the bar is gone at the end");
}

#[test]
fn json_as_a_contract() {
    let result = fixture::rich();
    let text = json::render(&result);
    insta::assert_snapshot!("results", text);
    let validator = jsonschema::validator_for(&json::schema()).unwrap();
    for text in [text, json::render(&fixture::hostile_result())] {
        let value = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(json::render(&json::read(&text).unwrap()), text, "it reads back exactly");
    }
    let mut foreign = serde_json::to_value(&result).unwrap();
    foreign["format"] = json!(2);
    assert!(!validator.is_valid(&foreign));
}

#[test]
fn a_body_of_any_depth_can_be_read_back() {
    let mut result = fixture::rich();
    let deep = (0..127).fold(json!("bottom"), |value, _| json!([value]));
    if let RecordedAnswer::Response { body, .. } = &mut result.exchanges[0].answer {
        *body = Some(fixture::body(&deep));
    }
    let read = json::read(&json::render(&result)).unwrap();
    let RecordedAnswer::Response { body: Some(body), .. } = &read.exchanges[0].answer else { panic!() };
    assert_eq!((&body.json, body.text.as_deref()), (&None, Some(deep.to_string().as_str())));
}

#[test]
fn a_damaged_file_is_refused_at_its_place_and_never_panics() {
    let text = json::render(&fixture::rich());
    for end in (0..text.len()).step_by(97).filter(|end| text.is_char_boundary(*end)) {
        let message = json::read(&text[..end]).unwrap_err().to_string();
        assert!(message.starts_with("line ") || message.contains("not a results.json"), "{message}");
    }
    let wrong = text.replacen("\"fail\"", "\"failed\"", 1);
    let line = 1 + wrong[..wrong.find("\"failed\"").unwrap()].matches('\n').count();
    assert!(json::read(&wrong).unwrap_err().to_string().starts_with(&format!("line {line}, column ")));
}

/// Hostile texts, rendered in every format that people read.
fn all_formats(result: &RunResult) -> [(&'static str, String); 4] {
    let options = TerminalOptions { verbosity: Verbosity::Verbose, ..TerminalOptions::default() };
    [
        ("terminal", printed(result, options)),
        ("story", terminal::explain(result)),
        ("junit", junit::render(result)),
        ("html", html::render(result)),
    ]
}

#[test]
fn no_control_character_of_a_target_reaches_a_reader() {
    for (format, text) in all_formats(&fixture::hostile_result()) {
        let odd = |c: char| {
            c.is_control() && c != '\n'
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{fffe}')
        };
        assert_eq!(text.find(odd), None, "{format}");
        for shown in ["\\u{1b}[31mred", "\\u{202e}gpj", "\\u{0}", "\\u{fffe}", "👩‍🚀é"] {
            assert!(text.contains(shown), "{format} shows {shown}");
        }
    }
}

#[test]
fn results_json_holds_every_text_exactly_and_steers_no_terminal() {
    let result = fixture::hostile_result();
    let text = json::render(&result);
    assert_eq!(text.find(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'), None);
    assert_eq!(json::read(&text).unwrap().cases, result.cases);
}

/// A result with many cases, all of them broken.
fn large(cases: usize) -> RunResult {
    let mut result = fixture::rich();
    let all = (0..cases).map(|number| {
        let id = format!("large/case-{number}");
        let exchange = format!("{id}:1");
        let mut found =
            fixture::finding(&format!("{id}#status"), "RFC7644-3.3-07", Level::Must, Verdict::Fail);
        "201".clone_into(&mut found.wanted);
        "500".clone_into(&mut found.got);
        found.exchange = Some(scimcheck::model::ExchangeId(exchange.clone()));
        let mut case = fixture::case(&id, "crud-create", "One of many", vec![found]);
        case.exchanges = case.checks[0].exchange.clone().into_iter().collect();
        let mut sent = fixture::exchange(&exchange, Phase::Step, "create it", ("POST", "/Users"), 500);
        sent.request.body = Some(fixture::text_body(&"z".repeat(60_000), false));
        (case, sent)
    });
    let (cases, exchanges): (Vec<_>, Vec<_>) = all.unzip();
    result.cases.extend(cases);
    result.exchanges.extend(exchanges);
    result
}

#[test]
fn reports_are_bounded() {
    let result = large(2_000);
    let page = html::render(&result);
    assert!(page.len() < 12_000_000, "{}", page.len());
    assert!(page.contains("large&#x2f;case-1999"), "every case is listed");
    let one = terminal::explain(&fixture::hostile_result());
    assert!(one.len() < 40_000, "{}", one.len());
}

#[test]
fn all_reports_of_a_run_are_written_at_once_and_can_be_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("deep/latest");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("results.json"), "{ half of an old").unwrap();
    let written = report::write_all(&folder, &fixture::rich(), &ReportFormat::ALL).unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let mut expected = ReportFormat::ALL.map(ReportFormat::file_name);
    expected.sort_unstable();
    assert_eq!(names, expected, "nothing else is left behind");
    let again = json::read(&std::fs::read_to_string(&written[0]).unwrap()).unwrap();
    for (path, format) in written.iter().zip(ReportFormat::ALL) {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text == report::render(format, &again), "{format} can be made again from results.json");
    }

    let blocked = dir.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let error = report::write_all(&blocked, &again, &ReportFormat::DEFAULT).unwrap_err();
    assert!(error.to_string().starts_with("cannot write "), "{error}");

    let taken = dir.path().join("taken");
    std::fs::create_dir_all(taken.join("junit.xml")).unwrap();
    let error = report::write_all(&taken, &again, &ReportFormat::DEFAULT).unwrap_err();
    assert_eq!(error.path, taken.join("junit.xml"));
    assert_eq!(std::fs::read_dir(&taken).unwrap().count(), 2, "no temporary file is left behind");
}
