//! How users log in at the authorization server beside a reference server: what a configuration would say of it.

use secrecy::SecretString;
use url::Url;

use crate::wire::ClientAuthentication;
use crate::wire::oauth::{Client, FormOptions, LoginOptions, OAuthOptions, OtherLogin, Resource, ScimClient};

/// Where its client is called back. Nobody listens there: a scripted login reads the redirect and does not follow it.
const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// The authorization server with this issuer and client: with everything that the suites can look at.
///
/// # Errors
/// If the issuer is no URL.
pub fn authorization_server(
    issuer: &str,
    client_id: &str,
    client_secret: &str,
) -> Result<OAuthOptions, url::ParseError> {
    let issuer: Url = issuer.parse()?;
    let page = |path: &str| -> Result<Resource, url::ParseError> {
        Ok(Resource { method: "GET".to_owned(), url: issuer.join(path)?, status: 200, shows: None })
    };
    let client = Client {
        id: client_id.to_owned(),
        secret: Some(SecretString::from(client_secret.to_owned())),
        authentication: ClientAuthentication::Basic,
    };
    let scopes = |scopes: &[&str]| scopes.iter().map(|scope| (*scope).to_owned()).collect();
    let redirect_uri: Url = REDIRECT_URI.parse()?;
    let form = FormOptions {
        user_field: "username".to_owned(),
        password_field: "password".to_owned(),
        consent_button: None,
    };
    Ok(OAuthOptions {
        scopes: scopes(&["openid", "profile", "email", "groups", "offline_access"]),
        scim_client: Some(ScimClient {
            client: client.clone(),
            scopes: scopes(&["scim.read", "scim.write"]),
        }),
        resource: Some(page("/resource")?),
        session: Some(page("/session")?),
        login: Some(LoginOptions::Form {
            redirect_uri: redirect_uri.clone(),
            parameters: Vec::new(),
            form: form.clone(),
        }),
        other_logins: vec![
            OtherLogin { name: "password".to_owned(), login: LoginOptions::Password, password: None },
            OtherLogin {
                name: "device".to_owned(),
                login: LoginOptions::Device { form: form.clone() },
                password: None,
            },
            // The stand-in for another identity provider vouches for everybody, with the secret of the client.
            OtherLogin {
                name: "federated".to_owned(),
                login: LoginOptions::Form {
                    redirect_uri,
                    parameters: vec![("idp_hint".to_owned(), "other".to_owned())],
                    form,
                },
                password: client.secret.clone(),
            },
        ],
        issuer: Some(issuer),
        ..OAuthOptions::new(client)
    })
}
