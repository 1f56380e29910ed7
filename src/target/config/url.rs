//! URLs of the configuration. What is wrong with one is said without repeating it: it may hold a password.

use url::Url;

/// What a URL may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// The base URL of a target: no query.
    Base,
    /// A token endpoint (RFC 6749 §3.2): a query is allowed.
    TokenEndpoint,
    /// A page or an endpoint of an authorization server: a query is allowed.
    Page,
    /// A proxy that the file names: nothing but an origin.
    Proxy,
    /// A proxy that an environment variable names: user name and password are allowed.
    SecretProxy,
}

/// Reads a URL. A slash at the end of its path is taken away.
///
/// The error is a sentence without a full stop.
pub(super) fn parse(text: &str, wanted: Use) -> Result<Url, String> {
    if !text.contains("://") {
        return Err("the URL has no scheme: it begins with `https://` or `http://`".to_owned());
    }
    let mut url = Url::parse(text).map_err(|error| format!("not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the scheme of the URL is neither `https` nor `http`".to_owned());
    }
    let is_user_allowed = wanted == Use::SecretProxy;
    if !is_user_allowed && (!url.username().is_empty() || url.password().is_some()) {
        return Err("the URL holds a user name or password".to_owned());
    }
    if url.fragment().is_some() {
        return Err("the URL has a fragment (`#…`)".to_owned());
    }
    if !matches!(wanted, Use::TokenEndpoint | Use::Page) && url.query().is_some() {
        return Err("the URL has a query (`?…`)".to_owned());
    }
    if matches!(wanted, Use::Proxy | Use::SecretProxy) && url.path() != "/" {
        return Err("the URL of a proxy has no path".to_owned());
    }
    if wanted == Use::Base {
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls() {
        let cases = [
            ("https://scim.example.com/v2", Some("https://scim.example.com/v2")),
            ("https://scim.example.com/v2///", Some("https://scim.example.com/v2")),
            ("HTTP://127.0.0.1:80", Some("http://127.0.0.1/")),
            ("scim.example.com", None),
            ("ftp://scim.example.com", None),
            ("https://u@scim.example.com", None),
            ("https://:p@scim.example.com", None),
            ("https://scim.example.com/?a", None),
            ("https://scim.example.com/#a", None),
            ("https://", None),
            ("https://a:99999/", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text, Use::Base).ok().as_ref().map(Url::as_str), wanted, "{text}");
        }
    }

    #[test]
    fn no_message_repeats_the_url() {
        for text in
            ["https://u:s3cr3t@h/", "s3cr3t", "s3cr3t:s3cr3t@h://", "https://s3cr3t:x:y/", "ftp://u:s3cr3t@h"]
        {
            let message = parse(text, Use::Base).unwrap_err();
            assert!(!message.contains("s3cr3t"), "{message}");
        }
    }

    #[test]
    fn each_use_has_its_own_rules() {
        assert!(parse("https://id/token?tenant=a", Use::TokenEndpoint).is_ok());
        assert!(parse("http://proxy:3128", Use::Proxy).is_ok());
        assert!(parse("http://proxy:3128/x", Use::Proxy).is_err());
        assert!(parse("http://u:p@proxy:3128", Use::Proxy).is_err());
        assert!(parse("http://u:p@proxy:3128", Use::SecretProxy).is_ok());
    }
}
