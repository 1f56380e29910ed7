//! A document against a JSON Schema that was generated from types: every mistake at its place, in words.

use jsonschema::error::{ValidationError, ValidationErrorKind};
use serde_json::Value;

use super::diagnostic::{Diagnostic, Place, did_you_mean, nearest};
use super::duration;
use super::source::Source;
use super::yaml::{Document, pointer_token};

/// What a file is, and help for one that is no mapping.
struct Kind {
    name: &'static str,
    beginning: &'static str,
}

impl Kind {
    /// By the title of its schema.
    fn of(schema: &Value) -> Self {
        let title = schema.get("title").and_then(Value::as_str).unwrap_or_default();
        if title.contains("baseline") {
            return Self { name: "a baseline", beginning: "a baseline begins with `format: 1` and `known:`" };
        }
        let beginning = "a suite begins with `format: 1`, `suite:`, `title:` and `cases:`";
        Self { name: "a suite", beginning }
    }
}

/// One mistake of form, and where it is in the document.
pub(crate) struct FormMistake {
    /// JSON Pointer to the value that is wrong, missing or not known.
    pub(crate) pointer: String,
    /// What is wanted there; `None` for a key that is not known.
    pub(crate) wanted: Option<Value>,
    /// What is said about it; nothing if another mistake says it.
    pub(crate) diagnostic: Option<Diagnostic>,
}

/// All mistakes of a document, in the order of their places.
#[must_use]
pub fn validate(
    document: &Document,
    schema: &Value,
    validator: &jsonschema::Validator,
    file: &str,
    text: &str,
) -> Vec<Diagnostic> {
    let source = Source { name: file.to_owned(), text: text.into() };
    let found = mistakes(document, schema, validator, &source);
    let mut diagnostics: Vec<_> = found.into_iter().filter_map(|mistake| mistake.diagnostic).collect();
    diagnostics.sort_by_key(|diagnostic| diagnostic.place);
    diagnostics.dedup();
    diagnostics
}

/// The same, with what is needed to repair the document.
pub(crate) fn mistakes(
    document: &Document,
    schema: &Value,
    validator: &jsonschema::Validator,
    source: &Source,
) -> Vec<FormMistake> {
    if document.value.is_null() {
        let diagnostic = Diagnostic::in_source(source, Place::START, "the file is empty")
            .label("here")
            .help(Kind::of(schema).beginning.to_owned());
        return vec![FormMistake { pointer: String::new(), wanted: None, diagnostic: Some(diagnostic) }];
    }
    let mut explainer = Explainer { document, schema, source, found: Vec::new(), meant: Vec::new() };
    for error in validator.iter_errors(&document.value) {
        explainer.explain(&error);
    }
    let Explainer { mut found, meant, .. } = explainer;
    for mistake in &mut found {
        // A key that is misspelled is one mistake, not two.
        if mistake.wanted.is_some() && meant.contains(&mistake.pointer) {
            mistake.diagnostic = None;
        }
    }
    found
}

struct Explainer<'a> {
    document: &'a Document,
    schema: &'a Value,
    source: &'a Source,
    found: Vec<FormMistake>,
    /// Where the keys belong that are misspelled.
    meant: Vec<String>,
}

impl<'a> Explainer<'a> {
    fn explain(&mut self, error: &ValidationError<'_>) {
        let pointer = error.instance_path().as_str();
        let value = error.instance();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                for key in unexpected {
                    self.unknown_key(pointer, key, self.own(error));
                }
            }
            ValidationErrorKind::Required { property } => {
                self.missing(pointer, property.as_str().unwrap_or_default(), self.own(error));
            }
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                // The branch that the value was meant for is the one that does not fail on the value as a whole.
                let whole = |error: &ValidationError<'_>| error.instance_path().as_str() == pointer;
                let meant: Vec<_> = context.iter().filter(|branch| !branch.iter().any(whole)).collect();
                if let [branch] = meant.as_slice() {
                    for error in *branch {
                        self.explain(error);
                    }
                    return;
                }
                let words: Vec<&str> = self.own(error).map(|own| words(own, self.schema)).unwrap_or_default();
                if !words.is_empty() && value.is_string() {
                    return self.not_a_word(error, &words);
                }
                let help = self.description(error);
                self.wrong(error, "not allowed here", help);
            }
            ValidationErrorKind::Enum { options } => {
                let options: Vec<&str> =
                    options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                self.not_a_word(error, &options);
            }
            ValidationErrorKind::Constant { expected_value } => match expected_value.as_str() {
                Some(only) => self.not_a_word(error, &[only]),
                None => self.wrong(error, "not this", Some(format!("the only value is `{expected_value}`"))),
            },
            ValidationErrorKind::Type { .. } => {
                let types =
                    self.own(error).and_then(|own| own.get("type")).map(type_names).unwrap_or_default();
                let names: Vec<_> = types.iter().map(|name| self.in_words(name)).collect();
                let description = self.own(error).and_then(|own| description(own, self.schema));
                let example = description.and_then(duration_in).filter(|_| value.is_number());
                let help = if let Some(example) = example {
                    let meant =
                        value.as_u64().map_or_else(|| example.to_owned(), |number| format!("{number}s"));
                    Some(format!("a duration has a unit and is text: \"{meant}\""))
                } else if types.contains(&"string") && (value.is_number() || value.is_boolean()) {
                    Some(format!("put it into quotes to make it text: \"{value}\""))
                } else if let Some(bare) = without_quotes(value, &types) {
                    Some(format!("write it without quotes: {bare}"))
                } else if types == ["array"] && !value.is_null() {
                    let lines = ", or with one line for each value that begins with `- `";
                    Some(format!("a list is written [a, b]{}", if self.is_toml() { "" } else { lines }))
                } else {
                    self.description(error)
                };
                self.wrong(error, &format!("wanted: {}", names.join(" or ")), help);
            }
            _ => {
                let message = format!("{}: {error}", name_of(pointer));
                let place = self.document.place_of(pointer);
                let diagnostic = Diagnostic::in_source(self.source, place, &message).label("here");
                self.push(pointer.to_owned(), self.own(error), diagnostic);
            }
        }
    }

    /// A value in a few words. Text keeps its quotes where they make the difference: TOML has no text without them, in
    /// YAML `"true"` is not `true`.
    fn short(&self, value: &Value) -> String {
        match value {
            Value::Object(_) => self.in_words("object").to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::Null => "nothing".to_owned(),
            Value::String(text) => {
                let clipped: String = text.chars().take(40).collect();
                let dots = if clipped.len() < text.len() { "…" } else { "" };
                let quoted = self.is_toml() || serde_json::from_str::<Value>(text).is_ok();
                if quoted { format!("`\"{clipped}{dots}\"`") } else { format!("`{clipped}{dots}`") }
            }
            other => format!("`{other}`"),
        }
    }

    /// Configuration is TOML, which has words of its own; suites are YAML.
    fn is_toml(&self) -> bool {
        std::path::Path::new(&self.source.name).extension().is_some_and(|extension| extension == "toml")
    }

    fn in_words<'t>(&self, json_type: &'t str) -> &'t str {
        match json_type {
            "object" if self.is_toml() => "a table",
            "object" => "a mapping",
            "array" => "a list",
            "string" => "text",
            "integer" => "a whole number",
            "number" => "a number",
            "boolean" => "true or false",
            other => other,
        }
    }

    /// The schema that an error is about.
    fn own(&self, error: &ValidationError<'_>) -> Option<&'a Value> {
        resolve(self.schema, parent(error.schema_path().as_str()))
    }

    /// What is said about the place of an error, or about the nearest one around it.
    fn description(&self, error: &ValidationError<'_>) -> Option<String> {
        let pointer = error.instance_path().as_str();
        if pointer.is_empty() {
            return Some(Kind::of(self.schema).beginning.to_owned());
        }
        let (mut path, mut named) = (parent(error.schema_path().as_str()), pointer);
        loop {
            let own = resolve(self.schema, path);
            if let Some(text) = own.and_then(|own| description(own, self.schema)) {
                return Some(format!("{}: {}", name_of(named), first_sentence(text)));
            }
            let outer = Some(parent(path)).filter(|outer| outer.len() < path.len())?;
            // What is said there is said about the value around.
            let around = ["/additionalProperties", "/items"].contains(&&path[outer.len()..]);
            if around || outer.ends_with("/properties") {
                named = parent(named);
            }
            path = outer;
        }
    }

    fn push(&mut self, pointer: String, wanted: Option<&Value>, diagnostic: Diagnostic) {
        let wanted = Some(wanted.cloned().unwrap_or(Value::Bool(true)));
        self.found.push(FormMistake { pointer, wanted, diagnostic: Some(diagnostic) });
    }

    fn unknown_key(&mut self, pointer: &str, key: &str, own: Option<&Value>) {
        let allowed: Vec<&str> = own
            .and_then(|own| own.get("properties")?.as_object())
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        let help = match nearest(key, allowed.iter().copied()) {
            Some(near) => {
                self.meant.push(format!("{pointer}/{near}"));
                format!("did you mean `{near}`?")
            }
            None => format!("known here: {}", allowed.join(", ")),
        };
        let pointer = format!("{pointer}/{}", pointer_token(key));
        let place = self.document.place_of_key(&pointer);
        let diagnostic = Diagnostic::in_source(self.source, place, &format!("unknown key `{key}`"))
            .label("not a key here")
            .help(help);
        self.found.push(FormMistake { pointer, wanted: None, diagnostic: Some(diagnostic) });
    }

    fn missing(&mut self, pointer: &str, property: &str, own: Option<&Value>) {
        let schema = own.and_then(|own| own.pointer(&format!("/properties/{property}")));
        let help = schema
            .and_then(|schema| description(schema, self.schema))
            .map(|text| format!("`{property}`: {}", first_sentence(text)));
        let place = self.document.place_of(pointer);
        let diagnostic = Diagnostic::in_source(self.source, place, &format!("`{property}` is missing"))
            .label("in this entry")
            .help(help);
        self.push(format!("{pointer}/{property}"), schema, diagnostic);
    }

    fn not_a_word(&mut self, error: &ValidationError<'_>, options: &[&str]) {
        let value = error.instance();
        let help = did_you_mean(value.as_str().unwrap_or_default(), options, "One of:");
        self.wrong(error, "unknown word", Some(help));
    }

    fn wrong(&mut self, error: &ValidationError<'_>, label: &str, help: Option<String>) {
        let pointer = error.instance_path().as_str();
        let place = self.document.place_of(pointer);
        let (place, label, message) = match &**error.instance() {
            Value::Null => {
                let key = self.document.place_of_key(pointer);
                (key, "nothing behind it", format!("{} has no value", name_of(pointer)))
            }
            value if pointer.is_empty() => {
                let kind = Kind::of(self.schema).name;
                (place, label, format!("the file holds {}, not {kind}", self.short(value)))
            }
            value => (place, label, format!("{} is not what {} can be", self.short(value), name_of(pointer))),
        };
        let diagnostic = Diagnostic::in_source(self.source, place, &message).label(label).help(help);
        self.push(pointer.to_owned(), self.own(error), diagnostic);
    }
}

/// The types that a schema allows, without `null`, which stands for a key that is left out.
fn type_names(types: &Value) -> Vec<&str> {
    let all: Vec<&str> = match types {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    };
    all.into_iter().filter(|name| *name != "null").collect()
}

/// The first duration in a description: what has one as an example is one.
fn duration_in(description: &str) -> Option<&str> {
    let words = description.split_whitespace();
    let mut bare = words.map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    bare.find(|word| duration::parse(word).is_some())
}

/// A text that would be what is wanted if it stood without its quotes.
fn without_quotes<'v>(value: &'v Value, types: &[&str]) -> Option<&'v str> {
    let text = value.as_str()?;
    let fits = match serde_json::from_str(text).ok()? {
        Value::Bool(_) => types.contains(&"boolean"),
        Value::Number(number) => types.contains(&"number") || types.contains(&"integer") && number.is_u64(),
        _ => false,
    };
    fits.then_some(text)
}

/// The words of an enumeration, also of one that is optional or documented word by word; empty if the schema allows
/// anything else.
fn words<'s>(own: &'s Value, root: &'s Value) -> Vec<&'s str> {
    if let Some(reference) = own.get("$ref").and_then(Value::as_str) {
        return root
            .pointer(reference.trim_start_matches('#'))
            .map(|own| words(own, root))
            .unwrap_or_default();
    }
    if let Some(options) = own.get("enum").and_then(Value::as_array) {
        return options.iter().filter_map(Value::as_str).collect();
    }
    if let Some(word) = own.get("const").and_then(Value::as_str) {
        return vec![word];
    }
    let branches = own.get("anyOf").or_else(|| own.get("oneOf")).and_then(Value::as_array);
    let branches = branches.into_iter().flatten().filter(|branch| branch["type"] != "null");
    let each: Vec<_> = branches.map(|branch| words(branch, root)).collect();
    if each.iter().any(Vec::is_empty) { Vec::new() } else { each.concat() }
}

/// The description of a schema, or of what it refers to.
fn description<'s>(own: &'s Value, root: &'s Value) -> Option<&'s str> {
    let branches = own.get("anyOf").or_else(|| own.get("oneOf")).and_then(Value::as_array);
    let referred =
        branches.into_iter().flatten().filter_map(|branch| branch.get("$ref")?.as_str()).find_map(
            |reference| root.pointer(reference.trim_start_matches('#'))?.get("description")?.as_str(),
        );
    referred.or_else(|| own.get("description").and_then(Value::as_str))
}

/// Follows an evaluation path through a schema, jumping where it passes a `$ref`.
fn resolve<'s>(root: &'s Value, path: &str) -> Option<&'s Value> {
    let mut at = root;
    for token in path.split('/').skip(1) {
        if token == "$ref" {
            at = root.pointer(at.get("$ref")?.as_str()?.trim_start_matches('#'))?;
            continue;
        }
        let token = token.replace("~1", "/").replace("~0", "~");
        at = match at {
            Value::Object(object) => object.get(&token)?,
            Value::Array(items) => items.get(token.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}

fn parent(path: &str) -> &str {
    path.rfind('/').map_or("", |at| &path[..at])
}

/// The key that a value stands under.
fn name_of(pointer: &str) -> String {
    let named = pointer.rsplit('/').find(|token| !token.is_empty() && token.parse::<usize>().is_err());
    named.map_or_else(
        || "the file".to_owned(),
        |token| format!("`{}`", token.replace("~1", "/").replace("~0", "~")),
    )
}

fn first_sentence(text: &str) -> String {
    let text = text.split("\n\n").next().unwrap_or(text).replace('\n', " ");
    text.trim_end_matches('.').to_owned()
}
