//! For tests: a target with one resource, that changes nothing without If-Match.

use std::sync::Mutex;

use serde_json::json;

use super::place::path_of;
use crate::model::{Answer, Body, Completeness, Request, Response};
use crate::wire::{BoxFuture, Sent, Transport};

#[derive(Debug)]
pub(crate) struct Strict {
    /// What a change without If-Match is answered with.
    pub(crate) refusal: u16,
    /// Whether one with If-Match is refused in the same way.
    pub(crate) never: bool,
    /// Whether somebody else's resource has the id after the first refusal.
    pub(crate) taken: bool,
    /// Whether conditions are looked at before it is seen that nothing is there.
    pub(crate) conditions_first: bool,
    pub(crate) name: &'static str,
    pub(crate) state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    /// `None` once it is deleted.
    version: Option<u32>,
    refused: bool,
    log: Vec<String>,
}

impl Strict {
    pub(crate) fn new(refusal: u16) -> Self {
        let state = State { version: Some(1), refused: false, log: Vec::new() };
        Self {
            refusal,
            never: false,
            taken: false,
            conditions_first: false,
            name: "sc00000001-a",
            state: Mutex::new(state),
        }
    }

    /// One whose resource is gone, and that looks at conditions first.
    pub(crate) fn gone(refusal: u16) -> Self {
        let strict = Self { conditions_first: true, ..Self::new(refusal) };
        strict.state.lock().unwrap().version = None;
        strict
    }

    /// Methods, and the conditions that came with them.
    pub(crate) fn log(&self) -> Vec<String> {
        self.state.lock().unwrap().log.clone()
    }

    pub(crate) fn is_there(&self) -> bool {
        self.state.lock().unwrap().version.is_some()
    }

    fn answer(&self, request: &Request) -> (u16, Option<String>, serde_json::Value) {
        let mut state = self.state.lock().unwrap();
        let condition = request.headers.iter().find(|(name, _)| name == "if-match").map(|(_, value)| value);
        let condition = condition.map(String::as_str);
        state.log.push([request.method.as_str(), condition.unwrap_or_default()].join(" ").trim().to_owned());
        if !path_of(&request.url).ends_with("/Users/7") {
            return (200, None, json!({ "Resources": [] }));
        }
        let Some(version) = state.version else {
            let is_change = self.conditions_first && request.method != "GET";
            let status = if is_change { condition.map_or(self.refusal, |_| 412) } else { 404 };
            return (status, None, json!({}));
        };
        let tag = format!("W/\"{version}\"");
        let name = if self.taken && state.refused { "somebody" } else { self.name };
        let shown = json!({ "id": "7", "userName": name, "meta": { "version": tag } });
        match condition {
            _ if request.method == "GET" => (200, Some(tag), shown),
            Some(condition) if !self.never && (condition == tag || condition == "*") => {
                state.version = (request.method != "DELETE").then_some(version + 1);
                (if request.method == "DELETE" { 204 } else { 200 }, None, json!({}))
            }
            Some(_) if !self.never => (412, None, json!({})),
            _ => {
                state.refused = true;
                (self.refusal, None, json!({}))
            }
        }
    }
}

impl Transport for Strict {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            // Others have their turn in the meantime, as with a network.
            tokio::task::yield_now().await;
            let (status, etag, body) = self.answer(request);
            let headers = etag.map(|etag| ("etag".to_owned(), etag)).into_iter().collect();
            let body = Body::new(body.to_string().into_bytes(), Completeness::Complete);
            Sent {
                request: request.clone(),
                answer: Answer::Response(Response { status, headers, body }),
                duration: std::time::Duration::ZERO,
                tries: 1,
            }
        })
    }
}
