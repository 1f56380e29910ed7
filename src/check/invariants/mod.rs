//! The always-on checks: what every response has to be, whatever was asked. Each invariant is one requirement and is
//! judged at most once per response.

mod http;
mod message;
mod resource;
mod view;

use super::Context;
use crate::model::{Exchange, Level, Verdict};
use crate::suite::catalogue::Catalogue;

use self::view::View;
pub(crate) use self::view::is_projected;

/// One always-on check.
#[derive(Debug)]
pub struct Invariant {
    /// Stable id; in reports the case is `invariants/ID`.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// The requirement that it verifies.
    pub requirement: &'static str,
    /// Slugs of the ambiguities that it takes into account.
    pub see: &'static [&'static str],
    judge: fn(&View<'_>) -> Judged,
}

/// What an invariant says about one response.
pub(crate) enum Judged {
    /// There is nothing that it could be judged on.
    NotApplicable,
    Holds,
    /// It does not, at the level of the requirement or as given.
    Broken {
        verdict: Option<Verdict>,
        wanted: String,
        got: String,
        at: String,
    },
}

impl Judged {
    fn of(holds: bool, at: &str, wanted: &str, got: impl FnOnce() -> String) -> Self {
        if holds { Self::Holds } else { Self::broken(at, wanted, &got()) }
    }

    fn broken(at: &str, wanted: &str, got: &str) -> Self {
        Self::Broken { verdict: None, wanted: wanted.to_owned(), got: got.to_owned(), at: at.to_owned() }
    }

    fn warn(at: &str, wanted: &str, got: &str) -> Self {
        Self::Broken {
            verdict: Some(Verdict::Warn),
            wanted: wanted.to_owned(),
            got: got.to_owned(),
            at: at.to_owned(),
        }
    }

    /// Of several places in one response: broken if one is, holds if one does.
    fn all(judged: impl IntoIterator<Item = Judged>) -> Self {
        let mut result = Self::NotApplicable;
        for judged in judged {
            match judged {
                Self::Broken { .. } => return judged,
                Self::Holds => result = Self::Holds,
                Self::NotApplicable => {}
            }
        }
        result
    }
}

/// What one invariant found on one response.
#[derive(Debug, Clone)]
pub struct InvariantFinding {
    /// The invariant.
    pub invariant: &'static Invariant,
    /// Pass, or how seriously it is broken.
    pub verdict: Verdict,
    /// What was wanted.
    pub wanted: String,
    /// What came.
    pub got: String,
    /// Where.
    pub at: String,
}

macro_rules! invariants {
    ($($id:literal, $title:literal, $requirement:literal, [$($see:literal),*], $judge:path;)+) => {
        static INVARIANTS: &[Invariant] = &[
            $(Invariant { id: $id, title: $title, requirement: $requirement, see: &[$($see),*], judge: $judge },)+
        ];
    };
}

invariants! {
    "answered", "Every request is answered with an HTTP status", "RFC7644-3.12-01", [], http::answered;
    "json-in-utf-8", "Bodies are JSON in UTF-8", "RFC7644-3.8-01", ["error-body-edge"], http::json_in_utf8;
    "media-type", "Bodies have the media type application/scim+json", "RFC7644-3.1-01",
        ["content-type", "error-body-edge"], http::media_type;
    "no-server-error", "No request makes the server fail", "RFC7644-3.12-06", ["unsupported-operation"],
        http::no_server_error;
    "schemas-present", "Every resource names its schemas", "RFC7643-3-05", ["schemas-in-projection"],
        resource::schemas_present;
    "schemas-of-the-type", "schemas lists only what the resource type has", "RFC7643-3-06", ["schemas-strictness"],
        resource::schemas_of_the_type;
    "schemas-distinct", "schemas lists nothing twice", "RFC7643-3-07", [], resource::schemas_distinct;
    "body-valid", "Resources are valid against the target's own schemas", "RFC7643-2.3-02",
        ["required-meaning", "null-empty", "canonical-values", "schema-subset"], resource::body_valid;
    "id-present", "Every resource has an id", "RFC7643-3.1-06", [], resource::id_present;
    "id-stable", "A resource has the id that its URL names", "RFC7643-3.1-08", [], resource::id_stable;
    "id-not-bulkid", "No id contains bulkId", "RFC7643-3.1-10", [], resource::id_not_bulkid;
    "meta-resource-type", "meta.resourceType is the name of the resource type", "RFC7643-3.1-20",
        ["resourcetype-id", "schemas-in-projection"], resource::meta_resource_type;
    "meta-created", "meta.created is a dateTime", "RFC7643-3.1-21", ["schemas-in-projection"], resource::meta_created;
    "meta-last-modified", "meta.lastModified is a dateTime, not before meta.created", "RFC7643-3.1-22",
        ["lastmodified-precision", "schemas-in-projection"], resource::meta_last_modified;
    "meta-location", "meta.location is the URI of the resource, as the headers say", "RFC7643-3.1-24",
        ["location-headers", "relative-references"], resource::meta_location;
    "never-returned", "Attributes that are never returned are not returned", "RFC7643-7-33", [],
        resource::never_returned;
    "etag-equals-version", "The ETag header is meta.version", "RFC7643-3.1-25", ["etag-version-equality"],
        resource::etag_equals_version;
    "error-body", "Errors have a JSON body of the Error schema", "RFC7644-3.12-02", ["error-body-edge"],
        message::error_body;
    "error-status", "The status in an error body is the HTTP status as a string", "RFC7644-3.12-03",
        ["error-status-string"], message::error_status;
    "list-response", "Lists are ListResponse messages", "RFC7644-3.4.2-04", [], message::list_response;
    "list-total", "totalResults is a number that covers the page", "RFC7644-3.4.2.4-12", ["totalresults"],
        message::list_total;
    "list-items-per-page", "itemsPerPage is the number of resources in the page", "RFC7644-3.4.2.4-11",
        ["partial-page-fields"], message::list_items_per_page;
    "list-partial", "A partial page has startIndex and itemsPerPage", "RFC7644-3.4.2-10", ["partial-page-fields"],
        message::list_partial;
    "list-within-count", "A page holds no more than count resources", "RFC7644-3.4.2.4-06", ["count-bounds"],
        message::list_within_count;
}

impl Invariant {
    /// All of them.
    #[must_use]
    pub fn all() -> &'static [Invariant] {
        INVARIANTS
    }

    /// The level of its requirement.
    #[must_use]
    pub fn level(&self) -> Level {
        let requirement = Catalogue::embedded().requirement(&self.requirement.into());
        requirement.map_or(Level::Must, |requirement| requirement.level)
    }
}

/// Judges all invariants that apply to a response.
#[must_use]
pub fn judge_all(exchange: &Exchange, context: &Context) -> Vec<InvariantFinding> {
    let view = View::new(exchange, context);
    INVARIANTS
        .iter()
        .filter_map(|invariant| {
            let found = |verdict, wanted, got, at| InvariantFinding { invariant, verdict, wanted, got, at };
            match (invariant.judge)(&view) {
                Judged::NotApplicable => None,
                Judged::Holds => Some(found(Verdict::Pass, String::new(), String::new(), String::new())),
                Judged::Broken { verdict, wanted, got, at } => {
                    let verdict = verdict.unwrap_or_else(|| invariant.level().verdict_if_broken());
                    Some(found(verdict, wanted, got, at))
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
