//! The parts of the suite language that speak of logins at the target's authorization server.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::model::TokenKind;

/// Logs a user of the case in, once for each name: so many devices. Each login has tokens, and a browser session where
/// the configuration logs in through a form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LoginSpec {
    /// Name of the user, as the target has it: `"${made.userName}"`.
    #[serde(default)]
    pub user: Option<String>,
    /// Password of the user: `"${password}"`, or `"${other_password}"` after it was changed.
    #[serde(default)]
    pub password: Option<String>,
    /// Instead of a user: a token of the client whose tokens the SCIM service accepts.
    #[serde(default)]
    pub scim_client: bool,
    /// Logs nobody in now: the names only say as whom a check of the channel `login` tries it.
    #[serde(default)]
    pub later: bool,
    /// The names under which later steps find the logins.
    #[serde(rename = "as")]
    #[schemars(length(min = 1))]
    pub names: Vec<String>,
}

/// Revokes a token at the revocation endpoint (RFC 7009).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeSpec {
    /// Name of a login.
    pub login: String,
    /// Which of its tokens. Default: `access_token`.
    #[serde(default)]
    pub token: TokenKind,
    /// What is sent as `token_type_hint`; without it the parameter is left out.
    #[serde(default)]
    pub hint: Option<String>,
}

/// What the matcher `token` wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TokenWord {
    /// The login still counts.
    Active,
    /// It does not count any more.
    Inactive,
}

impl TokenWord {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TokenWord::Active => "active",
            TokenWord::Inactive => "inactive",
        }
    }
}
