//! Reading the discovery documents.

use std::time::Instant;

use serde_json::Value;

use super::{Settings, exchange_id};
use crate::model::{AuthMode, Exchange, Phase, Request, milliseconds};
use crate::wire::Transport;

/// Schemas that are read one by one at most, where the list does not hold them.
const SINGLES: usize = 20;

/// The discovery documents of a target, as they were answered.
#[derive(Debug, Clone)]
pub struct Documents {
    /// `GET /ServiceProviderConfig`.
    pub service_provider_config: Exchange,
    /// `GET /ResourceTypes`.
    pub resource_types: Exchange,
    /// `GET /Schemas`.
    pub schemas: Exchange,
    /// A read of `/Users` that finds nothing: it shows whether the credential is good. Never part of a report, since
    /// a server that ignores filters answers with somebody's data.
    pub users: Exchange,
    /// Schemas that the list lacks and a resource type names, read one by one: `GET /Schemas/{urn}`.
    pub single_schemas: Vec<Exchange>,
    /// `GET /Groups`, asked only where there are no ResourceTypes; not part of a report either.
    pub groups: Option<Exchange>,
}

impl Documents {
    /// Asks the target; the documents are read side by side. Whatever goes wrong stands in the exchanges.
    pub async fn read(transport: &dyn Transport, settings: &Settings, began: Instant) -> Self {
        let get = async |number, path: &str| get(transport, settings, began, number, path).await;
        let (service_provider_config, resource_types, schemas, users) = tokio::join!(
            get(1, "/ServiceProviderConfig"),
            get(2, "/ResourceTypes"),
            get(3, "/Schemas"),
            get(0, "/Users?filter=userName%20eq%20%22scimcheck-nobody%22&count=1"),
        );
        let mut documents = Self {
            service_provider_config,
            resource_types,
            schemas,
            users,
            single_schemas: Vec::new(),
            groups: None,
        };
        let missing = documents.missing_schemas();
        for (index, urn) in missing.iter().take(SINGLES).enumerate() {
            let path = format!("/Schemas/{}", segment(urn));
            documents.single_schemas.push(get(4 + index, &path).await);
        }
        if documents.listed_resource_types().is_empty() {
            let path = "/Groups?filter=displayName%20eq%20%22scimcheck-nobody%22&count=1";
            documents.groups = Some(get(0, path).await);
        }
        documents
    }

    /// The resource types that the target lists.
    pub(super) fn listed_resource_types(&self) -> Vec<&Value> {
        listed(&self.resource_types)
    }

    /// The schemas that the target publishes, in the list or one by one.
    pub(super) fn listed_schemas(&self) -> Vec<&Value> {
        let singles = self.single_schemas.iter().filter_map(document);
        listed(&self.schemas).into_iter().chain(singles.filter(|single| single.get("id").is_some())).collect()
    }

    /// The ServiceProviderConfig, if the target has one.
    pub(super) fn config(&self) -> Option<&Value> {
        document(&self.service_provider_config)
    }

    /// The exchanges that a report shows.
    pub(super) fn into_exchanges(self) -> Vec<Exchange> {
        let lists = [self.service_provider_config, self.resource_types, self.schemas];
        lists.into_iter().chain(self.single_schemas).collect()
    }

    /// URNs that resource types name and that the list of schemas lacks.
    fn missing_schemas(&self) -> Vec<String> {
        let published = listed(&self.schemas);
        let has = |urn: &str| {
            let id = |schema: &&Value| schema.get("id").and_then(Value::as_str).map(str::to_ascii_lowercase);
            published.iter().filter_map(id).any(|id| id == urn.to_ascii_lowercase())
        };
        let mut missing: Vec<String> = Vec::new();
        for resource_type in self.listed_resource_types() {
            let extensions = resource_type.get("schemaExtensions").and_then(Value::as_array);
            let extensions = extensions.into_iter().flatten();
            for place in std::iter::once(resource_type).chain(extensions) {
                let Some(urn) = place.get("schema").and_then(Value::as_str) else { continue };
                if !has(urn) && !missing.iter().any(|known| known == urn) {
                    missing.push(urn.to_owned());
                }
            }
        }
        missing
    }
}

/// The JSON object of a successful answer.
pub(super) fn document(exchange: &Exchange) -> Option<&Value> {
    let response = exchange.response().filter(|response| (200..300).contains(&response.status))?;
    response.body.json().filter(|body| body.is_object())
}

/// The entries of a discovery list: those of a ListResponse, or of a bare array, which the suites blame.
fn listed(exchange: &Exchange) -> Vec<&Value> {
    let Some(response) = exchange.response().filter(|response| (200..300).contains(&response.status)) else {
        return Vec::new();
    };
    let body = response.body.json();
    let entries = body.and_then(|body| body.get("Resources").unwrap_or(body).as_array());
    entries.into_iter().flatten().filter(|entry| entry.is_object()).collect()
}

/// One GET of discovery, below the base URL.
pub(crate) async fn get(
    transport: &dyn Transport,
    settings: &Settings,
    began: Instant,
    number: usize,
    path: &str,
) -> Exchange {
    let url = format!("{}{path}", settings.base_url.as_str().trim_end_matches('/'));
    ask(transport, began, number, url, AuthMode::Configured).await
}

/// One GET.
pub(crate) async fn ask(
    transport: &dyn Transport,
    began: Instant,
    number: usize,
    url: String,
    auth: AuthMode,
) -> Exchange {
    let step = format!("read {}", url.rsplit('/').next().unwrap_or_default());
    let headers = vec![("accept".to_owned(), "application/scim+json".to_owned())];
    let request = Request { method: "GET".to_owned(), url, headers, body: None, auth };
    let started = began.elapsed();
    let sent = transport.send(&request).await;
    Exchange {
        id: exchange_id(number),
        phase: Phase::Discovery,
        step,
        request: sent.request,
        answer: sent.answer,
        started_ms: milliseconds(started),
        duration_ms: milliseconds(sent.duration),
        shows: None,
    }
}

/// A URN as a path segment: its colons may stand as they are (RFC 3986 §3.3).
fn segment(urn: &str) -> String {
    let mut url = url::Url::parse("http://h/").expect("a literal URL");
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop().push(urn);
    }
    url.path().trim_start_matches('/').to_owned()
}
