//! The rows of a case: written ones (`matrix`) and those made from the target (`derive`).

use serde_json::{Map, Value};

use super::Linter;
use super::names::BUILT_IN;
use crate::suite::diagnostic::nearest;
use crate::suite::format::{Case, Derive};
use crate::suite::yaml::pointer_token;

impl<'a> Linter<'a> {
    pub(super) fn rows(&mut self, case: &'a Case, at: &str) {
        if case.derive.is_some() && !case.matrix.is_empty() {
            self.mistake_at_key(&format!("{at}/derive"), "`matrix` and `derive` exclude each other")
                .label("rows are written or made, not both")
                .help("make it two cases".to_owned())
                .push();
        }
        if case.only.is_some() && case.derive != Some(Derive::Attributes) {
            self.mistake_at_key(&format!("{at}/only"), "`only` chooses among attributes, and there are none")
                .label("chooses nothing")
                .help("it goes with `derive: attributes`".to_owned())
                .push();
        }
        if case.matrix.is_empty() && self.has(&format!("{at}/matrix")) {
            self.mistake(&format!("{at}/matrix"), "a matrix without rows: the case never runs")
                .label("an empty list")
                .help("a row is a mapping with an `id`: { id: one, count: 1 }".to_owned())
                .push();
        }
        let mut ids = Vec::new();
        for (index, row) in case.matrix.iter().enumerate() {
            let at = format!("{at}/matrix/{index}");
            match row.get("id") {
                Some(Value::String(id)) => {
                    self.id(&format!("{at}/id"), "row", id);
                    ids.push((format!("{at}/id"), id.clone()));
                }
                Some(_) => self
                    .mistake(&format!("{at}/id"), "the `id` of a row is text")
                    .help("put it into quotes".to_owned())
                    .push(),
                None => self
                    .mistake(&at, "a row of the matrix has no `id`")
                    .label("in this row")
                    .help("the id becomes the last part of the case's id, so it must never change".to_owned())
                    .push(),
            }
        }
        self.columns(case, at);
        self.unique("row", "id", ids);
    }

    /// Every row has the same columns, and each of them is used.
    fn columns(&mut self, case: &'a Case, at: &str) {
        let columns = usual_columns(&case.matrix);
        for (index, row) in case.matrix.iter().enumerate() {
            let at = format!("{at}/matrix/{index}");
            let missing: Vec<_> = columns.iter().filter(|column| !row.contains_key(**column)).collect();
            let strange: Vec<_> =
                row.keys().filter(|column| *column != "id" && !columns.contains(&column.as_str())).collect();
            for column in &strange {
                let help = match nearest(column, missing.iter().map(|column| **column)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "all rows have the same columns; `null` stands for no value".to_owned(),
                };
                let pointer = format!("{at}/{}", pointer_token(column));
                self.mistake_at_key(&pointer, &format!("other rows have no column `{column}`"))
                    .label("only here")
                    .help(help)
                    .push();
            }
            // A column that is spelled differently is one mistake, not two.
            for column in missing.iter().skip(strange.len()) {
                self.mistake(&at, &format!("the row has no column `{column}`"))
                    .label("in this row")
                    .help("all rows have the same columns; `null` stands for no value".to_owned())
                    .push();
            }
        }
        let text = self.parsed.document.value.pointer(at).map(Value::to_string).unwrap_or_default();
        for column in columns {
            let Some(first) = case.matrix.iter().position(|row| row.contains_key(column)) else { continue };
            let pointer = format!("{at}/matrix/{first}/{}", pointer_token(column));
            self.new_name(&pointer, column, true);
            if !text.contains(&format!("${{{column}}}")) && !text.contains(&format!("${{{column}.")) {
                self.mistake_at_key(&pointer, &format!("the column `{column}` is not used"))
                    .label("in no template")
                    .help(format!("write `${{{column}}}` where it is meant, or take the column away"))
                    .push();
            }
        }
    }

    /// A name that the suite gives: letters, digits and `_`, and none of those that are always there.
    pub(super) fn new_name(&mut self, at: &str, name: &str, key: bool) {
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let built_in = BUILT_IN.iter().any(|(known, _)| *known == name);
        let (message, help) = if !letters || !begins {
            (
                format!("`{name}` is not a name that templates can use"),
                "a letter, then letters, digits, `_` and `-`",
            )
        } else if built_in {
            (format!("`{name}` is always in scope and cannot be replaced"), "take another name")
        } else {
            return;
        };
        let mistake = if key { self.mistake_at_key(at, &message) } else { self.mistake(at, &message) };
        mistake.help(help.to_owned()).push();
    }
}

/// The columns that most rows have, `id` aside; of two rows those of the first.
fn usual_columns(rows: &[Map<String, Value>]) -> Vec<&str> {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for (index, column) in
        rows.iter().enumerate().flat_map(|(index, row)| row.keys().map(move |key| (index, key)))
    {
        // The first row decides a tie.
        let weight = if index == 0 { 3 } else { 2 };
        match counts.iter_mut().find(|(known, _)| known == column) {
            Some((_, count)) => *count += weight,
            None => counts.push((column, weight)),
        }
    }
    counts
        .into_iter()
        .filter(|(column, count)| *column != "id" && *count > rows.len())
        .map(|(column, _)| column)
        .collect()
}
