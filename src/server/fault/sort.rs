//! Sorting.

use std::sync::OnceLock;

use super::filter_terms::{Schemas, altered};
use super::parts::remove_from_each;
use super::{FaultInfo, fault};
use crate::scim::attribute_path::AttributePath;
use crate::scim::sort::{SortOrder, sort_key};
use crate::server::edit::parameter;
use crate::server::hook::Hook;
use crate::server::reply::Refusal;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "sort-drops-unassigned",
        &[Hook::Found(|call, search, found| {
            if let Some(by) = &search.sort_by {
                found.retain(|resource| {
                    !by.get(&resource.value, Some(call.schemas(resource.kind))).is_empty()
                });
            }
        })],
    ),
    fault(
        "sort-unknown-attribute-500",
        &[Hook::Admitted(|call, route| {
            let by = parameter(call.request, "sortBy")?;
            let kind = route.kind()?;
            let path = by.parse::<AttributePath>().ok();
            let column = path.as_ref().and_then(|path| path.resolve(call.schemas(kind)));
            let is_column = column.is_some_and(|found| !found.target().is_complex());
            (!is_column).then(|| Refusal::new(500, "no such column").into_reply())
        })],
    ),
    fault(
        "sortorder-causes-404",
        &[Hook::Admitted(|call, _| {
            let order = parameter(call.request, "sortOrder")?;
            let unknown = !["ASCENDING", "DESCENDING"].contains(&&*order);
            unknown.then(|| Refusal::new(404, "no such sort order").into_reply())
        })],
    ),
    fault(
        "sort-case-sensitive",
        &[Hook::Found(|_, search, found| {
            static EXACT: Schemas = OnceLock::new();
            let Some(by) = &search.sort_by else { return };
            found.sort_by_cached_key(|resource| {
                let schemas = altered(&EXACT, resource.kind, |attribute| attribute.case_exact = true);
                sort_key(&resource.value, by, schemas)
            });
            if search.sort_order == SortOrder::Descending {
                found.reverse();
            }
        })],
    ),
    fault(
        "sort-multivalued-wrong",
        &[Hook::Found(|call, search, found| {
            let Some(by) = &search.sort_by else { return };
            found.sort_by_cached_key(|resource| {
                let mut value = resource.value.clone();
                remove_from_each(&mut value, &by.name, "primary");
                sort_key(&value, by, call.schemas(resource.kind))
            });
            if search.sort_order == SortOrder::Descending {
                found.reverse();
            }
        })],
    ),
    fault(
        "sort-unsupported-ignored-but-advertised",
        &[Hook::Search(|_, _, search| {
            search.sort_by = None;
            Ok(())
        })],
    ),
];
