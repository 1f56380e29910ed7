//! The way of a request through the server.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::header::{AUTHORIZATION, ETAG, HOST, IF_MATCH, LOCATION};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::auth::{self, Access, Tokens};
use super::choice::Choice;
use super::cursor::Cursors;
use super::discovery::Discovery;
use super::hook::Hooks;
use super::http::Request;
use super::kind::{Kind, Model};
use super::named::Change as _;
use super::oauth::{Credential, Ledger};
use super::options::{OptionalFeature, Options, UserToken};
use super::reply::{Refusal, Reply};
use super::route::{BASE_PATH, Route};
use super::store::{Resource, Store};
use super::{bulk, discovery, me, negotiate, oauth, query, resources};
use crate::scim::location;
use crate::scim::projection::{Projection, project};
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::urn::{ENTERPRISE_USER, USER};

/// All that the answer to a request depends on.
pub(super) struct Service {
    base_url: String,
    pub(super) options: Options,
    pub(super) hooks: Hooks,
    tokens: Tokens,
    pub(super) model: Model,
    pub(super) discovery: Discovery,
    /// Those of every tenant.
    stores: Vec<Mutex<Store>>,
    ledger: Mutex<Ledger>,
    cursors: Mutex<Cursors>,
    requests: AtomicUsize,
}

/// Something as it was when a request came in, where the server uses it like that.
pub(super) enum Seen {
    /// What the request is about.
    Resource(Arc<Resource>),
    /// The refresh token in it.
    Refresh(Credential),
}

/// One request on its way.
#[derive(Clone, Copy)]
pub(super) struct Call<'s> {
    pub(super) service: &'s Service,
    pub(super) request: &'s Request,
    /// The base URL as the client calls it.
    pub(super) base_url: &'s str,
    /// What the client may do; nothing is known of it where no token is needed.
    pub(super) access: Option<Access<'s>>,
    /// How many requests came before it.
    pub(super) number: usize,
    /// What the request is about, as it was when it came in; only known where the server looks ahead.
    pub(super) seen: Option<&'s Arc<Resource>>,
}

impl Service {
    /// `InvalidInput` for a token that no header can carry.
    pub(super) fn new(base_url: String, mut options: Options) -> io::Result<Self> {
        let variants = options.variants.iter().flat_map(|variant| variant.info().hooks());
        let faults = options.faults.iter().flat_map(|fault| fault.info().hooks());
        let hooks = Hooks::new(variants.chain(faults));
        hooks.options(&mut options);
        let mut model = Model::new(&options.without);
        hooks.model(&mut model);
        let tenants = 0..=options.tenants.len() as u64;
        let store = |tenant| {
            let seed = options.seed.map(|seed| seed + tenant);
            Mutex::new(Store::new(base_url.clone(), seed, hooks.choices().clone()))
        };
        let mut service = Self {
            tokens: Tokens::new(&options)?,
            discovery: Discovery::new(&base_url, &options, &model, &hooks),
            stores: tenants.map(store).collect(),
            ledger: Mutex::new(Ledger::new(options.seed)),
            cursors: Mutex::new(Cursors::new(options.cursor_timeout, hooks.choices().clone())),
            requests: AtomicUsize::new(0),
            hooks,
            model,
            base_url,
            options,
        };
        if let Some(user) = service.options.user_token.clone() {
            service.add_user(&user)?;
        }
        Ok(service)
    }

    fn add_user(&mut self, user: &UserToken) -> io::Result<()> {
        let value = json!({ "schemas": [USER], "userName": user.user_name });
        let created = self.stores[0].lock().unwrap_or_else(PoisonError::into_inner).create(Kind::User, value);
        let created = created.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        oauth::api_key(&mut self.ledger(), &user.token, created.id.clone());
        self.tokens.add_user(&user.token, created.id.clone())
    }

    /// Answers a request: every failure on the way is an Error message.
    pub(super) fn answer(&self, request: &Request, seen: Option<&Seen>) -> Reply {
        let (seen, early) = match seen {
            Some(Seen::Resource(resource)) => (Some(resource), None),
            Some(Seen::Refresh(token)) => (None, Some(token)),
            None => (None, None),
        };
        let origin = self.base_url_for(request);
        let origin = origin.strip_suffix(BASE_PATH).unwrap_or(&origin);
        if let Some(reply) = oauth::answer(self, request, origin, early) {
            return reply;
        }
        let request = &*self.hooks.received(request);
        let base_url = self.base_url_for(request);
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let mut call = Call { service: self, request, base_url: &base_url, access: None, number, seen };
        let path = Route::parse(request.uri.path());
        let mut access = self.authenticate(request, path.as_ref(), &base_url);
        self.hooks.access(request, path.as_ref(), &mut access);
        call.access = access.as_ref().ok().copied().flatten();
        let route = path.filter(|route| self.has_route(route));
        let reply = access.and_then(|_| self.admit(call, route.as_ref()));
        let mut reply = reply.unwrap_or_else(|refusal| self.refuse(refusal));
        self.hooks.reply(call, route.as_ref(), &mut reply);
        reply
    }

    /// What the server uses as it was when the request came in, if there is such a thing.
    pub(super) fn look_ahead(&self, request: &Request) -> Option<Seen> {
        let early = oauth::early_refresh(self, request).map(Seen::Refresh);
        early.or_else(|| self.resource_ahead(request).map(Seen::Resource))
    }

    fn resource_ahead(&self, request: &Request) -> Option<Arc<Resource>> {
        let Some(Route::Resource(kind, id)) = Route::parse(request.uri.path()) else { return None };
        let changes = self.hooks.has(Choice::ChangeWhatWasSeen)
            && kind == Kind::Group
            && request.method == Method::PATCH;
        let judges = self.hooks.has(Choice::JudgeWhatWasSeen) && request.headers.contains_key(IF_MATCH);
        let base_url = self.base_url_for(request);
        let token = (changes || judges).then(|| auth::presented(&request.headers, None).ok())??;
        let access = self.access(token, &base_url).ok()?;
        self.store_of(access.tenant).get(kind, &id)
    }

    /// The Error message for a request that is not carried out.
    pub(super) fn refuse(&self, mut refusal: Refusal) -> Reply {
        self.tokens.without_tokens(&mut refusal.error.detail);
        self.ledger().without_secrets(&mut refusal.error.detail);
        refusal.into_reply()
    }

    /// What the client may do; `None` where that does not matter.
    fn authenticate(
        &self,
        request: &Request,
        route: Option<&Route>,
        base_url: &str,
    ) -> Result<Option<Access<'_>>, Refusal> {
        if self.options.disabled {
            // Whoever it is and whatever is asked for.
            return Err(auth::switched_off());
        }
        if route.is_some_and(Route::is_public) && !self.hooks.has(Choice::DiscoveryNeedsToken) {
            return Ok(None);
        }
        let query = request.uri.query();
        let in_query = self.hooks.has(Choice::TokenInQuery).then(|| query.and_then(token_in)).flatten();
        match in_query {
            Some(token) if !request.headers.contains_key(AUTHORIZATION) => {
                self.access(token.as_bytes(), base_url)
            }
            _ => self.access(auth::presented(&request.headers, query)?, base_url),
        }
        .map(Some)
    }

    /// What a token may do, wherever it comes from.
    fn access(&self, token: &[u8], base_url: &str) -> Result<Access<'_>, Refusal> {
        let text = std::str::from_utf8(token).unwrap_or_default();
        match self.tokens.access(token) {
            Some(Ok(access)) if access.subject.is_some() && !oauth::api_key_lives(self, text) => {
                Err(auth::challenge(401, "invalid_token", "The user of the bearer token is gone or inactive"))
            }
            Some(access) => access,
            None => oauth::access(self, text, base_url).unwrap_or_else(|| Err(auth::unknown())),
        }
    }

    fn admit(&self, call: Call<'_>, route: Option<&Route>) -> Result<Reply, Refusal> {
        let Request { method, headers, .. } = call.request;
        let route = route.ok_or_else(|| Refusal::new(404, "There is no such endpoint"))?;
        route.check_method(method)?;
        if let Some(access) = call.access {
            access.permit(route.only_reads(method))?;
        }
        if !self.hooks.has(Choice::IgnoreAccept) {
            negotiate::check_accept(headers)?;
        }
        self.hooks.admitted(call, route).map_or_else(|| dispatch(call, route), Ok)
    }

    fn has_route(&self, route: &Route) -> bool {
        route.kind().is_none_or(|kind| self.model.kinds().contains(&kind))
    }

    /// Whether a part of the protocol is there.
    pub(super) fn has(&self, feature: OptionalFeature) -> bool {
        !self.options.without.contains(&feature)
    }

    /// The resources of a tenant. Whoever needs the ledger too takes it afterwards.
    pub(super) fn store_of(&self, tenant: usize) -> MutexGuard<'_, Store> {
        // A panic elsewhere must not end the whole server.
        self.stores[tenant].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the authorization server has given out.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cursors that were given out.
    pub(super) fn cursors(&self) -> MutexGuard<'_, Cursors> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner)
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

/// The token in the query of a URL (RFC 6750 §2.3).
fn token_in(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "access_token").map(|(_, value)| value.into_owned())
}

fn dispatch(call: Call<'_>, route: &Route) -> Result<Reply, Refusal> {
    let kinds = call.service.model.kinds();
    match *route {
        Route::Root => query::by_url(call, kinds),
        Route::Search(None) => query::by_search(call, kinds),
        Route::Search(Some(kind)) => query::by_search(call, &[kind]),
        Route::Collection(kind) if call.request.method == Method::POST => resources::create(call, kind),
        Route::Collection(kind) => query::by_url(call, &[kind]),
        Route::Resource(kind, ref id) => resources::serve(call, kind, id),
        Route::ServiceProviderConfig => discovery::config(call),
        Route::ResourceTypes => discovery::resource_types(call),
        Route::ResourceType(ref name) => discovery::resource_type(call, name),
        Route::Schemas => discovery::schemas(call),
        Route::Schema(ref urn) => discovery::schema(call, urn),
        Route::Bulk => bulk::serve(call),
        Route::Me => me::serve(call),
    }
}

impl<'s> Call<'s> {
    /// The answer to another request of the same client, to a path below the base URL.
    pub(super) fn nested(self, request: &Request) -> Reply {
        let request = &*self.service.hooks.received(request);
        let call = Call { request, ..self };
        let route = Route::parse(request.uri.path()).filter(|route| self.service.has_route(route));
        let carry_out = || {
            let route = route.as_ref().ok_or_else(|| Refusal::new(404, "There is no such endpoint"))?;
            route.check_method(&request.method)?;
            dispatch(call, route)
        };
        let mut reply = carry_out().unwrap_or_else(|refusal| self.service.refuse(refusal));
        self.service.hooks.reply(call, route.as_ref(), &mut reply);
        reply
    }

    /// The resources of the client's tenant. The lock is never held across an await, since nothing here is
    /// asynchronous.
    pub(super) fn store(&self) -> MutexGuard<'s, Store> {
        self.service.store_of(self.access.map_or(0, |access| access.tenant))
    }

    /// The schemas of a resource type.
    pub(super) fn schemas(&self, kind: Kind) -> &'s ResourceSchemas {
        self.service.model.schemas(kind)
    }

    /// Whether a part of the protocol is there.
    pub(super) fn has(&self, feature: OptionalFeature) -> bool {
        self.service.has(feature)
    }

    /// 501 without a part of the protocol (RFC 7644 §3.2 and §3.12).
    pub(super) fn demand(&self, feature: OptionalFeature, what: &str) -> Result<(), Refusal> {
        if self.has(feature) {
            return Ok(());
        }
        Err(Refusal::new(501, format!("{what} is not supported")))
    }

    /// The resource as this client is to see it (RFC 7644 §3.9).
    pub(super) fn present(&self, resource: &Resource, projection: &Projection) -> Value {
        let mut shown = project(&resource.value, self.schemas(resource.kind), projection);
        self.localise(&mut shown);
        if !self.has(OptionalFeature::Etag)
            && let Some(meta) = shown.get_mut("meta").and_then(Value::as_object_mut)
        {
            meta.shift_remove("version");
        }
        self.service.hooks.shown(*self, resource.kind, projection, &mut shown);
        shown
    }

    /// The resource as it is, or as it was when the request came in if that is how the server does it.
    pub(super) fn as_seen<'r>(&self, choice: Choice, current: &'r Arc<Resource>) -> &'r Arc<Resource>
    where
        's: 'r,
    {
        self.seen.filter(|_| self.chooses(choice)).unwrap_or(current)
    }

    /// Whether the server takes another way than the usual one.
    pub(super) fn chooses(&self, choice: Choice) -> bool {
        self.service.hooks.has(choice)
    }

    /// Says where a resource is and which version it has (RFC 7644 §3.3 and §3.14).
    pub(super) fn about(&self, reply: Reply, resource: &Resource) -> Reply {
        let reply = reply.with(LOCATION, self.location(resource));
        if self.has(OptionalFeature::Etag) { reply.with(ETAG, &resource.version) } else { reply }
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
        format!("{}/{}/{}", self.base_url, resource.kind.segment(), location::segment(&resource.id))
    }
}
