//! Variants: named alternatives of the reference server where the RFCs leave a choice, each with the verdict that
//! fits it. They prove that no check cries wolf.

mod bulk;
mod cursor;
mod discovery;
mod errors;
mod groups;
mod http;
mod json;
mod lists;
mod patch;
mod query;
mod unsupported;
mod users;
mod versions;
mod write;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use super::hook::Hook;
use crate::model::Verdict;

/// What is known about a variant.
#[derive(Debug)]
pub struct VariantInfo {
    /// Its name on the command line.
    pub id: &'static str,
    /// What the server does, in one line.
    pub description: &'static str,
    /// The ambiguities that allow it; empty if an RFC leaves it open in so many words.
    pub ambiguities: &'static [&'static str],
    /// What a check may say about it at worst: pass, info or warn.
    pub verdict: Verdict,
    /// The area of the checks that see it, as in the catalogue.
    pub area: &'static str,
    pub(super) hooks: &'static [Hook],
}

/// A variant of the reference server.
#[derive(Clone, Copy)]
pub struct Variant(&'static VariantInfo);

/// All variants.
#[must_use]
pub fn variants() -> &'static [Variant] {
    static ALL: OnceLock<Vec<Variant>> = OnceLock::new();
    ALL.get_or_init(|| {
        let tables: [&'static [VariantInfo]; 13] = [
            http::VARIANTS,
            errors::VARIANTS,
            unsupported::VARIANTS,
            discovery::VARIANTS,
            write::VARIANTS,
            users::VARIANTS,
            groups::VARIANTS,
            query::VARIANTS,
            lists::VARIANTS,
            cursor::VARIANTS,
            patch::VARIANTS,
            versions::VARIANTS,
            bulk::VARIANTS,
        ];
        tables.into_iter().flatten().map(Variant).collect()
    })
}

impl Variant {
    /// What is known about it.
    #[must_use]
    pub fn info(self) -> &'static VariantInfo {
        self.0
    }

    /// Its name on the command line.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.0.id
    }
}

impl FromStr for Variant {
    type Err = String;

    fn from_str(id: &str) -> Result<Self, String> {
        let known = variants().iter().copied();
        known.clone().find(|variant| variant.id() == id).ok_or_else(|| {
            let near = known.max_by(|a, b| {
                let similarity = |variant: &Variant| strsim::jaro_winkler(variant.id(), id);
                similarity(a).total_cmp(&similarity(b))
            });
            let near = near.map_or(String::new(), |variant| format!("; did you mean `{variant}`?"));
            format!("there is no such variant{near}")
        })
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl PartialEq for Variant {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Variant {}

impl PartialOrd for Variant {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Variant {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id().cmp(other.id())
    }
}

/// One line of a table.
const fn variant(
    id: &'static str,
    verdict: Verdict,
    ambiguities: &'static [&'static str],
    area: &'static str,
    description: &'static str,
    hooks: &'static [Hook],
) -> VariantInfo {
    VariantInfo { id, description, ambiguities, verdict, area, hooks }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_sound() {
        let mut ids = BTreeSet::new();
        for info in variants().iter().map(|variant| variant.info()) {
            assert!(ids.insert(info.id), "{} twice", info.id);
            assert!(info.id.bytes().all(|byte| byte.is_ascii_lowercase() || b"-0123456789".contains(&byte)));
            assert!(matches!(info.verdict, Verdict::Pass | Verdict::Info | Verdict::Warn), "{}", info.id);
            assert!(!info.hooks.is_empty() && !info.description.ends_with('.'), "{}", info.id);
        }
        assert!(ids.len() >= 75, "{}", ids.len());
    }

    #[test]
    fn ids_read_back() {
        for variant in variants() {
            assert_eq!(variant.id().parse(), Ok(*variant));
        }
        let error = "patch-24".parse::<Variant>().unwrap_err();
        assert_eq!(error, "there is no such variant; did you mean `patch-204`?");
    }
}
