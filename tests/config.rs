//! `scimcheck.toml`: every mistake at its place and without the secrets; the layers; the pages that show it.

use std::collections::BTreeMap;
use std::path::Path;

use scimcheck::target::config::{ConfigError, ConfigFile, Flags, Selection, resolve, select};

#[path = "config/broken.rs"]
mod broken;
#[path = "config/documentation.rs"]
mod documentation;
#[path = "config/layers.rs"]
mod layers;
#[path = "config/secrets.rs"]
mod secrets;
#[path = "config/template.rs"]
mod template;

/// A file in the folder `conf`.
fn file(text: &str) -> ConfigFile {
    ConfigFile::parse("scimcheck.toml", Path::new("conf"), text)
        .unwrap_or_else(|error| panic!("{}", shown(&error)))
}

/// An environment.
fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let variables: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    move |name: &str| variables.get(name).cloned()
}

/// What a user sees of an error.
fn shown(error: &ConfigError) -> String {
    if error.diagnostics().is_empty() {
        let help = error.help().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
        return format!("{error}{help}");
    }
    error.diagnostics().iter().map(|mistake| mistake.render(false)).collect::<Vec<_>>().join("\n\n")
}
