//! Sends nothing that the target's limits forbid: a rate of our own, and the pauses that the target asks for.

use std::sync::{Mutex as StdMutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// Tries of one request at most, the first included.
pub(crate) const MAX_TRIES: u32 = 5;

/// Spaces the requests of all cases of a run.
#[derive(Debug)]
pub(crate) struct Throttle {
    interval: Option<Duration>,
    /// When the next request may start.
    next: Mutex<Instant>,
    held: StdMutex<Held>,
}

/// The time in which at least one request was held back.
#[derive(Debug, Default)]
struct Held {
    before: Duration,
    waiting: u32,
    since: Option<Instant>,
}

impl Held {
    fn so_far(&self) -> Duration {
        self.before + self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// A request that is held back, until it is dropped.
struct Waiting<'t>(&'t StdMutex<Held>);

impl<'t> Waiting<'t> {
    fn new(held: &'t StdMutex<Held>) -> Self {
        let mut state = held.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting += 1;
        state.since.get_or_insert_with(Instant::now);
        drop(state);
        Self(held)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        if state.waiting == 0 {
            state.before = state.so_far();
            state.since = None;
        }
    }
}

impl Throttle {
    /// At most this many requests per second; without a burst, since a burst is what limits of a target punish. A
    /// rate that is not a positive number means no limit.
    pub(crate) fn new(max_rate: Option<f64>) -> Self {
        let interval =
            max_rate.filter(|rate| *rate > 0.0).and_then(|rate| Duration::try_from_secs_f64(1.0 / rate).ok());
        Self { interval, next: Mutex::new(Instant::now()), held: StdMutex::default() }
    }

    /// Waits until a request may start.
    pub(crate) async fn turn(&self) {
        let at = {
            let mut next = self.next.lock().await;
            let at = (*next).max(Instant::now());
            if let Some(interval) = self.interval {
                *next = at + interval;
            }
            at
        };
        if at > Instant::now() {
            let _waiting = Waiting::new(&self.held);
            sleep_until(at).await;
        }
    }

    /// The time so far in which at least one request was held back.
    pub(crate) fn held_back(&self) -> Duration {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).so_far()
    }

    /// Holds back every request of the run for this long: the target asked for it.
    pub(crate) async fn pause(&self, pause: Duration) {
        let mut next = self.next.lock().await;
        *next = (*next).max(Instant::now() + pause);
    }
}

/// How long the target wants us to wait before another try, if it does: `Retry-After` on 429 or 503 (RFC 9110 §10.2.3),
/// and on a 429 without it one second, doubled with every try.
pub(crate) fn wanted_pause(
    status: u16,
    retry_after: Option<&str>,
    date: Option<&str>,
    tries: u32,
    now: DateTime<Utc>,
) -> Option<Duration> {
    if !matches!(status, 429 | 503) {
        return None;
    }
    match retry_after.map(str::trim) {
        Some(seconds) if !seconds.is_empty() && seconds.bytes().all(|b| b.is_ascii_digit()) => {
            Some(Duration::from_secs(seconds.parse().unwrap_or(u64::from(u32::MAX))))
        }
        // A date is counted from the target's own clock, which may differ from ours.
        Some(at) => {
            let at = DateTime::parse_from_rfc2822(at).ok()?.to_utc();
            let now = date
                .and_then(|date| DateTime::parse_from_rfc2822(date).ok())
                .map_or(now, |date| date.to_utc());
            Some((at - now).to_std().unwrap_or(Duration::ZERO))
        }
        None if status == 429 => Some(Duration::from_secs(1 << tries.min(6))),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_keep_their_distance() {
        let throttle = Throttle::new(Some(4.0));
        let start = Instant::now();
        for _ in 0..5 {
            throttle.turn().await;
        }
        assert_eq!(start.elapsed().as_millis(), 1000, "the first goes at once, four more follow in a second");
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_is_held_back_is_counted_once() {
        let throttle = Throttle::new(Some(1.0));
        throttle.turn().await;
        tokio::join!(throttle.turn(), throttle.turn());
        assert_eq!(throttle.held_back().as_secs(), 2, "two at the same time, the later one for two seconds");
        tokio::time::advance(Duration::from_secs(9)).await;
        throttle.turn().await;
        assert_eq!(throttle.held_back().as_secs(), 2, "nobody waited");
        tokio::select! {
            () = throttle.turn() => unreachable!(),
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
        assert_eq!(throttle.held_back().as_millis(), 2500, "one that was given up waited too");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_holds_everyone() {
        let throttle = Throttle::new(None);
        let start = Instant::now();
        throttle.turn().await;
        assert!(start.elapsed().is_zero());
        throttle.pause(Duration::from_secs(7)).await;
        throttle.turn().await;
        assert_eq!(start.elapsed().as_secs(), 7);
    }

    #[test]
    fn odd_rates_mean_no_limit() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(Throttle::new(Some(rate)).interval.is_none_or(|interval| interval.is_zero()), "{rate}");
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        let pause = |status, after, date| wanted_pause(status, after, date, 0, now).map(|p| p.as_secs());
        assert_eq!(pause(429, Some("3"), None), Some(3));
        assert_eq!(pause(503, Some(" 0 "), None), Some(0));
        assert_eq!(pause(429, Some("Tue, 24 Nov 2026 12:00:09 GMT"), None), Some(9));
        let (at, date) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:30 GMT");
        assert_eq!(pause(503, Some(at), Some(date)), Some(7), "by the target's own clock");
        assert_eq!(pause(429, None, None), Some(1));
        assert_eq!(pause(503, None, None), None);
        assert_eq!(pause(429, Some("soon"), None), None);
        assert_eq!(pause(200, Some("3"), None), None);
        assert_eq!(pause(429, Some("99999999999999999999999"), None), Some(u64::from(u32::MAX)));
    }
}
