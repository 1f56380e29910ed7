//! Media types of requests and responses (RFC 7644 §3.8), and JSON bodies.

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::Value;

use super::headers::{elements, split};
use super::http::{MAX_BODY, ReceivedBody, Request};
use super::reply::Refusal;
use crate::scim::error::{ScimError, ScimType};

const JSON_TYPES: [&str; 2] = ["application/scim+json", "application/json"];

/// 406 if `Accept` allows neither of the JSON types (RFC 9110 §12.5.1).
pub(super) fn check_accept(headers: &HeaderMap) -> Result<(), Refusal> {
    let Some(ranges) = elements(headers, &ACCEPT).filter(|ranges| !ranges.is_empty()) else { return Ok(()) };
    if JSON_TYPES.iter().any(|media_type| is_acceptable(media_type, &ranges)) {
        return Ok(());
    }
    Err(Refusal::new(406, format!("Only {} can be sent", JSON_TYPES.join(" and "))))
}

/// The most specific range that fits decides.
fn is_acceptable(media_type: &str, ranges: &[&str]) -> bool {
    let specificity = |range: &str| match range {
        range if range.eq_ignore_ascii_case(media_type) => Some(2),
        range if range.eq_ignore_ascii_case("application/*") => Some(1),
        "*/*" => Some(0),
        _ => None,
    };
    let fitting = ranges.iter().filter_map(|range| {
        let (essence, parameters) = parts(range);
        let quality =
            parameters.iter().find_map(|(name, value)| name.eq_ignore_ascii_case("q").then_some(*value));
        let refused = quality.is_some_and(|quality| quality.parse().is_ok_and(|quality: f32| quality <= 0.0));
        Some((specificity(essence)?, !refused))
    });
    fitting.max().is_some_and(|(_, accepted)| accepted)
}

/// A media type or range without its parameters, and these.
fn parts(text: &str) -> (&str, Vec<(&str, &str)>) {
    let mut parts = split(text, ';').into_iter();
    let essence = parts.next().unwrap_or_default();
    let parameters = parts.filter_map(|part| part.split_once('='));
    (essence, parameters.map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))).collect())
}

/// The JSON body of a request.
///
/// 415 for other media types, encodings and character sets than JSON in UTF-8 (no Content-Type means SCIM, RFC 7644
/// §3.8), 413 if it is too large, 400 `invalidSyntax` if it is no JSON or nested too deeply.
pub(super) fn json_body(request: &Request) -> Result<Value, Refusal> {
    check_content_type(&request.headers)?;
    let bytes = match &request.body {
        ReceivedBody::Whole(bytes) => bytes,
        ReceivedBody::TooLarge => {
            return Err(Refusal::new(413, format!("The body has more than {MAX_BODY} bytes")));
        }
        ReceivedBody::Broken => return Err(syntax("The body ended too early")),
        ReceivedBody::Json(value) => return Ok(value.clone()),
    };
    if bytes.is_empty() {
        return Err(syntax("The body is empty"));
    }
    serde_json::from_slice(bytes).map_err(|error| syntax(&format!("The body is not JSON: {error}")))
}

fn syntax(detail: &str) -> Refusal {
    ScimError::of(ScimType::InvalidSyntax, detail).into()
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let unsupported = |what: &str| Err(Refusal::new(415, format!("{what}; send {} in UTF-8", JSON_TYPES[0])));
    let is_coded = |coding: &&str| !coding.eq_ignore_ascii_case("identity");
    if elements(headers, &CONTENT_ENCODING).unwrap_or_default().iter().any(is_coded) {
        return unsupported("Encoded content is not supported");
    }
    let Some(given) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    let (essence, parameters) = parts(given.to_str().unwrap_or_default());
    if !JSON_TYPES.iter().any(|known| known.eq_ignore_ascii_case(essence)) {
        return unsupported("This media type is not supported");
    }
    let charset = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    match charset {
        Some((_, charset))
            if !["utf-8", "utf8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known)) =>
        {
            unsupported("This character set is not supported")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, Method};

    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn accept() {
        for (values, accepted) in [
            (&[][..], true),
            (&[""], true),
            (&["*/*"], true),
            (&["Application/SCIM+JSON"], true),
            (&["application/json; charset=utf-8"], true),
            (&["application/*;q=0.1"], true),
            (&["text/html, application/json;q=0.5"], true),
            (&["text/html", "application/scim+json"], true),
            (&["application/scim+json;q=0, */*"], true),
            (&["application/scim+json;q=0, application/json;q=0.0, */*"], false),
            (&["*/*;q=0"], false),
            (&["text/html"], false),
            (&["text/*, image/png"], false),
            (&["application/xml"], false),
        ] {
            assert_eq!(check_accept(&headers(&ACCEPT, values)).is_ok(), accepted, "{values:?}");
        }
    }

    #[test]
    fn content_type() {
        for (values, accepted) in [
            (&[][..], true),
            (&["application/scim+json"], true),
            (&["APPLICATION/json ; Charset=\"UTF-8\"; x=y"], true),
            (&["application/json; charset=iso-8859-1"], false),
            (&["application/x-www-form-urlencoded"], false),
            (&["text/json"], false),
            (&[""], false),
        ] {
            assert_eq!(check_content_type(&headers(&CONTENT_TYPE, values)).is_ok(), accepted, "{values:?}");
        }
        assert!(check_content_type(&headers(&CONTENT_ENCODING, &["gzip"])).is_err());
        assert!(check_content_type(&headers(&CONTENT_ENCODING, &["identity"])).is_ok());
    }

    #[test]
    fn bodies() {
        let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
        let whole = |text: &[u8]| ReceivedBody::Whole(text.to_vec());
        for (body, status) in [
            (whole(b"{\"a\":1}"), None),
            (whole(b""), Some(400)),
            (whole(b"{\"a\":1"), Some(400)),
            (whole(b"{} x"), Some(400)),
            (whole(b"\"\xff\""), Some(400)),
            (whole(deep.as_bytes()), Some(400)),
            (ReceivedBody::Broken, Some(400)),
            (ReceivedBody::TooLarge, Some(413)),
        ] {
            let request =
                Request { method: Method::POST, uri: "/".parse().unwrap(), headers: HeaderMap::new(), body };
            assert_eq!(
                json_body(&request).err().map(|refusal| refusal.error.status),
                status,
                "{:?}",
                request.body
            );
        }
    }
}
