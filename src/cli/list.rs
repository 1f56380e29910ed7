//! `scimcheck list`: suites, cases, checks, requirements, faults and variants, as text or as one JSON array.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::args::{Format, ListArgs, Listed};
use super::context;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::select::{self, Selectable};
use super::suites;
use crate::check::invariants::Invariant;
use crate::model::{Level, Requirement, RequirementId, Verdict};
use crate::run::planned_checks;
use crate::selftest::{Sight, Table};
use crate::server::{VariantInfo, faults, variants};
use crate::suite::Suite;
use crate::suite::catalogue::Catalogue;
use crate::suite::faults::{FaultDescription, Faults};
use crate::suite::format::Case;
use crate::suite::select::Selection;

pub(crate) fn list(args: &ListArgs) -> Result<ExitCode, CliError> {
    // Reading is most of the time: the catalogue, which levels come from, beside the suites.
    let suites = std::thread::scope(|scope| {
        scope.spawn(Catalogue::embedded);
        suites::load(&args.suites)
    })?;
    let selection = select::selection(&args.selection);
    if selection != Selection::default() {
        select::check(&selection, &selectable(&suites))?;
    }
    let text = match args.what {
        Listed::Suites => render(&list_suites(&suites, &selection), args.format),
        Listed::Cases => render(&list_cases(&suites, &selection), args.format),
        Listed::Checks => render(&list_checks(&suites, &selection), args.format),
        Listed::Requirements => {
            let covered = checks_by_requirement(&suites, &selection);
            render(&list_requirements(&covered, &selection), args.format)
        }
        Listed::Faults => render(&list_faults(), args.format),
        Listed::Variants => render(&list_variants(), args.format),
    };
    context::print(&text?)?;
    Ok(ExitCode::Success)
}

pub(crate) fn selectable(suites: &[Suite]) -> Vec<Selectable<'_>> {
    let all = suites.iter().flat_map(|suite| {
        cases(suite, &Selection::default()).into_iter().map(|(id, case)| Selectable {
            suite: &suite.spec.suite,
            case: id,
            checks: planned_checks(case).map(|(check, ..)| check).collect(),
        })
    });
    all.collect()
}

/// What is listed: all of it as JSON, some cells of it as text.
trait Row: Serialize {
    fn cells(&self) -> Vec<Cow<'_, str>>;
}

#[derive(Serialize)]
struct SuiteRow<'s> {
    id: &'s str,
    title: &'s str,
    requires: &'s [String],
    cases: usize,
    file: &'s str,
}

impl Row for SuiteRow<'_> {
    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![self.id.into(), self.cases.to_string().into(), self.title.into()]
    }
}

fn list_suites<'s>(suites: &'s [Suite], selection: &Selection) -> Vec<SuiteRow<'s>> {
    let rows = suites.iter().map(|suite| SuiteRow {
        id: &suite.spec.suite,
        title: &suite.spec.title,
        requires: &suite.spec.requires,
        cases: cases(suite, selection).len(),
        file: &suite.file,
    });
    rows.filter(|row| row.cases > 0).collect()
}

#[derive(Serialize)]
struct CaseRow<'s> {
    id: String,
    suite: &'s str,
    title: &'s str,
    requires: Vec<&'s String>,
    checks: usize,
    file: &'s str,
    line: u32,
}

impl Row for CaseRow<'_> {
    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![(&self.id).into(), self.title.into()]
    }
}

fn list_cases<'s>(suites: &'s [Suite], selection: &Selection) -> Vec<CaseRow<'s>> {
    let rows = suites.iter().flat_map(|suite| {
        cases(suite, selection).into_iter().map(move |(id, case)| CaseRow {
            id,
            suite: &suite.spec.suite,
            title: &case.title,
            requires: suite.spec.requires.iter().chain(&case.requires).collect(),
            checks: planned_checks(case).count(),
            file: &suite.file,
            line: case.line,
        })
    });
    rows.collect()
}

#[derive(Serialize)]
struct CheckRow<'s> {
    id: String,
    requirement: RequirementId,
    level: Level,
    case: String,
    file: Option<&'s str>,
    line: Option<u32>,
}

impl Row for CheckRow<'_> {
    fn cells(&self) -> Vec<Cow<'_, str>> {
        vec![(&self.id).into(), self.level.as_str().into(), self.requirement.as_str().into()]
    }
}

fn list_checks<'s>(suites: &'s [Suite], selection: &Selection) -> Vec<CheckRow<'s>> {
    let own = suites.iter().flat_map(|suite| {
        cases(suite, selection).into_iter().flat_map(move |(case, spec)| {
            planned_checks(spec).map(move |(check, requirement, level, line)| CheckRow {
                id: format!("{case}#{check}"),
                requirement,
                level,
                case: case.clone(),
                file: Some(&suite.file),
                line: Some(line),
            })
        })
    });
    let always_on =
        Invariant::all().iter().filter(|_| *selection == Selection::default()).map(|invariant| CheckRow {
            id: format!("invariants/{}#holds", invariant.id),
            requirement: invariant.requirement.into(),
            level: invariant.level(),
            case: format!("invariants/{}", invariant.id),
            file: None,
            line: None,
        });
    own.chain(always_on).collect()
}

#[derive(Serialize)]
struct RequirementRow<'s> {
    #[serde(flatten)]
    requirement: &'s Requirement,
    checks: &'s [String],
}

impl Row for RequirementRow<'_> {
    fn cells(&self) -> Vec<Cow<'_, str>> {
        let Requirement { id, level, testable, text, .. } = self.requirement;
        vec![id.as_str().into(), level.as_str().into(), testable.as_str().into(), text.into()]
    }
}

/// All of the catalogue; with a selection those that its cases verify.
fn list_requirements<'s>(
    covered: &'s BTreeMap<RequirementId, Vec<String>>,
    selection: &Selection,
) -> Vec<RequirementRow<'s>> {
    let all = *selection == Selection::default();
    let rows = Catalogue::embedded().requirements().iter().map(|requirement| RequirementRow {
        requirement,
        checks: covered.get(&requirement.id).map_or(&[], Vec::as_slice),
    });
    rows.filter(|row| all || !row.checks.is_empty()).collect()
}

#[derive(Serialize)]
struct FaultRow {
    #[serde(flatten)]
    fault: &'static FaultDescription,
    /// Whether the reference server has it.
    built: bool,
    /// How the checks see it.
    seen: Option<Sight>,
}

impl Row for FaultRow {
    fn cells(&self) -> Vec<Cow<'_, str>> {
        let FaultDescription { id, area, normative, title, .. } = self.fault;
        vec![id.into(), area.into(), normative.as_str().into(), title.into()]
    }
}

/// All descriptions; those that the reference server does not have yet say so.
fn list_faults() -> Vec<FaultRow> {
    let described = Faults::embedded().all().iter();
    let row = |fault: &'static FaultDescription| FaultRow {
        fault,
        built: faults().iter().any(|built| built.id() == fault.id),
        seen: Table::embedded().get(&fault.id).map(|record| record.sight),
    };
    described.map(row).collect()
}

#[derive(Serialize)]
struct VariantRow {
    id: &'static str,
    title: &'static str,
    area: &'static str,
    verdict: Verdict,
    ambiguities: &'static [&'static str],
}

impl Row for VariantRow {
    fn cells(&self) -> Vec<Cow<'_, str>> {
        [self.id, self.area, self.verdict.as_str(), self.title].map(Cow::Borrowed).into()
    }
}

fn list_variants() -> Vec<VariantRow> {
    let rows = variants().iter().map(|variant| {
        let VariantInfo { id, description: title, ambiguities, verdict, area, .. } = *variant.info();
        VariantRow { id, title, area, verdict, ambiguities }
    });
    rows.collect()
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

fn render<R: Row>(rows: &[R], format: Format) -> std::io::Result<String> {
    match format {
        Format::Json => Ok(serde_json::to_string_pretty(rows)? + "\n"),
        Format::Text => Ok(table(rows)),
    }
}

/// Columns of the same width, as long as they are not absurdly wide.
fn table<R: Row>(rows: &[R]) -> String {
    let rows: Vec<_> = rows.iter().map(Row::cells).collect();
    let mut widths = Vec::new();
    for cells in &rows {
        widths.resize(cells.len(), 0);
        for (cell, width) in cells.iter().zip(&mut widths) {
            *width = (*width).max(cell.chars().count()).min(72);
        }
    }
    let mut text = String::new();
    for cells in &rows {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}
