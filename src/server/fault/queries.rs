//! Parts of queries that fail or mean something else: each of these is about one part of a query.

use serde_json::{Map, Value, json};

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::search::SearchRequest;
use crate::scim::sort::SortOrder;
use crate::server::choice::Choice;
use crate::server::edit::{any_term, fail_with, is_empty, is_read, is_search, list, paths, refusal, retype, scim_type};
use crate::server::hook::Hook;
use crate::server::options::OptionalFeature;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("query-with-co-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Co))]),
    fault("query-with-sw-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Sw))]),
    fault("query-with-ew-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Ew))]),
    fault("query-with-gt-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Gt))]),
    fault("query-with-ge-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Ge))]),
    fault("query-with-lt-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Lt))]),
    fault("query-with-le-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Le))]),
    fault("query-with-ne-fails", &[Hook::Search(|_, _, search| operator_fails(search, Operator::Ne))]),
    fault("query-with-pr-fails", &[Hook::Search(|_, _, search| term_fails(search, &|term| matches!(term, Filter::Present(_))))]),
    fault("query-with-not-fails", &[Hook::Search(|_, _, search| term_fails(search, &|term| matches!(term, Filter::Not(_))))]),
    fault("query-with-or-fails", &[Hook::Search(|_, _, search| term_fails(search, &|term| matches!(term, Filter::Or(_))))]),
    fault("query-with-false-fails", &[Hook::Search(|_, _, search| term_fails(search, &|term| {
        matches!(term, Filter::Compare { value: Literal::Bool(false), .. })
    }))]),
    fault("query-whose-text-has-capitals-fails", &[Hook::Search(|_, _, search| term_fails(search, &|term| {
        matches!(term, Filter::Compare { value: Literal::String(text), .. } if text.chars().any(char::is_uppercase))
    }))]),
    fault("value-path-refused-without-reason", &[Hook::Search(|_, _, search| {
        let has = search.filter.as_ref().is_some_and(|filter| any_term(filter, &|term| matches!(term, Filter::ValuePath { .. })));
        if has { Err(Refusal::new(400, "Brackets are not supported")) } else { Ok(()) }
    })]),
    fault("second-page-fails", &[Hook::Search(|_, _, search| fails_if(search.start_index > 1))]),
    fault("third-page-fails", &[Hook::Search(|_, _, search| fails_if(search.start_index > 2))]),
    fault("fourth-page-fails", &[Hook::Search(|_, _, search| fails_if(search.start_index > 3))]),
    fault("page-beyond-the-end-fails", &[Hook::Reply(|_, _, reply| fail_on_list(reply, |list| {
        list.get("totalResults") != Some(&json!(0)) && list.get("Resources").is_some_and(is_empty) && list.contains_key("startIndex")
    }))]),
    fault("empty-list-fails", &[Hook::Reply(|_, _, reply| fail_on_list(reply, |list| list.get("totalResults") == Some(&json!(0))))]),
    fault("next-cursor-fails", &[Hook::Search(|_, _, search| fails_if(is_later(search)))]),
    fault("last-cursor-fails", &[Hook::Reply(|_, _, reply| fail_on_list(reply, |list| {
        list.contains_key("previousCursor") && !list.contains_key("nextCursor")
    }))]),
    fault("cursor-gives-the-first-page-again", &[Hook::Search(|_, _, search| {
        if is_later(search) {
            search.cursor = Some(String::new());
        }
        Ok(())
    })]),
    fault("cursor-is-no-word", &[Hook::Reply(|_, _, reply| name_cursors(reply, "a cursor/with? odd&letters"))]),
    fault("cursor-goes-on-after-the-end", &[Hook::Reply(|_, _, reply| name_cursors(reply, "0000"))]),
    fault("cursor-lists-count-nothing", &[Hook::Choice(Choice::CursorByDefault), Hook::Reply(|_, _, reply| {
        if let Some(list) = list(reply).filter(|list| list.contains_key("nextCursor")) {
            list.insert("totalResults".to_owned(), (-1).into());
            list.insert("Resources".to_owned(), json!({}));
        }
    })]),
    fault("sort-order-descending-fails", &[Hook::Search(|_, _, search| fails_if(search.sort_order == SortOrder::Descending))]),
    fault("sort-fails", &[Hook::Search(|_, _, search| fails_if(search.sort_by.is_some()))]),
    fault("sort-refused-with-server-error", &[Hook::Without(OptionalFeature::Sort), Hook::Search(|_, _, search| fails_if(search.sort_by.is_some()))]),
    fault("sort-gives-only-the-first", &[Hook::Found(|_, search, found| {
        if search.sort_by.is_some() {
            found.truncate(1);
        }
    })]),
    fault("attributes-parameter-fails", &[Hook::Search(|_, _, search| fails_if(search.attributes.is_some()))]),
    fault("excluded-attributes-parameter-fails", &[Hook::Search(|_, _, search| fails_if(search.excluded_attributes.is_some()))]),
    fault("attributes-parameter-hides-the-id", &[Hook::Shown(|_, _, projection, shown| {
        if let (false, Some(shown)) = (projection.attributes.is_empty() && projection.excluded.is_empty(), shown.as_object_mut()) {
            shown.shift_remove("id");
            shown.shift_remove("userName");
            shown.shift_remove("displayName");
        }
    })]),
    fault("attributes-parameter-ignored", &[Hook::Search(|_, _, search| {
        search.attributes = None;
        search.excluded_attributes = None;
        Ok(())
    })]),
    fault("filter-ignored", &[Hook::Search(|_, _, search| {
        search.filter = None;
        Ok(())
    })]),
    fault("filter-finds-nothing", &[Hook::Matches(|_, _, _, _| false)]),
    fault("filter-finds-the-others", &[Hook::Matches(|_, _, _, fits| !fits)]),
    fault("filter-refused-with-server-error", &[Hook::Without(OptionalFeature::Filter), Hook::Search(|_, _, search| fails_if(search.filter.is_some()))]),
    fault("filter-on-one-resource-hides-it", &[Hook::Admitted(|call, route| {
        let filtered = call.request.uri.query().is_some_and(|query| query.contains("filter="));
        (filtered && matches!(route, Route::Resource(..))).then(|| fail_with(404, "No match"))
    })]),
    fault("unknown-attribute-refused-as-immutable", &[Hook::Search(|call, kinds, search| {
        let filter = search.filter.as_ref();
        let unknown = filter.is_some_and(|filter| kinds.iter().any(|kind| {
            paths(filter).iter().any(|path| path.resolve(call.schemas(*kind)).is_none())
        }));
        if unknown { Err(refusal(ScimType::Mutability, "There is no such attribute")) } else { Ok(()) }
    })]),
    fault("filter-errors-say-mutability", &[Hook::Reply(|_, _, reply| {
        if scim_type(reply) == Some(ScimType::InvalidFilter) {
            retype(reply, ScimType::Mutability);
        }
    })]),
    fault("stuck-after-a-deep-filter", &[Hook::Admitted(|call, route| {
        let counts = &call.service.hooks;
        if call.request.uri.query().is_some_and(|query| query.len() > 1000) {
            counts.times("deep");
            return None;
        }
        let queries = matches!(route, Route::Collection(_)) && is_read(call);
        (queries && counts.so_far("deep") > 0).then(|| fail_with(503, "All workers are busy"))
    })]),
    fault("totals-off-by-one", &[Hook::Reply(|_, _, reply| {
        if let Some(total) = list(reply).and_then(|list| list.get_mut("totalResults")) {
            *total = (total.as_u64().unwrap_or_default() + 1).into();
        }
    })]),
    fault("list-numbers-as-text", &[Hook::Reply(|_, _, reply| {
        for (_, number) in list(reply).into_iter().flatten().filter(|(_, value)| value.is_number()) {
            *number = number.to_string().into();
        }
    })]),
    fault("lists-repeat-their-resources", &[Hook::Reply(|_, _, reply| {
        if let Some(Value::Array(resources)) = list(reply).and_then(|list| list.get_mut("Resources")) {
            resources.extend(resources.clone());
        }
    })]),
    fault("list-never-past-the-first-page", &[Hook::Search(|_, _, search| {
        search.start_index = 1;
        search.cursor = search.cursor.take().map(|_| String::new());
        Ok(())
    })]),
    fault("search-fails", &[Hook::Admitted(|call, _| is_search(call.request).then(|| fail_with(500, "Internal Server Error")))]),
    fault("search-pages-ignored", &[Hook::Search(|call, _, search| {
        if is_search(call.request) {
            search.start_index = 1;
            search.count = None;
        }
        Ok(())
    })]),
    fault("search-total-is-page", &[Hook::Reply(|call, _, reply| {
        if is_search(call.request) && let Some(list) = list(reply) {
            list.insert("totalResults".to_owned(), 0.into());
            list.insert("Resources".to_owned(), json!([{ "id": "0" }]));
        }
    })]),
    fault("negative-count-fails", &[Hook::Admitted(|call, _| {
        let negative = call.request.uri.query().is_some_and(|query| query.contains("count=-"));
        negative.then(|| fail_with(500, "LIMIT must not be negative"))
    })]),
    fault("counts-refused-as-mutability", &[Hook::Reply(|_, _, reply| {
        if matches!(scim_type(reply), Some(ScimType::InvalidValue | ScimType::InvalidSyntax | ScimType::InvalidCursor | ScimType::InvalidCount)) {
            retype(reply, ScimType::Mutability);
        }
    })]),
    fault("too-many-is-not-said", &[Hook::Reply(|_, _, reply| {
        if list(reply).and_then(|list| list.get("totalResults")?.as_u64()).is_some_and(|total| total > 2) {
            *reply = fail_with(400, "Too many");
        }
    })]),
];

fn fails_if(such: bool) -> Result<(), Refusal> {
    if such { Err(Refusal::new(500, "Internal Server Error")) } else { Ok(()) }
}

fn term_fails(search: &SearchRequest, such: &dyn Fn(&Filter) -> bool) -> Result<(), Refusal> {
    fails_if(search.filter.as_ref().is_some_and(|filter| any_term(filter, such)))
}

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
        *reply = fail_with(500, "Internal Server Error");
    }
}

/// Gives every page that has cursors this one.
fn name_cursors(reply: &mut Reply, name: &str) {
    if let Some(list) = list(reply).filter(|list| list.contains_key("nextCursor") || list.contains_key("previousCursor")) {
        list.insert("nextCursor".to_owned(), name.into());
        list.insert("previousCursor".to_owned(), name.into());
    }
}
