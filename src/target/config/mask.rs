//! A mistake is shown with the line on which it stands, and somebody may have written a secret there. What looks like
//! one ([`super::suspect`]) is masked in every text that a diagnostic shows.

use std::collections::BTreeSet;
use std::ops::Range;

use super::suspect::{hidden, secret_in_line, secrets_of_comment, url_secrets};
use crate::suite::diagnostic::{Diagnostic, Place};
use crate::wire::redact::MASK;

/// The parts of a text that are not shown.
#[derive(Clone, Default)]
pub(super) struct Masks {
    /// In order, apart from each other, none over the end of a line.
    ranges: Vec<Range<usize>>,
    /// JSON Pointers of the values that are not shown.
    pub(super) pointers: BTreeSet<String>,
}

impl Masks {
    /// Masks what the leaves of a tree hide. `spans` are the scalars with their quotes.
    pub(super) fn of_leaves(text: &str, leaves: &[(String, Range<usize>)]) -> Self {
        let mut masks = Self::default();
        for (pointer, span) in leaves {
            let source = &text[span.clone()];
            let content = unquoted(source);
            let inner = span.start + content.start..span.start + content.end;
            if hidden(pointer, &text[inner.clone()]) {
                masks.pointers.insert(pointer.clone());
                masks.add(text, inner);
            } else if let Some(parts) = url_secrets(&text[inner.clone()]) {
                masks.pointers.insert(pointer.clone());
                for part in parts {
                    masks.add(text, inner.start + part.start..inner.start + part.end);
                }
            }
        }
        for comment in comments(text, leaves) {
            for part in secrets_of_comment(&text[comment.clone()]) {
                masks.add(text, comment.start + part.start..comment.start + part.end);
            }
        }
        masks.tidy();
        masks
    }

    /// Masks what looks like a secret in a text that is not TOML, line by line; rather too much than too little.
    pub(super) fn of_lines(mut self, text: &str) -> Self {
        let mut section = String::new();
        let mut start = 0;
        let mut until: Option<&str> = None;
        for line in text.split_inclusive('\n') {
            let from = start;
            start += line.len();
            if let Some(quotes) = until {
                // Inside a text of several lines.
                self.add(text, from..start);
                if line.contains(quotes) {
                    until = None;
                }
                continue;
            }
            let trimmed = line.trim();
            if trimmed.starts_with('[') && !trimmed.contains('=') {
                trimmed.clone_into(&mut section);
                continue;
            }
            for part in url_secrets(line).unwrap_or_default() {
                self.add(text, from + part.start..from + part.end);
            }
            if let Some(at) = secret_in_line(line, &section) {
                self.add(text, from + at..start);
                until = ["\"\"\"", "'''"].into_iter().find(|quotes| line.matches(quotes).count() == 1);
            }
        }
        self.tidy();
        self
    }

    fn add(&mut self, text: &str, range: Range<usize>) {
        let mut from = range.start;
        for line in text[range].split_inclusive('\n') {
            let shown = line.trim_end_matches(['\n', '\r']);
            if !shown.is_empty() {
                self.ranges.push(from..from + shown.len());
            }
            from += line.len();
        }
    }

    /// Puts the ranges in order and joins those that touch.
    fn tidy(&mut self) {
        self.ranges.sort_by_key(|range| range.start);
        let mut tidy: Vec<Range<usize>> = Vec::new();
        for range in self.ranges.drain(..) {
            match tidy.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => tidy.push(range),
            }
        }
        self.ranges = tidy;
    }

    /// The text without what is hidden.
    pub(super) fn text(&self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for range in &self.ranges {
            masked.push_str(&text[at..range.start]);
            masked.push_str(MASK);
            at = range.end;
        }
        masked.push_str(&text[at..]);
        masked
    }

    /// The diagnostic with a text that hides what is to be hidden. Its line and column are those of the file.
    pub(super) fn apply(&self, diagnostic: Diagnostic) -> Diagnostic {
        let Place { line, column, start, end } = diagnostic.place;
        let masked = self.text(&diagnostic.text);
        let (start, end) = (self.moved(start, true), self.moved(end, false));
        Diagnostic {
            text: masked.into(),
            place: Place { line, column, start, end: end.max(start) },
            ..diagnostic
        }
    }

    /// Where an offset stands in the masked text.
    fn moved(&self, offset: usize, is_start: bool) -> usize {
        let mut moved = offset;
        for range in &self.ranges {
            if range.end <= offset {
                moved = moved + MASK.len() - range.len();
            } else if range.start < offset {
                moved = moved - (offset - range.start) + if is_start { 0 } else { MASK.len() };
                break;
            } else {
                break;
            }
        }
        moved
    }
}

/// The comments of a text: from each `#` that stands in no value until the end of its line.
fn comments(text: &str, leaves: &[(String, Range<usize>)]) -> Vec<Range<usize>> {
    let mut spans: Vec<_> = leaves.iter().map(|(_, span)| span).collect();
    spans.sort_by_key(|span| span.start);
    let mut comments: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('#') {
        let before = spans.partition_point(|span| span.start <= at);
        let in_value = before > 0 && spans[before - 1].end > at;
        if !in_value && comments.last().is_none_or(|last| last.end <= at) {
            let length = text[at..].find(['\n', '\r']).unwrap_or(text.len() - at);
            comments.push(at..at + length);
        }
    }
    comments
}

/// The part of a TOML scalar between its quotes.
fn unquoted(source: &str) -> Range<usize> {
    for quotes in ["\"\"\"", "'''", "\"", "'"] {
        if source.len() >= 2 * quotes.len() && source.starts_with(quotes) && source.ends_with(quotes) {
            return quotes.len()..source.len() - quotes.len();
        }
    }
    0..source.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::target::config::tree;

    fn masked(text: &str) -> String {
        let tree = tree::parse("c.toml", text);
        let masks = Masks::of_leaves(text, &tree.leaves);
        let masks = if tree.mistakes.is_empty() { masks } else { masks.of_lines(text) };
        masks.text(text)
    }

    #[test]
    fn what_is_masked_and_what_is_not() {
        let cases = [
            ("token = 's3cr3t'", "token = '***'"),
            ("client-secret = [\"a\", 'b']", "client-secret = [\"***\", '***']"),
            ("pasword = 12345", "pasword = ***"),
            ("auth = { x = \"a\", y = 1 }", "auth = { x = \"***\", y = *** }"),
            ("token_env = \"SCIM_TOKEN\"", "token_env = \"SCIM_TOKEN\""),
            ("token_env = \"eyJhbGciOi.eyJ.x1\"", "token_env = \"***\""),
            ("token_env = 12345", "token_env = ***"),
            ("token_file = \"ghp_0123456789abcdefABCDEF\"", "token_file = \"***\""),
            ("token_file = \"secrets/token-1\"", "token_file = \"secrets/token-1\""),
            ("token_command = \"pass show x\"", "token_command = \"***\""),
            ("base_url = \"https://u:p%40@h/x\"", "base_url = \"https://***@h/x\""),
            ("base_url = \"https://u:p/w@h/x\"", "base_url = \"https://***@h/x\""),
            ("base_url = \"u:p@h/x\"", "base_url = \"***@h/x\""),
            ("x = \"${unique}@${domain}\"", "x = \"${unique}@${domain}\""),
            ("x = 1 # old token: s3cr3t", "x = 1 # old token: ***"),
            ("x = 1 # ghp_0123456789abcdefABCDEF ü", "x = 1 # *** ü"),
            ("x = '# token: a' # ask for it", "x = '# token: a' # ask for it"),
            ("base_url = \"https://h/x?t=abc\"", "base_url = \"https://h/x?***\""),
            ("a = \"\"\"\ntoken\n\"\"\"", "a = \"\"\"\ntoken\n\"\"\""),
            ("token = \"\"\"\nline\r\n\nother\"\"\"", "token = \"\"\"\n***\r\n\n***\"\"\""),
            ("[target.token]\njobs = 3", "[target.token]\njobs = 3"),
            ("[target.t.headers]\nX = { value = \"a\" }", "[target.t.headers]\nX = { value = \"***\" }"),
            ("[target.t.headers]\nX = { env = \"AB\" }", "[target.t.headers]\nX = { env = \"AB\" }"),
            ("[target.t.headers]\nX = \"a\"", "[target.t.headers]\nX = \"***\""),
            (
                "[target.t.credentials.token]\ntoken_env = \"X\"",
                "[target.t.credentials.token]\ntoken_env = \"X\"",
            ),
            ("[target.t.overrides.User]\npassword = \"a\"", "[target.t.overrides.User]\npassword = \"***\""),
            ("[target.t.features]\nchangePassword = true", "[target.t.features]\nchangePassword = true"),
            ("token_url = \"https://id/token\"", "token_url = \"https://id/token\""),
        ];
        for (text, wanted) in cases {
            assert_eq!(masked(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_not_toml_is_masked_by_its_lines() {
        let cases = [
            ("token = s3cr3t\njobs = x y", "token = ***\njobs = x y"),
            ("token: \"s3cr3t\"", "token: \"***"),
            ("password s3cr3t", "password ***"),
            ("token = \"s3cr3t", "token = ***"),
            ("x = { client_secret = \"a\" y", "x = { client_secret = \"***"),
            ("token = \"\"\"\nline\nother", "token = ***\n***\n***"),
            ("jobs = =\ntoken = '''\nline\n", "jobs = =\ntoken = ***\n***\n"),
            ("[target.t.headers]\nX = abc", "[target.t.headers]\nX = ***"),
            ("token_env = SCIM_TOKEN", "token_env = SCIM_TOKEN"),
            ("token_env = abc.def", "token_env = ***"),
            ("base_url = https://u:p@h/", "base_url = https://***@h/"),
        ];
        for (text, wanted) in cases {
            assert_eq!(masked(text), wanted, "{text}");
        }
    }

    #[test]
    fn places_move_with_the_text() {
        let text = "x = { token = \"abcdefgh\", jobs = 1 }";
        let tree = tree::parse("c.toml", text);
        let masks = Masks::of_leaves(text, &tree.leaves);
        let place = tree.document.place_of_key("/x/jobs");
        let shown = masks.apply(Diagnostic::new("c.toml", text, place, "m"));
        assert_eq!(&shown.text[shown.place.start..shown.place.end], "jobs");
        let inside = Place { line: 1, column: 18, start: 17, end: 19 };
        let shown = masks.apply(Diagnostic::new("c.toml", text, inside, "m"));
        assert_eq!(&shown.text[shown.place.start..shown.place.end], "***");
    }

    proptest! {
        #[test]
        fn any_text_can_be_masked(text in "(token|a|headers|[\\[\\]{}=\"'.ü\n\r ,:/@?]){0,30}", at in 0..40_usize) {
            let tree = tree::parse("c.toml", &text);
            let masks = Masks::of_leaves(&text, &tree.leaves).of_lines(&text);
            let at = at.min(text.len());
            let place = Place::START.part(&text, at, 3);
            let _ = masks.apply(Diagnostic::new("c.toml", &text, place, "m")).render(false);
        }
    }
}
