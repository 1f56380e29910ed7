//! One case: set-up, steps, clean-up.

use std::time::Instant;

use serde_json::{Map, Value, json};

use super::cleanup;
use super::ownership::{Ownership, Refused};
use super::plan::PlannedCase;
use super::poll::Pauses;
use super::request;
use super::requirements::requirement_of;
use super::shared::Shared;
use crate::check;
use crate::check::judge::Judgement;
use crate::model::{
    CaseResult, Exchange, ExchangeId, Finding, LeftOver, Level, OutcomeTaken, Phase, RequirementId,
    SourceRef, Verdict,
};
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::{object, payload};
use crate::suite::format::{Check, Derive, Payload, RequestSpec, SetupEntry, Step};
use crate::suite::template::{self, Scope, TemplateError};

/// What a case leaves behind for the run.
#[derive(Debug)]
pub(crate) struct CaseRun {
    pub(crate) result: CaseResult,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) left_over: Vec<LeftOver>,
}

type MakePayload = fn(&ResourceSchemas, &payload::Naming<'_>) -> Value;

/// Payloads that every template can name.
const PAYLOADS: [(&str, MakePayload); 2] = [("minimal", payload::minimal), ("full", payload::full)];

/// Why a case ends before its last step.
#[derive(Debug)]
enum Stop {
    /// The set-up or a control step did not succeed.
    Blocked(String),
    /// An expectation did not hold; its finding says so.
    Unmet(String),
    /// The suite or the harness is at fault.
    Broken(String),
}

impl From<TemplateError> for Stop {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Missing(_) => Stop::Blocked(error.to_string()),
            _ => Stop::Broken(error.to_string()),
        }
    }
}

impl From<Refused> for Stop {
    fn from(error: Refused) -> Self {
        Stop::Broken(error.to_string())
    }
}

/// Runs one case to its end, clean-up included. Never fails: whatever happens is in the result.
pub(crate) async fn run(shared: &Shared, planned: &PlannedCase) -> CaseRun {
    let mut case = Running::new(shared, planned);
    let started = Instant::now();
    let started_ms = shared.elapsed_ms();

    let mut interrupt = shared.interrupt.clone();
    let stop = tokio::select! {
        result = tokio::time::timeout(shared.case_timeout, case.steps()) => match result {
            Ok(Ok(())) => None,
            Ok(Err(stop)) => Some(stop),
            Err(_) => Some(Stop::Broken(format!(
                "the case did not end within {}: raise timeouts.case if the target is slow",
                crate::suite::duration::human(shared.case_timeout)
            ))),
        },
        () = super::interrupted(&mut interrupt) => Some(Stop::Blocked("interrupted".to_owned())),
    };
    case.settle(stop);
    let left_over = case.clean_up().await;

    let Running { findings, outcomes, exchanges, reason, .. } = case;
    // What does not apply takes nothing away from what holds.
    let applies = |verdict: &Verdict| *verdict != Verdict::NotApplicable;
    let verdict = findings.iter().map(|finding| finding.verdict).filter(applies).max();
    let result = CaseResult {
        id: planned.id.clone(),
        suite: planned.suite.spec.suite.clone(),
        title: planned.case().title.clone(),
        area: shared.area_of(&findings),
        verdict: verdict.unwrap_or(Verdict::NotApplicable),
        reason,
        requires: planned.requires.clone(),
        started_ms,
        duration_ms: started.elapsed().as_secs_f64() * 1000.0,
        checks: findings,
        outcomes,
        exchanges: exchanges.iter().map(|exchange| exchange.id.clone()).collect(),
        source: Some(source(planned, planned.case().line)),
    };
    CaseRun { result, exchanges, left_over }
}

struct Running<'a> {
    shared: &'a Shared,
    planned: &'a PlannedCase,
    scope: Scope,
    ownership: Ownership,
    findings: Vec<Finding>,
    outcomes: Vec<OutcomeTaken>,
    exchanges: Vec<Exchange>,
    reason: Option<String>,
}

impl<'a> Running<'a> {
    fn new(shared: &'a Shared, planned: &'a PlannedCase) -> Self {
        let unique = shared.ids.unique(&planned.id);
        let uuid = shared.ids.uuid(&planned.id);
        let mut scope = Scope::default();
        scope.set("unique", json!(unique));
        scope.set("uuid", json!(uuid));
        scope.set("domain", json!(shared.target.domain));
        scope.set("base_url", json!(shared.target.base_url.as_str()));
        let naming = payload::Naming { unique: &unique, domain: &shared.target.domain };
        for (name, make) in PAYLOADS {
            let all = shared.target.resources.iter().map(|resource| {
                let kind = &resource.resource_type.name;
                (kind.clone(), shared.target.with_overrides(kind, make(resource, &naming), &unique))
            });
            scope.set(name, Value::Object(all.collect()));
        }
        for (column, value) in &planned.row {
            // A column may use the built-in names.
            let value = template::render(value, &scope).unwrap_or_else(|_| value.clone());
            scope.set(column, value);
        }
        // A case that is derived for a resource type has the payloads of that type at hand.
        if matches!(planned.case().derive, Some(Derive::ResourceTypes | Derive::SchemaExtensions)) {
            for (name, _) in PAYLOADS {
                let kind = planned.row.get("name").and_then(Value::as_str).unwrap_or_default();
                let own = scope.get(name).and_then(|all| all.get(kind)).cloned().unwrap_or_default();
                scope.set(name, own);
            }
        }
        scope.set("sent", json!({}));
        scope.set("headers", json!({}));
        let base_url = &shared.target.base_url;
        Self {
            shared,
            planned,
            scope,
            ownership: Ownership::new(
                &planned.id,
                shared.ids.token(),
                &uuid,
                base_url,
                shared.ledger.clone(),
            )
            .with_writable_discovery(shared.target.features.has("loopback")),
            findings: Vec::new(),
            outcomes: Vec::new(),
            exchanges: Vec::new(),
            reason: None,
        }
    }

    async fn steps(&mut self) -> Result<(), Stop> {
        let planned = self.planned;
        for entry in &planned.case().setup {
            self.set_up(entry).await?;
        }
        for step in &planned.case().steps {
            if let Some(unmet) = self.unmet(&step.requires) {
                let reason = not_applicable(&unmet);
                for check in &step.checks {
                    self.unjudged(&check.id, &check.requirement, check.line, Verdict::NotApplicable, &reason);
                }
                continue;
            }
            self.step(step).await?;
        }
        Ok(())
    }

    /// `setup`: whatever goes wrong blocks the case.
    async fn set_up(&mut self, entry: &SetupEntry) -> Result<(), Stop> {
        if let Some(kind) = &entry.create {
            return self.create(kind, entry).await;
        }
        let Some(step) = &entry.step else { return Ok(()) };
        let seen = self.findings.len();
        let result = self.step(step).await;
        let unmet = self.findings.drain(seen..).find(|finding| finding.verdict >= Verdict::Blocked);
        match (result, unmet) {
            (Err(Stop::Broken(why)), _) => Err(Stop::Broken(why)),
            (Err(Stop::Blocked(why) | Stop::Unmet(why)), _) => {
                Err(Stop::Blocked(format!("set-up \"{}\": {why}", step.name)))
            }
            (Ok(()), Some(finding)) => Err(Stop::Blocked(format!(
                "set-up \"{}\": wanted {}, got {}",
                step.name, finding.wanted, finding.got
            ))),
            (Ok(()), None) => Ok(()),
        }
    }

    async fn create(&mut self, kind: &str, entry: &SetupEntry) -> Result<(), Stop> {
        let target = &self.shared.target;
        let kind = template::render_text(kind, &self.scope)?;
        let Some(resource) = target.resource(&kind) else {
            return Err(Stop::Blocked(format!("set-up: the target has no resource type {kind}")));
        };
        let name = entry.name.clone().unwrap_or_else(|| kind.to_ascii_lowercase());
        let unique = format!("{}-{}", self.shared.ids.unique(&self.planned.id), name.to_ascii_lowercase());
        let naming = payload::Naming { unique: &unique, domain: &target.domain };
        let mut body = match entry.payload {
            Payload::Minimal => payload::minimal(resource, &naming),
            Payload::Full => payload::full(resource, &naming),
        };
        body = target.with_overrides(&kind, body, &unique);
        for (name, value) in &entry.with {
            object::replace(&mut body, name, template::render(value, &self.scope)?);
        }

        let spec = RequestSpec::post(&resource.resource_type.endpoint, body);
        let step_name = format!("set-up: create {kind} as {name}");
        let index = self.send(&spec, &step_name, Phase::Setup, Some(&name)).await?;
        let exchange = &self.exchanges[index];
        let Some(response) = exchange.response().filter(|response| (200..300).contains(&response.status))
        else {
            return Err(Stop::Blocked(format!("{step_name}: {}", check::explain::answer(exchange))));
        };
        let mut created = response.body.json().cloned().unwrap_or(Value::Null);
        if created.get("id").is_none() {
            // RFC 7644 §3.3: the body is a SHOULD, the Location is not.
            if let Some(location) = response.header("location").map(str::to_owned) {
                self.scope.set("location", json!(location));
                let read = RequestSpec::get("${location}");
                let index = self.send(&read, &format!("{step_name}: read it"), Phase::Setup, None).await?;
                created = self.exchanges[index]
                    .response()
                    .and_then(|r| r.body.json().cloned())
                    .unwrap_or(Value::Null);
            }
        }
        if created.get("id").and_then(Value::as_str).is_none() {
            return Err(Stop::Blocked(format!("{step_name}: the answer has no id")));
        }
        self.scope.set(&name, created);
        Ok(())
    }

    async fn step(&mut self, step: &Step) -> Result<(), Stop> {
        let mut pauses = Pauses::new(step.eventually.as_ref());
        loop {
            let index = self.send(&step.request, &step.name, Phase::Step, step.capture_as.as_deref()).await?;
            let last_try = pauses.is_over();
            // Before the checks, which may compare the answer with itself.
            self.name_answer(step, index);
            let (findings, outcome, stop) = self.judge(step, index)?;
            let holds = stop.is_none() && findings.iter().all(|finding| finding.verdict < Verdict::Warn);
            if !holds && !last_try {
                // Only the last try is evidence; the earlier ones are the waiting.
                self.exchanges.truncate(index);
                pauses.wait().await;
                continue;
            }
            self.findings.extend(findings);
            self.outcomes.extend(outcome);
            if let Some(stop) = stop {
                return Err(stop);
            }
            return self.capture(step, index);
        }
    }

    /// Judges the response of a step: its expectation or outcome first, then its checks.
    #[expect(clippy::type_complexity, reason = "the three belong together and are taken apart at once")]
    fn judge(
        &self,
        step: &Step,
        index: usize,
    ) -> Result<(Vec<Finding>, Option<OutcomeTaken>, Option<Stop>), Stop> {
        let exchange = &self.exchanges[index];
        let context = &self.shared.context;
        let mut findings = Vec::new();
        let mut taken = None;
        let mut extra: &[Check] = &[];

        let expected = if let Some(expect) = &step.expect {
            Some((check::judge::expect(expect, exchange), Vec::new(), step.line))
        } else if step.one_of.is_empty() {
            None
        } else {
            let outcomes = self.rendered_outcomes(step)?;
            match check::judge::take_outcome(&outcomes, exchange, context) {
                Some(place) => {
                    let outcome = &step.one_of[place];
                    extra = &outcome.checks;
                    taken = Some(OutcomeTaken { step: step.name.clone(), outcome: outcome.outcome.clone() });
                    Some((check::judge::outcome(outcome, exchange), outcome.see.clone(), outcome.line))
                }
                None => Some((check::judge::no_outcome(&step.one_of, exchange), Vec::new(), step.line)),
            }
        };
        if let Some((expectation, see, line)) = expected {
            let requirement = requirement_of(step);
            let level = requirement.as_ref().map_or(Level::Must, |id| self.shared.level(id));
            let verdict = expectation.verdict(level);
            let text = format!("{}: {}", step.name, expectation.got);
            let holds = expectation.holds;
            if let Some(requirement) = requirement {
                let verdict = if step.control && !holds { Verdict::Blocked } else { verdict };
                findings.push(Finding {
                    hint: if holds {
                        None
                    } else {
                        check::hint::for_expectation(&requirement, step, exchange)
                    },
                    wanted: expectation.wanted,
                    got: expectation.got,
                    see,
                    reason: (verdict == Verdict::Blocked)
                        .then(|| "the control step was not accepted".to_owned()),
                    ..self.finding(&slug(&step.name), &requirement, level, verdict, line, Some(exchange))
                });
            }
            if !holds {
                let stop = if step.control { Stop::Blocked(text) } else { Stop::Unmet(text) };
                return Ok((findings, taken, Some(stop)));
            }
        }
        for check in step.checks.iter().chain(extra) {
            findings.push(self.judge_check(check, exchange)?);
        }
        Ok((findings, taken, None))
    }

    fn judge_check(&self, check: &Check, exchange: &Exchange) -> Result<Finding, Stop> {
        let level = self.shared.level(&check.requirement);
        if let Some(unmet) = self.unmet(&check.requires) {
            return Ok(Finding {
                reason: Some(not_applicable(&unmet)),
                ..self.finding(
                    &check.id,
                    &check.requirement,
                    level,
                    Verdict::NotApplicable,
                    check.line,
                    Some(exchange),
                )
            });
        }
        let rendered = match check.render(&self.scope) {
            Ok(rendered) => rendered,
            // The target left out what the check compares with: where that matters, another check says so.
            Err(error @ TemplateError::Missing(_)) => {
                let finding = self.finding(
                    &check.id,
                    &check.requirement,
                    level,
                    Verdict::NotApplicable,
                    check.line,
                    Some(exchange),
                );
                return Ok(Finding { reason: Some(error.to_string()), ..finding });
            }
            Err(error) => return Err(error.into()),
        };
        let Judgement { verdict, level, wanted, got, at, hint, see, reason, why } =
            check::judge::judge(&rendered, exchange, &self.shared.context);
        Ok(Finding {
            wanted,
            got,
            at,
            hint,
            why,
            see,
            reason,
            ..self.finding(&check.id, &check.requirement, level, verdict, check.line, Some(exchange))
        })
    }

    fn rendered_outcomes(&self, step: &Step) -> Result<Vec<crate::suite::format::Outcome>, Stop> {
        step.one_of
            .iter()
            .map(|outcome| {
                let when = outcome
                    .when
                    .iter()
                    .map(|condition| condition.render(&self.scope))
                    .collect::<Result<_, _>>()?;
                Ok(crate::suite::format::Outcome { when, ..outcome.clone() })
            })
            .collect()
    }

    /// Puts the answer in scope under the name that the step gives it.
    fn name_answer(&mut self, step: &Step, index: usize) {
        let (Some(name), Some(response)) = (&step.capture_as, self.exchanges[index].response()) else {
            return;
        };
        let headers: Map<String, Value> =
            response.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let body = response.body.json().cloned().unwrap_or(Value::Null);
        self.scope.insert_into("headers", name, Value::Object(headers));
        self.scope.set(name, body);
    }

    /// Puts single values of the answer in scope.
    fn capture(&mut self, step: &Step, index: usize) -> Result<(), Stop> {
        let Some(response) = self.exchanges[index].response() else { return Ok(()) };
        let body = response.body.json().cloned().unwrap_or(Value::Null);
        for (name, place) in &step.capture {
            let nodes =
                check::locate::locate(place, &body, None).map_err(|error| Stop::Broken(error.to_string()))?;
            let Some(value) = nodes.first().map(|node| (*node).clone()) else {
                return Err(Stop::Unmet(format!("{}: nothing at {place} to capture as {name}", step.name)));
            };
            self.scope.set(name, value);
        }
        Ok(())
    }

    /// Sends a request; returns the place of its exchange. `name` is where templates find what was sent.
    async fn send(
        &mut self,
        spec: &RequestSpec,
        step: &str,
        phase: Phase,
        name: Option<&str>,
    ) -> Result<usize, Stop> {
        let (request, body) = match request::build(spec, &self.scope, &self.shared.target.base_url) {
            Ok(built) => built,
            Err(request::RequestError::Template(error)) => return Err(error.into()),
            // A location that the target gave: its fault, not ours.
            Err(error) => return Err(Stop::Unmet(format!("{step}: {error}"))),
        };
        let intent = self.ownership.before(&request, body.as_ref())?;
        let number = self.exchanges.len() + 1;
        let started_ms = self.shared.elapsed_ms();
        let sent = self.shared.transport.send(&request).await;
        if let Some(intent) = intent {
            self.ownership.after(intent, &request, &sent.answer, sent.tries);
        }
        if let (Some(name), Some(body)) = (name, body) {
            self.scope.insert_into("sent", name, body);
        }
        self.exchanges.push(Exchange {
            id: ExchangeId(format!("{}:{number}", self.planned.id)),
            phase,
            step: step.to_owned(),
            request: sent.request,
            answer: sent.answer,
            started_ms,
            duration_ms: sent.duration.as_secs_f64() * 1000.0,
        });
        Ok(self.exchanges.len() - 1)
    }

    /// Gives every check that was not reached a finding that says why.
    fn settle(&mut self, stop: Option<Stop>) {
        let (verdict, reason) = match stop {
            None => return,
            Some(Stop::Blocked(reason)) => (Verdict::Blocked, reason),
            Some(Stop::Unmet(reason)) => (Verdict::Blocked, format!("not reached: {reason}")),
            Some(Stop::Broken(reason)) => (Verdict::Error, reason),
        };
        let planned = self.planned;
        for step in &planned.case().steps {
            for check in &step.checks {
                let id = self.finding_id(&check.id);
                if self.findings.iter().all(|finding| finding.id != id) {
                    self.unjudged(&check.id, &check.requirement, check.line, verdict, &reason);
                }
            }
        }
        if self.findings.iter().all(|finding| finding.verdict < Verdict::Blocked) {
            // Only expectations were left: they too must not look green.
            if let Some((step, requirement)) =
                planned.case().steps.iter().find_map(|step| Some((step, requirement_of(step)?)))
            {
                self.unjudged(&slug(&step.name), &requirement, step.line, verdict, &reason);
            }
        }
        self.reason = Some(reason);
    }

    fn unjudged(
        &mut self,
        check: &str,
        requirement: &RequirementId,
        line: u32,
        verdict: Verdict,
        reason: &str,
    ) {
        let level = self.shared.level(requirement);
        let finding = self.finding(check, requirement, level, verdict, line, None);
        self.findings.push(Finding { reason: Some(reason.to_owned()), ..finding });
    }

    fn finding(
        &self,
        check: &str,
        requirement: &RequirementId,
        level: Level,
        verdict: Verdict,
        line: u32,
        exchange: Option<&Exchange>,
    ) -> Finding {
        Finding {
            id: self.finding_id(check),
            requirement: requirement.clone(),
            level,
            verdict,
            wanted: String::new(),
            got: String::new(),
            at: "status".to_owned(),
            exchange: exchange.map(|exchange| exchange.id.clone()),
            hint: None,
            why: None,
            see: Vec::new(),
            reason: None,
            judged_on: None,
            broken_on: None,
            source: Some(source(self.planned, line)),
        }
    }

    fn finding_id(&self, check: &str) -> String {
        format!("{}#{check}", self.planned.id)
    }

    fn unmet(&self, requires: &[String]) -> Option<String> {
        let requires: Vec<_> = requires
            .iter()
            .map(|entry| template::render_text(entry, &self.scope).unwrap_or_default())
            .collect();
        let features = &self.shared.target.features;
        features.first_unmet(requires.iter().map(String::as_str)).map(str::to_owned)
    }

    /// Deletes what the case created. Never changes a verdict.
    async fn clean_up(&mut self) -> Vec<LeftOver> {
        let transport = self.shared.transport.as_ref();
        let own_name = self.shared.ids.unique(&self.planned.id);
        let mut left_over = Vec::new();
        for lost in self.ownership.take_lost() {
            let found = cleanup::find(transport, &lost.endpoint, lost.identifier.as_ref(), &own_name).await;
            let mut problems = Vec::new();
            match found {
                Ok(urls) if urls.is_empty() && lost.pending => {
                    let why = format!("{}; it is not there, but may still come into being", lost.reason);
                    problems.push(self.left_over(&lost.endpoint, &why));
                }
                Ok(urls) => {
                    for url in urls {
                        let deleted = cleanup::delete_if_ours(transport, &url, &own_name).await;
                        problems.extend(deleted.err().map(|why| self.left_over(&url, &why)));
                    }
                }
                Err(why) => problems.push(self.left_over(&lost.endpoint, &format!("{}; {why}", lost.reason))),
            }
            if problems.is_empty() {
                self.ownership.gone(lost.number);
            }
            left_over.extend(problems);
        }
        for owned in self.ownership.take_owned() {
            // A faulty server may have answered with the id of somebody else: look before deleting. What the case has
            // changed itself may not carry its first name any more.
            let deleted = match owned.renamed {
                true => cleanup::delete(transport, &owned.url).await,
                false => cleanup::delete_if_ours(transport, &owned.url, &own_name).await,
            };
            match deleted {
                Ok(()) => self.ownership.gone(owned.number),
                Err(why) => left_over.push(self.left_over(&owned.url, &why)),
            }
        }
        left_over
    }

    fn left_over(&self, url: &str, reason: &str) -> LeftOver {
        LeftOver { url: url.to_owned(), reason: reason.to_owned(), case: self.planned.id.clone() }
    }
}

pub(crate) fn not_applicable(unmet: &str) -> String {
    match unmet.strip_prefix('!') {
        Some(feature) => format!("the target has {feature}"),
        None => format!("the target does not claim {unmet}"),
    }
}

fn source(planned: &PlannedCase, line: u32) -> SourceRef {
    SourceRef { file: planned.suite.file.clone(), line }
}

/// A step's name as part of an id: lower case, everything else than letters and digits becomes `-`.
pub(crate) fn slug(name: &str) -> String {
    let words: Vec<_> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}
