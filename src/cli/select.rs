//! What `--suite` and `--case` select. Every glob must match something: a typing mistake that quietly runs less than was
//! meant looks like a pass.

use std::collections::BTreeSet;

use super::args::SelectionArgs;
use super::error::CliError;
use crate::suite::diagnostic::nearest;
use crate::suite::select::{Selection, fits};

/// A case that can be selected.
pub(crate) struct Selectable<'s> {
    pub(crate) suite: &'s str,
    /// Ends with `/*` where the rows are not known before a target is asked.
    pub(crate) case: String,
    /// Ids of its checks, without that of the case.
    pub(crate) checks: Vec<String>,
}

/// The selection that the arguments describe.
pub(crate) fn selection(args: &SelectionArgs) -> Selection {
    Selection { suites: args.suites.clone(), cases: args.cases.clone() }
}

/// Whether a case is selected, rows that are not known yet included.
pub(crate) fn selects(selection: &Selection, suite: &str, case: &str) -> bool {
    let any = |globs: &[String], fits: &dyn Fn(&str) -> bool| {
        globs.is_empty() || globs.iter().any(|glob| fits(glob))
    };
    any(&selection.suites, &|glob| fits(glob, suite)) && any(&selection.cases, &|glob| may_fit(glob, case))
}

/// An error if a glob matches nothing, or all of them together do not.
pub(crate) fn check(selection: &Selection, all: &[Selectable<'_>]) -> Result<(), CliError> {
    for glob in &selection.suites {
        if !all.iter().any(|known| fits(glob, known.suite)) {
            return Err(no_suite(glob, all));
        }
    }
    for glob in &selection.cases {
        let fitting: Vec<_> = all.iter().filter(|known| may_fit(glob, &known.case)).collect();
        if fitting.is_empty() {
            return Err(no_case(glob, all));
        }
        let Some((_, check)) = glob.split_once('#') else { continue };
        let mut checks = fitting.iter().flat_map(|known| &known.checks).map(String::as_str);
        if !checks.any(|known| fits(check, known)) {
            let known = fitting.iter().flat_map(|known| &known.checks).map(String::as_str);
            return Err(nothing(
                format!("no check fits `{glob}`"),
                did_you_mean(check, known, "`scimcheck list checks` shows all ids"),
            ));
        }
    }
    if all.iter().any(|known| selects(selection, known.suite, &known.case)) || all.is_empty() {
        return Ok(());
    }
    Err(nothing(
        "no case fits both --suite and --case".to_owned(),
        "a case is selected if one of the --suite globs and one of the --case globs fits it".to_owned(),
    ))
}

fn no_suite(glob: &str, all: &[Selectable<'_>]) -> CliError {
    let help = if all.iter().any(|known| may_fit(glob, &known.case)) {
        format!("it is the id of a case: --case {glob}")
    } else {
        did_you_mean(glob, all.iter().map(|known| known.suite), "`scimcheck list suites` shows all ids")
    };
    nothing(format!("no suite fits `{glob}`"), help)
}

fn no_case(glob: &str, all: &[Selectable<'_>]) -> CliError {
    let help = if glob.starts_with("invariants/") {
        "invariants are judged on every response: run the case that sent the request".to_owned()
    } else {
        let (case, check) = glob.split_once('#').map_or((glob, None), |(case, check)| (case, Some(check)));
        let near = nearest(case, all.iter().map(|known| &*known.case));
        match (near, check) {
            (Some(near), Some(check)) => format!("did you mean `{near}#{check}`?"),
            (Some(near), None) => format!("did you mean `{near}`?"),
            (None, _) => "`scimcheck list cases` shows all ids".to_owned(),
        }
    };
    nothing(format!("no case fits `{glob}`"), help)
}

fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    nearest(word, known).map_or_else(|| otherwise.to_owned(), |near| format!("did you mean `{near}`?"))
}

fn nothing(message: String, help: String) -> CliError {
    CliError::NothingRan { message, help: Some(help) }
}

/// Whether a glob fits a case, or may fit one of the rows that the `*` at the end of its id stands for.
pub(crate) fn may_fit(glob: &str, case: &str) -> bool {
    fits(glob, case) || case.strip_suffix('*').is_some_and(|stem| may_begin(glob, stem))
}

/// Whether `stem` and a row can be a text that a glob fits: the glob is followed through the stem, and every place in it
/// that can be reached is kept.
fn may_begin(glob: &str, stem: &str) -> bool {
    let glob: Vec<char> = glob.split('#').next().unwrap_or(glob).chars().collect();
    let mut places = BTreeSet::from([0]);
    for character in stem.chars() {
        let mut next = BTreeSet::new();
        let mut open: Vec<usize> = places.into_iter().collect();
        while let Some(place) = open.pop() {
            match glob.get(place) {
                Some('*') => {
                    next.insert(place);
                    open.push(place + 1);
                }
                Some(wanted) if *wanted == character => {
                    next.insert(place + 1);
                }
                _ => {}
            }
        }
        places = next;
    }
    // A row is one word: what remains of the glob must fit into it.
    places.into_iter().any(|place| !glob[place..].contains(&'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Selectable<'static>> {
        let known = |suite, case: &str, checks: &[&str]| Selectable {
            suite,
            case: case.to_owned(),
            checks: checks.iter().map(|check| (*check).to_owned()).collect(),
        };
        vec![
            known("crud/create", "crud/create/minimal/*", &["created", "location"]),
            known("crud/create", "crud/create/twice", &["refused"]),
            known("auth/access", "auth/access/anonymous", &["refused"]),
        ]
    }

    #[test]
    fn rows_that_only_the_target_knows() {
        for (glob, wanted) in [
            ("crud/create/minimal/User", true),
            ("crud/create/minimal/User#created", true),
            ("crud/create/minimal", true),
            ("crud", true),
            ("crud/create/mini", false),
            ("crud/create/minimal-2", false),
            ("*/User", true),
            ("crud/*/minimal/*", true),
            ("crud/*/maximal/*", false),
            ("auth/*", false),
        ] {
            assert_eq!(may_fit(glob, "crud/create/minimal/*"), wanted, "{glob}");
        }
    }

    #[test]
    fn every_glob_must_match_something() {
        for (suites, cases, wanted) in [
            (&["crud/*"][..], &[][..], None),
            (&[], &["crud/create/minimal/Device", "auth"], None),
            (&["crud/*", "crudd/create"], &[], Some("did you mean `crud/create`?")),
            (&["auth/access/anonymous"], &[], Some("it is the id of a case: --case auth/access/anonymous")),
            (&["zzz"], &[], Some("`scimcheck list suites` shows all ids")),
            (&[], &["crud", "crud/create/twise"], Some("did you mean `crud/create/twice`?")),
            (&[], &["crud/create/twise#refused"], Some("did you mean `crud/create/twice#refused`?")),
            (&[], &["crud/create/twice#refusd"], Some("did you mean `refused`?")),
            (&["auth/access"], &["crud/*"], Some("a case is selected if")),
            (&[], &["invariants/etag#holds"], Some("invariants are judged on every response")),
        ] {
            let owned = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect();
            let selection = Selection { suites: owned(suites), cases: owned(cases) };
            match (check(&selection, &all()), wanted) {
                (Ok(()), None) => {}
                (Err(CliError::NothingRan { help: Some(help), .. }), Some(wanted)) => {
                    assert!(help.starts_with(wanted), "{help}");
                }
                (other, _) => panic!("{suites:?} {cases:?}: {other:?}"),
            }
        }
    }
}
