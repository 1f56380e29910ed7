//! Watching logins through all channels, until each shows what is wanted or the time is over.

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore};

use super::look::{Look, side_by_side};
use super::send::SIDE_BY_SIDE;
use super::{Running, Stop};
use crate::model::{Channel, Verdict};
use crate::run::poll::{Pauses, SHORTEST};
use crate::suite::format::{Step, TokenWord};
use crate::wire::oauth::OAuth;

/// A case that waits for longer lets others begin meanwhile: all that it sends is a look now and then.
pub(super) const SHORT: Duration = Duration::from_secs(2);
/// How many looks have to show the end one after the other: of several replicas, one may be told before the others.
const IN_A_ROW: u32 = 3;

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
        // A server that allows a user few logins ends an old one with each new one. A control shows that in what it
        // looks at afterwards; later, new logins are tried when everything else has shown what it does.
        let first = watching.step.control;
        let watches = async {
            self.watch_some(oauth, watching, |channel| is_login(channel) == first).await?;
            self.watch_some(oauth, watching, |channel| is_login(channel) != first).await
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
        loop {
            let last = pauses.is_over();
            self.look_once(oauth, look, places).await;
            let holds =
                self.shows_what_is_wanted(look, step)? && self.stays_so(oauth, look, step, places).await?;
            if holds || look.expired || last {
                return Ok(());
            }
            pauses.wait().await;
        }
    }

    async fn look_once(&self, oauth: &OAuth, look: &mut Look<'_>, places: &Semaphore) {
        let _place = places.acquire().await;
        look.once(oauth, self.shared.transport.as_ref()).await;
    }

    /// Whether further looks show the same end. Each may be answered by another replica, or by the cache of another.
    async fn stays_so(
        &self,
        oauth: &OAuth,
        look: &mut Look<'_>,
        step: &Step,
        places: &Semaphore,
    ) -> Result<bool, Stop> {
        if step.control || !look.waits_for_an_end() || !look.changes_nothing() {
            return Ok(true);
        }
        let held = look.held;
        for _ in 1..IN_A_ROW {
            let pause = self.shared.patience.map_or(SHORTEST, |patience| patience.min(SHORTEST));
            tokio::time::sleep(pause).await;
            let before = look.seen.take();
            self.look_once(oauth, look, places).await;
            if look.expired {
                // What was seen before it may have ended by itself is all that there is to see.
                (look.seen, look.expired, look.held) = (before, false, held);
                return Ok(true);
            }
            if !self.shows_what_is_wanted(look, step)? {
                return Ok(false);
            }
            look.held = held;
        }
        Ok(true)
    }

    /// Whether all checks of a look hold now, and since when: by this look, whatever earlier ones showed.
    fn shows_what_is_wanted(&self, look: &mut Look<'_>, step: &Step) -> Result<bool, Stop> {
        look.held = None;
        let Some(seen) = &look.seen else { return Ok(false) };
        let Some(exchange) = seen.preliminary(step) else { return Ok(false) };
        for check in &look.checks {
            if self.judge_check(check, &exchange)?.verdict >= Verdict::Warn {
                return Ok(false);
            }
        }
        look.held = Some(seen.at);
        Ok(true)
    }
}

/// Whether a channel is a new login.
pub(super) fn is_login(channel: Channel) -> bool {
    matches!(channel, Channel::Login | Channel::OtherLogin)
}
