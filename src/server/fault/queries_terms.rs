//! Filters that fail because of one thing in them, and queries that fail because of one parameter.

use axum::http::Method;

use super::failing::{break_down, fails_if, filter_fails, our_fault, term_fails};
use super::parts::resources;
use super::{FaultInfo, fault};
use crate::scim::attribute_path::AttributePath;
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::projection::{Projection, project};
use crate::scim::search::SearchRequest;
use crate::scim::sort::SortOrder;
use crate::server::edit::{
    any_term, each_term, fail, is_read, is_search, list, parameter, paths, refusal, target,
};
use crate::server::hook::Hook;
use crate::server::kind::Kind;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "query-with-pr-fails",
        &[Hook::Search(|_, _, search| term_fails(search, &|term| matches!(term, Filter::Present(_))))],
    ),
    fault(
        "query-with-pr-of-a-part-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(search, &|term| matches!(term, Filter::Present(path) if path.sub.is_some()))
        })],
    ),
    fault(
        "conjunction-with-false-fails",
        &[Hook::Search(|_, _, search| {
            conjunction_fails(search, |term| {
                matches!(term, Filter::Compare { value: Literal::Bool(false), .. })
            })
        })],
    ),
    fault(
        "conjunction-with-true-fails",
        &[Hook::Search(|_, _, search| {
            conjunction_fails(search, |term| {
                matches!(term, Filter::Compare { value: Literal::Bool(true), .. })
            })
        })],
    ),
    fault(
        "conjunction-with-absence-fails",
        &[Hook::Search(|_, _, search| {
            conjunction_fails(
                search,
                |term| matches!(term, Filter::Not(inner) if matches!(**inner, Filter::Present(_))),
            )
        })],
    ),
    fault(
        "conjunction-that-ends-in-not-fails",
        &[Hook::Search(|_, _, search| {
            filter_fails(
                search,
                |filter| matches!(filter, Filter::And(terms) if matches!(terms.last(), Some(Filter::Not(_)))),
            )
        })],
    ),
    fault(
        "conjunction-with-or-fails",
        &[Hook::Search(|_, _, search| conjunction_fails(search, |term| matches!(term, Filter::Or(_))))],
    ),
    fault(
        "conjunction-out-of-order-fails",
        &[Hook::Search(|_, _, search| filter_fails(search, is_out_of_order))],
    ),
    fault(
        "not-of-or-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(search, &|term| matches!(term, Filter::Not(inner) if matches!(**inner, Filter::Or(_))))
        })],
    ),
    fault(
        "co-alone-fails",
        &[Hook::Search(|_, _, search| {
            filter_fails(search, |filter| matches!(filter, Filter::Compare { operator: Operator::Co, .. }))
        })],
    ),
    fault(
        "query-by-order-of-user-names-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(search, &|term| {
                use Operator::{Ge, Gt, Le, Lt};
                matches!(term, Filter::Compare { path, operator: Gt | Ge | Lt | Le, .. } if is(path, "userName"))
            })
        })],
    ),
    fault("query-by-display-name-fails", &[Hook::Search(|_, _, search| path_fails(search, "displayName"))]),
    fault("query-by-email-fails", &[Hook::Search(|_, _, search| path_fails(search, "emails"))]),
    fault("query-by-id-fails", &[Hook::Search(|_, _, search| path_fails(search, "id"))]),
    fault(
        "query-by-created-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(search, &|term| {
                paths(term).iter().any(|path| path.sub.as_deref().is_some_and(|sub| sub == "created"))
            })
        })],
    ),
    fault(
        "unset-active-is-a-word-and-found-by-everything",
        &[
            Hook::Search(|_, _, search| {
                search.filter.iter_mut().for_each(|filter| each_term(filter, &ignore_active));
                Ok(())
            }),
            Hook::Shown(|_, kind, _, shown| {
                if kind == Kind::User && shown.get("active").is_none() {
                    shown["active"] = "unknown".into();
                }
            }),
        ],
    ),
    fault(
        "name-in-url-refused-as-filter",
        &[Hook::Search(|call, _, search| {
            let named = |term: &Filter| matches!(term, Filter::Compare { path, operator: Operator::Eq, .. } if is(path, "userName"));
            let asked = search.filter.as_ref().is_some_and(|filter| any_term(filter, &named));
            if asked && call.request.method == Method::GET {
                return Err(with_status(403, refusal(ScimType::InvalidFilter, "No names in URLs")));
            }
            Ok(())
        })],
    ),
    fault(
        "parentheses-beside-and-fail",
        &[Hook::Admitted(|call, _| {
            raw_fails(call, |filter| {
                !filter.contains("not (") && (filter.contains(") and ") || filter.contains(" and ("))
            })
        })],
    ),
    fault(
        "filter-with-escapes-fails",
        &[Hook::Admitted(|call, _| raw_fails(call, |filter| filter.contains('\\')))],
    ),
    fault(
        "filter-beyond-ascii-fails",
        &[Hook::Admitted(|call, _| raw_fails(call, |filter| !filter.is_ascii()))],
    ),
    fault(
        "operator-in-a-text-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(
                search,
                &|term| matches!(term, Filter::Compare { value: Literal::String(text), .. } if text.contains(" eq ")),
            )
        })],
    ),
    fault(
        "match-in-other-letter-case-fails",
        &[Hook::Reply(|call, _, reply| {
            let filter = parameter(call.request, "filter").unwrap_or_default();
            let text = filter.split('"').nth(1).unwrap_or_default().to_owned();
            let Some(found) = list(reply).and_then(|list| list.get("Resources")).map(ToString::to_string)
            else {
                return;
            };
            if !found.contains(&text) && found.to_lowercase().contains(&text.to_lowercase()) {
                break_down(reply);
            }
        })],
    ),
    fault("deep-filter-breaks-the-next", &[Hook::Admitted(|call, _| after_deep(call).then(our_fault))]),
    fault(
        "deep-filter-is-kept",
        &[Hook::Search(|call, _, search| {
            if after_deep(call) {
                search.filter = None;
            }
            Ok(())
        })],
    ),
    fault(
        "apostrophe-in-a-filter-shows-sql",
        &[Hook::Reply(|call, _, reply| {
            if parameter(call.request, "filter").is_some_and(|filter| filter.contains('\'')) {
                fail(reply, 500, "SQLSTATE[42601]: syntax error at or near \"1\"");
            }
        })],
    ),
    fault(
        "descending-order-fails",
        &[Hook::Search(|_, _, search| fails_if(search.sort_order == SortOrder::Descending))],
    ),
    fault(
        "sorted-list-repeats-the-first",
        &[Hook::Reply(|call, _, reply| {
            let resources = resources(reply).filter(|_| parameter(call.request, "sortBy").is_some());
            if let Some(resources) = resources
                && let Some(first) = resources.first().cloned()
            {
                resources.fill(first);
            }
        })],
    ),
    fault(
        "search-counts-one-more",
        &[Hook::Reply(|call, _, reply| {
            if let Some(total) =
                list(reply).filter(|_| is_search(call.request)).and_then(|list| list.get_mut("totalResults"))
            {
                *total = (total.as_u64().unwrap_or_default() + 1).into();
            }
        })],
    ),
    fault("excluding-what-is-there-fails", &[Hook::Admitted(excluding_fails)]),
    fault(
        "excluding-the-id-fails",
        &[Hook::Search(|_, _, search| fails_if(search.excluded_attributes.as_deref() == Some("id")))],
    ),
];

fn is(path: &AttributePath, name: &str) -> bool {
    path.name.eq_ignore_ascii_case(name)
}

/// Fails if a term of a conjunction is like this, and no `or` stands above it.
fn conjunction_fails(search: &SearchRequest, such: fn(&Filter) -> bool) -> Result<(), Refusal> {
    filter_fails(search, |filter| matches!(filter, Filter::And(terms) if terms.iter().any(such)))
}

fn path_fails(search: &SearchRequest, name: &str) -> Result<(), Refusal> {
    term_fails(search, &|term| paths(term).iter().any(|path| is(path, name)))
}

/// Whether a conjunction names its attributes in another order than that of the alphabet.
fn is_out_of_order(filter: &Filter) -> bool {
    matches!(filter, Filter::And(_)) && !paths(filter).is_sorted_by_key(|path| &path.name)
}

/// Makes what is said about `active` hold for everybody.
fn ignore_active(term: &mut Filter) {
    if paths(term).iter().any(|path| is(path, "active")) {
        *term = Filter::Present(AttributePath::attribute("id"));
    }
}

fn with_status(status: u16, mut refusal: Refusal) -> Refusal {
    refusal.error.status = status;
    refusal
}

/// Fails if the filter, as it stands in the URL, is like this.
fn raw_fails(call: Call<'_>, such: fn(&str) -> bool) -> Option<Reply> {
    parameter(call.request, "filter").filter(|filter| such(filter)).map(|_| our_fault())
}

/// Whether a filter asks for a text that a deeply nested one asked for before.
fn after_deep(call: Call<'_>) -> bool {
    let filter = parameter(call.request, "filter").unwrap_or_default();
    let key = format!("deep {}", filter.split('"').nth(1).unwrap_or_default());
    if filter.matches('(').count() > 10 {
        call.service.hooks.times(key);
        return false;
    }
    call.service.hooks.happened(&key) > 0
}

/// Fails if `excludedAttributes` takes something away.
fn excluding_fails(call: Call<'_>, route: &Route) -> Option<Reply> {
    let excluded = parameter(call.request, "excludedAttributes")?;
    let resource = target(call, route).filter(|_| is_read(call))?;
    let schemas = call.schemas(resource.kind);
    let less = Projection::parse(None, Some(&excluded), schemas).ok()?;
    let shown = |projection: &Projection| project(&resource.value, schemas, projection);
    (shown(&less) != shown(&Projection::default())).then(our_fault)
}
