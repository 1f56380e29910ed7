//! Attributes that the configuration sets in created resources.

use serde_json::Value;

use super::super::suspect::is_secret_key;
use super::Linter;
use crate::suite::diagnostic::nearest;
use crate::suite::template;
use crate::suite::yaml::pointer_token;

/// Attributes that name a resource: two cases at the same time must not use the same value.
const NAMING: [&str; 2] = ["username", "externalid"];
/// Attributes that the service provider sets (RFC 7643 §3.1).
const READ_ONLY: [&str; 2] = ["id", "meta"];

impl Linter<'_> {
    pub(super) fn overrides(&mut self, target: &str) {
        for resource_type in self.keys(&format!("{target}/overrides")) {
            let at = format!("{target}/overrides/{}", pointer_token(resource_type));
            for name in self.keys(&at) {
                let pointer = format!("{at}/{}", pointer_token(name));
                if name == "remove" {
                    self.removed(&at, &pointer);
                    continue;
                }
                self.attribute(&pointer, name);
                if let Some(value) = self.get(&pointer) {
                    self.templates(&pointer, value);
                }
            }
        }
    }

    fn attribute(&mut self, pointer: &str, name: &str) {
        let lower = name.to_ascii_lowercase();
        if READ_ONLY.contains(&lower.as_str()) {
            let help = "the service provider sets it (RFC 7643 §3.1)";
            self.key_mistake(pointer, &format!("`{name}` cannot be set"), "read-only", help);
        }
        if NAMING.contains(&lower.as_str())
            && self.text_at(pointer).is_some_and(|text| !text.contains("${unique}"))
        {
            let help = format!("put `${{unique}}` into it, as in `{name} = \"${{unique}}@${{domain}}\"`");
            let message = format!("every created resource would have the same `{name}`");
            self.value_mistake(pointer, &message, "not unique", &help);
        }
    }

    /// An attribute is either set or left out.
    fn removed(&mut self, at: &str, pointer: &str) {
        for (index, name) in self.get(pointer).and_then(Value::as_array).into_iter().flatten().enumerate() {
            let Some(name) = name.as_str() else { continue };
            let set =
                self.keys(at).into_iter().find(|key| key.eq_ignore_ascii_case(name) && *key != "remove");
            if let Some(set) = set {
                let help = format!("keep this or `{set} = …`");
                let message = format!("`{name}` is both set and left out");
                self.value_mistake(&format!("{pointer}/{index}"), &message, "left out here", &help);
            }
        }
    }

    fn templates(&mut self, pointer: &str, value: &Value) {
        match value {
            Value::String(text) => self.template(pointer, text),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.templates(&format!("{pointer}/{index}"), item);
                }
            }
            Value::Object(object) => {
                for (key, value) in object {
                    self.templates(&format!("{pointer}/{}", pointer_token(key)), value);
                }
            }
            _ => {}
        }
    }

    fn template(&mut self, pointer: &str, text: &str) {
        const KNOWN: [&str; 2] = ["unique", "domain"];
        let Ok(references) = template::references(text) else {
            self.value_mistake(pointer, "`${` without `}`", "not closed", "`$${` is a literal `${`");
            return;
        };
        for reference in references {
            if !KNOWN.contains(&reference.expression) {
                let help = match nearest(reference.expression, KNOWN) {
                    Some(near) => format!("did you mean `${{{near}}}`?"),
                    None => "known here: `${unique}`, `${domain}`; `$${` is a literal `${`".to_owned(),
                };
                // A password may hold anything, and part of it is not to be repeated.
                let is_secret = pointer.split('/').any(is_secret_key);
                let message = match reference.expression {
                    _ if is_secret => "a template has no value here".to_owned(),
                    expression => format!("`${{{expression}}}` has no value here"),
                };
                self.value_mistake(pointer, &message, "used here", &help);
            }
        }
    }
}
