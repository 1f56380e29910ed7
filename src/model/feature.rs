//! What a target can do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The name of a feature: `patch`, `bulk`, `filter`, `sort`, `etag`, `changePassword`, `resource:Group`,
/// `schema:urn:…`, `credential:read_only`, ….
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Feature(pub String);

impl Feature {
    /// The names of the features that are neither a resource type, nor a schema, nor a credential.
    pub const PLAIN: [&str; 14] = [
        "patch",
        "bulk",
        "filter",
        "sort",
        "etag",
        "changePassword",
        "index-pagination",
        "cursor",
        "search-post",
        "me",
        "enterprise",
        "groups",
        "immutable-attr",
        "loopback",
    ];

    /// Whether a text is the name of a feature: one of [`Feature::PLAIN`], `resource:NAME`, `schema:URN` or
    /// `credential:NAME`.
    #[must_use]
    pub fn is_known_name(name: &str) -> bool {
        match name.split_once(':') {
            Some((kind, rest)) => ["resource", "schema", "credential"].contains(&kind) && !rest.is_empty(),
            None => Self::PLAIN.contains(&name),
        }
    }
}

impl std::fmt::Display for Feature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

/// What is known about one feature of the target, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FeatureState {
    /// What the target says in its `ServiceProviderConfig`, /`ResourceTypes` or /Schemas.
    pub claimed: Option<bool>,
    /// What was observed or filled in from RFC 7643 where the target says nothing.
    pub discovered: Option<bool>,
    /// What the user's configuration says; it wins.
    pub overridden: Option<bool>,
    /// Where this comes from, in a few words, for example `GET /ServiceProviderConfig patch.supported`.
    #[serde(default)]
    pub source: String,
}

impl FeatureState {
    /// Whether cases that require the feature run: overridden, else claimed, else discovered, else no.
    #[must_use]
    pub fn effective(&self) -> bool {
        self.overridden.or(self.claimed).or(self.discovered).unwrap_or(false)
    }
}

/// All features of a target.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Features(pub BTreeMap<Feature, FeatureState>);

impl Features {
    /// Whether the target has a feature.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.get(&Feature(name.to_owned())).is_some_and(FeatureState::effective)
    }

    /// The first of `requires` that does not hold; an entry `!name` holds when the feature is absent.
    #[must_use]
    pub fn first_unmet<'a>(&self, requires: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        requires.into_iter().find(|entry| match entry.strip_prefix('!') {
            Some(name) => self.has(name),
            None => !self.has(entry),
        })
    }
}
