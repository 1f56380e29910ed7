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
    /// Ids of resources, in the order in which they appear.
    ids: HashMap<String, usize>,
}

/// An id of a resource is at most so long.
const LONGEST_ID: usize = 200;

impl<'r> Normal<'r> {
    pub(super) fn of(base_url: &'r str, exchanges: &[&RecordedExchange]) -> Self {
        let base_url = base_url.trim_end_matches('/');
        let mut normal = Self { base_url, origin: origin(base_url), ids: HashMap::new() };
        for exchange in exchanges {
            if let RecordedAnswer::Response { body: Some(body), .. } = &exchange.answer
                && let Some(json) = &body.json
            {
                normal.learn(&json.value());
            }
        }
        normal
    }

    fn learn(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::Object(object) => {
                if let Some(id) = object.get("id").and_then(Value::as_str)
                    && !id.is_empty()
                    && id.len() <= LONGEST_ID
                {
                    let next = self.ids.len() + 1;
                    self.ids.entry(id.to_owned()).or_insert(next);
                }
                object.values().for_each(|member| self.learn(member));
            }
            _ => {}
        }
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
                (regex(r"\bsc[0-9a-f]{8}(-[0-9a-f]{8})?\b"), "{unique}"),
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
                    let _ = write!(shown, "{{id {number}}}");
                    shown.push_str(&piece[word.len()..]);
                }
                None => shown.push_str(piece),
            }
        }
        shown
    }
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
        normal.learn(&serde_json::json!({ "Resources": [{ "id": "17" }, { "id": "ab-c" }] }));
        for (text, wanted) in [
            ("http://127.0.0.1:4711/v2/Users/17?x=1", "{base}/Users/{id 1}?x=1"),
            ("members[value eq \"ab-c\"]", "members[value eq \"{id 2}\"]"),
            ("170", "170"),
            ("http://127.0.0.1:4711/o/token", "{origin}/o/token"),
            ("1795681533", "{time}"),
            ("W/\"3\"", "{version}"),
            ("2026-03-01T09:30:00.12Z", "{time}"),
            ("sc0f3a9c04-12345678@example.com", "{unique}@example.com"),
            ("6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "{uuid}"),
        ] {
            assert_eq!(normal.text(text), wanted);
        }
    }
}
