//! Which suites and cases the user asked for.

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

/// Whether an id fits a glob: `*` stands for any text; a glob without `*` also fits everything below it, so that
/// `patch` fits `patch/remove/member`. A check's id selects its case.
#[must_use]
pub fn fits(glob: &str, id: &str) -> bool {
    let glob = glob.split('#').next().unwrap_or(glob).trim_end_matches('/');
    if !glob.contains('*') {
        return id == glob || id.strip_prefix(glob).is_some_and(|rest| rest.starts_with('/'));
    }
    let parts: Vec<_> = glob.split('*').collect();
    let Some(mut rest) = id.strip_prefix(parts[0]) else { return false };
    for part in &parts[1..parts.len() - 1] {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(parts[parts.len() - 1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        let cases = [
            ("patch", "patch/remove/member", true),
            ("patch/rem", "patch/remove/member", false),
            ("patch/*", "patch/remove/member", true),
            ("*member", "patch/remove/member", true),
            ("patch/*/member", "patch/remove/member", true),
            ("p*ove*r", "patch/remove/member", true),
            ("p*ove*x", "patch/remove/member", false),
            ("patch/remove/member#kept", "patch/remove/member", true),
            ("*", "anything", true),
            ("", "anything", false),
        ];
        for (glob, id, wanted) in cases {
            assert_eq!(fits(glob, id), wanted, "{glob} {id}");
        }
    }
}
