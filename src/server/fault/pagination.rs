//! Pages with startIndex, count and cursors.

use serde_json::Value;

use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::server::edit::{items_per_page_as_asked, list, parameter, refusal};
use crate::server::hook::Hook;
use crate::server::reply::Refusal;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "count-ignored",
        &[Hook::Search(|_, _, search| {
            search.count = None;
            Ok(())
        })],
    ),
    fault(
        "count-negative-unbounded",
        &[Hook::Parameter(|name, value| name != "count" || !value.starts_with('-'))],
    ),
    fault(
        "startindex-echoed",
        &[Hook::Reply(|call, _, reply| {
            let asked = parameter(call.request, "startIndex").and_then(|text| text.parse::<i64>().ok());
            if let (Some(start @ ..1), Some(list)) = (asked, list(reply)) {
                list.insert("startIndex".to_owned(), start.into());
                // The window begins before the first result.
                let missing = usize::try_from(1 - start).unwrap_or(usize::MAX);
                if let Some(page) = list.get_mut("Resources").and_then(Value::as_array_mut) {
                    page.truncate(page.len().saturating_sub(missing));
                    let left = page.len();
                    list.insert("itemsPerPage".to_owned(), left.into());
                }
            }
        })],
    ),
    fault(
        "page-fields-absent",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply) {
                list.shift_remove("startIndex");
                list.shift_remove("itemsPerPage");
            }
        })],
    ),
    fault(
        "page-parameter-not-a-number-500",
        &[Hook::Admitted(|call, _| {
            let is_odd =
                |name| parameter(call.request, name).is_some_and(|text| text.parse::<i32>().is_err());
            (is_odd("count") || is_odd("startIndex"))
                .then(|| Refusal::new(500, "number format exception").into_reply())
        })],
    ),
    fault(
        "pages-overlap-off-by-one",
        &[Hook::Found(|_, search, found| {
            let start = search.start_index;
            if start > 1 && start <= found.len() {
                // From the second page on everything stands one place later.
                found.insert(start - 1, found[start - 2].clone());
                found.pop();
            }
        })],
    ),
    fault(
        "pagination-applied-twice",
        &[Hook::Reply(|_, _, reply| {
            let Some(list) = list(reply) else { return };
            let start = list.get("startIndex").and_then(Value::as_u64).unwrap_or(1);
            let before = usize::try_from(start).unwrap_or(usize::MAX).saturating_sub(1);
            if let Some(page) = list.get_mut("Resources").and_then(Value::as_array_mut) {
                page.drain(..before.min(page.len()));
                let left = page.len();
                list.insert("itemsPerPage".to_owned(), left.into());
            }
        })],
    ),
    fault(
        "startindex-beyond-end-returns-last-page",
        &[Hook::Found(|call, search, found| {
            if search.start_index > found.len() {
                let size = search.count.unwrap_or(call.service.options.max_results).max(1);
                search.start_index = found.len().saturating_sub(size) + 1;
            }
        })],
    ),
    fault(
        "startindex-ignored-when-total-lt-page",
        &[Hook::Found(|call, search, found| {
            if found.len() <= search.count.unwrap_or(call.service.options.max_results) {
                search.start_index = 1;
            }
        })],
    ),
    fault(
        "totalresults-absent",
        &[Hook::Reply(|_, _, reply| {
            list(reply).and_then(|list| list.shift_remove("totalResults"));
        })],
    ),
    fault(
        "totalresults-ignores-filter",
        &[Hook::Reply(|call, route, reply| {
            let kinds = match route {
                Some(Route::Collection(kind) | Route::Search(Some(kind))) => std::slice::from_ref(kind),
                Some(Route::Root | Route::Search(None)) => call.service.model.kinds(),
                _ => return,
            };
            if let Some(list) = list(reply) {
                list.insert("totalResults".to_owned(), call.store().list(kinds).len().into());
            }
        })],
    ),
    fault(
        "count-above-max-rejected",
        &[Hook::Search(|call, _, search| {
            let max = call.service.options.max_results;
            match search.count {
                Some(count) if count > max => {
                    Err(refusal(ScimType::InvalidValue, format!("count must be {max} or less")))
                }
                _ => Ok(()),
            }
        })],
    ),
    fault("itemsperpage-echoes-count", &[Hook::Reply(|call, _, reply| items_per_page_as_asked(call, reply))]),
    fault(
        "list-unbounded",
        &[Hook::Documents(|documents, _| {
            if let Some(max) = documents.config.pointer_mut("/filter/maxResults") {
                *max = 1.into();
            }
        })],
    ),
    fault("count-zero-returns-resources", &[Hook::Parameter(|name, value| name != "count" || value != "0")]),
    fault(
        "startindex-zero-or-negative-error",
        &[Hook::Admitted(|call, _| {
            let start: i64 = parameter(call.request, "startIndex")?.parse().ok()?;
            let error = refusal(ScimType::InvalidValue, "startIndex must be 1 or more");
            (start < 1).then(|| error.into_reply())
        })],
    ),
    fault(
        "totalresults-equals-page-size",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply) {
                let shown = list.get("Resources").and_then(Value::as_array).map_or(0, Vec::len);
                list.insert("totalResults".to_owned(), shown.into());
            }
        })],
    ),
    fault(
        "unstable-order-across-pages",
        &[Hook::Found(|call, _, found| {
            if call.number % 2 == 1 {
                found.reverse();
            }
        })],
    ),
];
