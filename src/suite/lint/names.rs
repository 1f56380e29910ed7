//! What templates can name at a point of a case, and what is known about it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::suite::format::{Case, Derive, SetupEntry, Step};
use crate::suite::template::references;

/// What is known about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a name")]
pub(super) struct Name {
    /// Whether it stands for something that this run made: only such things are changed, and only such names are given
    /// to what is created.
    pub(super) own: bool,
    /// Whether it is text, which has no members.
    pub(super) text: bool,
    /// Whether the suite gave the name (the others are always there).
    pub(super) given: bool,
    /// Whether `sent.NAME` is there too.
    pub(super) sent: bool,
    /// Whether `headers.NAME` and `opaque_tag.NAME` are there too.
    pub(super) headers: bool,
    /// Whether `as_members.NAME` and `earlier.NAME` are there too.
    pub(super) created: bool,
    /// Whether it is one resource that the set-up creates, and no list of them.
    pub(super) one: bool,
}

impl Name {
    const fn built_in(own: bool, text: bool) -> Self {
        Self { own, text, given: false, sent: false, headers: false, created: false, one: false }
    }

    const fn given(own: bool, text: bool) -> Self {
        Self { own, text, given: true, sent: false, headers: false, created: false, one: false }
    }
}

/// Always in scope.
pub(super) const BUILT_IN: [(&str, Name); 12] = [
    ("unique", Name::built_in(true, true)),
    ("uuid", Name::built_in(true, true)),
    ("domain", Name::built_in(false, true)),
    ("base_url", Name::built_in(false, true)),
    ("minimal", Name::built_in(true, false)),
    ("full", Name::built_in(true, false)),
    ("another", Name::built_in(true, false)),
    ("sent", Name::built_in(true, false)),
    ("as_members", Name::built_in(true, false)),
    ("earlier", Name::built_in(false, false)),
    ("headers", Name::built_in(true, false)),
    ("opaque_tag", Name::built_in(false, false)),
];

/// In scope where a case logs somebody in.
const PASSWORDS: [&str; 2] = ["password", "other_password"];

/// The names in scope.
#[derive(Debug, Clone)]
pub(super) struct Names(BTreeMap<String, Name>);

/// Columns of derived rows.
pub(super) fn derived_columns(derive: Derive) -> &'static [&'static str] {
    match derive {
        Derive::ResourceTypes => &["id", "name", "type_id", "endpoint", "schema"],
        Derive::Schemas => &["id", "name", "schema"],
        Derive::SchemaExtensions => &["id", "name", "endpoint", "schema", "required"],
        Derive::Attributes => &[
            "id",
            "name",
            "endpoint",
            "schema",
            "schemas",
            "path",
            "type",
            "mutability",
            "returned",
            "value",
            "other",
            "in_any_case",
            "shown_path",
            "shown_value",
            "literal",
            "other_literal",
            "wrong",
            "member",
            "holder",
            "other_holder",
            "wrong_holder",
            "empty_holder",
            "empty_schemas",
            "lacking_holder",
            "made_up",
            "made_up_forms",
            "made_up_holder",
            "made_up_other_holder",
            "finds_first",
            "finds_second",
            "finds_none",
            "part_path",
            "part",
            "part_value",
            "selected",
            "refers_to",
        ],
    }
}

impl Names {
    /// What is in scope before the set-up of a case: the built-in names and the columns of its rows.
    pub(super) fn of(case: &Case) -> Self {
        let mut names = Self(BUILT_IN.iter().map(|(name, known)| ((*name).to_owned(), *known)).collect());
        if let Some(derive) = case.derive {
            names.0.extend(
                derived_columns(derive).iter().map(|column| ((*column).to_owned(), Name::given(false, true))),
            );
        }
        if case.logs_in() {
            for name in PASSWORDS {
                names.0.insert(name.to_owned(), Name::given(true, true));
            }
            names.0.insert("groups_claim".to_owned(), Name::given(false, true));
        }
        let built_in = names.clone();
        for column in case.matrix.iter().flat_map(Map::keys) {
            let values = || case.matrix.iter().filter_map(|row| row.get(column));
            let text = values().all(|value| !value.is_object() && !value.is_array());
            // Empty and wrong values are sent in order to be refused.
            let own =
                values().all(|value| value.as_str().is_none_or(|text| text.is_empty() || built_in.own(text)));
            names.0.insert(column.clone(), Name::given(own, text));
        }
        names
    }

    /// Only the columns of a case's rows.
    pub(super) fn columns(case: &Case) -> Self {
        let mut names = Self::of(case);
        names.0.retain(|name, known| known.given && !PASSWORDS.contains(&name.as_str()));
        names
    }

    /// Only the built-in names.
    pub(super) fn built_in() -> Self {
        Self(BUILT_IN.iter().map(|(name, known)| ((*name).to_owned(), *known)).collect())
    }

    /// A login, of which templates know nothing.
    pub(super) fn login(&mut self, name: &str) {
        self.0.insert(format!("login {name}"), Name::built_in(true, false));
    }

    /// The names of the logins so far.
    pub(super) fn logins(&self) -> impl Iterator<Item = &str> {
        self.0.keys().filter_map(|name| name.strip_prefix("login "))
    }

    pub(super) fn get(&self, name: &str) -> Option<Name> {
        self.0.get(name).copied()
    }

    /// The names, those that the suite gave last.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        let built_in = BUILT_IN.iter().map(|(name, _)| *name).filter(|name| self.0.contains_key(*name));
        built_in.chain(self.0.iter().filter(|(_, known)| known.given).map(|(name, _)| &**name))
    }

    /// The names that `sent.…`, `headers.…`, `opaque_tag.…`, `as_members.…` or `earlier.…` can go on with.
    pub(super) fn below(&self, name: &str) -> Vec<&str> {
        let there = |known: &Name| match name {
            "sent" => known.sent,
            "headers" | "opaque_tag" => known.headers,
            _ => known.created,
        };
        self.0.iter().filter(|(_, known)| there(known)).map(|(name, _)| &**name).collect()
    }

    /// A resource that the set-up creates.
    pub(super) fn create(&mut self, entry: &SetupEntry) {
        if let Some(name) = created_name(entry) {
            let one = entry.count.is_none();
            self.0.insert(name, Name { sent: true, created: true, one, ..Name::given(true, false) });
        }
    }

    /// What a step with `each` sees besides.
    pub(super) fn each(&mut self, list: &str) {
        let own = self.get(list).is_some_and(|known| known.own);
        self.0.insert("each".to_owned(), Name::given(own, false));
    }

    /// What the checks of a step see: its own response too.
    pub(super) fn response(&mut self, step: &Step) {
        if let Some(name) = &step.capture_as {
            let sent = step.request.as_ref().is_some_and(|request| request.body.is_some());
            self.0.insert(
                name.clone(),
                Name { sent, headers: true, ..Name::given(self.makes_own(step), false) },
            );
        }
    }

    /// What a step leaves behind for later ones.
    pub(super) fn after(&mut self, step: &Step) {
        let own = self.makes_own(step);
        self.response(step);
        for name in step.capture.keys() {
            self.0.insert(name.clone(), Name::given(own, false));
        }
    }

    /// Whether what a step gets is the run's own: it asks for something that the run made, or creates it.
    fn makes_own(&self, step: &Step) -> bool {
        let Some(request) = &step.request else { return false };
        request.method == "POST"
            || self.own(&request.path)
            || request.query.values().filter_map(Value::as_str).any(|text| self.own(text))
    }

    /// Whether a text names something that the run made. A name that is not defined is reported elsewhere.
    pub(super) fn own(&self, text: &str) -> bool {
        let Ok(references) = references(text) else { return true };
        references.iter().any(|reference| {
            let mut parts = reference.expression.split('.');
            let name = parts.next().unwrap_or_default();
            let name = if ["sent", "headers", "as_members"].contains(&name) {
                parts.next().unwrap_or_default()
            } else {
                name
            };
            self.get(name).is_none_or(|known| known.own)
        })
    }
}

/// The name of what an entry of the set-up creates: `as`, else the resource type in lower case.
pub(super) fn created_name(entry: &SetupEntry) -> Option<String> {
    entry.create.as_ref().map(|kind| entry.name.clone().unwrap_or_else(|| kind.to_ascii_lowercase()))
}

/// What a text becomes for each row of a matrix; columns that are not text stay as they are.
pub(super) fn per_row(case: &Case, text: &str) -> Vec<String> {
    if case.matrix.is_empty() || !text.contains("${") {
        return vec![text.to_owned()];
    }
    let fill = |row: &Map<String, Value>| {
        row.iter().fold(text.to_owned(), |text, (column, value)| {
            value
                .as_str()
                .map_or_else(|| text.clone(), |value| text.replace(&format!("${{{column}}}"), value))
        })
    };
    let mut all: Vec<_> = case.matrix.iter().map(fill).collect();
    all.dedup();
    all
}
