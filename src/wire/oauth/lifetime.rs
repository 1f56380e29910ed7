//! When tokens end by themselves. What is seen to have ended from then on may have been ended by nobody.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::model::{Channel, Response};
use crate::wire::now;

/// What a lifetime is shortened by: it is told in whole seconds, and began before its answer arrived.
const MARGIN: Duration = Duration::from_secs(2);

/// The earliest times at which the tokens of a login may end by themselves, as far as they are known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lifetime {
    access: Option<Instant>,
    refresh: Option<Instant>,
    session: Option<Instant>,
}

impl Lifetime {
    /// Of what gave the tokens: `expires_in` of an answer (RFC 6749 §5.1), the claim `exp` of tokens that are JWTs (RFC 9068
    /// §2.2), for refresh tokens what Keycloak and others say, and for sessions what a login command says. `clock` is the
    /// time at the server.
    pub(super) fn of(
        given: &Value,
        [access, refresh]: [Option<&SecretString>; 2],
        clock: DateTime<Utc>,
    ) -> Self {
        let seconds = |name: &str| given.get(name).and_then(number).filter(|seconds| *seconds > 0.0);
        let told = seconds("expires_in").and_then(after);
        let claimed = |token: Option<&SecretString>| at(claimed(token?.expose_secret())?, clock);
        let told_of_refresh = seconds("refresh_expires_in").or_else(|| seconds("refresh_token_expires_in"));
        Self {
            access: earlier(told, claimed(access)),
            refresh: earlier(told_of_refresh.and_then(after), claimed(refresh)),
            session: seconds("session_expires_in").and_then(after),
        }
    }

    /// After a refresh: the session stays the same, and so does the refresh token if there is no new one.
    pub(super) fn renew(&mut self, new: Self, rotated: bool) {
        self.access = new.access;
        self.refresh = if rotated { new.refresh } else { earlier(self.refresh, new.refresh) };
    }

    /// What introspection says of an access token that counts: `exp` (RFC 7662 §2.2).
    pub(super) fn learn(&mut self, response: &Response) {
        let said = response.body.json().filter(|body| body.get("active") == Some(&Value::Bool(true)));
        let exp = said.and_then(|body| body.get("exp")).and_then(number);
        self.access = earlier(self.access, exp.and_then(|exp| at(exp, clock(response))));
    }

    /// What is known of the same access token elsewhere.
    pub(super) fn learn_of(&mut self, other: Self) {
        self.access = earlier(self.access, other.access);
    }

    /// When what a channel looks at may end by itself.
    pub(super) fn through(self, channel: Channel) -> Option<Instant> {
        match channel {
            Channel::Introspection | Channel::Userinfo | Channel::Resource => self.access,
            Channel::Refresh => self.refresh,
            Channel::Session => self.session,
            Channel::Login | Channel::OtherLogin => None,
        }
    }
}

/// The time at a server, by its own `Date` (RFC 9110 §6.6.1); its clock may differ from ours.
pub(super) fn clock(response: &Response) -> DateTime<Utc> {
    let date = response.header("date").and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    date.map_or_else(Utc::now, |date| date.to_utc())
}

/// A number, also one that is written as text.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

/// The earliest time by our clock at which something ends that was said to last so long.
pub(super) fn after(seconds: f64) -> Option<Instant> {
    let lifetime = Duration::try_from_secs_f64(seconds.max(0.0)).ok()?;
    now().checked_add(lifetime.saturating_sub(MARGIN))
}

/// A `NumericDate` (RFC 7519 §2) by our clock.
#[expect(clippy::cast_precision_loss, reason = "seconds of this epoch fit")]
fn at(exp: f64, clock: DateTime<Utc>) -> Option<Instant> {
    // Some say 0 of what never expires.
    (exp > 0.0).then(|| after(exp - clock.timestamp() as f64))?
}

pub(super) fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    one.into_iter().chain(other).min()
}

/// The claim `exp` of a token that is a signed JWT. Nothing is verified: it is a hint at what will happen.
fn claimed(token: &str) -> Option<f64> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts[..] else { return None };
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    number(claims.get("exp")?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Body, Completeness};

    fn left(until: Option<Instant>) -> Option<u64> {
        until.map(|until| until.saturating_duration_since(now()).as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn what_an_answer_says_of_its_tokens() {
        let clock = Utc::now();
        let of = |given: Value| {
            let lifetime = Lifetime::of(&given, [None, None], clock);
            (left(lifetime.through(Channel::Userinfo)), left(lifetime.through(Channel::Refresh)))
        };
        assert_eq!(of(json!({ "expires_in": 60 })), (Some(58), None));
        assert_eq!(of(json!({ "expires_in": "60", "refresh_expires_in": 1800 })), (Some(58), Some(1798)));
        assert_eq!(of(json!({ "expires_in": 1 })), (Some(0), None), "it may end at any time");
        for odd in
            [json!({}), json!({ "expires_in": 0, "refresh_expires_in": 0 }), json!({ "expires_in": -1 })]
        {
            assert_eq!(of(odd), (None, None), "nothing is known");
        }
        assert_eq!(of(json!({ "expires_in": 1e300 })), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn a_jwt_and_introspection_say_when_a_token_expires() {
        let clock: DateTime<Utc> = "2026-11-24T12:00:00Z".parse().unwrap();
        let payload = URL_SAFE_NO_PAD.encode(json!({ "exp": clock.timestamp() + 32 }).to_string());
        let token: SecretString = format!("e30.{payload}.c2ln").into();
        let mut lifetime = Lifetime::of(&json!({ "expires_in": 300 }), [Some(&token), None], clock);
        assert_eq!(left(lifetime.through(Channel::Resource)), Some(30), "the earlier of both");
        for other in ["opaque", "a.b.c", "e30.e30.x", "...", "e30.e30.x.y.z"] {
            assert_eq!(claimed(other), None, "{other}");
        }
        let answer = |active: bool| Response {
            status: 200,
            headers: vec![("date".to_owned(), "Tue, 24 Nov 2026 12:00:00 GMT".to_owned())],
            body: Body::new(
                json!({ "active": active, "exp": clock.timestamp() + 12 }).to_string().into_bytes(),
                Completeness::Complete,
            ),
        };
        lifetime.learn(&answer(false));
        assert_eq!(left(lifetime.through(Channel::Resource)), Some(30));
        lifetime.learn(&answer(true));
        assert_eq!(left(lifetime.through(Channel::Resource)), Some(10), "by the server's own clock");
        assert_eq!(lifetime.through(Channel::Session), None);
        let given = json!({ "refresh_expires_in": 300, "session_expires_in": 22 });
        let mut lifetime = Lifetime::of(&given, [None, Some(&token)], clock);
        assert_eq!(left(lifetime.through(Channel::Refresh)), Some(30), "a refresh token may be a JWT");
        assert_eq!(left(lifetime.through(Channel::Session)), Some(20));
        let new = Lifetime::of(&json!({ "expires_in": 60 }), [None, None], clock);
        lifetime.renew(new, false);
        assert_eq!(left(lifetime.through(Channel::Refresh)), Some(30), "it is still the same");
        lifetime.renew(new, true);
        assert_eq!(left(lifetime.through(Channel::Refresh)), None);
        assert_eq!(left(lifetime.through(Channel::Session)), Some(20));
    }
}
