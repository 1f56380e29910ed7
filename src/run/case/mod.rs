//! One case: set-up, steps, clean-up.

mod conclude;
mod finding;
mod judge;
mod login;
mod look;
mod probe;
mod referred;
mod row;
mod scope;
mod send;
mod set_up;
mod timing;
mod until;
mod watch;

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::OwnedSemaphorePermit;

pub(crate) use self::finding::not_applicable;
pub(super) use self::finding::slug;
use self::finding::source;
use self::login::Logins;
use self::referred::Referred;
use self::watch::Watching;
use super::cleanup::{self, AfterCase};
use super::ownership::{Ownership, Refused};
use super::place::Places;
use super::plan::PlannedCase;
use super::requirements::requirement_of;
use super::shared::Shared;
use super::time_limit::TimeLimit;
use crate::model::{
    CaseResult, Cause, Exchange, ExchangeId, Finding, Latency, LeftOver, OutcomeTaken, Phase, Request,
    Verdict, milliseconds,
};
use crate::suite::duration;
use crate::suite::format::Step;
use crate::suite::template::{self, Scope, TemplateError};
use crate::wire::now;

/// What a case leaves behind for the run.
#[derive(Debug)]
pub(crate) struct CaseRun {
    pub(crate) result: CaseResult,
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) left_over: Vec<LeftOver>,
    /// The exchanges that show that the target demands If-Match.
    pub(crate) demand: Option<Vec<ExchangeId>>,
    /// Its place among the cases of the run, which is free once everything is taken note of.
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

/// Why a case ends before its last step.
#[derive(Debug)]
enum Stop {
    /// The set-up or a control step did not succeed.
    Blocked(String),
    /// An expectation did not hold; its finding says so.
    Unmet(String),
    /// An expectation did not hold that is no more than recommended: what comes after it need not be judged.
    Unfollowed(String),
    /// An outcome after which there is nothing left to judge.
    Ended(String),
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
        match error {
            Refused::Ledger(_) => Stop::Broken(error.to_string()),
            // What the target said led there: the linter knows the mistakes of suites.
            _ => Stop::Blocked(error.to_string()),
        }
    }
}

/// Runs one case to its end, clean-up included. Never fails: whatever happens is in the result.
pub(crate) async fn run(shared: &Shared, planned: &PlannedCase, place: OwnedSemaphorePermit) -> CaseRun {
    let mut case = Running::new(shared, planned, place);
    let started = Instant::now();
    let started_ms = shared.elapsed_ms();

    let own = planned.case().timeout.as_deref().and_then(duration::parse);
    let within =
        own.unwrap_or_default().max(shared.case_timeout).max(waiting_for_revocations(shared, planned));
    let transport = shared.transport.as_ref();
    let limit = TimeLimit::new(transport, within);
    let mut interrupt = shared.interrupt.clone();
    let stop = tokio::select! {
        result = case.steps() => result.err(),
        () = limit.is_over() => Some(Stop::Broken(format!(
            "the case did not end within {}: raise timeouts.case if the target is slow",
            duration::human(within)
        ))),
        () = super::interrupted(&mut interrupt) => Some(Stop::Blocked("interrupted".to_owned())),
    };
    case.conclude_what_was_shown();
    case.settle(stop);
    let after = cleanup::after_case(transport, &case.ownership, within, shared.evidence);
    let AfterCase { left_over, demand } = after.await;
    case.demanded_by_clean_up(demand);

    let Running { findings, outcomes, exchanges, reason, demand, latencies, place, .. } = case;
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
        duration_ms: milliseconds(started.elapsed()),
        checks: findings,
        outcomes,
        exchanges: exchanges.iter().map(|exchange| exchange.id.clone()).collect(),
        latencies,
        source: Some(source(planned, planned.case().line)),
    };
    let place = place.into_inner().unwrap_or_else(PoisonError::into_inner);
    CaseRun { result, exchanges, left_over, demand, place }
}

/// How long a case that logs in may take at least: where the configuration gives a deadline of revocations, every wait for
/// one may take as long, and the rest of the case a minute.
fn waiting_for_revocations(shared: &Shared, planned: &PlannedCase) -> Duration {
    let steps = &planned.case().steps;
    let deadline = shared.oauth.as_ref().and_then(|oauth| oauth.deadline());
    match deadline.filter(|_| planned.case().logs_in()) {
        None => Duration::ZERO,
        Some(deadline) => {
            let waits = steps.iter().filter(|step| step.eventually.is_some() && step.waits_for_a_login());
            let waits = u32::try_from(waits.count().max(1)).unwrap_or(u32::MAX);
            deadline.saturating_mul(waits).saturating_add(Duration::from_mins(1))
        }
    }
}

/// What a request that changes a user is to end logins by.
fn cause_of(request: &Request) -> Cause {
    let body = request.body.as_deref().and_then(|body| serde_json::from_slice::<Value>(body).ok());
    match body {
        _ if request.method == "DELETE" => Cause::Deletion,
        Some(body) if sets_password(&body) => Cause::PasswordChange,
        _ => Cause::Deactivation,
    }
}

/// Whether a resource, or an operation of a PATCH (RFC 7644 §3.5.2), has a new password.
fn sets_password(body: &Value) -> bool {
    let is_password = |name: &str| name.eq_ignore_ascii_case("password");
    let path = body.get("path").and_then(Value::as_str);
    let members = || body.as_object().into_iter().flatten();
    members().any(|(name, value)| is_password(name) && !value.is_null())
        || path.is_some_and(is_password)
        || ["Operations", "value"]
            .into_iter()
            .filter_map(|name| body.get(name))
            .any(|inner| sets_password(inner) || inner.as_array().into_iter().flatten().any(sets_password))
}

struct Running<'a> {
    shared: &'a Shared,
    planned: &'a PlannedCase,
    scope: Scope,
    /// What its payloads refer to, because the schemas demand it.
    referred: Referred,
    ownership: Ownership,
    findings: Vec<Finding>,
    outcomes: Vec<OutcomeTaken>,
    exchanges: Vec<Exchange>,
    reason: Option<String>,
    /// The first exchanges that show that the target demands If-Match.
    demand: Option<Vec<ExchangeId>>,
    logins: Logins,
    /// When the last step that changed something had its answer, and what it changed.
    changed_at: Option<Instant>,
    cause: Cause,
    /// The probe that is under way.
    watching: Option<Watching<'a>>,
    /// How often something was seen to have ended, and to count again.
    relapses: AtomicU32,
    latencies: Vec<Latency>,
    /// Its place among the cases of the run; nothing while it only waits.
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

impl<'a> Running<'a> {
    fn new(shared: &'a Shared, planned: &'a PlannedCase, place: OwnedSemaphorePermit) -> Self {
        let ids = &shared.ids;
        let target = &shared.target;
        let endpoints = target.resources.iter().map(|kind| kind.resource_type.endpoint.as_str());
        let ownership = Ownership::new(
            &planned.id,
            &ids.unique(&planned.id),
            &ids.uuid(&planned.id),
            Places::new(&target.base_url, endpoints),
            shared.ledger.clone(),
        );
        Self {
            shared,
            planned,
            scope: scope::of_case(shared, planned),
            referred: Referred::new(),
            ownership: ownership.with_writable_discovery(target.features.has("disposable")),
            findings: Vec::new(),
            outcomes: Vec::new(),
            exchanges: Vec::new(),
            reason: None,
            demand: None,
            logins: Logins::default(),
            changed_at: None,
            cause: Cause::default(),
            watching: None,
            relapses: AtomicU32::new(0),
            latencies: Vec::new(),
            place: Mutex::new(Some(place)),
        }
    }

    /// Lets another case begin.
    fn make_room(&self) {
        drop(self.place.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Waits for a place where it has none.
    async fn take_place(&mut self) {
        let place = self.place.get_mut().unwrap_or_else(PoisonError::into_inner);
        if place.is_none() {
            // Nobody closes them.
            *place = Arc::clone(&self.shared.places).acquire_owned().await.ok();
        }
    }

    async fn steps(&mut self) -> Result<(), Stop> {
        let planned = self.planned;
        if planned.case().logs_in()
            && let Some(why) = self.shared.oauth.as_ref().and_then(|oauth| oauth.why_unknown())
        {
            // Before anything is created that nobody could log in with.
            return Err(Stop::Blocked(format!("the authorization server is not known: {why}")));
        }
        self.create_referred().await?;
        for entry in &planned.case().setup {
            self.set_up(entry).await?;
        }
        for step in &planned.case().steps {
            if let Some(unmet) = self.unmet(&step.requires) {
                let reason = not_applicable(&unmet, &self.shared.target.features);
                for check in &step.checks {
                    self.unjudged(&check.id, &check.requirement, check.line, Verdict::NotApplicable, &reason);
                }
                continue;
            }
            self.step(step).await?;
        }
        Ok(())
    }

    async fn step(&mut self, step: &'a Step) -> Result<(), Stop> {
        if let Some(login) = &step.login {
            return self.log_in(login, &step.name).await;
        }
        if !step.probe.is_empty() {
            return self.probe(step).await;
        }
        if let Some(list) = &step.each {
            return self.step_for_each(step, list).await;
        }
        let judged = self.until_it_holds(step).await;
        self.take_place().await;
        judged
    }

    /// Sends what the step sends; returns the place of the exchange.
    async fn act(&mut self, step: &Step) -> Result<usize, Stop> {
        match (&step.revoke, &step.end_session, &step.refreshing) {
            (Some(revoke), ..) => self.revoke(revoke, &step.name).await,
            (None, Some(login), _) => self.end_session(login, &step.name).await,
            (None, None, Some(login)) => self.send_while_refreshing(step, login).await,
            (None, None, None) => self.send_request(step).await,
        }
    }

    async fn send_request(&mut self, step: &Step) -> Result<usize, Stop> {
        let Some(request) = &step.request else {
            return Err(Stop::Broken(format!("the step \"{}\" does nothing", step.name)));
        };
        let sent = self.send(request, &step.name, Phase::Step, step.capture_as.as_deref()).await;
        if !step.is_safe() {
            let cause = sent.as_ref().ok().map(|index| cause_of(&self.exchanges[*index].request));
            self.changed(cause.unwrap_or_default());
        }
        sent
    }

    /// The answer to a change is there: from now on time runs until it is seen.
    fn changed(&mut self, cause: Cause) {
        self.changed_at = Some(now());
        self.cause = cause;
    }

    /// A step that is sent once for each element of a list: every answer has to hold, the first that does not is shown.
    async fn step_for_each(&mut self, step: &Step, list: &str) -> Result<(), Stop> {
        let mut shown = None;
        for index in self.send_each(step, list).await? {
            let (findings, outcome, stop) = self.judge(step, index)?;
            let holds = stop.is_none() && findings.iter().all(|finding| finding.verdict < Verdict::Warn);
            if !holds || shown.is_none() {
                shown = Some((findings, outcome, stop));
            }
            if !holds {
                break;
            }
        }
        let Some((findings, outcome, stop)) = shown else { return Ok(()) };
        self.findings.extend(findings);
        self.outcomes.extend(outcome);
        stop.map_or(Ok(()), Err)
    }

    /// Gives every check that was not reached a finding that says why.
    fn settle(&mut self, stop: Option<Stop>) {
        let (verdict, reason) = match stop {
            None => return,
            Some(Stop::Blocked(reason)) => (Verdict::Blocked, reason),
            Some(Stop::Unmet(reason)) => (Verdict::Blocked, format!("not reached: {reason}")),
            Some(Stop::Unfollowed(reason)) => (Verdict::NotApplicable, format!("not reached: {reason}")),
            Some(Stop::Ended(reason)) => (Verdict::NotApplicable, reason),
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
        let shows = |finding: &Finding| match verdict {
            Verdict::NotApplicable => true,
            _ => finding.verdict >= Verdict::Blocked,
        };
        if !self.findings.iter().any(shows) {
            // Only expectations were left: they too must not look green.
            if let Some((step, requirement)) =
                planned.case().steps.iter().find_map(|step| Some((step, requirement_of(step)?)))
            {
                self.unjudged(&slug(&step.name), &requirement, step.line, verdict, &reason);
            }
        }
        let judged = self.findings.iter().any(|finding| finding.verdict != Verdict::NotApplicable);
        self.reason = (verdict != Verdict::NotApplicable || !judged).then_some(reason);
    }

    fn unmet(&self, requires: &[String]) -> Option<String> {
        let requires: Vec<_> = requires
            .iter()
            .map(|entry| template::render_text(entry, &self.scope).unwrap_or_default())
            .collect();
        self.shared.target.first_unmet(requires.iter().map(String::as_str)).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::AuthMode;

    #[test]
    fn what_a_request_ends_logins_by() {
        let cause = |method: &str, body: Value| {
            let body = Some(body.to_string().into_bytes().into());
            let (method, url) = (method.to_owned(), String::new());
            cause_of(&Request { method, url, headers: Vec::new(), body, auth: AuthMode::Bare })
        };
        let patch = |operation: Value| cause("PATCH", json!({ "Operations": [operation] }));
        assert_eq!(patch(json!({ "op": "replace", "path": "active", "value": false })), Cause::Deactivation);
        assert_eq!(
            patch(json!({ "op": "replace", "path": "Password", "value": "x" })),
            Cause::PasswordChange
        );
        assert_eq!(patch(json!({ "op": "replace", "value": { "password": "x" } })), Cause::PasswordChange);
        assert_eq!(cause("PUT", json!({ "active": false, "password": null })), Cause::Deactivation);
        assert_eq!(cause("PUT", json!({ "password": "x" })), Cause::PasswordChange);
        assert_eq!(cause("DELETE", json!(null)), Cause::Deletion);
    }
}
