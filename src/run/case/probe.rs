//! Looking whether logins still count: every channel at the same time and on a clock of its own, until each shows what is
//! wanted or the time is over. A target that never revokes costs the time once.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::look::{Look, Seen, untold};
use super::watch::{Watching, is_login};
use super::{Running, Stop, not_applicable};
use crate::model::{Channel, Finding, Latency, TokenState, Verdict, milliseconds};
use crate::suite::duration;
use crate::suite::format::{Check, Step, TokenWord};
use crate::wire::oauth::Tokens;

impl<'a> Running<'a> {
    pub(super) async fn probe(&mut self, step: &'a Step) -> Result<(), Stop> {
        let oauth = self.oauth()?;
        let looks = self.looks(step)?.into_iter().map(|look| (look.channel, Mutex::new(look))).collect();
        self.watching = Some(Watching { step, within: self.within(step), looks });
        let watched = self.watch_all(&oauth).await;
        self.take_place().await;
        watched?;
        match self.watching.take() {
            Some(Watching { step, within, looks }) => {
                self.concluded(looks.into_iter().map(|(_, look)| look.into_inner()).collect(), step, within)
            }
            None => Ok(()),
        }
    }

    /// How long a step waits at most: the deadline of revocations, if the configuration has one.
    pub(super) fn within(&self, step: &Step) -> Option<Duration> {
        let own = duration::parse(&step.eventually.as_ref()?.within).unwrap_or_default();
        let deadline = self.shared.oauth.as_ref().and_then(|oauth| oauth.deadline());
        let within = deadline.filter(|_| !step.control).unwrap_or(own);
        Some(self.shared.patience.map_or(within, |patience| within.min(patience)))
    }

    /// Concludes what had shown what is wanted when the case had to end.
    pub(super) fn conclude_what_was_shown(&mut self) {
        let Some(Watching { step, within, looks }) = self.watching.take() else { return };
        let mut looks: Vec<Look<'_>> = looks.into_iter().map(|(_, look)| look.into_inner()).collect();
        // Of several logins all have to show it.
        let open = looks.iter().filter(|look| look.held.is_none() || look.seen.is_none());
        let open: Vec<String> = open.flat_map(|look| &look.checks).map(|check| check.id.clone()).collect();
        for look in &mut looks {
            look.checks.retain(|check| !open.contains(&check.id));
        }
        looks.retain(|look| !look.checks.is_empty());
        // What cannot be concluded gets the reason why the case ended.
        let _ = self.concluded(looks, step, within);
    }

    fn concluded(&mut self, looks: Vec<Look<'_>>, step: &Step, within: Option<Duration>) -> Result<(), Stop> {
        let findings = self.conclude(looks, step, within)?;
        self.findings.extend(findings);
        Ok(())
    }

    /// What is to be looked at. Checks for which there is nothing get their finding at once.
    fn looks<'s>(&mut self, step: &'s Step) -> Result<Vec<Look<'s>>, Stop> {
        let mut looks: Vec<Look<'s>> = Vec::new();
        let others = self.oauth()?.other_logins();
        for check in &step.checks {
            let Some(channel) = check.channel else { continue };
            let unmet = match self.shared.target.features.has(channel.feature()) {
                true => self.unmet(&check.requires),
                false => Some(channel.feature().to_owned()),
            };
            if let Some(unmet) = unmet {
                let reason = not_applicable(&unmet, &self.shared.target.features);
                self.unjudged(&check.id, &check.requirement, check.line, Verdict::NotApplicable, &reason);
                continue;
            }
            let mut judged = false;
            let mut mute = None;
            let ways = if channel == Channel::OtherLogin { others } else { 1 };
            for (name, way) in step.probe.iter().flat_map(|name| (0..ways).map(move |way| (name, way))) {
                if let Some(reason) = self.logins.mute.get(&(name.clone(), channel, way)) {
                    mute = Some(reason.clone());
                    continue;
                }
                if let Some(missing) = self.logins.get(name)?.missing(channel) {
                    mute = Some(missing);
                    continue;
                }
                judged = true;
                let same =
                    |look: &&mut Look<'_>| (look.login, look.channel, look.way) == (name, channel, way);
                if let Some(look) = looks.iter_mut().find(same) {
                    look.checks.push(check);
                    continue;
                }
                let login = self.logins.get(name)?;
                let tokens = match (channel, &login.spare) {
                    (Channel::Refresh, Some(spare)) => spare.clone(),
                    _ => login.tokens.clone(),
                };
                let identity = login.identity.clone();
                looks.push(Look {
                    login: name,
                    channel,
                    way,
                    checks: vec![check],
                    identity,
                    tokens,
                    seen: None,
                    first: None,
                    counted: None,
                    held: None,
                    doubt: None,
                    expired: false,
                });
            }
            if !judged {
                let nobody = || (Verdict::Blocked, "there is no login to look at".to_owned());
                let (verdict, reason) = mute.unwrap_or_else(nobody);
                self.unjudged(&check.id, &check.requirement, check.line, verdict, &reason);
            }
        }
        Ok(looks)
    }

    /// The findings: of several logins the first that does not hold is shown, else the first.
    fn conclude(
        &mut self,
        looks: Vec<Look<'_>>,
        step: &Step,
        within: Option<Duration>,
    ) -> Result<Vec<Finding>, Stop> {
        let mut shown: Vec<Finding> = Vec::new();
        let untold = untold(&looks, self.changed_at);
        for look in looks {
            let Look { login, channel, way, checks, tokens, seen, counted, held, doubt, .. } = look;
            self.keep(login, channel, tokens)?;
            let Some(Seen { hops, state, .. }) = seen else { continue };
            let mut index = None;
            for hop in hops {
                index = Some(self.push_hop(hop, &step.name));
            }
            for check in checks {
                let finding = match index {
                    Some(index) => {
                        self.exchanges[index].shows = Some(state.clone());
                        self.judge_check(check, &self.exchanges[index])?
                    }
                    None => self.unseen(check, &state),
                };
                let finding = still_active(finding, check, &state, within);
                let finding = Finding {
                    // The status alone would not say why.
                    got: match &doubt {
                        Some(doubt) if check.token.is_some() => {
                            format!("{}; the answer {}", finding.got, doubt.in_words())
                        }
                        _ => finding.got,
                    },
                    ..finding
                };
                let finding = self.controlled(finding, step, check, (login, channel, way), &state);
                let told = !matches!(state, TokenState::Unclear(_));
                if told && (state == TokenState::Active || !untold.contains(&check.id)) {
                    self.measure(check, channel, [counted, held], within);
                }
                match shown.iter_mut().find(|other| other.id == finding.id) {
                    None => shown.push(finding),
                    Some(other) if other.verdict < finding.verdict => *other = finding,
                    Some(_) => {}
                }
            }
        }
        Ok(shown)
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
                    TokenState::Unclear(why) => format!(
                        "whether the login outlived \"{}\" could not be told through the channel {channel}: {why}",
                        step.name
                    ),
                    _ => {
                        format!("the login outlived \"{}\" already, through the channel {channel}", step.name)
                    }
                };
                self.logins.mute.insert(place, (Verdict::Blocked, reason));
            }
            return finding;
        }
        let why = finding.reason.clone().unwrap_or_else(|| finding.got.clone());
        let (verdict, reason) = match check.token {
            Some(_) => (
                Verdict::Blocked,
                format!("the channel {channel} did not show the login while it counted: {why}"),
            ),
            // What the check is about does not stand there in the first place.
            None => (Verdict::NotApplicable, format!("the channel {channel} does not show it: {why}")),
        };
        self.logins.mute.insert(place, (verdict, reason.clone()));
        Finding { verdict, reason: Some(reason), ..finding }
    }

    /// How long a revocation took: since the login counted last, until it did not for the first time. Only what the last
    /// look showed counts: where it could not be told, "never" would be wrong.
    fn measure(
        &mut self,
        check: &Check,
        channel: Channel,
        [counted, held]: [Option<Instant>; 2],
        within: Option<Duration>,
    ) {
        let (Some(within), Some(TokenWord::Inactive)) = (within, check.token) else { return };
        let Some(since) = self.changed_at else { return };
        let after = |at: Instant| milliseconds(at.saturating_duration_since(since));
        let latency = Latency {
            check: self.finding_id(&check.id),
            channel,
            cause: self.cause,
            took_ms: held.map(after),
            at_least_ms: counted.map_or(0.0, after),
            deadline_ms: milliseconds(within),
        };
        // Of several devices the last counts.
        let longer = |one: Option<f64>, other: Option<f64>| Some(one?.max(other?));
        match self.latencies.iter_mut().find(|other| other.check == latency.check) {
            Some(other) => {
                other.took_ms = longer(other.took_ms, latency.took_ms);
                other.at_least_ms = other.at_least_ms.max(latency.at_least_ms);
            }
            None => self.latencies.push(latency),
        }
    }
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

#[cfg(test)]
mod tests;
