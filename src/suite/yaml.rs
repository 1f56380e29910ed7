//! YAML with places: text becomes a tree whose every node knows its line and column, and a JSON value that is then
//! checked against a JSON Schema. A JSON Pointer into the value leads back to the place.

use std::collections::HashMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::Spanned;

use super::diagnostic::{Diagnostic, Place};

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
    /// A diagnostic with the place where the text is not YAML, where a key is repeated, or where a limit (aliases,
    /// nesting, size) is exceeded.
    pub fn parse(file: &str, text: &str) -> Result<Self, Box<Diagnostic>> {
        let options = serde_saphyr::options! {
            strict_booleans: true,
            leading_zero_numbers_as_strings: true,
            underscored_numbers_as_strings: true,
        };
        let node: Node = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let place = error.location().map_or(Place::START, |location| place(&location, text));
            let message = error.without_snippet().to_string();
            // The place stands in the diagnostic already.
            let message = message.split(" at line ").next().unwrap_or(&message);
            let message = message.trim_start_matches("error: ").trim_end_matches([',', ':']).to_owned();
            Box::new(Diagnostic::new(file, text, place, &format!("not valid YAML: {message}")))
        })?;
        let mut places = HashMap::new();
        let value = node.into_value(String::new(), None, text, &mut places);
        Ok(Self { value, places })
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

fn place(location: &serde_saphyr::Location, text: &str) -> Place {
    let line = usize::try_from(location.line()).unwrap_or(1).max(1);
    let column = usize::try_from(location.column()).unwrap_or(1).max(1);
    Place::at(text, line, column)
}

struct Node(Spanned<Kind>);

enum Kind {
    Scalar(Value),
    List(Vec<Node>),
    Map(Vec<(Spanned<String>, Node)>),
}

impl Node {
    fn into_value(
        self,
        pointer: String,
        key: Option<Place>,
        text: &str,
        places: &mut HashMap<String, Places>,
    ) -> Value {
        let own = place(&self.0.referenced, text);
        let value = match self.0.value {
            Kind::Scalar(value) => value,
            Kind::List(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| item.into_value(format!("{pointer}/{index}"), None, text, places))
                .collect(),
            Kind::Map(members) => {
                let mut object = Map::new();
                for (name, node) in members {
                    let at = place(&name.referenced, text);
                    let below = format!("{pointer}/{}", pointer_token(&name.value));
                    object.insert(name.value, node.into_value(below, Some(at), text, places));
                }
                Value::Object(object)
            }
        };
        places.insert(pointer, Places { key, value: own });
        value
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::<Kind>::deserialize(deserializer).map(Node)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KindVisitor;

        impl<'de> Visitor<'de> for KindVisitor {
            type Value = Kind;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a YAML value")
            }

            fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::Bool(value)))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
                Ok(Kind::Scalar(value.into()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
                Ok(Kind::Scalar(value.into()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Kind, E> {
                let number = Number::from_f64(value).ok_or_else(|| E::custom("not a finite number"))?;
                Ok(Kind::Scalar(number.into()))
            }

            fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
                Ok(Kind::Scalar(value.into()))
            }

            fn visit_unit<E>(self) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::Null))
            }

            fn visit_none<E>(self) -> Result<Kind, E> {
                Ok(Kind::Scalar(Value::Null))
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
                Kind::deserialize(deserializer)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kind, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    items.push(item);
                }
                Ok(Kind::List(items))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Kind::Map(members))
            }
        }

        deserializer.deserialize_any(KindVisitor)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_and_places() {
        let text = "a: 1\nb:\n  - x: on\n    y: 012\n  - 'z'\n";
        let document = Document::parse("t.yaml", text).unwrap();
        assert_eq!(document.value, json!({ "a": 1, "b": [{ "x": "on", "y": "012" }, "z"] }));
        let at = |pointer| {
            let place = document.place_of(pointer);
            (place.line, place.column)
        };
        assert_eq!(at("/b/0/y"), (4, 8));
        assert_eq!(at("/b/1"), (5, 5));
        assert_eq!(at("/b/0/nothing"), (3, 5));
        assert_eq!(document.place_of_key("/b/0/y").column, 5);
    }

    #[test]
    fn mistakes_have_a_place() {
        for (text, line) in [("a: [1\nb: 2", 2), ("a: 1\na: 2", 2), ("a: *nowhere", 1)] {
            let error = Document::parse("t.yaml", text).unwrap_err();
            assert_eq!(error.place.line, line, "{text}: {}", error.message);
        }
    }
}
