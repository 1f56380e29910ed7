//! Queries, by URL or by `.search` (RFC 7644 §3.4.2 and §3.4.3).

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;
use url::form_urlencoded;

use super::choice::Choice;
use super::cursor::{self, Walk};
use super::kind::Kind;
use super::negotiate::json_body;
use super::options::OptionalFeature;
use super::reply::{Refusal, Reply};
use super::service::Call;
use super::store::Resource;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{Filter, asks_for_secrets, matches, validate};
use crate::scim::projection::Projection;
use crate::scim::search::{SearchRequest, cursor_response, list_response};
use crate::scim::sort::{SortOrder, check_sort_by, sort_key};

/// A query with its parameters in the URL.
pub(super) fn by_url(call: Call<'_>, kinds: &[Kind]) -> Result<Reply, Refusal> {
    let search = SearchRequest::from_parameters(pairs(call))?;
    let asks_for_secrets = |filter| kinds.iter().any(|kind| asks_for_secrets(filter, call.schemas(*kind)));
    if search.filter.as_ref().is_some_and(asks_for_secrets) && !call.chooses(Choice::SecretsInUrls) {
        // RFC 7644 §7.5.2: URLs end up in logs.
        let detail = "A URL must not carry the value of an attribute that is never returned";
        return Err(ScimError::of(ScimType::Sensitive, detail).into());
    }
    run(call, kinds, search)
}

/// A query with its parameters in the body.
pub(super) fn by_search(call: Call<'_>, kinds: &[Kind]) -> Result<Reply, Refusal> {
    call.demand(OptionalFeature::Search, "A query by POST")?;
    run(call, kinds, SearchRequest::from_value(&json_body(call.request)?)?)
}

/// What `attributes` and `excludedAttributes` in the URL ask for.
pub(super) fn projection(call: Call<'_>, kind: Kind) -> Result<Projection, Refusal> {
    let pairs = pairs(call).filter(|(name, _)| name == "attributes" || name == "excludedAttributes");
    let mut search = SearchRequest::from_parameters(pairs)?;
    call.service.hooks.search(call, &[kind], &mut search)?;
    Ok(search.projection(call.schemas(kind))?)
}

fn pairs(call: Call<'_>) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let pairs = form_urlencoded::parse(call.request.uri.query().unwrap_or_default().as_bytes());
    pairs.filter(move |(name, value)| call.service.hooks.keeps_parameter(name, value))
}

fn run(call: Call<'_>, kinds: &[Kind], mut search: SearchRequest) -> Result<Reply, Refusal> {
    call.service.hooks.search(call, kinds, &mut search)?;
    if search.filter.is_some() {
        call.demand(OptionalFeature::Filter, "Filtering")?;
    }
    if !call.has(OptionalFeature::Sort) {
        search.sort_by = None;
    }
    if !call.has(OptionalFeature::Cursor) {
        search.cursor = None;
    }
    if search.cursor.is_none() && !search.by_index && call.chooses(Choice::CursorByDefault) {
        search.cursor = Some(String::new());
    }
    let view = View::new(call, kinds, &search)?;
    let list = match search.cursor.as_deref() {
        None => {
            let found = find(call, kinds, &mut search);
            search.count.get_or_insert(call.service.options.page_size());
            let page = search.page(found.len(), call.service.options.max_results);
            list_response(found.len(), search.start_index, view.show(&found[page]))
        }
        Some("") => first_page(call, kinds, &mut search, &view),
        Some(token) => next_page(call, kinds, &search, token, &view)?,
    };
    Ok(Reply::json(StatusCode::OK, list))
}

/// How the resources of each type are shown.
struct View<'s> {
    call: Call<'s>,
    projections: Vec<(Kind, Projection)>,
}

impl<'s> View<'s> {
    /// Judges all that a query says about attributes.
    fn new(call: Call<'s>, kinds: &[Kind], search: &SearchRequest) -> Result<Self, ScimError> {
        let mut projections = Vec::with_capacity(kinds.len());
        for kind in kinds {
            let schemas = call.schemas(*kind);
            projections.push((*kind, search.projection(schemas)?));
            let tells =
                |filter: &&Filter| call.chooses(Choice::SecretsInUrls) && asks_for_secrets(filter, schemas);
            let judged = search.filter.as_ref().filter(|filter| !tells(filter));
            judged.map_or(Ok(()), |filter| validate(filter, schemas))?;
            search.sort_by.as_ref().map_or(Ok(()), |by| check_sort_by(by, schemas))?;
        }
        Ok(Self { call, projections })
    }

    fn show(&self, resources: &[Arc<Resource>]) -> Vec<Value> {
        let shown = resources.iter().map(|resource| {
            let projection = self.projections.iter().find(|(kind, _)| *kind == resource.kind);
            projection.map_or(Value::Null, |(_, projection)| self.call.present(resource, projection))
        });
        shown.collect()
    }
}

fn first_page(call: Call<'_>, kinds: &[Kind], search: &mut SearchRequest, view: &View<'_>) -> Value {
    let found = find(call, kinds, search);
    let options = &call.service.options;
    let walk = Arc::new(Walk {
        actor: call.access.map_or(0, |access| access.actor),
        kinds: kinds.to_vec(),
        search: cursor::query_of(search),
        size: search.count.unwrap_or(options.page_size()).min(options.max_results),
        found: found.iter().map(|resource| (resource.kind, resource.id.clone())).collect(),
    });
    let mut list = cursor_response(found.len(), view.show(&found[..found.len().min(walk.size)]));
    call.service.cursors().neighbours(&walk, 0).name_in(&mut list);
    list
}

fn next_page(
    call: Call<'_>,
    kinds: &[Kind],
    search: &SearchRequest,
    token: &str,
    view: &View<'_>,
) -> Result<Value, ScimError> {
    let actor = call.access.map_or(0, |access| access.actor);
    let cursor = call.service.cursors().find(token, actor, kinds, search)?;
    let walk = cursor.walk();
    // Only where the count may change.
    let size = search.count.map_or(walk.size, |count| count.min(call.service.options.max_results));
    let walk = if size == walk.size { Arc::clone(walk) } else { Arc::new(walk.with_size(size)) };
    let end = walk.found.len().min(cursor.offset + walk.size);
    let store = call.store();
    // What was deleted since the first page is not there any more.
    let page = walk.found[cursor.offset..end].iter().filter_map(|(kind, id)| store.get(*kind, id));
    let page: Vec<Arc<Resource>> = page.collect();
    drop(store);
    let mut list = cursor_response(walk.found.len(), view.show(&page));
    call.service.cursors().neighbours(&walk, cursor.offset).name_in(&mut list);
    Ok(list)
}

/// The resources that the query asks for, in order.
fn find(call: Call<'_>, kinds: &[Kind], search: &mut SearchRequest) -> Vec<Arc<Resource>> {
    // Only references leave the lock: resources are never changed in place while somebody looks at them.
    // Where filters are judged in another way, an index knows too little.
    let filter = search.filter.as_ref().filter(|_| !call.service.hooks.judge_filters());
    let candidates = call.store().candidates(kinds, filter);
    let mut found = select(call, candidates, search.filter.as_ref());
    if call.chooses(Choice::NewestFirst) {
        found.reverse();
    }
    sort(call, &mut found, search);
    call.service.hooks.found(call, search, &mut found);
    found
}

fn select(call: Call<'_>, mut resources: Vec<Arc<Resource>>, filter: Option<&Filter>) -> Vec<Arc<Resource>> {
    let Some(filter) = filter else { return resources };
    let is_local = call.is_local();
    resources.retain(|resource| {
        let mut value = Cow::Borrowed(&resource.value);
        if !is_local {
            // Filters see the URLs that the client sees.
            call.localise(value.to_mut());
        }
        let fits = matches(filter, &value, call.schemas(resource.kind));
        call.service.hooks.matches(call, filter, resource, fits)
    });
    resources
}

fn sort(call: Call<'_>, resources: &mut [Arc<Resource>], search: &SearchRequest) {
    let Some(by) = &search.sort_by else { return };
    let key = |resource: &Arc<Resource>| sort_key(&resource.value, by, call.schemas(resource.kind));
    match search.sort_order {
        SortOrder::Ascending => resources.sort_by_cached_key(key),
        SortOrder::Descending => resources.sort_by_cached_key(|resource| Reverse(key(resource))),
    }
}
