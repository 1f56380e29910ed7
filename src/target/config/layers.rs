//! The two layers above the file: the environment and the command line, as the command line hands them in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::SecretString;

use super::error::ConfigError;
use super::lint::{LARGEST_BODY, LONGEST, SMALLEST_BODY, is_domain};
use super::secret::{self, Kind};
use super::suspect::looks_like_a_token;
use crate::model::Feature;

/// Looks an environment variable up. Below the command line nobody else reads the environment.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// What the command line says; each wins over the environment and the file.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--target`: the name of a target of the file, or a URL.
    pub target: Option<String>,
    /// `--token-env`: the environment variable that holds the bearer token.
    pub token_env: Option<String>,
    /// A bearer token that no user typed: that of the embedded reference server.
    pub token: Option<SecretString>,
    /// Further bearer tokens by name that no user typed, of the embedded reference server as well; added to those of
    /// the file.
    pub credentials: BTreeMap<String, SecretString>,
    /// `--profile`.
    pub profile: Option<String>,
    /// `--jobs`.
    pub jobs: Option<usize>,
    /// `--seed`.
    pub seed: Option<u64>,
    /// `--max-rate`: requests per second.
    pub max_rate: Option<f64>,
    /// `--max-body`: bytes; see [`parse_size`](super::parse_size).
    pub max_body: Option<usize>,
    /// `--connect-timeout`.
    pub connect_timeout: Option<Duration>,
    /// `--request-timeout`.
    pub request_timeout: Option<Duration>,
    /// `--case-timeout`.
    pub case_timeout: Option<Duration>,
    /// `--run-timeout`.
    pub run_timeout: Option<Duration>,
    /// `--domain`.
    pub domain: Option<String>,
    /// `--ca-file`, relative to the current directory.
    pub ca_file: Option<PathBuf>,
    /// `--feature NAME=true|false`, by name; added to those of the file.
    pub features: BTreeMap<String, bool>,
}

impl Flags {
    /// Whether the values mean something.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let timeouts = [
            ("--connect-timeout", self.connect_timeout),
            ("--request-timeout", self.request_timeout),
            ("--case-timeout", self.case_timeout),
            ("--run-timeout", self.run_timeout),
        ];
        for (flag, timeout) in timeouts {
            if timeout.is_some_and(|timeout| timeout.is_zero() || timeout > LONGEST) {
                return Err(value(flag, "not a sensible timeout", "from `1ms` to `1440m`"));
            }
        }
        if self.max_body.is_some_and(|size| !(SMALLEST_BODY..=LARGEST_BODY).contains(&size)) {
            return Err(value("--max-body", "the limit is too small or too large", "from `1KiB` to `1GiB`"));
        }
        if self.domain.as_deref().is_some_and(|domain| !is_domain(domain)) {
            return Err(value("--domain", "not a domain", "as in `example.com`"));
        }
        match self.features.keys().find(|name| !Feature::is_known_name(name)) {
            None => Ok(()),
            Some(name) => Err(value(
                "--feature",
                &format!("`{name}` is not a feature"),
                &format!("known: {}", Feature::known_names()),
            )),
        }
    }
}

/// Both layers together.
#[derive(Clone, Copy)]
pub(super) struct Layers<'l> {
    pub(super) environment: Environment<'l>,
    pub(super) flags: &'l Flags,
}

impl Layers<'_> {
    /// An environment variable; an empty one counts as not set.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.is_empty())
    }

    /// The target that is named, and by what.
    pub(super) fn target(&self) -> Option<(String, &'static str)> {
        let flag = self.flags.target.clone().map(|target| (target, "--target"));
        flag.or_else(|| Some((self.variable("SCIMCHECK_TARGET")?, "SCIMCHECK_TARGET")))
    }

    /// The bearer token that wins over the credential of the file, and the variable that holds it.
    pub(super) fn token(&self) -> Result<Option<(SecretString, Option<String>)>, ConfigError> {
        if let Some(token) = &self.flags.token {
            return Ok(Some((token.clone(), None)));
        }
        if let Some(variable) = &self.flags.token_env {
            if looks_like_a_token(variable) || variable.contains(['=', ' ', '\0']) || variable.is_empty() {
                return Err(value(
                    "--token-env",
                    "the value is not the name of an environment variable",
                    "a token does not belong on the command line: put it into a variable and name that",
                ));
            }
            let set = (self.environment)(variable);
            let state = if set.is_some() { "empty" } else { "not set" };
            let Some(text) = set.filter(|text| !text.is_empty()) else {
                let origin = "--token-env".to_owned();
                return Err(ConfigError::Variable { variable: variable.clone(), state, origin });
            };
            return Ok(Some((token(&text, variable)?, Some(variable.clone()))));
        }
        let Some(text) = self.variable("SCIMCHECK_TOKEN") else { return Ok(None) };
        Ok(Some((token(&text, "SCIMCHECK_TOKEN")?, Some("SCIMCHECK_TOKEN".to_owned()))))
    }

    /// How many cases run at the same time.
    pub(super) fn jobs(&self) -> Result<Option<usize>, ConfigError> {
        let (jobs, origin) =
            self.number(self.flags.jobs, "--jobs", "SCIMCHECK_JOBS", "a number from 1 to 1024")?;
        match jobs {
            Some(jobs) if !(1..=1024).contains(&jobs) => {
                Err(value(origin, &format!("{jobs} is out of range"), "a number from 1 to 1024"))
            }
            jobs => Ok(jobs),
        }
    }

    /// The seed.
    pub(super) fn seed(&self) -> Result<Option<u64>, ConfigError> {
        let wanted = "a whole number from 0 to 18446744073709551615";
        Ok(self.number(self.flags.seed, "--seed", "SCIMCHECK_SEED", wanted)?.0)
    }

    /// Requests per second.
    pub(super) fn max_rate(&self) -> Result<Option<f64>, ConfigError> {
        let wanted = "requests per second, from 0.001 to 1000000";
        let (rate, origin) = self.number(self.flags.max_rate, "--max-rate", "SCIMCHECK_MAX_RATE", wanted)?;
        match rate {
            // Not a number is in no range either.
            Some(rate) if !(0.001..=1e6).contains(&rate) => {
                Err(value(origin, &format!("{rate} is out of range"), wanted))
            }
            rate => Ok(rate),
        }
    }

    fn number<T: FromStr>(
        &self,
        flag: Option<T>,
        flag_name: &'static str,
        variable: &'static str,
        wanted: &str,
    ) -> Result<(Option<T>, &'static str), ConfigError> {
        if flag.is_some() {
            return Ok((flag, flag_name));
        }
        let Some(text) = self.variable(variable) else { return Ok((None, variable)) };
        match text.trim().parse() {
            Ok(number) => Ok((Some(number), variable)),
            Err(_) => Err(value(variable, "not a number that can be used", wanted)),
        }
    }
}

fn token(text: &str, variable: &str) -> Result<SecretString, ConfigError> {
    secret::usable(text, Kind::Token)
        .map_err(|message| ConfigError::Token { variable: variable.to_owned(), message })
}

/// A value of the command line or of the environment that means nothing.
pub(super) fn value(origin: &str, message: &str, help: &str) -> ConfigError {
    ConfigError::Value { origin: origin.to_owned(), message: message.to_owned(), help: help.to_owned() }
}
