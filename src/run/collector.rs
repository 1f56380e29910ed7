//! Takes in what a case found: judges the invariants on its exchanges, redacts, keeps what reports need.

use std::time::Duration;

use super::about_target::DISCOVERY;
use super::case::CaseRun;
use super::invariants::Tally;
use super::shared::Shared;
use crate::model::{
    Answer, Brief, CaseResult, Exchange, ExchangeId, Finding, LeftOver, Phase, RecordedExchange, Verdict,
    milliseconds,
};
use crate::wire::redact::Redactor;

/// What is left of a case: all of it redacted.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) result: Option<CaseResult>,
    pub(crate) exchanges: Vec<RecordedExchange>,
    /// Its other requests.
    pub(crate) briefs: Vec<Brief>,
    pub(crate) left_over: Vec<LeftOver>,
    pub(crate) invariants: Tally,
    /// The exchanges that show that the target demands If-Match.
    pub(crate) demand: Option<Vec<ExchangeId>>,
}

impl Done {
    /// A case that sent nothing.
    pub(crate) fn only(result: CaseResult) -> Self {
        Self { result: Some(result), ..Self::default() }
    }
}

/// A URL of a request that is kept in brief is at most so many characters.
const BRIEF: usize = 1_000;

/// Takes in a case, and those of its requests that it did not record.
pub(crate) fn case(shared: &Shared, redactor: &Redactor, run: CaseRun, briefs: &[Exchange]) -> Done {
    let CaseRun { mut result, mut exchanges, left_over, demand, place: _place } = run;
    let shown = |finding: Finding| match shared.evidence || finding.verdict >= Verdict::Warn {
        true => redact(redactor, finding),
        false => without_texts(finding),
    };
    // Not in place, which would keep what was reserved for findings that did not come.
    let mut checks = Vec::with_capacity(result.checks.len());
    checks.extend(std::mem::take(&mut result.checks).into_iter().map(shown));
    result.checks = checks;
    result.reason = result.reason.map(|reason| redactor.line(&reason));
    if let Some(excuses) = &shared.excuses {
        excuses.excuse(&mut result);
    }
    let left_over = left_over.into_iter().map(|left| LeftOver {
        url: redactor.line(&left.url),
        reason: redactor.line(&left.reason),
        ..left
    });
    let done = judge(shared, redactor, &mut exchanges);
    let briefs = briefs.iter().map(|exchange| in_brief(shared, redactor, exchange)).collect();
    Done { left_over: left_over.collect(), result: Some(result), demand, briefs, ..done }
}

/// The first line, the status and the times.
fn in_brief(shared: &Shared, redactor: &Redactor, exchange: &Exchange) -> Brief {
    let request = &exchange.request;
    let below = request.url.strip_prefix(shared.target.base_url.as_str().trim_end_matches('/'));
    let url = below.filter(|rest| rest.starts_with(['/', '?'])).unwrap_or(&request.url);
    let mut url = redactor.line(url);
    // Only what is redacted may be cut: the rest of a secret is one.
    if let Some((end, _)) = url.char_indices().nth(BRIEF) {
        url.truncate(end);
        url.push('…');
    }
    let times = (exchange.started_ms, exchange.duration_ms);
    let status = exchange.response().map(|response| response.status);
    Brief::new(times, exchange.phase, status, (&request.method, &url))
}

/// Takes in discovery, as a case of its own if it found something.
pub(crate) fn discovery(
    shared: &Shared,
    redactor: &Redactor,
    mut exchanges: Vec<Exchange>,
    findings: Vec<Finding>,
) -> Done {
    let done = judge(shared, redactor, &mut exchanges);
    if findings.is_empty() {
        return done;
    }
    let duration = |exchange: &Exchange| Duration::from_secs_f64(exchange.duration_ms / 1000.0);
    let duration_ms = milliseconds(exchanges.iter().map(duration).sum());
    let checks: Vec<_> = findings.into_iter().map(|finding| redact(redactor, finding)).collect();
    let ids = exchanges.into_iter().map(|exchange| exchange.id).collect();
    let mut result = DISCOVERY.case(checks, ids, duration_ms);
    if let Some(excuses) = &shared.excuses {
        excuses.excuse(&mut result);
    }
    Done { result: Some(result), ..done }
}

fn judge(shared: &Shared, redactor: &Redactor, exchanges: &mut [Exchange]) -> Done {
    let mut invariants = Tally::default();
    let mut recorded = Vec::with_capacity(exchanges.len());
    for exchange in exchanges {
        // Clean-up decides no verdict, and an authorization server is no SCIM service.
        if !matches!(exchange.phase, Phase::Cleanup | Phase::Probe) {
            invariants.judge(exchange, &shared.context);
        }
        if shared.evidence {
            recorded.push(redactor.exchange(exchange));
        }
        // One after the other: a value takes many times the memory of its text.
        if let Answer::Response(response) = &mut exchange.answer {
            response.body.forget();
        }
    }
    Done { exchanges: recorded, invariants, ..Done::default() }
}

/// What is left of a finding that nobody reads.
fn without_texts(finding: Finding) -> Finding {
    let (wanted, got, at) = (String::new(), String::new(), String::new());
    Finding { wanted, got, at, hint: None, reason: None, why: None, ..finding }
}

fn redact(redactor: &Redactor, finding: Finding) -> Finding {
    let text = |text: Option<String>| text.map(|text| redactor.line(&text));
    Finding {
        wanted: redactor.line(&finding.wanted),
        got: redactor.line(&finding.got),
        at: redactor.line(&finding.at),
        reason: text(finding.reason),
        hint: text(finding.hint),
        ..finding
    }
}
