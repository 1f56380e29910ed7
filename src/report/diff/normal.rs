//! What is the same in two runs although it is spelled differently: addresses, ids, times, versions, names of the run.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value;

use crate::model::{RecordedAnswer, RecordedExchange};

/// How a case of one result calls things.
pub(super) struct Normal<'r> {
    base_url: &'r str,
    /// What stands before the path of the base URL: an authorization server may be there too.
    origin: &'r str,
    /// Ids of resources, in the order in which they appear; without a number where only a reference names the resource,
    /// since references have no order.
    ids: HashMap<String, Option<usize>>,
}

/// An id of a resource is at most so long.
const LONGEST_ID: usize = 200;

impl<'r> Normal<'r> {
    pub(super) fn of(base_url: &'r str, exchanges: &[&RecordedExchange]) -> Self {
        let base_url = base_url.trim_end_matches('/');
        let mut normal = Self { base_url, origin: origin(base_url), ids: HashMap::new() };
        let bodies = exchanges.iter().filter_map(|exchange| match &exchange.answer {
            RecordedAnswer::Response { body: Some(body), .. } => body.json.as_ref(),
            _ => None,
        });
        let bodies: Vec<_> = bodies.collect();
        for body in &bodies {
            normal.learn(&body.value());
        }
        for body in bodies {
            normal.learn_references(&body.value());
        }
        for exchange in exchanges {
            if let RecordedAnswer::Response { body: Some(body), .. } = &exchange.answer {
                normal.learn_from_text(body.text.as_deref().unwrap_or_default());
            }
        }
        normal
    }

    fn learn(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Object(object) => {
                let location = || object.get("meta")?.get("location")?.as_str()?.rsplit_once('/');
                for id in [object.get("id").and_then(Value::as_str), location().map(|(_, last)| last)] {
                    if let Some(id) = id.filter(|id| is_id(id)) {
                        let next = self.ids.len() + 1;
                        self.ids.entry(id.to_owned()).or_insert(Some(next));
                    }
                }
                object.values().for_each(|member| self.learn(member));
            }
            _ => {}
        }
    }

    /// `value` beside a `$ref` that leads to it (RFC 7643 §4.2).
    fn learn_references(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.learn_references(item)),
            Value::Object(object) => {
                let text = |name| object.get(name).and_then(Value::as_str);
                if let (Some(id), Some(reference)) = (text("value").filter(|id| is_id(id)), text("$ref"))
                    && reference.strip_suffix(id).is_some_and(|before| before.ends_with('/'))
                {
                    self.ids.entry(id.to_owned()).or_insert(None);
                }
                object.values().for_each(|member| self.learn_references(member));
            }
            _ => {}
        }
    }

    /// The references in the beginning of a body that is too large to be kept whole.
    fn learn_from_text(&mut self, text: &str) {
        static REFERENCE: OnceLock<Regex> = OnceLock::new();
        let reference = REFERENCE.get_or_init(|| {
            Regex::new(r#""(?:\$ref|location)"\s*:\s*"[^"\\]*/([^"\\/]+)""#).expect("the pattern is one")
        });
        for found in reference.captures_iter(text).filter(|found| is_id(&found[1])) {
            self.ids.entry(found[1].to_owned()).or_insert(None);
        }
    }

    /// A number, a Boolean or null without what differs from run to run: none of them is an id (RFC 7643 §3.1).
    pub(super) fn number(&self, text: &str) -> String {
        Self { ids: HashMap::new(), ..*self }.text(text)
    }

    /// A text without what differs from run to run.
    pub(super) fn text(&self, text: &str) -> String {
        static PATTERNS: OnceLock<[(Regex, &str); 5]> = OnceLock::new();
        let patterns = PATTERNS.get_or_init(|| {
            let regex = |pattern| Regex::new(pattern).expect("the pattern is one");
            [
                (regex(r#"^(W/)?"[^"]*"$"#), "{version}"),
                (regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?"), "{time}"),
                // Seconds since 1970, as tokens have them (RFC 7519 §2).
                (regex(r"^[12]\d{9}$"), "{time}"),
                // A suite may put a word behind it.
                (regex(r"(?i)\bsc[0-9a-f]{8}(-[0-9a-f]{8})?"), "{unique}"),
                (regex(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "{uuid}"),
            ]
        });
        let known = [(self.base_url, "{base}"), (self.origin, "{origin}")];
        let known = known.into_iter().filter(|(address, _)| !address.is_empty());
        let text = known.fold(text.to_owned(), |text, (address, word)| text.replace(address, word));
        let text = self.without_ids(&text);
        patterns.iter().fold(text, |text, (pattern, word)| pattern.replace_all(&text, *word).into_owned())
    }

    /// Ids stand alone or between the delimiters of URLs and filters.
    fn without_ids(&self, text: &str) -> String {
        let delimits =
            |c: char| matches!(c, '/' | '"' | '\'' | '=' | '?' | '&' | ' ' | '[' | ']' | '(' | ')' | ',');
        let mut shown = String::with_capacity(text.len());
        for piece in text.split_inclusive(delimits) {
            let word = piece.trim_end_matches(delimits);
            match self.ids.get(word) {
                Some(number) => {
                    let _ = match number {
                        Some(number) => write!(shown, "{{id {number}}}"),
                        None => write!(shown, "{{id}}"),
                    };
                    shown.push_str(&piece[word.len()..]);
                }
                None => shown.push_str(piece),
            }
        }
        shown
    }
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_ID
}

/// `http://127.0.0.1:4711` of `http://127.0.0.1:4711/v2`; empty if that is no such URL.
fn origin(base_url: &str) -> &str {
    let Some(host) = base_url.find("://").map(|at| at + 3) else { return "" };
    let end = base_url[host..].find('/').map_or(base_url.len(), |at| host + at);
    &base_url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_from_run_to_run_is_taken_out() {
        let mut normal = Normal::of("http://127.0.0.1:4711/v2/", &[]);
        let body = serde_json::json!({
            "Resources": [{ "id": "17" }, { "id": "ab-c" }, { "meta": { "location": "http://h/Users/19" } }],
            "members": [
                { "value": "17", "$ref": "http://h/Users/17" },
                { "value": "18", "$ref": "../Users/18" },
                { "value": "11", "$ref": "http://h/Users/111" },
            ],
        });
        normal.learn(&body);
        normal.learn_references(&body);
        normal.learn_from_text(
            r#"{"members": [{"value": "21", "$ref": "http://h/Users/21"}, {"value": "22", "$re"#,
        );
        for (text, wanted) in [
            ("http://127.0.0.1:4711/v2/Users/17?x=1", "{base}/Users/{id 1}?x=1"),
            ("members[value eq \"ab-c\"]", "members[value eq \"{id 2}\"]"),
            ("170", "170"),
            ("18", "{id}"),
            ("19", "{id 3}"),
            (r#"{"value": "21", "#, r#"{"value": "{id}", "#),
            ("22", "22"),
            ("11", "11"),
            ("/sc12d33298-86a80b52NoSuchEndpoint", "/{unique}NoSuchEndpoint"),
            ("SC0F3A9C04-12345678@EXAMPLE.COM", "{unique}@EXAMPLE.COM"),
            ("http://127.0.0.1:4711/o/token", "{origin}/o/token"),
            ("1795681533", "{time}"),
            ("W/\"3\"", "{version}"),
            ("2026-03-01T09:30:00.12Z", "{time}"),
            ("sc0f3a9c04-12345678@example.com", "{unique}@example.com"),
            ("6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "{uuid}"),
        ] {
            assert_eq!(normal.text(text), wanted);
        }
        assert_eq!(normal.number("17"), "17");
        assert_eq!(normal.number("1795681533"), "{time}");
    }
}
