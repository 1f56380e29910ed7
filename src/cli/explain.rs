//! `scimcheck explain ID`: what a case, a check, a requirement, an ambiguity, a fault, a variant or an exit code is about.

use std::fmt::Write as _;

use super::args::ExplainArgs;
use super::context;
use super::error::CliError;
use super::exit_code::ExitCode;
use super::list::{cases, checks_by_requirement};
use super::suites;
use crate::check::invariants::Invariant;
use crate::model::{Requirement, RequirementId};
use crate::run::{ABOUT_TARGET, AboutTarget, planned_checks};
use crate::selftest::story::story;
use crate::server::{VariantInfo, variants};
use crate::suite::Suite;
use crate::suite::catalogue::{Ambiguity, Catalogue};
use crate::suite::diagnostic::nearest;
use crate::suite::faults::Faults;
use crate::suite::format::{Case, Check, Step};
use crate::suite::select::{Selection, fits};

pub(crate) fn explain(args: &ExplainArgs) -> Result<ExitCode, CliError> {
    if let Some(text) = exit_codes_of(&args.id) {
        context::print(&text)?;
        return Ok(ExitCode::Success);
    }
    let suites = suites::load(&args.suites)?;
    let from = args.suites.paths.iter().fold(String::new(), |mut flags, path| {
        let _ = write!(flags, " --suites {}", path.display());
        flags
    });
    let text = text(&args.id, &suites, &from).ok_or_else(|| CliError::Usage {
        message: format!("nothing here is called `{}`", args.id),
        help: Some(suggestion(&args.id, &suites)),
    })?;
    context::print(&text)?;
    Ok(ExitCode::Success)
}

/// `from`: the flags that name the suites.
fn text(id: &str, suites: &[Suite], from: &str) -> Option<String> {
    let catalogue = Catalogue::embedded();
    if let Some(requirement) = catalogue.requirement(&RequirementId::from(&*id.to_ascii_uppercase())) {
        return Some(explain_requirement(requirement, suites));
    }
    if let Some(ambiguity) = catalogue.ambiguity(id) {
        return Some(explain_ambiguity(ambiguity));
    }
    if let Some(fault) = Faults::embedded().get(id) {
        return Some(story(fault));
    }
    let (case_id, check) = id.split_once('#').map_or((id, None), |(case, check)| (case, Some(check)));
    let invariant = case_id.strip_prefix("invariants/");
    if let Some(invariant) =
        invariant.and_then(|id| Invariant::all().iter().find(|invariant| invariant.id == id))
    {
        return check.is_none_or(|check| check == "holds").then(|| explain_invariant(id, invariant));
    }
    if let Some(about) = ABOUT_TARGET.iter().find(|about| about.id == case_id) {
        return Some(explain_about_target(id, about));
    }
    if let Some(variant) = variants().iter().map(|variant| variant.info()).find(|variant| variant.id == id) {
        return Some(explain_variant(variant));
    }
    suites.iter().find_map(|suite| {
        if suite.spec.suite == id {
            return Some(explain_suite(suite));
        }
        let all = cases(suite, &Selection::default());
        // A derived case is listed with `*` for its row, and asked for with the row that a report shows.
        let (listed, case) = all.into_iter().find(|(listed, case)| {
            *listed == case_id
                || fits(listed, case_id)
                || format!("{}/{}", suite.spec.suite, case.id) == case_id
        })?;
        let listed = if listed.contains('*') { case_id.to_owned() } else { listed };
        match check {
            None => Some(explain_case(suite, &listed, case, from)),
            Some(check) => explain_check(suite, &listed, case, check),
        }
    })
}

/// All exit codes, or the one of a number.
fn exit_codes_of(id: &str) -> Option<String> {
    if id == "exit-codes" {
        return Some(exit_codes(&ExitCode::ALL));
    }
    let number: u8 = id.parse().ok()?;
    let code = ExitCode::ALL.into_iter().find(|code| code.number() == number)?;
    Some(exit_codes(&[code]))
}

fn exit_codes(codes: &[ExitCode]) -> String {
    codes.iter().fold(String::new(), |mut text, code| {
        let _ = writeln!(text, "{:>3}  {}", code.number(), code.meaning());
        text
    })
}

fn explain_requirement(requirement: &Requirement, suites: &[Suite]) -> String {
    let mut text = heading(&requirement.id.to_string(), &requirement.text);
    field(&mut text, "source", &source_of(requirement));
    let level = match requirement.basis.as_str() {
        "implicit" => format!("{} (our reading: the text has no keyword)", requirement.level),
        "profile" => {
            format!("{} of scimcheck's own security profile: no RFC demands it", requirement.level)
        }
        "table" => format!("{} (from a table or a schema document)", requirement.level),
        _ => requirement.level.to_string(),
    };
    field(&mut text, "level", &level);
    field(&mut text, "binds", &requirement.party);
    field(&mut text, "area", &requirement.area);
    field(&mut text, "testable", &format!("{:?}", requirement.testable).to_lowercase());
    optional(&mut text, "how", requirement.how.as_deref());
    optional(&mut text, "rationale", requirement.rationale.as_deref());
    for source in &requirement.sources {
        field(&mut text, "from", source);
    }
    optional(&mut text, "why", requirement.why.as_deref());
    if !requirement.needs.is_empty() {
        field(&mut text, "needs", &requirement.needs.join(", "));
    }
    if !requirement.errata.is_empty() {
        let errata: Vec<_> = requirement.errata.iter().map(u32::to_string).collect();
        field(&mut text, "errata", &errata.join(", "));
    }
    ambiguities(&mut text, &requirement.see);
    let covered = checks_by_requirement(suites, &Selection::default());
    match covered.get(&requirement.id) {
        Some(checks) => {
            text.push_str("\nverified by\n");
            for check in checks {
                let _ = writeln!(text, "  {check}");
            }
        }
        None => text.push_str("\nno check of these suites verifies it\n"),
    }
    text
}

fn explain_ambiguity(ambiguity: &Ambiguity) -> String {
    let mut text = heading(&ambiguity.slug, &ambiguity.text);
    field(&mut text, "part", &ambiguity.section);
    let cited: Vec<_> = Catalogue::embedded()
        .requirements()
        .iter()
        .filter(|requirement| requirement.see.contains(&ambiguity.slug))
        .map(|requirement| requirement.id.to_string())
        .collect();
    field(&mut text, "cited by", &cited.join(", "));
    text
}

fn explain_invariant(id: &str, invariant: &Invariant) -> String {
    let mut text = heading(id, invariant.title);
    text.push_str("Always on: judged on every response of every case.\n");
    requirement(&mut text, &invariant.requirement.into());
    ambiguities(&mut text, &owned(invariant.see));
    text
}

fn explain_about_target(id: &str, about: &AboutTarget) -> String {
    let mut text = heading(id, about.title);
    let _ = writeln!(text, "{}", about.about);
    ambiguities(&mut text, &owned(about.see));
    text
}

fn explain_variant(variant: &VariantInfo) -> String {
    let mut text = heading(variant.id, variant.description);
    text.push_str("A variant of the reference server: another way to behave that the RFCs allow.\n");
    field(&mut text, "area", variant.area);
    field(&mut text, "at worst", variant.verdict.as_str());
    let _ = writeln!(text, "\na server that does so: scimcheck serve --variant {}", variant.id);
    ambiguities(&mut text, &owned(variant.ambiguities));
    text
}

fn owned(slugs: &[&str]) -> Vec<String> {
    slugs.iter().map(|slug| (*slug).to_owned()).collect()
}

fn explain_suite(suite: &Suite) -> String {
    let mut text = heading(&suite.spec.suite, &suite.spec.title);
    field(&mut text, "file", &suite.file);
    if !suite.spec.requires.is_empty() {
        field(&mut text, "requires", &suite.spec.requires.join(", "));
    }
    text.push_str("\ncases\n");
    for (id, case) in cases(suite, &Selection::default()) {
        let _ = writeln!(text, "  {id}  {}", case.title);
    }
    text
}

fn explain_case(suite: &Suite, id: &str, case: &Case, from: &str) -> String {
    let mut text = heading(id, &case.title);
    optional(&mut text, "why", case.why.as_deref());
    field(&mut text, "stands in", &format!("{}:{}", suite.file, case.line));
    let requires: Vec<_> = suite.spec.requires.iter().chain(&case.requires).map(String::as_str).collect();
    if !requires.is_empty() {
        field(&mut text, "requires", &requires.join(", "));
    }
    text.push_str("\nsteps\n");
    for (index, step) in case.steps.iter().enumerate() {
        let control = if step.control { " (control)" } else { "" };
        let _ = writeln!(text, "  {}. {}: {}{control}", index + 1, step.name, step.action());
    }
    text.push_str("\nchecks\n");
    for (check, requirement, level, _) in planned_checks(case) {
        let _ = writeln!(text, "  {level:10} #{check}  {requirement}");
    }
    // All rows, where there are several: the glob would need quotes.
    let _ = writeln!(text, "\nrun it alone: scimcheck run --case {}{from}", id.trim_end_matches("/*"));
    text
}

fn explain_check(suite: &Suite, case_id: &str, case: &Case, check: &str) -> Option<String> {
    let (_, id, level, line) = planned_checks(case).find(|(id, ..)| id == check)?;
    let written =
        case.steps.iter().flat_map(checks_of).find(|written| written.id == check && written.line == line);
    let mut text = heading(&format!("{case_id}#{check}"), &case.title);
    field(&mut text, "level", level.as_str());
    field(&mut text, "stands in", &format!("{}:{line}", suite.file));
    if let Some(written) = written {
        optional(&mut text, "why", written.why.as_deref());
        optional(&mut text, "hint", written.hint.as_deref());
        optional(&mut text, "looks at", written.at.as_deref().or(written.header.as_deref()));
    }
    requirement(&mut text, &id);
    ambiguities(&mut text, written.map_or(&[], |written| &written.see));
    let tolerated = written.into_iter().flat_map(|written| &written.tolerate);
    for tolerance in tolerated {
        let why = tolerance.why.as_deref().or(tolerance.see.as_deref()).unwrap_or_default();
        field(&mut text, "tolerates", &format!("{} as {:?}", why.trim(), tolerance.verdict).to_lowercase());
    }
    // The finding of a step as a whole.
    let step = case.steps.iter().filter(|_| written.is_none()).find(|step| step.line == line);
    for outcome in step.into_iter().flat_map(|step| &step.one_of) {
        let verdict = format!("{:?}", outcome.verdict).to_lowercase();
        let see =
            if outcome.see.is_empty() { String::new() } else { format!(" ({})", outcome.see.join(", ")) };
        field(&mut text, "outcome", &format!("{}: {verdict}{see}", outcome.outcome));
    }
    Some(text)
}

/// The checks of a step, those of its outcomes too.
fn checks_of(step: &Step) -> impl Iterator<Item = &Check> {
    step.checks.iter().chain(step.one_of.iter().flat_map(|outcome| &outcome.checks))
}

fn requirement(text: &mut String, id: &RequirementId) {
    if let Some(requirement) = Catalogue::embedded().requirement(id) {
        let _ = writeln!(text, "\n{id} · {} · {}", requirement.level, source_of(requirement));
        let _ = writeln!(text, "  {}", requirement.text);
    }
}

fn ambiguities(text: &mut String, slugs: &[String]) {
    for slug in slugs {
        if let Some(ambiguity) = Catalogue::embedded().ambiguity(slug) {
            let _ = writeln!(text, "\nleft open: {slug}\n  {}", ambiguity.text.trim().replace('\n', " "));
        }
    }
}

/// Where the RFC says it.
fn source_of(requirement: &Requirement) -> String {
    let section = requirement.section_reference();
    match requirement.lines {
        Some((first, last)) => format!("{section}, lines {first} to {last} of the canonical text"),
        None => section,
    }
}

fn heading(id: &str, title: &str) -> String {
    format!("{id}\n{}\n\n", title.trim())
}

fn field(text: &mut String, name: &str, value: &str) {
    let _ = writeln!(text, "{name:10} {}", value.trim().replace('\n', " "));
}

fn optional(text: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        field(text, name, value);
    }
}

fn suggestion(id: &str, suites: &[Suite]) -> String {
    if id.parse::<i64>().is_ok() {
        return "`scimcheck explain exit-codes` shows all exit codes".to_owned();
    }
    let catalogue = Catalogue::embedded();
    let requirements = catalogue.requirements().iter().map(|requirement| requirement.id.to_string());
    let slugs = catalogue.ambiguities().iter().map(|ambiguity| ambiguity.slug.clone());
    let cases = suites.iter().flat_map(|suite| {
        let checks = cases(suite, &Selection::default()).into_iter().flat_map(|(id, case)| {
            let checks: Vec<_> = planned_checks(case).map(|(check, ..)| format!("{id}#{check}")).collect();
            std::iter::once(id).chain(checks)
        });
        std::iter::once(suite.spec.suite.clone()).chain(checks).collect::<Vec<_>>()
    });
    let invariants = Invariant::all().iter().map(|invariant| format!("invariants/{}", invariant.id));
    let names: Vec<String> = std::iter::once("exit-codes".to_owned())
        .chain(requirements)
        .chain(slugs)
        .chain(cases)
        .chain(invariants)
        .chain(ABOUT_TARGET.iter().map(|about| about.id.to_owned()))
        .chain(variants().iter().map(|variant| variant.info().id.to_owned()))
        .chain(Faults::embedded().all().iter().map(|fault| fault.id.clone()))
        .collect();
    match nearest(id, names.iter().map(String::as_str)) {
        Some(near) => {
            format!(
                "did you mean `{near}`? `scimcheck list cases`, `list requirements`, `list faults` and `list variants` show all ids"
            )
        }
        None => "`scimcheck list cases`, `list checks`, `list requirements`, `list faults` and `list variants` show all ids"
            .to_owned(),
    }
}
