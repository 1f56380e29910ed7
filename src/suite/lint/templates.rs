//! Templates: every `${…}` names something that is in scope at that point.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Linter;
use crate::suite::diagnostic::nearest;
use crate::suite::format::{Case, Derive, Step};
use crate::suite::template::{TemplateError, references};
use crate::suite::yaml::pointer_token;

/// Always in scope.
const BUILT_IN: [&str; 8] = ["unique", "uuid", "domain", "base_url", "minimal", "full", "sent", "headers"];

impl<'a> Linter<'a> {
    pub(super) fn templates(&mut self, case: &'a Case, at: &str) {
        let mut scope: BTreeSet<&str> = BUILT_IN.into();
        match case.derive {
            Some(Derive::ResourceTypes) => scope.extend(["id", "name", "endpoint", "schema"]),
            Some(Derive::Schemas) => scope.extend(["id", "name", "schema"]),
            Some(Derive::SchemaExtensions) => scope.extend(["id", "name", "endpoint", "schema", "required"]),
            None => scope.extend(case.matrix.iter().flat_map(|row| row.keys().map(String::as_str))),
        }
        let mut captured = BTreeSet::new();
        for key in ["id", "title"] {
            let text = if key == "id" { &case.id } else { &case.title };
            if text.contains("${") {
                self.mistake(
                    &format!("{at}/{key}"),
                    &format!("a template has no place in the {key} of a case"),
                )
                .push();
            }
        }
        for (index, entry) in case.setup.iter().enumerate() {
            let at = format!("{at}/setup/{index}");
            if entry.create.is_some() {
                self.in_scope(&at, &["create", "with"], &scope, &captured);
                if let Some(name) = &entry.name {
                    scope.insert(name);
                    captured.insert(name.as_str());
                }
            } else if let Some(step) = &entry.step {
                self.step_templates(step, &format!("{at}/step"), &mut scope, &mut captured);
            }
        }
        for (index, step) in case.steps.iter().enumerate() {
            self.step_templates(step, &format!("{at}/steps/{index}"), &mut scope, &mut captured);
        }
    }

    fn step_templates(
        &mut self,
        step: &'a Step,
        at: &str,
        scope: &mut BTreeSet<&'a str>,
        captured: &mut BTreeSet<&'a str>,
    ) {
        self.in_scope(at, &["request", "requires"], scope, captured);
        let mut after = captured.clone();
        // The checks of a step see what it sent and the headers it got; its body they look at themselves.
        let mut seen = scope.clone();
        if let Some(name) = &step.capture_as {
            after.insert(name);
            seen.insert(name);
        }
        self.in_scope(at, &["checks", "one_of"], &seen, &after);
        *captured = after;
        scope.extend(step.capture_as.as_deref());
        scope.extend(step.capture.keys().map(String::as_str));
    }

    /// Looks at all texts below some keys of an entry.
    fn in_scope(&mut self, at: &str, keys: &[&str], scope: &BTreeSet<&str>, captured: &BTreeSet<&str>) {
        for key in keys {
            let pointer = format!("{at}/{key}");
            if let Some(value) = self.parsed.document.value.pointer(&pointer) {
                self.texts(&pointer, value, scope, captured);
            }
        }
    }

    fn texts(&mut self, at: &str, value: &'a Value, scope: &BTreeSet<&str>, captured: &BTreeSet<&str>) {
        match value {
            Value::String(text) => self.text(at, text, scope, captured),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.texts(&format!("{at}/{index}"), item, scope, captured);
                }
            }
            Value::Object(object) => {
                for (key, value) in object {
                    self.texts(&format!("{at}/{}", pointer_token(key)), value, scope, captured);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, at: &str, text: &str, scope: &BTreeSet<&str>, captured: &BTreeSet<&str>) {
        let references = match references(text) {
            Ok(references) => references,
            Err(TemplateError::Unclosed(_) | TemplateError::Undefined { .. }) => {
                return self
                    .mistake(at, "`${` without `}`")
                    .help("a literal `${` is written `$${`".to_owned())
                    .push();
            }
        };
        for reference in references {
            let (name, rest) = reference.expression.split_once('.').unwrap_or((reference.expression, ""));
            let below = rest.split('.').next().unwrap_or_default();
            let (wrong, known) = match name {
                "sent" | "headers" if !captured.contains(below) => (format!("{name}.{below}"), captured),
                _ if scope.contains(name) => continue,
                _ => (name.to_owned(), scope),
            };
            let near = nearest(wrong.rsplit('.').next().unwrap_or(&wrong), known.iter().copied());
            let own: Vec<_> = known.iter().filter(|name| !BUILT_IN.contains(name)).copied().collect();
            let all = if own.is_empty() {
                BUILT_IN.join(", ")
            } else {
                format!("{}, {}", BUILT_IN[..4].join(", "), own.join(", "))
            };
            let help = match near {
                Some(near) => format!("did you mean `{near}`? In scope: {all}"),
                None => format!("in scope: {all}"),
            };
            let place = self.parsed.document.place_of(at);
            let source = &self.parsed.source.text;
            let template = format!("${{{}}}", reference.expression);
            let place = match source[place.start..].find(&template) {
                Some(offset) => place.part(source, offset, template.len()),
                None => place,
            };
            let message = format!("`{wrong}` is not defined at this point");
            self.mistake_at(place, &message).label("used here").help(help).push();
        }
    }
}
