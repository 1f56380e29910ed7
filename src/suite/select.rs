//! Which suites and cases the user asked for.

pub use crate::model::glob::fits;

/// Globs over suite and case ids. Empty lists select everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Globs over suite ids.
    pub suites: Vec<String>,
    /// Globs over case ids.
    pub cases: Vec<String>,
}

impl Selection {
    /// Whether a case is asked for.
    #[must_use]
    pub fn selects(&self, suite: &str, case: &str) -> bool {
        let any = |globs: &[String], id: &str| globs.is_empty() || globs.iter().any(|glob| fits(glob, id));
        any(&self.suites, suite) && any(&self.cases, case)
    }
}
