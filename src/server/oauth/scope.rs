//! Scopes (RFC 6749 §3.3).

use std::fmt;

use super::error::OauthError;

/// May read by SCIM.
pub(in crate::server) const SCIM_READ: &str = "scim.read";
/// May read and write by SCIM.
pub(in crate::server) const SCIM_WRITE: &str = "scim.write";
/// The scope without which userinfo tells nothing (OpenID Connect Core §5.3).
pub(super) const OPENID: &str = "openid";

/// What a client may have for itself. `status` has nothing to do with SCIM.
const OF_CLIENTS: [&str; 3] = [SCIM_READ, SCIM_WRITE, "status"];
/// What a client may have on behalf of a user.
const OF_USERS: [&str; 5] = [OPENID, "profile", "email", "groups", "offline_access"];
/// What clients get that ask for nothing: everything but what has to be asked for.
const CLIENT_DEFAULT: [&str; 2] = [SCIM_READ, SCIM_WRITE];
const USER_DEFAULT: [&str; 4] = [OPENID, "profile", "email", "groups"];

/// A set of scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::server) struct Scope(Vec<&'static str>);

impl Scope {
    /// All that there are.
    pub(super) fn all() -> impl Iterator<Item = &'static str> {
        OF_CLIENTS.into_iter().chain(OF_USERS)
    }

    /// What a client asks for itself. 400 `invalid_scope` for anything that it cannot have.
    pub(super) fn for_client(asked: Option<&str>) -> Result<Self, OauthError> {
        Self::pick(asked, &OF_CLIENTS, &CLIENT_DEFAULT)
    }

    /// What a client asks on behalf of a user. Errors as for `for_client`.
    pub(super) fn for_user(asked: Option<&str>) -> Result<Self, OauthError> {
        Self::pick(asked, &OF_USERS, &USER_DEFAULT)
    }

    /// No more than this, and less if less is asked for (RFC 6749 §6).
    pub(super) fn narrowed(&self, asked: Option<&str>) -> Result<Self, OauthError> {
        Self::pick(asked, &self.0, &self.0)
    }

    /// What a user's credential can have if nothing is asked for.
    pub(super) fn of_users() -> Self {
        Self(USER_DEFAULT.to_vec())
    }

    fn pick(
        asked: Option<&str>,
        allowed: &[&'static str],
        default: &[&'static str],
    ) -> Result<Self, OauthError> {
        let Some(asked) = asked else { return Ok(Self(default.to_vec())) };
        let words: Vec<&str> = asked.split(' ').filter(|word| !word.is_empty()).collect();
        if words.is_empty() || words.iter().any(|word| !allowed.contains(word)) {
            return Err(OauthError::new("invalid_scope", "There is a scope that this grant cannot have"));
        }
        Ok(Self(allowed.iter().copied().filter(|scope| words.contains(scope)).collect()))
    }

    pub(in crate::server) fn has(&self, scope: &str) -> bool {
        self.0.contains(&scope)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_given_or_refused_as_a_whole() {
        let text =
            |scope: Result<Scope, OauthError>| scope.map_or_else(|e| e.error.to_owned(), |s| s.to_string());
        assert_eq!(text(Scope::for_client(None)), "scim.read scim.write");
        assert_eq!(text(Scope::for_client(Some("scim.write  scim.read scim.read"))), "scim.read scim.write");
        assert_eq!(text(Scope::for_client(Some("status"))), "status");
        assert_eq!(text(Scope::for_user(None)), "openid profile email groups");
        for asked in ["openid", "scim.read Scim.Write", "", "x"] {
            assert_eq!(text(Scope::for_client(Some(asked))), "invalid_scope", "{asked}");
        }
        assert_eq!(text(Scope::for_user(Some("openid scim.write"))), "invalid_scope");
        let narrow = Scope::for_user(Some("openid email")).unwrap();
        assert_eq!(text(narrow.narrowed(None)), "openid email");
        assert_eq!(text(narrow.narrowed(Some("email"))), "email");
        assert_eq!(text(narrow.narrowed(Some("email groups"))), "invalid_scope");
    }
}
