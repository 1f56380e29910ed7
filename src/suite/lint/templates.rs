//! Templates: every `${…}` stands where templates work and names something that is in scope at that point.

use serde_json::Value;

use super::Linter;
use super::names::Names;
use crate::suite::diagnostic::{Place, nearest};
use crate::suite::format::{Case, Derive, Step};
use crate::suite::template::{Reference, references};
use crate::suite::yaml::pointer_token;

/// Keys whose texts are taken as they are.
const LITERAL: [&str; 22] = [
    "id",
    "title",
    "name",
    "as",
    "outcome",
    "method",
    "capture",
    "within",
    "every",
    "requirement",
    "level",
    "see",
    "status",
    "scim_error",
    "verdict",
    "payload",
    "credential",
    "hint",
    "channel",
    "token",
    "probe",
    "refreshing",
];
/// Keys for people, who may be told about templates.
const PROSE: [&str; 1] = ["why"];

impl<'a> Linter<'a> {
    /// Texts in which no template can be filled in yet.
    pub(super) fn suite_templates(&mut self) {
        self.in_scope("", &["suite", "title"], &Names::built_in());
        if let Some(requires) = self.parsed.document.value.get("requires") {
            self.literal("/requires", "requires", requires);
        }
    }

    pub(super) fn case_templates(&mut self, case: &'a Case, at: &str) {
        self.in_scope(at, &["id", "title", "requires"], &Names::columns(case));
        for index in 0..case.matrix.len() {
            // A column may use the built-in names.
            self.in_scope(at, &[&format!("matrix/{index}")], &Names::built_in());
        }
    }

    pub(super) fn step_templates(&mut self, step: &'a Step, at: &str, names: &Names) {
        self.in_scope(
            at,
            &[
                "name",
                "as",
                "capture",
                "eventually",
                "requirement",
                "request",
                "requires",
                "login",
                "probe",
                "revoke",
                "end_session",
                "refreshing",
            ],
            names,
        );
        // The checks of a step see its own response under its name, and what was sent.
        let mut seen = names.clone();
        seen.response(step);
        self.in_scope(at, &["expect", "checks", "one_of"], &seen);
    }

    /// Looks at all texts below some keys of an entry.
    pub(super) fn in_scope(&mut self, at: &str, keys: &[&str], names: &Names) {
        for key in keys {
            let pointer = format!("{at}/{key}");
            if let Some(value) = self.parsed.document.value.pointer(&pointer) {
                self.texts(&pointer, key, value, names);
            }
        }
    }

    fn texts(&mut self, at: &str, key: &str, value: &'a Value, names: &Names) {
        // A body and a row are not made of our keys.
        let foreign = at.contains("/body/")
            || at.contains("/with/")
            || at.contains("/matrix/")
            || at.contains("/query/");
        if !foreign && PROSE.contains(&key) {
            return;
        }
        if !foreign && LITERAL.contains(&key) {
            return self.literal(at, key, value);
        }
        match value {
            Value::String(text) => self.text(at, text, names),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.texts(&format!("{at}/{index}"), key, item, names);
                }
            }
            Value::Object(object) => {
                for (key, value) in object {
                    let below = format!("{at}/{}", pointer_token(key));
                    if key.contains("${") {
                        self.text(&below, key, names);
                    }
                    self.texts(&below, key, value, names);
                }
            }
            _ => {}
        }
    }

    /// A text that is taken as it is.
    fn literal(&mut self, at: &str, key: &str, value: &Value) {
        match value {
            Value::String(text) if text.contains("${") => {
                self.mistake(at, &format!("a template has no place in `{key}`"))
                    .label("taken as it is")
                    .help(
                        "templates work in requests, in `with`, and in what checks look at and compare with"
                            .to_owned(),
                    )
                    .push();
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.literal(&format!("{at}/{index}"), key, item);
                }
            }
            Value::Object(object) => {
                for (name, value) in object {
                    self.literal(&format!("{at}/{}", pointer_token(name)), key, value);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, at: &str, text: &str, names: &Names) {
        let Ok(references) = references(text) else {
            let place = self.template_place(at, "${");
            return self
                .mistake_at(at, place, "`${` without `}`")
                .label("not closed")
                .help("close it as in `${made.id}`; a literal `${` is written `$${`".to_owned())
                .push();
        };
        for reference in &references {
            self.reference(at, reference, names);
        }
        if references.is_empty() {
            self.other_notation(at, text, names);
        }
    }

    fn reference(&mut self, at: &str, reference: &Reference<'_>, names: &Names) {
        let expression = reference.expression;
        let (name, rest) =
            expression.split_once('.').map_or((expression, None), |(name, rest)| (name, Some(rest)));
        let place = self.template_place(at, &format!("${{{expression}"));
        let Some(known) = names.get(name) else {
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') || name.is_empty() {
                return self
                    .mistake_at(at, place, &format!("`${{{expression}}}` does not name anything"))
                    .label("not a name")
                    .help(
                        "`${NAME}` or `${NAME.member.0.member}`; there are no functions and operators"
                            .to_owned(),
                    )
                    .push();
            }
            if !self.names_are_certain(at) {
                return;
            }
            let all: Vec<_> = names.all().collect();
            return self.undefined(at, place, name, &all);
        };
        if rest.is_some_and(|rest| rest.split('.').any(str::is_empty)) {
            return self.empty_member(at, place, expression);
        }
        let below = rest.and_then(|rest| rest.split('.').next()).unwrap_or_default();
        match name {
            _ if known.one && !below.is_empty() && below.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.index_of_one(at, place, name, expression);
            }
            "sent" | "headers" | "opaque_tag" | "as_members" | "earlier" => {
                let there = names.below(name);
                if !there.contains(&below) && self.names_are_certain(at) {
                    self.undefined(at, place, &format!("{name}.{below}"), &there);
                }
            }
            "minimal" | "full" | "another" => self.payload(at, place, name, rest.is_some()),
            _ if known.text && rest.is_some() => self
                .mistake_at(
                    at,
                    place,
                    &format!("`{name}` is text and has no member `{}`", rest.unwrap_or_default()),
                )
                .label("no such member")
                .help(format!("write `${{{name}}}`"))
                .push(),
            _ => {}
        }
    }

    /// A dot with nothing behind it, which no value has a member for.
    fn empty_member(&mut self, at: &str, place: Place, expression: &str) {
        let members: Vec<_> = expression.split('.').filter(|member| !member.is_empty()).collect();
        self.mistake_at(at, place, &format!("`${{{expression}}}` has an empty member"))
            .label("nothing between or behind the dots")
            .help(format!("write `${{{}}}`", members.join(".")))
            .push();
    }

    /// Counting in what is one resource.
    fn index_of_one(&mut self, at: &str, place: Place, name: &str, expression: &str) {
        let members: Vec<_> = expression.split('.').skip(2).collect();
        let without = [&[name][..], &members].concat().join(".");
        self.mistake_at(at, place, &format!("`{name}` is one resource, and no list"))
            .label("counts in a list")
            .help(format!("write `${{{without}}}`; `create` makes a list where it has a `count`"))
            .push();
    }

    /// `minimal`, `full` and `another` are one payload each where the rows are resource types, else one per resource type.
    fn payload(&mut self, at: &str, place: Place, name: &str, member: bool) {
        let case =
            at.split('/').nth(2).and_then(|index| self.parsed.spec.cases.get(index.parse::<usize>().ok()?));
        let derived = case.and_then(|case| case.derive);
        if matches!(derived, None | Some(Derive::Schemas)) && !member {
            self.mistake_at(at, place, &format!("`{name}` holds a payload for every resource type"))
                .label("which one?")
                .help(format!("name the resource type, as in `${{{name}.User}}`"))
                .push();
        }
    }

    fn undefined(&mut self, at: &str, place: Place, wrong: &str, known: &[&str]) {
        let word = wrong.rsplit('.').next().unwrap_or(wrong);
        let prefix = &wrong[..wrong.len() - word.len()];
        let known: Vec<_> = known.iter().map(|name| format!("{prefix}{name}")).collect();
        let all = if known.is_empty() { "nothing yet".to_owned() } else { known.join(", ") };
        let help = match nearest(wrong, known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`? In scope: {all}"),
            None => format!("in scope: {all}"),
        };
        self.mistake_at(at, place, &format!("`{wrong}` is not defined at this point"))
            .label("used here")
            .help(help)
            .push();
    }

    /// `{{name}}`, as other tools write it.
    fn other_notation(&mut self, at: &str, text: &str, names: &Names) {
        let Some((_, rest)) = text.split_once("{{") else { return };
        let Some((inner, _)) = rest.split_once("}}") else { return };
        let name = inner.trim().split('.').next().unwrap_or_default();
        if names.get(name).is_some() {
            let place = self.template_place(at, "{{");
            self.mistake_at(at, place, "a template is not written with two braces")
                .label("sent as it is")
                .help(format!("write `${{{}}}`", inner.trim()))
                .push();
        }
    }
}
