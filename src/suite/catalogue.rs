//! The requirement catalogue: every normative statement of the RFCs, and what they leave open.

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::{Requirement, RequirementId};

/// Something the RFCs leave open, and how it is judged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ambiguity {
    /// What checks cite in `see`.
    pub slug: String,
    /// Part of the protocol.
    pub section: String,
    /// What is open, and the rule.
    pub text: String,
}

/// All requirements and ambiguities.
#[derive(Debug)]
pub struct Catalogue {
    requirements: Vec<Requirement>,
    by_id: HashMap<RequirementId, usize>,
    ambiguities: Vec<Ambiguity>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    requirements: Vec<Requirement>,
    #[serde(default)]
    ambiguities: Vec<Ambiguity>,
}

impl Catalogue {
    /// The catalogue that the binary brings.
    ///
    /// # Panics
    /// Never in a released binary: a test reads every embedded file.
    #[must_use]
    pub fn embedded() -> &'static Self {
        static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
        CATALOGUE.get_or_init(|| {
            const JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/embedded_catalogue.json"));
            let files: Vec<File> =
                serde_json::from_str(JSON).unwrap_or_else(|error| panic!("the embedded catalogue: {error}"));
            let mut all = File { requirements: Vec::new(), ambiguities: Vec::new() };
            for file in files {
                all.requirements.extend(file.requirements);
                all.ambiguities.extend(file.ambiguities);
            }
            let ids = all.requirements.iter().enumerate();
            let by_id = ids.map(|(index, requirement)| (requirement.id.clone(), index)).collect();
            Self { requirements: all.requirements, by_id, ambiguities: all.ambiguities }
        })
    }

    /// All requirements, by RFC and section.
    #[must_use]
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// One requirement.
    #[must_use]
    pub fn requirement(&self, id: &RequirementId) -> Option<&Requirement> {
        self.by_id.get(id).map(|index| &self.requirements[*index])
    }

    /// All ambiguities.
    #[must_use]
    pub fn ambiguities(&self) -> &[Ambiguity] {
        &self.ambiguities
    }

    /// One ambiguity.
    #[must_use]
    pub fn ambiguity(&self, slug: &str) -> Option<&Ambiguity> {
        self.ambiguities.iter().find(|ambiguity| ambiguity.slug == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_whole() {
        let catalogue = Catalogue::embedded();
        assert_eq!(catalogue.requirements().len(), 1065);
        assert_eq!(catalogue.by_id.len(), 1065, "ids are unique");
        for requirement in catalogue.requirements() {
            for slug in &requirement.see {
                assert!(catalogue.ambiguity(slug).is_some(), "{} cites {slug}", requirement.id);
            }
        }
    }
}
