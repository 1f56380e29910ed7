//! `attributes` and `excludedAttributes`.

use super::failing::fails_if;
use super::filter_terms::nothing;
use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::attribute_path::AttributePath;
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::search::SearchRequest;
use crate::server::edit::{each_term, parameter, paths, whole_mut};
use crate::server::hook::Hook;
use crate::server::reply::Refusal;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "projection-excluded-taken-for-attributes",
        &[Hook::Search(|_, _, search| {
            if let Some(excluded) = search.excluded_attributes.take() {
                search.attributes = Some(excluded);
            }
            Ok(())
        })],
    ),
    fault(
        "projection-sub-attributes-ignored",
        &[Hook::Search(|_, _, search| {
            let is_whole = |name: &str| !name.rsplit(':').next().unwrap_or_default().contains('.');
            each_list(search, |list| keep_names(list, is_whole));
            Ok(())
        })],
    ),
    fault(
        "projection-unknown-attribute-500",
        &[Hook::Search(|call, kinds, search| {
            let known = |name: &str| {
                kinds.iter().any(|kind| {
                    let schemas = call.schemas(*kind);
                    AttributePath::parse_with(name, schemas).is_ok_and(|path| {
                        path.container(schemas).is_some() || path.resolve(schemas).is_some()
                    })
                })
            };
            let lists = [&search.attributes, &search.excluded_attributes];
            match lists.into_iter().flatten().flat_map(|list| list.split(',')).all(|name| known(name.trim()))
            {
                true => Ok(()),
                false => Err(Refusal::new(500, "no such field")),
            }
        })],
    ),
    fault(
        "projection-changes-what-is-stored",
        &[Hook::Body(|write, body| {
            let asked = parameter(write.call.request, "attributes");
            let left_out = parameter(write.call.request, "excludedAttributes");
            let names =
                |list: &str, name: &str| list.split(',').any(|named| named.eq_ignore_ascii_case(name));
            if let Some(body) = whole_mut(write, body) {
                body.retain(|name, _| {
                    ["schemas", "userName"].contains(&&**name)
                        || asked.as_ref().is_none_or(|list| names(list, name))
                            && left_out.as_ref().is_none_or(|list| !names(list, name))
                });
            }
            Ok(())
        })],
    ),
    fault(
        "projection-always-returned-dropped",
        &[Hook::Shown(|_, _, projection, resource| {
            let names_id =
                |paths: &[AttributePath]| paths.iter().any(|path| path.name.eq_ignore_ascii_case("id"));
            let unnamed = !projection.attributes.is_empty() && !names_id(&projection.attributes);
            if unnamed || names_id(&projection.excluded) {
                remove(resource, "id");
            }
        })],
    ),
    fault(
        "projection-groups-not-filled-in",
        &[Hook::Shown(|_, _, projection, resource| {
            if !projection.attributes.is_empty() {
                remove(resource, "groups");
            }
        })],
    ),
    fault(
        "projection-of-groups-in-lists-fails",
        &[Hook::Search(|_, _, search| {
            let names_groups = search.attributes.as_ref().is_some_and(|names| names.contains("groups"));
            fails_if(names_groups && search.filter.is_some())
        })],
    ),
    fault(
        "projection-filter-affected",
        &[Hook::Search(|call, kinds, search| {
            let schemas = kinds.first().map(|kind| call.schemas(*kind));
            let shown = schemas.and_then(|schemas| search.projection(schemas).ok()).unwrap_or_default();
            let hidden = |path: &AttributePath| {
                !shown.attributes.is_empty() && !shown.attributes.iter().any(|shown| is_same(shown, path))
                    || shown.excluded.iter().any(|hidden| is_same(hidden, path))
            };
            search.filter.iter_mut().for_each(|filter| {
                each_term(filter, &|term| {
                    if paths(term).into_iter().any(hidden) {
                        *term = nothing();
                    }
                });
            });
            Ok(())
        })],
    ),
    fault(
        "projection-space-delimited",
        &[Hook::Search(|_, _, search| {
            each_list(search, |list| {
                if list.contains(',') {
                    *list = list.replace(',', "-");
                }
            });
            Ok(())
        })],
    ),
    fault(
        "projection-urn-qualified-ignored",
        &[Hook::Search(|_, _, search| {
            each_list(search, |list| keep_names(list, |name| !name.to_ascii_lowercase().starts_with("urn:")));
            Ok(())
        })],
    ),
    fault(
        "projection-case-sensitive",
        &[Hook::Search(|call, kinds, search| {
            each_list(search, |list| {
                keep_names(list, |name| kinds.iter().any(|kind| is_written_so(name, call.schemas(*kind))));
            });
            Ok(())
        })],
    ),
    fault(
        "attributes-and-excluded-both",
        &[Hook::Search(|_, _, search| {
            let given = |list: &Option<String>| list.as_ref().is_some_and(|list| !list.is_empty());
            if given(&search.attributes) && given(&search.excluded_attributes) {
                return Err(Refusal::new(500, "conflicting arguments"));
            }
            Ok(())
        })],
    ),
    fault(
        "projection-excluded-groups-members-ignored",
        &[Hook::Search(|_, _, search| {
            search.excluded_attributes = None;
            Ok(())
        })],
    ),
    fault(
        "projection-extra-attributes-returned",
        &[Hook::Search(|_, _, search| {
            search.attributes = None;
            Ok(())
        })],
    ),
];

fn is_same(one: &AttributePath, other: &AttributePath) -> bool {
    one.name.eq_ignore_ascii_case(&other.name)
}

/// Changes `attributes` and `excludedAttributes`.
fn each_list(search: &mut SearchRequest, change: impl FnMut(&mut String)) {
    [&mut search.attributes, &mut search.excluded_attributes].into_iter().flatten().for_each(change);
}

/// Takes names out of a list; a list with no name left asks for what nobody has.
fn keep_names(list: &mut String, keeps: impl Fn(&str) -> bool) {
    if list.is_empty() {
        return;
    }
    let kept: Vec<&str> = list.split(',').map(str::trim).filter(|name| keeps(name)).collect();
    *list = if kept.is_empty() { "unknown".to_owned() } else { kept.join(",") };
}

/// Whether an attribute has just this name, letter by letter. What no schema has is let pass.
fn is_written_so(name: &str, schemas: &ResourceSchemas) -> bool {
    let Ok(path) = AttributePath::parse_with(name, schemas) else { return true };
    path.resolve(schemas).is_none_or(|found| {
        path.name == found.attribute.name && path.sub.as_deref() == found.sub.map(|sub| &*sub.name)
    })
}
