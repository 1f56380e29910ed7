//! What the parts of one run have in common.

use thiserror::Error;

use super::{Named, part};
use crate::model::RunResult;

/// Why results are not the parts of one run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MergeError {
    /// There is none.
    #[error("there is nothing to merge")]
    Nothing,
    /// They differ in what has to be the same.
    #[error("{what} differs: {first} in {a}, {other} in {b}")]
    Differs {
        /// In what.
        what: String,
        /// What the first says.
        first: String,
        /// What the other says.
        other: String,
        /// The name of the first.
        a: String,
        /// The name of the other.
        b: String,
    },
    /// A case ran in two of them.
    #[error("the case {case} ran in {a} and in {b}: they are not parts of one run")]
    Twice {
        /// Its id.
        case: String,
        /// The name of the one.
        a: String,
        /// The name of the other.
        b: String,
    },
}

/// An error if they differ in what has to be the same: the version, the target and what it can do, the number of parts,
/// what was to run and how, the baseline.
pub(super) fn agree(parts: &[Named]) -> Result<(), MergeError> {
    let Some(((a, first), others)) = parts.split_first() else { return Err(MergeError::Nothing) };
    for (b, other) in others {
        let differs = |what: &str, one: String, two: String| {
            if one == two {
                return Ok(());
            }
            let what = what.to_owned();
            Err(MergeError::Differs { what, first: one, other: two, a: a.clone(), b: b.clone() })
        };
        differs("the version of scimcheck", first.tool.version.clone(), other.tool.version.clone())?;
        differs("the target", first.target.name.clone(), other.target.name.clone())?;
        // The embedded server listens on a port of its own in each part.
        if !(first.target.embedded && other.target.embedded) {
            differs("the base URL", first.target.base_url.clone(), other.target.base_url.clone())?;
        }
        let parts_of = |result: &RunResult| match part(result) {
            Some((of, _)) => format!("one of {of} parts"),
            None => "no part".to_owned(),
        };
        differs("the partition", parts_of(first), parts_of(other))?;
        for name in first.features.keys().chain(other.features.keys()) {
            differs(&format!("the feature `{name}`"), feature(first, name), feature(other, name))?;
        }
        let entries = |result: &RunResult| match &result.baseline {
            Some(baseline) => {
                baseline.entries.iter().map(|entry| entry.check.as_str()).collect::<Vec<_>>().join(", ")
            }
            None => "none".to_owned(),
        };
        differs("the baseline", entries(first), entries(other))?;
        differs("the selection", in_words(&first.selection), in_words(&other.selection))?;
        let arguments = |result: &RunResult| in_words(&without_place(&result.target.arguments));
        differs("what was asked for", arguments(first), arguments(other))?;
    }
    Ok(())
}

/// What is known about a feature, without where from: that may name addresses.
fn feature(result: &RunResult, name: &str) -> String {
    let Some(state) = result.features.get(name) else { return "not known".to_owned() };
    let word = |known: Option<bool>, how: &str| known.map(|known| format!("{how} {known}"));
    let words = [
        word(state.claimed, "claimed"),
        word(state.discovered, "discovered"),
        word(state.overridden, "overridden"),
    ];
    let words: Vec<_> = words.into_iter().flatten().collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
}

/// Arguments, whatever their order; `nothing` if there is none.
fn in_words(arguments: &[String]) -> String {
    let mut flags: Vec<_> = arguments.chunks(2).map(|flag| flag.join(" ")).collect();
    flags.sort();
    if flags.is_empty() { "nothing".to_owned() } else { flags.join(" ") }
}

/// The arguments without those that only lead to the target, which may be other ones on another machine.
fn without_place(arguments: &[String]) -> Vec<String> {
    const PLACE: [&str; 4] = ["--target", "--config", "--ca-file", "--token-env"];
    let flags = arguments.chunks(2).filter(|flag| !PLACE.contains(&flag[0].as_str()));
    flags.flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_to_the_target_is_not_compared() {
        let words = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
        let (one, other) =
            (words("--target a --suites x --domain d"), words("--domain d --config c --suites x"));
        assert_eq!(in_words(&without_place(&one)), "--domain d --suites x");
        assert_eq!(in_words(&without_place(&one)), in_words(&without_place(&other)));
        assert_eq!(in_words(&[]), "nothing");
    }
}
