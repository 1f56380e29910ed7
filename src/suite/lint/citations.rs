//! What is cited: requirements, levels and ambiguities of the catalogue.

use super::Context;
use super::Linter;
use crate::model::{Requirement, RequirementId};
use crate::suite::diagnostic::nearest;
use crate::suite::format::{Check, OutcomeVerdict, Tolerance};

impl<'a> Linter<'a> {
    pub(super) fn citation(&mut self, at: &str, id: &RequirementId) {
        if self.catalogue.requirement(id).is_some() || id.as_str().contains("${") {
            return;
        }
        let help = self.near_requirement(id.as_str());
        self.mistake(at, &format!("no requirement has the id `{id}`"))
            .label("not in the catalogue")
            .help(format!("{help} `scimcheck list requirements` shows all"))
            .push();
    }

    /// The id that differs in letter case only, else those of the same section, else those of the same RFC that are near.
    fn near_requirement(&self, id: &str) -> String {
        let all = self.catalogue.requirements();
        let spelled = |requirement: &&Requirement| requirement.id.as_str().eq_ignore_ascii_case(id);
        if let Some(meant) = all.iter().find(spelled) {
            return format!("did you mean `{}`? Letter case counts.", meant.id);
        }
        let section = id.rsplit_once('-').map_or("", |(section, _)| section);
        let same = |requirement: &&Requirement| {
            requirement.id.as_str().rsplit_once('-').is_some_and(|(own, _)| own == section)
        };
        let mut siblings = all.iter().filter(same);
        if let Some(first) = siblings.next() {
            let last = siblings.next_back().unwrap_or(first);
            return format!("{} has {} to {}.", first.section_reference(), first.id, last.id);
        }
        let mut rfcs: Vec<_> = all.iter().map(|requirement| requirement.rfc.as_str()).collect();
        rfcs.dedup();
        let own = rfcs.iter().any(|rfc| id.starts_with(&format!("{rfc}-")));
        match nearest(id, all.iter().map(|requirement| requirement.id.as_str())).filter(|_| own) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("an id looks like `RFC7644-3.5.2-24`; the catalogue has {}.", rfcs.join(", ")),
        }
    }

    pub(super) fn slugs(&mut self, at: &str, slugs: &[String]) {
        for (index, slug) in slugs.iter().enumerate() {
            self.slug(&format!("{at}/{index}"), slug);
        }
    }

    fn slug(&mut self, at: &str, slug: &str) {
        if self.catalogue.ambiguity(slug).is_none() && !slug.contains("${") {
            let known = self.catalogue.ambiguities().iter().map(|ambiguity| ambiguity.slug.as_str());
            let help = nearest(slug, known).map_or_else(
                || "the slugs are in suites/requirements/ambiguities.yaml".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            self.mistake(at, &format!("no ambiguity has the slug `{slug}`"))
                .label("not in the catalogue")
                .help(help)
                .push();
        }
    }

    pub(super) fn checks(&mut self, checks: &'a [Check], at: &str, context: &Context<'_>) {
        for (index, check) in checks.iter().enumerate() {
            let at = format!("{at}/checks/{index}");
            self.id(&format!("{at}/id"), "check", &check.id);
            self.citation(&format!("{at}/requirement"), &check.requirement);
            self.features(&format!("{at}/requires"), &check.requires, Some(context.case));
            for outer in context.requires {
                self.contradiction(&format!("{at}/requires"), &check.requires, outer);
            }
            self.slugs(&format!("{at}/see"), &check.see);
            self.level(check, &at);
            let inner = context.with(&check.requires);
            let inner = Context { case: context.case, requires: &inner };
            let place = (check.at.as_deref(), check.header.as_deref());
            self.matcher(&at, &check.matchers(), place, &inner);
            self.ignoring(&at, &check.ignoring, check.same_resource_as.is_some());
            for (index, tolerance) in check.tolerate.iter().enumerate() {
                self.tolerance(tolerance, &format!("{at}/tolerate/{index}"), &inner);
            }
        }
    }

    fn tolerance(&mut self, tolerance: &Tolerance, at: &str, context: &Context<'_>) {
        let place = (tolerance.at.as_deref(), tolerance.header.as_deref());
        self.conditions(at, &tolerance.matchers(), place, context);
        self.ignoring(at, &tolerance.ignoring, tolerance.same_resource_as.is_some());
        match (&tolerance.see, &tolerance.why) {
            (Some(slug), _) => self.slug(&format!("{at}/see"), slug),
            (None, None) => self
                .mistake(at, "a tolerance has to say why")
                .label("tolerated without a reason")
                .help("cite an ambiguity with `see:`, or give the reason with `why:`".to_owned())
                .push(),
            (None, Some(_)) => {}
        }
        if tolerance.verdict == OutcomeVerdict::Fail {
            self.mistake(&format!("{at}/verdict"), "what fails is not tolerated")
                .help("`pass`, `info` or `warn`; what does not match fails by itself".to_owned())
                .push();
        }
    }

    fn level(&mut self, check: &Check, at: &str) {
        let Some(requirement) = self.catalogue.requirement(&check.requirement) else { return };
        let Some(level) = check.level else { return };
        if level.verdict_if_broken() > requirement.level.verdict_if_broken() {
            let message = format!("{level} is more than {} demands", check.requirement);
            self.mistake(&format!("{at}/level"), &message)
                .label("raised")
                .help(format!("the requirement is {}; a suite may only lower it", requirement.level))
                .push();
        }
    }
}
