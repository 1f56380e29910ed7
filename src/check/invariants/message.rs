//! Invariants of messages: errors and lists.

use serde_json::Value;
use url::Url;

use super::Judged;
use super::view::{Kind, View, search_body};
use crate::check::explain;
use crate::check::matcher::EDGE;
use crate::scim::urn;

fn error_response<'a>(view: &View<'a>) -> Option<(&'a crate::model::Response, bool)> {
    match view.kind {
        Kind::Error => view.response.map(|response| (response, EDGE.contains(&response.status))),
        _ => None,
    }
}

fn names(body: &Value, urn: &str) -> bool {
    let schemas = body.get("schemas").and_then(Value::as_array);
    schemas.is_some_and(|schemas| schemas.iter().any(|schema| schema.as_str() == Some(urn)))
}

pub(super) fn error_body(view: &View<'_>) -> Judged {
    let Some((response, edge)) = error_response(view) else { return Judged::NotApplicable };
    // Server errors have a finding of their own, and so has an answer to HEAD no body.
    if response.status >= 500 && response.status != 501 || view.exchange.request.method == "HEAD" {
        return Judged::NotApplicable;
    }
    let wanted = format!("a JSON body with schemas [\"{}\"]", urn::ERROR);
    let got = match response.body.json() {
        Some(body) if names(body, urn::ERROR) => return Judged::Holds,
        Some(body) => explain::value(body),
        None => explain::body(&response.body),
    };
    let got = format!("{got} (status {})", response.status);
    // Gateways and routers answer these before any SCIM code runs; outside the known endpoints too.
    if edge || !below_an_endpoint(view) {
        Judged::warn("the body", &wanted, &got)
    } else {
        Judged::broken("the body", &wanted, &got)
    }
}

fn below_an_endpoint(view: &View<'_>) -> bool {
    let base = view.context.base_url.path().trim_end_matches('/');
    let Ok(url) = Url::parse(&view.exchange.request.url) else { return false };
    let Some(below) = url.path().strip_prefix(base) else { return false };
    let known = view.context.resources.iter().map(|resource| resource.resource_type.endpoint.as_str());
    let own = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Bulk", "/Me", "/.search"];
    known.chain(own).any(|endpoint| below == endpoint || below.starts_with(&format!("{endpoint}/")))
}

pub(super) fn error_status(view: &View<'_>) -> Judged {
    let Some((response, _)) = error_response(view) else { return Judged::NotApplicable };
    let Some(body) = response.body.json().filter(|body| names(body, urn::ERROR)) else {
        return Judged::NotApplicable;
    };
    let wanted = format!("\"{}\", the HTTP status as a JSON string", response.status);
    let given = body.get("status");
    let holds = given.and_then(Value::as_str) == Some(&response.status.to_string());
    Judged::of(holds, "status", &wanted, || given.map_or_else(|| "nothing".to_owned(), explain::value))
}

fn list<'v>(view: &'v View<'_>) -> Option<&'v Value> {
    match &view.kind {
        Kind::List { body, .. } => Some(body),
        _ => None,
    }
}

fn number(body: &Value, name: &str) -> Option<u64> {
    body.get(name).and_then(Value::as_u64)
}

fn page_length(body: &Value) -> u64 {
    body.get("Resources").and_then(Value::as_array).map_or(0, |resources| resources.len() as u64)
}

/// Whether a list is a page by cursor (RFC 9865 §2): it names a neighbour, or was asked for by `cursor`. The last page
/// names none, if the server does without `previousCursor`.
fn is_by_cursor(view: &View<'_>, body: &Value) -> bool {
    let names_neighbour = ["nextCursor", "previousCursor"].iter().any(|name| body.get(name).is_some());
    let request = &view.exchange.request;
    let in_url =
        Url::parse(&request.url).is_ok_and(|url| url.query_pairs().any(|(name, _)| name == "cursor"));
    let in_body =
        || request.method == "POST" && search_body(request).is_some_and(|body| body.get("cursor").is_some());
    names_neighbour || in_url || in_body()
}

pub(super) fn list_response(view: &View<'_>) -> Judged {
    let Some(body) = list(view) else { return Judged::NotApplicable };
    let wanted = format!("schemas [\"{}\"]", urn::LIST_RESPONSE);
    let got = || body.get("schemas").map_or_else(|| explain::value(body), explain::value);
    Judged::of(names(body, urn::LIST_RESPONSE), "schemas", &wanted, got)
}

/// With cursors totalResults may be omitted (RFC 9865 §2, `cursor-totalresults`).
pub(super) fn list_total(view: &View<'_>) -> Judged {
    let Some(body) = list(view) else { return Judged::NotApplicable };
    let length = page_length(body);
    let given = body.get("totalResults");
    if given.is_none() && is_by_cursor(view, body) {
        return Judged::NotApplicable;
    }
    let holds = number(body, "totalResults").is_some_and(|total| total >= length);
    let wanted = format!("a number of at least {length}, the resources in this page");
    Judged::of(holds, "totalResults", &wanted, || given.map_or_else(|| "nothing".to_owned(), explain::value))
}

pub(super) fn list_items_per_page(view: &View<'_>) -> Judged {
    let Some(body) = list(view) else { return Judged::NotApplicable };
    let Some(given) = body.get("itemsPerPage").filter(|given| !given.is_null()) else {
        return Judged::NotApplicable;
    };
    let length = page_length(body);
    let wanted = format!("{length}, the number of resources in this page");
    match given.as_u64() {
        Some(stated) if stated == length => Judged::Holds,
        // The example of RFC 7644 §3.4.2 shows the size that was asked for (erratum 6010).
        Some(stated) if stated > length => Judged::warn("itemsPerPage", &wanted, &explain::value(given)),
        _ => Judged::broken("itemsPerPage", &wanted, &explain::value(given)),
    }
}

pub(super) fn list_partial(view: &View<'_>) -> Judged {
    let Some(body) = list(view) else { return Judged::NotApplicable };
    let partial = number(body, "totalResults").is_some_and(|total| total > page_length(body));
    // A page without resources (count=0) is a count, not a part of a list.
    if !partial || is_by_cursor(view, body) || page_length(body) == 0 {
        return Judged::NotApplicable;
    }
    let missing: Vec<_> =
        ["startIndex", "itemsPerPage"].into_iter().filter(|name| number(body, name).is_none()).collect();
    Judged::of(missing.is_empty(), "the body", "startIndex and itemsPerPage in a partial page", || {
        format!("no {}", missing.join(" and no "))
    })
}

pub(super) fn list_within_count(view: &View<'_>) -> Judged {
    let Some(body) = list(view) else { return Judged::NotApplicable };
    let request = &view.exchange.request;
    let in_query = Url::parse(&request.url).ok().and_then(|url| {
        url.query_pairs().find(|(name, _)| name == "count").and_then(|(_, value)| value.parse::<i64>().ok())
    });
    let is_search = request.method == "POST";
    let asked = in_query.or_else(|| search_body(request).filter(|_| is_search)?.get("count")?.as_i64());
    let Some(count) = asked else { return Judged::NotApplicable };
    // Discovery ignores paging (RFC 7644 §4).
    if ["/Schemas", "/ResourceTypes"]
        .iter()
        .any(|end| request.url.split('?').next().unwrap_or_default().ends_with(end))
    {
        return Judged::NotApplicable;
    }
    let wanted = u64::try_from(count).unwrap_or(0);
    let length = page_length(body);
    Judged::of(length <= wanted, "Resources", &format!("at most {wanted} resources"), || {
        format!("{length} resources")
    })
}
