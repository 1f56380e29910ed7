//! A step that looks whether logins still count: what there is to look at, through which channels, and for how long.

use std::time::Duration;

use tokio::sync::Mutex;

use super::look::{Look, Seen};
use super::row::{Deadline, Row};
use super::timing::Took;
use super::watch::Watching;
use super::{Running, Stop, not_applicable};
use crate::model::{Channel, Verdict};
use crate::suite::duration;
use crate::suite::format::Step;

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
        let within = self.allowed(step)?;
        Some(self.shared.patience.map_or(within, |patience| within.min(patience)))
    }

    /// How long it may take, however long we have the patience to wait.
    fn allowed(&self, step: &Step) -> Option<Duration> {
        let own = duration::parse(&step.eventually.as_ref()?.within).unwrap_or_default();
        let deadline = self.shared.oauth.as_ref().and_then(|oauth| oauth.deadline());
        Some(deadline.filter(|_| !step.control).unwrap_or(own))
    }

    /// By when a step has to show that a login has ended: so long after the answer to the last change.
    pub(super) fn deadline(&self, step: &Step) -> Option<Deadline> {
        let (since, within, waits) = (self.changed_at?, self.allowed(step)?, self.within(step)?);
        (!step.control).then_some(Deadline { since, within, waits })
    }

    /// Concludes what had shown what is wanted when the case had to end.
    pub(super) fn conclude_what_was_shown(&mut self) {
        let Some(Watching { step, within, looks }) = self.watching.take() else { return };
        let mut looks: Vec<Look<'_>> = looks.into_iter().map(|(_, look)| look.into_inner()).collect();
        // Of several logins all have to show it, and what came and went may go again.
        let open = looks.iter().filter(|look| {
            let enough = look.row.is_long_enough(look.length(step), self.has_relapsed());
            !look.seen.as_ref().is_some_and(Seen::tells) || !enough && !look.row.holds_so_far()
        });
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
                    told: None,
                    row: Row::default(),
                    came_in: None,
                    doubt: None,
                    expired: false,
                });
            }
            if !judged {
                let nobody = || (Verdict::Blocked, "there is no login to look at".to_owned());
                let (verdict, reason) = mute.unwrap_or_else(nobody);
                if verdict == Verdict::Blocked {
                    self.measure(check, channel, step, Took::Untold);
                }
                self.unjudged(&check.id, &check.requirement, check.line, verdict, &reason);
            }
        }
        Ok(looks)
    }
}

#[cfg(test)]
mod tests;
