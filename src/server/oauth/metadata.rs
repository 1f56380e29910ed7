//! What the authorization server says about itself (RFC 8414 §2, OpenID Connect Discovery §3). The same document at both
//! places.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::Exchange;
use super::endpoint::{
    AUTHORIZE, DEVICE_AUTHORIZATION, INTROSPECTION, KEYS, LOGOUT, REVOCATION, TOKEN, USERINFO,
};
use super::scope::Scope;
use super::token::GRANT_TYPES;
use crate::server::reply::Reply;

/// The document.
pub(super) fn serve(exchange: Exchange<'_>) -> Reply {
    Reply::plain_json(StatusCode::OK, document(exchange.origin))
}

/// The keys that sign ID Tokens: none.
pub(super) fn keys() -> Reply {
    Reply::plain_json(StatusCode::OK, json!({ "keys": [] }))
}

fn document(origin: &str) -> Value {
    let at = |path: &str| format!("{origin}{path}");
    let methods = json!(["client_secret_basic", "client_secret_post"]);
    json!({
        "issuer": origin,
        "authorization_endpoint": at(AUTHORIZE),
        "token_endpoint": at(TOKEN),
        "device_authorization_endpoint": at(DEVICE_AUTHORIZATION),
        "introspection_endpoint": at(INTROSPECTION),
        "revocation_endpoint": at(REVOCATION),
        "userinfo_endpoint": at(USERINFO),
        "end_session_endpoint": at(LOGOUT),
        "jwks_uri": at(KEYS),
        "scopes_supported": Scope::all().collect::<Vec<_>>(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GRANT_TYPES,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "authorization_response_iss_parameter_supported": true,
        "subject_types_supported": ["public"],
        "claims_supported": [
            "sub", "preferred_username", "name", "given_name", "family_name", "email", "groups", "roles",
        ],
    })
}
