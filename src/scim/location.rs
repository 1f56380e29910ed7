//! URLs of resources (RFC 7644 §3.2) as they are compared: an id may hold any character (RFC 7643 §3.1), and which of
//! them are escaped in a path segment is up to who writes the URL (RFC 3986 §2).

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode, utf8_percent_encode};
use url::Url;

/// All but the unreserved characters (RFC 3986 §2.3).
pub const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path of a URL in the one form that all its spellings share, without a slash at its end: every character but the
/// unreserved ones is escaped. An escaped slash stays within its segment.
#[must_use]
pub fn canonical_path(url: &Url) -> String {
    let path = url.path().trim_end_matches('/');
    let segments = path.split('/').map(|segment| {
        let bytes: Cow<'_, [u8]> = percent_decode_str(segment).into();
        percent_encode(&bytes, RESERVED).to_string()
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The last segment of a path, without escapes: the id, in the URL of a resource.
#[must_use]
pub fn last_segment(path: &str) -> Cow<'_, str> {
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    percent_decode_str(last).decode_utf8_lossy()
}

/// An id as a path segment, with all that is not unreserved escaped.
#[must_use]
pub fn segment(id: &str) -> String {
    utf8_percent_encode(id, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> String {
        canonical_path(&Url::parse(text).unwrap())
    }

    #[test]
    fn spellings_of_one_url() {
        let raw = path("https://h/v2/Users/auth0|a@b.c:d,e!$'()*;=&+");
        let encoded = path("https://h/v2/Users/auth0%7Ca%40b.c%3ad%2Ce%21%24%27%28%29%2A%3B%3D%26%2B/");
        assert_eq!(raw, encoded);
        assert_eq!(path("https://h/%55sers/%7Eme"), "/Users/~me");
        assert_eq!(path("https://h/Users/ä"), path("https://h/Users/%C3%A4"));
    }

    #[test]
    fn another_url_stays_another() {
        assert_ne!(path("https://h/Users/a%2Fb"), path("https://h/Users/a/b"));
        assert_ne!(path("https://h/Users/a%2541"), path("https://h/Users/aA"));
        assert_ne!(path("https://h/Users/a+b"), path("https://h/Users/a%20b"));
        assert_ne!(path("https://h/Users/%FF"), path("https://h/Users/%FE"));
        assert_ne!(path("https://h/Users/7%00"), path("https://h/Users/7"));
    }

    #[test]
    fn the_last_segment_is_the_id() {
        assert_eq!(last_segment("/v2/Users/a%2Fb%7C7/"), "a/b|7");
        assert_eq!(last_segment("/v2/Users/a+b"), "a+b");
        assert_eq!(last_segment(""), "");
    }
}
