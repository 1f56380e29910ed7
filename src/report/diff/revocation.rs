//! How long it took in two results until logins ended.

use serde::Serialize;

use crate::model::{Channel, Latency, RunResult};
use crate::report::text::duration;

/// The times of one channel in both results.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revocation {
    /// The channel.
    pub channel: Channel,
    /// Whether the account was closed; else the login was to end in another way: a change of the password, a revocation of
    /// the token, a logout.
    pub closed: bool,
    /// Those of the first.
    pub a: Times,
    /// Those of the second.
    pub b: Times,
}

/// What one result measured through a channel.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Times {
    /// How often it was waited for, and could be told.
    pub measured: usize,
    /// How often no end was seen before the deadline.
    pub never: usize,
    /// The longest time that was seen, in milliseconds; `None` if none was seen.
    pub longest_ms: Option<f64>,
}

impl Revocation {
    /// `refresh`, or `refresh, other ends`.
    #[must_use]
    pub fn title(&self) -> String {
        let of = if self.closed { "" } else { ", other ends" };
        format!("{}{of}", self.channel)
    }
}

impl Times {
    /// `1.2 s`, `1.2 s; never in 1 of 3`, `never`, `not measured`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.longest_ms {
            _ if self.measured == 0 => "not measured".to_owned(),
            Some(longest) if self.never == 0 => duration(longest),
            Some(longest) => format!("{}; never in {} of {}", duration(longest), self.never, self.measured),
            None => "never".to_owned(),
        }
    }

    fn of(result: &RunResult, channel: Channel, closed: bool) -> Self {
        let all = result.cases.iter().flat_map(|case| &case.latencies);
        let own = all
            .filter(|own| own.channel == channel && own.cause.closes_the_account() == closed && !own.untold);
        let mut times = Self::default();
        for Latency { took_ms, .. } in own {
            times.measured += 1;
            match took_ms {
                Some(took) => times.longest_ms = Some(times.longest_ms.unwrap_or(0.0).max(*took)),
                None => times.never += 1,
            }
        }
        times
    }
}

/// The channels that something was measured through in one of the two.
pub(super) fn compare(a: &RunResult, b: &RunResult) -> Vec<Revocation> {
    let of = |channel, closed| Revocation {
        channel,
        closed,
        a: Times::of(a, channel, closed),
        b: Times::of(b, channel, closed),
    };
    let all = [true, false].into_iter().flat_map(|closed| Channel::ALL.map(|channel| of(channel, closed)));
    all.filter(|own| own.a.measured + own.b.measured > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_come_is_said() {
        for (measured, never, longest_ms, wanted) in [
            (0, 0, None, "not measured"),
            (3, 0, Some(1200.0), "1.2 s"),
            (3, 1, Some(1200.0), "1.2 s; never in 1 of 3"),
            (2, 2, None, "never"),
        ] {
            assert_eq!(Times { measured, never, longest_ms }.in_words(), wanted);
        }
    }
}
