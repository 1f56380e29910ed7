//! What the looks at logins came to: their findings, and how long it took.

use std::time::{Duration, Instant};

use super::look::{Look, Seen};
use super::row::{Row, When};
use super::timing::{Timing, Took};
use super::watch::is_login;
use super::{Running, Stop};
use crate::model::{Channel, Finding, Latency, TokenState, Verdict, milliseconds};
use crate::suite::duration;
use crate::suite::format::{Check, Step, TokenWord};
use crate::wire::oauth::{Doubt, Hop, Tokens};

/// What a look came to in the end.
struct End {
    state: TokenState,
    /// The exchange that shows it.
    index: Option<usize>,
    /// Why a later look came to nothing, if one did.
    nothing: Option<String>,
}

impl Running<'_> {
    /// The findings: of several logins the first that does not hold is shown, else the first.
    pub(super) fn conclude(
        &mut self,
        looks: Vec<Look<'_>>,
        step: &Step,
        within: Option<Duration>,
    ) -> Result<Vec<Finding>, Stop> {
        let mut shown: Vec<Finding> = Vec::new();
        self.count_logins(&looks);
        let let_in = looks.iter().filter_map(|look| look.came_in).reduce(When::and);
        for look in looks {
            let Look { login, channel, way, checks, tokens, seen, told, row, doubt, .. } = look;
            self.keep(login, channel, tokens)?;
            let Some(seen) = seen else { continue };
            let End { state, index, nothing } = self.end_of(seen, told, &row, step);
            for check in checks {
                let finding = match index {
                    Some(index) => {
                        self.exchanges[index].shows = Some(state.clone());
                        self.judge_check(check, &self.exchanges[index])?
                    }
                    None => self.unseen(check, &state),
                };
                let finding = still_active(finding, check, &state, within);
                let finding = with_more(finding, check, doubt.as_ref(), nothing.as_deref());
                let deadline = self.deadline(step).filter(|_| check.token == Some(TokenWord::Inactive));
                let timing = Timing::new(&row, deadline, channel, let_in);
                let finding = timing.judge(finding);
                let finding = self.controlled(finding, step, check, (login, channel, way), &state);
                self.measure(check, channel, step, timing.took(&state, self.changed_at));
                match shown.iter_mut().find(|other| other.id == finding.id) {
                    None => shown.push(finding),
                    Some(other) if other.verdict < finding.verdict => *other = finding,
                    Some(_) => {}
                }
            }
        }
        Ok(shown)
    }

    /// Takes note of what the last look came to. What counted until the deadline did so whatever failed in the last look.
    fn end_of(&mut self, seen: Seen, told: Option<Seen>, row: &Row, step: &Step) -> End {
        let lasted = !seen.tells() && row.lasted(self.deadline(step));
        let told = told.filter(|told| lasted && told.state == TokenState::Active);
        let before = told.map(|told| (self.push_hops(told.hops, step), told.state));
        let index = self.push_hops(seen.hops, step);
        match (before, seen.state) {
            (Some((index, state)), TokenState::Unclear(why)) => End { state, index, nothing: Some(why) },
            (_, state) => End { state, index, nothing: None },
        }
    }

    /// Takes note of requests; returns the place of the last.
    fn push_hops(&mut self, hops: Vec<Hop>, step: &Step) -> Option<usize> {
        hops.into_iter().map(|hop| self.push_hop(hop, &step.name)).last()
    }

    /// A look at a new login that let somebody in is a login of that user too.
    fn count_logins(&mut self, looks: &[Look<'_>]) {
        for look in looks.iter().filter(|look| is_login(look.channel)) {
            let let_in = look.seen.as_ref().is_some_and(|seen| seen.state == TokenState::Active);
            if let Some(identity) = look.identity.as_ref().filter(|_| let_in) {
                self.logins.count(&identity.user);
            }
        }
    }

    /// A refresh token that was used gave way to another, and introspection says how long a token lives.
    fn keep(&mut self, login: &str, channel: Channel, tokens: Tokens) -> Result<(), Stop> {
        let login = self.logins.get(login)?;
        match (channel, &mut login.spare) {
            (Channel::Refresh, Some(spare)) => *spare = tokens,
            (Channel::Refresh, None) => login.tokens = tokens,
            (Channel::Introspection, _) => login.tokens.learn(&tokens),
            _ => {}
        }
        Ok(())
    }

    /// Nothing was sent: what the channel needs is not there.
    fn unseen(&self, check: &Check, state: &TokenState) -> Finding {
        let reason = match state {
            TokenState::Unclear(why) => why.clone(),
            TokenState::Active | TokenState::Inactive => "nothing was sent".to_owned(),
        };
        let level = self.shared.level(&check.requirement);
        let finding = self.finding(&check.id, &check.requirement, level, Verdict::Blocked, check.line, None);
        Finding { reason: Some(reason), ..finding }
    }

    /// In a control step, what does not hold says nothing about the target; the channel is not judged any more. Nor is
    /// one that outlived its time: whatever comes later could only say the same.
    fn controlled(
        &mut self,
        finding: Finding,
        step: &Step,
        check: &Check,
        at: (&str, Channel, usize),
        state: &TokenState,
    ) -> Finding {
        if finding.verdict < Verdict::Warn {
            return finding;
        }
        let (login, channel, way) = at;
        let place = (login.to_owned(), channel, way);
        if !step.control {
            let outlived = step.eventually.is_some() && check.token == Some(TokenWord::Inactive);
            if outlived && !is_login(channel) {
                let reason = match state {
                    TokenState::Active => {
                        format!("the login outlived \"{}\" already, through the channel {channel}", step.name)
                    }
                    TokenState::Unclear(why) => format!(
                        "whether the login outlived \"{}\" could not be told through the channel {channel}: {why}",
                        step.name
                    ),
                    // Too late perhaps, but it ended.
                    TokenState::Inactive => return finding,
                };
                self.logins.mute.insert(place, (Verdict::Blocked, reason));
            }
            return finding;
        }
        let why = finding.reason.clone().unwrap_or_else(|| finding.got.clone());
        let (verdict, reason) = match check.token {
            Some(_) => (
                Verdict::Blocked,
                format!(
                    "the channel {channel} did not show the login while it counted: {why}{}",
                    self.pushed_out(login, state)
                ),
            ),
            // What the check is about does not stand there in the first place.
            None => (Verdict::NotApplicable, format!("the channel {channel} does not show it: {why}")),
        };
        self.logins.mute.insert(place, (verdict, reason.clone()));
        Finding { verdict, reason: Some(reason), ..finding }
    }

    /// A guess at why a login does not count from the start: who may log in once only is logged out by the next login.
    fn pushed_out(&mut self, login: &str, state: &TokenState) -> String {
        match self.logins.times(login) {
            times if times > 1 && *state == TokenState::Inactive => format!(
                "; perhaps a new login ends the one before: this case logged the user in {times} times"
            ),
            _ => String::new(),
        }
    }

    /// Takes note of how long a revocation took. Of several devices the last counts, and most of all one that never ended.
    pub(super) fn measure(&mut self, check: &Check, channel: Channel, step: &Step, took: Took) {
        let waits = !step.control && check.token == Some(TokenWord::Inactive);
        let (Some(within), Some(since), true) = (self.within(step), self.changed_at, waits) else { return };
        let after = |at: Instant| milliseconds(at.saturating_duration_since(since));
        let (took_ms, at_least_ms, untold) = match took {
            Took::Within(counted, ended) => (Some(after(ended)), counted.map_or(0.0, after), false),
            Took::Never(counted) => (None, counted.map_or(0.0, after), false),
            Took::Untold => (None, 0.0, true),
        };
        let latency = Latency {
            check: self.finding_id(&check.id),
            channel,
            cause: self.cause,
            took_ms,
            at_least_ms,
            untold,
            deadline_ms: milliseconds(within),
        };
        match self.latencies.iter_mut().find(|other| other.check == latency.check) {
            Some(other) => other.add(&latency),
            None => self.latencies.push(latency),
        }
    }
}

/// Says what the status alone would not say: why the answer is not the one of somebody who is logged in, and that a later look
/// came to nothing.
fn with_more(finding: Finding, check: &Check, doubt: Option<&Doubt>, nothing: Option<&str>) -> Finding {
    let mut got = finding.got;
    if let Some(doubt) = doubt.filter(|_| check.token.is_some()) {
        got = format!("{got}; the answer {}", doubt.in_words());
    }
    if let Some(why) = nothing {
        got = format!("{got}; the last look came to nothing: {why}");
    }
    Finding { got, ..finding }
}

/// Says how long was waited for a login that does not end. The deadline and not the time of the last look, which differs from
/// run to run: what is the same would look like two things.
fn still_active(finding: Finding, check: &Check, state: &TokenState, within: Option<Duration>) -> Finding {
    match (within, check.token, state, finding.got.strip_prefix("active: ")) {
        (Some(within), Some(TokenWord::Inactive), TokenState::Active, Some(answer)) => Finding {
            got: format!("still active when the deadline of {} was over: {answer}", duration::human(within)),
            ..finding
        },
        _ => finding,
    }
}
