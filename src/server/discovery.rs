//! What the server says about itself (RFC 7644 §4).

use std::borrow::Cow;

use axum::http::StatusCode;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::kind::Kind;
use super::reply::{Refusal, Reply};
use super::service::Call;
use crate::scim::search::list_response;
use crate::scim::{builtin, urn};

/// The documents, without the locations that depend on the client.
pub(super) struct Discovery {
    config: Value,
    resource_types: Vec<Document>,
    schemas: Vec<Document>,
}

/// One document of a list, and what names it in URLs.
struct Document {
    id: String,
    value: Value,
}

impl Discovery {
    pub(super) fn new(max_results: usize) -> Self {
        let resource_types = Kind::ALL.iter().map(|kind| {
            let resource_type = &kind.schemas().resource_type;
            Document { id: resource_type.name.clone(), value: resource_type.to_value() }
        });
        let schemas = builtin::schemas().iter();
        Self {
            config: service_provider_config(max_results),
            resource_types: resource_types.collect(),
            schemas: schemas
                .map(|schema| Document { id: schema.id.clone(), value: schema.to_value() })
                .collect(),
        }
    }
}

/// What the server supports (RFC 7643 §5), and nothing that it does not.
fn service_provider_config(max_results: usize) -> Value {
    json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": max_results },
        "changePassword": { "supported": true },
        "sort": { "supported": true },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A bearer token in the Authorization header",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
    })
}

pub(super) fn config(call: Call<'_>) -> Result<Reply, Refusal> {
    refuse_filter(call)?;
    let location = format!("{}/ServiceProviderConfig", call.base_url);
    let config = with_meta(&call.service.discovery.config, "ServiceProviderConfig", &location);
    Ok(Reply::json(StatusCode::OK, &config))
}

pub(super) fn resource_types(call: Call<'_>) -> Result<Reply, Refusal> {
    list(call, &call.service.discovery.resource_types, "ResourceType")
}

/// By name, which is the id as well; letter case counts (RFC 7643 §6, erratum 8475).
pub(super) fn resource_type(call: Call<'_>, name: &str) -> Result<Reply, Refusal> {
    let documents = &call.service.discovery.resource_types;
    one(call, documents.iter().find(|document| document.id == name), "ResourceType", name)
}

pub(super) fn schemas(call: Call<'_>) -> Result<Reply, Refusal> {
    list(call, &call.service.discovery.schemas, "Schema")
}

/// By URN; letter case does not count (RFC 8141 §3.1).
pub(super) fn schema(call: Call<'_>, urn: &str) -> Result<Reply, Refusal> {
    let documents = &call.service.discovery.schemas;
    one(call, documents.iter().find(|document| document.id.eq_ignore_ascii_case(urn)), "Schema", urn)
}

/// RFC 7644 §4: query parameters are ignored, but a filter is refused, so that nobody takes the list for filtered.
fn refuse_filter(call: Call<'_>) -> Result<(), Refusal> {
    let query = call.request.uri.query().unwrap_or_default();
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == Cow::Borrowed("filter")) {
        return Err(Refusal::new(403, "Discovery documents cannot be filtered"));
    }
    Ok(())
}

fn list(call: Call<'_>, documents: &[Document], kind: &str) -> Result<Reply, Refusal> {
    refuse_filter(call)?;
    let documents: Vec<_> = documents.iter().map(|document| complete(call, document, kind)).collect();
    Ok(Reply::json(StatusCode::OK, &list_response(documents.len(), 1, documents)))
}

fn one(call: Call<'_>, document: Option<&Document>, kind: &str, id: &str) -> Result<Reply, Refusal> {
    refuse_filter(call)?;
    let document = document.ok_or_else(|| Refusal::new(404, format!("There is no {kind} {id}")))?;
    Ok(Reply::json(StatusCode::OK, &complete(call, document, kind)))
}

fn complete(call: Call<'_>, document: &Document, kind: &str) -> Value {
    with_meta(&document.value, kind, &format!("{}/{kind}s/{}", call.base_url, document.id))
}

fn with_meta(document: &Value, kind: &str, location: &str) -> Value {
    let mut document = document.clone();
    document["meta"] = json!({ "resourceType": kind, "location": location });
    document
}
