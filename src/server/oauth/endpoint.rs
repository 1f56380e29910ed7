//! Where the endpoints of the authorization server are, below the origin.

pub(super) const AUTHORIZE: &str = "/oauth/authorize";
pub(super) const TOKEN: &str = "/oauth/token";
pub(super) const DEVICE_AUTHORIZATION: &str = "/oauth/device_authorization";
pub(super) const VERIFICATION: &str = "/device";
pub(super) const INTROSPECTION: &str = "/oauth/introspect";
pub(super) const REVOCATION: &str = "/oauth/revoke";
pub(super) const USERINFO: &str = "/oauth/userinfo";
pub(super) const KEYS: &str = "/oauth/jwks";
pub(super) const FEDERATED: &str = "/idp/login";
pub(super) const LOGIN: &str = "/login";
pub(super) const LOGOUT: &str = "/oauth/logout";
pub(super) const SESSION: &str = "/session";
const RESOURCE: &str = "/resource";
const METADATA: [&str; 2] = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"];

/// An endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum Endpoint {
    Metadata,
    Keys,
    Authorize,
    Token,
    DeviceAuthorization,
    Verification,
    Introspection,
    Revocation,
    Userinfo,
    Resource,
    Federated,
    Login,
    Logout,
    Session,
}

impl Endpoint {
    /// The one with this path.
    pub(super) fn parse(path: &str) -> Option<Self> {
        Some(match path {
            AUTHORIZE => Self::Authorize,
            TOKEN => Self::Token,
            DEVICE_AUTHORIZATION => Self::DeviceAuthorization,
            VERIFICATION => Self::Verification,
            INTROSPECTION => Self::Introspection,
            REVOCATION => Self::Revocation,
            USERINFO => Self::Userinfo,
            KEYS => Self::Keys,
            FEDERATED => Self::Federated,
            LOGIN => Self::Login,
            LOGOUT => Self::Logout,
            SESSION => Self::Session,
            path if METADATA.contains(&path) => Self::Metadata,
            path => {
                let below = path.strip_prefix(RESOURCE)?;
                return (below.is_empty() || below.starts_with('/')).then_some(Self::Resource);
            }
        })
    }

    /// The methods that it has, as in `Allow`.
    pub(super) fn methods(self) -> &'static str {
        match self {
            Self::Token | Self::DeviceAuthorization | Self::Introspection | Self::Revocation => "POST",
            Self::Authorize
            | Self::Verification
            | Self::Userinfo
            | Self::Federated
            | Self::Login
            | Self::Logout => "GET, HEAD, POST",
            Self::Metadata | Self::Keys | Self::Resource | Self::Session => "GET, HEAD",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, wanted) in [
            ("/oauth/token", Some(Endpoint::Token)),
            ("/.well-known/openid-configuration", Some(Endpoint::Metadata)),
            ("/.well-known/oauth-authorization-server", Some(Endpoint::Metadata)),
            ("/resource", Some(Endpoint::Resource)),
            ("/resource/a/b", Some(Endpoint::Resource)),
            ("/resources", None),
            ("/oauth/token/", None),
            ("/scim/v2/Users", None),
            ("/", None),
        ] {
            assert_eq!(Endpoint::parse(path), wanted, "{path}");
        }
    }
}
