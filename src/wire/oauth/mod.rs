//! The token probe: logging test users in at the authorization server of a target, and looking whether what they got
//! still counts (RFC 6749, RFC 6750, RFC 7009, RFC 7636, RFC 7662, RFC 8628, `OpenID` Connect Core).
//!
//! Every request goes through the [`Transport`] of the run as a bare one ([`AuthMode::Bare`]), so that its timeouts,
//! limits, rate, TLS options and proxy hold here too, and so that nothing leaves the origins of the configuration.
//! Whatever is secret is made known to the [`Redactor`] before anyone else sees it.

mod browser;
mod command;
mod conceal;
mod cookies;
mod html;
mod lifetime;
mod login;
mod metadata;
pub mod options;
mod talk;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use self::conceal::Ours;
use self::cookies::Jar;
use self::lifetime::{Lifetime, earlier};
use self::metadata::Issuer;
pub use self::metadata::MetadataError;
pub use self::options::{
    Client, Endpoint, Endpoints, FormOptions, LoginOptions, OAuthOptions, OtherLogin, Resource, ScimClient,
};
use self::talk::{Talk, error_code};
use super::{ClientAuthentication, Redactor, Sent, Transport, now};
use crate::model::{Answer, AuthMode, Channel, Request, Response, TokenKind};

/// What the URL of an exchange begins with that is a command and no request.
pub(crate) const COMMAND: &str = "command:";

/// An authorization server that can be talked to.
pub struct OAuth {
    options: OAuthOptions,
    endpoints: Endpoints,
    /// As its metadata spell it.
    issuer: Option<Issuer>,
    redactor: Redactor,
    /// Why its endpoints are not known, if they could not be read.
    unknown: Option<String>,
    /// The ways in by which some user came in already; `None` is the first.
    worked: Mutex<BTreeSet<Option<usize>>>,
}

impl std::fmt::Debug for OAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuth").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}

/// One request of a login or a look at it.
#[derive(Debug)]
pub struct Hop {
    /// What it was for, in a few words.
    pub what: String,
    /// When it began.
    pub began: Instant,
    /// What was sent and what came back.
    pub sent: Sent,
}

/// What a login gave.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    access: Option<SecretString>,
    refresh: Option<SecretString>,
    jar: Jar,
    lifetime: Lifetime,
}

/// Why a login gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginFailure {
    /// The authorization server does not let the user in.
    #[error("{0}")]
    Refused(String),
    /// Something else is wrong: it proves nothing about the user.
    #[error("{0}")]
    Failed(String),
}

/// Why an answer with the right status is not the one of somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// The page has a field for a password, as login pages do.
    AsksForPassword,
    /// The answer does not have the text that the configuration says.
    ShowsNot,
    /// The same of the part that was read; why the rest was not.
    Unread(String),
}

impl Doubt {
    /// In words, after `the answer`.
    #[must_use]
    pub fn in_words(&self) -> &str {
        match self {
            Doubt::AsksForPassword => {
                "asks for a password, as login pages do; if that is the right page, `shows` in the configuration \
                 names a text that only who is logged in sees"
            }
            Doubt::ShowsNot => "does not have the text that `shows` in the configuration names",
            Doubt::Unread(limit) => limit,
        }
    }
}

/// A login, with all requests that it took.
#[derive(Debug)]
pub struct Attempt {
    /// The requests.
    pub hops: Vec<Hop>,
    /// What came of it.
    pub result: Result<Tokens, LoginFailure>,
}

impl Tokens {
    /// The access token.
    #[must_use]
    pub fn access(&self) -> Option<&SecretString> {
        self.access.as_ref()
    }

    fn get(&self, kind: TokenKind) -> Option<&SecretString> {
        match kind {
            TokenKind::AccessToken => self.access.as_ref(),
            TokenKind::RefreshToken => self.refresh.as_ref(),
        }
    }

    /// Takes over what a look found out about the lifetime of the same access token.
    pub fn learn(&mut self, other: &Self) {
        let token = |tokens: &Self| tokens.access.as_ref().map(|token| token.expose_secret().to_owned());
        if token(self) == token(other) {
            self.lifetime.learn_of(other.lifetime);
        }
    }

    /// An access token and nothing else.
    #[cfg(test)]
    pub(crate) fn of_access(token: &str) -> Self {
        Self { access: Some(token.into()), ..Self::default() }
    }

    /// Whether there is what a channel looks at.
    #[must_use]
    pub fn have(&self, channel: Channel) -> bool {
        match channel {
            Channel::Introspection | Channel::Userinfo | Channel::Resource => self.access.is_some(),
            Channel::Refresh => self.refresh.is_some(),
            Channel::Session => !self.jar.is_empty(),
            Channel::Login | Channel::OtherLogin => true,
        }
    }
}

impl OAuth {
    /// Reads the metadata of the issuer, if there is one. Every secret of the options is made known to the redactor.
    ///
    /// # Errors
    /// If the metadata cannot be had, or name something that the configuration does not allow.
    pub async fn discover(
        options: OAuthOptions,
        transport: &dyn Transport,
        redactor: &Redactor,
    ) -> Result<Self, MetadataError> {
        let (endpoints, issuer) = metadata::read(&options, transport).await?;
        let known = Self::unknown(options, redactor, String::new());
        Ok(Self { endpoints, issuer, unknown: None, ..known })
    }

    /// One whose metadata could not be had, and why: nobody logs in there.
    #[must_use]
    pub fn unknown(options: OAuthOptions, redactor: &Redactor, why: String) -> Self {
        for secret in options.secrets() {
            redactor.add(secret);
        }
        let clients = [Some(&options.client), options.introspection_client.as_ref()];
        let scim = options.scim_client.as_ref().map(|scim| &scim.client);
        for client in clients.into_iter().chain([scim]).flatten() {
            if let Some(secret) = &client.secret {
                redactor.add(&format!("{}:{}", client.id, secret.expose_secret()).into());
            }
        }
        Self {
            endpoints: options.endpoints.clone(),
            options,
            issuer: None,
            redactor: redactor.clone(),
            unknown: Some(why),
            worked: Mutex::default(),
        }
    }

    /// Why its endpoints are not known, if they could not be read: whatever asks for a login is blocked then.
    #[must_use]
    pub fn why_unknown(&self) -> Option<&str> {
        self.unknown.as_deref()
    }

    /// The features that the configuration gives: `oauth`, `oauth:introspection`, …. Where the metadata could not be had,
    /// those that it might give: that they cannot be looked at is no reason to call them not applicable.
    #[must_use]
    pub fn features(&self) -> Vec<&'static str> {
        let has = |endpoint| self.unknown.is_some() || self.endpoints.0.contains_key(&endpoint);
        let login = self.options.login.as_ref();
        let can = |login: &LoginOptions| match login {
            LoginOptions::Password => has(Endpoint::Token),
            LoginOptions::Form { .. } => has(Endpoint::Token) && has(Endpoint::Authorization),
            LoginOptions::Device { .. } => has(Endpoint::Token) && has(Endpoint::DeviceAuthorization),
            LoginOptions::Command(_) => true,
        };
        let logs_in = login.is_some_and(can);
        let others = !self.options.other_logins.is_empty();
        let others = others && self.options.other_logins.iter().all(|other| can(&other.login));
        let cookies = matches!(login, Some(LoginOptions::Form { .. } | LoginOptions::Command(_)));
        let scim = self.options.scim_client.is_some() && has(Endpoint::Token);
        let all = [
            ("oauth", true),
            (Channel::Introspection.feature(), logs_in && has(Endpoint::Introspection)),
            (Channel::Userinfo.feature(), logs_in && has(Endpoint::Userinfo)),
            (Channel::Resource.feature(), logs_in && self.options.resource.is_some()),
            (Channel::Refresh.feature(), logs_in && has(Endpoint::Token)),
            (Channel::Session.feature(), logs_in && cookies && self.options.session.is_some()),
            (Channel::Login.feature(), logs_in),
            (Channel::OtherLogin.feature(), logs_in && others),
            ("oauth:revocation", has(Endpoint::Revocation)),
            ("oauth:end-session", logs_in && cookies && has(Endpoint::EndSession)),
            ("oauth:scim-client", scim),
        ];
        all.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
    }

    /// The earliest time at which what a channel looks at may end by itself, if it is known.
    #[must_use]
    pub fn expires(&self, tokens: &Tokens, channel: Channel) -> Option<Instant> {
        let session = self.options.session.as_ref().filter(|_| channel == Channel::Session);
        earlier(tokens.lifetime.through(channel), session.and_then(|session| tokens.jar.ends(&session.url)))
    }

    /// How long a revocation may take, if the configuration says it.
    #[must_use]
    pub fn deadline(&self) -> Option<std::time::Duration> {
        self.options.deadline
    }

    /// The status that a channel answers with while a login counts.
    #[must_use]
    pub fn status_while_valid(&self, channel: Channel) -> u16 {
        self.page(channel).map_or(200, |page| page.status)
    }

    /// Why an answer that has the right status does not serve who is logged in, if it does not. Applications like to show
    /// the login page in place of another, with 200.
    #[must_use]
    pub fn doubt(&self, channel: Channel, response: &Response) -> Option<Doubt> {
        let page = self.page(channel)?;
        let text = String::from_utf8_lossy(&response.body.bytes);
        if let Some(shows) = &page.shows {
            return match response.body.completeness.limit() {
                _ if text.contains(shows.as_str()) => None,
                Some(limit) => Some(Doubt::Unread(limit)),
                None => Some(Doubt::ShowsNot),
            };
        }
        let field = match &self.options.login {
            Some(LoginOptions::Form { form, .. }) => Some(form.password_field.as_str()),
            _ => None,
        };
        (channel == Channel::Session && html::asks_for_password(&text, field))
            .then_some(Doubt::AsksForPassword)
    }

    /// What the configuration has for a channel to open.
    fn page(&self, channel: Channel) -> Option<&Resource> {
        match channel {
            Channel::Resource => self.options.resource.as_ref(),
            Channel::Session => self.options.session.as_ref(),
            _ => None,
        }
    }

    /// Hides a secret from now on.
    pub fn conceal(&self, secret: &SecretString) {
        self.redactor.add(secret);
    }

    /// Hides whatever is secret in an answer; `user` is who logs in, if anybody does.
    fn conceal_answer(&self, user: &str, answer: &Answer) {
        if let Answer::Response(response) = answer {
            for secret in conceal::secrets(response, &Ours::new(user, &self.options)) {
                self.conceal(&secret.into());
            }
        }
    }

    /// Logs a user in.
    pub async fn log_in(&self, transport: &dyn Transport, user: &str, password: &SecretString) -> Attempt {
        self.conceal(password);
        let mut talk = self.talk(transport, user, self.has_worked(None));
        let result = login::way(self.options.login.as_ref()).log_in(&mut talk, user, password).await;
        self.note(None, &result);
        Attempt { hops: talk.hops, result }
    }

    /// How many further ways in there are.
    #[must_use]
    pub fn other_logins(&self) -> usize {
        self.options.other_logins.len()
    }

    /// Where `UserInfo` has the groups of a user: a JSON Pointer.
    #[must_use]
    pub fn groups_claim(&self) -> &str {
        &self.options.groups_claim
    }

    /// Logs a user in by another way; `None` if there are not so many. `password` is that which SCIM has set.
    pub async fn log_in_otherwise(
        &self,
        transport: &dyn Transport,
        way: usize,
        user: &str,
        password: &SecretString,
    ) -> Option<Attempt> {
        let OtherLogin { name, login, password: own } = self.options.other_logins.get(way)?;
        self.conceal(password);
        let mut talk = self.talk(transport, user, self.has_worked(Some(way)));
        let password = own.as_ref().unwrap_or(password);
        let result = login::way(Some(login)).log_in(&mut talk, user, password).await;
        self.note(Some(way), &result);
        let named = |hop: Hop| Hop { what: format!("{name}: {}", hop.what), ..hop };
        Some(Attempt {
            hops: talk.hops.into_iter().map(named).collect(),
            result: result.map_err(|why| why.of(name)),
        })
    }

    /// Logs out in the browser (OpenID Connect RP-Initiated Logout §2), and confirms that if a page asks. The cookies of
    /// the login stay as they are: whether one that was copied still opens something is what tests want to know.
    pub async fn log_out(&self, transport: &dyn Transport, tokens: &Tokens) -> Option<Attempt> {
        let mut url = self.endpoint(Endpoint::EndSession)?.clone();
        url.query_pairs_mut().append_pair("client_id", &self.options.client.id);
        let mut talk = self.talk(transport, "", false);
        let result = browser::log_out(&mut talk, url, tokens.jar.clone()).await;
        Some(Attempt { hops: talk.hops, result: result.map(|()| Tokens::default()) })
    }

    /// A token of the client that the SCIM service accepts (RFC 6749 §4.4).
    pub async fn scim_token(&self, transport: &dyn Transport) -> Attempt {
        let mut talk = self.talk(transport, "", false);
        let result = match &self.options.scim_client {
            None => Err(LoginFailure::Failed("the configuration has no `scim_client`".to_owned())),
            Some(ScimClient { client, scopes }) => {
                let mut form = vec![("grant_type", "client_credentials".to_owned())];
                if !scopes.is_empty() {
                    form.push(("scope", scopes.join(" ")));
                }
                talk.token("client credentials grant", client, &form).await
            }
        };
        Attempt { hops: talk.hops, result }
    }

    /// Looks at a login through a channel that takes one request: all but [`Channel::Login`].
    pub async fn look(
        &self,
        transport: &dyn Transport,
        channel: Channel,
        tokens: &mut Tokens,
    ) -> Option<Hop> {
        let request = self.look_of(channel, tokens)?;
        let began = now();
        let sent = transport.send(&request).await;
        self.conceal_answer("", &sent.answer);
        if channel == Channel::Refresh
            && let Answer::Response(response) = &sent.answer
            && response.status == 200
            && let Ok(new) = self.tokens_of(response)
        {
            // RFC 6749 §6: a new refresh token takes the place of the old one.
            tokens.lifetime.renew(new.lifetime, new.refresh.is_some());
            tokens.refresh = new.refresh.or_else(|| tokens.refresh.take());
            tokens.access = new.access;
        }
        if let (Channel::Introspection, Answer::Response(response)) = (channel, &sent.answer) {
            tokens.lifetime.learn(response);
        }
        Some(Hop { what: format!("look at {channel}"), began, sent })
    }

    fn look_of(&self, channel: Channel, tokens: &Tokens) -> Option<Request> {
        let bearer = |resource: &str, method: &str| {
            let token = tokens.access.as_ref()?.expose_secret();
            let authorization = ("authorization".to_owned(), format!("Bearer {token}"));
            Some(Request { method: method.to_owned(), ..get(resource, &[authorization]) })
        };
        match channel {
            Channel::Introspection => {
                let client = self.options.introspection_client.as_ref().unwrap_or(&self.options.client);
                let token = tokens.access.as_ref()?.expose_secret().to_owned();
                // RFC 7662 §2.1.
                let form = [("token", token), ("token_type_hint", "access_token".to_owned())];
                Some(self.post(self.endpoint(Endpoint::Introspection)?, client, &form))
            }
            Channel::Userinfo => bearer(self.endpoint(Endpoint::Userinfo)?.as_str(), "GET"),
            Channel::Resource => {
                let resource = self.options.resource.as_ref()?;
                bearer(resource.url.as_str(), &resource.method)
            }
            Channel::Refresh => {
                let token = tokens.refresh.as_ref()?.expose_secret().to_owned();
                let form = [("grant_type", "refresh_token".to_owned()), ("refresh_token", token)];
                Some(self.post(self.endpoint(Endpoint::Token)?, &self.options.client, &form))
            }
            Channel::Session => {
                let session = self.options.session.as_ref()?;
                let cookie = tokens.jar.header(&session.url)?;
                let mut request = get(session.url.as_str(), &[("cookie".to_owned(), cookie)]);
                request.method.clone_from(&session.method);
                Some(request)
            }
            Channel::Login | Channel::OtherLogin => None,
        }
    }

    /// Revokes a token of a login (RFC 7009 §2.1). `hint` is the `token_type_hint`. `None` if there is no such token.
    pub async fn revoke(
        &self,
        transport: &dyn Transport,
        tokens: &Tokens,
        kind: TokenKind,
        hint: Option<&str>,
        of_scim_client: bool,
    ) -> Option<Hop> {
        let scim = self.options.scim_client.as_ref().map(|scim| &scim.client);
        let client = scim.filter(|_| of_scim_client).unwrap_or(&self.options.client);
        let mut form = vec![("token", tokens.get(kind)?.expose_secret().to_owned())];
        form.extend(hint.map(|hint| ("token_type_hint", hint.to_owned())));
        let request = self.post(self.endpoint(Endpoint::Revocation)?, client, &form);
        let began = now();
        let sent = transport.send(&request).await;
        self.conceal_answer("", &sent.answer);
        Some(Hop { what: format!("revoke the {}", kind.as_str().replace('_', " ")), began, sent })
    }

    fn talk<'t>(&'t self, transport: &'t dyn Transport, user: &str, worked: bool) -> Talk<'t> {
        Talk { oauth: self, transport, user: user.to_owned(), worked, hops: Vec::new() }
    }

    /// Whether a way let somebody in already.
    fn has_worked(&self, way: Option<usize>) -> bool {
        self.worked.lock().unwrap_or_else(PoisonError::into_inner).contains(&way)
    }

    /// Takes note of a way that let somebody in.
    fn note(&self, way: Option<usize>, result: &Result<Tokens, LoginFailure>) {
        if result.is_ok() {
            self.worked.lock().unwrap_or_else(PoisonError::into_inner).insert(way);
        }
    }

    fn endpoint(&self, endpoint: Endpoint) -> Option<&Url> {
        self.endpoints.0.get(&endpoint)
    }

    /// A form that a client sends, with the client's authentication (RFC 6749 §2.3.1, §3.2.1).
    fn post(&self, url: &Url, client: &Client, form: &[(&str, String)]) -> Request {
        let mut body = Serializer::new(String::new());
        body.extend_pairs(form);
        let mut headers = vec![
            ("accept".to_owned(), "application/json".to_owned()),
            ("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned()),
        ];
        match &client.secret {
            Some(secret) if client.authentication == ClientAuthentication::Basic => {
                let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair =
                    STANDARD.encode(format!("{}:{}", encode(&client.id), encode(secret.expose_secret())));
                // As it is encoded in the pair, it may come back in any other encoding.
                self.conceal(&encode(secret.expose_secret()).into());
                self.conceal(&pair.clone().into());
                headers.push(("authorization".to_owned(), format!("Basic {pair}")));
            }
            secret => {
                body.append_pair("client_id", &client.id);
                if let Some(secret) = secret {
                    body.append_pair("client_secret", secret.expose_secret());
                }
            }
        }
        Request {
            method: "POST".to_owned(),
            url: url.to_string(),
            headers,
            body: Some(body.finish().into_bytes().into()),
            auth: AuthMode::Bare,
        }
    }

    /// The tokens of a successful answer of the token endpoint (RFC 6749 §5.1), hidden from now on.
    fn tokens_of(&self, response: &Response) -> Result<Tokens, String> {
        let no_object = || match response.body.completeness.limit() {
            Some(limit) => format!("{limit}: raise `max_body` if that is right"),
            None => "its answer is no JSON object".to_owned(),
        };
        let json = response.body.json().filter(|body| body.is_object()).ok_or_else(no_object)?;
        let text = |name: &str| {
            let text = json.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())?;
            let secret = SecretString::from(text.to_owned());
            self.conceal(&secret);
            Some(secret)
        };
        // Not used, but as telling as the others.
        let _ = text("id_token");
        let (access, refresh) = (text("access_token"), text("refresh_token"));
        let lifetime = Lifetime::of(json, [access.as_ref(), refresh.as_ref()], lifetime::clock(response));
        let tokens = Tokens { access, refresh, jar: Jar::default(), lifetime };
        let kind = json.get("token_type").and_then(Value::as_str).unwrap_or("bearer");
        if !kind.eq_ignore_ascii_case("bearer") {
            return Err("it gave a token of another type than bearer".to_owned());
        }
        let sendable = |token: &SecretString| token.expose_secret().chars().all(|c| c.is_ascii_graphic());
        match &tokens.access {
            None => Err("its answer has no access_token".to_owned()),
            Some(token) if !sendable(token) => {
                Err("it gave what cannot be a token (RFC 6750 §2.1)".to_owned())
            }
            Some(_) => Ok(tokens),
        }
    }
}

impl LoginFailure {
    /// With the name of the way.
    fn of(self, name: &str) -> Self {
        match self {
            Self::Refused(why) => Self::Refused(format!("{name}: {why}")),
            Self::Failed(why) => Self::Failed(format!("{name}: {why}")),
        }
    }
}

/// A GET that carries nothing of the target's.
pub(crate) fn get(url: &str, headers: &[(String, String)]) -> Request {
    let accept = ("accept".to_owned(), "application/json, text/html;q=0.9, */*;q=0.8".to_owned());
    Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: [accept].into_iter().chain(headers.iter().cloned()).collect(),
        body: None,
        auth: AuthMode::Bare,
    }
}

#[cfg(test)]
mod tests;
