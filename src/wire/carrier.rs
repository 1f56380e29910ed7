//! What takes a request to the target: the network, or something that stands for it.
//!
//! Credentials, redirects, limits and the masking of what was sent are the business of [`Live`](super::Live) in either
//! case.

use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_LENGTH, HOST, HeaderMap, HeaderValue, USER_AGENT};
use url::Url;

use super::BoxFuture;

/// A request as it leaves, credentials and all.
#[derive(Debug)]
pub struct Outgoing {
    /// Method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// All headers, those that an HTTP client adds included.
    pub headers: HeaderMap,
    /// Body; empty without one.
    pub body: Vec<u8>,
}

/// A response as it arrived.
#[derive(Debug)]
pub struct Carried {
    /// Status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// Body; empty without one.
    pub body: Vec<u8>,
}

/// Takes requests somewhere without a network, as a function call.
pub trait Carrier: Send + Sync {
    /// Takes one request there.
    fn carry(&self, outgoing: Outgoing) -> BoxFuture<'_, Carried>;
}

impl Outgoing {
    /// With the headers that every HTTP client adds.
    pub(crate) fn new(method: Method, url: Url, mut headers: HeaderMap, body: Option<&[u8]>) -> Self {
        let mut add = |name, value: &str| {
            if let (false, Ok(value)) = (headers.contains_key(&name), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        };
        add(HOST, url.authority());
        add(ACCEPT, "*/*");
        add(USER_AGENT, super::live::USER_AGENT);
        if let Some(body) = body {
            add(CONTENT_LENGTH, &body.len().to_string());
        }
        Self { method, url, headers, body: body.unwrap_or_default().to_vec() }
    }
}
