//! Globs over the ids of suites, cases and checks.

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

/// Whether the id of a check (`CASE#CHECK`) fits a glob: its case as [`fits`] says, and behind `#`, if that is there, its
/// name in the case.
#[must_use]
pub fn fits_check(glob: &str, check: &str) -> bool {
    let (case, own) = check.split_once('#').unwrap_or((check, ""));
    fits(glob, case) && glob.split_once('#').is_none_or(|(_, glob)| fits(glob, own))
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

    #[test]
    fn globs_over_checks() {
        for (glob, check, wanted) in [
            ("a/b#c", "a/b#c", true),
            ("a/b#c", "a/b#d", false),
            ("a/b#c", "a/b/row#c", true),
            ("a/b", "a/b#d", true),
            ("a/*#c", "a/b/d#c", true),
            ("a/b#c-*", "a/b#c-2", true),
            ("a/b#c", "a/b#c-2", false),
            ("a/bb#c", "a/b#c", false),
        ] {
            assert_eq!(fits_check(glob, check), wanted, "{glob} {check}");
        }
    }
}
