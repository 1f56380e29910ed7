//! Points in time of a run: what a result knows is when it began, and milliseconds since then.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::model::RunResult;

/// The clock of one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    began: DateTime<Utc>,
}

impl Clock {
    /// That of a result; one that does not say when it began, began with the epoch of Unix.
    pub(super) fn of(result: &RunResult) -> Self {
        let began = DateTime::parse_from_rfc3339(&result.started).map(|began| began.to_utc());
        Self { began: began.unwrap_or_default() }
    }

    fn at(self, ms: f64) -> DateTime<Utc> {
        // A float becomes the nearest whole number of its range, and not a number zero.
        #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
        let after = TimeDelta::try_milliseconds(ms.round() as i64).unwrap_or_default();
        self.began.checked_add_signed(after).unwrap_or(self.began)
    }

    /// So many milliseconds after the beginning, RFC 3339 in UTC with milliseconds.
    pub(super) fn rfc3339(self, ms: f64) -> String {
        self.at(ms).to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// The same in milliseconds since the epoch of Unix.
    pub(super) fn unix_ms(self, ms: f64) -> i64 {
        self.at(ms).timestamp_millis()
    }
}

/// Milliseconds as a whole number.
pub(super) fn whole(ms: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    let whole = ms.max(0.0).round() as u64;
    whole
}
