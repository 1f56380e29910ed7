//! One credential per target, from one place, and never in the file itself.

use super::super::suspect::is_variable;
use super::super::url::{self, Use};
use super::Linter;
use crate::suite::yaml::pointer_token;

const TOKEN: [&str; 3] = ["token_env", "token_file", "token_command"];
const PASSWORD: [&str; 3] = ["password_env", "password_file", "password_command"];
const CLIENT_SECRET: [&str; 3] = ["client_secret_env", "client_secret_file", "client_secret_command"];
const WAYS: [&str; 5] = ["token_env", "token_file", "token_command", "basic", "oauth2"];

/// Keys that could only hold a secret itself, without `-` and `_`, in lower case.
const LITERAL: [&str; 15] = [
    "token",
    "bearer",
    "bearertoken",
    "accesstoken",
    "apitoken",
    "apikey",
    "authorization",
    "jwt",
    "password",
    "passwd",
    "pass",
    "pwd",
    "secret",
    "clientsecret",
    "passphrase",
];

impl Linter<'_> {
    /// Secrets that stand in a table as they are.
    pub(super) fn literal_secrets(&mut self, at: &str) {
        for key in self.keys(at) {
            let plain: String = key.chars().filter(char::is_ascii_alphanumeric).collect();
            let plain = plain.to_ascii_lowercase();
            if !LITERAL.contains(&plain.as_str()) {
                continue;
            }
            let in_table = |name: &str| at.ends_with(name);
            let help = if plain.starts_with("pass") || plain == "pwd" {
                let table = if in_table("/basic") { "" } else { "in the table `basic`, " };
                format!(
                    "{table}`password_env = \"VARIABLE\"`, `password_file = \"PATH\"` or `password_command = \"COMMAND\"` say where it is"
                )
            } else if plain.ends_with("secret") {
                let table = if in_table("/oauth2") { "" } else { "in the table `oauth2`, " };
                format!(
                    "{table}`client_secret_env = \"VARIABLE\"`, `client_secret_file = \"PATH\"` or `client_secret_command = \"COMMAND\"` say where it is"
                )
            } else {
                "`token_env = \"VARIABLE\"`, `token_file = \"PATH\"` or `token_command = \"COMMAND\"` say where it is".to_owned()
            };
            let pointer = format!("{at}/{}", pointer_token(key));
            self.key_mistake(
                &pointer,
                &format!("`{key}` would put a secret into the file"),
                "not in a file",
                &help,
            );
        }
    }

    /// The credential of a table, at most one.
    pub(super) fn credential(&mut self, at: &str, owner: &str) {
        let ways = self.present(at, &WAYS);
        if let [first, second, ..] = ways.as_slice() {
            let help = format!(
                "it has `{first}` already; further credentials for single checks go to `credentials.NAME`"
            );
            let pointer = format!("{at}/{second}");
            self.key_mistake(&pointer, &format!("a second credential for {owner}"), "the second", &help);
        }
        self.references(at, &TOKEN);
        self.basic(&format!("{at}/basic"));
        self.oauth2(&format!("{at}/oauth2"));
    }

    /// A named credential: there has to be one.
    pub(super) fn further_credential(&mut self, target: &str, name: &str) {
        let at = format!("{target}/credentials/{}", pointer_token(name));
        self.name(&at, name, "credential");
        self.literal_secrets(&at);
        let is_empty = self.table(&at).is_some_and(|table| WAYS.iter().all(|way| !table.contains_key(*way)));
        if is_empty {
            let help = format!("one of: {}", WAYS.join(", "));
            self.key_mistake(&at, &format!("the credential `{name}` is empty"), "no credential in it", &help);
        }
        self.credential(&at, &format!("credential `{name}`"));
    }

    fn basic(&mut self, at: &str) {
        self.literal_secrets(at);
        self.exactly_one(at, &PASSWORD, "password");
        self.references(at, &PASSWORD);
        if self.text_at(&format!("{at}/user")).is_some_and(|user| user.contains(':')) {
            let pointer = format!("{at}/user");
            let help = "RFC 7617 §2 ends the user name at the first colon; the password has keys of its own";
            self.value_mistake(&pointer, "the user name holds a colon", "not allowed", help);
        }
    }

    fn oauth2(&mut self, at: &str) {
        self.literal_secrets(at);
        self.exactly_one(at, &CLIENT_SECRET, "client secret");
        self.references(at, &CLIENT_SECRET);
        let pointer = format!("{at}/authentication");
        if let Some(text) = self.text_at(&pointer)
            && !["basic", "post"].contains(&text)
        {
            let help = "one of: basic (in the header), post (in the form)";
            self.value_mistake(&pointer, "not a way to authenticate a client", "unknown word", help);
        }
        let pointer = format!("{at}/token_url");
        if let Some(Err(why)) = self.text_at(&pointer).map(|text| url::parse(text, Use::TokenEndpoint)) {
            let help = "the token endpoint, as in `https://login.example.com/oauth2/token`";
            self.value_mistake(&pointer, &why, "not usable", help);
        }
    }

    /// A table that is there says where its secret is, once.
    pub(super) fn exactly_one(&mut self, at: &str, keys: &[&'static str], what: &str) {
        if self.table(at).is_none() {
            return;
        }
        match self.present(at, keys).as_slice() {
            [_] => {}
            [] => {
                let help = format!("one of: {}", keys.join(", "));
                self.key_mistake(at, &format!("nothing says what the {what} is"), "in this table", &help);
            }
            [first, second, ..] => {
                let pointer = format!("{at}/{second}");
                let help = format!("keep this or `{first}`");
                self.key_mistake(&pointer, &format!("a second place for the {what}"), "the second", &help);
            }
        }
    }

    /// Names of variables, paths and commands.
    pub(super) fn references(&mut self, at: &str, keys: &[&'static str]) {
        for key in keys {
            let pointer = format!("{at}/{key}");
            let Some(value) = self.get(&pointer) else { continue };
            let is_name = value.as_str().is_some_and(is_variable);
            if key.ends_with("env") && !is_name {
                let help = "letters, digits and `_`, not the secret itself: `export NAME=…` sets the variable, \
                            this names it";
                let message = format!("the value of `{key}` is not the name of an environment variable");
                self.value_mistake(&pointer, &message, "not a name", help);
            } else if value.as_str().is_some_and(|text| text.trim().is_empty()) {
                let wanted = if key.ends_with("file") { "a path" } else { "a command" };
                self.value_mistake(
                    &pointer,
                    &format!("`{key}` is empty"),
                    "empty",
                    &format!("wanted: {wanted}"),
                );
            }
        }
    }
}
