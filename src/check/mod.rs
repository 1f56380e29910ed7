//! One assertion on one exchange: what was wanted, what came, and what that means (layer 3). Pure: no I/O, nothing
//! asynchronous, and no use of `scim::patch` or of the evaluation of filters (the suites state what they expect).

mod compiled;
pub mod explain;
pub mod hint;
pub mod invariants;
pub mod judge;
pub mod likeness;
pub mod locate;
mod matcher;
mod schema;
pub mod token;

use url::Url;

use crate::scim::resource_type::ResourceSchemas;
use crate::suite::catalogue::Catalogue;

/// What judging needs to know about the target.
#[derive(Debug)]
pub struct Context {
    /// Base URL of the target.
    pub base_url: Url,
    /// Its resource types.
    pub resources: Vec<ResourceSchemas>,
    /// The requirements, for their levels.
    pub catalogue: &'static Catalogue,
    validators: schema::Validators,
}

impl Context {
    /// For a target.
    #[must_use]
    pub fn new(base_url: Url, resources: Vec<ResourceSchemas>, catalogue: &'static Catalogue) -> Self {
        Self { base_url, resources, catalogue, validators: schema::Validators::default() }
    }

    /// The resource type of a resource: by its `schemas`, else by `meta.resourceType`.
    pub(crate) fn type_of(&self, resource: &serde_json::Value) -> Option<&ResourceSchemas> {
        let named = resource.get("schemas").and_then(serde_json::Value::as_array);
        let names = |schemas: &&ResourceSchemas| {
            let own = |urn: &serde_json::Value| {
                urn.as_str().is_some_and(|u| u.eq_ignore_ascii_case(&schemas.core.id))
            };
            named.is_some_and(|named| named.iter().any(own))
        };
        let kind = resource.pointer("/meta/resourceType").and_then(serde_json::Value::as_str);
        let by_kind = |schemas: &&ResourceSchemas| Some(&*schemas.resource_type.name) == kind;
        self.resources.iter().find(names).or_else(|| self.resources.iter().find(by_kind))
    }

    /// A resource type by name.
    pub(crate) fn resource(&self, name: &str) -> Option<&ResourceSchemas> {
        self.resources.iter().find(|resource| resource.resource_type.name == name)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! Exchanges and contexts for the unit tests of this layer.

    use serde_json::Value;

    use super::*;
    use crate::model::{
        Answer, AuthMode, Body, Completeness, Exchange, ExchangeId, Phase, Request, Response,
    };
    use crate::scim::builtin;

    pub(crate) fn context() -> Context {
        let base = Url::parse("http://h/v2").unwrap();
        Context::new(base, vec![builtin::user(), builtin::group()], Catalogue::embedded())
    }

    pub(crate) fn exchange(
        method: &str,
        path: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Exchange {
        Exchange {
            id: ExchangeId("case:1".to_owned()),
            phase: Phase::Step,
            step: "step".to_owned(),
            request: Request {
                method: method.to_owned(),
                url: format!("http://h/v2{path}"),
                headers: vec![],
                body: None,
                auth: AuthMode::Configured,
            },
            answer: Answer::Response(Response {
                status,
                headers: headers
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                    .collect(),
                body: Body::new(body.as_bytes(), Completeness::Complete),
            }),
            started_ms: 0.0,
            duration_ms: 1.0,
            shows: None,
        }
    }

    pub(crate) fn json_exchange(method: &str, path: &str, status: u16, body: &Value) -> Exchange {
        exchange(method, path, status, &[("content-type", "application/scim+json")], &body.to_string())
    }
}
