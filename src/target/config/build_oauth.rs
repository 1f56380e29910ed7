//! From the table `oauth` of a target to what the token probe needs; secrets that stand in files or come from commands
//! are not read yet.

use std::collections::BTreeMap;

use ::url::Url;

use super::build::Builder;
use super::error::ConfigError;
use super::oauth::{ClientTable, LoginMethod, LoginTable, OAuthTable, OtherLoginTable, ResourceTable};
use super::secret::{Kind, Secret};
use super::url::{self as urls, Use};
use crate::suite::duration;
use crate::wire::ClientAuthentication;
use crate::wire::oauth::{
    Client, Endpoint, Endpoints, FormOptions, LoginOptions, OAuthOptions, OtherLogin, Resource, ScimClient,
};

/// Names of the fields of a login form where the configuration names none.
const USER_FIELD: &str = "username";
const PASSWORD_FIELD: &str = "password";

/// The table with its secrets.
#[derive(Debug, Clone)]
pub(super) struct OAuthSource {
    /// Everything but the secrets.
    options: OAuthOptions,
    client_secret: Option<Secret>,
    introspection_secret: Option<Secret>,
    scim_client_secret: Option<Secret>,
    /// Of the other logins, in their order.
    passwords: Vec<Option<Secret>>,
}

impl OAuthSource {
    /// Reads the secrets.
    pub(super) fn read(&self) -> Result<OAuthOptions, ConfigError> {
        let mut options = self.options.clone();
        let read = |secret: &Option<Secret>| secret.as_ref().map(Secret::read).transpose();
        options.client.secret = read(&self.client_secret)?;
        if let Some(client) = &mut options.introspection_client {
            client.secret = read(&self.introspection_secret)?;
        }
        if let Some(scim) = &mut options.scim_client {
            scim.client.secret = read(&self.scim_client_secret)?;
        }
        for (other, password) in options.other_logins.iter_mut().zip(&self.passwords) {
            other.password = read(password)?;
        }
        Ok(options)
    }
}

impl Builder<'_> {
    pub(super) fn oauth(&mut self, at: &str, table: &OAuthTable) -> Result<OAuthSource, ConfigError> {
        let (client, client_secret) = self.client(at, &table.client());
        let mut options = OAuthOptions::new(client);
        let endpoints = [
            (Endpoint::Token, &table.token_url),
            (Endpoint::Authorization, &table.authorization_url),
            (Endpoint::DeviceAuthorization, &table.device_authorization_url),
            (Endpoint::Introspection, &table.introspection_url),
            (Endpoint::Revocation, &table.revocation_url),
            (Endpoint::Userinfo, &table.userinfo_url),
            (Endpoint::EndSession, &table.end_session_url),
        ];
        let given = endpoints.into_iter().filter_map(|(endpoint, url)| Some((endpoint, url.as_deref()?)));
        options.endpoints = Endpoints(
            given
                .map(|(endpoint, url)| Ok((endpoint, parsed(url)?)))
                .collect::<Result<BTreeMap<_, _>, _>>()?,
        );
        options.issuer = table.issuer.as_deref().map(parsed).transpose()?;
        options.origins = table.origins.iter().map(|origin| parsed(origin)).collect::<Result<_, _>>()?;
        options.scopes.clone_from(&table.scopes);
        options.deadline = table.deadline.as_deref().and_then(duration::parse);
        options.login = table.login.as_ref().map(login).transpose()?.flatten();
        options.resource = table.resource.as_ref().map(resource).transpose()?;
        options.session = table.session.as_ref().map(resource).transpose()?;
        if let Some(claim) = &table.groups_claim {
            options.groups_claim = pointer(claim);
        }
        let mut source = OAuthSource {
            options,
            client_secret,
            introspection_secret: None,
            scim_client_secret: None,
            passwords: Vec::new(),
        };
        for (index, table) in table.other_logins.iter().enumerate() {
            if let Some(other) = other_login(table)? {
                let password =
                    self.secret(&format!("{at}/other_logins/{index}"), table.password(), Kind::Password);
                source.options.other_logins.push(other);
                source.passwords.push(password);
            }
        }
        if let Some(table) = &table.introspection {
            let (client, secret) = self.client(&format!("{at}/introspection"), table);
            source.options.introspection_client = Some(client);
            source.introspection_secret = secret;
        }
        if let Some(table) = &table.scim_client {
            let (client, secret) = self.client(&format!("{at}/scim_client"), table);
            source.options.scim_client = Some(ScimClient { client, scopes: table.scopes.clone() });
            source.scim_client_secret = secret;
        }
        Ok(source)
    }

    fn client(&mut self, at: &str, table: &ClientTable) -> (Client, Option<Secret>) {
        let secret = self.secret(at, table.client_secret(), Kind::Password);
        let authentication: ClientAuthentication = table.authentication;
        (Client { id: table.client_id.clone(), secret: None, authentication }, secret)
    }
}

fn parsed(text: &str) -> Result<Url, ConfigError> {
    urls::parse(text, Use::Page).map_err(super::build::gap)
}

fn resource(table: &ResourceTable) -> Result<Resource, ConfigError> {
    Ok(Resource {
        method: table.method.as_str().to_owned(),
        url: parsed(&table.url)?,
        status: table.status.unwrap_or(200),
        shows: table.shows.clone(),
    })
}

/// A claim as a JSON Pointer (RFC 6901 §3); one that begins with `/` is one already.
fn pointer(claim: &str) -> String {
    if claim.starts_with('/') {
        return claim.to_owned();
    }
    format!("/{}", claim.replace('~', "~0").replace('/', "~1"))
}

fn other_login(table: &OtherLoginTable) -> Result<Option<OtherLogin>, ConfigError> {
    let login = login(&table.login)?;
    Ok(login.map(|login| OtherLogin { name: table.name.clone(), login, password: None }))
}

/// `None` where the linter refuses the table for what is missing.
fn login(table: &LoginTable) -> Result<Option<LoginOptions>, ConfigError> {
    let field = |name: &Option<String>, default: &str| name.clone().unwrap_or_else(|| default.to_owned());
    let form = FormOptions {
        user_field: field(&table.user_field, USER_FIELD),
        password_field: field(&table.password_field, PASSWORD_FIELD),
        consent_button: table.consent_button.clone(),
    };
    Ok(match table.method {
        LoginMethod::Password => Some(LoginOptions::Password),
        LoginMethod::Device => Some(LoginOptions::Device { form }),
        LoginMethod::Command => table.login_command.clone().map(LoginOptions::Command),
        LoginMethod::Form => match &table.redirect_uri {
            Some(redirect_uri) => Some(LoginOptions::Form {
                redirect_uri: parsed_redirect(redirect_uri)?,
                parameters: table.parameters.clone().into_iter().collect(),
                form,
            }),
            None => None,
        },
    })
}

/// A redirect URI may have any scheme: it is never fetched (RFC 8252 §7.1).
fn parsed_redirect(text: &str) -> Result<Url, ConfigError> {
    Url::parse(text).map_err(|error| super::build::gap(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::pointer;

    #[test]
    fn claims_are_named_or_pointed_at() {
        for (claim, wanted) in [
            ("groups", "/groups"),
            ("https://example.com/groups", "/https:~1~1example.com~1groups"),
            ("a~b", "/a~0b"),
            ("/realm_access/roles", "/realm_access/roles"),
        ] {
            assert_eq!(pointer(claim), wanted);
        }
    }
}
