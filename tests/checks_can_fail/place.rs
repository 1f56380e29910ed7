//! From the place of a check (as suites write it) to JSON Pointers, and to what stands around a place that is empty.

use scimcheck::check::locate::locate;
use serde_json::{Value, json};

use super::edit::join;

/// JSON Pointers to what a place names in a body.
pub(crate) fn pointers(place: &str, body: &Value) -> Vec<String> {
    let found = locate(place, body, None).unwrap_or_default();
    let mut pointers = Vec::new();
    walk(body, "", usize::MAX, &mut |pointer, value| {
        if found.iter().any(|found| std::ptr::eq(*found, value)) {
            pointers.push(pointer.to_owned());
        }
    });
    pointers
}

/// Visits every value down to a depth.
pub(crate) fn walk<'v>(value: &'v Value, at: &str, depth: usize, visit: &mut dyn FnMut(&str, &'v Value)) {
    visit(at, value);
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(object) => {
            for (name, member) in object {
                walk(member, &join(at, name), depth - 1, visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                walk(item, &format!("{at}/{index}"), depth - 1, visit);
            }
        }
        _ => {}
    }
}

/// Ways to put a value where a place finds nothing: a pointer to set, and the value with everything that is missing
/// around it.
pub(crate) fn puts(place: &str, body: &Value, value: &Value) -> Vec<(String, Value)> {
    let (mut place, mut value) = (place.to_owned(), value.clone());
    loop {
        let Some((around, member)) = parent(&place) else { return Vec::new() };
        let found = pointers(&around, body);
        if let (false, Some(name)) = (found.is_empty(), &member) {
            let ends = [found.first(), found.last()];
            return ends.into_iter().flatten().map(|pointer| (join(pointer, name), value.clone())).collect();
        }
        if !found.is_empty() {
            return found.into_iter().take(1).map(|pointer| (pointer, json!([value]))).collect();
        }
        value = match member {
            Some(name) => json!({ name: value }),
            None => json!([value]),
        };
        place = around;
    }
}

/// The place around a place, and the name of the member that is looked for there; `None` for an element of a list.
pub(crate) fn parent(place: &str) -> Option<(String, Option<String>)> {
    if place.is_empty() || place == "$" {
        return None;
    }
    if place.starts_with('/') {
        return place.rsplit_once('/').map(|(around, name)| (around.to_owned(), Some(name.to_owned())));
    }
    if place.ends_with(']') {
        let open = opening(place)?;
        let inner = place[open + 1..place.len() - 1].trim();
        let name = inner.strip_prefix(['\'', '"']).map(|name| name.trim_end_matches(['\'', '"']).to_owned());
        return Some((place[..open].to_owned(), name));
    }
    if place.starts_with('$') {
        let (around, name) = place.rsplit_once('.')?;
        return Some((around.trim_end_matches('.').to_owned(), Some(name.to_owned())));
    }
    let (schema, path) = place.rsplit_once(':').map_or(("", place), |(schema, path)| (schema, path));
    if schema.ends_with(|c: char| c.is_ascii_digit()) {
        // A URN up to its version: an extension as a whole.
        return Some(("$".to_owned(), Some(place.to_owned())));
    }
    match (path.rsplit_once('.'), schema) {
        (Some((_, name)), _) => {
            Some((place[..place.len() - name.len() - 1].to_owned(), Some(name.to_owned())))
        }
        (None, "") => Some(("$".to_owned(), Some(path.to_owned()))),
        (None, schema) => Some((join("", schema), Some(path.to_owned()))),
    }
}

/// Where the last bracket opens; brackets in a filter are counted.
fn opening(place: &str) -> Option<usize> {
    let mut depth = 0;
    for (index, character) in place.char_indices().rev() {
        match character {
            ']' => depth += 1,
            '[' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(index);
        }
    }
    None
}
