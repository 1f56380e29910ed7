//! SCIM errors (RFC 7644 §3.12): what a service provider answers when it refuses a request.

use serde_json::{Value, json};

/// The detail error keywords of RFC 7644 Table 9 and of RFC 9865 Table 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScimType {
    /// A filter that does not parse, or that compares what cannot be compared.
    InvalidFilter,
    /// More results than the service provider is willing to calculate.
    TooMany,
    /// A value that is already in use or reserved.
    Uniqueness,
    /// A change that the attribute's mutability or state forbids.
    Mutability,
    /// A message that has not the structure of its schema.
    InvalidSyntax,
    /// A malformed PATCH path.
    InvalidPath,
    /// A PATCH path that selects nothing.
    NoTarget,
    /// A missing value, or one that is not compatible with attribute or schema.
    InvalidValue,
    /// A protocol version that is not supported.
    InvalidVers,
    /// Sensitive information in a request URI.
    Sensitive,
    /// A cursor that the service provider did not give out (RFC 9865).
    InvalidCursor,
    /// A cursor that was used too late (RFC 9865).
    ExpiredCursor,
    /// A count outside of what the service provider permits (RFC 9865).
    InvalidCount,
}

impl ScimType {
    /// Every keyword, in the order of the RFCs.
    pub const ALL: [Self; 13] = [
        Self::InvalidFilter,
        Self::TooMany,
        Self::Uniqueness,
        Self::Mutability,
        Self::InvalidSyntax,
        Self::InvalidPath,
        Self::NoTarget,
        Self::InvalidValue,
        Self::InvalidVers,
        Self::Sensitive,
        Self::InvalidCursor,
        Self::ExpiredCursor,
        Self::InvalidCount,
    ];

    /// The keyword as it stands in `scimType`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidFilter => "invalidFilter",
            Self::TooMany => "tooMany",
            Self::Uniqueness => "uniqueness",
            Self::Mutability => "mutability",
            Self::InvalidSyntax => "invalidSyntax",
            Self::InvalidPath => "invalidPath",
            Self::NoTarget => "noTarget",
            Self::InvalidValue => "invalidValue",
            Self::InvalidVers => "invalidVers",
            Self::Sensitive => "sensitive",
            Self::InvalidCursor => "invalidCursor",
            Self::ExpiredCursor => "expiredCursor",
            Self::InvalidCount => "invalidCount",
        }
    }

    /// Reads a keyword; letter case counts, because the RFC gives the words exactly.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl std::fmt::Display for ScimType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal: HTTP status, optional keyword, and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{status}{}: {detail}", .scim_type.map(|kind| format!(" {kind}")).unwrap_or_default())]
pub struct ScimError {
    /// The HTTP status code.
    pub status: u16,
    /// The keyword, where Table 9 has one.
    pub scim_type: Option<ScimType>,
    /// What is wrong, for a person.
    pub detail: String,
}

impl ScimError {
    /// An error without a keyword.
    #[must_use]
    pub fn new(status: u16, detail: impl Into<String>) -> Self {
        Self { status, scim_type: None, detail: detail.into() }
    }

    /// An error with a keyword and the status that goes with it: 409 for `uniqueness` (RFC 7644 §3.3), 403 for
    /// `sensitive` (§7.5.2), 400 for the others (Table 9).
    #[must_use]
    pub fn of(scim_type: ScimType, detail: impl Into<String>) -> Self {
        let status = match scim_type {
            ScimType::Uniqueness => 409,
            ScimType::Sensitive => 403,
            _ => 400,
        };
        Self { status, scim_type: Some(scim_type), detail: detail.into() }
    }

    /// The Error message (RFC 7644 §3.12); `status` is a JSON string there.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let mut value = json!({ "schemas": [super::urn::ERROR], "status": self.status.to_string() });
        if let Some(kind) = self.scim_type {
            value["scimType"] = json!(kind.as_str());
        }
        value["detail"] = json!(self.detail);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_is_a_string_in_the_message() {
        // RFC 7644 §3.12, Figure 9.
        let error = ScimError::of(ScimType::Mutability, "Attribute 'id' is readOnly");
        assert_eq!(
            error.to_value(),
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                "status": "400",
                "scimType": "mutability",
                "detail": "Attribute 'id' is readOnly",
            })
        );
        assert_eq!(error.to_string(), "400 mutability: Attribute 'id' is readOnly");
        assert_eq!(ScimError::new(404, "gone").to_string(), "404: gone");
    }

    #[test]
    fn every_keyword_reads_back() {
        for kind in ScimType::ALL {
            assert_eq!(ScimType::from_word(kind.as_str()), Some(kind));
        }
        assert_eq!(ScimType::from_word("InvalidFilter"), None);
    }
}
