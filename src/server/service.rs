//! The way of a request through the server.

use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::header::HOST;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method};
use serde_json::Value;

use super::auth::Tokens;
use super::discovery::Discovery;
use super::http::Request;
use super::kind::Kind;
use super::negotiate;
use super::reply::{Refusal, Reply};
use super::resources;
use super::route::{BASE_PATH, Route};
use super::store::{Resource, Store};
use super::{discovery, query};
use crate::scim::projection::{Projection, project};
use crate::scim::urn::ENTERPRISE_USER;

/// All that the answer to a request depends on.
pub(super) struct Service {
    base_url: String,
    tokens: Tokens,
    pub(super) max_results: usize,
    pub(super) discovery: Discovery,
    store: Mutex<Store>,
}

/// One request on its way.
#[derive(Clone, Copy)]
pub(super) struct Call<'s> {
    pub(super) service: &'s Service,
    pub(super) request: &'s Request,
    /// The base URL as the client calls it.
    pub(super) base_url: &'s str,
}

impl Service {
    pub(super) fn new(base_url: String, tokens: Tokens, max_results: usize, seed: Option<u64>) -> Self {
        let store = Mutex::new(Store::new(base_url.clone(), seed));
        Self { tokens, max_results, discovery: Discovery::new(max_results), store, base_url }
    }

    /// Answers a request: every failure on the way is an Error message.
    pub(super) fn answer(&self, request: &Request) -> Reply {
        let base_url = self.base_url_for(request);
        let call = Call { service: self, request, base_url: &base_url };
        self.carry_out(call).unwrap_or_else(|mut refusal| {
            self.tokens.without_tokens(&mut refusal.error.detail);
            refusal.into_reply()
        })
    }

    fn carry_out(&self, call: Call<'_>) -> Result<Reply, Refusal> {
        let Request { method, uri, headers, .. } = call.request;
        let route = Route::parse(uri.path());
        let is_public = route.as_ref().is_some_and(Route::is_public);
        let access = if is_public { None } else { Some(self.tokens.authenticate(headers, uri.query())?) };
        let route = route.ok_or_else(|| Refusal::new(404, "There is no such endpoint"))?;
        route.check_method(method)?;
        if let Some(access) = access {
            access.permit(route.only_reads(method))?;
        }
        negotiate::check_accept(headers)?;
        dispatch(call, route)
    }

    /// The store. The lock is never held across an await, since nothing here is asynchronous.
    pub(super) fn store(&self) -> MutexGuard<'_, Store> {
        // A panic elsewhere must not end the whole server.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the client found the server: behind the host that it names.
    fn base_url_for(&self, request: &Request) -> String {
        let host = request.uri.authority().map(Authority::as_str).or_else(|| host(&request.headers));
        host.map_or_else(|| self.base_url.clone(), |host| format!("http://{host}{BASE_PATH}"))
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    let host = headers.get(HOST)?.to_str().ok()?;
    let authority: Authority = host.parse().ok()?;
    (!host.contains('@') && !authority.host().is_empty()).then_some(host)
}

fn dispatch(call: Call<'_>, route: Route) -> Result<Reply, Refusal> {
    match route {
        Route::Root => query::by_url(call, &Kind::ALL),
        Route::Search(None) => query::by_search(call, &Kind::ALL),
        Route::Search(Some(kind)) => query::by_search(call, &[kind]),
        Route::Collection(kind) if call.request.method == Method::POST => resources::create(call, kind),
        Route::Collection(kind) => query::by_url(call, &[kind]),
        Route::Resource(kind, id) => resources::serve(call, kind, &id),
        Route::ServiceProviderConfig => discovery::config(call),
        Route::ResourceTypes => discovery::resource_types(call),
        Route::ResourceType(name) => discovery::resource_type(call, &name),
        Route::Schemas => discovery::schemas(call),
        Route::Schema(urn) => discovery::schema(call, &urn),
        Route::Bulk => Err(Refusal::new(501, "Bulk requests are not supported")),
        Route::Me => Err(Refusal::new(501, "The alias /Me is not supported: a token stands for no resource")),
    }
}

impl Call<'_> {
    /// The resource as this client is to see it (RFC 7644 §3.9).
    pub(super) fn present(&self, resource: &Resource, projection: &Projection) -> Value {
        let mut shown = project(&resource.value, resource.kind.schemas(), projection);
        self.localise(&mut shown);
        shown
    }

    /// Writes the server's own URLs as the client calls the server.
    pub(super) fn localise(&self, resource: &mut Value) {
        if self.is_local() {
            return;
        }
        let localise = |url: &mut Value| {
            let below = url.as_str().and_then(|url| url.strip_prefix(&*self.service.base_url));
            if let Some(below) = below {
                *url = format!("{}{below}", self.base_url).into();
            }
        };
        if let Some(location) = resource.pointer_mut("/meta/location") {
            localise(location);
        }
        if let Some(manager) =
            resource.get_mut(ENTERPRISE_USER).and_then(|user| user.pointer_mut("/manager/$ref"))
        {
            localise(manager);
        }
        for name in ["members", "groups"] {
            let references = resource.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten();
            references.filter_map(|reference| reference.get_mut("$ref")).for_each(localise);
        }
    }

    /// Whether the client calls the server as the store does.
    pub(super) fn is_local(&self) -> bool {
        self.base_url == self.service.base_url
    }

    /// The URL of a resource.
    pub(super) fn location(&self, resource: &Resource) -> String {
        format!("{}/{}/{}", self.base_url, resource.kind.segment(), resource.id)
    }
}
