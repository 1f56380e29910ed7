//! No credential leaves this layer: everything that reports see went through a [`Redactor`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::curl;
use super::spelling::{End, Spellings};
use crate::model::{
    Answer, AuthMode, Body, Completeness, Exchange, Headers, ParsedBody, Phase, RecordedAnswer, RecordedBody,
    RecordedExchange, RecordedRequest,
};

/// What stands for a secret.
pub const MASK: &str = "***";
/// A header, a URL or a message is kept whole up to this many bytes.
const LONGEST_LINE: usize = 16 << 10;
/// A body is kept whole up to this many bytes.
const KEPT: usize = 64 << 10;

/// Knows every secret of a run in every form in which it may come back: in any letter case, escaped in any way, in
/// Base64. Clones share what they know, so that a token that is obtained late is hidden everywhere.
#[derive(Clone, Default)]
pub struct Redactor {
    spellings: Arc<RwLock<Spellings>>,
    /// The environment variables that hold bearer tokens: that of the configured credential without a name, those of
    /// further ones by theirs.
    variables: Arc<RwLock<BTreeMap<Option<String>, String>>>,
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
        self.spellings.write().unwrap_or_else(PoisonError::into_inner).add(secret);
    }

    /// Says which environment variable holds a bearer token: that of the configured credential, or of a further one by
    /// its name. Commands that repeat a request name it; one that is no name to a shell is passed over.
    pub fn name_token(&self, credential: Option<&str>, variable: &str) {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if variable.starts_with(|c: char| c.is_ascii_digit()) || !variable.chars().all(is_word) {
            return;
        }
        let mut variables = self.variables.write().unwrap_or_else(PoisonError::into_inner);
        variables.insert(credential.map(str::to_owned), variable.to_owned());
    }

    /// The environment variable that holds the token of a request.
    fn variable(&self, auth: &AuthMode) -> String {
        let credential = match auth {
            // What it carries is of a login, which no variable holds.
            AuthMode::Bare => return "OAUTH_SECRET".to_owned(),
            AuthMode::Credential(name) => Some(name.clone()),
            _ => None,
        };
        let variables = self.variables.read().unwrap_or_else(PoisonError::into_inner);
        variables.get(&credential).cloned().unwrap_or_else(|| curl::TOKEN.to_owned())
    }

    /// The text with every secret masked.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        self.text_with_end(text, End::Whole)
    }

    /// The same for one line: a header, a URL, a message. What is longer than anyone reads is cut first.
    #[must_use]
    pub fn line(&self, text: &str) -> String {
        if text.len() <= LONGEST_LINE {
            return self.text(text);
        }
        let cut = (0..=LONGEST_LINE).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        // The ellipsis tells the search that a secret may have been cut.
        self.text(&format!("{}… ({} bytes)", &text[..cut], text.len()))
    }

    fn text_with_end(&self, text: &str, end: End) -> String {
        let spellings = self.spellings.read().unwrap_or_else(PoisonError::into_inner);
        spellings.mask(text, MASK, end).unwrap_or_else(|| text.to_owned())
    }

    /// Whether a secret stands in any of the names that a discovery document gives to things.
    #[must_use]
    pub fn is_in_names(&self, document: &Value) -> bool {
        const NAMES: [&str; 4] = ["id", "name", "endpoint", "schema"];
        match document {
            Value::Object(object) => object.iter().any(|(key, value)| match value {
                Value::String(text) => NAMES.contains(&key.as_str()) && self.text(text) != *text,
                other => self.is_in_names(other),
            }),
            Value::Array(items) => items.iter().any(|item| self.is_in_names(item)),
            _ => false,
        }
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
        let headers = |headers: &[(String, String)]| -> Headers {
            let shown = |(name, value): &(String, String)| {
                (self.line(name), self.line(&without_cookies(name, value)))
            };
            headers.iter().map(shown).collect()
        };
        let request = RecordedRequest {
            method: exchange.request.method.clone(),
            url: self.line(&exchange.request.url),
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
                RecordedAnswer::Failure { kind: failure.kind, message: self.line(&failure.message) }
            }
        };
        RecordedExchange {
            id: exchange.id.clone(),
            phase: exchange.phase,
            // Steps of suites have names that are no secret; those of discovery come from the target.
            step: match exchange.phase {
                Phase::Discovery => self.line(&exchange.step),
                _ => exchange.step.clone(),
            },
            curl: match request.url.starts_with(super::oauth::COMMAND) {
                true => String::new(),
                false => curl::command(&request, &self.variable(&exchange.request.auth)),
            },
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
            return Some(RecordedBody::of_json(&self.value(value), size));
        }
        // Masked before it is cut, so that the cut cannot split a secret; what lies far behind the cut is not looked at.
        let window = KEPT + self.spellings.read().unwrap_or_else(PoisonError::into_inner).longest();
        let seen = &body.bytes[..body.bytes.len().min(window)];
        let end = if whole && seen.len() == body.bytes.len() { End::Whole } else { End::Cut };
        let mut text = self.text_with_end(&String::from_utf8_lossy(seen), end);
        let cut = (0..=KEPT.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let truncated = cut < text.len() || end == End::Cut;
        text.truncate(cut);
        Some(RecordedBody { json: None, text: Some(text), size, truncated })
    }
}

/// The value of a header with a mask in place of the values of cookies: one that is too short to be looked for elsewhere
/// may open a session all the same.
fn without_cookies<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    let masked = |pair: &str| match pair.split_once('=') {
        Some((name, value)) if !value.is_empty() => format!("{name}={MASK}"),
        _ => pair.to_owned(),
    };
    match name.to_ascii_lowercase().as_str() {
        "cookie" => value.split(';').map(masked).collect::<Vec<_>>().join(";").into(),
        "set-cookie" => {
            let end = value.find(';').unwrap_or(value.len());
            format!("{}{}", masked(&value[..end]), &value[end..]).into()
        }
        _ => value.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AuthMode, ExchangeId, Request, Response};

    fn redactor(secrets: &[&str]) -> Redactor {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        Redactor::new(&secrets)
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

    #[test]
    fn commands_name_the_variable_of_the_token() {
        let redactor = Redactor::new([&"tok".into()]);
        let curl = |auth| {
            let mut exchange = exchange(b"", Completeness::Complete);
            exchange.request.auth = auth;
            redactor.exchange(&exchange).curl
        };
        assert!(curl(AuthMode::Configured).contains("\"$SCIM_TOKEN\""));
        redactor.name_token(None, "STAGING");
        redactor.name_token(Some("read_only"), "not a-name");
        redactor.name_token(Some("read_only"), "READ_ONLY");
        redactor.name_token(Some("other"), "1ST");
        for (auth, variable) in [
            (AuthMode::Configured, "STAGING"),
            (AuthMode::QueryParameter, "STAGING"),
            (AuthMode::Credential("read_only".into()), "READ_ONLY"),
            (AuthMode::Credential("other".into()), "SCIM_TOKEN"),
        ] {
            let curl = curl(auth);
            assert!(curl.contains(&format!("-H 'authorization: Bearer '\"${variable}\"")), "{curl}");
        }
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
            shows: None,
        }
    }

    #[test]
    fn a_whole_exchange() {
        let recorded = redactor(&["tok"]).exchange(&exchange(b"{\"a\":\"tok\"}", Completeness::Complete));
        assert!(!serde_json::to_string(&recorded).unwrap().contains("tok\""));
        assert_eq!(recorded.request.headers.iter().next(), Some(("authorization", "Bearer ***")));
    }

    #[test]
    fn cookies_are_masked_however_short() {
        for (name, value, wanted) in [
            ("set-cookie", "sid=a1; Path=/; HttpOnly", "sid=***; Path=/; HttpOnly"),
            ("Set-Cookie", "sid=", "sid="),
            ("set-cookie", "odd", "odd"),
            ("cookie", "sid=a1; b=c=d; odd", "sid=***; b=***; odd"),
            ("x-cookie", "sid=a1", "sid=a1"),
        ] {
            assert_eq!(without_cookies(name, value), wanted);
        }
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
