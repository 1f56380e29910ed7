//! Pages with cursors (RFC 9865).

use serde_json::Value;

use super::{VariantInfo, variant};
use crate::model::Verdict::{Pass, Warn};
use crate::scim::error::ScimType;
use crate::server::choice::Choice;
use crate::server::edit::{count_of, list, refusal};
use crate::server::hook::Hook;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "cursor-by-default",
        Pass,
        &["cursor-default", "cursor-first-page"],
        "cursor-pagination",
        "Queries without parameters for pages are answered with cursors",
        &[
            Hook::Choice(Choice::CursorByDefault),
            Hook::Documents(|documents, _| {
                if let Some(method) = documents.config.pointer_mut("/pagination/defaultPaginationMethod") {
                    *method = "cursor".into();
                }
            }),
        ],
    ),
    variant(
        "cursor-last-page-empty",
        Pass,
        &["cursor-last-page"],
        "cursor-pagination",
        "A last page that is full is followed by an empty one",
        &[Hook::Choice(Choice::CursorEndsEmpty)],
    ),
    variant(
        "cursor-without-total",
        Pass,
        &["cursor-totalresults"],
        "cursor-pagination",
        "Pages of cursors have no totalResults",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply).filter(|list| !list.contains_key("startIndex")) {
                list.shift_remove("totalResults");
            }
        })],
    ),
    variant(
        "cursor-without-previous",
        Pass,
        &[],
        "cursor-pagination",
        "There is no previousCursor, which RFC 9865 §2 makes optional",
        &[Hook::Choice(Choice::CursorWithoutPrevious)],
    ),
    variant(
        "cursor-any-count",
        Pass,
        &["cursor-count"],
        "cursor-pagination",
        "The count may change from page to page",
        &[Hook::Choice(Choice::CursorWithAnyCount)],
    ),
    variant(
        "cursor-count-above-max-400",
        Pass,
        &["cursor-count"],
        "cursor-pagination",
        "With a cursor a count above maxPageSize is refused with 400 invalidCount",
        &[Hook::Search(|call, _, search| {
            let max = call.service.options.max_results;
            if search.cursor.is_some() && search.count.is_some_and(|count| count > max) {
                return Err(refusal(ScimType::InvalidCount, format!("count must be between 0 and {max}")));
            }
            Ok(())
        })],
    ),
    variant(
        "cursor-negative-count-400",
        Warn,
        &["cursor-count", "count-bounds"],
        "cursor-pagination",
        "With a cursor a negative count in a URL is refused with 400 invalidCount",
        &[Hook::Search(|call, _, search| {
            if search.cursor.is_some() && count_of(call).is_some_and(i64::is_negative) {
                return Err(refusal(ScimType::InvalidCount, "count must not be negative"));
            }
            Ok(())
        })],
    ),
    variant(
        "cursor-padded",
        Warn,
        &["cursor-charset"],
        "cursor-pagination",
        "Cursors end with =, which is no unreserved character",
        &[
            Hook::Search(|_, _, search| {
                if let Some(cursor) = &mut search.cursor {
                    cursor.truncate(cursor.trim_end_matches('=').len());
                }
                Ok(())
            }),
            Hook::Reply(|_, _, reply| {
                let Some(list) = list(reply) else { return };
                for name in ["nextCursor", "previousCursor"] {
                    if let Some(Value::String(cursor)) = list.get_mut(name) {
                        cursor.push('=');
                    }
                }
            }),
        ],
    ),
];
