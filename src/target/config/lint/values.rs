//! Single values: URLs, files, durations, sizes, the domain, features.

use std::time::Duration;

use super::super::size::parse_size;
use super::super::url::{self, Use};
use super::Linter;
use crate::model::Feature;
use crate::suite::diagnostic::nearest;
use crate::suite::duration;
use crate::suite::yaml::pointer_token;

/// Nothing takes longer: clocks cannot overflow.
pub(in super::super) const LONGEST: Duration = Duration::from_hours(24);
/// A body smaller than this cannot hold a discovery document.
pub(in super::super) const SMALLEST_BODY: usize = 1 << 10;
/// A body larger than this would fill the memory.
pub(in super::super) const LARGEST_BODY: usize = 1 << 30;

impl Linter<'_> {
    pub(super) fn base_url(&mut self, target: &str) {
        let pointer = format!("{target}/base_url");
        let Some(text) = self.text_at(&pointer) else { return };
        if let Err(why) = url::parse(text, Use::Base) {
            let help = if why.contains("password") {
                "credentials have keys of their own: `token_env`, the table `basic`, …"
            } else {
                "the URL up to and without `/Users`, as in `https://example.com/scim/v2`"
            };
            self.value_mistake(&pointer, &why, "not usable", help);
        }
    }

    pub(super) fn proxy(&mut self, target: &str) {
        self.references(target, &["proxy_env"]);
        if let [first, second] = self.present(target, &["proxy", "proxy_env"]).as_slice() {
            let help = format!("keep this or `{first}`");
            self.key_mistake(&format!("{target}/{second}"), "a second proxy", "the second", &help);
        }
        let pointer = format!("{target}/proxy");
        let Some(text) = self.text_at(&pointer) else { return };
        if let Err(why) = url::parse(text, Use::Proxy) {
            let help = if why.contains("password") {
                "`proxy_env = \"VARIABLE\"` names a variable with the whole URL"
            } else {
                "as in `http://proxy.example.com:3128`"
            };
            self.value_mistake(&pointer, &why, "not usable", help);
        }
    }

    pub(super) fn files(&mut self, target: &str) {
        self.references(target, &["ca_file", "client_cert_file", "client_key_file", "baseline"]);
        let pair = ["client_cert_file", "client_key_file"];
        if let [only] = self.present(target, &pair).as_slice() {
            let other = if *only == pair[0] { pair[1] } else { pair[0] };
            let help = format!("`{other}` names the other half; it may be the same file");
            self.key_mistake(
                &format!("{target}/{only}"),
                &format!("`{only}` needs `{other}`"),
                "one half only",
                &help,
            );
        }
    }

    pub(super) fn timeouts(&mut self, target: &str) {
        for key in ["connect", "request", "case", "run", "retry"] {
            let pointer = format!("{target}/timeouts/{key}");
            let Some(text) = self.text_at(&pointer) else { continue };
            let is_zero_allowed = key == "retry";
            match duration::parse(text) {
                None => {
                    let help = "a number with `ms`, `s` or `m`, as in `500ms`, `30s`, `2m`";
                    self.value_mistake(
                        &pointer,
                        &format!("`{text}` is not a duration"),
                        "not a duration",
                        help,
                    );
                }
                Some(Duration::ZERO) if !is_zero_allowed => {
                    let help = "leave the key out for the default";
                    self.value_mistake(&pointer, "a timeout of zero", "too short", help);
                }
                Some(long) if long > LONGEST => {
                    self.value_mistake(&pointer, "longer than a day", "too long", "at most `1440m`");
                }
                Some(_) => {}
            }
        }
    }

    pub(super) fn sizes(&mut self, target: &str) {
        let pointer = format!("{target}/max_body");
        let Some(text) = self.text_at(&pointer) else { return };
        match parse_size(text) {
            None => {
                let help = "a number with `B`, `KiB`, `MiB` or `GiB` (or `kB`, `MB`, `GB`), as in `4MiB`";
                self.value_mistake(&pointer, &format!("`{text}` is not a size"), "not a size", help);
            }
            Some(size) if !(SMALLEST_BODY..=LARGEST_BODY).contains(&size) => {
                self.value_mistake(
                    &pointer,
                    "the limit is too small or too large",
                    "out of range",
                    "from `1KiB` to `1GiB`",
                );
            }
            Some(_) => {}
        }
    }

    pub(super) fn domain(&mut self, target: &str) {
        let pointer = format!("{target}/domain");
        if let Some(text) = self.text_at(&pointer)
            && !is_domain(text)
        {
            let help = "only what stands behind the `@` of an e-mail address, as in `example.com`";
            self.value_mistake(&pointer, "not a domain", "not a domain", help);
        }
    }

    pub(super) fn features(&mut self, target: &str) {
        for name in self.keys(&format!("{target}/features")) {
            if !Feature::is_known_name(name) {
                let help = match nearest(name, Feature::PLAIN) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known: {}", Feature::known_names()),
                };
                let pointer = format!("{target}/features/{}", pointer_token(name));
                self.key_mistake(&pointer, &format!("`{name}` is not a feature"), "unknown", &help);
            }
        }
    }
}

/// Whether a text can stand behind the `@` of an e-mail address.
pub(in super::super) fn is_domain(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}
