//! What the server says about itself (RFC 7644 §4).

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::StatusCode;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::choice::Choice;
use super::hook::Hooks;
use super::kind::Model;
use super::options::{OptionalFeature, Options};
use super::reply::{Refusal, Reply};
use super::service::Call;
use crate::scim::schema::Schema;
use crate::scim::search::list_response;
use crate::scim::{builtin, urn};

/// The documents.
pub(super) struct Discovery {
    config: Value,
    resource_types: List,
    schemas: List,
    with_meta: bool,
}

/// Documents that are listed together.
struct List {
    kind: &'static str,
    with_meta: bool,
    documents: Vec<Document>,
    /// The whole list as text, as most clients get it: it is long, and read often.
    text: Bytes,
}

/// The documents as they are about to be published.
pub(super) struct Documents {
    pub(super) config: Value,
    pub(super) resource_types: Vec<Document>,
    pub(super) schemas: Vec<Document>,
    /// Whether they say where they are.
    pub(super) with_meta: bool,
}

/// One document, and what names it in URLs; without the location, which depends on the client.
pub(super) struct Document {
    pub(super) id: String,
    pub(super) value: Value,
}

impl Discovery {
    pub(super) fn new(base_url: &str, options: &Options, model: &Model, hooks: &Hooks) -> Self {
        let resource_types = model.kinds().iter().map(|kind| {
            let resource_type = &model.schemas(*kind).resource_type;
            Document { id: resource_type.name.clone(), value: resource_type.to_value() }
        });
        let published = published(model);
        let schemas =
            published.iter().map(|schema| Document { id: schema.id.clone(), value: schema.to_value() });
        let mut documents = Documents {
            config: service_provider_config(options),
            resource_types: resource_types.collect(),
            schemas: schemas.collect(),
            with_meta: true,
        };
        hooks.documents(&mut documents, base_url);
        let Documents { config, resource_types, schemas, with_meta } = documents;
        Self {
            config,
            resource_types: List::new("ResourceType", resource_types, with_meta, base_url),
            schemas: List::new("Schema", schemas, with_meta, base_url),
            with_meta,
        }
    }
}

impl List {
    fn new(kind: &'static str, documents: Vec<Document>, with_meta: bool, base_url: &str) -> Self {
        let mut list = Self { kind, with_meta, documents, text: Bytes::new() };
        list.text = list.to_value(base_url).to_string().into();
        list
    }

    fn to_value(&self, base_url: &str) -> Value {
        let documents = self.documents.iter().map(|document| self.complete(document, base_url));
        list_response(self.documents.len(), 1, documents.collect())
    }

    fn complete(&self, document: &Document, base_url: &str) -> Value {
        let kind = self.kind;
        if !self.with_meta {
            return document.value.clone();
        }
        with_meta(&document.value, kind, &format!("{base_url}/{kind}s/{}", document.id))
    }
}

/// The schemas of all resources that there are, and of the discovery documents.
fn published(model: &Model) -> Vec<Arc<Schema>> {
    let resources = model.kinds().iter().map(|kind| model.schemas(*kind));
    let mut schemas: Vec<_> = resources.clone().map(|resource| Arc::clone(&resource.core)).collect();
    schemas.extend(resources.flat_map(|resource| &resource.extensions).map(|(schema, _)| Arc::clone(schema)));
    let others = [urn::SERVICE_PROVIDER_CONFIG, urn::RESOURCE_TYPE, urn::SCHEMA];
    schemas.extend(others.iter().filter_map(|urn| builtin::schema(urn)));
    schemas
}

/// What the server supports (RFC 7643 §5 and RFC 9865 §4), and nothing that it does not.
fn service_provider_config(options: &Options) -> Value {
    let has = |feature: OptionalFeature| !options.without.contains(&feature);
    let or_none = |feature: OptionalFeature, limit: usize| if has(feature) { limit } else { 0 };
    let mut config = json!({
        "schemas": [urn::SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": has(OptionalFeature::Patch) },
        "bulk": {
            "supported": has(OptionalFeature::Bulk),
            "maxOperations": or_none(OptionalFeature::Bulk, options.max_operations),
            "maxPayloadSize": or_none(OptionalFeature::Bulk, options.max_payload),
        },
        "filter": {
            "supported": has(OptionalFeature::Filter),
            "maxResults": or_none(OptionalFeature::Filter, options.max_results),
        },
        "changePassword": { "supported": has(OptionalFeature::ChangePassword) },
        "sort": { "supported": has(OptionalFeature::Sort) },
        "etag": { "supported": has(OptionalFeature::Etag) },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "A bearer token in the Authorization header",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
    });
    if has(OptionalFeature::Cursor) {
        config["pagination"] = json!({
            "cursor": true,
            "index": true,
            "defaultPaginationMethod": "index",
            "defaultPageSize": options.page_size(),
            "maxPageSize": options.max_results,
            "cursorTimeout": options.cursor_timeout.as_secs().max(1),
        });
    }
    config
}

pub(super) fn config(call: Call<'_>) -> Result<Reply, Refusal> {
    refuse_filter(call)?;
    let Discovery { config, with_meta: has_meta, .. } = &call.service.discovery;
    let location = format!("{}/ServiceProviderConfig", call.base_url);
    let config =
        if *has_meta { with_meta(config, "ServiceProviderConfig", &location) } else { config.clone() };
    Ok(Reply::json(StatusCode::OK, config))
}

pub(super) fn resource_types(call: Call<'_>) -> Result<Reply, Refusal> {
    list(call, &call.service.discovery.resource_types)
}

/// By name, which is the id as well; letter case counts (RFC 7643 §6, erratum 8475).
pub(super) fn resource_type(call: Call<'_>, name: &str) -> Result<Reply, Refusal> {
    one(call, &call.service.discovery.resource_types, name, |id| id == name)
}

pub(super) fn schemas(call: Call<'_>) -> Result<Reply, Refusal> {
    list(call, &call.service.discovery.schemas)
}

/// By URN; letter case does not count (RFC 8141 §3.1).
pub(super) fn schema(call: Call<'_>, urn: &str) -> Result<Reply, Refusal> {
    one(call, &call.service.discovery.schemas, urn, |id| id.eq_ignore_ascii_case(urn))
}

/// RFC 7644 §4: query parameters are ignored, but a filter is refused, so that nobody takes the list for filtered.
fn refuse_filter(call: Call<'_>) -> Result<(), Refusal> {
    let query = call.request.uri.query().unwrap_or_default();
    if call.chooses(Choice::IgnoreDiscoveryFilter) {
        return Ok(());
    }
    if form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == Cow::Borrowed("filter")) {
        return Err(Refusal::new(403, "Discovery documents cannot be filtered"));
    }
    Ok(())
}

fn list(call: Call<'_>, list: &List) -> Result<Reply, Refusal> {
    refuse_filter(call)?;
    // Hooks look into the body.
    Ok(if call.is_local() && call.service.hooks.is_empty() {
        Reply::shared(StatusCode::OK, list.text.clone())
    } else {
        Reply::json(StatusCode::OK, list.to_value(call.base_url))
    })
}

fn one(call: Call<'_>, list: &List, id: &str, is_it: impl Fn(&str) -> bool) -> Result<Reply, Refusal> {
    refuse_filter(call)?;
    let document = list.documents.iter().find(|document| is_it(&document.id));
    let document = document.ok_or_else(|| Refusal::new(404, format!("There is no {} {id}", list.kind)))?;
    Ok(Reply::json(StatusCode::OK, list.complete(document, call.base_url)))
}

fn with_meta(document: &Value, kind: &str, location: &str) -> Value {
    let mut document = document.clone();
    document["meta"] = json!({ "resourceType": kind, "location": location });
    document
}
