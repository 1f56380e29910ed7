//! A curl command that repeats a request; credentials stand as shell variables.

use super::redact::MASK;
use crate::model::RecordedRequest;

/// The variable that stands for a token whose own variable is not known.
pub(super) const TOKEN: &str = "SCIM_TOKEN";

/// The command, on one line, for a POSIX shell; `token` is the variable that holds the token.
#[must_use]
pub fn command(request: &RecordedRequest, token: &str) -> String {
    // Most findings are about a status or a header.
    let head = if request.method == "HEAD" { "--head" } else { "-i" };
    let mut words = vec!["curl".to_owned(), head.to_owned()];
    match request.method.as_str() {
        "GET" | "HEAD" => {}
        method => words.extend(["-X".to_owned(), quote(method)]),
    }
    words.push(quote_with_variables(&request.url, token));
    for (name, value) in request.headers.iter() {
        words.extend(["-H".to_owned(), header(name, value, token)]);
    }
    if let Some(body) = &request.body {
        words.extend(["--data-binary".to_owned(), quote(body.as_text())]);
    }
    words.join(" ")
}

fn header(name: &str, value: &str, token: &str) -> String {
    let variable = match name {
        "authorization" if value.to_ascii_lowercase().starts_with("basic") => "SCIM_BASIC".to_owned(),
        "authorization" => token.to_owned(),
        other => other.to_ascii_uppercase().replace('-', "_"),
    };
    quote_with_variables(&format!("{name}: {value}"), &variable)
}

/// Quotes a text; what is masked in it becomes a variable.
fn quote_with_variables(text: &str, variable: &str) -> String {
    if !text.contains(MASK) {
        return quote(text);
    }
    let parts: Vec<_> =
        text.split(MASK).map(|part| if part.is_empty() { String::new() } else { quote(part) }).collect();
    parts.join(&format!("\"${variable}\""))
}

/// Quotes a text for a POSIX shell; control characters need the `$'…'` of bash, zsh and POSIX.1-2024.
fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    if !text.contains(char::is_control) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    let mut quoted = String::from("$'");
    for character in text.chars() {
        match character {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => {
                use std::fmt::Write as _;
                let mut bytes = [0; 4];
                for byte in c.encode_utf8(&mut bytes).bytes() {
                    let _ = write!(quoted, "\\x{byte:02x}");
                }
            }
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Headers, RecordedBody};

    #[test]
    fn commands() {
        let body = RecordedBody::of_json(&json!({ "a": "it's" }), 1);
        let request = RecordedRequest {
            method: "POST".into(),
            url: "http://h/Users?filter=a%20eq%20%22b%22".into(),
            headers: [
                ("accept", "application/scim+json"),
                ("authorization", "Bearer ***"),
                ("x-api-key", "***"),
            ]
            .into_iter()
            .collect(),
            body: Some(body),
        };
        assert_eq!(
            command(&request, TOKEN),
            "curl -i -X POST 'http://h/Users?filter=a%20eq%20%22b%22' -H 'accept: application/scim+json' \
             -H 'authorization: Bearer '\"$SCIM_TOKEN\" -H 'x-api-key: '\"$X_API_KEY\" \
             --data-binary '{\"a\":\"it'\\''s\"}'"
        );
        let get = RecordedRequest {
            method: "GET".into(),
            url: "http://h/Users".into(),
            headers: Headers::default(),
            body: None,
        };
        assert_eq!(command(&get, TOKEN), "curl -i http://h/Users");
        let head = RecordedRequest { method: "HEAD".into(), ..get };
        assert_eq!(command(&head, TOKEN), "curl --head http://h/Users");
        assert_eq!(quote("a\u{1b}[1m'\n"), "$'a\\x1b[1m\\'\\n'");
    }
}
