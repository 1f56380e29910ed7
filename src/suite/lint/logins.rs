//! Steps that log in, look whether a login still counts, and revoke: what they may have, and what they name.

use super::names::Names;
use super::{Context, Linter};
use crate::suite::diagnostic::nearest;
use crate::suite::format::{Auth, LoginSpec, Step};

/// The kinds of step.
const KINDS: [&str; 5] = ["request", "login", "probe", "revoke", "end_session"];
/// What needs an answer of the SCIM service.
const OF_REQUESTS: [&str; 4] = ["each", "as", "capture", "refreshing"];
/// What a step may judge an answer with.
const JUDGES: [&str; 6] = ["expect", "one_of", "checks", "requirement", "eventually", "control"];

impl<'a> Linter<'a> {
    /// A step does one thing.
    pub(super) fn kind_of_step(&mut self, step: &Step, at: &str, setup: bool) {
        let there: Vec<_> = KINDS.iter().filter(|kind| self.has(&format!("{at}/{kind}"))).collect();
        match there.as_slice() {
            [] => {
                return self
                    .mistake(at, &format!("the step \"{}\" does nothing", step.name))
                    .label("in this step")
                    .help("give it `request`, `login`, `probe`, `revoke` or `end_session`".to_owned())
                    .push();
            }
            [_] => {}
            [first, second, ..] => {
                let message = format!("`{first}` and `{second}` exclude each other");
                self.mistake_at_key(&format!("{at}/{second}"), &message)
                    .label("a second thing to do")
                    .help("make it two steps".to_owned())
                    .push();
            }
        }
        let unused: Vec<&str> = match *there[0] {
            "request" => Vec::new(),
            "login" => OF_REQUESTS.iter().chain(&JUDGES).copied().collect(),
            "probe" => OF_REQUESTS.iter().copied().chain(["expect", "one_of", "requirement"]).collect(),
            _ => OF_REQUESTS.iter().copied().chain(["eventually"]).collect(),
        };
        for key in unused.into_iter().filter(|key| self.has(&format!("{at}/{key}"))).collect::<Vec<_>>() {
            let help = match *there[0] {
                "login" => {
                    "a login that does not succeed blocks the case; whether a user can log in, a check of the channel `login` says"
                }
                "probe" => "its checks say what must hold, each through its `channel`",
                _ => "it goes with `request`",
            };
            self.mistake_at_key(&format!("{at}/{key}"), &format!("`{key}` means nothing to `{}`", there[0]))
                .label("not used")
                .help(help.to_owned())
                .push();
        }
        if setup && !step.probe.is_empty() {
            self.mistake_at_key(&format!("{at}/probe"), "what a set-up probes is judged by nobody")
                .label("in the set-up")
                .help("make it a step with `control: true`".to_owned())
                .push();
        }
    }

    /// The logins that a step names and makes.
    pub(super) fn logins(&mut self, step: &'a Step, at: &str, context: &Context<'_>, names: &mut Names) {
        for (index, name) in step.probe.iter().enumerate() {
            self.known_login(&format!("{at}/probe/{index}"), name, names);
        }
        if let Some(revoke) = &step.revoke {
            self.known_login(&format!("{at}/revoke/login"), &revoke.login, names);
            self.needs(&format!("{at}/revoke"), "oauth:revocation", &context.with(&step.requires));
        }
        if let Some(name) = &step.end_session {
            self.known_login(&format!("{at}/end_session"), name, names);
            self.needs(&format!("{at}/end_session"), "oauth:end-session", &context.with(&step.requires));
        }
        if let Some(name) = &step.refreshing {
            self.known_login(&format!("{at}/refreshing"), name, names);
            self.needs(&format!("{at}/refreshing"), "oauth:refresh", &context.with(&step.requires));
        }
        if let Some(Auth::Login(name)) = step.request.as_ref().map(|request| &request.auth) {
            self.known_login(&format!("{at}/request/auth/login"), name, names);
        }
        if let Some(login) = &step.login {
            self.login(login, &format!("{at}/login"), &context.with(&step.requires), names);
        }
    }

    fn login(&mut self, login: &LoginSpec, at: &str, requires: &[&[String]], names: &mut Names) {
        let users = [&login.user, &login.password].into_iter().flatten().count();
        if login.scim_client && users > 0 || !login.scim_client && users < 2 {
            self.mistake(at, "a login is that of a user with a password, or of the SCIM client")
                .label("of whom?")
                .help(
                    "`user: \"${made.userName}\"` and `password: \"${password}\"`, or `scim_client: true`"
                        .to_owned(),
                )
                .push();
        }
        if login.scim_client && login.later {
            self.mistake_at_key(&format!("{at}/later"), "a login of the SCIM client that is never made")
                .help("take `later` away".to_owned())
                .push();
        }
        self.needs(at, if login.scim_client { "oauth:scim-client" } else { "oauth:login" }, requires);
        for (key, text) in [("user", &login.user), ("password", &login.password)] {
            if text.as_ref().is_some_and(|text| !names.own(text)) {
                self.mistake(
                    &format!("{at}/{key}"),
                    &format!("the {key} of somebody whom the case did not create"),
                )
                .label("not the run's own")
                .help(
                    "log in who was created here: `user: \"${made.userName}\"`, `password: \"${password}\"`"
                        .to_owned(),
                )
                .push();
            }
        }
        for (index, name) in login.names.iter().enumerate() {
            let at = format!("{at}/as/{index}");
            self.id(&at, "login", name);
            if names.logins().any(|known| known == name) {
                self.mistake(&at, &format!("there is a login `{name}` already"))
                    .label("once more")
                    .help("a second one would hide the first".to_owned())
                    .push();
            }
            names.login(name);
        }
    }

    fn known_login(&mut self, at: &str, name: &str, names: &Names) {
        let known: Vec<_> = names.logins().collect();
        if known.contains(&name) || !self.names_are_certain(at) {
            return;
        }
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "a step before it logs in: `login: { …, as: [phone] }`".to_owned(),
            None => format!("logins so far: {}", known.join(", ")),
        };
        self.mistake(at, &format!("there is no login `{name}` at this point"))
            .label("no such login")
            .help(help)
            .push();
    }

    /// What the configuration has to have.
    fn needs(&mut self, at: &str, feature: &str, requires: &[&[String]]) {
        if requires.iter().flat_map(|entries| entries.iter()).any(|entry| entry == feature) {
            return;
        }
        self.mistake_at_key(at, &format!("nothing says that the target has `{feature}`"))
            .help(format!("add `requires: [\"{feature}\"]` to the suite, the case or the step"))
            .push();
    }

    /// The checks of a probe name a channel, others do not.
    pub(super) fn channels(&mut self, step: &Step, at: &str) {
        let probes = !step.probe.is_empty();
        for (index, check) in step.checks.iter().enumerate() {
            let at = format!("{at}/checks/{index}");
            if probes && check.channel.is_none() {
                self.mistake(&at, "a check of a probe names the channel that it looks at")
                    .label("through which channel?")
                    .help(
                        "`channel: introspection`, userinfo, resource, refresh, session, login or other-login".to_owned(),
                    )
                    .push();
            } else if !probes && (check.channel.is_some() || check.token.is_some()) {
                let key = if check.channel.is_some() { "channel" } else { "token" };
                self.mistake_at_key(&format!("{at}/{key}"), &format!("`{key}` goes with `probe`"))
                    .label("not looked at")
                    .help("this step sends a request to the SCIM service".to_owned())
                    .push();
            }
        }
    }
}
