//! Places in a body: JSON Pointer (RFC 6901), `JSONPath` (RFC 9535), SCIM attribute path (RFC 7644 §3.10).

use serde_json::Value;

use crate::scim::attribute_path::AttributePath;
use crate::scim::resource_type::ResourceSchemas;

/// A place that cannot be read. The linter finds these; a template can still make one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{place}` is not a place: {message}")]
pub struct LocateError {
    /// The place.
    pub place: String,
    /// What is wrong.
    pub message: String,
}

/// The values at a place: empty or `/…` is a JSON Pointer, `$…` a `JSONPath`, anything else an attribute path.
///
/// # Errors
/// If the place cannot be read.
pub fn locate<'v>(
    place: &str,
    body: &'v Value,
    schemas: Option<&ResourceSchemas>,
) -> Result<Vec<&'v Value>, LocateError> {
    let wrong = |message: String| LocateError { place: place.to_owned(), message };
    if place.is_empty() || place.starts_with('/') {
        return Ok(body.pointer(place).into_iter().collect());
    }
    if place.starts_with('$') {
        let path = super::compiled::path(place).map_err(|error| wrong(error.to_string()))?;
        return Ok(path.query(body).all());
    }
    let path: AttributePath =
        place.parse().map_err(|error: crate::scim::attribute_path::PathError| wrong(error.to_string()))?;
    let found = path.get(body, schemas);
    if found.is_empty() && path.sub.is_none() {
        // An explicit null is a value that `exists` can see, and so is an empty object.
        return Ok(body
            .as_object()
            .and_then(|map| crate::scim::object::member(map, place))
            .into_iter()
            .collect());
    }
    Ok(found)
}

/// Whether a place may name several values or none, so that finding none means that there is nothing to judge:
/// a `JSONPath` with a wildcard, a filter, a slice or a descendant.
#[must_use]
pub fn is_plural(place: &str) -> bool {
    place.starts_with('$') && ["*", "?", "..", ","].iter().any(|sign| place.contains(sign))
        || place.starts_with('$') && slice(place)
}

fn slice(place: &str) -> bool {
    place.split('[').skip(1).any(|part| {
        let inner = part.split(']').next().unwrap_or_default();
        !inner.starts_with(['\'', '"']) && inner.contains(':')
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn three_notations() {
        let body = json!({
            "userName": "a", "name": { "givenName": "b" }, "nickName": null,
            "emails": [{ "value": "x" }, { "value": "y" }],
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": { "department": "d" },
        });
        let cases = [
            ("", vec![body.clone()]),
            ("/name/givenName", vec![json!("b")]),
            ("/nothing", vec![]),
            ("$.emails[*].value", vec![json!("x"), json!("y")]),
            ("USERNAME", vec![json!("a")]),
            ("name.givenName", vec![json!("b")]),
            ("nickName", vec![json!(null)]),
            ("emails.value", vec![json!("x"), json!("y")]),
            ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", vec![json!("d")]),
            ("nothing", vec![]),
        ];
        for (place, wanted) in cases {
            let found: Vec<_> = locate(place, &body, None).unwrap().into_iter().cloned().collect();
            assert_eq!(found, wanted, "{place}");
        }
        assert!(locate("$.[", &body, None).is_err());
        assert!(locate("a b", &body, None).is_err());
    }

    #[test]
    fn plural_places() {
        for (place, wanted) in [
            ("$.a", false),
            ("$.a[0]", false),
            ("$['a:b']", false),
            ("$.a[*]", true),
            ("$..a", true),
            ("$.a[?@.b == 1]", true),
            ("$.a[0:2]", true),
            ("a.b", false),
            ("/a", false),
        ] {
            assert_eq!(is_plural(place), wanted, "{place}");
        }
    }
}
