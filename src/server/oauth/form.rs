//! Parameters of requests, in the body or in the URL.

use axum::http::header::CONTENT_TYPE;
use url::form_urlencoded;

use super::error::OauthError;
use crate::server::http::{ReceivedBody, Request};

const FORM: &str = "application/x-www-form-urlencoded";

/// Parameters, each at most once.
#[derive(Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Those of the body; 400 `invalid_request` if it is no form, or has a parameter twice (RFC 6749 §3.2).
    pub(super) fn of_body(request: &Request) -> Result<Self, OauthError> {
        let media_type = request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
        let ReceivedBody::Whole(bytes) = &request.body else {
            return Err(OauthError::invalid_request("The body is too large, or ended too early"));
        };
        if !essence.eq_ignore_ascii_case(FORM) {
            return Err(OauthError::invalid_request("Send application/x-www-form-urlencoded"));
        }
        Self::parse(bytes)
    }

    /// Those in the URL; 400 `invalid_request` for one that stands there twice (§3.1).
    pub(super) fn of_url(request: &Request) -> Result<Self, OauthError> {
        Self::parse(request.uri.query().unwrap_or_default().as_bytes())
    }

    fn parse(bytes: &[u8]) -> Result<Self, OauthError> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(bytes) {
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(OauthError::invalid_request("A parameter was sent twice"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// A parameter; an empty one counts as left out (§3.2).
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A parameter, or 400 `invalid_request`.
    pub(super) fn demand(&self, name: &'static str) -> Result<&str, OauthError> {
        self.get(name).ok_or_else(|| OauthError::invalid_request("A required parameter is missing"))
    }

    /// Where a token is to be used: `resource` (RFC 8707), or `audience` as many servers call it.
    pub(super) fn audience(&self) -> Result<Option<String>, OauthError> {
        let Some(audience) = self.get("resource").or_else(|| self.get("audience")) else { return Ok(None) };
        // RFC 8707 §2: an absolute URI without a fragment.
        let sound = url::Url::parse(audience).is_ok_and(|url| url.fragment().is_none());
        if sound {
            return Ok(Some(audience.trim_end_matches('/').to_owned()));
        }
        Err(OauthError::new("invalid_target", "The resource is an absolute URI without a fragment"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters() {
        let form = Form::parse(b"a=1+2&b=&c=%C3%A9").unwrap();
        assert_eq!(
            (form.get("a"), form.get("b"), form.get("c"), form.get("d")),
            (Some("1 2"), None, Some("é"), None)
        );
        assert_eq!(form.demand("b").unwrap_err().error, "invalid_request");
        assert!(Form::parse(b"a=1&a=1").is_err());
        let audience = |text: &str| Form::parse(text.as_bytes()).unwrap().audience().map_err(|e| e.error);
        assert_eq!(audience("x=y"), Ok(None));
        assert_eq!(audience("resource=https://a.example/b/"), Ok(Some("https://a.example/b".to_owned())));
        assert_eq!(audience("audience=https://a.example"), Ok(Some("https://a.example".to_owned())));
        assert_eq!(audience("resource=https://a.example/%23x"), Err("invalid_target"));
        assert_eq!(audience("resource=/b"), Err("invalid_target"));
    }
}
