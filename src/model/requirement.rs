//! One normative statement of an RFC, as the catalogue (`suites/requirements/`) lists it.

use serde::{Deserialize, Serialize};

use super::Verdict;

/// The stable id of a requirement, for example `RFC7644-3.5.2.2-04`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct RequirementId(pub String);

impl RequirementId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for RequirementId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for RequirementId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

/// How strongly an RFC demands something (RFC 2119). SHALL and REQUIRED count as MUST, RECOMMENDED as SHOULD,
/// OPTIONAL as MAY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Level {
    /// An absolute demand.
    #[serde(rename = "MUST")]
    Must,
    /// An absolute prohibition.
    #[serde(rename = "MUST NOT")]
    MustNot,
    /// A recommendation.
    #[serde(rename = "SHOULD")]
    Should,
    /// A recommendation against.
    #[serde(rename = "SHOULD NOT")]
    ShouldNot,
    /// A permission.
    #[serde(rename = "MAY")]
    May,
}

impl Level {
    /// The RFC 2119 words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Level::Must => "MUST",
            Level::MustNot => "MUST NOT",
            Level::Should => "SHOULD",
            Level::ShouldNot => "SHOULD NOT",
            Level::May => "MAY",
        }
    }

    /// The verdict of a check of this level that does not hold: MUST fails, SHOULD warns, MAY informs.
    #[must_use]
    pub fn verdict_if_broken(self) -> Verdict {
        match self {
            Level::Must | Level::MustNot => Verdict::Fail,
            Level::Should | Level::ShouldNot => Verdict::Warn,
            Level::May => Verdict::Info,
        }
    }
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a black-box client can test a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Testable {
    /// On every server.
    Yes,
    /// Where the server or the operator offers what [`Requirement::needs`] lists.
    Conditional,
    /// Not over HTTP; [`Requirement::why`] says why.
    No,
}

impl Testable {
    /// As the catalogue spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Testable::Yes => "yes",
            Testable::Conditional => "conditional",
            Testable::No => "no",
        }
    }
}

/// One normative statement, in our own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Stable id.
    pub id: RequirementId,
    /// `RFC7643`, `RFC7644`, …; `SEC` for what scimcheck itself asks of a service provider whose users log in.
    pub rfc: String,
    /// Section number in that RFC; of our own statements their subject.
    pub section: String,
    /// How strong the demand is.
    pub level: Level,
    /// Who carries the obligation: `server`, `client`, `both` or `deployment`.
    pub party: String,
    /// The statement, paraphrased.
    pub text: String,
    /// Part of the protocol, for example `crud-create`.
    pub area: String,
    /// Whether a black-box client can test it.
    pub testable: Testable,
    /// How a client tests it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
    /// Why it is demanded, of the statements of our own (`SEC-…`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// Where it comes from, of the statements of our own (`SEC-…`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What has to be there before it can be tested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// Why it cannot be tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Why no check verifies it, although it is testable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uncovered: Option<String>,
    /// `explicit` (RFC 2119 keyword), `implicit` (the level is our reading), `table`, or `profile`: no RFC demands it, the
    /// level is that of our own profile.
    pub basis: String,
    /// Slugs of the ambiguities that apply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub see: Vec<String>,
    /// RFC Editor errata numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errata: Vec<u32>,
    /// First and last line in the canonical text of the RFC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<(u32, u32)>,
    /// Schema URN, for statements of RFC 7643 §8.7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Attribute path, for statements of RFC 7643 §8.7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// The characteristics after errata, for statements of RFC 7643 §8.7.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<serde_json::Value>,
    /// Other values of those characteristics that must not fail a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerate: Option<serde_json::Value>,
}

impl Requirement {
    /// Whether it is a statement of scimcheck's own security profile, and none of an RFC.
    #[must_use]
    pub fn is_of_profile(&self) -> bool {
        self.rfc == "SEC"
    }

    /// Whose demand it is, and the first source of it, of a statement of the security profile.
    #[must_use]
    pub fn profile_in_words(&self) -> Option<String> {
        let words = "of scimcheck's own security profile: no RFC demands it";
        self.is_of_profile().then(|| match self.sources.first() {
            Some(source) => format!("{words}; from {source}"),
            None => words.to_owned(),
        })
    }

    /// `RFC 7644 §3.5.2.2`, or `security profile: deactivation`.
    #[must_use]
    pub fn section_reference(&self) -> String {
        if self.is_of_profile() {
            return format!("security profile: {}", self.section);
        }
        let number = self.rfc.strip_prefix("RFC").unwrap_or(&self.rfc);
        format!("RFC {number} §{}", self.section)
    }
}
