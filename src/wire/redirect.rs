//! Which redirects are followed.

use url::Url;

/// Hops that are followed at most.
pub(crate) const MAX_HOPS: usize = 3;

/// Where a redirect leads, if it may be followed: within the origin, so that credentials never leave it, and without
/// a change of the method. A request that changes something follows only to the same resource (the last two segments of
/// the path stay; of a POST the last one, and the query in any case), so that no redirect makes this run touch what it
/// did not create.
pub(crate) fn target(method: &str, from: &Url, status: u16, location: Option<&str>) -> Option<Url> {
    let safe = matches!(method, "GET" | "HEAD");
    match status {
        307 | 308 => {}
        301 | 302 if safe => {}
        _ => return None,
    }
    let to = from.join(location?).ok()?;
    let kept = if method == "POST" { 1 } else { 2 };
    let same_resource =
        safe || last_segments(from, kept) == last_segments(&to, kept) && from.query() == to.query();
    (to.origin() == from.origin() && to.username().is_empty() && to.password().is_none() && same_resource)
        .then_some(to)
}

fn last_segments(url: &Url, kept: usize) -> Vec<&str> {
    url.path().rsplit('/').filter(|segment| !segment.is_empty()).take(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::target;

    #[test]
    fn redirects_stay_in_the_origin_and_keep_the_method() {
        let from = "https://a.example/scim/Users/7".parse().unwrap();
        let to = |method, status, location| target(method, &from, status, Some(location)).map(String::from);
        assert_eq!(to("GET", 301, "/v2/Users/7").as_deref(), Some("https://a.example/v2/Users/7"));
        assert_eq!(to("GET", 302, "7/").as_deref(), Some("https://a.example/scim/Users/7/"));
        assert_eq!(to("POST", 308, "/v2/7").as_deref(), Some("https://a.example/v2/7"));
        assert_eq!(to("POST", 308, "/Users"), None, "another endpoint");
        assert_eq!(to("POST", 301, "/v2/7"), None, "clients turn it into GET");
        assert_eq!(to("GET", 303, "/Users/7"), None);
        for elsewhere in [
            "https://b.example/",
            "http://a.example/Users/7",
            "https://a.example:8443/",
            "//b/",
            "https://u:p@a.example/",
        ] {
            assert_eq!(to("GET", 307, elsewhere), None, "{elsewhere}");
        }
        assert_eq!(target("GET", &from, 307, None), None);
    }

    #[test]
    fn a_change_follows_to_the_same_resource_only() {
        let from = "https://a.example/scim/Users/7".parse().unwrap();
        let follows = |location| target("DELETE", &from, 307, Some(location)).is_some();
        assert!(follows("/scim/Users/7/") && follows("/v2/Users/7"));
        assert!(!follows("/scim/Users/8") && !follows("/scim/Users") && !follows("/scim/Groups/7"));
        assert!(!follows("/scim/Users/7?all=true"));
    }
}
