//! The logins of a case: users whom it created, logged in at the target's authorization server.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use super::{Running, Stop};
use crate::model::{Cause, Channel, Phase, TokenKind, Verdict};
use crate::run::precondition::Timed;
use crate::suite::format::{Case, LoginSpec, RevokeSpec, Step};
use crate::suite::template;
use crate::wire::oauth::{Hop, OAuth, Tokens};

/// What the user of a login is, for whoever wants to log in once more.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) user: String,
    pub(super) password: SecretString,
}

/// A login.
#[derive(Debug, Default)]
pub(super) struct Login {
    /// `None`: of the SCIM client.
    pub(super) identity: Option<Identity>,
    pub(super) tokens: Tokens,
    /// Another login of the same user, whose refresh token is looked at: where refresh tokens rotate, a refresh ends the
    /// access token of the same login, and that would look like a revocation.
    pub(super) spare: Option<Tokens>,
}

/// The logins of a case, and channels that cannot be judged.
#[derive(Debug, Default)]
pub(super) struct Logins {
    by_name: BTreeMap<String, Login>,
    /// Channels of logins (and which of the other ways to log in) of which nothing more can be said, with the verdict of further checks and the reason.
    pub(super) mute: BTreeMap<(String, Channel, usize), (Verdict, String)>,
    /// How often each user came in.
    times: BTreeMap<String, usize>,
}

impl Login {
    /// The verdict and the reason where there is nothing that a channel could look at. That stays so: who logged in
    /// without a refresh token does not get one later.
    pub(super) fn missing(&self, channel: Channel) -> Option<(Verdict, String)> {
        let tokens = match (channel, &self.spare) {
            (Channel::Refresh, Some(spare)) => spare,
            _ => &self.tokens,
        };
        if tokens.have(channel) {
            return None;
        }
        let gave = [Channel::Introspection, Channel::Refresh, Channel::Session];
        if !gave.into_iter().any(|other| tokens.have(other)) {
            return Some((
                Verdict::Blocked,
                format!("nobody logged in for the channel {channel} to look at"),
            ));
        }
        Some((Verdict::NotApplicable, format!("logins here give no {}", needed(channel))))
    }
}

/// What a channel looks at.
fn needed(channel: Channel) -> &'static str {
    match channel {
        Channel::Refresh => "refresh token",
        Channel::Session => "session cookie",
        _ => "access token",
    }
}

impl Logins {
    pub(super) fn get(&mut self, name: &str) -> Result<&mut Login, Stop> {
        self.by_name.get_mut(name).ok_or_else(|| Stop::Broken(format!("there is no login `{name}`")))
    }

    /// Takes note that a user came in.
    pub(super) fn count(&mut self, user: &str) {
        *self.times.entry(user.to_owned()).or_default() += 1;
    }

    /// How often the user of a login came in.
    pub(super) fn times(&self, login: &str) -> usize {
        let identity = self.by_name.get(login).and_then(|login| login.identity.as_ref());
        identity.and_then(|identity| self.times.get(&identity.user)).copied().unwrap_or_default()
    }
}

impl Running<'_> {
    pub(super) fn oauth(&self) -> Result<Arc<OAuth>, Stop> {
        let missing = || super::not_applicable("oauth", &self.shared.target.features);
        self.shared.oauth.clone().ok_or_else(|| Stop::Blocked(missing()))
    }

    /// Logs in once for each name; what does not succeed blocks the case.
    pub(super) async fn log_in(&mut self, spec: &LoginSpec, step: &str) -> Result<(), Stop> {
        let oauth = self.oauth()?;
        let identity = self.identity(spec, &oauth)?;
        let mut spares = BTreeMap::new();
        // Where a new login ends the one before, it is the last that counts: the spare ones go first, so that they only are lost.
        for name in spec.names.iter().filter(|_| !spec.later) {
            if identity.is_some()
                && self.shared.target.features.has(Channel::Refresh.feature())
                && wants_spare(self.planned.case(), name)
            {
                spares.insert(name, self.tokens_for(&oauth, identity.as_ref(), step).await?);
            }
        }
        for name in &spec.names {
            let tokens = match spec.later {
                true => Tokens::default(),
                false => self.tokens_for(&oauth, identity.as_ref(), step).await?,
            };
            let login = Login { identity: identity.clone(), tokens, spare: spares.remove(name) };
            self.logins.by_name.insert(name.clone(), login);
        }
        Ok(())
    }

    fn identity(&self, spec: &LoginSpec, oauth: &OAuth) -> Result<Option<Identity>, Stop> {
        let (Some(user), Some(password)) = (&spec.user, &spec.password) else { return Ok(None) };
        let user = template::render_text(user, &self.scope)?;
        let password: SecretString = template::render_text(password, &self.scope)?.into();
        oauth.conceal(&password);
        // Nobody else's account is tried: too many wrong passwords would lock it.
        let own = self.shared.ids.unique(&self.planned.id).to_lowercase();
        if !user.to_lowercase().contains(&own) {
            return Err(Stop::Blocked(format!(
                "the user `{user}` does not show the name that this case gave it: nothing was sent"
            )));
        }
        Ok(Some(Identity { user, password }))
    }

    async fn tokens_for(
        &mut self,
        oauth: &OAuth,
        identity: Option<&Identity>,
        step: &str,
    ) -> Result<Tokens, Stop> {
        let transport = Arc::clone(&self.shared.transport);
        let attempt = match identity {
            Some(Identity { user, password }) => oauth.log_in(transport.as_ref(), user, password).await,
            None => oauth.scim_token(transport.as_ref()).await,
        };
        for hop in attempt.hops {
            self.push_hop(hop, step);
        }
        let tokens = attempt.result.map_err(|why| Stop::Blocked(format!("{step}: {why}")))?;
        if let Some(identity) = identity {
            self.logins.count(&identity.user);
        }
        Ok(tokens)
    }

    /// Takes note of a request to the authorization server; returns the place of its exchange.
    pub(super) fn push_hop(&mut self, hop: Hop, step: &str) -> usize {
        let Hop { what, began, sent } = hop;
        let step = if what.is_empty() { step.to_owned() } else { format!("{step}: {what}") };
        self.push(Timed { began, sent }, &step, Phase::Probe)
    }

    /// Revokes a token; returns the place of the exchange.
    pub(super) async fn revoke(&mut self, spec: &RevokeSpec, step: &str) -> Result<usize, Stop> {
        let oauth = self.oauth()?;
        let transport = Arc::clone(&self.shared.transport);
        let login = self.logins.get(&spec.login)?;
        let of_client = login.identity.is_none();
        let hop = oauth
            .revoke(transport.as_ref(), &login.tokens, spec.token, spec.hint.as_deref(), of_client)
            .await;
        self.changed(Cause::Revocation);
        let hop = hop.ok_or_else(|| match spec.token {
            TokenKind::AccessToken => Stop::Blocked(format!("{step}: the login has no access token")),
            TokenKind::RefreshToken => Stop::Ended(format!("{step}: logins here give no refresh token")),
        })?;
        Ok(self.push_hop(Hop { what: String::new(), ..hop }, step))
    }

    /// Logs out in the browser of a login; returns the place of the last exchange.
    pub(super) async fn end_session(&mut self, login: &str, step: &str) -> Result<usize, Stop> {
        let oauth = self.oauth()?;
        let transport = Arc::clone(&self.shared.transport);
        let tokens = &self.logins.get(login)?.tokens;
        if !tokens.have(Channel::Session) {
            return Err(Stop::Ended(format!("{step}: logins here give no session cookie")));
        }
        let attempt = oauth.log_out(transport.as_ref(), tokens).await;
        self.changed(Cause::Logout);
        let hops = attempt.map(|attempt| attempt.hops).unwrap_or_default();
        let mut last = None;
        for hop in hops {
            last = Some(self.push_hop(Hop { what: String::new(), ..hop }, step));
        }
        last.ok_or_else(|| Stop::Blocked(format!("{step}: the end-session endpoint is not known")))
    }

    /// The value of `Authorization` for a login.
    pub(super) fn authorization(&mut self, login: &str) -> Result<String, Stop> {
        let tokens = &self.logins.get(login)?.tokens;
        let token = tokens
            .access()
            .ok_or_else(|| Stop::Blocked(format!("the login `{login}` has no access token")))?;
        Ok(format!("Bearer {}", token.expose_secret()))
    }

    /// Sends the request of a step while the tokens of a login are refreshed.
    pub(super) async fn send_while_refreshing(&mut self, step: &Step, login: &str) -> Result<usize, Stop> {
        let oauth = self.oauth()?;
        let transport = Arc::clone(&self.shared.transport);
        if !self.logins.get(login)?.tokens.have(Channel::Refresh) {
            return Err(Stop::Ended(format!("{}: logins here give no refresh token", step.name)));
        }
        let mut tokens = std::mem::take(&mut self.logins.get(login)?.tokens);
        // The refresh goes first: what it saw of the user is then from before the change. The time runs from the answer to
        // the change on, however long the refresh takes.
        let (hop, index) = tokio::join!(
            oauth.look(transport.as_ref(), Channel::Refresh, &mut tokens),
            self.send_request(step)
        );
        self.logins.get(login)?.tokens = tokens;
        if let Some(hop) = hop {
            self.push_hop(Hop { what: "refresh at the same time".to_owned(), ..hop }, &step.name);
        }
        index
    }
}

/// Whether a case looks at the refresh token of a login without using it otherwise, and at the access token, which a refresh
/// may end.
fn wants_spare(case: &Case, login: &str) -> bool {
    let looks = |channels: &[Channel]| {
        let mut steps = case.steps.iter().filter(|step| step.probe.iter().any(|name| name == login));
        steps.any(|step| {
            step.checks.iter().filter_map(|check| check.channel).any(|own| channels.contains(&own))
        })
    };
    let uses = |step: &Step| {
        step.refreshing.as_deref() == Some(login)
            || step.revoke.as_ref().is_some_and(|revoke| revoke.login == login)
    };
    looks(&[Channel::Refresh])
        && looks(&[Channel::Introspection, Channel::Userinfo, Channel::Resource])
        && !case.steps.iter().any(uses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_login_does_not_give_is_not_there_to_look_at() {
        let login = Login { tokens: Tokens::of_access("t"), ..Login::default() };
        assert_eq!(login.missing(Channel::Introspection), None);
        assert_eq!(login.missing(Channel::Login), None);
        let missing = |channel| login.missing(channel).expect("the login gave an access token only");
        let not_applicable = |text: &str| (Verdict::NotApplicable, text.to_owned());
        assert_eq!(missing(Channel::Refresh), not_applicable("logins here give no refresh token"));
        assert_eq!(missing(Channel::Session), not_applicable("logins here give no session cookie"));
        let (verdict, _) = Login::default().missing(Channel::Refresh).expect("nobody logged in");
        assert_eq!(verdict, Verdict::Blocked);
        // The spare login is the one whose refresh token is looked at.
        let spare = Login { spare: Some(Tokens::default()), ..login };
        assert!(spare.missing(Channel::Refresh).is_some() && spare.missing(Channel::Userinfo).is_none());
    }
}
