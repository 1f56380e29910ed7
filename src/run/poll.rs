//! `eventually`: the pauses between the tries of a safe request.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::Answer;
use crate::suite::duration;
use crate::suite::format::Eventually;

/// The shortest pause between two tries.
pub(crate) const SHORTEST: Duration = Duration::from_millis(100);

/// When the next try is due, and whether there is one.
#[derive(Debug, Clone)]
pub(crate) struct Pauses {
    deadline: Option<Instant>,
    pause: Duration,
    fixed: bool,
    /// From when on the pauses are short once more.
    quick: Option<Instant>,
}

impl Pauses {
    /// Without `eventually` the first try is the last. `patience` is the longest time that is waited.
    pub(crate) fn new(eventually: Option<&Eventually>, patience: Option<Duration>) -> Self {
        let within = eventually.and_then(|eventually| duration::parse(&eventually.within));
        let within = within.map(|within| patience.map_or(within, |patience| within.min(patience)));
        let every = eventually.and_then(|eventually| duration::parse(eventually.every.as_deref()?));
        Self {
            deadline: within.map(|within| Instant::now() + within),
            pause: every.unwrap_or(SHORTEST),
            fixed: every.is_some(),
            quick: None,
        }
    }

    /// The same with another time, if one is given; only where there is one at all.
    pub(crate) fn within(self, within: Option<Duration>) -> Self {
        let deadline = within.filter(|_| self.deadline.is_some()).map(|within| Instant::now() + within);
        Self { deadline: deadline.or(self.deadline), ..self }
    }

    /// The same with a time that began when something happened, if it is known when: what is over by then is not given
    /// again, and the first try is the last.
    pub(crate) fn since(self, began: Option<std::time::Instant>, within: Option<Duration>) -> Self {
        let deadline =
            began.zip(within).and_then(|(began, within)| Instant::from_std(began).checked_add(within));
        Self { deadline: self.deadline.map(|own| deadline.unwrap_or(own)), ..self }
    }

    /// The same with a try at a given time, if it is still to come, from which on the pauses grow from the shortest again.
    pub(crate) fn quick_from(self, at: Option<std::time::Instant>) -> Self {
        Self { quick: at.map(Instant::from_std), ..self }
    }

    /// Whether the time is over: the try just made was the last.
    pub(crate) fn is_over(&self) -> bool {
        self.deadline.is_none_or(|deadline| Instant::now() >= deadline)
    }

    /// Waits until the next try is due; the last one is made at the deadline.
    pub(crate) async fn wait(&mut self) {
        let Some(deadline) = self.deadline else { return };
        let now = Instant::now();
        let next = deadline.min(now + self.pause);
        let quick = self.quick.filter(|at| *at > now && *at <= next);
        tokio::time::sleep_until(quick.unwrap_or(next)).await;
        if !self.fixed {
            let pause = if quick.is_some() { SHORTEST } else { self.pause * 2 };
            self.pause = pause.min(Duration::from_secs(1));
        }
    }
}

/// Whether another try may be answered otherwise. What the target refuses for what the request says, it refuses
/// again; what it does not allow (401, 403), does not find (404), finds in use (409, 412, 423), is too busy for (408, 425, 429) or fails at
/// (5xx, but not 501) may be there a moment later. A target that takes a search for a resource and creates it (201) is not
/// asked to do so again.
pub(crate) fn may_change(answer: &Answer) -> bool {
    match answer {
        Answer::Response(response) => match response.status {
            401 | 403 | 404 | 408 | 409 | 412 | 423 | 425 | 429 => true,
            status => !(400..500).contains(&status) && ![201, 501].contains(&status),
        },
        Answer::Failed(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Completeness, Response};

    #[test]
    fn a_refusal_is_final() {
        let answer = |status| {
            let body = Body::new(Vec::new(), Completeness::Complete);
            Answer::Response(Response { status, headers: Vec::new(), body })
        };
        for status in [201, 400, 405, 413, 415, 501] {
            assert!(!may_change(&answer(status)), "{status}");
        }
        for status in [200, 204, 302, 401, 403, 404, 429, 500, 503] {
            assert!(may_change(&answer(status)), "{status}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_pauses_are_short_again() {
        let eventually = Eventually { within: "5s".into(), every: None };
        let began = Instant::now();
        let quick = began.into_std() + Duration::from_millis(3900);
        let mut pauses = Pauses::new(Some(&eventually), None).quick_from(Some(quick));
        let mut tries = Vec::new();
        while !pauses.is_over() {
            pauses.wait().await;
            tries.push(began.elapsed().as_millis());
        }
        assert_eq!(tries, [100, 300, 700, 1500, 2500, 3500, 3900, 4000, 4200, 4600, 5000]);
    }

    #[tokio::test(start_paused = true)]
    async fn tries_until_the_deadline() {
        let eventually = Eventually { within: "1s".into(), every: None };
        let mut pauses = Pauses::new(Some(&eventually), None);
        let mut tries = 1;
        while !pauses.is_over() {
            pauses.wait().await;
            tries += 1;
        }
        assert_eq!(tries, 5, "at 0, 100, 300, 700 and 1000 ms");
        assert!(Pauses::new(None, None).is_over());

        let began = Instant::now().into_std();
        tokio::time::advance(Duration::from_millis(700)).await;
        let mut pauses =
            Pauses::new(Some(&eventually), None).since(Some(began), Some(Duration::from_secs(1)));
        assert!(!pauses.is_over(), "300 ms are left");
        pauses.wait().await;
        pauses.wait().await;
        assert!(pauses.is_over());
        let late = || Pauses::new(Some(&eventually), None);
        assert!(late().since(Some(began), Some(Duration::from_millis(900))).is_over(), "one look only");
        assert!(!late().since(None, Some(Duration::ZERO)).is_over(), "nobody knows when it began");
    }
}
