//! What looks like a secret: by what its key is called, and by what it looks like itself.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::schema::known_keys;
use crate::suite::diagnostic::nearest;

/// Words that a key has which holds a secret.
const WORDS: [&str; 14] = [
    "token",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "apikey",
    "accesskey",
    "privatekey",
    "auth",
    "bearer",
    "credential",
    "cookie",
    "jwt",
];

/// Whether the value at a JSON Pointer is not to be shown.
pub(super) fn hidden(pointer: &str, value: &str) -> bool {
    let path: Vec<String> =
        pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~")).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let mut path = path.as_slice();
    // Names that the user gives say nothing about what stands under them.
    if let ["target", _, rest @ ..] = path {
        path = rest;
    }
    if let ["credentials", _, rest @ ..] = path {
        path = rest;
    }
    // Also where the table of headers is in the wrong place.
    if let Some(at) = path.iter().position(|key| *key == "headers") {
        path = &path[at..];
    }
    let exposed = |key: &str| looks_like_a_token(value) || (key.ends_with("env") && !is_variable(value));
    match path {
        ["headers", _, "credential"] | ["features", ..] => false,
        ["headers", _, key, ..] if is_reference(key) => exposed(key),
        ["headers", ..] => true,
        ["overrides", _, rest @ ..] => rest.iter().any(|key| is_secret_key(key)),
        path => path.iter().any(|key| {
            is_secret_key(key)
                || *key == "value"
                || key.ends_with("_command")
                || (is_reference(key) && exposed(key))
        }),
    }
}

/// Whether the value of a key says where a secret is.
fn is_reference(key: &str) -> bool {
    matches!(key, "env" | "file")
        || ((key.ends_with("_env") || key.ends_with("_file")) && known_keys().contains(key))
}

/// Whether a key is called like one that holds a secret. No key of ours does.
pub(super) fn is_secret_key(key: &str) -> bool {
    if known_keys().contains(key) {
        return false;
    }
    let plain: String =
        key.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    WORDS.iter().any(|word| plain.contains(word))
        || nearest(&plain, ["token", "password", "secret", "bearer", "clientsecret"]).is_some()
}

/// Whether a text can be the name of an environment variable.
pub(super) fn is_variable(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !looks_like_a_token(text)
}

/// Whether a text that should name a variable or a file is rather a token itself: long, and random to look at.
pub(super) fn looks_like_a_token(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    let tokenish = !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~+=".contains(c))
        && has(char::is_ascii_digit);
    let mixed = has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    let hexadecimal = text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    tokenish && (text.starts_with("eyJ") || (text.len() >= 20 && mixed) || (text.len() >= 32 && hexadecimal))
}

/// User information and query of the URLs in a text: where a password or a token can stand. Whatever is in front of
/// an `@` may be part of a password, also slashes, and also where the scheme was forgotten.
pub(super) fn url_secrets(text: &str) -> Option<Vec<Range<usize>>> {
    static PARTS: LazyLock<[Regex; 3]> = LazyLock::new(|| {
        [r"://(.*)@", r#"(?:^|["'=\s])([^\s"'/=]*:[^\s"'/][^\s"']*)@"#, r#"://[^?#\s"']*[?#]([^\s"']+)"#]
            .map(|expression| Regex::new(expression).expect("a literal expression"))
    });
    let parts: Vec<_> = PARTS
        .iter()
        .flat_map(|expression| expression.captures_iter(text))
        .filter_map(|found| found.get(1))
        .map(|part| part.range())
        .filter(|range| !range.is_empty())
        .collect();
    (!parts.is_empty()).then_some(parts)
}

/// What to mask in a comment: what follows a telling word, and what looks like a token.
pub(super) fn secrets_of_comment(comment: &str) -> Vec<Range<usize>> {
    let mut parts = url_secrets(comment).unwrap_or_default();
    parts.extend(secret_in_line(comment, "").map(|at| at..comment.len()));
    let mut from = 0;
    for word in comment.split(|c: char| c.is_whitespace() || "\"'".contains(c)) {
        if looks_like_a_token(word) {
            parts.push(from..from + word.len());
        }
        from += word.len();
        from += comment[from..].chars().next().map_or(0, char::len_utf8);
    }
    parts
}

/// Where the secret of a line begins that is not TOML.
pub(super) fn secret_in_line(line: &str, section: &str) -> Option<usize> {
    static WORD: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[A-Za-z][A-Za-z0-9_-]*").expect("a literal expression"));
    let in_headers = section.contains("headers") || line.contains("headers");
    let names_only = section.contains("features");
    for word in WORD.find_iter(line) {
        let rest = &line[word.end()..];
        let value = rest.trim_start_matches(['"', '\'', ' ', '\t', '=', ':']);
        let at = line.len() - value.len();
        let is_key = rest.trim_start_matches(['"', '\'', ' ', '\t']).starts_with(['=', ':']);
        let key = word.as_str();
        let secret = if is_reference(key) {
            let plain = value.trim_end().trim_end_matches(['"', '\'']);
            is_key && (looks_like_a_token(plain) || (key.ends_with("env") && !is_variable(plain)))
        } else {
            is_secret_key(key)
                || (is_key
                    && (key.ends_with("_command") || key == "value" || (in_headers && key != "credential")))
        };
        if secret && !names_only {
            return Some(at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_are_not_tokens() {
        for name in
            ["SCIM_TOKEN", "_x", "staging_token_2", "STAGING_SCIM_API_TOKEN_EU_WEST_1", "scimTokenEuWest1"]
        {
            assert!(is_variable(name), "{name}");
        }
        let tokens = [
            "",
            "1TOKEN",
            "A-B",
            "$TOKEN",
            "ghp_0123456789abcdefABCDEF",
            "0123456789abcdef0123456789abcdef",
            "f123456789abcdef0123456789abcdef",
            "eyJhbGciOiJIUzI1NiJ9",
        ];
        for token in tokens {
            assert!(!is_variable(token), "{token}");
        }
    }

    #[test]
    fn keys_of_ours_hold_no_secret() {
        for key in known_keys() {
            assert!(!is_secret_key(key), "{key}");
        }
        for key in ["token", "Pasword", "client-secret", "X-Api-Key", "x_auth_token", "COOKIE", "bearerToken"]
        {
            assert!(is_secret_key(key), "{key}");
        }
        for key in ["userName", "nickName", "X-Tenant", "job", "bse_url"] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
