//! How long something may take, not counting what the target's limits held back.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::wire::Transport;

/// A limit that began when it was made.
pub(crate) struct TimeLimit<'t> {
    transport: &'t dyn Transport,
    within: Duration,
    begun: Instant,
    held_before: Duration,
}

impl<'t> TimeLimit<'t> {
    /// Begins.
    pub(crate) fn new(transport: &'t dyn Transport, within: Duration) -> Self {
        Self { transport, within, begun: Instant::now(), held_before: transport.held_back() }
    }

    /// Waits until the time is over.
    pub(crate) async fn is_over(&self) {
        loop {
            let held = self.transport.held_back().saturating_sub(self.held_before);
            // A limit too long to be counted is none.
            let Some(deadline) = self.begun.checked_add(self.within.saturating_add(held)) else {
                return std::future::pending().await;
            };
            if deadline <= Instant::now() {
                return;
            }
            sleep_until(deadline).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::model::Request;
    use crate::wire::{BoxFuture, Sent};

    struct Held(Mutex<Duration>);

    impl Transport for Held {
        fn send<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Sent> {
            Box::pin(std::future::pending())
        }

        fn held_back(&self) -> Duration {
            *self.0.lock().unwrap()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_held_back_does_not_count() {
        let transport = Held(Mutex::new(Duration::from_secs(100)));
        let begun = Instant::now();
        let limit = TimeLimit::new(&transport, Duration::from_secs(10));
        let held = async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            *transport.0.lock().unwrap() += Duration::from_secs(7);
        };
        tokio::join!(limit.is_over(), held);
        assert_eq!(begun.elapsed().as_secs(), 17);
        TimeLimit::new(&transport, Duration::ZERO).is_over().await;
    }
}
