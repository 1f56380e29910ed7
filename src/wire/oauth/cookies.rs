//! A jar for the cookies of one login (RFC 6265 §5, as far as a scripted login needs it): each stays with the host that
//! set it, whatever path and domain it names.

use std::time::Instant;

use chrono::{DateTime, NaiveDateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::lifetime::{after, clock};
use crate::model::Response;

/// Cookies of one host at most, and bytes of each: what is beyond is not kept.
const MOST: usize = 50;
const LONGEST: usize = 4 << 10;
/// Characters of a value that are enough to be a secret: shorter ones are settings, and stand everywhere.
const TELLING: usize = 6;

/// The cookies of one login.
#[derive(Debug, Clone, Default)]
pub(crate) struct Jar(Vec<Cookie>);

#[derive(Debug, Clone)]
struct Cookie {
    host: String,
    name: String,
    value: SecretString,
    /// The earliest time at which it may end by itself, if it is no session cookie.
    ends: Option<Instant>,
    http_only: bool,
}

impl Jar {
    /// The cookies of a header that somebody else made, for one host.
    pub(crate) fn given(url: &Url, header: &str) -> Self {
        let mut jar = Self::default();
        for pair in header.split(';') {
            jar.set(url, pair, None, false);
        }
        jar
    }

    /// Takes in what a response sets.
    pub(crate) fn take(&mut self, url: &Url, response: &Response) {
        let set = response.headers.iter().filter(|(name, _)| name == "set-cookie");
        for (_, value) in set {
            let pair = value.split(';').next().unwrap_or_default();
            let left = seconds_left(value, clock(response));
            if left.is_some_and(|left| left <= 0.0) {
                let name = pair.split('=').next().unwrap_or_default().trim().to_owned();
                let host = host(url);
                self.0.retain(|cookie| cookie.host != host || cookie.name != name);
                continue;
            }
            let http_only = value.split(';').skip(1).any(|part| part.trim().eq_ignore_ascii_case("httponly"));
            self.set(url, pair, left.and_then(after), http_only);
        }
    }

    fn set(&mut self, url: &Url, pair: &str, ends: Option<Instant>, http_only: bool) {
        let Some((name, value)) = pair.split_once('=') else { return };
        let (name, value) = (name.trim().to_owned(), value.trim().trim_matches('"').to_owned());
        if name.is_empty() || pair.len() > LONGEST {
            return;
        }
        let host = host(url);
        self.0.retain(|cookie| cookie.host != host || cookie.name != name);
        if self.0.len() < MOST {
            self.0.push(Cookie { host, name, value: value.into(), ends, http_only });
        }
    }

    /// The value of the header `cookie` for a URL.
    pub(crate) fn header(&self, url: &Url) -> Option<String> {
        let host = host(url);
        let own = self.0.iter().filter(|cookie| cookie.host == host);
        let pairs: Vec<_> =
            own.map(|cookie| format!("{}={}", cookie.name, cookie.value.expose_secret())).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// When the session that a URL is opened with may end by itself: with the first of its cookies that no script reads, as
    /// those of sessions are. Others are settings.
    pub(crate) fn ends(&self, url: &Url) -> Option<Instant> {
        let host = host(url);
        let own = self.0.iter().filter(|cookie| cookie.host == host && cookie.http_only);
        own.filter_map(|cookie| cookie.ends).min()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every secret value.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let telling = |value: &&SecretString| value.expose_secret().chars().count() >= TELLING;
        self.0.iter().map(|cookie| &cookie.value).filter(telling)
    }
}

/// How long a cookie is to be kept, in seconds, as `Max-Age` says (RFC 6265 §5.2.2), or `Expires` where there is none (§5.3).
/// What is over is to be taken away.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of the years that a date can have fit")]
fn seconds_left(set_cookie: &str, clock: DateTime<Utc>) -> Option<f64> {
    let attribute = |wanted: &str| {
        let parts = set_cookie.split(';').skip(1).filter_map(|part| part.split_once('='));
        // Of several the last counts (§5.3).
        let named = parts.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted));
        named.last().map(|(_, value)| value.trim().trim_matches('"'))
    };
    let seconds = attribute("max-age").filter(|text| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    match seconds {
        Some(seconds) => seconds.parse().ok(),
        None => {
            let expires = attribute("expires").and_then(date)?;
            Some((expires - clock).num_milliseconds() as f64 / 1000.0)
        }
    }
}

/// A date of a cookie: as in RFC 9110 §5.6.7, with blanks or hyphens, and with or without the name of the day.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let without_day = text.split_once(',').map_or(text, |(_, rest)| rest).trim().replace('-', " ");
    let zoned = DateTime::parse_from_rfc2822(&without_day).map(|date| date.to_utc());
    let asctime = || NaiveDateTime::parse_from_str(text, "%a %b %e %H:%M:%S %Y").map(|date| date.and_utc());
    zoned.or_else(|_| asctime()).ok()
}

/// RFC 6265 §8.5: cookies do not tell ports apart; this jar does, so that none goes to another server.
fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Completeness};

    fn response(cookies: &[&str]) -> Response {
        let headers = cookies.iter().map(|value| ("set-cookie".to_owned(), (*value).to_owned()));
        Response {
            status: 200,
            headers: headers.collect(),
            body: Body::new(Vec::new(), Completeness::Complete),
        }
    }

    #[test]
    fn cookies_stay_with_their_host() {
        let (one, other): (Url, Url) =
            ("http://a.example/x".parse().unwrap(), "http://a.example:81/".parse().unwrap());
        let mut jar = Jar::default();
        jar.take(&one, &response(&["sid=abcdefgh; Path=/; HttpOnly", "lang=en", "=x", "broken"]));
        assert_eq!(jar.secrets().count(), 1, "two letters are no secret");
        assert_eq!(jar.header(&one).as_deref(), Some("sid=abcdefgh; lang=en"));
        assert_eq!(jar.header(&other), None);
        jar.take(&one, &response(&["sid=other-one", "lang=; Max-Age=0"]));
        assert_eq!(jar.header(&one).as_deref(), Some("sid=other-one"));
        assert!(!format!("{jar:?}").contains("other-one"));
    }

    #[test]
    fn a_cookie_whose_time_is_over_is_gone() {
        let url: Url = "http://a.example/".parse().unwrap();
        let left = |attributes: &str| {
            let mut jar = Jar::default();
            jar.take(&url, &response(&["sid=abcdefgh"]));
            jar.take(&url, &response(&[&format!("sid=new-value{attributes}")]));
            jar.header(&url)
        };
        for over in [
            "; Max-Age=0",
            "; Path=/; max-age = 00",
            "; Max-Age=-1; Expires=Fri, 31 Dec 2100 23:59:59 GMT",
            "; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "; expires=Thu, 01-Jan-1970 00:00:01 GMT; HttpOnly",
            "; Expires=Thursday, 01-Jan-70 00:00:00 GMT",
            "; Expires=Thu Jan  1 00:00:00 1970",
        ] {
            assert_eq!(left(over), None, "{over}");
        }
        for lasting in [
            "",
            "; Max-Age=1",
            "; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "; Max-Age=; Max-Age=soon",
            "; Expires=Fri, 31 Dec 2100 23:59:59 GMT",
            "; Expires=0",
            "; Expires=é",
        ] {
            assert_eq!(left(lasting).as_deref(), Some("sid=new-value"), "{lasting}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_ends_with_its_first_cookie() {
        let url: Url = "http://a.example/".parse().unwrap();
        let left = |cookies: &[&str]| {
            let mut jar = Jar::default();
            jar.take(&url, &response(cookies));
            jar.ends(&url).map(|ends| ends.saturating_duration_since(crate::wire::now()).as_secs())
        };
        assert_eq!(
            left(&["sid=abcdefgh; Max-Age=50; HttpOnly", "b=12345678; HttpOnly; max-age=30"]),
            Some(28)
        );
        assert_eq!(left(&["sid=abcdefgh; Max-Age=1; httponly"]), Some(0), "it may end at any time");
        assert_eq!(left(&["sid=abcdefgh; HttpOnly", "lang=en; Max-Age=5"]), None, "no session has that end");
        let far = left(&["sid=abcdefgh; HttpOnly; Expires=Fri, 31 Dec 2100 23:59:59 GMT"]);
        assert!(far.is_some_and(|far| far > 1_000_000), "{far:?}");
        let digits = "9".repeat(400);
        assert_eq!(left(&[&format!("sid=abcdefgh; HttpOnly; Max-Age={digits}")]), None);
    }

    #[test]
    fn a_flood_of_cookies_is_bounded() {
        let url: Url = "http://a.example/".parse().unwrap();
        let many: Vec<String> = (0..500).map(|n| format!("c{n}=v")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut jar = Jar::default();
        jar.take(&url, &response(&many));
        jar.take(&url, &response(&[&format!("big={}", "x".repeat(LONGEST))]));
        assert_eq!(jar.0.len(), MOST);
    }
}
