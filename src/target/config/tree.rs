//! TOML with places: text becomes a JSON value whose every node knows where it stands.

use std::ops::Range;

use serde_json::{Map, Number, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::suite::diagnostic::{Diagnostic, Place};
use crate::suite::yaml::{Document, pointer_token};

/// A TOML text as far as it could be read.
pub(super) struct Tree {
    /// Values with their places; a place ends where its line ends.
    pub(super) document: Document,
    /// Scalars: where they lead to, and all of their text with the quotes.
    pub(super) leaves: Vec<(String, Range<usize>)>,
    /// What is not TOML, or has no meaning here.
    pub(super) mistakes: Vec<Diagnostic>,
}

/// Reads a text; mistakes do not stop it.
pub(super) fn parse(file: &str, text: &str) -> Tree {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        file,
        text,
        lines: Lines::new(text),
        document: Document::default(),
        leaves: Vec::new(),
        mistakes: Vec::new(),
    };
    for error in errors {
        let place = reader.lines.place(&error.span().unwrap_or_default());
        let message = format!("not valid TOML: {}", error.message());
        reader.mistakes.push(Diagnostic::new(file, text, place, &message).label("here"));
    }
    let value = reader.table(table.get_ref(), "");
    reader.document.set_value(value);
    Tree { document: reader.document, leaves: reader.leaves, mistakes: reader.mistakes }
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    lines: Lines<'t>,
    document: Document,
    leaves: Vec<(String, Range<usize>)>,
    mistakes: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, pointer: &str) -> Value {
        let mut members: Vec<_> = table.iter().collect();
        members.sort_by_key(|(key, _)| key.span().start);
        let mut object = Map::new();
        for (key, value) in members {
            let below = format!("{pointer}/{}", pointer_token(key.get_ref()));
            let read = self.value(value, &below);
            let place = self.lines.place(&key.span());
            self.document.insert(below, Some(place), self.lines.place(&value.span()));
            object.insert(key.get_ref().to_string(), read);
        }
        Value::Object(object)
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, pointer: &str) -> Value {
        let span = value.span();
        match value.get_ref() {
            DeValue::Table(table) => return self.table(table, pointer),
            DeValue::Array(items) => {
                return items
                    .iter()
                    .enumerate()
                    .map(|(index, item)| {
                        let below = format!("{pointer}/{index}");
                        let read = self.value(item, &below);
                        self.document.insert(below, None, self.lines.place(&item.span()));
                        read
                    })
                    .collect();
            }
            _ => {}
        }
        self.leaves.push((pointer.to_owned(), span.clone()));
        match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(moment) => Value::String(moment.to_string()),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => Value::from(number),
                Err(_) => self.number(&span, "the number is too large"),
            },
            DeValue::Float(number) => match number.as_str().parse::<f64>().ok().and_then(Number::from_f64) {
                Some(number) => Value::Number(number),
                None => self.number(&span, "the number is not finite"),
            },
            DeValue::Table(_) | DeValue::Array(_) => Value::Null,
        }
    }

    fn number(&mut self, span: &Range<usize>, message: &str) -> Value {
        let place = self.lines.place(span);
        self.mistakes.push(Diagnostic::new(self.file, self.text, place, message).label("here"));
        Value::from(1)
    }
}

/// Where lines begin.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The place of a span, up to the end of its first line.
    fn place(&self, span: &Range<usize>) -> Place {
        let mut start = span.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let line = self.starts.partition_point(|begin| *begin <= start);
        let line_start = self.starts[line - 1];
        let column = self.text[line_start..start].chars().count() + 1;
        let rest = self.text[start..].split(['\n', '\r']).next().unwrap_or_default();
        let one = rest.chars().next().map_or(0, char::len_utf8);
        let mut end = span.end.clamp(start + one, start + rest.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Place { line, column, start, end }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn values_and_places() {
        let text = "b = 1_000\na = 0x10\n[t.x]\nc = [1.5, 'ü', { d = 2026-01-02 }]\n";
        let tree = parse("c.toml", text);
        assert!(tree.mistakes.is_empty());
        let wanted = json!({ "b": 1000, "a": 16, "t": { "x": { "c": [1.5, "ü", { "d": "2026-01-02" }] } } });
        assert_eq!(tree.document.value.to_string(), wanted.to_string());
        let at = |pointer| {
            let place = tree.document.place_of(pointer);
            (place.line, place.column, &text[place.start..place.end])
        };
        assert_eq!(at("/b"), (1, 5, "1_000"));
        assert_eq!(at("/t/x/c/1"), (4, 11, "'ü'"));
        assert_eq!(at("/t/x/c/2/d"), (4, 22, "2026-01-02"));
        assert_eq!(tree.document.place_of_key("/t/x").line, 3);
    }

    #[test]
    fn every_syntax_mistake_has_its_place() {
        let tree = parse("c.toml", "a = \nb = 1\nb = 2\nc = nan\nd = 99999999999999999999\n");
        let mut lines: Vec<_> = tree.mistakes.iter().map(|mistake| mistake.place.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [1, 3, 4, 5]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[\\[\\]{}=\"'.#a-cü0-9\r\n ,_]{0,60}") {
            let _ = parse("c.toml", &text);
        }
    }
}
