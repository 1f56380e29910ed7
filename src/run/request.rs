//! From a request of a suite to the request that is sent: templates, percent-encoding, default headers.

use percent_encoding::{AsciiSet, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

use crate::model::{AuthMode, Request};
use crate::scim::location::RESERVED;
use crate::scim::object;
use crate::suite::format::{Auth, RequestSpec};
use crate::suite::template::{self, Scope, TemplateError};

/// The media type of SCIM (RFC 7644 §8.1).
pub(crate) const SCIM_JSON: &str = "application/scim+json";

/// Bytes of a URL at most: what every server has to understand (RFC 9110 §4.1), and then some.
pub(crate) const LONGEST_URL: usize = 16_000;

/// Why a request cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    /// A template has no value.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The path leads to another origin: credentials are never sent there.
    #[error("{0} is not below the origin of the base URL: nothing is sent there")]
    OtherOrigin(String),
    /// Something that the target gave makes the URL longer than servers have to understand.
    #[error("the URL has {0} bytes, more than {LONGEST_URL}: it is not sent")]
    TooLong(usize),
    /// The path is no URL.
    #[error("`{path}` is not a URL: {message}")]
    Url {
        /// As it was rendered.
        path: String,
        /// What is wrong.
        message: String,
    },
    /// `with` names a place that the body does not have.
    #[error("the body has no object or list for `{pointer}`")]
    With {
        /// The JSON Pointer.
        pointer: String,
    },
}

/// Replaces a member of the body, or of an object within it where the name is a JSON Pointer; null takes it away. A
/// pointer that ends with `/-` names the place after the last element of a list (RFC 6901 §4): the value is added there,
/// unless the list has it. The object that the member stands in is made if it is not there, as that of an extension.
fn replace(body: &mut Value, name: &str, new: Value) -> Result<(), RequestError> {
    let Some((outer, name)) = name.rsplit_once('/').filter(|_| name.starts_with('/')) else {
        object::replace(body, name, new);
        return Ok(());
    };
    let nowhere = || RequestError::With { pointer: format!("{outer}/{name}") };
    if !new.is_null() && name != "-" && body.pointer(outer).is_none() {
        let (above, holder) = outer.rsplit_once('/').ok_or_else(nowhere)?;
        let above = body.pointer_mut(above).and_then(Value::as_object_mut).ok_or_else(nowhere)?;
        above.insert(unescaped(holder), Value::Object(Map::new()));
    }
    match body.pointer_mut(outer) {
        Some(Value::Array(list)) if name == "-" => {
            if !new.is_null() && !list.contains(&new) {
                list.push(new);
            }
        }
        Some(holder @ Value::Object(_)) => {
            object::replace(holder, &unescaped(name), new);
        }
        _ => return Err(nowhere()),
    }
    Ok(())
}

/// A token of a JSON Pointer as the name that it stands for (RFC 6901 §4).
fn unescaped(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// Makes the request, with all templates filled in. Returns the JSON body too, as later templates see it.
pub(crate) fn build(
    spec: &RequestSpec,
    scope: &Scope,
    base_url: &Url,
) -> Result<(Request, Option<Value>), RequestError> {
    let url = build_url(spec, scope, base_url)?;
    let mut body_value = spec.body.as_ref().map(|body| template::render(body, scope)).transpose()?;
    if let Some(body) = &mut body_value {
        for (name, value) in &spec.with {
            replace(body, &template::render_text(name, scope)?, template::render(value, scope)?)?;
        }
    }
    let raw = spec.raw_body.as_ref().map(|text| template::render_text(text, scope)).transpose()?;
    let bytes = match (&body_value, &raw) {
        (Some(value), _) => Some(value.to_string().into_bytes()),
        (None, Some(text)) => Some(text.clone().into_bytes()),
        (None, None) => None,
    };

    let mut headers = vec![("accept".to_owned(), SCIM_JSON.to_owned())];
    if bytes.is_some() {
        headers.push(("content-type".to_owned(), SCIM_JSON.to_owned()));
    }
    for (name, value) in &spec.headers {
        let name = name.to_ascii_lowercase();
        headers.retain(|(existing, _)| *existing != name);
        if let Some(value) = value {
            headers.push((name, template::render_text(value, scope)?));
        }
    }

    let request = Request {
        method: spec.method.clone(),
        url: url.into(),
        headers,
        body: bytes.map(Into::into),
        auth: match &spec.auth {
            Auth::Configured => AuthMode::Configured,
            // The token of a login is not in scope: whoever sends the request puts it there.
            Auth::Anonymous | Auth::Login(_) => AuthMode::Anonymous,
            Auth::LowerCaseScheme => AuthMode::LowerCaseScheme,
            Auth::QueryParameter => AuthMode::QueryParameter,
            Auth::Altered => AuthMode::Altered,
            Auth::Truncated => AuthMode::Truncated,
            Auth::Raw(text) => AuthMode::Raw(template::render_text(text, scope)?),
            Auth::Credential(name) => AuthMode::Credential(name.clone()),
        },
    };
    Ok((request, body_value))
}

fn build_url(spec: &RequestSpec, scope: &Scope, base_url: &Url) -> Result<Url, RequestError> {
    let wrong = |path: &str, error: url::ParseError| RequestError::Url {
        path: path.to_owned(),
        message: error.to_string(),
    };
    let mut url = if is_one_template(&spec.path) {
        let text = template::render_text(&spec.path, scope)?;
        let url = resolve(&text, base_url).map_err(|error| wrong(&text, error))?;
        if url.origin() != base_url.origin() {
            return Err(RequestError::OtherOrigin(text));
        }
        url
    } else {
        let text = below(&render_path(&spec.path, scope)?, base_url);
        Url::parse(&text).map_err(|error| wrong(&text, error))?
    };

    let mut pairs = Vec::new();
    for (name, value) in &spec.query {
        let value = template::render(value, scope)?;
        let values = match value {
            Value::Array(items) => items,
            other => vec![other],
        };
        for value in values.iter().filter(|value| !value.is_null()) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            pairs.push(format!("{}={}", percent_encode(name, QUERY), percent_encode(&text, QUERY)));
        }
    }
    if !pairs.is_empty() {
        let existing = url.query().map(|query| format!("{query}&")).unwrap_or_default();
        url.set_query(Some(&format!("{existing}{}", pairs.join("&"))));
    }
    if url.as_str().len() > LONGEST_URL {
        return Err(RequestError::TooLong(url.as_str().len()));
    }
    Ok(url)
}

/// Not in a path segment as it is: all but the characters that it may hold (RFC 3986 §3.3), and `&` and `+`.
pub(crate) const SEGMENT: &AsciiSet = &RESERVED
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b',')
    .remove(b';')
    .remove(b'=');
/// Not in a query name or value as it is: what a segment does not hold, and what parts names from values; `/` and `?` are.
const QUERY: &AsciiSet = &SEGMENT.add(b';').add(b'=').remove(b'/').remove(b'?');

fn is_one_template(path: &str) -> bool {
    path.starts_with("${") && path.ends_with('}') && path.matches("${").count() == 1
}

fn below(path: &str, base_url: &Url) -> String {
    format!("{}{path}", base_url.as_str().trim_end_matches('/'))
}

/// What a whole template names: an endpoint below the base URL (`/Users`), or a location that the target gave, which is
/// absolute, a path of the origin, or relative to the base URL (RFC 7643 §2.3.7).
fn resolve(text: &str, base_url: &Url) -> Result<Url, url::ParseError> {
    let repeats_the_base = text.starts_with(with_trailing_slash(base_url).path());
    if text.starts_with('/') && !text.starts_with("//") && !repeats_the_base {
        return Url::parse(&below(text, base_url));
    }
    with_trailing_slash(base_url).join(text)
}

/// Fills the templates of a path. What is filled in is encoded as one segment, so that an id with a slash or a
/// question mark stays an id; only at the beginning it may be a path itself (an endpoint).
fn render_path(path: &str, scope: &Scope) -> Result<String, TemplateError> {
    let mut rendered = String::new();
    let mut rest = path;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        rendered.push_str(&rest[..start]);
        let value = template::render_text(&rest[start..=start + length], scope)?;
        if rendered.is_empty() && value.starts_with('/') {
            let segments: Vec<_> = value.split('/').map(|segment| percent_encode(segment, SEGMENT)).collect();
            rendered.push_str(&segments.join("/"));
        } else {
            rendered.push_str(&percent_encode(&value, SEGMENT));
        }
        rest = &rest[start + length + 1..];
    }
    rendered.push_str(rest);
    Ok(rendered)
}

/// Percent-encodes as RFC 3986 §2.1 says; a space is `%20`, never `+`.
pub(crate) fn percent_encode(text: &str, escaped: &'static AsciiSet) -> String {
    utf8_percent_encode(text, escaped).to_string()
}

/// A base URL that relative references can be joined to without losing its last segment.
pub(crate) fn with_trailing_slash(base_url: &Url) -> Url {
    let mut url = base_url.clone();
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", base_url.path()));
    }
    url
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(value: Value) -> RequestSpec {
        serde_json::from_value(value).unwrap()
    }

    fn url_of(value: Value) -> String {
        let mut scope = Scope::default();
        scope.set("u", json!({ "id": "a/b?c d" }));
        scope.set("loc", json!("http://h/scim/v2/Users/7"));
        scope.set("endpoint", json!("/Users"));
        scope.set("foreign", json!("https://evil.example/Users/7"));
        let base = Url::parse("http://h/scim/v2").unwrap();
        match build(&spec(value), &scope, &base) {
            Ok((request, _)) => request.url,
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn with_reaches_into_the_body() {
        let body = |with: Value| {
            let data = json!({ "userName": "a", "title": "b" });
            let spec = spec(json!({
                "method": "POST", "path": "/Bulk", "body": { "Operations": [{ "data": data }] }, "with": with,
            }));
            let base = Url::parse("http://h/scim/v2").unwrap();
            build(&spec, &Scope::default(), &base).map(|(_, body)| body.unwrap_or_default())
        };
        let changed =
            body(json!({ "/Operations/0/data/userName": "c", "/Operations/0/data/title": null })).unwrap();
        assert_eq!(changed, json!({ "Operations": [{ "data": { "userName": "c" } }] }));
        let nowhere = body(json!({ "/Operations/1/data/userName": "c" })).unwrap_err();
        assert_eq!(nowhere.to_string(), "the body has no object or list for `/Operations/1/data/userName`");
        let within = body(json!({ "/Operations/0/data/urn:x/department": "d" })).unwrap();
        assert_eq!(within["Operations"][0]["data"]["urn:x"], json!({ "department": "d" }));
        let added = body(json!({ "/Operations/-": 1 })).unwrap();
        assert_eq!(added["Operations"].as_array().map(Vec::len), Some(2));
        let there = body(json!({ "/Operations/-": added["Operations"][0] })).unwrap();
        assert_eq!(there["Operations"].as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn urls() {
        let cases = [
            (json!({ "method": "GET", "path": "/Users" }), "http://h/scim/v2/Users"),
            (json!({ "method": "GET", "path": "/Users/${u.id}" }), "http://h/scim/v2/Users/a%2Fb%3Fc%20d"),
            (json!({ "method": "GET", "path": "${loc}" }), "http://h/scim/v2/Users/7"),
            (json!({ "method": "GET", "path": "${endpoint}" }), "http://h/scim/v2/Users"),
            (
                json!({ "method": "GET", "path": "${endpoint}/${u.id}" }),
                "http://h/scim/v2/Users/a%2Fb%3Fc%20d",
            ),
            (
                json!({ "method": "GET", "path": "/Users", "query": { "filter": "userName eq \"a+b\"", "count": 3 } }),
                "http://h/scim/v2/Users?filter=userName%20eq%20%22a%2Bb%22&count=3",
            ),
            (
                json!({ "method": "GET", "path": "${foreign}" }),
                "https://evil.example/Users/7 is not below the origin of the base URL: nothing is sent there",
            ),
        ];
        for (request, wanted) in cases {
            assert_eq!(url_of(request), wanted);
        }
    }

    #[test]
    fn a_body_with_changes() {
        let base = Url::parse("http://h/").unwrap();
        let mut scope = Scope::default();
        scope.set("full", json!({ "User": { "userName": "a", "title": "b", "nickName": "c" } }));
        let given = json!({
            "method": "PUT", "path": "/Users/7", "body": "${full.User}",
            "with": { "TITLE": "new", "nickName": null, "active": false },
        });
        let (_, body) = build(&spec(given), &scope, &base).unwrap();
        assert_eq!(body, Some(json!({ "userName": "a", "TITLE": "new", "active": false })));
    }

    #[test]
    fn headers_have_defaults_that_can_be_replaced_or_taken_away() {
        let base = Url::parse("http://h/").unwrap();
        let given = json!({
            "method": "POST", "path": "/Users", "body": {}, "headers": { "Accept": null, "Content-Type": "text/x" }
        });
        let (request, _) = build(&spec(given), &Scope::default(), &base).unwrap();
        assert_eq!(request.headers, [("content-type".to_owned(), "text/x".to_owned())]);
        assert_eq!(request.body.as_deref(), Some(&b"{}"[..]));
    }
}
