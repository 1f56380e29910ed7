//! No credential leaves this layer: everything that reports see went through a [`Redactor`].

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::curl;
use crate::model::{
    Answer, Body, Completeness, Exchange, ParsedBody, RecordedAnswer, RecordedBody, RecordedExchange,
    RecordedRequest,
};

/// What stands for a secret.
pub const MASK: &str = "***";
/// A body is kept whole up to this many bytes.
const KEPT: usize = 64 << 10;
/// The beginning of a secret at the end of a text that was cut counts from this many bytes on.
const CUT: usize = 4;

/// Knows every secret of a run in every form in which it may come back: as it is, percent-encoded, as a form, escaped
/// in JSON, in Base64. Clones share what they know, so that a token that is obtained late is hidden everywhere.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that begins like another one hides it.
    forms: Arc<RwLock<Vec<String>>>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor(***)")
    }
}

impl Redactor {
    /// Hides these.
    #[must_use]
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s SecretString>) -> Self {
        let redactor = Self::default();
        for secret in secrets {
            redactor.add(secret);
        }
        redactor
    }

    /// Hides one more from now on. An empty one is no secret.
    pub fn add(&self, secret: &SecretString) {
        let secret = secret.expose_secret();
        if secret.is_empty() {
            return;
        }
        let mut forms = self.forms.write().unwrap_or_else(PoisonError::into_inner);
        for form in forms_of(secret) {
            if !form.is_empty() && !forms.contains(&form) {
                forms.push(form);
            }
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// The text with every secret masked.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let forms = self.forms.read().unwrap_or_else(PoisonError::into_inner);
        if !forms.iter().any(|form| text.contains(form.as_str())) {
            return text.to_owned();
        }
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;
        while !rest.is_empty() {
            // The leftmost; of several that begin there, the longest.
            let next = forms.iter().filter_map(|form| Some((rest.find(form.as_str())?, form.len())));
            let Some((at, length)) = next.min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length))) else {
                break;
            };
            masked.push_str(&rest[..at]);
            masked.push_str(MASK);
            rest = &rest[at + length..];
        }
        masked.push_str(rest);
        masked
    }

    /// The value with every secret masked, in texts and member names.
    #[must_use]
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(object) => {
                object.iter().map(|(key, value)| (self.text(key), self.value(value))).collect()
            }
            Value::Number(number) => {
                let text = number.to_string();
                if self.text(&text) == text { value.clone() } else { Value::String(MASK.to_owned()) }
            }
            other => other.clone(),
        }
    }

    /// The exchange as reports may show it.
    #[must_use]
    pub fn exchange(&self, exchange: &Exchange) -> RecordedExchange {
        let headers = |headers: &[(String, String)]| -> Vec<(String, String)> {
            headers.iter().map(|(name, value)| (self.text(name), self.text(value))).collect()
        };
        let request = RecordedRequest {
            method: exchange.request.method.clone(),
            url: self.text(&exchange.request.url),
            headers: headers(&exchange.request.headers),
            body: exchange
                .request
                .body
                .as_ref()
                .and_then(|bytes| self.body(&Body::new(Arc::clone(bytes), Completeness::Complete))),
        };
        let answer = match &exchange.answer {
            Answer::Response(response) => RecordedAnswer::Response {
                status: response.status,
                headers: headers(&response.headers),
                body: self.body(&response.body),
            },
            Answer::Failed(failure) => {
                RecordedAnswer::Failure { kind: failure.kind, message: self.text(&failure.message) }
            }
        };
        RecordedExchange {
            id: exchange.id.clone(),
            phase: exchange.phase,
            step: exchange.step.clone(),
            curl: curl::command(&request),
            request,
            answer,
            started_ms: exchange.started_ms,
            duration_ms: exchange.duration_ms,
        }
    }

    fn body(&self, body: &Body) -> Option<RecordedBody> {
        let size = body.bytes.len() as u64;
        let whole = body.completeness == Completeness::Complete;
        if body.bytes.is_empty() && whole {
            return None;
        }
        if let ParsedBody::Json(value) = body.parsed()
            && body.bytes.len() <= KEPT
        {
            return Some(RecordedBody { json: Some(self.value(value)), text: None, size, truncated: false });
        }
        // Masked before it is cut, so that the cut cannot split a secret.
        let mut text = self.text(&String::from_utf8_lossy(&body.bytes));
        if !whole {
            self.mask_end(&mut text);
        }
        let cut = (0..=KEPT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let truncated = cut < text.len() || !whole;
        text.truncate(cut);
        Some(RecordedBody { json: None, text: Some(text), size, truncated })
    }

    /// Masks the beginning of a secret that the limit or a broken connection cut off.
    fn mask_end(&self, text: &mut String) {
        let forms = self.forms.read().unwrap_or_else(PoisonError::into_inner);
        let longest = forms
            .iter()
            .filter_map(|form| {
                (CUT..form.len()).rev().find(|n| form.is_char_boundary(*n) && text.ends_with(&form[..*n]))
            })
            .max();
        if let Some(length) = longest {
            text.truncate(text.len() - length);
            text.push_str(MASK);
        }
    }
}

/// Every form in which a text may come back.
fn forms_of(secret: &str) -> Vec<String> {
    let form: String = byte_serialize(secret.as_bytes()).collect();
    let percent = form.replace('+', "%20");
    let lower = |text: &str| lower_escapes(text);
    let json = Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let minimal: String = url::Url::parse("http://h/")
        .map(|mut url| {
            url.set_query(Some(secret));
            url.query().unwrap_or_default().to_owned()
        })
        .unwrap_or_default();
    let mut forms = vec![
        secret.to_owned(),
        lower(&form),
        lower(&percent),
        form,
        percent,
        minimal,
        json.replace('/', "\\/"),
        ascii_json(secret),
        json,
    ];
    for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
        forms.push(engine.encode(secret));
    }
    forms
}

/// Percent escapes with lower-case digits.
fn lower_escapes(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    let mut escape = 0;
    for character in text.chars() {
        lower.push(if escape > 0 { character.to_ascii_lowercase() } else { character });
        escape = if character == '%' { 2 } else { (escape - 1).max(0) };
    }
    lower
}

/// A JSON string with everything beyond ASCII, and what HTML cares about, as `\u` escapes.
fn ascii_json(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::new();
    for unit in text.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some(c @ ('"' | '\\')) => escaped.extend(['\\', c]),
            Some(c) if c.is_ascii_graphic() && !"<>&'".contains(c) || c_is_space(unit) => {
                escaped.push(char::from_u32(u32::from(unit)).unwrap_or(' '));
            }
            _ => {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        }
    }
    escaped
}

fn c_is_space(unit: u16) -> bool {
    unit == u16::from(b' ')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AuthMode, ExchangeId, Phase, Request, Response};

    fn redactor(secrets: &[&str]) -> Redactor {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        Redactor::new(&secrets)
    }

    #[test]
    fn every_form_is_masked() {
        let secret = "p@ss/w\"ör d+\\<é";
        let redactor = redactor(&[secret]);
        let json = Value::from(secret).to_string();
        let form: String = byte_serialize(secret.as_bytes()).collect();
        let texts = [
            secret.to_owned(),
            json.trim_matches('"').to_owned(),
            form.clone(),
            form.replace('+', "%20"),
            lower_escapes(&form),
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
            ascii_json(secret),
        ];
        for text in texts {
            assert_eq!(redactor.text(&format!("a {text} b")), "a *** b", "{text}");
        }
    }

    #[test]
    fn a_secret_that_begins_like_another_hides_it() {
        let redactor = redactor(&["", "tok", "token-long"]);
        assert_eq!(redactor.text("token-long tok token"), "*** *** ***en");
        assert_eq!(redactor.text("nothing here"), "nothing here");
        let value = redactor.value(&json!({ "tok": ["x token-long", 1, null] }));
        assert_eq!(value, json!({ "***": ["x ***", 1, null] }));
    }

    #[test]
    fn what_is_learnt_later_is_hidden_by_clones() {
        let redactor = Redactor::default();
        let clone = redactor.clone();
        redactor.add(&"late-secret".into());
        assert_eq!(clone.text("late-secret"), "***");
        assert_eq!(format!("{clone:?}"), "Redactor(***)");
    }

    fn exchange(body: &[u8], completeness: Completeness) -> Exchange {
        Exchange {
            id: ExchangeId("c:1".into()),
            phase: Phase::Step,
            step: "s".into(),
            request: Request {
                method: "POST".into(),
                url: "http://h/Users?access_token=tok".into(),
                headers: vec![("authorization".into(), "Bearer tok".into())],
                body: Some(br#"{"password":"tok"}"#.as_slice().into()),
                auth: AuthMode::Configured,
            },
            answer: Answer::Response(Response {
                status: 200,
                headers: vec![("x-echo".into(), "tok".into())],
                body: Body::new(body, completeness),
            }),
            started_ms: 0.0,
            duration_ms: 0.0,
        }
    }

    #[test]
    fn a_whole_exchange() {
        let recorded = redactor(&["tok"]).exchange(&exchange(b"{\"a\":\"tok\"}", Completeness::Complete));
        assert!(!serde_json::to_string(&recorded).unwrap().contains("tok\""));
        assert_eq!(recorded.request.headers[0].1, "Bearer ***");
    }

    #[test]
    fn bodies_are_bounded_and_a_cut_secret_is_masked() {
        let redactor = redactor(&["a-long-secret"]);
        let body = |bytes: &[u8], completeness| match redactor.exchange(&exchange(bytes, completeness)).answer
        {
            RecordedAnswer::Response { body, .. } => body,
            RecordedAnswer::Failure { .. } => None,
        };
        let large = body(&vec![b'x'; KEPT * 2], Completeness::Complete).unwrap();
        assert_eq!(
            (large.text.map(|text| text.len()), large.size, large.truncated),
            (Some(KEPT), 2 * KEPT as u64, true)
        );
        let cut = body(b"data a-long-se", Completeness::TooLarge(14)).unwrap();
        assert_eq!((cut.text.as_deref(), cut.truncated), (Some("data ***"), true));
        assert_eq!(body(b"", Completeness::Complete), None);
        let odd = body(b"\xff\xfe", Completeness::Complete).unwrap();
        assert_eq!(odd.text.as_deref(), Some("\u{fffd}\u{fffd}"));
    }
}
