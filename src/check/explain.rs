//! Values and answers in a few words.

use serde_json::Value;

use crate::model::{Answer, Body, Exchange, ParsedBody, Response};

/// A JSON value is shown up to this many characters.
const SHOWN: usize = 400;

/// A JSON value as text, clipped.
#[must_use]
pub fn value(value: &Value) -> String {
    clip(&value.to_string())
}

/// Several values: one as it is, more as a list, none as `nothing`.
#[must_use]
pub fn values(values: &[&Value]) -> String {
    match values {
        [] => "nothing".to_owned(),
        [one] => value(one),
        several => clip(&Value::Array(several.iter().map(|value| (*value).clone()).collect()).to_string()),
    }
}

fn clip(text: &str) -> String {
    let clipped: String = text.chars().take(SHOWN).collect();
    if clipped.len() < text.len() {
        format!("{clipped}… ({} characters)", text.chars().count())
    } else {
        clipped
    }
}

/// What kind of body it is, for sentences: `an empty body`, `a JSON object`, …
#[must_use]
pub fn body(body: &Body) -> String {
    match body.parsed() {
        ParsedBody::Empty => "an empty body".to_owned(),
        ParsedBody::NotJson(why) if is_html(body) => format!("an HTML page ({why})"),
        ParsedBody::NotJson(why) => why.clone(),
        ParsedBody::Json(Value::Object(_)) => "a JSON object".to_owned(),
        ParsedBody::Json(other) => format!("JSON that is not an object: {}", value(other)),
    }
}

/// Whether a body looks like a page for people.
#[must_use]
pub fn is_html(body: &Body) -> bool {
    let start =
        String::from_utf8_lossy(&body.bytes[..body.bytes.len().min(256)]).trim_start().to_ascii_lowercase();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

/// The status of an answer with what its Error message says.
#[must_use]
pub fn answer(exchange: &Exchange) -> String {
    match &exchange.answer {
        Answer::Failed(failure) => format!("no answer: {}", failure.message),
        Answer::Response(response) => {
            let mut text = response.status.to_string();
            if response.status >= 400 {
                if let Some(said) = said(response) {
                    text = format!("{text} ({said})");
                } else if !matches!(response.body.parsed(), ParsedBody::Json(_)) {
                    text = format!("{text} with {}", body(&response.body));
                }
            }
            text
        }
    }
}

/// The same for use within brackets: `400 invalidValue: …`.
#[must_use]
pub fn refusal(exchange: &Exchange) -> String {
    match exchange.response() {
        Some(response) => {
            let said = said(response).filter(|_| response.status >= 400);
            said.map_or_else(|| response.status.to_string(), |said| format!("{} {said}", response.status))
        }
        None => answer(exchange),
    }
}

/// `scimType` and `detail` of an Error message, clipped.
fn said(response: &Response) -> Option<String> {
    let said = response.body.json()?;
    let word = |name: &str| said.get(name).and_then(Value::as_str);
    let parts: Vec<_> =
        [word("scimType"), word("detail")].into_iter().flatten().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| clip(&parts.join(": ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing;

    #[test]
    fn answers_in_words() {
        let error = json!({ "schemas": [], "status": "409", "scimType": "uniqueness", "detail": "taken" });
        assert_eq!(answer(&testing::json_exchange("POST", "/Users", 409, &error)), "409 (uniqueness: taken)");
        assert_eq!(answer(&testing::json_exchange("GET", "/Users", 200, &error)), "200");
        let silent = json!({ "schemas": [], "status": "501", "detail": "" });
        assert_eq!(answer(&testing::json_exchange("POST", "/Users", 501, &silent)), "501");
        let html = testing::exchange("GET", "/Users", 404, &[], "<!DOCTYPE html><p>");
        assert_eq!(answer(&html), "404 with an HTML page (not JSON: expected value at line 1 column 1)");
    }

    #[test]
    fn long_values_are_clipped() {
        let long = json!("x".repeat(1000));
        assert!(value(&long).ends_with("… (1002 characters)"));
        assert_eq!(values(&[]), "nothing");
        assert_eq!(values(&[&json!(1), &json!(2)]), "[1,2]");
    }
}
