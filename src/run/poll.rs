//! `eventually`: the pauses between the tries of a safe request.

use std::time::Duration;

use tokio::time::Instant;

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
        let within = eventually.and_then(|eventually| parse_duration(&eventually.within));
        let every = eventually.and_then(|eventually| parse_duration(eventually.every.as_deref()?));
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

/// `5s`, `500ms` or `2m`.
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let split = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..split].parse().ok()?;
    match &text[split..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

/// A duration as people write it.
pub(crate) fn human(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{}s", duration.as_secs())
    } else {
        format!("{}ms", duration.as_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let cases = [("5s", Some(5000)), ("250ms", Some(250)), ("2m", Some(120_000)), ("5", None), ("", None), ("s", None)];
        for (text, wanted) in cases {
            assert_eq!(parse_duration(text).map(|d| d.as_millis()), wanted, "{text}");
        }
    }

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
