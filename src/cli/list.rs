//! `scimcheck list`: suites, cases, checks and requirements, as text or as one JSON array.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::args::{Format, ListArgs, Listed};
use super::context;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::select::{self, Selectable};
use super::suites;
use crate::check::invariants::Invariant;
use crate::model::RequirementId;
use crate::run::planned_checks;
use crate::suite::Suite;
use crate::suite::catalogue::Catalogue;
use crate::suite::format::Case;
use crate::suite::select::Selection;

pub(crate) fn list(args: &ListArgs) -> Result<ExitCode, CliError> {
    let suites = suites::load(&args.suites)?;
    let selection = select::selection(&args.selection);
    select::check(&selection, &selectable(&suites))?;
    let rows = match args.what {
        Listed::Suites => list_suites(&suites, &selection),
        Listed::Cases => list_cases(&suites, &selection),
        Listed::Checks => list_checks(&suites, &selection),
        Listed::Requirements => list_requirements(&suites, &selection),
    };
    let text = match args.format {
        Format::Json => format!("{:#}\n", Value::Array(rows)),
        Format::Text => table(&rows, columns(args.what)),
    };
    context::print(&text)?;
    Ok(ExitCode::Success)
}

fn selectable(suites: &[Suite]) -> Vec<Selectable<'_>> {
    let all = suites.iter().flat_map(|suite| {
        cases(suite, &Selection::default()).into_iter().map(|(id, case)| Selectable {
            suite: &suite.spec.suite,
            case: id,
            checks: planned_checks(case).map(|(check, ..)| check).collect(),
        })
    });
    all.collect()
}

fn list_suites(suites: &[Suite], selection: &Selection) -> Vec<Value> {
    suites
        .iter()
        .filter_map(|suite| {
            let cases = cases(suite, selection);
            let row = json!({
                "id": suite.spec.suite,
                "title": suite.spec.title,
                "requires": suite.spec.requires,
                "cases": cases.len(),
                "file": suite.file,
            });
            (!cases.is_empty()).then_some(row)
        })
        .collect()
}

fn list_cases(suites: &[Suite], selection: &Selection) -> Vec<Value> {
    let rows = suites.iter().flat_map(|suite| {
        cases(suite, selection).into_iter().map(move |(id, case)| {
            let requires: Vec<_> = suite.spec.requires.iter().chain(&case.requires).collect();
            json!({
                "id": id,
                "suite": suite.spec.suite,
                "title": case.title,
                "requires": requires,
                "checks": planned_checks(case).count(),
                "file": suite.file,
                "line": case.line,
            })
        })
    });
    rows.collect()
}

fn list_checks(suites: &[Suite], selection: &Selection) -> Vec<Value> {
    let own = suites.iter().flat_map(|suite| {
        cases(suite, selection).into_iter().flat_map(move |(id, case)| {
            planned_checks(case).map(move |(check, requirement, level, line)| {
                json!({
                    "id": format!("{id}#{check}"),
                    "requirement": requirement,
                    "level": level,
                    "case": id,
                    "file": suite.file,
                    "line": line,
                })
            })
        })
    });
    let always_on = Invariant::all().iter().filter(|_| *selection == Selection::default()).map(|invariant| {
        json!({
            "id": format!("invariants/{}#holds", invariant.id),
            "requirement": invariant.requirement,
            "level": invariant.level(),
            "case": format!("invariants/{}", invariant.id),
            "file": null,
            "line": null,
        })
    });
    own.chain(always_on).collect()
}

/// All of the catalogue; with a selection those that its cases verify.
fn list_requirements(suites: &[Suite], selection: &Selection) -> Vec<Value> {
    let covered = checks_by_requirement(suites, selection);
    let all = *selection == Selection::default();
    Catalogue::embedded()
        .requirements()
        .iter()
        .filter(|requirement| all || covered.contains_key(&requirement.id))
        .map(|requirement| {
            let mut row = json!(requirement);
            row["checks"] = json!(covered.get(&requirement.id).map_or(&[][..], Vec::as_slice));
            row
        })
        .collect()
}

/// Which checks of the selected cases verify each requirement; the invariants too, unless something is selected.
pub(crate) fn checks_by_requirement(
    suites: &[Suite],
    selection: &Selection,
) -> BTreeMap<RequirementId, Vec<String>> {
    let mut covered: BTreeMap<RequirementId, Vec<String>> = BTreeMap::new();
    for suite in suites {
        for (id, case) in cases(suite, selection) {
            for (check, requirement, ..) in planned_checks(case) {
                covered.entry(requirement).or_default().push(format!("{id}#{check}"));
            }
        }
    }
    for invariant in Invariant::all().iter().filter(|_| *selection == Selection::default()) {
        let id = format!("invariants/{}#holds", invariant.id);
        covered.entry(invariant.requirement.into()).or_default().push(id);
    }
    covered
}

/// The cases of a suite with their ids, one per written row. What a target gives the rows of (`derive`) is not known
/// before one is asked: such a case stands once, with `*` for the row.
pub(crate) fn cases<'s>(suite: &'s Suite, selection: &Selection) -> Vec<(String, &'s Case)> {
    let mut all = Vec::new();
    for case in &suite.spec.cases {
        let id = format!("{}/{}", suite.spec.suite, case.id);
        let rows = case.matrix.iter().map(|row| row.get("id").and_then(Value::as_str).unwrap_or_default());
        match case.derive {
            Some(_) => all.push((format!("{id}/*"), case)),
            None if case.matrix.is_empty() => all.push((id, case)),
            None => all.extend(rows.map(|row| (format!("{id}/{row}"), case))),
        }
    }
    all.retain(|(id, _)| select::selects(selection, &suite.spec.suite, id));
    all
}

fn columns(what: Listed) -> &'static [&'static str] {
    match what {
        Listed::Suites => &["id", "cases", "title"],
        Listed::Cases => &["id", "title"],
        Listed::Checks => &["id", "level", "requirement"],
        Listed::Requirements => &["id", "level", "testable", "text"],
    }
}

/// Columns of the same width, as long as they are not absurdly wide.
fn table(rows: &[Value], columns: &[&str]) -> String {
    let cell = |row: &Value, column: &str| match &row[column] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let width =
        |column: &str| rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0).min(72);
    let widths: Vec<_> = columns.iter().map(|column| width(column)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, width) in columns.iter().zip(&widths) {
            let _ = write!(line, "{:width$}  ", cell(row, column));
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
