//! The linter: every file of `fixtures/broken-suites/` holds one mistake, which its name says; what a suite author is
//! told about it is a snapshot in `tests/snapshots/lint/`. Nothing that is in a file makes the linter panic.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use scimcheck::suite::catalogue::Catalogue;
use scimcheck::suite::diagnostic::Diagnostic;
use scimcheck::suite::source::{self, Source};
use scimcheck::suite::{self, Suite};

/// The one file that holds several mistakes.
const MANY: &str = "many-mistakes";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/broken-suites")
}

/// The files that stand alone, in the order of their names; without `across-files/`.
fn broken() -> Vec<Source> {
    let mut all = read(&folder());
    all.retain(|source| !source.name.contains('/'));
    all
}

fn read(folder: &Path) -> Vec<Source> {
    let read = source::read(folder).expect("the fixtures can be read");
    read.into_iter().map(|source| source.expect("they are UTF-8")).collect()
}

fn load(sources: &[Source]) -> Result<Vec<Suite>, Vec<Diagnostic>> {
    suite::load(sources, Catalogue::embedded())
}

fn mistakes(source: &Source) -> Vec<Diagnostic> {
    load(std::slice::from_ref(source)).err().unwrap_or_default()
}

fn rendered(mistakes: &[Diagnostic]) -> String {
    let all: Vec<_> = mistakes.iter().map(|mistake| mistake.render(false)).collect();
    all.join("\n\n")
}

fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/lint");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn stem(source: &Source) -> &str {
    source.name.trim_end_matches(".yaml")
}

#[test]
fn embedded_suites_are_clean() {
    if let Err(mistakes) = load(&source::embedded()) {
        panic!("{}", rendered(&mistakes));
    }
}

#[test]
fn each_broken_suite_has_its_diagnostic() {
    for source in broken() {
        snapshot(stem(&source), &rendered(&mistakes(&source)));
    }
}

#[test]
fn one_file_one_mistake() {
    let wrong: Vec<_> = broken()
        .iter()
        .filter(|source| stem(source) != MANY)
        .map(|source| (source.name.clone(), mistakes(source)))
        .filter(|(_, mistakes)| mistakes.len() != 1)
        .map(|(name, mistakes)| format!("{name}: {} diagnostics\n{}", mistakes.len(), rendered(&mistakes)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_diagnostic_says_where_what_and_how() {
    for source in broken() {
        for mistake in mistakes(&source) {
            let name = format!("{}: {}", source.name, mistake.message);
            assert_eq!(mistake.file, source.name, "{name}");
            assert!(!mistake.message.is_empty() && !mistake.message.ends_with('.'), "{name}");
            assert!(!mistake.label.is_empty(), "{name} has no label");
            assert!(mistake.help.is_some(), "{name} has no help");
            assert!(is_within(&mistake, &source.text), "{name}: {:?}", mistake.place);
        }
    }
}

#[test]
fn all_mistakes_of_a_file_are_reported_in_the_order_of_their_places() {
    let sources = broken();
    let many = sources.iter().find(|source| stem(source) == MANY).expect("it is there");
    let found = mistakes(many);
    assert!(found.len() >= 12, "{}", rendered(&found));
    assert!(found.is_sorted_by_key(|mistake| mistake.place), "{}", rendered(&found));
}

#[test]
fn ids_are_unique_across_files() {
    for kind in ["case-id", "suite-id"] {
        let mut sources = read(&folder().join("across-files"));
        sources.retain(|source| source.name.starts_with(kind));
        assert_eq!(sources.len(), 2);
        assert!(sources.iter().all(|source| mistakes(source).is_empty()), "each of them alone is fine");
        let found = load(&sources).expect_err("together they are not");
        snapshot(&format!("across-files-{kind}"), &rendered(&found));
    }
}

#[test]
fn the_json_form_of_a_diagnostic() {
    let sources = broken();
    let source = sources.iter().find(|source| stem(source) == "template-unknown-name").expect("it is there");
    let values: Vec<_> = mistakes(source).iter().map(Diagnostic::to_value).collect();
    snapshot("json-form", &format!("{:#}", serde_json::Value::from(values)));
}

#[test]
fn colours_are_for_terminals() {
    let source = &broken()[0];
    let mistake = &mistakes(source)[0];
    assert!(mistake.render(true).contains('\u{1b}'));
    assert!(!mistake.render(false).contains('\u{1b}'));
}

#[test]
fn bom_and_windows_line_ends_are_fine() {
    for source in source::embedded().into_iter().take(2) {
        let windows = source.text.replace('\n', "\r\n");
        for text in [format!("\u{feff}{}", source.text), windows] {
            let found = mistakes(&Source { name: source.name.clone(), text: text.into() });
            assert!(found.is_empty(), "{}", rendered(&found));
        }
    }
}

#[test]
fn deep_nesting_and_large_collections_end_in_a_diagnostic() {
    let deep = format!("format: {}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let indented = (0..5_000).map(|depth| " ".repeat(depth) + "a:").collect::<Vec<_>>().join("\n");
    let long = format!("format: [{}]", "1,".repeat(400_000));
    for text in [deep, indented, long] {
        let found = mistakes(&Source { name: "large.yaml".to_owned(), text: text.into() });
        assert_eq!(found.len(), 1);
        assert!(found[0].message.contains("too"), "{}", found[0].message);
    }
}

fn is_within(mistake: &Diagnostic, text: &str) -> bool {
    let place = mistake.place;
    text.get(place.start..place.end).is_some()
        && text[..place.start].matches('\n').count() + 1 == place.line
        && place.column >= 1
}

/// What may happen to a file while somebody edits it.
#[derive(Debug, Clone)]
enum Edit {
    DeleteLine(prop::sample::Index),
    RepeatLine(prop::sample::Index),
    SwapLines(prop::sample::Index, prop::sample::Index),
    Indent(prop::sample::Index, usize),
    Cut(prop::sample::Index, usize),
    Insert(prop::sample::Index, String),
    DeleteWord(prop::sample::Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let index = any::<prop::sample::Index>;
    let pieces = [
        "\t",
        "\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "#",
        "&a ",
        "*a",
        "!x ",
        "|\n",
        "~",
        "${",
        "}}",
        "\0",
        "é\u{301}",
        "\u{feff}",
        "---\n",
        "null",
        "99999999999999999999",
        "-1",
        "\r",
        "\u{1b}[31m",
        "?",
        "%",
        "${unique}",
        "  ",
    ];
    prop_oneof![
        index().prop_map(Edit::DeleteLine),
        index().prop_map(Edit::RepeatLine),
        (index(), index()).prop_map(|(a, b)| Edit::SwapLines(a, b)),
        (index(), 1..4_usize).prop_map(|(at, by)| Edit::Indent(at, by)),
        (index(), 1..40_usize).prop_map(|(at, length)| Edit::Cut(at, length)),
        (index(), prop::sample::select(pieces.to_vec()))
            .prop_map(|(at, text)| Edit::Insert(at, text.to_owned())),
        index().prop_map(Edit::DeleteWord),
    ]
}

impl Edit {
    fn apply(&self, text: &str) -> String {
        let mut lines: Vec<&str> = text.split('\n').collect();
        let count = lines.len();
        let near = |at: &prop::sample::Index| text.floor_char_boundary(at.index(text.len() + 1));
        let indented;
        match self {
            Edit::DeleteLine(at) => drop(lines.remove(at.index(count))),
            Edit::RepeatLine(at) => lines.insert(at.index(count), lines[at.index(count)]),
            Edit::SwapLines(a, b) => lines.swap(a.index(count), b.index(count)),
            Edit::Indent(at, by) => {
                indented = format!("{}{}", " ".repeat(*by), lines[at.index(count)]);
                lines[at.index(count)] = &indented;
            }
            Edit::Cut(at, length) => {
                let start = near(at);
                return format!("{}{}", &text[..start], &text[text.ceil_char_boundary(start + length)..]);
            }
            Edit::Insert(at, piece) => {
                let start = near(at);
                return format!("{}{piece}{}", &text[..start], &text[start..]);
            }
            Edit::DeleteWord(at) => {
                let start = near(at);
                let rest = text[start..].find([' ', '\n', ',']).map_or("", |end| &text[start + end..]);
                return format!("{}{rest}", &text[..start]);
            }
        }
        lines.join("\n")
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Suites in the middle of being edited: no panic, every diagnostic is within the file and can be shown.
    #[test]
    fn no_text_makes_the_linter_panic(which in any::<prop::sample::Index>(), edits in prop::collection::vec(edit(), 1..5)) {
        let mut sources = source::embedded();
        sources.extend(broken());
        let source = which.get(&sources);
        let text = edits.iter().fold(source.text.to_string(), |text, edit| edit.apply(&text));
        let source = Source { name: source.name.clone(), text: text.into() };
        for mistake in mistakes(&source) {
            prop_assert!(is_within(&mistake, &source.text), "{:?} {}", mistake.place, mistake.message);
            prop_assert!(!mistake.render(false).is_empty());
            prop_assert!(mistake.to_value().is_object());
        }
    }
}
