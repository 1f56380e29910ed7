//! What is sent back: resources, messages, refusals.

use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use serde_json::Value;

use crate::scim::error::ScimError;

/// The media type of every body (RFC 7644 §8.1).
const SCIM_JSON: &str = "application/scim+json";

/// A response, before it becomes HTTP.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) content: Content,
}

/// What a response carries.
#[derive(Debug)]
pub(super) enum Content {
    Nothing,
    Json(Value),
    /// Bytes that many responses share, or that are no JSON.
    Shared(Bytes),
}

impl Reply {
    /// A response without a body.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), content: Content::Nothing }
    }

    /// A response with a JSON body.
    pub(super) fn json(status: StatusCode, body: Value) -> Self {
        Self::empty(status).with(CONTENT_TYPE, SCIM_JSON).carrying(Content::Json(body))
    }

    /// A response with a JSON body that is none of SCIM.
    pub(super) fn plain_json(status: StatusCode, body: Value) -> Self {
        Self::empty(status).with(CONTENT_TYPE, "application/json").carrying(Content::Json(body))
    }

    /// A page for browsers.
    pub(super) fn html(status: StatusCode, page: String) -> Self {
        Self::empty(status)
            .with(CONTENT_TYPE, "text/html; charset=utf-8")
            .carrying(Content::Shared(page.into()))
    }

    /// A response with the text of a JSON body.
    pub(super) fn shared(status: StatusCode, body: Bytes) -> Self {
        Self::empty(status).with(CONTENT_TYPE, SCIM_JSON).carrying(Content::Shared(body))
    }

    /// The same with a header field more.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn carrying(self, content: Content) -> Self {
        Self { content, ..self }
    }

    /// The value of a header field.
    pub(super) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A request that is not carried out: the error message, and headers that go with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: ScimError,
    pub(super) headers: Vec<(HeaderName, String)>,
}

impl Refusal {
    pub(super) fn new(status: u16, detail: impl Into<String>) -> Self {
        ScimError::new(status, detail).into()
    }

    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The Error message (RFC 7644 §3.12).
    pub(super) fn into_reply(self) -> Reply {
        let status = StatusCode::from_u16(self.error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut reply = Reply::json(status, self.error.to_value());
        reply.headers.extend(self.headers);
        reply
    }
}

impl From<ScimError> for Refusal {
    fn from(error: ScimError) -> Self {
        Self { error, headers: Vec::new() }
    }
}
