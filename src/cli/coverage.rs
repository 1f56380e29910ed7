//! `scimcheck coverage`: which requirements of the catalogue a check verifies, and why the others have none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::args::{CoverageArgs, CoverageFormat};
use super::context;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::judged_lower::worst_by_requirement;
use super::list::checks_by_requirement;
use super::suites;
use crate::model::{Requirement, RequirementId, Testable, Verdict};
use crate::suite::catalogue::Catalogue;
use crate::suite::select::Selection;

pub(crate) fn coverage(args: &CoverageArgs) -> Result<ExitCode, CliError> {
    let suites = suites::load(&args.suites)?;
    let coverage = Coverage::of(
        Catalogue::embedded().requirements(),
        &checks_by_requirement(&suites, &Selection::default()),
        &worst_by_requirement(&suites),
    );
    let text = match args.format {
        CoverageFormat::Json => format!("{:#}\n", serde_json::json!(coverage)),
        CoverageFormat::Markdown => markdown(&coverage),
        CoverageFormat::Text => summary(&coverage),
    };
    context::print(&text)?;
    Ok(ExitCode::Success)
}

/// How many requirements have a check.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Share {
    /// With at least one check.
    covered: usize,
    /// All of them.
    total: usize,
}

impl Share {
    fn add(&mut self, covered: bool) {
        self.total += 1;
        self.covered += usize::from(covered);
    }

    /// `12 of 14 (86 %)`; nothing where there is nothing to cover.
    fn text(self) -> String {
        match self.total {
            0 => String::new(),
            total => format!("{} of {total} ({} %)", self.covered, self.covered * 100 / total),
        }
    }
}

/// Shares by `MUST`, `SHOULD` or `MAY`, and by whether every server can be tested or only some.
type Shares = BTreeMap<&'static str, BTreeMap<&'static str, Share>>;

#[derive(Debug, Serialize)]
struct Coverage {
    /// By RFC.
    rfcs: BTreeMap<String, Rfc>,
    /// Testable requirements that no check verifies.
    uncovered: Vec<Uncovered>,
    /// Requirements that every check judges lower than their level: a MUST that only warns.
    judged_lower: Vec<Lower>,
}

#[derive(Debug, Serialize)]
struct Lower {
    id: RequirementId,
    level: &'static str,
    text: String,
    /// The worst that a check says of a breach: `warn` or `info`.
    worst: Verdict,
}

#[derive(Debug, Default, Serialize)]
struct Rfc {
    levels: Shares,
    /// Section, in the order of the RFC.
    sections: Vec<Section>,
    /// Not testable over HTTP.
    not_testable: usize,
    /// How many requirements every check judges lower than their level, by level.
    judged_lower: BTreeMap<&'static str, usize>,
}

#[derive(Debug, Serialize)]
struct Section {
    number: String,
    levels: Shares,
    not_testable: usize,
    /// Requirement and the checks that verify it.
    requirements: Vec<Verified>,
}

#[derive(Debug, Serialize)]
struct Verified {
    id: RequirementId,
    checks: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Uncovered {
    id: RequirementId,
    level: &'static str,
    testable: Testable,
    text: String,
    /// Why no check verifies it.
    reason: Option<String>,
}

impl Coverage {
    fn of(
        requirements: &[Requirement],
        checks: &BTreeMap<RequirementId, Vec<String>>,
        worst: &BTreeMap<RequirementId, Verdict>,
    ) -> Self {
        let mut coverage = Self { rfcs: BTreeMap::new(), uncovered: Vec::new(), judged_lower: Vec::new() };
        for requirement in requirements {
            let rfc = coverage.rfcs.entry(requirement.rfc.clone()).or_default();
            if rfc.sections.last().is_none_or(|last| last.number != requirement.section) {
                let number = requirement.section.clone();
                rfc.sections.push(Section {
                    number,
                    levels: Shares::new(),
                    not_testable: 0,
                    requirements: Vec::new(),
                });
            }
            let section = rfc.sections.last_mut().expect("one was just pushed");
            let verified = checks.get(&requirement.id);
            if let Some(checks) = verified {
                section.requirements.push(Verified { id: requirement.id.clone(), checks: checks.clone() });
            }
            let testable = match requirement.testable {
                Testable::Yes => "every server",
                Testable::Conditional => "some servers",
                Testable::No => {
                    rfc.not_testable += 1;
                    section.not_testable += 1;
                    continue;
                }
            };
            let level = group(requirement);
            let own = requirement.level.verdict_if_broken();
            if let Some(worst) = worst.get(&requirement.id).filter(|worst| level != "MAY" && **worst < own) {
                *rfc.judged_lower.entry(level).or_default() += 1;
                coverage.judged_lower.push(Lower {
                    id: requirement.id.clone(),
                    level: requirement.level.as_str(),
                    text: requirement.text.clone(),
                    worst: *worst,
                });
            }
            for shares in [&mut rfc.levels, &mut section.levels] {
                shares.entry(level).or_default().entry(testable).or_default().add(verified.is_some());
            }
            if verified.is_none() {
                coverage.uncovered.push(Uncovered {
                    id: requirement.id.clone(),
                    level: requirement.level.as_str(),
                    testable: requirement.testable,
                    text: requirement.text.clone(),
                    reason: requirement.uncovered.clone(),
                });
            }
        }
        coverage
    }
}

/// `MUST NOT` counts with `MUST`, `SHOULD NOT` with `SHOULD`.
fn group(requirement: &Requirement) -> &'static str {
    match requirement.level.as_str() {
        "MUST" | "MUST NOT" => "MUST",
        "SHOULD" | "SHOULD NOT" => "SHOULD",
        _ => "MAY",
    }
}

const LEVELS: [&str; 3] = ["MUST", "SHOULD", "MAY"];
const TESTABLE: [&str; 2] = ["every server", "some servers"];

fn share(shares: &Shares, level: &str, testable: &str) -> Share {
    shares.get(level).and_then(|levels| levels.get(testable)).copied().unwrap_or_default()
}

/// For a terminal: a line per RFC and level, and how many are uncovered.
fn summary(coverage: &Coverage) -> String {
    let mut text = String::new();
    for (name, rfc) in &coverage.rfcs {
        let _ = writeln!(text, "{name}");
        for level in LEVELS {
            let [every, some] = TESTABLE.map(|testable| share(&rfc.levels, level, testable).text());
            if !every.is_empty() || !some.is_empty() {
                let _ = writeln!(text, "  {level:7} every server {every:22} some servers {some}");
            }
        }
        let _ = writeln!(text, "  not testable over HTTP: {}", rfc.not_testable);
        let lower: usize = rfc.judged_lower.values().sum();
        if lower > 0 {
            let _ = writeln!(text, "  judged lower than their level: {lower}");
        }
    }
    let without = coverage.uncovered.iter().filter(|uncovered| uncovered.reason.is_none()).count();
    let _ = writeln!(
        text,
        "\n{} testable requirements have no check, {without} of them without a reason; \
         `scimcheck coverage --format markdown` lists them",
        coverage.uncovered.len()
    );
    text
}

/// The page `docs/coverage.md`.
fn markdown(coverage: &Coverage) -> String {
    let mut text = String::from(
        "# Coverage\n\n\
         Which requirements of the catalogue (`suites/requirements/`) a check verifies. Generated by `scimcheck coverage \
         --format markdown`; a test keeps it fresh. \"Every server\" are requirements that can be tested on every service \
         provider, \"some servers\" those that need an optional feature or a special set-up. \"Judged lower\" are those \
         whose every check judges a breach more mildly than the level says, as listed below.\n\n\
         | RFC | level | every server | some servers | judged lower | not testable over HTTP |\n\
         |---|---|---|---|---|---|\n",
    );
    for (name, rfc) in &coverage.rfcs {
        for level in LEVELS {
            let [every, some] = TESTABLE.map(|testable| share(&rfc.levels, level, testable).text());
            let hidden = if level == "MUST" { rfc.not_testable.to_string() } else { String::new() };
            let lower = rfc.judged_lower.get(level).map(usize::to_string).unwrap_or_default();
            let _ = writeln!(text, "| {name} | {level} | {every} | {some} | {lower} | {hidden} |");
        }
    }
    text.push_str("\n## Without a check\n\n");
    text.push_str("| requirement | level | what it says | why there is no check |\n|---|---|---|---|\n");
    for uncovered in &coverage.uncovered {
        let reason = uncovered.reason.as_deref().unwrap_or("");
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            uncovered.id,
            uncovered.level,
            cell(&uncovered.text),
            cell(reason)
        );
    }
    text.push_str(&lower(&coverage.judged_lower));
    for (name, rfc) in &coverage.rfcs {
        let _ = writeln!(text, "\n## {name} by section\n");
        text.push_str("| section | MUST | SHOULD | MAY | checks |\n|---|---|---|---|---|\n");
        for section in &rfc.sections {
            let both = |level: &str| {
                let mut sum = Share::default();
                for testable in TESTABLE {
                    let share = share(&section.levels, level, testable);
                    sum.covered += share.covered;
                    sum.total += share.total;
                }
                if sum.total == 0 { String::new() } else { format!("{} of {}", sum.covered, sum.total) }
            };
            let checks: usize = section.requirements.iter().map(|verified| verified.checks.len()).sum();
            let [must, should, may] = LEVELS.map(both);
            let _ = writeln!(text, "| §{} | {must} | {should} | {may} | {checks} |", section.number);
        }
    }
    text.push_str("\n## By which checks\n\n`scimcheck explain ID` names all of a requirement.\n\n");
    text.push_str("| requirement | checks |\n|---|---|\n");
    for verified in
        coverage.rfcs.values().flat_map(|rfc| &rfc.sections).flat_map(|section| &section.requirements)
    {
        let _ = writeln!(text, "| {} | {} |", verified.id, some_of(&verified.checks));
    }
    text
}

/// The section about requirements that are judged more mildly than they are worded.
fn lower(judged: &[Lower]) -> String {
    let mut text = String::from(
        "\n## Judged lower\n\n\
         Every check of these says less of a breach than the level demands, since an ambiguity or the words of the RFC have \
         it so: `scimcheck explain ID` names the ambiguities and the checks.\n\n\
         | requirement | level | a breach is at worst | what it says |\n|---|---|---|---|\n",
    );
    for Lower { id, level, text: says, worst } in judged {
        let _ = writeln!(text, "| {id} | {level} | {worst} | {} |", cell(says));
    }
    text
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The first few checks, one of each case, and how many more there are.
fn some_of(checks: &[String]) -> String {
    const SHOWN: usize = 3;
    let mut cases = BTreeSet::new();
    let case = |check: &str| {
        let path = check.split('#').next().unwrap_or_default();
        path.split('/').take(3).collect::<Vec<_>>().join("/")
    };
    let shown: Vec<_> = checks.iter().filter(|check| cases.insert(case(check))).take(SHOWN).collect();
    let mut text = shown.iter().map(|check| format!("`{check}`")).collect::<Vec<_>>().join(", ");
    if checks.len() > shown.len() {
        let _ = write!(text, " and {} more", checks.len() - shown.len());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_covered_and_what_is_not() {
        let requirements = Catalogue::embedded().requirements();
        let testable: Vec<_> =
            requirements.iter().filter(|one| one.testable != Testable::No).take(2).collect();
        let (with, without) = (&testable[0].id, &testable[1].id);
        let checks = BTreeMap::from([(with.clone(), vec!["a/b#c".to_owned()])]);
        let must = requirements.iter().find(|one| one.testable != Testable::No && group(one) == "MUST");
        let must = &must.expect("there is a MUST").id;
        let worst = BTreeMap::from([(must.clone(), Verdict::Warn)]);
        let coverage = Coverage::of(requirements, &checks, &worst);
        assert_eq!(coverage.judged_lower.iter().map(|lower| &lower.id).collect::<Vec<_>>(), [must]);
        assert!(coverage.uncovered.iter().all(|uncovered| uncovered.id != *with));
        assert!(coverage.uncovered.iter().any(|uncovered| uncovered.id == *without));
        let totals = coverage.rfcs.values().flat_map(|rfc| rfc.levels.values()).flat_map(BTreeMap::values);
        assert_eq!(totals.map(|share| share.covered).sum::<usize>(), 1);
        let page = markdown(&coverage);
        assert!(page.contains(&format!("| {without} |")) && page.contains(&format!("| {with} | `a/b#c` |")));
        let checks = ["a/b/c/1#x", "a/b/c/2#x", "d/e#x"].map(str::to_owned);
        assert_eq!(some_of(&checks), "`a/b/c/1#x`, `d/e#x` and 1 more");
    }
}
