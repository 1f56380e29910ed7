//! Looks at the same thing, one after the other: how many in a row have to show it, since when they do, and whether that
//! was in time.

use std::time::{Duration, Instant};

/// So many looks have to show an end one after the other, at first. Behind one address several servers may answer, of which
/// one may be told late or never. Of two that answer by chance, only the one that was told answers the five further looks of
/// such a row once in 32 times; that this happens in each channel of each case is next to impossible. A longer row would
/// keep everybody waiting whose server does what it should.
const FIRST: u32 = 6;
/// The longest row. Each relapse doubles the row; so many looks by chance are impossible for all that matters.
const LONGEST: u32 = 40;
/// So many times a refresh or a login has to be refused where a relapse was seen. What is refused used up nothing, but an
/// account may be locked after many.
const REFUSALS: u32 = 3;
/// So long after the deadline a look may still be sent: it takes its time to get going.
const GRACE: Duration = Duration::from_millis(500);
/// What counted so shortly before the deadline counted until the deadline: between two looks are pauses of up to a second.
const NEARLY: Duration = Duration::from_secs(2);
/// So long before the deadline a new login is tried that was to wait for other channels until then. Time for a form of
/// several pages, and little enough that what counted just before it counted until the deadline, nearly.
const EVE: Duration = Duration::from_secs(1);
/// Of a deadline that is short, the last quarter has to do.
const LAST: u32 = 4;

/// What one look showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// What is wanted.
    Wanted,
    /// Something else.
    Otherwise,
    /// Nothing that could be told.
    Unclear,
}

/// When a look was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When {
    /// When it was to be made: limits of the rate may have held it back from then on.
    pub(super) due: Instant,
    /// When it was sent.
    pub(super) sent: Instant,
    /// When its answer was there.
    pub(super) seen: Instant,
}

/// By when something is to be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    /// When the answer to the change was there.
    pub(super) since: Instant,
    pub(super) within: Duration,
    /// How long is waited for it: less only for a server that is known never to be late.
    pub(super) waits: Duration,
}

/// Which rows are long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// One look is enough.
    One,
    /// As a look changes nothing, as many as may be needed.
    Growing,
    /// A look changes something, but not one that is refused.
    Refusals,
}

/// Whether what is shown was shown in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InTime {
    Yes,
    /// It was first looked at after the deadline, as the case has an order: nothing speaks against it.
    Afterwards,
    /// It was seen not to be there after the deadline.
    No,
    /// It may have been there in time. The first look that shows it was sent so long after the change.
    Untold(Duration),
    /// Something that we did ourselves before the deadline may have brought it about. Whether it was not there until then, for
    /// all that is known.
    Ours {
        lasted: bool,
    },
}

/// What was shown so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// When the first look was to be made.
    due: Option<Instant>,
    /// When the last look was sent that showed something else.
    otherwise: Option<Instant>,
    /// The first of the last looks in an unbroken row that show what is wanted.
    held: Option<When>,
    length: u32,
    /// Whether the last look of which anything could be told shows what is wanted.
    shown: bool,
    relapses: u32,
}

impl When {
    /// From the first of two to the last.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            due: self.due.min(other.due),
            sent: self.sent.min(other.sent),
            seen: self.seen.max(other.seen),
        }
    }
}

impl Deadline {
    fn end(&self) -> Instant {
        self.since.checked_add(self.within).unwrap_or(self.since)
    }

    /// When a new login is tried that still waits for other channels.
    pub(super) fn eve(&self) -> Option<Instant> {
        self.end().checked_sub(self.last_part())
    }

    /// When the other channels are to be looked at before that, so that what a new login does to them is told from what
    /// was so before.
    pub(super) fn before_eve(&self) -> Option<Instant> {
        self.eve()?.checked_sub(self.last_part() / 10)
    }

    fn last_part(&self) -> Duration {
        EVE.min(self.within / LAST)
    }

    /// When something was there whose answer came at a time: who was asked in time said so of that time, however long the
    /// answer took.
    pub(super) fn at_most(&self, seen: Instant) -> Instant {
        seen.min(self.end())
    }
}

impl Row {
    /// Takes note of a look. Returns whether it is a relapse: something else after what is wanted.
    pub(super) fn add(&mut self, shown: Shown, when: When) -> bool {
        self.due.get_or_insert(when.due);
        if shown == Shown::Wanted {
            self.held.get_or_insert(when);
            self.length = self.length.saturating_add(1);
            self.shown = true;
            return false;
        }
        if shown == Shown::Unclear {
            // Neither one more nor a break: the failures of a busy server would leave no row whole.
            return false;
        }
        (self.held, self.length) = (None, 0);
        self.otherwise = Some(when.sent);
        let relapse = std::mem::take(&mut self.shown);
        self.relapses += u32::from(relapse);
        relapse
    }

    /// Whether so many looks in a row show it that it will stay so; `elsewhere`: whether relapses were seen in the case,
    /// through whatever channel.
    pub(super) fn is_long_enough(&self, length: Length, elsewhere: bool) -> bool {
        let wanted = match length {
            Length::Growing => FIRST.saturating_mul(1 << self.relapses.min(8)).min(LONGEST),
            Length::Refusals if elsewhere => REFUSALS,
            Length::Refusals | Length::One => 1,
        };
        self.length >= wanted
    }

    /// Whether what was shown until now is all that there will be to see, if nothing more can be: it holds, and was never
    /// seen to come and go.
    pub(super) fn holds_so_far(&self) -> bool {
        self.length > 0 && self.relapses == 0
    }

    /// Since when it is shown without a break, if it is.
    pub(super) fn held(&self) -> Option<When> {
        self.held
    }

    /// When the last look was sent that showed something else.
    pub(super) fn otherwise(&self) -> Option<Instant> {
        self.otherwise
    }

    /// When the first look was to be made.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// How often it was seen, and then not any more.
    pub(super) fn relapses(&self) -> u32 {
        self.relapses
    }

    /// Whether what holds now held in time; `ours` is what we did ourselves meanwhile, which may bring it about.
    pub(super) fn in_time(&self, deadline: Option<Deadline>, ours: Option<When>) -> InTime {
        let (Some(at), Some(held)) = (deadline, self.held) else { return InTime::Yes };
        let end = at.end();
        if self.otherwise.is_some_and(|otherwise| otherwise > end) {
            return InTime::No;
        }
        if ours.is_some_and(|ours| self.may_come_from(ours)) {
            return InTime::Ours { lasted: self.lasted(deadline) };
        }
        match self.due {
            // Seen late, and perhaps there for long.
            Some(due) if due > end => InTime::Afterwards,
            _ if held.sent > end + GRACE => InTime::Untold(held.sent.saturating_duration_since(at.since)),
            _ => InTime::Yes,
        }
    }

    /// Whether what is shown may come from something that happened: it was not there before, and not seen to be missing since.
    fn may_come_from(&self, event: When) -> bool {
        let before = self.held.is_some_and(|held| held.seen <= event.sent);
        let since = self.otherwise.is_some_and(|otherwise| otherwise > event.seen);
        !before && !since
    }

    /// Whether something else was seen until shortly before the deadline.
    pub(super) fn lasted(&self, deadline: Option<Deadline>) -> bool {
        let over = deadline.and_then(|deadline| deadline.since.checked_add(deadline.waits));
        self.otherwise.zip(over).is_some_and(|(otherwise, over)| otherwise + NEARLY >= over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, milliseconds: u64) -> When {
        let time = start + Duration::from_millis(milliseconds);
        When { due: time, sent: time, seen: time }
    }

    #[test]
    fn each_relapse_doubles_the_row() {
        let now = Instant::now();
        let mut row = Row::default();
        let mut lengths = Vec::new();
        for _ in 0..6 {
            let mut length = 0;
            while !row.is_long_enough(Length::Growing, true) {
                length += 1;
                assert!(!row.add(Shown::Wanted, at(now, 0)));
            }
            lengths.push(length);
            assert!(row.add(Shown::Otherwise, at(now, 0)));
        }
        assert_eq!(lengths, [6, 12, 24, 40, 40, 40]);
        assert_eq!(row.relapses(), 6);
        assert!(!row.add(Shown::Otherwise, at(now, 0)), "it was not there in between");
    }

    #[test]
    fn an_unclear_look_is_nothing() {
        let now = Instant::now();
        let mut row = Row::default();
        row.add(Shown::Wanted, at(now, 0));
        assert!(row.holds_so_far() && row.is_long_enough(Length::Refusals, false));
        assert!(!row.is_long_enough(Length::Refusals, true));
        assert!(!row.add(Shown::Unclear, at(now, 100)));
        assert!(row.held() == Some(at(now, 0)) && row.relapses() == 0);
        row.add(Shown::Wanted, at(now, 150));
        assert!(!row.is_long_enough(Length::Refusals, true), "two were refused");
        assert!(row.add(Shown::Otherwise, at(now, 200)), "it was there, and is not any more");
        assert!(row.held().is_none());
        row.add(Shown::Wanted, at(now, 300));
        assert_eq!(row.held(), Some(at(now, 300)));
        assert!(!row.holds_so_far(), "it came and went");
    }

    #[test]
    fn in_time() {
        let start = Instant::now();
        let four = Duration::from_secs(4);
        let deadline = Some(Deadline { since: start, within: four, waits: four });
        let row = |looks: &[(u64, Shown)]| {
            let mut row = Row::default();
            for (time, shown) in looks {
                row.add(*shown, at(start, *time));
            }
            row
        };
        let of = |looks: &[(u64, Shown)]| row(looks).in_time(deadline, None);
        assert_eq!(of(&[(3000, Shown::Otherwise), (4010, Shown::Wanted)]), InTime::Yes);
        let late = Duration::from_millis(5500);
        assert_eq!(of(&[(3000, Shown::Otherwise), (5500, Shown::Wanted)]), InTime::Untold(late));
        assert_eq!(
            of(&[(3000, Shown::Otherwise), (4001, Shown::Otherwise), (5000, Shown::Wanted)]),
            InTime::No
        );
        assert_eq!(of(&[(9000, Shown::Wanted)]), InTime::Afterwards, "it was not its turn earlier");
        assert_eq!(row(&[(9000, Shown::Wanted)]).in_time(None, None), InTime::Yes);
        // Held back by a limit: it was to be sent in time.
        let mut held_back = Row::default();
        held_back.add(Shown::Wanted, When { due: start, ..at(start, 5500) });
        assert_eq!(held_back.in_time(deadline, None), InTime::Untold(late));
        assert!(row(&[(2100, Shown::Otherwise), (3900, Shown::Unclear)]).lasted(deadline));
        assert!(!row(&[(1900, Shown::Otherwise), (3900, Shown::Unclear)]).lasted(deadline));
        assert!(!row(&[(3900, Shown::Unclear)]).lasted(deadline));
    }

    #[test]
    fn what_a_login_of_our_own_may_have_ended() {
        let start = Instant::now();
        let four = Duration::from_secs(4);
        let deadline = Deadline { since: start, within: four, waits: four };
        let after = |at: Option<Instant>| at.unwrap().duration_since(start).as_millis();
        assert_eq!((after(deadline.before_eve()), after(deadline.eve())), (2900, 3000));
        let short = Deadline { within: Duration::from_secs(2), ..deadline };
        assert_eq!((after(short.before_eve()), after(short.eve())), (1450, 1500));
        let long_answer = deadline.at_most(start + Duration::from_secs(6));
        assert_eq!(after(Some(long_answer)), 4000);

        let ours = When { seen: start + Duration::from_millis(3100), ..at(start, 3000) };
        let of = |looks: &[(u64, Shown)]| {
            let mut row = Row::default();
            for (time, shown) in looks {
                row.add(*shown, at(start, *time));
            }
            row.in_time(Some(deadline), Some(ours))
        };
        assert_eq!(of(&[(1000, Shown::Otherwise), (2900, Shown::Wanted)]), InTime::Yes, "it was so before");
        assert_eq!(
            of(&[(3101, Shown::Otherwise), (3400, Shown::Wanted)]),
            InTime::Yes,
            "it was not so after it"
        );
        let lasted = InTime::Ours { lasted: true };
        assert_eq!(of(&[(2900, Shown::Otherwise), (3200, Shown::Wanted)]), lasted);
        assert_eq!(of(&[(3050, Shown::Otherwise), (3200, Shown::Wanted)]), lasted, "at the same time");
        let unknown = InTime::Ours { lasted: false };
        assert_eq!(of(&[(1000, Shown::Otherwise), (3200, Shown::Wanted)]), unknown);
        assert_eq!(of(&[(3200, Shown::Wanted)]), unknown);
        let still = [
            (2900, Shown::Otherwise),
            (3200, Shown::Wanted),
            (4100, Shown::Otherwise),
            (4200, Shown::Wanted),
        ];
        assert_eq!(of(&still), InTime::No);
        let both = ours.and(at(start, 2950));
        assert_eq!((both.sent, both.seen), (start + Duration::from_millis(2950), ours.seen));
    }
}
