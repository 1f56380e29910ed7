//! From text to tables: TOML → tree with places → JSON Schema → what no schema can say. Every mistake at once.

use serde_json::Value;

use super::format::ConfigTables;
use super::lint;
use super::mask::Masks;
use super::schema;
use super::tree::{self, Tree};
use crate::suite::diagnostic::{Diagnostic, Place};
use crate::suite::validate;
use crate::suite::yaml::Document;
use crate::wire::redact::MASK;

/// A text without mistakes.
pub(super) struct Checked {
    pub(super) tables: ConfigTables,
    pub(super) document: Document,
    pub(super) masks: Masks,
}

/// Checks a text.
///
/// # Errors
/// All mistakes in the order of their places, with everything masked that looks like a secret.
pub(super) fn check(file: &str, text: &str) -> Result<Checked, Vec<Diagnostic>> {
    let Tree { document, leaves, mistakes } = tree::parse(file, text);
    let masks = Masks::of_leaves(text, &leaves);
    if !mistakes.is_empty() {
        let mut mistakes = finished(mistakes, &masks.of_lines(text));
        // What the parser says about the rest of a line follows from the first mistake in it.
        mistakes.dedup_by_key(|mistake| mistake.place.line);
        return Err(mistakes);
    }
    let shown = concealed(&document, &masks);
    let mut found = lint::lint(file, text, &document);
    let of_schema = validate::validate(&shown, schema::schema(), schema::validator(), file, text);
    for mistake in of_schema {
        // What the linter says about a place is said for people.
        if !found.iter().any(|own: &Diagnostic| own.place.start == mistake.place.start) {
            found.push(in_words_of_toml(mistake));
        }
    }
    if !found.is_empty() {
        return Err(finished(found, &masks));
    }
    let Ok(tables) = serde_json::from_value(document.value.clone()) else {
        // The schema is generated from the types, so this is a gap between both. The error may repeat a value.
        let gap = "not a configuration, for a reason that its JSON Schema does not know";
        return Err(finished(vec![Diagnostic::new(file, text, Place::START, gap)], &masks));
    };
    Ok(Checked { tables, document, masks })
}

/// JSON Schema's names of types as TOML calls them.
fn in_words_of_toml(mistake: Diagnostic) -> Diagnostic {
    let label = match mistake.label.as_str() {
        "wanted: object" => "wanted: a table",
        "wanted: array" => "wanted: an array",
        "wanted: string" => "wanted: a string",
        "wanted: integer" => "wanted: a whole number",
        "wanted: number" => "wanted: a number",
        "wanted: boolean" => "wanted: true or false",
        _ => return mistake,
    };
    mistake.label(label)
}

fn finished(mut mistakes: Vec<Diagnostic>, masks: &Masks) -> Vec<Diagnostic> {
    mistakes.sort_by(|a, b| (a.place, &a.message).cmp(&(b.place, &b.message)));
    mistakes.dedup_by(|a, b| a.place == b.place && a.message == b.message);
    mistakes.into_iter().map(|mistake| masks.apply(mistake)).collect()
}

/// The document with every value replaced that is not to be shown, because messages repeat values.
fn concealed(document: &Document, masks: &Masks) -> Document {
    let mut shown = document.clone();
    let mut value = shown.value.clone();
    for pointer in &masks.pointers {
        if let Some(value) = value.pointer_mut(pointer)
            && !value.is_boolean()
        {
            *value = Value::from(MASK);
        }
    }
    shown.set_value(value);
    shown
}
