//! Parts of queries that fail or mean something else: each of these is about one part of a query.

use serde_json::{Map, Value, json};

use super::failing::{break_down, fails_if, term_fails};
use super::parts::{remove, resources};
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::search::SearchRequest;
use crate::server::edit::{any_term, fail_with, is_empty, is_search, list, parameter, paths, refusal};
use crate::server::hook::Hook;
use crate::server::options::OptionalFeature;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "query-with-sw-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(
                search,
                &|term| matches!(term, Filter::Compare { path, operator: Operator::Sw, .. } if !path.name.eq_ignore_ascii_case("userName")),
            )
        })],
    ),
    fault("prefix-without-match-fails", &[Hook::Reply(|call, _, reply| fail_in_vain(call, reply, " sw "))]),
    fault("suffix-without-match-fails", &[Hook::Reply(|call, _, reply| fail_in_vain(call, reply, " ew "))]),
    fault("prefix-that-is-all-fails", &[Hook::Reply(|call, _, reply| fail_on_whole(call, reply, " sw "))]),
    fault("suffix-that-is-all-fails", &[Hook::Reply(|call, _, reply| fail_on_whole(call, reply, " ew "))]),
    fault(
        "query-with-true-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(search, &|term| matches!(term, Filter::Compare { value: Literal::Bool(true), .. }))
        })],
    ),
    fault(
        "query-in-capitals-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(search, &|term| {
                let shouts = |text: &str| text.chars().filter(|c| c.is_uppercase()).count() > 3;
                matches!(term, Filter::Compare { value: Literal::String(text), .. } if shouts(text))
            })
        })],
    ),
    fault(
        "not-of-a-combination-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(
                search,
                &|term| matches!(term, Filter::Not(inner) if matches!(**inner, Filter::And(_) | Filter::Or(_))),
            )
        })],
    ),
    fault(
        "unreadable-page-parameter-empties-list",
        &[
            Hook::Parameter(is_page),
            Hook::Reply(|call, _, reply| {
                let odd =
                    |name: &str| parameter(call.request, name).is_some_and(|value| !is_page(name, &value));
                if let Some(list) = list(reply).filter(|_| odd("count") || odd("startIndex")) {
                    list.insert("totalResults".to_owned(), 0.into());
                    list.insert("Resources".to_owned(), json!([]));
                }
            }),
        ],
    ),
    fault(
        "empty-page-parameter-refused-as-mutability",
        &[Hook::Admitted(|call, route| {
            let unusable = |name: &str| {
                parameter(call.request, name).is_some_and(|value| value.is_empty() || value.len() > 18)
            };
            let refused =
                matches!(route, Route::Collection(_)) && (unusable("count") || unusable("startIndex"));
            refused.then(|| refusal(ScimType::Mutability, "This cannot be changed").into_reply())
        })],
    ),
    fault(
        "malformed-attribute-names-hide-everything",
        &[Hook::Reply(|call, route, reply| {
            let names = parameter(call.request, "attributes")
                .or_else(|| parameter(call.request, "excludedAttributes"));
            if matches!(route, Some(Route::Resource(..))) && names.is_some() && reply.status.as_u16() == 400 {
                *reply =
                    Reply::json(axum::http::StatusCode::OK, json!({ "schemas": [crate::scim::urn::USER] }));
            }
        })],
    ),
    fault(
        "lists-show-the-first-tenant",
        &[Hook::Access(|_, route, access| {
            if let (Some(Route::Collection(_)), Ok(Some(access))) = (route, access) {
                access.tenant = 0;
            }
        })],
    ),
    fault("query-with-co-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Co))]),
    fault("query-with-ew-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Ew))]),
    fault("query-with-ge-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Ge))]),
    fault("query-with-lt-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Lt))]),
    fault("query-with-le-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Le))]),
    fault(
        "query-with-not-fails",
        &[Hook::Search(|_, _, search| term_fails(search, &|term| matches!(term, Filter::Not(_))))],
    ),
    fault(
        "query-whose-text-has-capitals-fails",
        &[Hook::Search(|_, _, search| {
            term_fails(
                search,
                &|term| matches!(term, Filter::Compare { value: Literal::String(text), .. } if text.chars().any(char::is_uppercase)),
            )
        })],
    ),
    fault(
        "value-path-refused-without-reason",
        &[Hook::Search(|_, _, search| {
            let has = search
                .filter
                .as_ref()
                .is_some_and(|filter| any_term(filter, &|term| matches!(term, Filter::ValuePath { .. })));
            if has { Err(Refusal::new(400, "Brackets are not supported")) } else { Ok(()) }
        })],
    ),
    fault("second-page-fails", &[Hook::Search(|_, _, search| fails_if(search.start_index > 1))]),
    fault("third-page-fails", &[Hook::Search(|_, _, search| fails_if(search.start_index > 2))]),
    fault("fourth-page-fails", &[Hook::Search(|_, _, search| fails_if(search.start_index > 3))]),
    fault(
        "page-beyond-the-end-fails",
        &[Hook::Reply(|_, _, reply| {
            fail_on_list(reply, |list| {
                list.get("totalResults") != Some(&json!(0))
                    && list.get("Resources").is_some_and(is_empty)
                    && list.contains_key("startIndex")
            });
        })],
    ),
    fault("next-cursor-fails", &[Hook::Search(|_, _, search| fails_if(is_later(search)))]),
    fault(
        "last-cursor-fails",
        &[Hook::Reply(|_, _, reply| {
            fail_on_list(reply, |list| {
                list.contains_key("previousCursor") && !list.contains_key("nextCursor")
            });
        })],
    ),
    fault(
        "cursor-is-no-word",
        &[Hook::Reply(|_, _, reply| name_cursors(reply, "a cursor/with? odd&letters"))],
    ),
    fault(
        "sort-refused-with-server-error",
        &[
            Hook::Without(OptionalFeature::Sort),
            Hook::Search(|_, _, search| fails_if(search.sort_by.is_some())),
        ],
    ),
    fault(
        "attributes-parameter-fails",
        &[Hook::Search(|_, _, search| fails_if(search.attributes.is_some()))],
    ),
    fault(
        "excluded-attributes-parameter-fails",
        &[Hook::Search(|_, _, search| fails_if(search.excluded_attributes.is_some()))],
    ),
    fault(
        "attributes-parameter-hides-the-id",
        &[Hook::Shown(|_, _, projection, shown| {
            if !projection.attributes.is_empty() || !projection.excluded.is_empty() {
                for name in ["id", "userName", "displayName"] {
                    remove(shown, name);
                }
            }
        })],
    ),
    fault(
        "filter-ignored",
        &[Hook::Search(|_, _, search| {
            search.filter = None;
            Ok(())
        })],
    ),
    fault(
        "unknown-attribute-refused-as-immutable",
        &[Hook::Search(|call, kinds, search| {
            let filter = search.filter.as_ref();
            let unknown = filter.is_some_and(|filter| {
                kinds
                    .iter()
                    .any(|kind| paths(filter).iter().any(|path| path.resolve(call.schemas(*kind)).is_none()))
            });
            if unknown { Err(refusal(ScimType::Mutability, "There is no such attribute")) } else { Ok(()) }
        })],
    ),
    fault(
        "lists-repeat-their-resources",
        &[Hook::Reply(|_, _, reply| {
            if let Some(resources) = resources(reply) {
                resources.extend(resources.clone());
            }
        })],
    ),
    fault(
        "list-never-past-the-first-page",
        &[Hook::Search(|_, _, search| {
            search.start_index = 1;
            search.cursor = search.cursor.take().map(|_| String::new());
            Ok(())
        })],
    ),
    fault(
        "search-total-is-page",
        &[Hook::Reply(|call, _, reply| {
            if is_search(call.request)
                && let Some(list) = list(reply)
            {
                list.insert("totalResults".to_owned(), 0.into());
                list.insert("Resources".to_owned(), json!([{ "id": "0" }]));
            }
        })],
    ),
    fault(
        "too-many-is-not-said",
        &[Hook::Reply(|call, _, reply| {
            let open = parameter(call.request, "filter").is_none() && !is_search(call.request);
            let total = list(reply).and_then(|list| list.get("totalResults")?.as_u64());
            if total.is_some_and(|total| total > 2 || open) {
                *reply = fail_with(400, "Too many");
            }
        })],
    ),
];

fn operator_fails(search: &SearchRequest, such: Operator) -> Result<(), Refusal> {
    term_fails(search, &|term| matches!(term, Filter::Compare { operator, .. } if *operator == such))
}

/// Whether a query goes on where another one ended.
fn is_later(search: &SearchRequest) -> bool {
    search.cursor.as_ref().is_some_and(|cursor| !cursor.is_empty())
}

/// Fails in place of a list that is like this.
fn fail_on_list(reply: &mut Reply, such: fn(&Map<String, Value>) -> bool) {
    if list(reply).is_some_and(|list| such(list)) {
        break_down(reply);
    }
}

/// Gives every page that has cursors this one.
fn name_cursors(reply: &mut Reply, name: &str) {
    if let Some(list) =
        list(reply).filter(|list| list.contains_key("nextCursor") || list.contains_key("previousCursor"))
    {
        list.insert("nextCursor".to_owned(), name.into());
        list.insert("previousCursor".to_owned(), name.into());
    }
}

/// Fails in place of an empty list, if the filter has this operator.
fn fail_in_vain(call: Call<'_>, reply: &mut Reply, operator: &str) {
    if parameter(call.request, "filter").is_some_and(|filter| filter.contains(operator)) {
        fail_on_list(reply, |list| list.get("totalResults") == Some(&json!(0)));
    }
}

/// Fails if the filter has this operator, and a resource has just the text of the filter.
fn fail_on_whole(call: Call<'_>, reply: &mut Reply, operator: &str) {
    let filter = parameter(call.request, "filter").filter(|filter| filter.contains(operator));
    let text =
        filter.as_deref().and_then(|filter| filter.split('"').nth(1)).map(|text| format!("\"{text}\""));
    if let (Some(text), Some(list)) = (text, list(reply))
        && Value::Object(list.clone()).to_string().contains(&text)
    {
        break_down(reply);
    }
}

/// Whether a parameter is no number of a page, or one that can be read.
fn is_page(name: &str, value: &str) -> bool {
    !["count", "startIndex"].contains(&name) || value.parse::<i64>().is_ok()
}
