//! What is known of a target's authorization server, as the configuration says it: plain data.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use url::{Origin, Url};

use crate::wire::ClientAuthentication;

/// An authorization server, and how test users log in there.
#[derive(Debug, Clone)]
pub struct OAuthOptions {
    /// Issuer, whose metadata names the endpoints that are not given here.
    pub issuer: Option<Url>,
    /// Endpoints that are given.
    pub endpoints: Endpoints,
    /// Further origins that requests may go to; those of the URLs here may be gone to in any case.
    pub origins: Vec<Url>,
    /// The client that test users log in with.
    pub client: Client,
    /// The client that asks for introspection; without one, the first.
    pub introspection_client: Option<Client>,
    /// A client whose own tokens (RFC 6749 §4.4) the SCIM service accepts; they are revoked in the course of tests.
    pub scim_client: Option<ScimClient>,
    /// Scopes to ask for; none leaves the parameter out.
    pub scopes: Vec<String>,
    /// A resource that the access tokens of users open.
    pub resource: Option<Resource>,
    /// A page that a browser session opens.
    pub session: Option<Resource>,
    /// How a test user logs in; without it nobody does.
    pub login: Option<LoginOptions>,
    /// Further ways in, which are tried with the same users.
    pub other_logins: Vec<OtherLogin>,
    /// Where `UserInfo` has the groups of a user: a JSON Pointer (RFC 6901).
    pub groups_claim: String,
    /// How long a revocation may take, in place of what the suites say.
    pub deadline: Option<Duration>,
    /// How long a login command may take.
    pub command_timeout: Duration,
}

/// The endpoints of an authorization server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Endpoints(pub BTreeMap<Endpoint, Url>);

/// An endpoint, as its metadata calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// RFC 6749 §3.2.
    Token,
    /// RFC 6749 §3.1.
    Authorization,
    /// RFC 8628 §3.1.
    DeviceAuthorization,
    /// RFC 7662 §2.
    Introspection,
    /// RFC 7009 §2.
    Revocation,
    /// OpenID Connect Core §5.3.
    Userinfo,
    /// OpenID Connect RP-Initiated Logout §2.
    EndSession,
}

/// An OAuth client.
#[derive(Debug, Clone)]
pub struct Client {
    /// Client id.
    pub id: String,
    /// Client secret; a public client has none (RFC 6749 §2.1).
    pub secret: Option<SecretString>,
    /// How it shows the secret.
    pub authentication: ClientAuthentication,
}

/// A client whose own tokens the SCIM service accepts.
#[derive(Debug, Clone)]
pub struct ScimClient {
    /// The client.
    pub client: Client,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
}

/// Something that is served to whoever is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Method.
    pub method: String,
    /// URL.
    pub url: Url,
    /// Status while the login counts.
    pub status: u16,
    /// A text that the answer has while the login counts.
    pub shows: Option<String>,
}

/// How a test user logs in.
#[derive(Debug, Clone)]
pub enum LoginOptions {
    /// Resource owner password credentials grant (RFC 6749 §4.3).
    Password,
    /// Authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636) through a login form.
    Form {
        /// The redirect URI that is registered for the client. It is never fetched.
        redirect_uri: Url,
        /// Parameters more of the authorization request, as one that leads to another identity provider.
        parameters: Vec<(String, String)>,
        /// The form.
        form: FormOptions,
    },
    /// Device authorization grant (RFC 8628); the user approves it through a login form.
    Device {
        /// The form.
        form: FormOptions,
    },
    /// A shell command that logs in and prints what it got.
    Command(String),
}

/// A further way for the same users to log in, at another identity provider for example.
#[derive(Debug, Clone)]
pub struct OtherLogin {
    /// What it is called.
    pub name: String,
    /// How a test user logs in.
    pub login: LoginOptions,
    /// The password that every test user has there; without one, that which SCIM has set.
    pub password: Option<SecretString>,
}

/// The fields of a login form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormOptions {
    /// Name of the field for the user name.
    pub user_field: String,
    /// Name of the field for the password.
    pub password_field: String,
    /// Name of the button by which a user consents; without it, the one that looks like it.
    pub consent_button: Option<String>,
}

impl Endpoint {
    /// All of them.
    pub const ALL: [Endpoint; 7] = [
        Endpoint::Token,
        Endpoint::Authorization,
        Endpoint::DeviceAuthorization,
        Endpoint::Introspection,
        Endpoint::Revocation,
        Endpoint::Userinfo,
        Endpoint::EndSession,
    ];

    /// The member of authorization server metadata (RFC 8414 §2, RFC 8628 §4, OpenID Connect Discovery §3, RP-Initiated
    /// Logout §2.1).
    #[must_use]
    pub fn member(self) -> &'static str {
        match self {
            Endpoint::Token => "token_endpoint",
            Endpoint::Authorization => "authorization_endpoint",
            Endpoint::DeviceAuthorization => "device_authorization_endpoint",
            Endpoint::Introspection => "introspection_endpoint",
            Endpoint::Revocation => "revocation_endpoint",
            Endpoint::Userinfo => "userinfo_endpoint",
            Endpoint::EndSession => "end_session_endpoint",
        }
    }
}

impl OAuthOptions {
    /// With a client and nothing else.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self {
            issuer: None,
            endpoints: Endpoints::default(),
            origins: Vec::new(),
            client,
            introspection_client: None,
            scim_client: None,
            scopes: Vec::new(),
            resource: None,
            session: None,
            login: None,
            other_logins: Vec::new(),
            groups_claim: "/groups".to_owned(),
            deadline: None,
            command_timeout: Duration::from_secs(30),
        }
    }

    /// Every origin that requests may go to: that of each URL of the configuration, except the redirect URI, which is
    /// never fetched.
    #[must_use]
    pub fn allowed_origins(&self) -> Vec<Origin> {
        let pages = [&self.resource, &self.session].into_iter().flatten().map(|resource| &resource.url);
        let urls = self.issuer.iter().chain(self.endpoints.0.values()).chain(&self.origins).chain(pages);
        let mut origins: Vec<Origin> = Vec::new();
        for origin in urls.map(Url::origin) {
            if !origins.contains(&origin) {
                origins.push(origin);
            }
        }
        origins
    }

    /// Every secret that is known from the beginning.
    pub fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let scim = self.scim_client.as_ref().map(|scim| &scim.client);
        let clients = [Some(&self.client), self.introspection_client.as_ref(), scim];
        let passwords = self.other_logins.iter().filter_map(|other| other.password.as_ref());
        clients.into_iter().flatten().filter_map(|client| client.secret.as_ref()).chain(passwords)
    }
}
