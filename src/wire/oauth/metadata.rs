//! The metadata of an authorization server: OpenID Connect Discovery §4, RFC 8414 §3.

use serde_json::Value;
use url::Url;

use super::options::{Endpoint, Endpoints};
use super::{OAuthOptions, get};
use crate::model::{Answer, ParsedBody};
use crate::wire::{Transport, place};

/// An issuer, as its metadata spell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    /// Whether it names itself in every authorization response (RFC 9207 §3).
    pub(crate) says_so: bool,
}

impl Issuer {
    /// RFC 9207 §2.4: the `iss` of an authorization response, which is missing only where none was announced. A response of
    /// another issuer may carry a code that is to be sent to the wrong one.
    pub(crate) fn check(&self, iss: Option<&str>) -> Result<(), String> {
        match iss {
            Some(iss) if iss == self.name => Ok(()),
            Some(iss) => {
                let iss: String = iss.chars().take(200).collect();
                Err(format!("is of the issuer `{iss}`, not of `{}` (RFC 9207)", self.name))
            }
            None if self.says_so => Err("has no `iss`, which the metadata announce (RFC 9207)".to_owned()),
            None => Ok(()),
        }
    }
}

/// Why the endpoints are not known: one sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MetadataError(String);

/// The endpoints of the configuration, and those that the metadata of the issuer names besides.
///
/// # Errors
/// If there is no metadata, it is that of another issuer, or an endpoint lies at an origin that the configuration does
/// not name: nothing is sent there.
pub(crate) async fn read(
    options: &OAuthOptions,
    transport: &dyn Transport,
) -> Result<(Endpoints, Option<Issuer>), MetadataError> {
    let mut endpoints = options.endpoints.clone();
    let Some(issuer) = &options.issuer else { return Ok((endpoints, None)) };
    let mut said = Vec::new();
    let mut found = None;
    for url in places(issuer) {
        let sent = transport.send(&get(url.as_str(), &[])).await;
        match &sent.answer {
            Answer::Response(response) if response.status == 200 && response.body.json().is_some() => {
                found = response.body.json().cloned();
                break;
            }
            Answer::Response(response) => said.push(match (response.status, response.body.parsed()) {
                (200, ParsedBody::NotJson(why)) => format!("{url} answered 200, but {why}"),
                (status, _) => format!("{url} answered {status}"),
            }),
            Answer::Failed(failure) => said.push(format!("{url}: {}", failure.message)),
        }
    }
    let Some(metadata) = found else {
        return Err(MetadataError(format!("the issuer shows no metadata: {}", said.join("; "))));
    };
    let issuer = is_of(issuer, &metadata)?;
    let origins = options.allowed_origins();
    for endpoint in Endpoint::ALL {
        let Some(text) = metadata.get(endpoint.member()).and_then(Value::as_str) else { continue };
        if endpoints.0.contains_key(&endpoint) {
            continue;
        }
        let url = Url::parse(text).map_err(|error| {
            MetadataError(format!("`{}` of the metadata is no URL: {error}", endpoint.member()))
        })?;
        if !origins.contains(&url.origin()) {
            let member = endpoint.member();
            return Err(MetadataError(match url.origin().is_tuple() {
                true => format!(
                    "`{member}` of the metadata lies at {}, which the configuration does not name: add it to `origins` if that is right",
                    place(&url)
                ),
                false => format!("`{member}` of the metadata is {}, and no http or https URL", place(&url)),
            }));
        }
        endpoints.0.insert(endpoint, url);
    }
    Ok((endpoints, Some(issuer)))
}

/// RFC 8414 §3.3, OpenID Connect Discovery §4.3: the metadata name the issuer that was asked.
fn is_of(issuer: &Url, metadata: &Value) -> Result<Issuer, MetadataError> {
    let named = metadata.get("issuer").and_then(Value::as_str).unwrap_or_default();
    if named.trim_end_matches('/') != issuer.as_str().trim_end_matches('/') {
        return Err(MetadataError(format!(
            "the metadata are those of the issuer `{named}`, not of `{issuer}`"
        )));
    }
    let says_so = metadata.get("authorization_response_iss_parameter_supported");
    Ok(Issuer { name: named.to_owned(), says_so: says_so == Some(&Value::Bool(true)) })
}

/// Where metadata may be: behind the issuer (OpenID Connect Discovery §4.1), or with the well-known part between host
/// and path (RFC 8414 §3.1).
fn places(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/').to_owned();
    let at = |path: String| {
        let mut url = issuer.clone();
        url.set_path(&path);
        url
    };
    let mut places = vec![
        at(format!("{path}/.well-known/openid-configuration")),
        at(format!("/.well-known/oauth-authorization-server{path}")),
        at(format!("/.well-known/openid-configuration{path}")),
    ];
    places.dedup();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_metadata_may_be() {
        let places = places(&"https://id.example/a/".parse().unwrap());
        let places: Vec<_> = places.iter().map(Url::path).collect();
        assert_eq!(
            places,
            [
                "/a/.well-known/openid-configuration",
                "/.well-known/oauth-authorization-server/a",
                "/.well-known/openid-configuration/a"
            ]
        );
    }

    #[test]
    fn metadata_of_another_issuer_are_refused() {
        let issuer: Url = "https://id.example/a".parse().unwrap();
        let named = |name: &str| is_of(&issuer, &serde_json::json!({ "issuer": name })).is_ok();
        assert!(named("https://id.example/a") && named("https://id.example/a/"));
        assert!(!named("https://id.example") && !named(""));
    }
}
