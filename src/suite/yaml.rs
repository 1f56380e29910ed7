//! YAML with places: text becomes a tree whose every node knows its line and column, and a JSON value that is then
//! checked against a JSON Schema. A JSON Pointer into the value leads back to the place.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::diagnostic::{Diagnostic, Place, word_end};
use super::source::Source;
use super::syntax;
use super::tree::{self, Kind, Node};

/// A document with the places of its nodes.
#[derive(Debug, Clone, Default)]
pub struct Document {
    /// The document as JSON.
    pub value: Value,
    places: HashMap<String, Places>,
}

#[derive(Debug, Clone, Copy)]
struct Places {
    key: Option<Place>,
    value: Place,
}

impl Document {
    /// Reads one YAML document.
    ///
    /// # Errors
    /// Diagnostics with the places where the text is not YAML, where a key is repeated, or where a limit (aliases,
    /// nesting, size) is exceeded.
    pub fn parse(source: &Source) -> Result<Self, Vec<Diagnostic>> {
        let node = tree::read(&source.text).map_err(|error| vec![syntax::explain(source, &error)])?;
        let mut reader = Reader::new(&source.text);
        let value = reader.value(node, String::new(), None);
        let repeated = reader.repeated.into_iter().map(|(key, first, again)| {
            Diagnostic::in_source(source, again, &format!("the key `{key}` is repeated"))
                .label("once more")
                .help(format!("the first is in line {}, column {}", first.line, first.column))
        });
        let repeated: Vec<_> = repeated.collect();
        if repeated.is_empty() { Ok(Self { value, places: reader.places }) } else { Err(repeated) }
    }

    /// Says where the member at a JSON Pointer stands: for readers of other notations than YAML.
    pub(crate) fn insert(&mut self, pointer: String, key: Option<Place>, value: Place) {
        self.places.insert(pointer, Places { key, value });
    }

    /// Sets the value that the places belong to.
    pub(crate) fn set_value(&mut self, value: Value) {
        self.value = value;
    }

    /// Where the value at a JSON Pointer stands; for one that is not there, its nearest ancestor.
    #[must_use]
    pub fn place_of(&self, pointer: &str) -> Place {
        self.nearest(pointer).map_or(Place::START, |places| places.value)
    }

    /// Where the key of the member at a JSON Pointer stands; of an array element, the element.
    #[must_use]
    pub fn place_of_key(&self, pointer: &str) -> Place {
        self.nearest(pointer).map_or(Place::START, |places| places.key.unwrap_or(places.value))
    }

    fn nearest(&self, pointer: &str) -> Option<&Places> {
        let mut pointer = pointer;
        loop {
            if let Some(places) = self.places.get(pointer) {
                return Some(places);
            }
            pointer = &pointer[..pointer.rfind('/')?];
        }
    }
}

/// A member name as a part of a JSON Pointer (RFC 6901 §3).
#[must_use]
pub fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Takes the tree apart into a value and the places of its parts.
struct Reader<'t> {
    text: &'t str,
    /// Where each line begins.
    lines: Vec<usize>,
    places: HashMap<String, Places>,
    /// Key, first place, second place.
    repeated: Vec<(String, Place, Place)>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, lines, places: HashMap::new(), repeated: Vec::new() }
    }

    fn value(&mut self, node: Node, pointer: String, key: Option<Place>) -> Value {
        let own = self.place(&node.0.referenced);
        let value = match node.0.value {
            Kind::Scalar(value) => value,
            Kind::List(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| self.value(item, format!("{pointer}/{index}"), None))
                .collect(),
            Kind::Map(members) => {
                let mut object = Map::new();
                for (name, node) in members {
                    let at = self.place(&name.referenced);
                    let below = format!("{pointer}/{}", pointer_token(&name.value));
                    if let Some(first) = self.places.get(&below).and_then(|places| places.key) {
                        self.repeated.push((name.value, first, at));
                        continue;
                    }
                    let value = self.value(node, below, Some(at));
                    object.insert(name.value, value);
                }
                Value::Object(object)
            }
        };
        self.places.insert(pointer, Places { key, value: own });
        value
    }

    /// What the parser says, without the line breaks that end a block scalar; a collection has no extent there, so
    /// that it is marked by its first words.
    fn place(&self, location: &serde_saphyr::Location) -> Place {
        let offset = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        let span = location.span();
        let (start, length) = (span.byte_offset().unwrap_or(0), span.byte_len().unwrap_or(0));
        let start = self.text.floor_char_boundary(offset(start));
        let end = if length > 1 { start.saturating_add(offset(length)) } else { word_end(self.text, start) };
        let end = self.text.ceil_char_boundary(end);
        let end = start + self.text[start..end].trim_end().len();
        // The parser takes a lone carriage return for the end of a line; editors and the renderer do not.
        let line = self.lines.partition_point(|begin| *begin <= start);
        let column = self.text[self.lines[line - 1]..start].chars().count() + 1;
        Place { line, column, start, end }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(text: &str) -> Result<Document, Vec<Diagnostic>> {
        Document::parse(&Source { name: "t.yaml".to_owned(), text: text.into() })
    }

    #[test]
    fn values_and_places() {
        let text = "a: 1\nb:\n  - x: on\n    y: 012\n  - 'z'\nc: >\n  folded\n  text\n\n";
        let document = parse(text).unwrap();
        assert_eq!(
            document.value,
            json!({ "a": 1, "b": [{ "x": "on", "y": "012" }, "z"], "c": "folded text\n" })
        );
        let at = |pointer| {
            let place = document.place_of(pointer);
            (place.line, place.column, &text[place.start..place.end])
        };
        assert_eq!(at("/b/0/y"), (4, 8, "012"));
        assert_eq!(at("/b/1"), (5, 5, "'z'"));
        assert_eq!(at("/b/0/nothing"), (3, 5, "x: on"));
        assert_eq!(at("/c"), (7, 3, "folded\n  text"));
        assert_eq!(document.place_of_key("/b/0/y").column, 5);
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, line) in [("a: [1\nb: 2", 1), ("a: 1\na: 2", 2), ("a: *nowhere", 1), ("a: {\n<<: 1}", 2)] {
            let mistakes = parse(text).unwrap_err();
            assert_eq!(mistakes[0].place.line, line, "{text}: {}", mistakes[0].message);
        }
        assert_eq!(parse("a: 1\na: 2\nb: { c: 1, c: 2 }").unwrap_err().len(), 2);
    }
}
