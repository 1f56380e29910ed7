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
    /// Features without a name of their own behind a colon: what ServiceProviderConfig claims (RFC 7643 §5), and what
    /// is known of the target's configuration.
    /// `scale` is whether the target may be given a thousand resources: on loopback, or where the user says so.
    /// `disposable` is whether it may be disturbed: the embedded server, or where the user says so.
    /// `public-discovery` and `protected-discovery` are what the user says of discovery documents without credentials.
    /// `oauth` is whether the configuration names the authorization server at which the target's users log in.
    pub const PLAIN: [&str; 14] = [
        "patch",
        "bulk",
        "filter",
        "sort",
        "etag",
        "changePassword",
        "loopback",
        "scale",
        "disposable",
        "authenticated",
        "bearer",
        "oauth",
        "public-discovery",
        "protected-discovery",
    ];

    /// Features that name something: a resource type, a schema URN, a further credential of the configuration, a
    /// discovery endpoint, a method of pagination (RFC 9865 §4), an attribute that a resource type has by its
    /// schemas (`attribute:User.name.givenName`), one that clients may set (`writable`), one that is published as
    /// `required`, one as `caseExact`, one that is returned at that time (`returned:default:User.name`), a number of
    /// operations in a bulk job or of resources in a response that the published limits allow (`maxOperations:2`,
    /// `maxResults:3`, RFC 7643 §5); a type of `authenticationSchemes` in lower case, or [`Feature::CHALLENGED`] and
    /// [`Feature::BEARER_CHALLENGED`]; or a part of the OAuth configuration (one of [`Feature::OAUTH`]).
    pub const KINDS: [&str; 14] = [
        "resource",
        "schema",
        "credential",
        "discovery",
        "pagination",
        "authentication",
        "attribute",
        "writable",
        "required",
        "caseExact",
        "returned",
        "maxOperations",
        "maxResults",
        "oauth",
    ];

    /// Some scheme of `authenticationSchemes` (RFC 7643 §5) has a challenge that has to be there: OAuth 2, bearer
    /// tokens, Basic. Client certificates, API keys and cookies have none (ambiguity `www-authenticate`).
    pub const CHALLENGED: &str = "authentication:challenged";

    /// Some of these is a scheme whose challenge is `Bearer` (RFC 6750 §3): OAuth 2, bearer tokens.
    pub const BEARER_CHALLENGED: &str = "authentication:bearer-challenged";

    /// What a feature `oauth:NAME` may name: the channels, and what else the OAuth configuration may have.
    pub const OAUTH: [&str; 10] = [
        "introspection",
        "userinfo",
        "resource",
        "refresh",
        "session",
        "login",
        "other-login",
        "revocation",
        "end-session",
        "scim-client",
    ];

    /// Kinds of features that name a number.
    pub const LIMITS: [&str; 2] = ["maxOperations", "maxResults"];

    /// The names of all features in one line, for help texts.
    #[must_use]
    pub fn known_names() -> String {
        let kinds = "resource:NAME, schema:URN, credential:NAME, discovery:ENDPOINT, pagination:METHOD, authentication:TYPE, attribute:TYPE.PATH, writable:TYPE.PATH, required:TYPE.PATH, caseExact:TYPE.PATH, returned:WHEN:TYPE.PATH, maxOperations:NUMBER, maxResults:NUMBER, oauth:PART";
        format!("{}, {kinds}", Self::PLAIN.join(", "))
    }

    /// Whether a text is the name of a feature: one of [`Feature::PLAIN`], or `KIND:NAME` with one of
    /// [`Feature::KINDS`].
    #[must_use]
    pub fn is_known_name(name: &str) -> bool {
        match name.split_once(':') {
            Some(("oauth", part)) => Self::OAUTH.contains(&part),
            Some((kind, number)) if Self::LIMITS.contains(&kind) => is_number(number),
            Some((kind, rest)) => Self::KINDS.contains(&kind) && !rest.is_empty(),
            None => Self::PLAIN.contains(&name),
        }
    }
}

/// A number as it stands in the name of a feature: 1 and more, in digits.
fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0') && text.parse::<u64>().is_ok()
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
}
