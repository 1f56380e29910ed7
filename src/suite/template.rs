//! Templates: `${name.path}` in the texts of a suite, filled in from what is in scope.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use serde_json::{Map, Value};

/// Named values that templates see.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    values: Map<String, Value>,
    later: BTreeMap<String, Later>,
}

/// A value that is made when a template asks for it first.
#[derive(Clone)]
struct Later {
    made: OnceLock<Value>,
    make: Arc<dyn Fn() -> Value + Send + Sync>,
}

impl std::fmt::Debug for Later {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Later").field("made", &self.made).finish_non_exhaustive()
    }
}

impl Scope {
    /// Puts a value in scope; one of the same name is replaced.
    pub fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_owned(), value);
    }

    /// Puts a value in scope that is only made if a template asks for it; [`Scope::set`] replaces it.
    pub fn set_later(&mut self, name: &str, make: impl Fn() -> Value + Send + Sync + 'static) {
        self.later.insert(name.to_owned(), Later { made: OnceLock::new(), make: Arc::new(make) });
    }

    /// Puts a value into an object in scope, making the object if need be: `sent.NAME`.
    pub fn insert_into(&mut self, object: &str, name: &str, value: Value) {
        let entry = self.values.entry(object).or_insert_with(|| Value::Object(Map::new()));
        if let Some(object) = entry.as_object_mut() {
            object.insert(name.to_owned(), value);
        }
    }

    /// The value at a dotted path: `team.members.0.value`. Members are looked up as they are spelled, then without
    /// letter case (RFC 7643 §2.1).
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Value> {
        let (name, mut rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let later = || self.later.get(name).map(|later| later.made.get_or_init(|| (later.make)()));
        let mut value = self.values.get(name).or_else(later)?;
        while let Some(path) = rest {
            // A whole remainder first: header names and URNs contain dots.
            if let Some(found) = value.as_object().and_then(|object| member(object, path)) {
                return Some(found);
            }
            let (name, next) = path.split_once('.').map_or((path, None), |(name, next)| (name, Some(next)));
            value = match value {
                Value::Object(object) => member(object, name)?,
                Value::Array(items) => items.get(name.parse::<usize>().ok()?)?,
                _ => return None,
            };
            rest = next;
        }
        Some(value)
    }

    /// The names in scope, for suggestions.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let later = self.later.keys().filter(|name| !self.values.contains_key(*name));
        self.values.keys().chain(later).map(String::as_str)
    }
}

fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A template that cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// What is named is in scope, but has no such part: mostly something that the target left out of an answer.
    #[error("there is no `{0}`")]
    Missing(String),
    /// Nothing of that name is in scope: the suite is wrong.
    #[error("`${{{expression}}}` has no value here (in scope: {in_scope})")]
    Undefined {
        /// What stands between `${` and `}`.
        expression: String,
        /// What is in scope.
        in_scope: String,
    },
    /// `${` without `}`.
    #[error("`${{` without `}}` in `{0}`")]
    Unclosed(String),
}

/// A `${…}` in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<'t> {
    /// What stands between `${` and `}`.
    pub expression: &'t str,
    /// Byte offset of the `$`.
    pub start: usize,
    /// Byte offset after the `}`.
    pub end: usize,
}

/// All references of a text, in order. `$${` is a literal `${`.
///
/// # Errors
/// If a `${` is not closed.
pub fn references(text: &str) -> Result<Vec<Reference<'_>>, TemplateError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].find("${") {
        let start = at + offset;
        if text[..start].ends_with('$') {
            at = start + 2;
            continue;
        }
        let length = text[start..].find('}').ok_or_else(|| TemplateError::Unclosed(text.to_owned()))?;
        let end = start + length + 1;
        found.push(Reference { expression: text[start + 2..end - 1].trim(), start, end });
        at = end;
    }
    Ok(found)
}

/// Fills in all templates of a value, member names included. A text that is exactly one `${…}` becomes the value it
/// names, with its type.
///
/// # Errors
/// If a template has no value.
pub fn render(value: &Value, scope: &Scope) -> Result<Value, TemplateError> {
    Ok(match value {
        Value::String(text) => {
            if let [only] = references(text)?.as_slice()
                && only.start == 0
                && only.end == text.len()
            {
                return lookup(only.expression, scope).cloned();
            }
            Value::String(render_text(text, scope)?)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| render(item, scope)).collect::<Result<_, _>>()?)
        }
        Value::Object(object) => Value::Object(
            object
                .iter()
                .map(|(key, value)| Ok((render_text(key, scope)?, render(value, scope)?)))
                .collect::<Result<_, _>>()?,
        ),
        other => other.clone(),
    })
}

/// Fills in all templates of a text; a value that is not text stands as JSON.
///
/// # Errors
/// If a template has no value.
pub fn render_text(text: &str, scope: &Scope) -> Result<String, TemplateError> {
    let mut rendered = String::with_capacity(text.len());
    let mut at = 0;
    for reference in references(text)? {
        rendered.push_str(&text[at..reference.start].replace("$${", "${"));
        match lookup(reference.expression, scope)? {
            Value::String(text) => rendered.push_str(text),
            other => rendered.push_str(&other.to_string()),
        }
        at = reference.end;
    }
    rendered.push_str(&text[at..].replace("$${", "${"));
    Ok(rendered)
}

fn lookup<'s>(expression: &str, scope: &'s Scope) -> Result<&'s Value, TemplateError> {
    scope.get(expression).ok_or_else(|| {
        let name = expression.split('.').next().unwrap_or_default();
        if scope.names().any(|known| known == name) {
            return TemplateError::Missing(expression.to_owned());
        }
        TemplateError::Undefined {
            expression: expression.to_owned(),
            in_scope: scope.names().collect::<Vec<_>>().join(", "),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> Scope {
        let mut scope = Scope::default();
        scope.set("unique", json!("sc1-a"));
        scope.set(
            "team",
            json!({ "id": "7", "members": [{ "value": "1" }], "count": 2, "meta": { "x.y": true } }),
        );
        scope
    }

    #[test]
    fn values_keep_their_type() {
        let cases = [
            (json!("${team.count}"), json!(2)),
            (json!("n=${team.count}"), json!("n=2")),
            (json!("${team.members}"), json!([{ "value": "1" }])),
            (json!("${team.members.0.value}"), json!("1")),
            (json!("${team.ID}"), json!("7")),
            (json!("${team.meta.x.y}"), json!(true)),
            (json!("$${unique}"), json!("${unique}")),
            (json!({ "${unique}": ["${unique}@x"] }), json!({ "sc1-a": ["sc1-a@x"] })),
        ];
        for (template, wanted) in cases {
            assert_eq!(render(&template, &scope()), Ok(wanted), "{template}");
        }
    }

    #[test]
    fn what_has_no_value_is_an_error() {
        assert!(matches!(render_text("${tema}", &scope()), Err(TemplateError::Undefined { .. })));
        for name in ["team.nothing", "team.members.9", "unique.x"] {
            let missing = Err(TemplateError::Missing(name.to_owned()));
            assert_eq!(render_text(&format!("${{{name}}}"), &scope()), missing);
        }
        assert!(matches!(render_text("${team", &scope()), Err(TemplateError::Unclosed(_))));
    }
}
