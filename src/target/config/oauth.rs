//! The table `[target.NAME.oauth]`: the authorization server at which the users of a target log in, and how a test user
//! does. Its doc comments are what editors and `docs/configuration.md` show.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::format::Sources;
use crate::wire::ClientAuthentication;

/// The authorization server at which the users of the target log in: what the suites `deactivation` and `tokens` need.
/// Its endpoints are those that the metadata of `issuer` name (OpenID Connect Discovery, RFC 8414), or given one by one.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OAuthTable {
    /// URL of the issuer, whose metadata name the endpoints that are not given here.
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) issuer: Option<String>,
    /// URL of the token endpoint (RFC 6749 §3.2).
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) token_url: Option<String>,
    /// URL of the authorization endpoint (RFC 6749 §3.1).
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) authorization_url: Option<String>,
    /// URL of the device authorization endpoint (RFC 8628 §3.1).
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) device_authorization_url: Option<String>,
    /// URL of the introspection endpoint (RFC 7662).
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) introspection_url: Option<String>,
    /// URL of the revocation endpoint (RFC 7009).
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) revocation_url: Option<String>,
    /// URL of the `UserInfo` endpoint (OpenID Connect Core §5.3).
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) userinfo_url: Option<String>,
    /// URL of the end-session endpoint (OpenID Connect RP-Initiated Logout), for the logins `form` and `command`.
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) end_session_url: Option<String>,
    /// Further origins that logins may lead to, as in `https://login.example.com`. Those of the URLs of this table are
    /// allowed in any case; nothing is sent anywhere else.
    #[serde(default)]
    pub(crate) origins: Vec<String>,
    /// Id of the client that test users log in with.
    pub(crate) client_id: String,
    /// Name of the environment variable that holds the client secret. A public client has none.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) client_secret_env: Option<String>,
    /// Path of the file that holds the client secret.
    #[serde(default)]
    pub(crate) client_secret_file: Option<String>,
    /// Shell command that prints the client secret.
    #[serde(default)]
    pub(crate) client_secret_command: Option<String>,
    /// How the client shows its secret: `basic` in the header, `post` in the form. Default: `basic`.
    #[serde(default)]
    pub(crate) authentication: ClientAuthentication,
    /// Scopes to ask for when a user logs in; none leaves the parameter out. `UserInfo` mostly wants `openid`.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// Where `UserInfo` has the groups of a user: the name of the claim, or a JSON Pointer to it as in `/realm/roles`.
    /// Default: `groups`.
    #[serde(default)]
    pub(crate) groups_claim: Option<String>,
    /// How long a revocation may take on this target, in place of what the suites say, as in `30s`.
    #[serde(default)]
    #[schemars(regex(pattern = "^[0-9]+(ms|s|m)$"))]
    pub(crate) deadline: Option<String>,
    /// How a test user logs in. Without it the checks that need one are not applicable.
    #[serde(default)]
    pub(crate) login: Option<LoginTable>,
    /// Further ways for the same users to log in, each of which is tried as well: a federated login at another identity
    /// provider, the password grant beside a login form, a device.
    #[serde(default)]
    pub(crate) other_logins: Vec<OtherLoginTable>,
    /// Another client for introspection, where the one that users log in with may not ask for it.
    #[serde(default)]
    pub(crate) introspection: Option<ClientTable>,
    /// A client whose own tokens (client credentials) the SCIM service accepts. Its tokens are revoked in tests.
    #[serde(default)]
    pub(crate) scim_client: Option<ClientTable>,
    /// A resource that the access tokens of users open: an API of the product.
    #[serde(default)]
    pub(crate) resource: Option<ResourceTable>,
    /// A page that is shown to whoever is logged in with a browser; for the logins `form` and `command`.
    #[serde(default)]
    pub(crate) session: Option<ResourceTable>,
}

/// How a test user logs in.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginTable {
    /// The way.
    pub(crate) method: LoginMethod,
    /// With `form`: the redirect URI that is registered for the client. It is never fetched.
    #[serde(default)]
    #[schemars(extend("format" = "uri"))]
    pub(crate) redirect_uri: Option<String>,
    /// With `form`: parameters more of the authorization request, as one that leads to another identity provider.
    #[serde(default)]
    pub(crate) parameters: BTreeMap<String, String>,
    /// With `form` and `device`: name of the field for the user name. Default: `username`.
    #[serde(default)]
    pub(crate) user_field: Option<String>,
    /// With `form` and `device`: name of the field for the password. Default: `password`.
    #[serde(default)]
    pub(crate) password_field: Option<String>,
    /// With `form` and `device`: name of the button by which a user consents. Default: the one that is called like it.
    #[serde(default)]
    pub(crate) consent_button: Option<String>,
    /// With `command`: a shell command. It gets `{"username": …, "password": …}` on standard input and prints a JSON object
    /// with `access_token`, `refresh_token` and `session_cookie`, each of them if there is one, and with `expires_in`,
    /// `refresh_expires_in` and `session_expires_in`, in seconds, where they end by themselves. Exit code 1 says that the
    /// user is refused, any other but 0 that something is wrong.
    #[serde(default)]
    pub(crate) login_command: Option<String>,
}

/// A further way to log in: a name, the keys of `login`, and a password if users have another one there.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherLoginTable {
    /// What reports call it, as in `federated`.
    pub(crate) name: String,
    /// How a test user logs in there.
    pub(crate) login: LoginTable,
    /// Name of the environment variable that holds the password which every test user has there. Default: the password
    /// that SCIM has set.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) password_env: Option<String>,
    /// Path of the file that holds it.
    #[serde(default)]
    pub(crate) password_file: Option<String>,
    /// Shell command that prints it.
    #[serde(default)]
    pub(crate) password_command: Option<String>,
}

/// The ways to log in.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LoginMethod {
    /// Resource owner password credentials grant (RFC 6749 §4.3).
    Password,
    /// Authorization code grant with PKCE (RFC 6749 §4.1, RFC 7636) through a login form that is filled in.
    Form,
    /// Device authorization grant (RFC 8628), approved through a login form that is filled in.
    Device,
    /// A program.
    Command,
}

/// A further OAuth client.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientTable {
    /// Client id.
    pub(crate) client_id: String,
    /// Name of the environment variable that holds the client secret.
    #[serde(default)]
    #[schemars(regex(pattern = r"^[A-Za-z_][A-Za-z0-9_]*$"))]
    pub(crate) client_secret_env: Option<String>,
    /// Path of the file that holds the client secret.
    #[serde(default)]
    pub(crate) client_secret_file: Option<String>,
    /// Shell command that prints the client secret.
    #[serde(default)]
    pub(crate) client_secret_command: Option<String>,
    /// How the client shows its secret: `basic` in the header, `post` in the form. Default: `basic`.
    #[serde(default)]
    pub(crate) authentication: ClientAuthentication,
    /// Scopes to ask for, of `scim_client`.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
}

/// Something that is served to whoever is logged in.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceTable {
    /// URL.
    #[schemars(extend("format" = "uri"))]
    pub(crate) url: String,
    /// Method, one that changes nothing. Default: `GET`.
    #[serde(default)]
    pub(crate) method: SafeMethod,
    /// Status while the login counts. Default: 200.
    #[serde(default)]
    #[schemars(range(min = 200, max = 299))]
    pub(crate) status: Option<u16>,
    /// A text that the answer has while the login counts, and not otherwise, as `Sign out`. Without it, a page of `session`
    /// that asks for a password is a login page: nobody is logged in there.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub(crate) shows: Option<String>,
}

/// Methods that change nothing (RFC 9110 §9.2.1).
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum SafeMethod {
    /// GET.
    #[default]
    Get,
    /// HEAD.
    Head,
}

impl SafeMethod {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            SafeMethod::Get => "GET",
            SafeMethod::Head => "HEAD",
        }
    }
}

impl OAuthTable {
    /// The client that users log in with, in the shape of a further one.
    pub(crate) fn client(&self) -> ClientTable {
        ClientTable {
            client_id: self.client_id.clone(),
            client_secret_env: self.client_secret_env.clone(),
            client_secret_file: self.client_secret_file.clone(),
            client_secret_command: self.client_secret_command.clone(),
            authentication: self.authentication,
            scopes: Vec::new(),
        }
    }
}

impl OtherLoginTable {
    pub(crate) fn password(&self) -> Sources<'_> {
        Sources {
            prefix: "password_",
            env: self.password_env.as_deref(),
            file: self.password_file.as_deref(),
            command: self.password_command.as_deref(),
        }
    }
}

impl ClientTable {
    pub(crate) fn client_secret(&self) -> Sources<'_> {
        Sources {
            prefix: "client_secret_",
            env: self.client_secret_env.as_deref(),
            file: self.client_secret_file.as_deref(),
            command: self.client_secret_command.as_deref(),
        }
    }
}
