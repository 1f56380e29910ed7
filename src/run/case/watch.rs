//! Watching logins through all channels, until each shows what is wanted or the time is over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Mutex, Notify, Semaphore};

use super::look::{Look, Seen, side_by_side};
use super::row::Shown;
use super::send::SIDE_BY_SIDE;
use super::{Running, Stop};
use crate::model::{Channel, TokenState, Verdict};
use crate::run::poll::{Pauses, SHORTEST};
use crate::suite::format::{Step, TokenWord};
use crate::wire::now;
use crate::wire::oauth::OAuth;

/// A case that waits for longer lets others begin meanwhile: all that it sends is a look now and then.
pub(super) const SHORT: Duration = Duration::from_secs(2);
/// So many times a look is repeated that came to nothing when the time is over: one failure of a server is no reason to
/// leave a channel unjudged.
const ACCIDENTS: u32 = 3;

/// The looks of a step while they are watched. They stand with the case, so that what was shown is not lost with a case
/// that ends meanwhile.
pub(super) struct Watching<'s> {
    pub(super) step: &'s Step,
    pub(super) within: Option<Duration>,
    pub(super) looks: Vec<(Channel, Mutex<Look<'s>>)>,
}

impl<'a> Running<'a> {
    pub(super) async fn watch_all(&self, oauth: &OAuth) -> Result<(), Stop> {
        let Some(watching) = &self.watching else { return Ok(()) };
        let watches = async {
            // A server that allows a user few logins ends an old one with each new one. A control shows that in what it
            // looks at afterwards; later, new logins are tried when everything else has shown what it does.
            if watching.step.control {
                self.watch_some(oauth, watching, is_login).await?;
                return self.watch_some(oauth, watching, |channel| !is_login(channel)).await;
            }
            self.watch_before_logins(oauth, watching).await?;
            // Where some channel saw an end that did not last, a refresh that was refused once is tried again.
            let again = |channel| channel == Channel::Refresh && self.has_relapsed();
            self.watch_some(oauth, watching, |channel| is_login(channel) || again(channel)).await
        };
        tokio::pin!(watches);
        match tokio::time::timeout(SHORT, &mut watches).await {
            Ok(watched) => watched,
            // A target that never revokes would keep every place until the deadline, case after case.
            Err(_) => {
                self.make_room();
                watches.await
            }
        }
    }

    /// Watches all channels but new logins. Where they take the time up to the deadline, each way to log in is tried once
    /// shortly before it: else it would have more time than they. Who is refused then ends no other login.
    async fn watch_before_logins(&self, oauth: &OAuth, watching: &Watching<'a>) -> Result<(), Stop> {
        let over = Notify::new();
        let others = async {
            let watched = self.watch_some(oauth, watching, |channel| !is_login(channel)).await;
            over.notify_one();
            watched
        };
        let logins = async {
            let eve = self.deadline(watching.step).and_then(|deadline| deadline.eve());
            // Where the step begins later than that, the others go first: each has one look only.
            let Some(eve) = eve.filter(|eve| *eve > now()) else { return Ok(()) };
            tokio::select! {
                biased;
                () = over.notified() => Ok(()),
                () = tokio::time::sleep_until(eve.into()) => self.try_logins(oauth, watching).await,
            }
        };
        let (others, logins) = tokio::join!(others, logins);
        others.and(logins)
    }

    /// Tries each new login once that is not to let anybody in.
    async fn try_logins(&self, oauth: &OAuth, watching: &Watching<'a>) -> Result<(), Stop> {
        let places = Semaphore::new(SIDE_BY_SIDE);
        let logins = watching.looks.iter().filter(|(channel, _)| is_login(*channel));
        let tries = logins.map(|(_, look)| {
            let places = &places;
            async move {
                let mut look = look.lock().await;
                if look.waits_for_an_end() {
                    let before = self.look_once(oauth, &mut look, places).await;
                    self.note(&mut look, before, watching.step)?;
                    let let_in = look.seen.as_ref().filter(|seen| seen.state == TokenState::Active);
                    look.came_in = let_in.map(|seen| seen.when);
                }
                Ok(())
            }
        });
        side_by_side(tries.collect()).await
    }

    /// Watches some of the channels side by side.
    async fn watch_some(
        &self,
        oauth: &OAuth,
        watching: &Watching<'a>,
        which: impl Fn(Channel) -> bool,
    ) -> Result<(), Stop> {
        let Watching { step, within, looks } = watching;
        let mut pauses = Pauses::new(step.eventually.as_ref(), self.shared.patience).within(*within);
        // A revocation is late from the change on, whatever went on in between.
        if step.checks.iter().any(|check| check.token == Some(TokenWord::Inactive)) {
            pauses = pauses.since(self.changed_at, *within);
            if looks.iter().any(|(channel, _)| is_login(*channel)) {
                pauses = pauses.quick_from(self.deadline(step).and_then(|deadline| deadline.before_eve()));
            }
        }
        let places = Semaphore::new(SIDE_BY_SIDE);
        let looks = looks.iter().filter(|(channel, _)| which(*channel));
        let watches = looks.map(|(_, look)| {
            let (pauses, places) = (pauses.clone(), &places);
            async move {
                let mut look = look.lock().await;
                self.watch(oauth, &mut look, step, pauses, places).await
            }
        });
        side_by_side(watches.collect()).await
    }

    /// Looks through one channel again and again until it shows what is wanted or the time is over. None waits for another:
    /// one that answers late would make all seem late.
    async fn watch(
        &self,
        oauth: &OAuth,
        look: &mut Look<'_>,
        step: &Step,
        mut pauses: Pauses,
        places: &Semaphore,
    ) -> Result<(), Stop> {
        let mut accidents = 0;
        loop {
            let (last, began) = (pauses.is_over(), now());
            if self.look_in_a_row(oauth, look, step, places).await? || look.expired {
                return Ok(());
            }
            if !last {
                pauses.wait().await;
                continue;
            }
            if accidents == ACCIDENTS
                || !look.may_be_an_accident(step)
                || now().saturating_duration_since(began) > SHORT
            {
                return Ok(());
            }
            tokio::time::sleep(self.short_pause() * (1 << accidents)).await;
            accidents += 1;
        }
    }

    /// Looks until enough looks in a row show what is wanted, or one does not; returns whether they do. Each may be answered
    /// by another replica, or by the cache of another.
    async fn look_in_a_row(
        &self,
        oauth: &OAuth,
        look: &mut Look<'_>,
        step: &Step,
        places: &Semaphore,
    ) -> Result<bool, Stop> {
        loop {
            let before = self.look_once(oauth, look, places).await;
            if look.expired && look.row.holds_so_far() {
                // What was seen before it may have ended by itself is all that there is to see.
                (look.seen, look.expired) = (look.told.take().or(before), false);
                return Ok(true);
            }
            if self.note(look, before, step)? != Shown::Wanted {
                return Ok(false);
            }
            if look.row.is_long_enough(look.length(step), self.has_relapsed()) {
                return Ok(true);
            }
            tokio::time::sleep(self.short_pause()).await;
        }
    }

    /// Takes note of what a look shows; `before` is what the look before came to.
    fn note(&self, look: &mut Look<'_>, before: Option<Seen>, step: &Step) -> Result<Shown, Stop> {
        let shown = self.shown(look, step)?;
        look.told = match shown {
            Shown::Unclear if look.expired => None,
            Shown::Unclear => look.told.take().or(before.filter(Seen::tells)),
            _ => None,
        };
        if let Some(seen) = &look.seen {
            self.note_relapse(look.row.add(shown, seen.when));
        }
        Ok(shown)
    }

    async fn look_once(&self, oauth: &OAuth, look: &mut Look<'_>, places: &Semaphore) -> Option<Seen> {
        let _place = places.acquire().await;
        look.once(oauth, self.shared.transport.as_ref()).await
    }

    /// What a look shows now, whatever earlier ones showed.
    fn shown(&self, look: &Look<'_>, step: &Step) -> Result<Shown, Stop> {
        let Some(seen) = &look.seen else { return Ok(Shown::Unclear) };
        let Some(exchange) = seen.preliminary(step) else { return Ok(Shown::Unclear) };
        let mut shown = Shown::Wanted;
        for check in look.decisive() {
            if self.judge_check(check, &exchange)?.verdict >= Verdict::Warn {
                shown = Shown::Otherwise;
            }
        }
        let unclear = shown == Shown::Otherwise && matches!(seen.state, TokenState::Unclear(_));
        Ok(if unclear { Shown::Unclear } else { shown })
    }

    /// The pause between the looks of a row.
    pub(super) fn short_pause(&self) -> Duration {
        self.shared.patience.map_or(SHORTEST, |patience| patience.min(SHORTEST))
    }

    /// Takes note that something was seen to end and to count again.
    pub(super) fn note_relapse(&self, relapse: bool) {
        self.relapses.fetch_add(u32::from(relapse), Ordering::Relaxed);
    }

    /// Whether anything of the case was seen to end and to count again.
    pub(super) fn has_relapsed(&self) -> bool {
        self.relapses.load(Ordering::Relaxed) > 0
    }
}

/// Whether a channel is a new login.
pub(super) fn is_login(channel: Channel) -> bool {
    matches!(channel, Channel::Login | Channel::OtherLogin)
}
