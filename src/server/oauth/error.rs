//! Errors of the OAuth endpoints (RFC 6749 §5.2).

use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use serde_json::json;

use super::no_store;
use crate::server::reply::{Refusal, Reply};

/// A request that an OAuth endpoint refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OauthError {
    pub(super) status: StatusCode,
    /// The error code.
    pub(super) error: &'static str,
    /// What a developer is told; never quotes what the client sent.
    pub(super) description: &'static str,
}

impl OauthError {
    /// An error with status 400.
    pub(super) fn new(error: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error, description }
    }

    /// 400 `invalid_request`.
    pub(super) fn invalid_request(description: &'static str) -> Self {
        Self::new("invalid_request", description)
    }

    /// 400 `invalid_grant`.
    pub(super) fn invalid_grant(description: &'static str) -> Self {
        Self::new("invalid_grant", description)
    }

    /// 401 `invalid_client`.
    pub(super) fn invalid_client(description: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, ..Self::new("invalid_client", description) }
    }

    /// The answer, in JSON. With a challenge if the client is not the one that it says it is (§5.2).
    pub(super) fn into_reply(self) -> Reply {
        let body = json!({ "error": self.error, "error_description": self.description });
        let reply = no_store(Reply::plain_json(self.status, body));
        if self.status == StatusCode::UNAUTHORIZED {
            return reply.with(WWW_AUTHENTICATE, r#"Basic realm="scimcheck", charset="UTF-8""#);
        }
        reply
    }
}

/// What a resource server says to a request whose bearer token is of no use (RFC 6750 §3): the same status and
/// challenge as the SCIM endpoints, without their message.
pub(super) fn bearer(refusal: Refusal) -> Reply {
    let status = StatusCode::from_u16(refusal.error.status).unwrap_or(StatusCode::UNAUTHORIZED);
    let error = match status {
        StatusCode::BAD_REQUEST => "invalid_request",
        StatusCode::FORBIDDEN => "insufficient_scope",
        _ => "invalid_token",
    };
    let mut reply = no_store(Reply::plain_json(status, json!({ "error": error })));
    reply.headers.extend(refusal.headers);
    reply
}
