//! One address for the embedded reference server, which listened on another port in each part.

use super::Named;
use crate::model::RunResult;
use crate::report::json;

/// Puts everything that names the server of a part onto that of the first.
pub(super) fn unite(parts: &mut [Named]) {
    let Some(((_, first), others)) = parts.split_first_mut() else { return };
    if !first.target.embedded {
        return;
    }
    let to = authority(&first.target.base_url);
    for (_, part) in others {
        let from = authority(&part.target.base_url).to_owned();
        if from != to && !from.is_empty() {
            put(part, &from, to);
        }
    }
}

/// Requests and answers, curl commands, findings and left-overs name it: every text of the result may.
fn put(part: &mut RunResult, from: &str, to: &str) {
    let mut text = moved(&json::render(part), from, to);
    for colon in ["%3A", "%3a"] {
        text = moved(&text, &from.replace(':', colon), &to.replace(':', colon));
    }
    if let Ok(moved) = json::read(&text) {
        *part = moved;
    }
}

/// `127.0.0.1:4711`.
fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or_default()
}

/// The text with another address. One that has more digits behind it is of another port.
fn moved(text: &str, from: &str, to: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from) {
        shown.push_str(before);
        shown.push_str(if after.starts_with(|c: char| c.is_ascii_digit()) { from } else { to });
        rest = after;
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_whole() {
        assert_eq!(authority("http://127.0.0.1:4711/scim/v2"), "127.0.0.1:4711");
        assert_eq!(authority("http://127.0.0.1:4711"), "127.0.0.1:4711");
        let moved = |text: &str| moved(text, "127.0.0.1:4711", "127.0.0.1:99");
        assert_eq!(moved("http://127.0.0.1:4711/a 127.0.0.1:4711"), "http://127.0.0.1:99/a 127.0.0.1:99");
        assert_eq!(moved("http://127.0.0.1:47110/a"), "http://127.0.0.1:47110/a");
    }
}
