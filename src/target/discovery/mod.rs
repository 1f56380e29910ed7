//! What a target says about itself: ServiceProviderConfig, ResourceTypes and Schemas (RFC 7644 §4), turned into
//! features and resource types. What is missing is filled in from RFC 7643's own schemas, with a finding that says so.

pub(crate) mod documents;
mod features;
mod resources;

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Map, Value};
use url::Url;

pub use self::documents::Documents;
use super::limits::Limits;
use super::model::{Discovery, TargetModel};
use crate::model::{Exchange, ExchangeId, Finding, Level, Verdict};
use crate::wire::{Credential, LiveOptions, Redactor};

/// What the configuration says that matters for discovery.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Base URL of the target.
    pub base_url: Url,
    /// Domain of everything that looks like an e-mail address.
    pub domain: String,
    /// Features that the user overrides.
    pub features: BTreeMap<String, bool>,
    /// Attributes of created resources that the user overrides, by resource type.
    pub overrides: BTreeMap<String, Map<String, Value>>,
    /// The kind of credential, if there is one.
    pub credential: Option<CredentialKind>,
    /// Names of further credentials.
    pub credentials: Vec<String>,
    /// Features that the OAuth configuration gives: `oauth`, `oauth:introspection`, ….
    pub oauth: Vec<&'static str>,
    /// Whether the target may be disturbed: feature `disposable`.
    pub disposable: bool,
    /// The secrets: what the target names after one is not taken into account, since names stand in ids.
    pub redactor: Redactor,
}

/// How the configured credential is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// A bearer token (RFC 6750), from wherever.
    Bearer,
    /// User name and password (RFC 7617).
    Basic,
    /// Headers or a client certificate of the configuration.
    Other,
}

impl Settings {
    /// For a target without anything special.
    #[must_use]
    pub fn new(base_url: Url) -> Self {
        Self {
            base_url,
            domain: "example.com".to_owned(),
            features: BTreeMap::new(),
            overrides: BTreeMap::new(),
            credential: None,
            credentials: Vec::new(),
            oauth: Vec::new(),
            disposable: false,
            redactor: Redactor::default(),
        }
    }

    /// For a target that is reached like that.
    #[must_use]
    pub fn of_live(options: &LiveOptions) -> Self {
        let credential = options.credential.as_ref().map(|credential| match credential {
            Credential::Basic { .. } => CredentialKind::Basic,
            Credential::Bearer(_) | Credential::ClientCredentials(_) => CredentialKind::Bearer,
        });
        let credentials = options.credentials.keys().cloned().collect();
        Self { credential, credentials, ..Self::new(options.base_url.clone()) }
    }
}

/// Makes a target out of what its documents say.
#[must_use]
pub fn understand(documents: Documents, settings: &Settings, began: Instant) -> Discovery {
    let mut findings = Vec::new();
    let schemas = resources::schemas(&documents, settings, &mut findings);
    let resources = resources::resource_types(&documents, settings, &schemas, &mut findings);
    let features = features::features(&documents, settings, &resources, &schemas, &mut findings);
    let limits = documents.config().map(Limits::of).unwrap_or_default();
    let model = TargetModel {
        base_url: settings.base_url.clone(),
        domain: settings.domain.clone(),
        resources,
        schemas,
        features,
        limits,
        overrides: settings.overrides.clone(),
    };
    Discovery { model, exchanges: documents.into_exchanges(), findings, began }
}

/// A finding of discovery: information only, since the suites judge the documents themselves.
fn note(id: &str, requirement: &str, exchange: Option<&Exchange>, wanted: &str, got: String) -> Finding {
    Finding {
        wanted: wanted.to_owned(),
        got,
        exchange: exchange.map(|exchange| exchange.id.clone()),
        ..Finding::new(format!("{CASE}#{id}"), requirement.into(), Level::May, Verdict::Info)
    }
}

/// The id of the case that discovery becomes in a report.
pub const CASE: &str = "target/discovery";

fn exchange_id(number: usize) -> ExchangeId {
    ExchangeId(format!("{CASE}:{number}"))
}

#[cfg(test)]
mod tests;
