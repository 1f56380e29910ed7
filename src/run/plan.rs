//! Which cases run, and which do not and why: matrix rows, derived rows, features, selection.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::partition::Partition;
use crate::suite::Suite;
use crate::suite::derive;
use crate::suite::format::Case;
use crate::suite::select::Selection;
use crate::target::TargetModel;

/// All cases of a run, in the order of their suites.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The cases.
    pub cases: Vec<PlannedCase>,
    /// What the user asked for.
    pub selection: Selection,
}

/// One case with its row, ready to run or with the reason why it does not.
#[derive(Debug, Clone)]
pub struct PlannedCase {
    /// Stable id: suite, case and row, joined by `/`.
    pub id: String,
    /// The suite.
    pub suite: Arc<Suite>,
    /// Index of the case in the suite.
    pub index: usize,
    /// The columns of its row.
    pub row: Map<String, Value>,
    /// Everything that the suite and the case require.
    pub requires: Vec<String>,
    /// What happens to it.
    pub fate: Fate,
}

/// What happens to a planned case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It runs.
    Run,
    /// The user's selection leaves it out.
    Deselected,
    /// Another part of the run has it.
    OtherPartition(Partition),
    /// The target does not have this feature, or has one whose absence is required.
    FeatureUnmet(String),
}

impl PlannedCase {
    /// The case as the suite has it.
    ///
    /// # Panics
    /// Never: the index was taken from the same suite.
    #[must_use]
    pub fn case(&self) -> &Case {
        &self.suite.spec.cases[self.index]
    }
}

impl Plan {
    /// Plans all cases of the suites for a target.
    #[must_use]
    pub fn new(suites: &[Suite], target: &TargetModel, selection: &Selection) -> Self {
        let mut cases = Vec::new();
        for suite in suites {
            let suite = Arc::new(suite.clone());
            for (index, case) in suite.spec.cases.iter().enumerate() {
                for (id, row) in rows(&suite.spec.suite, case, target) {
                    let requires: Vec<_> = suite
                        .spec
                        .requires
                        .iter()
                        .chain(&case.requires)
                        .map(|entry| fill(entry, &row))
                        .collect();
                    let fate = if !selection.selects(&suite.spec.suite, &id) {
                        Fate::Deselected
                    } else if let Some(unmet) = target.first_unmet(requires.iter().map(String::as_str)) {
                        Fate::FeatureUnmet(unmet.to_owned())
                    } else {
                        Fate::Run
                    };
                    cases.push(PlannedCase { id, suite: Arc::clone(&suite), index, row, requires, fate });
                }
            }
        }
        Self { cases, selection: selection.clone() }
    }

    /// Leaves the cases to other runs that do not belong to a part.
    pub fn keep(&mut self, partition: Partition) {
        for case in self.cases.iter_mut().filter(|case| case.fate == Fate::Run && !partition.has(&case.id)) {
            case.fate = Fate::OtherPartition(partition);
        }
    }

    /// How many cases run.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.cases.iter().filter(|case| case.fate == Fate::Run).count()
    }

    /// The beginnings of the ids of cases that are derived from the target's schemas: `crud/read/known/`.
    pub(crate) fn derived(&self) -> BTreeSet<String> {
        let derived = self.cases.iter().filter(|planned| planned.case().derive.is_some());
        derived.map(|planned| format!("{}/{}/", planned.suite.spec.suite, planned.case().id)).collect()
    }
}

/// The rows of a case with the ids they give it; a case without rows has one empty row.
fn rows(suite: &str, case: &Case, target: &TargetModel) -> Vec<(String, Map<String, Value>)> {
    let id = format!("{suite}/{}", case.id);
    let rows = match case.derive {
        Some(derive) => derive::rows(derive, case.only.as_ref(), &target.resources, &target.schemas),
        None if case.matrix.is_empty() => return vec![(id, Map::new())],
        None => case.matrix.to_vec(),
    };
    let mut ids = HashSet::new();
    rows.into_iter()
        .map(|row| {
            let row_id = id_word(row.get("id").and_then(Value::as_str).unwrap_or_default());
            // Names that differ in odd characters only still are different rows.
            let numbered = (2..).map(|number| format!("{row_id}-{number}"));
            let row_id = std::iter::once(row_id.clone()).chain(numbered).find(|id| ids.insert(id.clone()));
            (format!("{id}/{}", row_id.unwrap_or_default()), row)
        })
        .collect()
}

/// A name that the target gave as part of a case id: bounded, and without characters that mean something elsewhere.
fn id_word(name: &str) -> String {
    let word = name.chars().take(80).map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' });
    word.collect()
}

/// `requires` may name the column of a row: `resource:${name}`.
fn fill(entry: &str, row: &Map<String, Value>) -> String {
    row.iter().fold(entry.to_owned(), |text, (name, value)| {
        value.as_str().map_or_else(|| text.clone(), |value| text.replace(&format!("${{{name}}}"), value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_target_become_words() {
        assert_eq!(id_word("core.2.0.User"), "core.2.0.User");
        assert_eq!(id_word("a/b#c d\u{1b}[0m"), "a-b-c-d--0m");
        assert_eq!(id_word(&"x".repeat(1000)).len(), 80);
    }
}
