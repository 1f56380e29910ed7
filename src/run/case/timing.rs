//! Whether a login ended in time, and how long that took.

use std::time::Instant;

use super::look::ended_before;
use super::row::{Deadline, InTime, Row, When};
use super::watch::is_login;
use crate::model::{Channel, Finding, TokenState, Verdict};
use crate::suite::duration;

/// How long it took until a login did not count any more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Took {
    /// It counted at the first time after the change, or had no look before, and not at the second.
    Within(Option<Instant>, Instant),
    /// It counted until the deadline: at this time last.
    Never(Option<Instant>),
    /// Nobody can tell.
    Untold,
}

/// What a row of looks showed, held against the deadline.
pub(super) struct Timing<'r> {
    row: &'r Row,
    deadline: Option<Deadline>,
    in_time: InTime,
    /// Whether it is looked at when everything else has shown what it does.
    goes_last: bool,
}

impl<'r> Timing<'r> {
    /// `let_in`: when new logins of our own were let in meanwhile, which may end older ones.
    pub(super) fn new(
        row: &'r Row,
        deadline: Option<Deadline>,
        channel: Channel,
        let_in: Option<When>,
    ) -> Self {
        let goes_last = is_login(channel);
        let in_time = row.in_time(deadline, let_in.filter(|_| !goes_last));
        Self { row, deadline, in_time, goes_last }
    }

    /// Of what nothing else of ours comes near.
    pub(super) fn of(row: &'r Row, deadline: Option<Deadline>) -> Self {
        Self { row, deadline, in_time: row.in_time(deadline, None), goes_last: false }
    }

    /// How long it took, by what the last look showed and the looks before it.
    pub(super) fn took(&self, state: &TokenState, changed_at: Option<Instant>) -> Took {
        let Self { row, deadline, in_time, .. } = self;
        match (state, in_time, row.held()) {
            (TokenState::Active, ..)
            | (TokenState::Inactive, InTime::No | InTime::Ours { lasted: true }, _) => {
                Took::Never(row.otherwise())
            }
            (TokenState::Inactive, InTime::Yes, Some(held)) if !ended_before(row, changed_at) => {
                Took::Within(
                    row.otherwise(),
                    deadline.map_or(held.seen, |deadline| deadline.at_most(held.seen)),
                )
            }
            _ => Took::Untold,
        }
    }

    /// What the deadline makes of a finding that holds in the end, and how often it held before and then not any more.
    pub(super) fn judge(&self, finding: Finding) -> Finding {
        let got = match self.row.relapses() {
            0 => finding.got,
            1 => joined(&finding.got, "seen to have ended, and to count again, once"),
            times => joined(&finding.got, &format!("seen to have ended, and to count again, {times} times")),
        };
        let finding = Finding { got, ..finding };
        match self.deadline.filter(|_| finding.verdict == Verdict::Pass) {
            Some(deadline) => self.held_against(&duration::human(deadline.within), finding),
            None => finding,
        }
    }

    fn held_against(&self, within: &str, finding: Finding) -> Finding {
        let blocked = |reason: String, finding: Finding| Finding {
            verdict: Verdict::Blocked,
            reason: Some(format!("{reason}: whether it had ended in time cannot be told")),
            ..finding
        };
        let failed = |got: String, finding: Finding| Finding {
            verdict: finding.level.verdict_if_broken(),
            wanted: format!("the login to have ended within {within}"),
            got: joined(&got, &finding.got),
            ..finding
        };
        match self.in_time {
            InTime::Afterwards if self.goes_last => {
                blocked(format!("new logins were tried only after the deadline of {within}"), finding)
            }
            // Latencies say that nobody knows when it ended.
            InTime::Yes | InTime::Afterwards => finding,
            InTime::No => {
                failed(format!("it counted after the deadline of {within}, and ended later"), finding)
            }
            InTime::Ours { lasted: true } => failed(
                format!(
                    "it counted until shortly before the deadline of {within}, and ended with a new login that was let in \
                     then"
                ),
                finding,
            ),
            InTime::Ours { lasted: false } => blocked(
                format!("a new login that was let in before the deadline of {within} may have ended it"),
                finding,
            ),
            InTime::Untold(after) => {
                let why =
                    if self.goes_last { "when the other channels had shown what they do, or " } else { "" };
                let after = after.as_secs_f64();
                blocked(
                    format!(
                        "the first look after {within} came only {after:.1} s after the change, {why}held back by \
                         `max_rate`, by a pause that the target asked for or by answers that took long"
                    ),
                    finding,
                )
            }
        }
    }
}

/// Two things that are said of a finding, of which one may be nothing: what holds mostly says nothing.
fn joined(one: &str, other: &str) -> String {
    let said: Vec<_> = [one, other].into_iter().filter(|said| !said.is_empty()).collect();
    said.join("; ")
}
