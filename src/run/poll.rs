//! `eventually`: the pauses between the tries of a safe request.

use std::time::Duration;

use tokio::time::Instant;

use crate::suite::duration;
use crate::suite::format::Eventually;

/// When the next try is due, and whether there is one.
#[derive(Debug)]
pub(crate) struct Pauses {
    deadline: Option<Instant>,
    pause: Duration,
    fixed: bool,
}

impl Pauses {
    /// Without `eventually` the first try is the last.
    pub(crate) fn new(eventually: Option<&Eventually>) -> Self {
        let within = eventually.and_then(|eventually| duration::parse(&eventually.within));
        let every = eventually.and_then(|eventually| duration::parse(eventually.every.as_deref()?));
        Self {
            deadline: within.map(|within| Instant::now() + within),
            pause: every.unwrap_or(Duration::from_millis(100)),
            fixed: every.is_some(),
        }
    }

    /// Whether the time is over: the try just made was the last.
    pub(crate) fn is_over(&self) -> bool {
        self.deadline.is_none_or(|deadline| Instant::now() >= deadline)
    }

    /// Waits until the next try is due; the last one is made at the deadline.
    pub(crate) async fn wait(&mut self) {
        let Some(deadline) = self.deadline else { return };
        tokio::time::sleep_until(deadline.min(Instant::now() + self.pause)).await;
        if !self.fixed {
            self.pause = (self.pause * 2).min(Duration::from_secs(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tries_until_the_deadline() {
        let eventually = Eventually { within: "1s".into(), every: None };
        let mut pauses = Pauses::new(Some(&eventually));
        let mut tries = 1;
        while !pauses.is_over() {
            pauses.wait().await;
            tries += 1;
        }
        assert_eq!(tries, 5, "at 0, 100, 300, 700 and 1000 ms");
        assert!(Pauses::new(None).is_over());
    }
}
