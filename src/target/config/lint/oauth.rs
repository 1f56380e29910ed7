//! The table `oauth`: URLs, clients, and what each way to log in needs.

use super::super::url::{self, Use};
use super::Linter;
use crate::suite::duration;

const SECRET: [&str; 3] = ["client_secret_env", "client_secret_file", "client_secret_command"];
const PASSWORD: [&str; 3] = ["password_env", "password_file", "password_command"];
const URLS: [&str; 8] = [
    "issuer",
    "token_url",
    "authorization_url",
    "device_authorization_url",
    "introspection_url",
    "revocation_url",
    "userinfo_url",
    "end_session_url",
];
/// The ways to log in, and the keys that belong to each.
const WAYS: [(&str, &[&str]); 4] = [
    ("password", &[]),
    ("form", &["redirect_uri", "parameters", "user_field", "password_field", "consent_button"]),
    ("device", &["user_field", "password_field", "consent_button"]),
    ("command", &["login_command"]),
];
/// What a way cannot do without.
const NEEDED: [(&str, &str); 2] = [("form", "redirect_uri"), ("command", "login_command")];

impl Linter<'_> {
    pub(super) fn oauth(&mut self, target: &str) {
        let at = format!("{target}/oauth");
        if self.table(&at).is_none() {
            return;
        }
        for key in URLS {
            self.page_url(&format!("{at}/{key}"));
        }
        let origins =
            self.get(&format!("{at}/origins")).and_then(|origins| origins.as_array()).map_or(0, Vec::len);
        for index in 0..origins {
            self.page_url(&format!("{at}/origins/{index}"));
        }
        for table in ["resource", "session"] {
            self.page_url(&format!("{at}/{table}/url"));
            self.shown(&format!("{at}/{table}"));
        }
        for client in [at.clone(), format!("{at}/introspection"), format!("{at}/scim_client")] {
            self.client(&client);
        }
        if self.present(&at, &URLS).is_empty() {
            let help =
                "`issuer = \"https://login.example.com\"`, or the endpoints one by one: `token_url`, …";
            self.key_mistake(&at, "nothing says where the authorization server is", "in this table", help);
        }
        self.deadline(&at);
        self.login(&format!("{at}/login"));
        let others = self.get(&format!("{at}/other_logins")).and_then(|others| others.as_array());
        for index in 0..others.map_or(0, Vec::len) {
            let at = format!("{at}/other_logins/{index}");
            self.literal_secrets(&at);
            self.references(&at, &PASSWORD);
            self.one_place(&at, &PASSWORD, "a second place for the password");
            self.login(&format!("{at}/login"));
        }
    }

    fn page_url(&mut self, pointer: &str) {
        if let Some(Err(why)) = self.text_at(pointer).map(|text| url::parse(text, Use::Page)) {
            self.value_mistake(pointer, &why, "not usable", "as in `https://login.example.com/oauth2/token`");
        }
    }

    /// A text that tells who is logged in stands in a body.
    fn shown(&mut self, at: &str) {
        let pointer = format!("{at}/shows");
        match self.text_at(&pointer) {
            Some("") => {
                let help = "a text that only who is logged in sees, as in `Sign out`";
                self.value_mistake(&pointer, "every answer has this text", "empty", help);
            }
            Some(_) if self.text_at(&format!("{at}/method")) == Some("HEAD") => {
                let help = "leave `method` out: it is GET then";
                self.key_mistake(&pointer, "an answer to HEAD shows no text", "not used", help);
            }
            _ => {}
        }
    }

    fn client(&mut self, at: &str) {
        self.literal_secrets(at);
        self.references(at, &SECRET);
        self.one_place(at, &SECRET, "a second place for the client secret");
    }

    /// A secret stands in one place only.
    fn one_place(&mut self, at: &str, keys: &[&'static str], message: &str) {
        if let [first, second, ..] = self.present(at, keys).as_slice() {
            let help = format!("keep this or `{first}`");
            self.key_mistake(&format!("{at}/{second}"), message, "the second", &help);
        }
    }

    fn deadline(&mut self, at: &str) {
        let pointer = format!("{at}/deadline");
        let Some(text) = self.text_at(&pointer) else { return };
        if duration::parse(text).is_none_or(|duration| duration.is_zero() || duration > super::LONGEST) {
            let help = "a number with `ms`, `s` or `m`, as in `500ms`, `30s`, `2m`";
            self.value_mistake(&pointer, &format!("`{text}` is not a time to wait"), "not a duration", help);
        }
    }

    fn login(&mut self, at: &str) {
        self.literal_secrets(at);
        let Some(method) = self.text_at(&format!("{at}/method")) else { return };
        let Some((_, own)) = WAYS.iter().find(|(way, _)| *way == method) else { return };
        if let Some((_, key)) =
            NEEDED.iter().find(|(way, key)| *way == method && self.present(at, &[key]).is_empty())
        {
            let help = format!("add `{key} = \"…\"`");
            self.value_mistake(
                &format!("{at}/method"),
                &format!("`{method}` needs `{key}`"),
                "not complete",
                &help,
            );
        }
        let all =
            ["redirect_uri", "parameters", "user_field", "password_field", "consent_button", "login_command"];
        for key in self.present(at, &all).into_iter().filter(|key| !own.contains(key)) {
            let ways: Vec<_> =
                WAYS.iter().filter(|(_, keys)| keys.contains(&key)).map(|(way, _)| *way).collect();
            let help = format!("it goes with: {}", ways.join(", "));
            self.key_mistake(
                &format!("{at}/{key}"),
                &format!("`{key}` means nothing to `{method}`"),
                "not used",
                &help,
            );
        }
        let pointer = format!("{at}/redirect_uri");
        if let Some(text) = self.text_at(&pointer)
            && ::url::Url::parse(text).is_err()
        {
            self.value_mistake(
                &pointer,
                "the redirect URI is no URL",
                "not usable",
                "as it is registered for the client",
            );
        }
    }
}
