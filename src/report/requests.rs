//! Every request of a run, whether it is kept whole or in brief.

use crate::model::{Brief, RecordedAnswer, RecordedExchange, RunResult};

/// A request of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sent<'r> {
    /// The id of the case that it was made for.
    pub(crate) case: &'r str,
    pub(crate) method: &'r str,
    /// What is below the base URL, or the whole URL if it is elsewhere.
    pub(crate) url: &'r str,
    /// `None` if nothing came back.
    pub(crate) status: Option<u16>,
    /// In milliseconds since the run began.
    pub(crate) started_ms: f64,
    /// In milliseconds.
    pub(crate) duration_ms: f64,
}

impl<'r> Sent<'r> {
    /// One that is kept whole.
    pub(crate) fn of(exchange: &'r RecordedExchange, base_url: &str) -> Self {
        let url = exchange.request.url.as_str();
        let below = url.strip_prefix(base_url.trim_end_matches('/'));
        Self {
            case: owner(exchange),
            method: &exchange.request.method,
            url: below.filter(|rest| rest.is_empty() || rest.starts_with(['/', '?'])).unwrap_or(url),
            status: match exchange.answer {
                RecordedAnswer::Response { status, .. } => Some(status),
                RecordedAnswer::Failure { .. } => None,
            },
            started_ms: exchange.started_ms,
            duration_ms: exchange.duration_ms,
        }
    }

    fn in_brief(case: &'r str, brief: &'r Brief) -> Self {
        Self {
            case,
            method: brief.method(),
            url: brief.url(),
            status: brief.status,
            started_ms: brief.started_ms,
            duration_ms: brief.duration_ms,
        }
    }

    /// Whether it went to the service under test.
    pub(crate) fn is_below(&self) -> bool {
        self.url.is_empty() || self.url.starts_with(['/', '?'])
    }
}

/// All of them; those in brief last.
pub(crate) fn all(result: &RunResult) -> impl Iterator<Item = Sent<'_>> {
    let base_url = result.target.base_url.as_str();
    let whole = result.exchanges.iter().map(move |exchange| Sent::of(exchange, base_url));
    whole.chain(
        result
            .briefs
            .iter()
            .flat_map(|(case, briefs)| briefs.iter().map(move |brief| Sent::in_brief(case, brief))),
    )
}

/// The id of the case that an exchange was made for.
pub(crate) fn owner(exchange: &RecordedExchange) -> &str {
    exchange.id.0.rsplit_once(':').map_or(exchange.id.0.as_str(), |(owner, _)| owner)
}
