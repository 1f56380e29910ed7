//! Who the client is (RFC 6749 §2.3.1): by Basic authentication, or by parameters of the body.

use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use url::form_urlencoded;

use super::Exchange;
use super::error::OauthError;
use super::form::Form;
use crate::server::auth::same;

impl Exchange<'_> {
    /// The parameters of a request that only the client may send.
    ///
    /// 400 `invalid_request` if it is no form, or has credentials in two ways; 401 `invalid_client` if they are wrong.
    pub(super) fn client_form(&self) -> Result<Form, OauthError> {
        let form = Form::of_body(self.request)?;
        let header = self.request.headers.get(AUTHORIZATION);
        let posted = form.get("client_secret");
        let (id, secret) = match (header, posted) {
            (Some(_), Some(_)) => {
                return Err(OauthError::invalid_request("The client authenticates in two ways"));
            }
            (Some(header), None) => basic(header.as_bytes())
                .ok_or_else(|| OauthError::invalid_client("Basic authentication is expected"))?,
            (None, Some(secret)) => (form.get("client_id").unwrap_or_default().to_owned(), secret.to_owned()),
            (None, None) => return Err(OauthError::invalid_client("The client has to authenticate")),
        };
        let options = &self.service.options.oauth;
        let known = options.client_secret.expose_secret().as_bytes();
        let is_known = same(known, secret.as_bytes());
        if !is_known || id != options.client_id || form.get("client_id").is_some_and(|named| named != id) {
            return Err(OauthError::invalid_client("The client is not known, or its secret is wrong"));
        }
        Ok(form)
    }
}

/// Both are encoded as in a form before they are joined.
fn basic(header: &[u8]) -> Option<(String, String)> {
    let (scheme, encoded) = std::str::from_utf8(header).ok()?.split_once(' ')?;
    let text = scheme.eq_ignore_ascii_case("basic").then(|| STANDARD.decode(encoded.trim()).ok())??;
    let text = String::from_utf8(text).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decoded(id), decoded(secret)))
}

fn decoded(text: &str) -> String {
    let escaped = text.replace('&', "%26").replace('=', "%3D");
    let name = form_urlencoded::parse(escaped.as_bytes()).next().map(|(name, _)| name.into_owned());
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials() {
        let read = |text: &str| basic(format!("bAsic {}", STANDARD.encode(text)).as_bytes());
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(read("id:secret"), pair("id", "secret"));
        assert_eq!(read("a%3Ab+c:x%25=&:y"), pair("a:b c", "x%=&:y"));
        assert_eq!(read(":"), pair("", ""));
        assert_eq!(read("no colon"), None);
        assert_eq!(basic(b"Basic !"), None);
        assert_eq!(basic(b"Bearer aTpz"), None);
    }
}
