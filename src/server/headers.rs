//! Header fields that hold lists (RFC 9110 §5.6.1).

use axum::http::{HeaderMap, HeaderName};

/// The elements of all fields of this name: separated by commas, except inside of quotes. Empty ones do not count.
/// `None` if there is no such field.
pub(super) fn elements<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<Vec<&'h str>> {
    let mut found = None;
    for value in headers.get_all(name) {
        let list: &mut Vec<&str> = found.get_or_insert_default();
        list.extend(split(value.to_str().unwrap_or_default(), ','));
    }
    found
}

/// The parts between separators that are not inside of quotes, trimmed; empty ones are left out.
pub(super) fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|c: char| {
        let separates = c == separator && !quoted;
        quoted ^= c == '"' && !escaped;
        escaped = quoted && c == '\\' && !escaped;
        separates
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_quotes_do_not_separate() {
        for (text, wanted) in [
            ("a, b,,c ", vec!["a", "b", "c"]),
            (r#""a,b" , W/"c""#, vec![r#""a,b""#, r#"W/"c""#]),
            (r#"x;p="\",",y"#, vec![r#"x;p="\",""#, "y"]),
            ("", vec![]),
        ] {
            assert_eq!(split(text, ','), wanted);
        }
    }
}
