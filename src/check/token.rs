//! What an answer shows of a login: whether it still counts.

use serde_json::Value;

use crate::model::{
    Answer, Channel, Response, TokenState, is_of_the_server, refuses_the_grant, says_nothing_of_the_user,
};

/// Reads an answer that came through a channel; `valid` is the status of one that serves. The channel `login` is no
/// single answer and is not read here.
#[must_use]
pub fn state(channel: Channel, answer: &Answer, valid: u16) -> TokenState {
    let response = match answer {
        Answer::Response(response) => response,
        Answer::Failed(failure) => return TokenState::Unclear(format!("no answer: {}", failure.message)),
    };
    match channel {
        Channel::Introspection => introspection(response),
        Channel::Refresh => refresh(response),
        Channel::Session => served(response, valid, &[301, 302, 303, 307, 308, 401, 403, 404, 410]),
        Channel::Userinfo | Channel::Resource | Channel::Login | Channel::OtherLogin => {
            // RFC 6750 §3.1 has 401 `invalid_token` for a token that is expired or revoked; some say 400 or 403, and where
            // the account is gone, 404 or 410.
            match response.status == 400 && (says_invalid_token(response) || has_a_code(response)) {
                true => TokenState::Inactive,
                false => served(response, valid, &[401, 403, 404, 410]),
            }
        }
    }
}

/// RFC 7662 §2.2: the member `active`, whatever else is there.
fn introspection(response: &Response) -> TokenState {
    let active = response.body.json().and_then(|body| body.get("active"));
    match active {
        Some(Value::Bool(active)) if response.status == 200 => match active {
            true => TokenState::Active,
            false => TokenState::Inactive,
        },
        _ if response.status == 200 => TokenState::Unclear("the answer has no boolean `active`".to_owned()),
        _ => TokenState::Unclear(format!("the introspection endpoint answered {}", response.status)),
    }
}

/// What the token endpoint says to a refresh token.
fn refresh(response: &Response) -> TokenState {
    let member = |name: &str| response.body.json().and_then(|body| body.get(name)).and_then(Value::as_str);
    match (response.status, member("error")) {
        (200, _) if member("access_token").is_some() => TokenState::Active,
        (status, error) if refuses_the_grant(status, error) => TokenState::Inactive,
        (status, Some(error)) => {
            let error: String =
                error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect();
            TokenState::Unclear(format!("the token endpoint answered {status} {error}"))
        }
        (status, None) => TokenState::Unclear(format!("the token endpoint answered {status}")),
    }
}

/// The member `error` of the body.
fn error(response: &Response) -> Option<&str> {
    response.body.json()?.get("error")?.as_str()
}

/// Whether the body has an error code that is about the user (RFC 6750 §3.1): the same request was served while the login
/// counted. What a framework says of every 400 (`Bad Request`) is no code.
fn has_a_code(response: &Response) -> bool {
    let is_code = |error: &str| {
        !says_nothing_of_the_user(error)
            && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    error(response).is_some_and(|error| !error.is_empty() && is_code(error))
}

/// Whether the header or the body has the error `invalid_token` (RFC 6750 §3).
fn says_invalid_token(response: &Response) -> bool {
    let mut challenges = response.headers.iter().filter(|(name, _)| name == "www-authenticate");
    error(response) == Some("invalid_token")
        || challenges.any(|(_, challenge)| {
            challenge.split([' ', ',', '\t']).any(|part| {
                part.split_once('=').is_some_and(|(name, value)| {
                    name.eq_ignore_ascii_case("error") && value.trim_matches('"') == "invalid_token"
                })
            })
        })
}

fn served(response: &Response, valid: u16, refused: &[u16]) -> TokenState {
    match response.status {
        status if status == valid => TokenState::Active,
        status if refused.contains(&status) => match error(response).filter(|code| is_of_the_server(code)) {
            None => TokenState::Inactive,
            Some(code) => {
                TokenState::Unclear(format!("it answered {status} {code}, which says nothing of the login"))
            }
        },
        status => {
            TokenState::Unclear(format!("it answered {status}, which is neither {valid} nor a refusal"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Body, Completeness, Failure, FailureKind};

    fn read(channel: Channel, status: u16, body: &str) -> String {
        let body = Body::new(body.as_bytes().to_vec(), Completeness::Complete);
        let answer = Answer::Response(Response { status, headers: Vec::new(), body });
        match state(channel, &answer, 200) {
            TokenState::Active => "active".to_owned(),
            TokenState::Inactive => "inactive".to_owned(),
            TokenState::Unclear(why) => why,
        }
    }

    #[test]
    fn answers() {
        let cases = [
            (Channel::Introspection, 200, r#"{"active":true}"#, "active"),
            (Channel::Introspection, 200, r#"{"active":false}"#, "inactive"),
            (Channel::Introspection, 200, r#"{"active":"false"}"#, "the answer has no boolean `active`"),
            (Channel::Introspection, 401, r#"{"active":false}"#, "the introspection endpoint answered 401"),
            (Channel::Userinfo, 200, "{}", "active"),
            (Channel::Userinfo, 401, "", "inactive"),
            (Channel::Userinfo, 500, "", "it answered 500, which is neither 200 nor a refusal"),
            (Channel::Session, 302, "", "inactive"),
            (Channel::Resource, 302, "", "it answered 302, which is neither 200 nor a refusal"),
            (Channel::Refresh, 200, r#"{"access_token":"a"}"#, "active"),
            (Channel::Refresh, 200, "{}", "the token endpoint answered 200"),
            (Channel::Refresh, 400, r#"{"error":"invalid_grant"}"#, "inactive"),
            (
                Channel::Refresh,
                401,
                r#"{"error":"invalid_client"}"#,
                "the token endpoint answered 401 invalid_client",
            ),
            (Channel::Refresh, 401, "", "inactive"),
            (Channel::Refresh, 401, r#"{"error":"account_disabled"}"#, "inactive"),
            (Channel::Refresh, 403, "", "inactive"),
            (Channel::Refresh, 403, r#"{"error":"inactive_user"}"#, "inactive"),
            (
                Channel::Refresh,
                400,
                r#"{"error":"invalid_request"}"#,
                "the token endpoint answered 400 invalid_request",
            ),
            (Channel::Refresh, 400, r#"{"error":"user_disabled"}"#, "inactive"),
            (
                Channel::Refresh,
                403,
                r#"{"error":"unauthorized_client"}"#,
                "the token endpoint answered 403 unauthorized_client",
            ),
            (
                Channel::Refresh,
                400,
                r#"{"error":"temporarily_unavailable"}"#,
                "the token endpoint answered 400 temporarily_unavailable",
            ),
            (Channel::Refresh, 400, "", "the token endpoint answered 400"),
            (Channel::Refresh, 429, "", "the token endpoint answered 429"),
            (Channel::Userinfo, 400, r#"{"error":"account_disabled"}"#, "inactive"),
            (
                Channel::Resource,
                400,
                r#"{"error":"Bad Request"}"#,
                "it answered 400, which is neither 200 nor a refusal",
            ),
            (Channel::Userinfo, 404, "", "inactive"),
            (Channel::Resource, 410, "", "inactive"),
            (Channel::Userinfo, 400, r#"{"error":"invalid_token"}"#, "inactive"),
            (
                Channel::Userinfo,
                400,
                r#"{"error":"invalid_request"}"#,
                "it answered 400, which is neither 200 nor a refusal",
            ),
            (
                Channel::Userinfo,
                400,
                r#"{"error":"server_error"}"#,
                "it answered 400, which is neither 200 nor a refusal",
            ),
            (
                Channel::Resource,
                403,
                r#"{"error":"temporarily_unavailable"}"#,
                "it answered 403 temporarily_unavailable, which says nothing of the login",
            ),
            (
                Channel::Refresh,
                403,
                r#"{"error":"invalid_scope"}"#,
                "the token endpoint answered 403 invalid_scope",
            ),
            (Channel::Session, 308, "", "inactive"),
            (Channel::Session, 404, "", "inactive"),
            (Channel::Session, 410, "", "inactive"),
            (
                Channel::Session,
                400,
                r#"{"error":"invalid_token"}"#,
                "it answered 400, which is neither 200 nor a refusal",
            ),
        ];
        for (channel, status, body, wanted) in cases {
            assert_eq!(read(channel, status, body), wanted, "{channel} {status} {body}");
        }
        let challenge = |challenge: &str| {
            let headers = vec![("www-authenticate".to_owned(), challenge.to_owned())];
            let body = Body::new(Vec::new(), Completeness::Complete);
            state(Channel::Resource, &Answer::Response(Response { status: 400, headers, body }), 200)
        };
        assert_eq!(challenge("Bearer realm=\"x\", error=\"invalid_token\""), TokenState::Inactive);
        assert!(matches!(challenge("Bearer realm=\"invalid_token\""), TokenState::Unclear(_)));
        let failure = Failure { kind: FailureKind::Timeout, message: "late".to_owned() };
        let unclear = TokenState::Unclear("no answer: late".to_owned());
        assert_eq!(state(Channel::Userinfo, &Answer::Failed(failure), 200), unclear);
    }
}
