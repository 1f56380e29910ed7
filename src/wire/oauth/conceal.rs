//! What is secret in an answer of an authorization server, whatever its status: a target that refuses, fails or redirects
//! sets cookies and shows codes all the same.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::html;
use super::{LoginOptions, OAuthOptions};
use crate::model::{ParsedBody, Response};

/// Characters that are enough to be a secret: shorter texts are settings, and stand everywhere.
const TELLING: usize = 6;
/// Characters that a text of which only the name was guessed needs, if it has no digit.
const LONG: usize = 20;
/// A hidden field that is no secret, and of which nobody knows the value beforehand (RFC 7636 §4.3).
const CHALLENGE: &str = "code_challenge";
/// Letters of a word of a language: what is longer may be a code of letters alone.
const WORD: usize = 14;
/// How deep the members of a JSON answer are looked at, and how many secrets of one answer are taken at most.
const DEEPEST: usize = 32;
const MOST: usize = 2_000;

/// Names that say that a value is secret.
const SECRET: [&str; 5] = ["session_state", "ticket", "assertion", "samlresponse", "apikey"];
/// How names of secrets end, and names that end so without being one.
const ENDS: [&str; 5] = ["token", "code", "secret", "_key", "password"];
const PUBLIC: [&str; 4] = ["token_type", "tokentype", "error_code", "status_code"];

/// A name and a quoted value, in JSON, scripts and attributes; the end of the value may be missing.
static PAIR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"([A-Za-z_][A-Za-z0-9_.-]{0,63})["']?\s*[:=]\s*["']([^"'\s<>]{6,})"#)
        .expect("a literal expression")
});

/// What a run sends itself, so that it is no secret however it comes back.
#[derive(Debug, Default)]
pub(super) struct Ours(Vec<String>);

impl Ours {
    /// The user name (empty: there is none), the ids of clients, and the parameters of authorization requests.
    pub(super) fn new(user: &str, options: &OAuthOptions) -> Self {
        let scim = options.scim_client.as_ref().map(|scim| &scim.client);
        let clients = [Some(&options.client), options.introspection_client.as_ref(), scim];
        let logins = options.login.iter().chain(options.other_logins.iter().map(|other| &other.login));
        let mut all: Vec<String> =
            clients.into_iter().flatten().map(|client| client.id.to_lowercase()).collect();
        for login in logins {
            if let LoginOptions::Form { redirect_uri, parameters, .. } = login {
                all.push(redirect_uri.as_str().to_lowercase());
                all.extend(parameters.iter().map(|(_, value)| value.to_lowercase()));
            }
        }
        all.extend(options.scopes.iter().map(|scope| scope.to_lowercase()));
        let user = user.to_lowercase();
        all.extend(user.split('@').next().map(str::to_owned));
        all.push(user);
        Self(all)
    }

    fn has(&self, text: &str) -> bool {
        self.0.contains(&text.to_lowercase())
    }
}

/// Every text of an answer that is to be hidden.
pub(super) fn secrets(response: &Response, ours: &Ours) -> Vec<String> {
    let mut found = Found { ours, secrets: Vec::new() };
    for (name, value) in &response.headers {
        match name.as_str() {
            "set-cookie" => found.cookie(value),
            "location" | "content-location" | "refresh" => found.url(value),
            name => found.named(name, value),
        }
    }
    match response.body.parsed() {
        ParsedBody::Json(value) => found.json(value, 0),
        ParsedBody::Empty => {}
        ParsedBody::NotJson(_) => found.text(&String::from_utf8_lossy(&response.body.bytes)),
    }
    found.secrets
}

struct Found<'o> {
    ours: &'o Ours,
    secrets: Vec<String>,
}

impl Found<'_> {
    fn add(&mut self, text: &str) {
        if self.secrets.len() >= MOST {
            return;
        }
        if is_url(text) {
            self.url(text);
        } else if is_telling(text) && !self.ours.has(text) && self.secrets.iter().all(|known| known != text) {
            self.secrets.push(text.to_owned());
        }
    }

    fn named(&mut self, name: &str, value: &str) {
        if is_secret_name(name) {
            self.add(value);
        }
    }

    /// Whatever lifetime the cookie has, and whether or not the jar keeps it.
    fn cookie(&mut self, header: &str) {
        let pair = header.split(';').next().unwrap_or_default();
        if let Some((_, value)) = pair.split_once('=') {
            self.add(value.trim().trim_matches('"'));
        }
    }

    /// The parameters of a URL, which may be relative.
    fn url(&mut self, url: &str) {
        for part in url.split(['?', '#']).skip(1) {
            self.pairs(part);
        }
    }

    fn pairs(&mut self, text: &str) {
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            // A URL in a URL leads back to where the login began.
            if is_secret_name(&name) || is_url(&value) {
                self.add(&value);
            }
        }
    }

    fn json(&mut self, value: &Value, depth: usize) {
        match value {
            Value::Object(members) if depth < DEEPEST => {
                for (name, value) in members {
                    match value {
                        Value::String(text) => self.named(name, text),
                        Value::Number(number) => self.named(name, &number.to_string()),
                        _ => {}
                    }
                    self.json(value, depth + 1);
                }
            }
            Value::Array(items) if depth < DEEPEST => {
                for item in items {
                    self.json(item, depth + 1);
                }
            }
            Value::String(text) if is_url(text) => self.url(text),
            _ => {}
        }
    }

    /// A page, a form, or JSON that is broken off or stands in a script.
    fn text(&mut self, text: &str) {
        if !text.trim_start().starts_with(['<', '{', '[']) {
            self.pairs(text.trim());
        }
        let page = html::telling(text);
        for (_, value) in page.hidden.iter().filter(|(name, _)| name != CHALLENGE) {
            self.add(value);
        }
        for (name, value) in &page.named {
            self.named(name, value);
        }
        for url in &page.urls {
            self.url(url);
        }
        for pair in PAIR.captures_iter(text) {
            let (name, value) = (&pair[1], &pair[2]);
            // It is a guess: labels and messages stand there too.
            if value.chars().any(|c| c.is_ascii_digit()) || value.len() >= LONG {
                self.named(name, value);
            }
        }
    }
}

/// Whether a parameter, a member or a field of this name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    let secret = SECRET.contains(&name.as_str()) || ENDS.iter().any(|end| name.ends_with(end));
    secret && !PUBLIC.contains(&name.as_str())
}

/// Whether a text is long enough to be a secret, and neither words nor a sentence: hiding those would hide them everywhere.
fn is_telling(text: &str) -> bool {
    let is_word = |part: &str| {
        part.len() <= WORD
            && part.chars().all(|c| c.is_ascii_alphabetic())
            && part.chars().skip(1).all(|c| c.is_ascii_lowercase())
    };
    text.chars().count() >= TELLING
        && !text.contains(char::is_whitespace)
        && !text.split(['_', '-', '.', ':', '/', ',']).all(is_word)
}

/// Whether a text is a URL: one with a scheme, or a path, which has no capital letters as Base64 has.
fn is_url(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    let is_path = || {
        path.starts_with('/')
            && path.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "/-_.~%".contains(c))
    };
    text.starts_with("http://") || text.starts_with("https://") || is_path()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Completeness};
    use crate::wire::ClientAuthentication;
    use crate::wire::oauth::Client;

    fn ours() -> Ours {
        let client = Client {
            id: "portal-client-7".to_owned(),
            secret: None,
            authentication: ClientAuthentication::Basic,
        };
        Ours::new("sc-a1b2c3@example.com", &OAuthOptions::new(client))
    }

    fn found(headers: &[(&str, &str)], body: &str) -> Vec<String> {
        cut(headers, body, Completeness::Complete)
    }

    fn cut(headers: &[(&str, &str)], body: &str, completeness: Completeness) -> Vec<String> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let response = Response { status: 500, headers, body: Body::new(body.as_bytes(), completeness) };
        secrets(&response, &ours())
    }

    #[test]
    fn cookies_of_any_lifetime_and_length() {
        let long = "x9".repeat(5_000);
        let cookies = [
            ("set-cookie", "sid=s3ssion-id; Path=/; HttpOnly".to_owned()),
            ("set-cookie", "old=\"0ld-session\"; Max-Age=0".to_owned()),
            ("set-cookie", format!("big={long}")),
            ("set-cookie", "gone=deleted; Max-Age=0".to_owned()),
            ("set-cookie", "lang=en".to_owned()),
            ("set-cookie", "last_user=sc-a1b2c3@example.com".to_owned()),
        ];
        let headers: Vec<_> = cookies.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(found(&headers, ""), ["s3ssion-id", "0ld-session", long.as_str()]);
    }

    #[test]
    fn members_at_any_depth() {
        let body = r#"{"error":"invalid_grant","token_type":"Bearer42","code":"invalid_grant","error_code":"AADSTS50057",
            "data":[{"accessToken":"acc3ss-token","nested":{"client_secret":"s3cr3t-of-it","signing_key":"k3y-of-it"}}],
            "password":"p4ssword-of-it","otp_code":123456,"short_code":17,"message":"no password",
            "user_password":"is not right","client_id":"portal-client-7",
            "verification_uri_complete":"https://a.example/device?user_code=WDJB-MJHT&theme=d4rk-blue"}"#;
        let wanted = ["acc3ss-token", "s3cr3t-of-it", "k3y-of-it", "p4ssword-of-it", "123456", "WDJB-MJHT"];
        let mut got = found(&[], body);
        got.sort();
        let mut wanted: Vec<_> = wanted.map(str::to_owned).into();
        wanted.sort();
        assert_eq!(got, wanted);
    }

    #[test]
    fn forms_headers_and_what_was_broken_off() {
        let got = found(
            &[("x-csrf-token", "h3ader-token")],
            "access_token=acc3ss-token&scope=a1b2c3d4&token_type=b3arer",
        );
        assert_eq!(got, ["h3ader-token", "acc3ss-token"]);
        let location = "/callback?state=st4te-value&code=c0de-value#id_token=1d-token";
        assert_eq!(found(&[("location", location)], ""), ["c0de-value", "1d-token"]);
        let broken = r#"{"id": "an-1d-value", "refresh_token": "r3fresh-token", "access_token": "acc3ss-to"#;
        assert_eq!(cut(&[], broken, Completeness::TooLarge(80)), ["r3fresh-token", "acc3ss-to"]);
    }

    #[test]
    fn pages() {
        let page = r#"<html><head><meta name="csrf-token" content="m3ta-token"><meta name=generator content="server-9.9.9">
            </head><form method=post action="/login?session_code=s3ssion-code&amp;execution=ex3cution&amp;tab_id=t4b">
            <input type=hidden name=_csrf value="h1dden-value"><input type=hidden name=client_id value="portal-client-7">
            <input type=HIDDEN name=user value="SC-a1b2c3@example.com"><input type=hidden name=code_challenge value="ch4llenge-value"><input type=hidden name=local value="sc-a1b2c3">
            <input type=hidden name=next value="/authorize/x1?client_id=portal-client-7&amp;code=n3sted-code">
            <input type=hidden name=step value=authenticate><input type=hidden name=scope value="openid profile x1">
            <input name=username value="v1sible-user"><input name=user_code value="WDJB-M1HT">
            <button name=token value="butt0n-token">Go</button></form>
            <input type=hidden name=outside value="0utside-form">
            <a href="/logout?id_token=h1nt-token">x</a>
            <script>var labels = { password: "Password", "apiToken": "scr1pt-token" };</script>"#;
        let mut got = found(&[], page);
        got.sort();
        assert_eq!(
            got,
            [
                "0utside-form",
                "WDJB-M1HT",
                "butt0n-token",
                "h1dden-value",
                "h1nt-token",
                "m3ta-token",
                "n3sted-code",
                "s3ssion-code",
                "scr1pt-token",
            ]
        );
    }

    #[test]
    fn names_of_secrets() {
        for name in
            ["access_token", "accessToken", "code", "user_code", "X-Api_Key", "password", "clientSecret"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["token_type", "state", "client_id", "encoded", "key", "error_code"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
