//! Lists and pages with startIndex.

use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Pass, Warn};
use crate::scim::error::{ScimError, ScimType};
use crate::server::edit::{empty_list_null, is_empty, items_per_page_as_asked, list};
use crate::server::hook::Hook;
use crate::server::reply::Refusal;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "small-pages",
        Pass,
        &["maxresults-meaning", "count-bounds"],
        "pagination",
        "No page has more than 3 resources",
        &[Hook::Options(|options| options.max_results = 3)],
    ),
    variant(
        "default-page-of-one",
        Pass,
        &["count-bounds"],
        "pagination",
        "A page has one resource unless the client asks for more (RFC 7644 §3.4.2.4)",
        &[Hook::Options(|options| options.default_results = Some(1))],
    ),
    variant(
        "items-per-page-as-asked",
        Warn,
        &["partial-page-fields"],
        "pagination",
        "itemsPerPage is what the client asked for, however many there are",
        &[Hook::Reply(|call, _, reply| items_per_page_as_asked(call, reply))],
    ),
    variant(
        "page-fields-only-when-partial",
        Pass,
        &["partial-page-fields"],
        "pagination",
        "startIndex and itemsPerPage are left out where all results fit",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) =
                list(reply).filter(|list| list.get("totalResults") == list.get("itemsPerPage"))
            {
                list.shift_remove("startIndex");
                list.shift_remove("itemsPerPage");
            }
        })],
    ),
    variant(
        "empty-list-without-resources",
        Pass,
        &["empty-list"],
        "pagination",
        "An empty list has no Resources",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply).filter(|list| list.get("Resources").is_some_and(is_empty)) {
                list.shift_remove("Resources");
            }
        })],
    ),
    variant(
        "empty-list-null",
        Warn,
        &["empty-list"],
        "pagination",
        "Resources of an empty list is null",
        &[Hook::Reply(|_, _, reply| empty_list_null(reply))],
    ),
    variant(
        "beyond-the-end-400",
        Warn,
        &["startindex-bounds"],
        "pagination",
        "A startIndex beyond the last result is refused with 400",
        &[Hook::Reply(|_, _, reply| {
            let Some(list) = list(reply) else { return };
            let number = |name: &str| list.get(name).and_then(Value::as_u64);
            let (start, total) = (number("startIndex").unwrap_or(1), number("totalResults").unwrap_or(0));
            if start > 1 && start > total {
                let error = ScimError::of(ScimType::InvalidValue, "startIndex is beyond the last result");
                *reply = Refusal::from(error).into_reply();
            }
        })],
    ),
    variant(
        "no-number-ignored",
        Pass,
        &["startindex-bounds", "count-bounds"],
        "pagination",
        "A startIndex or count in a URL that is no number is ignored",
        &[Hook::Parameter(|name, value| {
            !matches!(name, "startIndex" | "count") || value.is_empty() || value.parse::<i64>().is_ok()
        })],
    ),
];
