//! Queries, by URL or by `.search` (RFC 7644 §3.4.2 and §3.4.3).

use std::borrow::Cow;
use std::cmp::Reverse;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::Value;
use url::form_urlencoded;

use super::kind::Kind;
use super::negotiate::json_body;
use super::reply::{Refusal, Reply};
use super::service::Call;
use super::store::Resource;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{Filter, asks_for_secrets, matches, validate};
use crate::scim::projection::Projection;
use crate::scim::search::{SearchRequest, list_response};
use crate::scim::sort::{SortOrder, check_sort_by, sort_key};

/// A query with its parameters in the URL.
pub(super) fn by_url(call: Call<'_>, kinds: &[Kind]) -> Result<Reply, Refusal> {
    let search = SearchRequest::from_parameters(pairs(call))?;
    let asks_for_secrets = |filter| kinds.iter().any(|kind| asks_for_secrets(filter, kind.schemas()));
    if search.filter.as_ref().is_some_and(asks_for_secrets) {
        // RFC 7644 §7.5.2: URLs end up in logs.
        let detail = "A URL must not carry the value of an attribute that is never returned";
        return Err(ScimError::of(ScimType::Sensitive, detail).into());
    }
    run(call, kinds, &search)
}

/// A query with its parameters in the body.
pub(super) fn by_search(call: Call<'_>, kinds: &[Kind]) -> Result<Reply, Refusal> {
    run(call, kinds, &SearchRequest::from_value(&json_body(call.request)?)?)
}

/// What `attributes` and `excludedAttributes` in the URL ask for.
pub(super) fn projection(call: Call<'_>, kind: Kind) -> Result<Projection, Refusal> {
    let pairs = pairs(call).filter(|(name, _)| name == "attributes" || name == "excludedAttributes");
    Ok(SearchRequest::from_parameters(pairs)?.projection(kind.schemas())?)
}

fn pairs(call: Call<'_>) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(call.request.uri.query().unwrap_or_default().as_bytes())
}

fn run(call: Call<'_>, kinds: &[Kind], search: &SearchRequest) -> Result<Reply, Refusal> {
    let projections = kinds.iter().map(|kind| Ok((*kind, search.projection(kind.schemas())?)));
    let projections = projections.collect::<Result<Vec<_>, ScimError>>()?;
    for kind in kinds {
        search.filter.as_ref().map_or(Ok(()), |filter| validate(filter, kind.schemas()))?;
        search.sort_by.as_ref().map_or(Ok(()), |by| check_sort_by(by, kind.schemas()))?;
    }
    // Only references leave the lock: resources are never changed in place while somebody looks at them.
    let candidates = call.service.store().list(kinds);
    let mut found = select(call, candidates, search.filter.as_ref());
    sort(&mut found, search);
    let page = search.page(found.len(), call.service.max_results);
    let shown = found[page].iter().map(|resource| {
        let projection = projections.iter().find(|(kind, _)| *kind == resource.kind);
        projection.map_or(Value::Null, |(_, projection)| call.present(resource, projection))
    });
    let list = list_response(found.len(), search.start_index, shown.collect());
    Ok(Reply::json(StatusCode::OK, &list))
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
        matches(filter, &value, resource.kind.schemas())
    });
    resources
}

fn sort(resources: &mut [Arc<Resource>], search: &SearchRequest) {
    let Some(by) = &search.sort_by else { return };
    let key = |resource: &Arc<Resource>| sort_key(&resource.value, by, resource.kind.schemas());
    match search.sort_order {
        SortOrder::Ascending => resources.sort_by_cached_key(key),
        SortOrder::Descending => resources.sort_by_cached_key(|resource| Reverse(key(resource))),
    }
}
