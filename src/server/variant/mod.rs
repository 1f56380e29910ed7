//! Variants: named alternatives of the reference server where the RFCs leave a choice, each with the verdict that
//! fits it. They prove that no check cries wolf.

mod bulk;
mod cursor;
mod custom_types;
mod discovery;
mod errors;
mod groups;
mod http;
mod lists;
mod patch;
mod query;
mod unsupported;
mod users;
mod versions;
mod write;

use std::sync::OnceLock;

use super::hook::Hook;
use super::named::{Change, Entry, Named};
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
    hooks: &'static [Hook],
}

/// A variant of the reference server.
pub type Variant = Named<VariantInfo>;

impl Entry for VariantInfo {
    const WHAT: &'static str = "variant";

    fn all() -> &'static [Variant] {
        variants()
    }

    fn id(&self) -> &'static str {
        self.id
    }
}

impl Change for VariantInfo {
    fn hooks(&self) -> &'static [Hook] {
        self.hooks
    }
}

/// All variants.
#[must_use]
pub fn variants() -> &'static [Variant] {
    static ALL: OnceLock<Vec<Variant>> = OnceLock::new();
    ALL.get_or_init(|| {
        let tables: [&'static [VariantInfo]; 14] = [
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
            custom_types::VARIANTS,
        ];
        tables.into_iter().flatten().map(Named).collect()
    })
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
