//! Headers of every request: valid, not those that the suites set themselves, and no secret in the file.

use std::collections::HashMap;

use super::super::suspect::is_secret_key;
use super::Linter;
use crate::suite::yaml::pointer_token;

/// Headers that belong to the client or that checks are about.
const OWN: [&str; 11] = [
    "accept",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "if-match",
    "if-none-match",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

const SOURCES: [&str; 4] = ["value", "env", "file", "command"];

impl Linter<'_> {
    pub(super) fn headers(&mut self, target: &str) {
        let at = format!("{target}/headers");
        let mut seen: HashMap<String, &str> = HashMap::new();
        for name in self.keys(&at) {
            let pointer = format!("{at}/{}", pointer_token(name));
            if let Some(first) = seen.insert(name.to_ascii_lowercase(), name) {
                let help = format!("names of headers have no letter case: keep this or `{first}`");
                self.key_mistake(&pointer, &format!("the header `{name}` is here twice"), "again", &help);
            }
            self.header(target, &pointer, name);
        }
    }

    fn header(&mut self, target: &str, at: &str, name: &str) {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(is_token) {
            let help = "letters, digits and `-`, as in `X-Tenant`";
            self.key_mistake(at, "not the name of a header", "not allowed", help);
        }
        if OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) {
            let help = "what the suites check depends on this header";
            self.key_mistake(at, &format!("`{name}` is set by scimcheck itself"), "not configurable", help);
        }
        let Some(table) = self.table(at) else {
            let help = "`{ value = \"…\" }`, or `{ env = \"VARIABLE\", credential = true }` for a secret";
            self.value_mistake(at, "a header is a table", "not a table", help);
            return;
        };
        self.exactly_one(at, &SOURCES, "value");
        self.references(at, &["env", "file", "command"]);
        if let Some(text) = self.text_at(&format!("{at}/value"))
            && text.chars().any(|c| c.is_control() || !c.is_ascii())
        {
            let help = "printable ASCII in one line";
            self.value_mistake(&format!("{at}/value"), "not the value of a header", "not allowed", help);
        }
        let is_credential = table.get("credential").and_then(serde_json::Value::as_bool) == Some(true);
        if table.contains_key("value") && (is_credential || is_secret_key(name)) {
            let help = "`env = \"VARIABLE\"`, `file = \"PATH\"` or `command = \"COMMAND\"` say where it is";
            let message = format!("the value of `{name}` would put a secret into the file");
            self.key_mistake(&format!("{at}/value"), &message, "not in a file", help);
        }
        let ways = ["token_env", "token_file", "token_command", "basic", "oauth2"];
        if name.eq_ignore_ascii_case("authorization")
            && let [way, ..] = self.present(target, &ways).as_slice()
        {
            let help = format!("keep this or `{way}`");
            self.key_mistake(at, "a second credential for the target", "the second", &help);
        }
    }
}
