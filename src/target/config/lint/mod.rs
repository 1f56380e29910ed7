//! What no JSON Schema can say about the configuration. It reads the JSON value and not the typed tables, so that it
//! also has its say about a file whose form is wrong elsewhere; what has the wrong type is left to the schema.
//!
//! No message repeats a value that may be a secret.

use serde_json::{Map, Value};

use crate::suite::diagnostic::{Diagnostic, nearest};
use crate::suite::yaml::{Document, pointer_token};

mod credentials;
mod headers;
mod oauth;
mod overrides;
mod values;

pub(super) use values::{LARGEST_BODY, LONGEST, SMALLEST_BODY, is_domain};

/// The name that means the embedded reference server wherever a target can be named.
pub(super) const REFERENCE: &str = "reference";

/// All mistakes, in no order.
pub(super) fn lint(file: &str, text: &str, document: &Document) -> Vec<Diagnostic> {
    let mut linter = Linter { file, text, document, found: Vec::new() };
    linter.root();
    linter.found
}

struct Linter<'d> {
    file: &'d str,
    text: &'d str,
    document: &'d Document,
    found: Vec<Diagnostic>,
}

impl<'d> Linter<'d> {
    fn root(&mut self) {
        self.literal_secrets("");
        let targets = self.table("/target");
        if let Some(default) = self.text_at("/default")
            && default != REFERENCE
            && !targets.is_some_and(|targets| targets.contains_key(default))
        {
            let names = || targets.into_iter().flat_map(Map::keys).map(String::as_str);
            let help = match nearest(default, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if names().next().is_none() => format!("add a table `[target.{default}]`"),
                None => format!("targets of this file: {}", names().collect::<Vec<_>>().join(", ")),
            };
            self.value_mistake("/default", &format!("there is no target `{default}`"), "named here", &help);
        }
        for (name, table) in targets.into_iter().flatten() {
            if table.is_object() {
                self.target(name);
            }
        }
    }

    fn target(&mut self, name: &str) {
        let at = format!("/target/{}", pointer_token(name));
        if name == REFERENCE {
            self.key_mistake(
                &at,
                "`reference` is the name of the embedded reference server",
                "taken",
                "give the target another name",
            );
        } else {
            self.name(&at, name, "target");
        }
        self.literal_secrets(&at);
        self.base_url(&at);
        self.credential(&at, &format!("target `{name}`"));
        for name in self.keys(&format!("{at}/credentials")) {
            self.further_credential(&at, name);
        }
        self.oauth(&at);
        self.headers(&at);
        self.files(&at);
        self.proxy(&at);
        self.timeouts(&at);
        self.sizes(&at);
        self.domain(&at);
        self.features(&at);
        self.overrides(&at);
    }

    /// A name that the user gives.
    fn name(&mut self, at: &str, name: &str, kind: &str) {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if !plain || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            let help = "letters, digits, `-`, `_` and `.`, and a letter or digit first";
            self.key_mistake(at, &format!("not a name for a {kind}"), "not allowed", help);
        }
    }

    fn get(&self, pointer: &str) -> Option<&'d Value> {
        self.document.value.pointer(pointer)
    }

    fn table(&self, pointer: &str) -> Option<&'d Map<String, Value>> {
        self.get(pointer)?.as_object()
    }

    fn text_at(&self, pointer: &str) -> Option<&'d str> {
        self.get(pointer)?.as_str()
    }

    /// The names of the members of a table; none if it is not one.
    fn keys(&self, pointer: &str) -> Vec<&'d str> {
        self.table(pointer).into_iter().flat_map(Map::keys).map(String::as_str).collect()
    }

    /// Of some keys of a table those that are there, in the order of the file.
    fn present(&self, at: &str, keys: &[&'static str]) -> Vec<&'static str> {
        let Some(table) = self.table(at) else { return Vec::new() };
        let mut present: Vec<_> = keys.iter().copied().filter(|key| table.contains_key(*key)).collect();
        present.sort_by_key(|key| self.document.place_of_key(&format!("{at}/{key}")));
        present
    }

    fn value_mistake(&mut self, pointer: &str, message: &str, label: &str, help: &str) {
        let place = self.document.place_of(pointer);
        let mistake = Diagnostic::new(self.file, self.text, place, message);
        self.found.push(mistake.label(label).help(help.to_owned()));
    }

    fn key_mistake(&mut self, pointer: &str, message: &str, label: &str, help: &str) {
        let place = self.document.place_of_key(pointer);
        let mistake = Diagnostic::new(self.file, self.text, place, message);
        self.found.push(mistake.label(label).help(help.to_owned()));
    }
}
