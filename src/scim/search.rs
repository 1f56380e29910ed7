//! Query parameters, in a URL or in a `SearchRequest`, and the list that answers them (RFC 7644 §3.4.2 and §3.4.3).

use std::ops::Range;

use serde_json::{Value, json};

use super::attribute_path::AttributePath;
use super::conform::invalid;
use super::error::{ScimError, ScimType};
use super::filter::Filter;
use super::object::{elements, member};
use super::projection::Projection;
use super::resource_type::ResourceSchemas;
use super::sort::SortOrder;
use super::urn;

/// What a client asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchRequest {
    /// Which resources; all without it.
    pub filter: Option<Filter>,
    /// What they are sorted by.
    pub sort_by: Option<AttributePath>,
    /// In which direction.
    pub sort_order: SortOrder,
    /// Number of the first result, from 1 on; less than 1 means 1 (Table 6).
    pub start_index: usize,
    /// Whether the client names a `start_index`.
    pub by_index: bool,
    /// The most results that the client wants in a page; negative means 0 (Table 6).
    pub count: Option<usize>,
    /// The page of a query with cursors; empty for the first one (RFC 9865 §2).
    pub cursor: Option<String>,
    /// `attributes`, separated by commas.
    pub attributes: Option<String>,
    /// `excludedAttributes`, separated by commas.
    pub excluded_attributes: Option<String>,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            filter: None,
            sort_by: None,
            sort_order: SortOrder::default(),
            start_index: 1,
            by_index: false,
            count: None,
            cursor: None,
            attributes: None,
            excluded_attributes: None,
        }
    }
}

impl SearchRequest {
    /// Reads URL parameters, decoded. Unknown ones are ignored (RFC 7644 §3.4.2), and so is an empty value, except of
    /// `filter` and `cursor`.
    ///
    /// 400 `invalidFilter` for a filter that does not parse; 400 `invalidValue` for a number that is none, another
    /// `sortOrder` than the two that there are, a `sortBy` that is not in attribute notation, and for a parameter that
    /// is given twice (the two that are lists may be).
    pub fn from_parameters<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ScimError> {
        let mut request = Self::default();
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in pairs {
            let (name, text) = (name.as_ref(), value.as_ref());
            match name {
                "attributes" => append(&mut request.attributes, text),
                "excludedAttributes" => append(&mut request.excluded_attributes, text),
                "filter" | "sortBy" | "sortOrder" | "startIndex" | "count" | "cursor" => {
                    if seen.iter().any(|seen| seen == name) {
                        return Err(invalid(format!("{name} is given twice")));
                    }
                    seen.push(name.to_owned());
                    if matches!(name, "filter" | "cursor") || !text.is_empty() {
                        request.set(name, text)?;
                    }
                }
                _ => {}
            }
        }
        Ok(request)
    }

    /// Reads a `SearchRequest` message. Members are found without letter case; null means not given.
    ///
    /// 400 `invalidSyntax` if the body is not an object or `schemas` does not name the message, `invalidValue` for
    /// members of other types, and as for [`SearchRequest::from_parameters`].
    pub fn from_value(body: &Value) -> Result<Self, ScimError> {
        let syntax = |detail: String| ScimError::of(ScimType::InvalidSyntax, detail);
        let body = body.as_object().ok_or_else(|| syntax("the body is not a JSON object".to_owned()))?;
        let is_search =
            |urn: &Value| urn.as_str().is_some_and(|u| u.eq_ignore_ascii_case(urn::SEARCH_REQUEST));
        if !member(body, "schemas").map_or(&[][..], elements).iter().any(is_search) {
            return Err(syntax(format!("`schemas` does not name {}", urn::SEARCH_REQUEST)));
        }
        let mut request = Self::default();
        for name in ["filter", "sortBy", "sortOrder", "cursor"] {
            match member(body, name) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) => request.set(name, text)?,
                Some(_) => return Err(invalid(format!("{name} is not a string"))),
            }
        }
        for name in ["startIndex", "count"] {
            match member(body, name) {
                None | Some(Value::Null) => {}
                Some(Value::Number(number)) => request.set(name, &number.to_string())?,
                Some(_) => return Err(invalid(format!("{name} is not an integer"))),
            }
        }
        request.attributes = names(body, "attributes")?;
        request.excluded_attributes = names(body, "excludedAttributes")?;
        Ok(request)
    }

    fn set(&mut self, name: &str, text: &str) -> Result<(), ScimError> {
        match name {
            "filter" => self.filter = Some(Filter::parse(text)?),
            "sortBy" => {
                let path = text.parse().map_err(|error| invalid(format!("sortBy: {error}")))?;
                self.sort_by = Some(path);
            }
            "sortOrder" => {
                let order = SortOrder::from_word(text);
                self.sort_order =
                    order.ok_or_else(|| invalid("sortOrder is neither ascending nor descending"))?;
            }
            "cursor" => self.cursor = Some(text.to_owned()),
            "startIndex" => {
                self.start_index = integer(name, text)?.max(1);
                self.by_index = true;
            }
            _ => self.count = Some(integer(name, text)?),
        }
        Ok(())
    }

    /// Which attributes the answer has, for the resources of one type. Errors as for [`Projection::parse`].
    pub fn projection(&self, schemas: &ResourceSchemas) -> Result<Projection, ScimError> {
        Projection::parse(self.attributes.as_deref(), self.excluded_attributes.as_deref(), schemas)
    }

    /// The page within `total` results, of `max` at most; beyond the end it is empty.
    #[must_use]
    pub fn page(&self, total: usize, max: usize) -> Range<usize> {
        let start = (self.start_index - 1).min(total);
        let length = self.count.unwrap_or(max).min(max);
        start..total.min(start.saturating_add(length))
    }
}

/// The `ListResponse` message for a page of `total` results that is reached by a cursor, without the cursors of its
/// neighbours (RFC 9865 §2).
#[must_use]
pub fn cursor_response(total: usize, page: Vec<Value>) -> Value {
    let mut list = list_response(total, 1, page);
    super::object::replace(&mut list, "startIndex", Value::Null);
    list
}

/// The `ListResponse` message for a page of `total` results that starts with number `start_index`.
#[must_use]
pub fn list_response(total: usize, start_index: usize, page: Vec<Value>) -> Value {
    let mut list = json!({
        "schemas": [urn::LIST_RESPONSE],
        "totalResults": total,
        "startIndex": start_index,
        "itemsPerPage": page.len(),
    });
    list["Resources"] = Value::Array(page);
    list
}

fn append(list: &mut Option<String>, text: &str) {
    match list {
        None => *list = Some(text.to_owned()),
        Some(list) => {
            list.push(',');
            list.push_str(text);
        }
    }
}

/// A list of attribute names; one string is taken as in a URL.
fn names(body: &serde_json::Map<String, Value>, name: &str) -> Result<Option<String>, ScimError> {
    let Some(list) = member(body, name) else { return Ok(None) };
    let texts = elements(list).iter().map(|text| text.as_str());
    let texts: Option<Vec<&str>> = texts.collect();
    let texts = texts.ok_or_else(|| invalid(format!("{name} is not a list of strings")))?;
    Ok(Some(texts.join(",")))
}

/// A whole number; negative ones are zero, and those that are too large are the largest.
fn integer(name: &str, text: &str) -> Result<usize, ScimError> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid(format!("{name} is not an integer")));
    }
    Ok(if text.starts_with('-') { 0 } else { digits.parse().unwrap_or(usize::MAX) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scim::patch::tests::any_json;

    fn read(query: &[(&str, &str)]) -> Result<SearchRequest, ScimError> {
        SearchRequest::from_parameters(query.iter().copied())
    }

    #[test]
    fn numbers_have_the_meaning_of_table_6() {
        for (text, start_index, count) in [
            ("5", 5, 5),
            ("0", 1, 0),
            ("-3", 1, 0),
            ("+2", 2, 2),
            ("99999999999999999999999", usize::MAX, usize::MAX),
        ] {
            let request = read(&[("startIndex", text), ("count", text)]).unwrap();
            assert_eq!((request.start_index, request.count), (start_index, Some(count)), "{text}");
        }
        assert_eq!(read(&[("count", ""), ("sortOrder", ""), ("unknown", "x")]), Ok(SearchRequest::default()));
    }

    #[test]
    fn pages() {
        for (start, count, max, wanted) in [
            (1, None, 200, 0..10),
            (1, None, 4, 0..4),
            (3, Some(4), 200, 2..6),
            (3, Some(400), 5, 2..7),
            (9, Some(4), 200, 8..10),
            (11, Some(4), 200, 10..10),
            (usize::MAX, Some(usize::MAX), usize::MAX, 10..10),
            (1, Some(0), 200, 0..0),
        ] {
            let request = SearchRequest { start_index: start, count, ..SearchRequest::default() };
            assert_eq!(request.page(10, max), wanted, "{start} {count:?}");
        }
    }

    #[test]
    fn url_and_message_say_the_same() {
        let by_url = read(&[
            ("filter", "userName pr"),
            ("sortBy", "name.givenName"),
            ("sortOrder", "descending"),
            ("startIndex", "2"),
            ("count", "3"),
            ("cursor", ""),
            ("attributes", "userName,title"),
            ("attributes", "emails"),
            ("excludedAttributes", "x"),
        ]);
        let by_message = SearchRequest::from_value(&json!({
            "schemas": [urn::SEARCH_REQUEST], "filter": "userName pr", "sortBy": "name.givenName",
            "SORTORDER": "descending", "startIndex": 2, "count": 3, "cursor": "", "attributes": ["userName", "title", "emails"],
            "excludedAttributes": "x",
        }));
        assert_eq!(by_url, by_message);
    }

    #[test]
    fn refusals() {
        use ScimType::{InvalidFilter, InvalidSyntax, InvalidValue};
        for (query, kind) in [
            (&[("filter", "")][..], InvalidFilter),
            (&[("filter", "userName")], InvalidFilter),
            (&[("filter", "a pr"), ("filter", "b pr")], InvalidValue),
            (&[("count", "ten")], InvalidValue),
            (&[("count", "1.5")], InvalidValue),
            (&[("startIndex", "-")], InvalidValue),
            (&[("sortOrder", "up")], InvalidValue),
            (&[("sortBy", "1x")], InvalidValue),
        ] {
            assert_eq!(read(query).unwrap_err().scim_type, Some(kind), "{query:?}");
        }
        let message = |name: &str, value: Value| json!({ "schemas": [urn::SEARCH_REQUEST], name: value });
        for (body, kind) in [
            (json!([]), InvalidSyntax),
            (json!({ "filter": "userName pr" }), InvalidSyntax),
            (message("filter", json!(1)), InvalidValue),
            (message("count", json!("3")), InvalidValue),
            (message("count", json!(1.5)), InvalidValue),
            (message("attributes", json!([1])), InvalidValue),
        ] {
            assert_eq!(SearchRequest::from_value(&body).unwrap_err().scim_type, Some(kind), "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_json_panics(body in any_json()) {
            let _ = SearchRequest::from_value(&json!({ "schemas": [urn::SEARCH_REQUEST], "filter": body, "count": body }));
            let _ = SearchRequest::from_value(&body);
        }
    }
}
