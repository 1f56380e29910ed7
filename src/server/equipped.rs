//! A server with a token of every kind: what a run needs so that no check is left out for want of a credential.

use secrecy::SecretString;

use super::options::{Options, UserToken};

/// `userName` of the user whom `/Me` means.
const USER_NAME: &str = "scimcheck-me";

impl Options {
    /// The default with a token of every kind, each of them fresh and random.
    #[must_use]
    pub fn equipped() -> Self {
        Self {
            read_only_token: Some(fresh_token()),
            user_token: Some(UserToken { token: fresh_token(), user_name: USER_NAME.to_owned() }),
            expired_token: Some(fresh_token()),
            revoked_token: Some(fresh_token()),
            other_audience_token: Some(fresh_token()),
            disabled_token: Some(fresh_token()),
            tenants: vec![fresh_token()],
            ..Self::default()
        }
    }

    /// The bearer tokens besides the main one, by the names that suites know them by (feature `credential:NAME`).
    pub(super) fn credentials(&self) -> Vec<(&'static str, SecretString)> {
        let tokens = [
            ("read_only", self.read_only_token.as_ref()),
            ("other_tenant", self.tenants.first()),
            ("user", self.user_token.as_ref().map(|user| &user.token)),
            ("expired", self.expired_token.as_ref()),
            ("revoked", self.revoked_token.as_ref()),
            ("other_audience", self.other_audience_token.as_ref()),
            ("disabled", self.disabled_token.as_ref()),
        ];
        tokens.into_iter().filter_map(|(name, token)| Some((name, token?.clone()))).collect()
    }
}

/// 122 random bits in letters and digits.
pub(super) fn fresh_token() -> SecretString {
    uuid::Uuid::new_v4().simple().to_string().into()
}
