//! Conditional requests (RFC 7644 §3.14, RFC 9110 §13).
//!
//! The tags are weak, since one version has many representations (`attributes`). If-Match compares weakly all the
//! same: RFC 7644 §3.14 shows weak tags there, which would never match otherwise.

use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName};

use super::headers::elements;

/// What the conditions of a request say about the resource as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// There are none, or they hold.
    Holds,
    /// If-Match names only other versions.
    Changed,
    /// If-None-Match names this version.
    Unchanged,
}

/// Judges If-Match and If-None-Match against the resource's version.
pub(super) fn judge(headers: &HeaderMap, version: &str) -> Condition {
    if names(headers, &IF_MATCH, version) == Some(false) {
        return Condition::Changed;
    }
    match names(headers, &IF_NONE_MATCH, version) {
        Some(true) => Condition::Unchanged,
        _ => Condition::Holds,
    }
}

/// Whether the field names this version or `*`; `None` without the field.
fn names(headers: &HeaderMap, field: &HeaderName, version: &str) -> Option<bool> {
    let tags = elements(headers, field)?;
    Some(tags.iter().any(|tag| *tag == "*" || opaque(tag) == opaque(version)))
}

/// The tag without the mark of a weak one.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        const VERSION: &str = r#"W/"7""#;
        for (name, value, wanted) in [
            (IF_MATCH, r#"W/"7""#, Condition::Holds),
            (IF_MATCH, r#""7""#, Condition::Holds),
            (IF_MATCH, "*", Condition::Holds),
            (IF_MATCH, r#"W/"6", W/"7""#, Condition::Holds),
            (IF_MATCH, r#"W/"6""#, Condition::Changed),
            (IF_MATCH, "7", Condition::Changed),
            (IF_MATCH, "", Condition::Changed),
            (IF_NONE_MATCH, r#"W/"7""#, Condition::Unchanged),
            (IF_NONE_MATCH, "*", Condition::Unchanged),
            (IF_NONE_MATCH, r#"W/"6,7""#, Condition::Holds),
        ] {
            let headers = HeaderMap::from_iter([(name.clone(), value.parse().unwrap())]);
            assert_eq!(judge(&headers, VERSION), wanted, "{name}: {value}");
        }
        assert_eq!(judge(&HeaderMap::new(), VERSION), Condition::Holds);
    }
}
