//! Which target is meant, and what is known about it: file < environment < flags.

use url::Url;

use super::build::{self, Builder};
use super::error::ConfigError;
use super::file::ConfigFile;
use super::layers::{Environment, Flags, Layers, value};
use super::lint::REFERENCE;
use super::settings::TargetConfig;
use super::url::{self as urls, Use};
use crate::suite::diagnostic::nearest;

/// What is tested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The embedded reference server: nothing names a target, or `reference` is named.
    Reference,
    /// A target by its URL.
    Url(Url),
    /// A target of the file by its name.
    Named(String),
}

/// Which target is meant: `--target`, else `SCIMCHECK_TARGET`, else `default` of the file, else its only target.
///
/// # Errors
/// If a target is named that does not exist, a URL cannot be used, or the file has several targets and no default.
pub fn select(
    file: Option<&ConfigFile>,
    environment: Environment<'_>,
    flags: &Flags,
) -> Result<Selection, ConfigError> {
    let layers = Layers { environment, flags };
    let Some((target, origin)) = layers.target() else {
        return of_file(file);
    };
    if target.contains("://") {
        let help = "as in `https://example.com/scim/v2`; credentials go to `SCIMCHECK_TOKEN`, `--token-env` or a file";
        return match urls::parse(&target, Use::Base) {
            Ok(url) => Ok(Selection::Url(url)),
            Err(why) => Err(value(origin, &why, help)),
        };
    }
    named(file, &target, origin)
}

fn of_file(file: Option<&ConfigFile>) -> Result<Selection, ConfigError> {
    let Some(file) = file else { return Ok(Selection::Reference) };
    let tables = &file.tables;
    match &tables.default {
        Some(default) if default == REFERENCE => return Ok(Selection::Reference),
        Some(default) => return Ok(Selection::Named(default.clone())),
        None => {}
    }
    let mut names = tables.target.keys();
    match (names.next(), names.next()) {
        (None, _) => Ok(Selection::Reference),
        (Some(only), None) => Ok(Selection::Named(only.clone())),
        (Some(_), Some(_)) => Err(ConfigError::Ambiguous {
            file: file.name.clone(),
            known: tables.target.keys().cloned().collect(),
        }),
    }
}

fn named(file: Option<&ConfigFile>, name: &str, origin: &str) -> Result<Selection, ConfigError> {
    if name == REFERENCE {
        return Ok(Selection::Reference);
    }
    let known = || file.into_iter().flat_map(ConfigFile::target_names);
    if known().any(|target| target == name) {
        return Ok(Selection::Named(name.to_owned()));
    }
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) || name.is_empty() {
        // Not repeated: it may be a URL with a password that lacks its scheme.
        let help = "a URL with `https://` or `http://`, or the name of a target of the file";
        return Err(value(origin, "neither a URL nor a name", help));
    }
    let help = match nearest(name, known()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known().next().is_some() => {
            format!("targets of the file: {}", known().collect::<Vec<_>>().join(", "))
        }
        None if file.is_some() => format!("add a table `[target.{name}]`, or name a URL"),
        None => "there is no `scimcheck.toml` here; `--config PATH` names one, `--target` also takes a URL"
            .to_owned(),
    };
    Err(ConfigError::UnknownTarget { name: name.to_owned(), file: file.map(|file| file.name.clone()), help })
}

/// The configuration of the target that [`select`] finds. Variables that hold secrets are read now; files are read
/// and commands are run by [`TargetConfig::live_options`].
///
/// # Errors
/// As [`select`]; [`ConfigError::NoTarget`] for [`Selection::Reference`], whose URL and token only the caller can
/// know ([`Flags::target`], [`Flags::token`]); if a variable that the file or a flag names is not set or empty; if
/// a value means nothing.
pub fn resolve(
    file: Option<&ConfigFile>,
    environment: Environment<'_>,
    flags: &Flags,
) -> Result<TargetConfig, ConfigError> {
    flags.check()?;
    let layers = Layers { environment, flags };
    let config = match (select(file, environment, flags)?, file) {
        (Selection::Named(name), Some(file)) => Builder::new(file, &name, layers).build()?,
        (Selection::Url(url), _) => build::of_url(url, layers)?,
        // A name is only ever found in a file.
        (Selection::Reference, _) | (Selection::Named(_), None) => return Err(ConfigError::NoTarget),
    };
    build::with_layers(config, layers)
}
