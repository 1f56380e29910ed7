//! A mistake in a file that a user wrote: what is wrong, where, and what would be right. One renderer for all of them.

use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

use super::source::Source;

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte offset of the first byte.
    pub start: usize,
    /// Byte offset after the last byte; at least one character where there is one.
    pub end: usize,
}

impl Place {
    /// The beginning of a file.
    pub const START: Place = Place { line: 1, column: 1, start: 0, end: 0 };

    /// The word that begins at a line and column, both from 1. A column past the end of the line is its end, a line
    /// past the end of the text the last one.
    #[must_use]
    pub fn at(text: &str, line: usize, column: usize) -> Self {
        let mut line_start = 0;
        for _ in 1..line.max(1) {
            match text[line_start..].find('\n') {
                Some(length) => line_start += length + 1,
                None => break,
            }
        }
        let content = text[line_start..].split('\n').next().unwrap_or_default();
        let content = content.strip_suffix('\r').unwrap_or(content);
        let offset =
            content.char_indices().nth(column.max(1) - 1).map_or(content.len(), |(offset, _)| offset);
        Self::from_offset(text, line_start + offset)
    }

    /// The word that begins at a byte offset.
    #[must_use]
    pub fn from_offset(text: &str, start: usize) -> Self {
        let place = Self::span(text, start, start);
        Self { end: word_end(text, place.start), ..place }
    }

    /// The bytes from `start` to `end`, moved to where characters begin and into the text where they are not.
    #[must_use]
    pub fn span(text: &str, start: usize, end: usize) -> Self {
        let start = text.floor_char_boundary(start);
        let end = text.ceil_char_boundary(end.max(start));
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[..start].bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self { line, column: text[line_start..start].chars().count() + 1, start, end }
    }

    /// The part of this place that begins `offset` bytes after its start.
    #[must_use]
    pub fn part(self, text: &str, offset: usize, length: usize) -> Self {
        Self::span(text, self.start + offset, self.start + offset + length)
    }

    /// Line and column after the last character.
    fn end_position(self, text: &str) -> (usize, usize) {
        let end = Self::span(text, self.end, self.end);
        (end.line, end.column)
    }
}

/// Where the word that begins at an offset ends: a quoted text with its quotes, anything else before the comment or
/// the punctuation of a flow collection.
pub(crate) fn word_end(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default().split(['\n', '\r']).next().unwrap_or_default();
    let Some(first) = rest.chars().next() else { return start };
    let length = match first {
        '"' | '\'' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
        _ => rest.find([',', '}', ']', '#']).map_or(rest.len(), |end| end.max(first.len_utf8())),
    };
    start + rest[..length].trim_end().len().max(first.len_utf8())
}

/// A mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as the user names it.
    pub file: String,
    /// Its text.
    pub text: Arc<str>,
    /// Where.
    pub place: Place,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What stands beside the caret.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A mistake at a place.
    #[must_use]
    pub fn new(file: &str, text: &str, place: Place, message: &str) -> Self {
        Self::in_source(&Source { name: file.to_owned(), text: text.into() }, place, message)
    }

    /// A mistake in a source; its text is shared, not copied.
    #[must_use]
    pub fn in_source(source: &Source, place: Place, message: &str) -> Self {
        Self {
            file: source.name.clone(),
            text: Arc::clone(&source.text),
            place,
            message: printable(message),
            label: String::new(),
            help: None,
        }
    }

    /// With the words beside the caret.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        self.label = printable(label);
        self
    }

    /// With help.
    #[must_use]
    pub fn help(mut self, help: impl Into<Option<String>>) -> Self {
        self.help = help.into().map(|help| printable(&help));
        self
    }

    /// The mistake as text with the line it stands on, a caret and the help; with ANSI colours if asked for.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let annotation = AnnotationKind::Primary.span(self.place.start..self.place.end).label(&self.label);
        let snippet = Snippet::source(&*self.text).path(&self.file).annotation(annotation);
        let mut group: Group<'_> = Level::ERROR.primary_title(&self.message).element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help));
        }
        let rendered = renderer.render(&[group]);
        // The text may be masked: a secret that is shorter there moves the caret, but not the place in the file.
        let Place { line, column, .. } = Place::START.part(&self.text, self.place.start, 0);
        if (line, column) == (self.place.line, self.place.column) {
            return rendered;
        }
        let shown = format!("{}:{line}:{column}", self.file);
        let real = format!("{}:{}:{}", self.file, self.place.line, self.place.column);
        rendered.replacen(&shown, &real, 1)
    }

    /// The mistake as JSON: `file`, `line`, `column`, `end` (`line` and `column` after the last character), `message`,
    /// `label` (empty if there is nothing to add) and `help` (`null` if there is none).
    #[must_use]
    pub fn to_value(&self) -> Value {
        let (line, column) = self.place.end_position(&self.text);
        json!({
            "file": self.file,
            "line": self.place.line,
            "column": self.place.column,
            "end": { "line": line, "column": column },
            "message": self.message,
            "label": self.label,
            "help": self.help,
        })
    }
}

impl std::fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.place.line, self.place.column, self.message)
    }
}

/// Text for a terminal: control characters are written as escapes.
fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// The nearest of some names, if one is near: for "did you mean".
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let few = |candidate: &&str| {
        // At most half of the word is wrong.
        2 * strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()) <= name.chars().count()
    };
    let near = candidates.into_iter().filter(few).map(|candidate| {
        let score = strsim::jaro_winkler(&lower, &candidate.to_lowercase());
        // Of two that are equally near without letter case the one with fewer edits wins.
        (score, std::cmp::Reverse(strsim::damerau_levenshtein(name, candidate)), candidate)
    });
    near.filter(|(score, ..)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)))
        .map(|(.., candidate)| candidate)
}

/// Help for a word that is none of the known ones: the nearest, and all behind the words `all`.
#[must_use]
pub fn did_you_mean(word: &str, known: &[&str], all: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {all} {}", known.join(", ")),
        None => format!("{all} {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_words() {
        let text = "a: \"b, c\" # d\n- é: [x, y]\r\n";
        let cases = [
            ((1, 1), "a: \"b"),
            ((1, 4), "\"b, c\""),
            ((2, 3), "é: [x"),
            ((2, 7), "x"),
            ((2, 10), "y"),
            ((2, 99), ""),
            ((9, 1), ""),
        ];
        for ((line, column), wanted) in cases {
            let place = Place::at(text, line, column);
            assert_eq!(&text[place.start..place.end], wanted, "{line}:{column}");
        }
        let place = Place::at(text, 2, 7);
        assert_eq!((place.line, place.column), (2, 7));
    }

    #[test]
    fn json_has_the_end_too() {
        let diagnostic =
            Diagnostic::new("t.yaml", "a: é\nb: 1\n", Place::at("a: é\nb: 1\n", 1, 4), "\u{1b}[31m");
        assert_eq!(
            diagnostic.to_value(),
            json!({
                "file": "t.yaml", "line": 1, "column": 4, "end": { "line": 1, "column": 5 },
                "message": "\\u{1b}[31m", "label": "", "help": null,
            })
        );
    }

    #[test]
    fn near_names() {
        assert_eq!(nearest("requirment", ["requires", "requirement"]), Some("requirement"));
        assert_eq!(nearest("get", ["GET", "PUT"]), Some("GET"));
        assert_eq!(nearest("xyz", ["GET", "PUT"]), None);
        // The beginning alone makes no word another one.
        assert_eq!(nearest("prod", ["production-of-the-north"]), None);
    }
}
