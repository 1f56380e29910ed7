//! Whether what a user logged in with still opens anything, and how long that takes to change.

use serde::{Deserialize, Serialize};

/// A way to see whether a login still counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// What the introspection endpoint says of the access token (RFC 7662).
    Introspection,
    /// Whether the `UserInfo` endpoint serves the access token (`OpenID` Connect Core §5.3).
    Userinfo,
    /// Whether a protected resource of the configuration serves the access token (RFC 6750).
    Resource,
    /// Whether the refresh token still gives new tokens (RFC 6749 §6).
    Refresh,
    /// Whether the browser session still opens a page of the configuration.
    Session,
    /// Whether the user can log in anew.
    Login,
    /// Whether the user can log in anew by one of the other ways of the configuration, a federated login for example.
    OtherLogin,
}

impl Channel {
    /// All of them, in the order in which reports show them.
    pub const ALL: [Channel; 7] = [
        Channel::Introspection,
        Channel::Userinfo,
        Channel::Resource,
        Channel::Refresh,
        Channel::Session,
        Channel::Login,
        Channel::OtherLogin,
    ];

    /// As suites and features spell it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Introspection => "introspection",
            Channel::Userinfo => "userinfo",
            Channel::Resource => "resource",
            Channel::Refresh => "refresh",
            Channel::Session => "session",
            Channel::Login => "login",
            Channel::OtherLogin => "other-login",
        }
    }

    /// The feature of targets whose configuration has the channel: `oauth:introspection`.
    #[must_use]
    pub fn feature(self) -> &'static str {
        match self {
            Channel::Introspection => "oauth:introspection",
            Channel::Userinfo => "oauth:userinfo",
            Channel::Resource => "oauth:resource",
            Channel::Refresh => "oauth:refresh",
            Channel::Session => "oauth:session",
            Channel::Login => "oauth:login",
            Channel::OtherLogin => "oauth:other-login",
        }
    }
}

impl std::fmt::Display for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Which token of a login.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// The access token.
    #[default]
    AccessToken,
    /// The refresh token.
    RefreshToken,
}

impl TokenKind {
    /// As `token_type_hint` spells it (RFC 7009 §2.1).
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TokenKind::AccessToken => "access_token",
            TokenKind::RefreshToken => "refresh_token",
        }
    }
}

/// Codes that are about the server, and pass (RFC 6749 §4.1.2.1, RFC 8628 §3.5).
const OF_THE_SERVER: [&str; 4] =
    ["server_error", "temporarily_unavailable", "slow_down", "authorization_pending"];
/// Codes that are about the client and its request (RFC 6749 §5.2, RFC 6750 §3.1).
const OF_THE_REQUEST: [&str; 5] =
    ["invalid_client", "unauthorized_client", "invalid_request", "unsupported_grant_type", "invalid_scope"];

/// Whether an error code says nothing of the user, with whatever status: it is about the client, its request or the server.
#[must_use]
pub fn says_nothing_of_the_user(code: &str) -> bool {
    is_of_the_server(code) || OF_THE_REQUEST.contains(&code)
}

/// Whether an error code is about the server.
#[must_use]
pub fn is_of_the_server(code: &str) -> bool {
    OF_THE_SERVER.contains(&code)
}

/// Whether a token endpoint that answers so refuses the grant, and with it the user. RFC 6749 §5.2 has 400 `invalid_grant`;
/// servers have codes of their own for accounts that are closed, and some say 401 or 403. The other codes of that section are
/// about the client and its request, and say nothing of the user.
#[must_use]
pub fn refuses_the_grant(status: u16, error: Option<&str>) -> bool {
    match error {
        // 408, 425 and 429 ask for another try, whatever else they say.
        Some("invalid_grant" | "invalid_token" | "access_denied") => {
            (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
        }
        Some(code) => matches!(status, 400 | 401 | 403) && !says_nothing_of_the_user(code),
        None => matches!(status, 401 | 403),
    }
}

/// What one look through a channel showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenState {
    /// It still counts.
    Active,
    /// It does not count any more.
    Inactive,
    /// Neither can be told; why, in words.
    Unclear(String),
}

/// What is to end a login.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The user was deactivated: `active` is false.
    #[default]
    Deactivation,
    /// The user was deleted.
    Deletion,
    /// The password was changed by SCIM.
    PasswordChange,
    /// The token was revoked (RFC 7009).
    Revocation,
    /// The user logged out.
    Logout,
}

impl Cause {
    /// Whether the account itself was closed.
    #[must_use]
    pub fn closes_the_account(self) -> bool {
        matches!(self, Cause::Deactivation | Cause::Deletion)
    }
}

/// How long it took until a login did not count any more, seen through one channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Latency {
    /// The check that waited for it: `CASE#CHECK`.
    pub check: String,
    /// The channel.
    pub channel: Channel,
    /// What was to end the login.
    #[serde(default)]
    pub cause: Cause,
    /// From the answer to the change until the first answer that shows it, in milliseconds; `None` if none did before
    /// the deadline. Never more than the deadline: what a look shows that was sent in time was so by then.
    pub took_ms: Option<f64>,
    /// From the answer to the change until the last look at which the login still counted was sent, in milliseconds; 0 if
    /// there was none. It took at least so long, and at most `took_ms`: looks have pauses between them.
    #[serde(default)]
    pub at_least_ms: f64,
    /// Whether nobody can tell how long it took: the channel did not show it, or was looked at too late. Then the times say
    /// nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
    /// How long it was waited for at most, in milliseconds.
    pub deadline_ms: f64,
}

impl Latency {
    /// What is known of it, in words: `within 0.12 s`, `between 0.7 s and 1.8 s`, `never` or `not told`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self.took_ms {
            _ if self.untold => "not told".to_owned(),
            Some(took) => interval(self.at_least_ms, took),
            None => "never".to_owned(),
        }
    }

    /// The deadline in words: `60 s`.
    #[must_use]
    pub fn deadline_in_words(&self) -> String {
        seconds(self.deadline_ms)
    }

    /// Whether it did not come before the deadline.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.took_ms.is_none() && !self.untold
    }

    /// Adds what another login showed to the same check: the longest counts, and most of all one that never ended.
    pub fn add(&mut self, other: &Self) {
        let ever = !self.is_never() && !other.is_never();
        self.untold = ever && (self.untold || other.untold);
        let longest = self.took_ms.zip(other.took_ms).map(|(one, other)| one.max(other));
        self.took_ms = longest.filter(|_| ever && !self.untold);
        self.at_least_ms = self.at_least_ms.max(other.at_least_ms);
    }
}

/// The latencies of one channel in a whole run.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelLatency {
    /// The channel.
    pub channel: Channel,
    /// The longest that was seen, in milliseconds; `None` if none was seen at all.
    pub longest_ms: Option<f64>,
    /// What the longest took at least, in milliseconds.
    pub at_least_ms: f64,
    /// How often it was seen whether it came.
    pub measured: usize,
    /// How often nobody could tell.
    pub untold: usize,
    /// How often it did not come before the deadline.
    pub never: usize,
    /// The longest deadline, in milliseconds.
    pub deadline_ms: f64,
}

impl ChannelLatency {
    /// Sums up latencies by channel, in the order of [`Channel::ALL`]; channels without one are left out.
    #[must_use]
    pub fn of<'l>(latencies: impl IntoIterator<Item = &'l Latency>) -> Vec<Self> {
        let all: Vec<&Latency> = latencies.into_iter().collect();
        let sum = |channel: Channel| {
            let (untold, own): (Vec<&Latency>, Vec<&Latency>) = all
                .iter()
                .copied()
                .filter(|latency| latency.channel == channel)
                .partition(|latency| latency.untold);
            let both = || own.iter().chain(&untold);
            let seen = || own.iter().filter(|latency| latency.took_ms.is_some());
            let longest = |values: &mut dyn Iterator<Item = f64>| values.reduce(f64::max);
            Some(Self {
                channel,
                deadline_ms: longest(&mut both().map(|latency| latency.deadline_ms))?,
                longest_ms: longest(&mut seen().filter_map(|latency| latency.took_ms)),
                // Of times that each lie in an interval, the longest lies between the highest of both ends.
                at_least_ms: longest(&mut seen().map(|latency| latency.at_least_ms)).unwrap_or(0.0),
                measured: own.len(),
                untold: untold.len(),
                never: own.iter().filter(|latency| latency.took_ms.is_none()).count(),
            })
        };
        Channel::ALL.into_iter().filter_map(sum).collect()
    }

    /// In words: `within 0.12 s (deadline 60 s)`, or that it did not come.
    #[must_use]
    pub fn in_words(&self) -> String {
        format!("{} (deadline {})", self.longest_in_words(), self.deadline_in_words())
    }

    /// The longest deadline in words: `60 s`.
    #[must_use]
    pub fn deadline_in_words(&self) -> String {
        seconds(self.deadline_ms)
    }

    /// What is known of the longest time in words: `within 0.12 s`, `between 0.7 s and 1.8 s`; or that it did not come:
    /// `never`, `never in 1 of 3`; and how often nobody could tell: `within 0.05 s, not told in 10 of 11`.
    #[must_use]
    pub fn longest_in_words(&self) -> String {
        let told = match self.longest_ms {
            _ if self.measured == 0 => return "not told".to_owned(),
            Some(longest) if self.never == 0 => interval(self.at_least_ms, longest),
            _ if self.never == self.measured => "never".to_owned(),
            _ => format!("never in {} of {}", self.never, self.measured),
        };
        match self.untold {
            0 => told,
            untold => format!("{told}, not told in {untold} of {}", untold + self.measured),
        }
    }
}

/// Milliseconds as seconds with two digits, or none where they are whole.
fn seconds(milliseconds: f64) -> String {
    let seconds = milliseconds / 1000.0;
    if seconds.fract() == 0.0 { format!("{seconds:.0} s") } else { format!("{seconds:.2} s") }
}

/// A time of which two ends are known, in hundredths of a second below a second and in tenths above; never shorter than
/// it may have been.
fn interval(at_least_ms: f64, at_most_ms: f64) -> String {
    let (step, digits) = if at_most_ms < 1000.0 { (10.0, 2) } else { (100.0, 1) };
    let (low, high) = ((at_least_ms / step).floor(), (at_most_ms / step).ceil().max(1.0));
    let shown = |steps: f64| format!("{:.digits$} s", steps * step / 1000.0);
    match low > 0.0 {
        true => format!("between {} and {}", shown(low), shown(high)),
        false => format!("within {}", shown(high)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_said_than_is_known() {
        for (at_least, took, wanted) in [
            (0.0, 3.0, "within 0.01 s"),
            (0.0, 118.0, "within 0.12 s"),
            (4.0, 118.0, "within 0.12 s"),
            (100.0, 305.0, "between 0.10 s and 0.31 s"),
            (700.0, 1700.0, "between 0.7 s and 1.7 s"),
            (58_990.0, 59_991.0, "between 58.9 s and 60.0 s"),
            (0.0, 1000.0, "within 1.0 s"),
        ] {
            let latency = Latency {
                check: "a/b#c".to_owned(),
                channel: Channel::Login,
                cause: Cause::default(),
                took_ms: Some(took),
                at_least_ms: at_least,
                untold: false,
                deadline_ms: 60_000.0,
            };
            assert_eq!(latency.in_words(), wanted);
        }
    }

    #[test]
    fn latencies_by_channel() {
        let latency = |channel, at_least_ms, took_ms| Latency {
            check: "a/b#c".to_owned(),
            channel,
            cause: Cause::default(),
            took_ms,
            at_least_ms,
            untold: false,
            deadline_ms: 60_000.0,
        };
        let untold = |channel| Latency { untold: true, ..latency(channel, 0.0, None) };
        let all = [
            untold(Channel::Introspection),
            untold(Channel::Refresh),
            untold(Channel::Session),
            latency(Channel::Refresh, 59_500.0, None),
            latency(Channel::Introspection, 0.0, Some(118.0)),
            latency(Channel::Introspection, 40.0, Some(90.0)),
            latency(Channel::Userinfo, 0.0, Some(3.0)),
            latency(Channel::Userinfo, 59_500.0, None),
        ];
        let words: Vec<_> = ChannelLatency::of(&all)
            .iter()
            .map(|latency| format!("{} {}", latency.channel, latency.in_words()))
            .collect();
        assert_eq!(
            words,
            [
                "introspection between 0.04 s and 0.12 s, not told in 1 of 3 (deadline 60 s)",
                "userinfo never in 1 of 2 (deadline 60 s)",
                "refresh never, not told in 1 of 2 (deadline 60 s)",
                "session not told (deadline 60 s)",
            ]
        );
        let add = |one: &Latency, other: &Latency| {
            let mut sum = one.clone();
            sum.add(other);
            sum.in_words()
        };
        let (never, within) =
            (latency(Channel::Refresh, 0.0, None), latency(Channel::Refresh, 0.0, Some(90.0)));
        let later = latency(Channel::Refresh, 40.0, Some(120.0));
        assert_eq!(add(&within, &later), "between 0.04 s and 0.12 s");
        assert_eq!(add(&within, &untold(Channel::Refresh)), "not told");
        assert_eq!(
            add(&untold(Channel::Refresh), &never),
            "never",
            "one that never ended is all that matters"
        );
        assert_eq!(add(&never, &within), "never");
    }

    #[test]
    fn what_refuses_the_user() {
        for (status, error, wanted) in [
            (400, Some("invalid_grant"), true),
            (401, Some("invalid_grant"), true),
            (429, Some("access_denied"), false),
            (403, Some("access_denied"), true),
            (400, Some("user_disabled"), true),
            (403, Some("user_disabled"), true),
            (503, Some("user_disabled"), false),
            (403, Some("temporarily_unavailable"), false),
            (401, Some("server_error"), false),
            (403, Some("invalid_scope"), false),
            (401, Some("invalid_client"), false),
            (400, None, false),
            (401, None, true),
            (403, None, true),
        ] {
            assert_eq!(refuses_the_grant(status, error), wanted, "{status} {error:?}");
        }
    }
}
