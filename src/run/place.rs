//! What a URL addresses: an endpoint, a discovery document, a resource. Read as strictly as possible, because servers
//! and proxies read odd paths differently.

use url::Url;

use crate::scim::location::canonical_path;

/// What a URL below the base URL addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `/.search`, also below an endpoint (RFC 7644 §3.4.3).
    Search,
    /// `/Bulk` (RFC 7644 §3.7).
    Bulk,
    /// ServiceProviderConfig, ResourceTypes, Schemas, or one of the latter two (RFC 7644 §4).
    Discovery,
    /// An endpoint of a resource type.
    Endpoint,
    /// One plain segment below an endpoint, or below one plain segment.
    Member,
    /// Anything else, also what may be read in more than one way.
    Other,
}

/// The base URL and the endpoints of the target.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    base_url: Url,
    endpoints: Vec<Vec<String>>,
}

/// Endpoints that every target may have (RFC 7644 §3.2).
const STANDARD: [&str; 2] = ["/Users", "/Groups"];

impl Places {
    /// Endpoints are paths below the base URL, as in `/Users`; one that leads elsewhere is none.
    pub(crate) fn new<'e>(base_url: &Url, endpoints: impl IntoIterator<Item = &'e str>) -> Self {
        let split =
            |path: &str| -> Vec<String> { path.trim_matches('/').split('/').map(str::to_owned).collect() };
        let endpoints = STANDARD.into_iter().chain(endpoints).map(split);
        let is_plain = |segments: &Vec<String>| segments.iter().all(|segment| is_plain(segment));
        Self { base_url: base_url.clone(), endpoints: endpoints.filter(is_plain).collect() }
    }

    /// The base URL.
    pub(crate) fn base_url(&self) -> &Url {
        &self.base_url
    }

    /// What a URL addresses.
    pub(crate) fn of(&self, url: &str) -> Place {
        let Some(segments) = self.segments(url) else { return Place::Other };
        let is = |segment: &str, name: &str| segment.eq_ignore_ascii_case(name);
        let last = segments.last().map(String::as_str).unwrap_or_default();
        let above = &segments[..segments.len().saturating_sub(1)];
        let below_endpoint = above.len() <= 1 || self.is_endpoint(above);
        match segments.as_slice() {
            [one] if is(one, "Bulk") => Place::Bulk,
            [one] if is(one, "ServiceProviderConfig") => Place::Discovery,
            [one] | [one, _] if is(one, "ResourceTypes") || is(one, "Schemas") => Place::Discovery,
            _ if is(last, ".search") && below_endpoint => Place::Search,
            all if self.is_endpoint(all) => Place::Endpoint,
            [_, _, ..] if below_endpoint => Place::Member,
            _ => Place::Other,
        }
    }

    /// The last segment of a URL that is one plain segment below this endpoint of the target.
    pub(crate) fn member(&self, endpoint: &str, url: &str) -> Option<String> {
        let above = self.segments(endpoint).filter(|endpoint| self.is_endpoint(endpoint))?;
        let mut segments = self.segments(url)?;
        let last = segments.pop()?;
        (segments == above && !last.starts_with('.')).then_some(last)
    }

    /// The URL of a path below the base URL, as a bulk operation names it. What leads elsewhere stays what it is.
    pub(crate) fn url_of(&self, path: &str) -> String {
        format!("{}/{}", self.base_url.as_str().trim_end_matches('/'), path.trim_start_matches('/'))
    }

    /// Whether an absolute URL is below the base URL and no discovery document.
    pub(crate) fn may_be_resource(&self, url: &Url) -> bool {
        let below = url
            .path()
            .strip_prefix(self.base_url.path().trim_end_matches('/'))
            .and_then(|below| below.strip_prefix('/'));
        let first = below.and_then(|below| below.split('/').next()).unwrap_or_default();
        let discovery = ["ServiceProviderConfig", "ResourceTypes", "Schemas"];
        url.origin() == self.base_url.origin()
            && !first.is_empty()
            && !discovery.iter().any(|name| name.eq_ignore_ascii_case(first))
    }

    fn is_endpoint(&self, segments: &[String]) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint == segments)
    }

    /// The segments below the base URL; `None` if they are not below it, or not plain.
    fn segments(&self, url: &str) -> Option<Vec<String>> {
        let url = Url::parse(url).ok()?;
        if url.origin() != self.base_url.origin() || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let base = self.base_url.path().trim_end_matches('/');
        let below = url.path().strip_prefix(base)?.strip_prefix('/')?;
        let below = below.strip_suffix('/').unwrap_or(below);
        let segments: Vec<String> = below.split('/').map(str::to_owned).collect();
        segments.iter().all(|segment| is_plain(segment)).then_some(segments)
    }
}

/// Whether a segment means the same to everyone: unreserved characters and colons, no escapes, no matrix parameters
/// (`;`), no steps. `%2F`, `%2e%2e` and the like are for some servers what they encode.
fn is_plain(segment: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:".contains(c);
    !segment.is_empty() && segment != "." && segment != ".." && segment.chars().all(plain)
}

/// The path of a URL, the same for all its spellings, without a slash at its end.
pub(crate) fn path_of(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), |url| canonical_path(&url))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_urls_address() {
        let base = Url::parse("http://h/v2").unwrap();
        let places = Places::new(&base, ["/custom/Things", "/../admin", "//evil/", "https://evil/", "/a;b"]);
        let cases = [
            ("http://h/v2/Users", Place::Endpoint),
            ("http://h/v2/Users/", Place::Endpoint),
            ("http://h/v2/Users?x=1", Place::Endpoint),
            ("http://h/v2/custom/Things", Place::Endpoint),
            ("http://h/v2/custom/Things/7", Place::Member),
            ("http://h/v2/Users/7", Place::Member),
            ("http://h/v2/Users/../Users/7", Place::Member),
            ("http://h/v2/users", Place::Other),
            ("http://h/v2/.search", Place::Search),
            ("http://h/v2/Users/.search", Place::Search),
            ("http://h/v2/Users/7/.search", Place::Other),
            ("http://h/v2/Bulk", Place::Bulk),
            ("http://h/v2/bulk/", Place::Bulk),
            ("http://h/v2/Users/Bulk", Place::Member),
            ("http://h/v2/Schemas/urn:x", Place::Discovery),
            ("http://h/v2/schemas", Place::Discovery),
            ("http://h/v2/Schemas/..%2FUsers%2F7", Place::Other),
            ("http://h/v2/Schemas/%2e%2e/Users/7", Place::Member),
            ("http://h/v2//Users", Place::Other),
            ("http://h/v2/Users//7", Place::Other),
            ("http://h/v2/Users/7;sc1", Place::Other),
            ("http://h/v2/Users/7%00", Place::Other),
            ("http://h/v2/admin", Place::Other),
            ("http://h/v2", Place::Other),
            ("http://h/v2/", Place::Other),
            ("http://h/v2/../Users", Place::Other),
            ("http://evil/v2/Users", Place::Other),
            ("http://u@h/v2/Users", Place::Other),
        ];
        for (url, wanted) in cases {
            assert_eq!(places.of(url), wanted, "{url}");
        }
    }

    #[test]
    fn members_of_an_endpoint() {
        let places = Places::new(&Url::parse("http://h/v2").unwrap(), ["/custom/Things"]);
        let member = |endpoint: &str, url: &str| places.member(endpoint, url);
        assert_eq!(member("http://h/v2/Users", "http://h/v2/Users/7").as_deref(), Some("7"));
        assert_eq!(member("http://h/v2/custom/Things", "http://h/v2/custom/Things/7/").as_deref(), Some("7"));
        for elsewhere in [
            "http://h/v2/Groups/7",
            "http://h/v2/Users",
            "http://h/v2/Users/7/8",
            "http://h/v2/Users/7%2F8",
            "http://h/v2/Users/.search",
            "http://h/v2/Users/../7",
            "http://h/Users/7",
            "http://evil/v2/Users/7",
        ] {
            assert_eq!(member("http://h/v2/Users", elsewhere), None, "{elsewhere}");
        }
        assert_eq!(member("http://h/v2/Bulk", "http://h/v2/Bulk/7"), None, "no resource type is there");
    }
}
