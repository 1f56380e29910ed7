//! Invariants of resources: in single answers and in lists.

use serde_json::Value;
use url::Url;

use super::Judged;
use super::view::{Item, Kind, View, id_in_url};
use crate::check::explain;
use crate::check::matcher::same_url;
use crate::model::Verdict;
use crate::scim::attribute_path::AttributePath;
use crate::scim::date_time::DateTime;
use crate::scim::json_schema;
use crate::scim::location::last_segment;
use crate::scim::object::{is_unassigned, member_of};
use crate::scim::schema::{Attribute, Returned};

fn each<'a>(view: &View<'a>, judge: impl Fn(&Item<'a>) -> Judged) -> Judged {
    Judged::all(view.items().iter().map(judge))
}

fn at(item: &Item<'_>, name: &str) -> String {
    if item.at.is_empty() { name.to_owned() } else { format!("{}/{}", item.at, name.replace('.', "/")) }
}

fn meta<'a>(item: &Item<'a>, name: &str) -> Option<&'a Value> {
    member_of(member_of(item.value, "meta")?, name).filter(|value| !value.is_null())
}

fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), explain::value)
}

fn urns<'a>(item: &Item<'a>) -> Option<Vec<&'a str>> {
    let listed = item.value.get("schemas")?.as_array()?;
    listed.iter().map(Value::as_str).collect()
}

pub(super) fn schemas_present(view: &View<'_>) -> Judged {
    each(view, |item| {
        let wanted = format!("an array with {}", item.schemas.core.id);
        let given = item.value.get("schemas");
        if given.is_none() && view.projected {
            return Judged::NotApplicable;
        }
        let named = urns(item)
            .is_some_and(|urns| urns.iter().any(|urn| urn.eq_ignore_ascii_case(&item.schemas.core.id)));
        Judged::of(named, &at(item, "schemas"), &wanted, || shown(given))
    })
}

pub(super) fn schemas_of_the_type(view: &View<'_>) -> Judged {
    each(view, |item| {
        let Some(urns) = urns(item) else { return Judged::NotApplicable };
        let strange = urns.iter().find(|urn| item.schemas.schema(urn).is_none());
        let name = &item.schemas.resource_type.name;
        let wanted = format!("only the schema and the schemaExtensions of the resource type {name}");
        Judged::of(strange.is_none(), &at(item, "schemas"), &wanted, || {
            strange.map_or_else(String::new, |s| (*s).to_owned())
        })
    })
}

pub(super) fn schemas_distinct(view: &View<'_>) -> Judged {
    each(view, |item| {
        let Some(urns) = urns(item) else { return Judged::NotApplicable };
        let twice =
            urns.iter().enumerate().find(|(i, urn)| urns[..*i].iter().any(|u| u.eq_ignore_ascii_case(urn)));
        Judged::of(twice.is_none(), &at(item, "schemas"), "every URN once", || {
            shown(item.value.get("schemas"))
        })
    })
}

/// What the other invariants judge on their own (schemas, id, what is never returned) is left out here, so that one
/// mistake is one finding.
pub(super) fn body_valid(view: &View<'_>) -> Judged {
    let role =
        if view.projected { json_schema::Context::ProjectedResponse } else { json_schema::Context::Response };
    each(view, |item| {
        let Some(breaches) = view.context.breaches(&item.schemas.resource_type.name, role, item.value) else {
            return Judged::NotApplicable;
        };
        let own = |breach: &&crate::check::schema::Breach| {
            let first = breach.at.split('/').nth(1).unwrap_or_default();
            !breach.forbidden && !["schemas", "id"].contains(&first) && !breach.at.starts_with("/meta/")
        };
        match breaches.iter().find(own) {
            None => Judged::Holds,
            Some(breach) => Judged::broken(&format!("{}{}", item.at, breach.at), &breach.wanted, &breach.got),
        }
    })
}

pub(super) fn id_present(view: &View<'_>) -> Judged {
    each(view, |item| {
        let id = member_of(item.value, "id");
        let holds = id.and_then(Value::as_str).is_some_and(|id| !id.is_empty());
        Judged::of(holds, &at(item, "id"), "a string that is not empty", || shown(id))
    })
}

pub(super) fn id_stable(view: &View<'_>) -> Judged {
    let Kind::Resource(item) = &view.kind else { return Judged::NotApplicable };
    let Some(wanted) = id_in_url(&view.exchange.request, item.schemas, &view.context.base_url) else {
        return Judged::NotApplicable;
    };
    let Some(id) = member_of(item.value, "id").and_then(Value::as_str) else { return Judged::NotApplicable };
    Judged::of(id == wanted, "id", &format!("\"{wanted}\", as in the URL"), || format!("\"{id}\""))
}

pub(super) fn id_not_bulkid(view: &View<'_>) -> Judged {
    each(view, |item| {
        let Some(id) = member_of(item.value, "id").and_then(Value::as_str) else {
            return Judged::NotApplicable;
        };
        Judged::of(!id.contains("bulkId"), &at(item, "id"), "an id without `bulkId`", || format!("\"{id}\""))
    })
}

/// With `attributes` or `excludedAttributes`, `meta` need not be there (`schemas-in-projection`).
fn left_out(view: &View<'_>, item: &Item<'_>, name: &str) -> bool {
    view.projected && meta(item, name).is_none()
}

pub(super) fn meta_resource_type(view: &View<'_>) -> Judged {
    each(view, |item| {
        if left_out(view, item, "resourceType") {
            return Judged::NotApplicable;
        }
        let kind = &item.schemas.resource_type;
        let given = meta(item, "resourceType");
        let word = given.and_then(Value::as_str);
        let at = at(item, "meta.resourceType");
        let wanted = format!("\"{}\"", kind.name);
        match word {
            Some(word) if word == kind.name => Judged::Holds,
            Some(word) if kind.id.as_deref() == Some(word) => Judged::warn(&at, &wanted, &shown(given)),
            _ => Judged::broken(&at, &wanted, &shown(given)),
        }
    })
}

fn instant(value: Option<&Value>) -> Option<DateTime> {
    value.and_then(Value::as_str).and_then(DateTime::parse)
}

/// RFC 7643 §3.1: the service provider MUST assign values to `meta` "and its associated sub-attributes", which are
/// returned by default; only `version` is optional.
fn undated(at: &str) -> Judged {
    Judged::broken(at, "an xsd:dateTime", "nothing")
}

pub(super) fn meta_created(view: &View<'_>) -> Judged {
    each(view, |item| {
        if left_out(view, item, "created") {
            return Judged::NotApplicable;
        }
        let given = meta(item, "created");
        if given.is_none_or(Value::is_null) {
            return undated(&at(item, "meta.created"));
        }
        Judged::of(instant(given).is_some(), &at(item, "meta.created"), "an xsd:dateTime", || shown(given))
    })
}

pub(super) fn meta_last_modified(view: &View<'_>) -> Judged {
    each(view, |item| {
        if left_out(view, item, "lastModified") {
            return Judged::NotApplicable;
        }
        let given = meta(item, "lastModified");
        let at = at(item, "meta.lastModified");
        if given.is_none_or(Value::is_null) {
            return undated(&at);
        }
        let Some(modified) = instant(given) else {
            return Judged::broken(&at, "an xsd:dateTime", &shown(given));
        };
        // Stores that take two readings of the clock differ by microseconds (`lastmodified-precision`).
        let created = meta(item, "created");
        let earlier = instant(created).is_some_and(|created| {
            modified < created && created.nanoseconds - modified.nanoseconds > 1_000_000_000
        });
        Judged::of(!earlier, &at, &format!("not before meta.created {}", shown(created)), || shown(given))
    })
}

pub(super) fn meta_location(view: &View<'_>) -> Judged {
    let base_url = &view.context.base_url;
    let request_url = &view.exchange.request.url;
    let same = |a: &str, b: &str| same_url(a, b, base_url, request_url);
    each(view, |item| {
        if left_out(view, item, "location") {
            return Judged::NotApplicable;
        }
        let place = at(item, "meta.location");
        let given = meta(item, "location");
        let Some(location) = given.and_then(Value::as_str) else {
            return Judged::broken(&place, "the URI of the resource", &shown(given));
        };
        let Some(id) = member_of(item.value, "id").and_then(Value::as_str) else {
            return Judged::NotApplicable;
        };
        // The URI that finds the resource: the last segment of the location is its id.
        let ends_in_id =
            Url::parse(base_url.as_str()).and_then(|base| base.join(location)).is_ok_and(|url| {
                // As the server wrote it, or without escapes.
                let as_written = url.path().trim_end_matches('/').ends_with(&format!("/{id}"));
                as_written || last_segment(url.path()) == id
            });
        if !ends_in_id {
            return Judged::broken(&place, &format!("a URI that ends in the id {id}"), location);
        }
        if let (true, Some(response)) = (item.at.is_empty(), view.response) {
            // RFC 7643 §3.1 speaks of Content-Location, RFC 7644 §3.3 of Location (`location-headers`).
            if let Some(header) = response.header("content-location")
                && !same(header, location)
            {
                return Judged::broken(
                    "header content-location",
                    &format!("meta.location {location}"),
                    header,
                );
            }
            // The Location of a create has checks of its own.
            if view.exchange.request.method != "POST"
                && let Some(header) = response.header("location")
                && !same(header, location)
            {
                return Judged::Broken {
                    verdict: Some(Verdict::Info),
                    wanted: format!("meta.location {location}"),
                    got: header.to_owned(),
                    at: "header location".to_owned(),
                };
            }
        }
        if Url::parse(location).is_err() {
            return Judged::warn(&place, "an absolute URI", location);
        }
        Judged::Holds
    })
}

pub(super) fn never_returned(view: &View<'_>) -> Judged {
    each(view, |item| {
        let core = item.schemas.core.attributes.iter().map(|attribute| (None, attribute));
        let extensions = item.schemas.extensions.iter().flat_map(|(schema, _)| {
            schema.attributes.iter().map(move |attribute| (Some(&schema.id), attribute))
        });
        let mut hidden = false;
        for (urn, attribute) in core.chain(extensions) {
            for path in secret_paths(urn, attribute) {
                hidden = true;
                let values = path.get(item.value, Some(item.schemas));
                if values.iter().any(|value| !is_unassigned(value)) {
                    let name = path
                        .sub
                        .as_ref()
                        .map_or_else(|| path.name.clone(), |sub| format!("{}.{sub}", path.name));
                    let wanted = format!("no {name}: its schema says returned \"never\"");
                    // The value may be a secret: say that it is there, not what it is.
                    return Judged::broken(&at(item, &name), &wanted, "a value (not shown)");
                }
            }
        }
        if hidden { Judged::Holds } else { Judged::NotApplicable }
    })
}

fn secret_paths(urn: Option<&String>, attribute: &Attribute) -> Vec<AttributePath> {
    let path = |sub: Option<&Attribute>| AttributePath {
        urn: urn.cloned(),
        name: attribute.name.clone(),
        sub: sub.map(|sub| sub.name.clone()),
    };
    if attribute.returned == Returned::Never {
        return vec![path(None)];
    }
    let subs = attribute.sub_attributes.iter().filter(|sub| sub.returned == Returned::Never);
    subs.map(|sub| path(Some(sub))).collect()
}

pub(super) fn etag_equals_version(view: &View<'_>) -> Judged {
    let Kind::Resource(item) = &view.kind else { return Judged::NotApplicable };
    let etag = view.response.and_then(|response| response.header("etag"));
    let version = meta(item, "version").and_then(Value::as_str);
    let (Some(etag), Some(version)) = (etag, version) else { return Judged::NotApplicable };
    let bare = |text: &str| text.trim().trim_start_matches("W/").trim_matches('"').to_owned();
    if etag == version {
        Judged::Holds
    } else if bare(etag) == bare(version) {
        Judged::warn("meta.version", &format!("the ETag header {etag}"), version)
    } else {
        Judged::broken("meta.version", &format!("the ETag header {etag}"), version)
    }
}
