//! Filters, sorting and projection.

use super::{VariantInfo, variant};
use crate::model::Verdict::{Info, Pass, Warn};
use crate::scim::attribute_path::AttributePath;
use crate::scim::error::ScimType;
use crate::scim::filter::Filter;
use crate::scim::sort::check_sort_by;
use crate::server::choice::Choice;
use crate::server::edit::{any_term, demand_a_value, paths, refusal};
use crate::server::hook::Hook;
use crate::server::kind::Kind;
use crate::server::service::Call;

pub(super) const VARIANTS: &[VariantInfo] = &[
    variant(
        "queries-lag",
        Pass,
        &[],
        "filter",
        "Queries see what was created, changed and deleted a moment later",
        &[Hook::Choice(Choice::QueriesLag)],
    ),
    variant(
        "filter-unknown-attribute-400",
        Pass,
        &["filter-undefined-attribute"],
        "filter",
        "A filter on an attribute that no schema has is refused with 400 invalidFilter",
        &[Hook::Search(|call, kinds, search| {
            let unknown = |path: &AttributePath| !is_known(call, kinds, path);
            match search
                .filter
                .as_ref()
                .and_then(|filter| paths(filter).into_iter().find(|path| unknown(path)))
            {
                Some(path) => Err(refusal(ScimType::InvalidFilter, format!("`{path}` is no attribute"))),
                None => Ok(()),
            }
        })],
    ),
    variant(
        "filter-complex-refused",
        Pass,
        &["filter-complex-no-sub"],
        "filter",
        "A comparison with a complex attribute is refused with 400 invalidFilter",
        &[Hook::Search(|call, kinds, search| {
            let is_complex = |path: &AttributePath| {
                let resolved = kinds.iter().find_map(|kind| path.resolve(call.schemas(*kind)));
                resolved.is_some_and(|resolved| resolved.target().is_complex())
            };
            let complex = search.filter.as_ref().is_some_and(|filter| {
                any_term(filter, &|term| matches!(term, Filter::Compare { path, .. } if is_complex(path)))
            });
            if complex {
                return Err(refusal(ScimType::InvalidFilter, "name a sub-attribute of a complex attribute"));
            }
            Ok(())
        })],
    ),
    variant(
        "filter-brackets-refused",
        Pass,
        &["complex-filter"],
        "filter",
        "A filter with brackets is refused with 400 invalidFilter",
        &[Hook::Search(|_, _, search| {
            let brackets = |filter| any_term(filter, &|term| matches!(term, Filter::ValuePath { .. }));
            if search.filter.as_ref().is_some_and(brackets) {
                return Err(refusal(ScimType::InvalidFilter, "brackets are not supported"));
            }
            Ok(())
        })],
    ),
    variant(
        "filter-ne-wants-a-value",
        Pass,
        &["filter-ne"],
        "filter",
        "ne does not match a resource without the attribute",
        &[Hook::Search(|_, _, search| {
            search.filter.iter_mut().for_each(demand_a_value);
            Ok(())
        })],
    ),
    variant(
        "filter-ref-refused",
        Info,
        &["attr-name-abnf"],
        "filter",
        "A filter on $ref is refused with 400 invalidFilter",
        &[Hook::Search(|_, _, search| {
            let is_ref = |path: &AttributePath| path.sub.as_deref().unwrap_or(&path.name) == "$ref";
            if search.filter.as_ref().is_some_and(|filter| paths(filter).into_iter().any(is_ref)) {
                return Err(refusal(ScimType::InvalidFilter, "`$ref` is no name of an attribute"));
            }
            Ok(())
        })],
    ),
    variant(
        "filter-empty-ignored",
        Warn,
        &["filter-errors"],
        "filter",
        "An empty filter in a URL counts as none",
        &[Hook::Parameter(|name, value| name != "filter" || !value.trim().is_empty())],
    ),
    variant(
        "sort-complex-ignored",
        Pass,
        &["sort-complex"],
        "sort",
        "sortBy of a complex attribute is ignored",
        &[Hook::Search(|call, kinds, search| {
            let refused = |by: &AttributePath| {
                kinds.iter().any(|kind| {
                    let schemas = call.schemas(*kind);
                    let complex = by.resolve(schemas).is_some_and(|resolved| resolved.target().is_complex());
                    complex && check_sort_by(by, schemas).is_err()
                })
            };
            if search.sort_by.as_ref().is_some_and(refused) {
                search.sort_by = None;
            }
            Ok(())
        })],
    ),
    variant(
        "newest-first",
        Pass,
        &["sort-collation", "startindex-bounds"],
        "sort",
        "The newest resources come first, also among those that sort equally",
        &[Hook::Choice(Choice::NewestFirst)],
    ),
    variant(
        "attributes-win",
        Pass,
        &["attributes-both"],
        "projection",
        "Of attributes and excludedAttributes the first one counts",
        &[Hook::Search(|_, _, search| {
            if search.attributes.is_some() {
                search.excluded_attributes = None;
            }
            Ok(())
        })],
    ),
    variant(
        "unknown-names-400",
        Warn,
        &["attributes-unknown"],
        "projection",
        "An unknown name in attributes or excludedAttributes is refused with 400",
        &[Hook::Search(|call, kinds, search| {
            let names = [&search.attributes, &search.excluded_attributes].into_iter().flatten();
            let names =
                names.flat_map(|names| names.split(',')).map(str::trim).filter(|name| !name.is_empty());
            let unknown = |name: &&str| {
                let known = |kind: &Kind| {
                    let schemas = call.schemas(*kind);
                    AttributePath::parse_with(name, schemas).is_ok_and(|path| {
                        path.container(schemas).is_some() || path.resolve(schemas).is_some()
                    })
                };
                !kinds.iter().any(known)
            };
            match names.into_iter().find(unknown) {
                Some(name) => Err(refusal(ScimType::InvalidValue, format!("`{name}` is no attribute"))),
                None => Ok(()),
            }
        })],
    ),
    variant(
        "projection-without-schemas",
        Pass,
        &["schemas-in-projection"],
        "projection",
        "With attributes a resource of a list has no schemas",
        &[Hook::Shown(|call, _, projection, resource| {
            let path = call.request.uri.path();
            let in_list = path.ends_with('s') || path.ends_with(".search");
            if in_list && !projection.attributes.is_empty() {
                resource.as_object_mut().and_then(|resource| resource.shift_remove("schemas"));
            }
        })],
    ),
];

fn is_known(call: Call<'_>, kinds: &[Kind], path: &AttributePath) -> bool {
    kinds.iter().any(|kind| path.resolve(call.schemas(*kind)).is_some())
}
