//! Features: as claimed by the documents, observed, or overridden by the configuration.

use std::sync::Arc;

use serde_json::Value;

use super::documents::Documents;
use super::{CredentialKind, Settings, note, resources};
use crate::check::explain;
use crate::model::{Feature, FeatureState, Features, Finding};
use crate::scim::object::elements;
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::schema::Schema;
use crate::wire::is_loopback;

/// Members of ServiceProviderConfig that say `supported` (RFC 7643 §5), and the feature that each one is.
const SUPPORTED: [&str; 6] = ["patch", "bulk", "filter", "sort", "etag", "changePassword"];

/// Methods of pagination in ServiceProviderConfig (RFC 9865 §4), and the feature that each one is.
const PAGINATION: [(&str, &str); 2] = [("cursor", "pagination:cursor"), ("index", "pagination:index")];

/// The types of `authenticationSchemes` that RFC 7643 §5 knows.
/// Other types have no feature: their names are the target's own words, and may quote a credential.
const SCHEMES: [&str; 5] = ["oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"];
/// Those that have to be challenged with the scheme Bearer (RFC 6750 §3).
const BEARER: [&str; 2] = ["oauth2", "oauthbearertoken"];
/// The other one whose challenge has to be there (ambiguity `www-authenticate`).
const BASIC: &str = "httpbasic";

/// All features of a target.
pub(super) fn features(
    documents: &Documents,
    settings: &Settings,
    resource_types: &[ResourceSchemas],
    schemas: &[Arc<Schema>],
    findings: &mut Vec<Finding>,
) -> Features {
    let mut all = Collected::default();
    match documents.config() {
        Some(config) => claims(config, &mut all),
        None => {
            let exchange = &documents.service_provider_config;
            for name in SUPPORTED {
                all.observed(name, false, "there is no ServiceProviderConfig");
            }
            let got = format!(
                "{}: optional features count as absent unless the configuration names them under `features`",
                explain::answer(exchange)
            );
            let wanted = "a ServiceProviderConfig";
            findings.push(note("service-provider-config", "RFC7644-4-02", Some(exchange), wanted, got));
        }
    }
    let listed = !documents.listed_resource_types().is_empty();
    for resource in resource_types {
        let name = format!("resource:{}", resource.resource_type.name);
        if listed {
            all.claimed(&name, true, "GET /ResourceTypes");
        } else {
            all.observed(&name, true, &format!("GET {}", resource.resource_type.endpoint));
        }
        for (extension, _) in &resource.extensions {
            let name = format!("schema:{}", extension.id);
            all.claimed(&name, true, &format!("schemaExtensions of {}", resource.resource_type.name));
        }
    }
    for schema in schemas {
        all.claimed(&format!("schema:{}", schema.id), true, "GET /Schemas");
    }
    let endpoints = [
        ("ServiceProviderConfig", &documents.service_provider_config),
        ("ResourceTypes", &documents.resource_types),
        ("Schemas", &documents.schemas),
    ];
    for (name, exchange) in endpoints {
        let source = format!("GET /{name}: {}", explain::answer(exchange));
        all.observed(&format!("discovery:{name}"), resources::answered(exchange), &source);
    }
    configured(settings, &mut all);
    for (name, value) in &settings.features {
        all.state(name).overridden = Some(*value);
    }
    all.0
}

/// What ServiceProviderConfig claims.
fn claims(config: &Value, all: &mut Collected) {
    for name in SUPPORTED {
        let claim = config.pointer(&format!("/{name}/supported")).and_then(flag);
        let source = format!("ServiceProviderConfig {name}.supported");
        match claim {
            Some(claim) => all.claimed(name, claim, &source),
            None => all.observed(name, false, &format!("{source} is missing")),
        }
    }
    schemes(config, all);
    for (member, name) in PAGINATION {
        // RFC 9865 §4: absent pagination means index pagination as RFC 7644 has it, and no cursors.
        let claim = config.pointer(&format!("/pagination/{member}")).and_then(flag);
        match claim {
            Some(claim) => all.claimed(name, claim, &format!("ServiceProviderConfig pagination.{member}")),
            None => {
                let silent = config.get("pagination").is_none();
                all.observed(name, silent && member == "index", "ServiceProviderConfig says nothing of it");
            }
        }
    }
}

/// How clients authenticate, as ServiceProviderConfig has it; also one scheme that is no list, which the suites blame.
fn schemes(config: &Value, all: &mut Collected) {
    let source = "ServiceProviderConfig authenticationSchemes";
    let listed = config.get("authenticationSchemes").map(elements).unwrap_or_default();
    for scheme in listed.iter().filter_map(|scheme| scheme.get("type")?.as_str()) {
        let Some(scheme) = SCHEMES.iter().find(|known| known.eq_ignore_ascii_case(scheme)) else { continue };
        all.claimed(&format!("authentication:{scheme}"), true, source);
        if BEARER.contains(scheme) {
            all.claimed(Feature::BEARER_CHALLENGED, true, source);
        }
        if BEARER.contains(scheme) || *scheme == BASIC {
            all.claimed(Feature::CHALLENGED, true, source);
        }
    }
}

/// A boolean, also as the string that some servers send; the suites blame those.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

/// What the configuration makes possible.
fn configured(settings: &Settings, all: &mut Collected) {
    let source = "configuration";
    all.observed("authenticated", settings.credential.is_some(), source);
    all.observed("bearer", settings.credential == Some(CredentialKind::Bearer), source);
    for name in &settings.credentials {
        all.observed(&format!("credential:{name}"), true, source);
    }
    for feature in &settings.oauth {
        all.observed(feature, true, source);
    }
    all.observed("disposable", settings.disposable, source);
    all.observed("loopback", is_loopback(&settings.base_url), "base URL");
    all.observed("scale", is_loopback(&settings.base_url), "base URL");
}

#[derive(Default)]
struct Collected(Features);

impl Collected {
    fn state(&mut self, name: &str) -> &mut FeatureState {
        self.0.0.entry(Feature(name.to_owned())).or_default()
    }

    fn claimed(&mut self, name: &str, value: bool, source: &str) {
        let state = self.state(name);
        state.claimed.get_or_insert(value);
        if state.source.is_empty() {
            source.clone_into(&mut state.source);
        }
    }

    fn observed(&mut self, name: &str, value: bool, source: &str) {
        let state = self.state(name);
        state.discovered = Some(value);
        source.clone_into(&mut state.source);
    }
}
