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

    /// The command-line arguments that ask for the same.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let flag = |name: &'static str, globs: &[String]| -> Vec<String> {
            globs.iter().flat_map(|glob| [name.to_owned(), glob.clone()]).collect()
        };
        [flag("--suite", &self.suites), flag("--case", &self.cases)].concat()
    }
}
