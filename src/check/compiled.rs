//! Paths and patterns, compiled once: suites use the same few again and again, and to read one takes longer than to
//! apply it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::Regex;
use serde_json_path::{JsonPath, ParseError};

/// So many of each are kept; templates make ever new ones.
const KEPT: usize = 256;

/// Texts as what they were compiled to, for one thread.
type Kept<T> = RefCell<HashMap<String, Rc<T>>>;

thread_local! {
    static PATHS: Kept<JsonPath> = RefCell::default();
    static PATTERNS: Kept<Regex> = RefCell::default();
}

/// A `JSONPath` (RFC 9535).
///
/// # Errors
/// If it is none.
pub(crate) fn path(text: &str) -> Result<Rc<JsonPath>, ParseError> {
    PATHS.with(|kept| compiled(kept, text, JsonPath::parse))
}

/// A regular expression.
///
/// # Errors
/// If it is none.
pub(crate) fn pattern(text: &str) -> Result<Rc<Regex>, regex::Error> {
    PATTERNS.with(|kept| compiled(kept, text, Regex::new))
}

fn compiled<T, E>(kept: &Kept<T>, text: &str, compile: fn(&str) -> Result<T, E>) -> Result<Rc<T>, E> {
    if let Some(known) = kept.borrow().get(text) {
        return Ok(Rc::clone(known));
    }
    let new = Rc::new(compile(text)?);
    let mut kept = kept.borrow_mut();
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(text.to_owned(), Rc::clone(&new));
    Ok(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_compiled_once_and_not_kept_for_ever() {
        let first = pattern("^a+$").unwrap();
        assert!(Rc::ptr_eq(&first, &pattern("^a+$").unwrap()));
        assert!(pattern("(").is_err());
        for number in 0..KEPT {
            pattern(&number.to_string()).unwrap();
        }
        assert!(!Rc::ptr_eq(&first, &pattern("^a+$").unwrap()));
        assert!(path("$.[").is_err());
        assert_eq!(path("$.a").unwrap().query(&serde_json::json!({ "a": 1 })).all(), [1]);
    }
}
