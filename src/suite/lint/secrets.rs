//! Credentials have no place in a suite: it is shared, and what it sends is written into reports.

use std::sync::OnceLock;

use regex::Regex;

use super::Linter;
use crate::suite::diagnostic::Place;

/// What looks like a credential, and what it is. Each begins with a literal, so that a file without it costs nothing.
const PATTERNS: [(&str, &str); 5] = [
    (r"-----BEGIN [A-Z ]*PRIVATE KEY-----", "a private key"),
    (r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}", "a JSON Web Token"),
    (r"(?:ghp_|gho_|ghs_|github_pat_|glpat-|xoxb-|xoxp-|sk_live_|AKIA)[A-Za-z0-9_-]{16,}", "an access token"),
    (r"https?://[^/\s:@]+:[^/\s@]+@", "a URL with a password"),
    (r"[Bb]asic [A-Za-z0-9+/]{12,}={1,2}", "a user name with a password"),
];

/// What marks a credential as made up for the suite: the name of this tool, plain and in Base64.
const MADE_UP: [&str; 2] = ["scimcheck", "c2NpbWNoZWNr"];

fn patterns() -> &'static [(Regex, &'static str)] {
    static COMPILED: OnceLock<Vec<(Regex, &str)>> = OnceLock::new();
    COMPILED.get_or_init(|| {
        PATTERNS
            .iter()
            .map(|(pattern, what)| (Regex::new(pattern).expect("a test compiles them"), *what))
            .collect()
    })
}

impl Linter<'_> {
    pub(super) fn secrets(&mut self) {
        let text = &self.parsed.source.text;
        for (pattern, what) in patterns() {
            for found in pattern
                .find_iter(text)
                .filter(|found| !MADE_UP.iter().any(|mark| found.as_str().contains(mark)))
            {
                let place = Place::span(text, found.start(), found.end());
                self.mistake_at("", place, &format!("{what} in a suite"))
                    .label("a secret?")
                    .help("a further credential of the target is named by the configuration: `auth: { credential: NAME }`; a made-up one says so: `{ raw: \"Bearer scimcheck-wrong\" }`".to_owned())
                    .push();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_patterns_compile() {
        assert_eq!(super::patterns().len(), super::PATTERNS.len());
    }
}
