//! Steps: that they assert something, and that it is said for which requirement.

use super::names::Names;
use super::requests::is_method;
use super::{Context, Linter};
use crate::model::RequirementId;
use crate::suite::diagnostic::nearest;
use crate::suite::format::{Outcome, StatusPattern, Step};
use crate::suite::yaml::pointer_token;

/// The requirement that an expectation verifies where the step names none.
#[must_use]
pub fn default_requirement(method: &str, status: &StatusPattern) -> Option<RequirementId> {
    let within = |codes: &[u16]| status.0.iter().all(|(low, high)| low == high && codes.contains(low));
    let id = match method {
        "GET" if within(&[200]) => "RFC7644-3.4.1-02",
        "POST" if within(&[201]) => "RFC7644-3.3-07",
        "PUT" if within(&[200]) => "RFC7644-3.5.1-15",
        "PATCH" if within(&[200, 204]) => "RFC7644-3.5.2-24",
        "DELETE" if within(&[204]) => "RFC7644-3.6-06",
        _ => return None,
    };
    Some(id.into())
}

impl<'a> Linter<'a> {
    pub(super) fn step(&mut self, step: &'a Step, at: &str, context: &Context<'_>, names: &mut Names) {
        let setup = at.contains("/setup/");
        if step.name.trim().is_empty() {
            self.mistake(&format!("{at}/name"), "the name of the step is empty")
                .help("a few words".to_owned())
                .push();
        }
        let mut with_each = names.clone();
        if let Some(list) = &step.each {
            self.each(step, list, at, names);
            with_each.each(list);
        }
        self.kind_of_step(step, at, setup);
        self.logins(step, at, context, names);
        self.step_templates(step, at, &with_each);
        self.features(&format!("{at}/requires"), &step.requires, Some(context.case));
        for outer in context.requires {
            self.contradiction(&format!("{at}/requires"), &step.requires, outer);
        }
        let requires = context.with(&step.requires);
        let context = Context { case: context.case, requires: &requires };
        self.request(step, at);
        self.owned(context.case, step, at, &with_each);
        self.credential(step, at, context.requires);
        self.asserts(step, at, setup);
        self.verifies(step, at, setup);
        self.outcomes(&step.one_of, at, &context);
        self.checks(&step.checks, at, &context);
        self.channels(step, at);
        self.captures(step, at, names);
        names.after(step);
    }

    /// `each` names a list, and its answers have no one name.
    fn each(&mut self, step: &Step, list: &str, at: &str, names: &Names) {
        if names.get(list).is_none() {
            let known: Vec<_> = names.all().collect();
            let help = nearest(list, known.iter().copied()).map_or_else(
                || format!("in scope: {}", known.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.mistake(&format!("{at}/each"), &format!("`{list}` is not defined at this point"))
                .label("no such list")
                .help(help)
                .push();
        }
        let excluded = [
            ("as", step.capture_as.is_some()),
            ("capture", !step.capture.is_empty()),
            ("eventually", step.eventually.is_some()),
        ];
        for (key, _) in excluded.into_iter().filter(|(_, is_there)| *is_there) {
            self.mistake_at_key(&format!("{at}/{key}"), &format!("`each` and `{key}` exclude each other"))
                .label("of which answer?")
                .help("a step with `each` has many answers".to_owned())
                .push();
        }
    }

    fn asserts(&mut self, step: &Step, at: &str, setup: bool) {
        let expects = step.expect.is_some() || !step.one_of.is_empty();
        if step.login.is_some() {
            // It succeeds, or the case is blocked.
        } else if !expects && step.checks.is_empty() && !setup {
            self.mistake(at, &format!("the step \"{}\" asserts nothing", step.name))
                .label("in this step")
                .help("give it `expect`, `one_of` or `checks`".to_owned())
                .push();
        } else if step.control && !expects && step.probe.is_empty() {
            self.mistake_at_key(&format!("{at}/control"), "a control step needs `expect` or `one_of`")
                .label("controls nothing")
                .help(
                    "the case is blocked if its `expect` does not hold, as in `expect: { status: 201 }`"
                        .to_owned(),
                )
                .push();
        }
        if step.expect.is_some() && !step.one_of.is_empty() {
            self.mistake_at_key(&format!("{at}/one_of"), "`expect` and `one_of` exclude each other")
                .label("a second expectation")
                .help("`one_of` already demands that one of its outcomes fits".to_owned())
                .push();
        }
    }

    /// Which requirement the expectation verifies.
    fn verifies(&mut self, step: &Step, at: &str, setup: bool) {
        let expects = step.expect.is_some() || !step.one_of.is_empty();
        if let Some(requirement) = &step.requirement {
            self.citation(&format!("{at}/requirement"), requirement);
            if !expects {
                self.mistake_at_key(
                    &format!("{at}/requirement"),
                    "there is no `expect` or `one_of` that verifies it",
                )
                .label("not verified")
                .help("each check has a `requirement` of its own".to_owned())
                .push();
            }
            return;
        }
        let default = step.expect.as_ref().and_then(|e| default_requirement(step.method(), &e.status));
        // A step with a second mistake is reported for that one.
        let clear = (is_method(step.method()) || step.revoke.is_some() || step.end_session.is_some())
            && (step.expect.is_none() || step.one_of.is_empty());
        if expects && default.is_none() && clear && !setup && !step.control {
            let key = if step.expect.is_some() { "expect" } else { "one_of" };
            self.mistake_at_key(&format!("{at}/{key}"), &format!("nothing says which requirement `{key}` verifies"))
                .label("of this step")
                .help("add `requirement:` to the step; only GET 200, POST 201, PUT 200, PATCH 200/204 and DELETE 204 have one of their own".to_owned())
                .push();
        }
    }

    fn outcomes(&mut self, outcomes: &'a [Outcome], at: &str, context: &Context<'_>) {
        for (index, outcome) in outcomes.iter().enumerate() {
            let at = format!("{at}/one_of/{index}");
            if let Some(other) = outcomes[..index].iter().find(|other| other.outcome == outcome.outcome) {
                self.mistake(
                    &format!("{at}/outcome"),
                    &format!("another outcome is called `{}`", outcome.outcome),
                )
                .label("once more")
                .help(format!("the first is in line {}", other.line))
                .push();
            }
            if let Some(other) =
                outcomes[..index].iter().find(|other| other.when.is_empty() && covers(other, outcome))
            {
                self.mistake(&format!("{at}/status"), "this outcome is never taken")
                    .label("taken before")
                    .help(format!("`{}` in line {} has these statuses without a condition; the first that fits is taken", other.outcome, other.line))
                    .push();
            }
            self.slugs(&format!("{at}/see"), &outcome.see);
            for (index, condition) in outcome.when.iter().enumerate() {
                let at = format!("{at}/when/{index}");
                let place = (condition.at.as_deref(), condition.header.as_deref());
                self.conditions(&at, &condition.matchers(), place, context);
                self.ignoring(&at, &condition.ignoring, condition.same_resource_as.is_some());
            }
            self.checks(&outcome.checks, &at, context);
        }
    }

    fn captures(&mut self, step: &'a Step, at: &str, names: &Names) {
        if let Some(name) = step.capture_as.as_ref().filter(|name| !name.contains("${")) {
            self.name_once(&format!("{at}/as"), name, names);
        }
        for (name, place) in &step.capture {
            let at = format!("{at}/capture/{}", pointer_token(name));
            self.new_name(&at, name, true);
            self.place(&at, place);
        }
    }

    /// A name for a resource, which no other one of the case has.
    pub(super) fn name_once(&mut self, at: &str, name: &str, names: &Names) {
        self.new_name(at, name, false);
        if names.get(name).is_some_and(|known| known.given) {
            self.mistake(at, &format!("`{name}` is taken in this case"))
                .label("once more")
                .help("a second one would hide the first: take another name with `as:`".to_owned())
                .push();
        }
    }
}

/// Whether every status of one outcome is one of another's.
fn covers(other: &Outcome, outcome: &Outcome) -> bool {
    outcome
        .status
        .0
        .iter()
        .all(|(low, high)| other.status.0.iter().any(|(from, to)| from <= low && high <= to))
}
