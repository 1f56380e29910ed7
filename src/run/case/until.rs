//! A step that is sent again and again until what it asks for holds, or the time is over.

use super::look::expired;
use super::row::{Length, Row, Shown, When};
use super::timing::Timing;
use super::watch::SHORT;
use super::{Running, Stop};
use crate::check;
use crate::model::{Answer, Channel, Finding, TokenState, Verdict};
use crate::run::poll::{self, Pauses};
use crate::suite::format::{Auth, Step};
use crate::wire::now;

impl Running<'_> {
    /// Sends what a step sends, again and again where it says so, until what it asks for holds or the time is over. Where it
    /// sends the token of a login that is to end, as many answers in a row have to hold as for a probe.
    pub(super) async fn until_it_holds(&mut self, step: &Step) -> Result<(), Stop> {
        let mut pauses = Pauses::new(step.eventually.as_ref(), self.shared.patience);
        let login = login_of(step);
        let deadline = login.and_then(|_| self.deadline(step));
        if login.is_some() {
            let within = self.within(step);
            pauses = pauses.within(within).since(self.changed_at, within);
        }
        let length = if deadline.is_some() { Length::Growing } else { Length::One };
        let began = now();
        let mut row = Row::default();
        loop {
            let due = now();
            let before = self.exchanges.len();
            let index = self.act(step).await?;
            let last_try = pauses.is_over() || !poll::may_change(&self.exchanges[index].answer);
            // Before the checks, which may compare the answer with itself.
            self.name_answer(step, index);
            let (findings, outcome, stop) = self.judge(step, index)?;
            let ends = matches!(stop, Some(Stop::Ended(_)));
            let holds =
                ends || stop.is_none() && findings.iter().all(|finding| finding.verdict < Verdict::Warn);
            let over = login.is_some_and(|login| self.has_expired(login, index)) && !row.holds_so_far();
            let relapse = row.add(shown(holds, &self.exchanges[index].answer), self.when(due, index));
            self.note_relapse(relapse);
            let enough = holds && row.is_long_enough(length, self.has_relapsed());
            if !enough && !over && (holds || !last_try) {
                // Only the last try is evidence; the earlier ones are the waiting.
                self.exchanges.truncate(before);
                if now().saturating_duration_since(began) >= SHORT {
                    self.make_room();
                }
                match holds {
                    true => tokio::time::sleep(self.short_pause()).await,
                    false => pauses.wait().await,
                }
                continue;
            }
            let timing = Timing::of(&row, deadline);
            let findings = findings.into_iter().map(|finding| match over && !step.control {
                true => proves_nothing(finding),
                false => timing.judge(finding),
            });
            self.findings.extend(findings);
            self.outcomes.extend(outcome);
            if let Some(stop) = stop {
                return Err(stop);
            }
            return self.capture(step, index);
        }
    }

    /// Whether a login is seen to have ended after its access token may have expired by itself.
    fn has_expired(&mut self, login: &str, index: usize) -> bool {
        let Some(oauth) = self.shared.oauth.clone() else { return false };
        let Ok(login) = self.logins.get(login) else { return false };
        let expires = oauth.expires(&login.tokens, Channel::Resource);
        let answer = &self.exchanges[index].answer;
        expires.is_some_and(|expires| expires <= now())
            && check::token::state(Channel::Resource, answer, 200) == TokenState::Inactive
    }

    /// When the last request was made, whose answer was there a moment ago.
    fn when(&self, due: std::time::Instant, index: usize) -> When {
        let seen = now();
        let took = std::time::Duration::try_from_secs_f64(self.exchanges[index].duration_ms / 1000.0);
        let sent = seen.checked_sub(took.unwrap_or_default()).map_or(due, |sent| sent.max(due));
        When { due, sent, seen }
    }
}

/// The login whose access token a step sends.
fn login_of(step: &Step) -> Option<&str> {
    match &step.request.as_ref()?.auth {
        Auth::Login(login) => Some(login),
        _ => None,
    }
}

/// What an answer shows.
fn shown(holds: bool, answer: &Answer) -> Shown {
    match answer {
        _ if holds => Shown::Wanted,
        Answer::Response(response) if response.status != 429 && response.status < 500 => Shown::Otherwise,
        _ => Shown::Unclear,
    }
}

/// Nobody revoked what may have ended by itself.
fn proves_nothing(finding: Finding) -> Finding {
    match finding.verdict {
        Verdict::NotApplicable => finding,
        _ => Finding { verdict: Verdict::Blocked, reason: Some(expired(Channel::Resource)), ..finding },
    }
}
