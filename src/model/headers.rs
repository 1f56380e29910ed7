//! Recorded header fields, packed.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Header names and values in order. A run keeps tens of thousands of them, most of them shorter than the bookkeeping of
/// a [`String`]: here all of a message share two allocations. In `results.json` they stand as a list of pairs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers {
    text: Box<str>,
    /// Where each name and each value ends in `text`, in turns.
    ends: Box<[u32]>,
}

impl Headers {
    /// Names and values, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let mut begin = 0;
        let mut next = move |end: u32| {
            let piece = self.text.get(begin..end as usize).unwrap_or_default();
            begin = end as usize;
            piece
        };
        self.ends.chunks_exact(2).map(move |ends| (next(ends[0]), next(ends[1])))
    }

    /// The first value of a header, whose name may be in any letter case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Adds one at the end.
    pub fn push(&mut self, name: &str, value: &str) {
        *self = self.iter().chain([(name, value)]).collect();
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len() / 2
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}

/// What goes beyond 4 GiB of text is left out; no message is that large.
impl<N: AsRef<str>, V: AsRef<str>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for (name, value) in pairs {
            let name_end = text.len() + name.as_ref().len();
            let ends_here = (u32::try_from(name_end), u32::try_from(name_end + value.as_ref().len()));
            let (Ok(name_end), Ok(value_end)) = ends_here else { break };
            text.push_str(name.as_ref());
            text.push_str(value.as_ref());
            ends.extend([name_end, value_end]);
        }
        Self { text: text.into(), ends: ends.into() }
    }
}

impl Serialize for Headers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Headers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<(String, String)>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl JsonSchema for Headers {
    fn schema_name() -> Cow<'static, str> {
        Vec::<(String, String)>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<(String, String)>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn packed_and_unpacked_they_are_the_same(pairs: Vec<(String, String)>) {
            let headers: Headers = pairs.iter().map(|(name, value)| (name, value)).collect();
            let unpacked: Vec<_> = headers.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            prop_assert_eq!((headers.len(), &unpacked), (pairs.len(), &pairs));
            let json = serde_json::to_value(&headers).unwrap();
            prop_assert_eq!(&json, &serde_json::to_value(&pairs).unwrap());
            prop_assert_eq!(serde_json::from_value::<Headers>(json).unwrap(), headers);
        }
    }
}
