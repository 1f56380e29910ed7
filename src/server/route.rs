//! What a path means, and which methods it has (RFC 7644 §3.2, Table 2).

use axum::http::Method;
use axum::http::header::ALLOW;

use super::kind::Kind;
use super::reply::Refusal;

/// Path of the base URL.
pub(super) const BASE_PATH: &str = "/scim/v2";

/// An endpoint of the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Route {
    /// The base URL: all resources of all types.
    Root,
    /// `/.search`, or `.search` below an endpoint.
    Search(Option<Kind>),
    /// `/Users`, `/Groups`.
    Collection(Kind),
    /// `/Users/{id}`, `/Groups/{id}`.
    Resource(Kind, String),
    ServiceProviderConfig,
    ResourceTypes,
    ResourceType(String),
    Schemas,
    Schema(String),
    Bulk,
    Me,
}

impl Route {
    /// Reads a path; segments are percent-decoded, a slash at the end does not count.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let below = path.strip_prefix(BASE_PATH)?;
        let below = below.strip_suffix('/').unwrap_or(below);
        if below.is_empty() {
            return Some(Self::Root);
        }
        let segments = below.strip_prefix('/')?.split('/').map(decode).collect::<Option<Vec<_>>>()?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments[..] {
            [".search"] => Some(Self::Search(None)),
            ["ServiceProviderConfig"] => Some(Self::ServiceProviderConfig),
            ["ResourceTypes"] => Some(Self::ResourceTypes),
            ["ResourceTypes", name] => Some(Self::ResourceType(name.to_owned())),
            ["Schemas"] => Some(Self::Schemas),
            ["Schemas", urn] => Some(Self::Schema(urn.to_owned())),
            ["Bulk"] => Some(Self::Bulk),
            ["Me"] => Some(Self::Me),
            [endpoint] => Kind::from_segment(endpoint).map(Self::Collection),
            [endpoint, ".search"] => Kind::from_segment(endpoint).map(|kind| Self::Search(Some(kind))),
            [endpoint, id] if !id.is_empty() => {
                Kind::from_segment(endpoint).map(|kind| Self::Resource(kind, id.to_owned()))
            }
            _ => None,
        }
    }

    /// The resource type whose endpoint it is.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self {
            Self::Collection(kind) | Self::Resource(kind, _) | Self::Search(Some(kind)) => Some(*kind),
            _ => None,
        }
    }

    /// Whether no token is needed (RFC 7643 §5: `authenticationSchemes` SHOULD be readable without).
    pub(super) fn is_public(&self) -> bool {
        matches!(
            self,
            Self::ServiceProviderConfig
                | Self::ResourceTypes
                | Self::ResourceType(_)
                | Self::Schemas
                | Self::Schema(_)
        )
    }

    /// Whether the request changes nothing.
    pub(super) fn only_reads(&self, method: &Method) -> bool {
        matches!(self, Self::Search(_)) || *method == Method::GET || *method == Method::HEAD
    }

    fn methods(&self) -> &'static str {
        match self {
            Self::Collection(_) => "GET, HEAD, POST",
            Self::Resource(..) => "GET, HEAD, PUT, PATCH, DELETE",
            Self::Search(_) | Self::Bulk => "POST",
            Self::Me => "GET, HEAD, POST, PUT, PATCH, DELETE",
            _ => "GET, HEAD",
        }
    }

    /// 405 with `Allow` for a method that the endpoint does not have.
    pub(super) fn check_method(&self, method: &Method) -> Result<(), Refusal> {
        let methods = self.methods();
        if methods.split(", ").any(|allowed| allowed == method.as_str()) {
            return Ok(());
        }
        let detail = format!("This endpoint has no method {method}, only {methods}");
        Err(Refusal::new(405, detail).with(ALLOW, methods))
    }
}

/// Undoes percent-encoding (RFC 3986 §2.1); `None` if it is malformed or does not give UTF-8.
fn decode(segment: &str) -> Option<String> {
    let mut bytes = segment.bytes();
    let mut decoded = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        decoded.push(if byte == b'%' { hex(bytes.next()?)? << 4 | hex(bytes.next()?)? } else { byte });
    }
    String::from_utf8(decoded).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        let user = |id: &str| Some(Route::Resource(Kind::User, id.to_owned()));
        for (path, wanted) in [
            ("/scim/v2", Some(Route::Root)),
            ("/scim/v2/", Some(Route::Root)),
            ("/scim/v2/.search", Some(Route::Search(None))),
            ("/scim/v2/Users", Some(Route::Collection(Kind::User))),
            ("/scim/v2/Users/", Some(Route::Collection(Kind::User))),
            ("/scim/v2/%55sers/a%20%C3%A9", user("a é")),
            ("/scim/v2/Groups/.search", Some(Route::Search(Some(Kind::Group)))),
            ("/scim/v2/Schemas/urn%3Ax:y", Some(Route::Schema("urn:x:y".to_owned()))),
            ("/scim/v2/Bulk", Some(Route::Bulk)),
            ("/scim/v2/Me", Some(Route::Me)),
            ("/scim/v2/users", None),
            ("/scim/v2/Users//", None),
            ("/scim/v2/Users/a/b", None),
            ("/scim/v2/Users/%zz", None),
            ("/scim/v2/Users/%C3", None),
            ("/scim/v2/Users/%4", None),
            ("/scim/v2Users", None),
            ("/scim/v3/Users", None),
            ("/", None),
            ("*", None),
        ] {
            assert_eq!(Route::parse(path), wanted, "{path}");
        }
    }

    #[test]
    fn other_methods_are_refused_with_those_that_there_are() {
        let users = Route::Collection(Kind::User);
        assert!(users.check_method(&Method::HEAD).is_ok());
        let refusal = users.check_method(&Method::DELETE).unwrap_err();
        assert_eq!(refusal.error.status, 405);
        assert_eq!(refusal.headers, [(ALLOW, "GET, HEAD, POST".to_owned())]);
    }
}
