//! Lists and pages, by index and by cursor, each wrong in one way.

use axum::http::Method;
use serde_json::{Value, json};

use super::failing::{fails_if, our_fault};
use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::server::choice::Choice;
use crate::server::edit::{list, parameter, redirected, refusal};
use crate::server::hook::Hook;
use crate::server::http::Request;
use crate::server::kind::Kind;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "list-of-everything-refused-as-value",
        &[Hook::Admitted(|call, route| {
            wants_all(call, route).then(|| refusal(ScimType::InvalidValue, "Ask for less").into_reply())
        })],
    ),
    fault(
        "list-of-everything-fails",
        &[Hook::Admitted(|call, route| wants_all(call, route).then(our_fault))],
    ),
    fault(
        "list-of-everything-shows-all-tenants",
        &[
            Hook::Choice(Choice::NewestFirst),
            Hook::Access(|request, route, access| {
                if let (true, Some(Route::Collection(_)), Ok(Some(access))) =
                    (parameter(request, "filter").is_none(), route, access)
                {
                    access.tenant = 0;
                }
            }),
        ],
    ),
    fault(
        "list-without-count-fails",
        &[Hook::Admitted(|call, route| {
            let endless = ["count", "cursor"].iter().all(|name| parameter(call.request, name).is_none());
            (lists(call, route) && endless && parameter(call.request, "filter").is_some()).then(our_fault)
        })],
    ),
    fault(
        "start-index-fails",
        &[Hook::Admitted(|call, _| parameter(call.request, "startIndex").map(|_| our_fault()))],
    ),
    fault(
        "list-numbers-with-fraction",
        &[Hook::Reply(|_, _, reply| {
            let Some(list) = list(reply) else { return };
            for name in ["totalResults", "startIndex", "itemsPerPage"] {
                if let Some(number) = list.get_mut(name) {
                    *number = number.as_f64().into();
                }
            }
        })],
    ),
    fault(
        "list-of-version-one",
        &[Hook::Reply(|_, _, reply| {
            if let Some(list) = list(reply) {
                list.insert(
                    "schemas".to_owned(),
                    json!(["urn:ietf:params:scim:api:messages:1.0:ListResponse"]),
                );
            }
        })],
    ),
    fault(
        "lists-open-to-everybody",
        &[Hook::Access(|request, route, access| {
            if let (true, Some(Route::Collection(_)), Err(_)) =
                (request.method == Method::GET, route, &access)
            {
                *access = Ok(None);
            }
        })],
    ),
    fault(
        "cursor-ignores-filter",
        &[Hook::Search(|_, _, search| {
            search.filter = search.filter.take().filter(|_| search.cursor.is_none());
            Ok(())
        })],
    ),
    fault("cursor-fails", &[Hook::Search(|_, _, search| fails_if(search.cursor.is_some()))]),
    fault(
        "cursor-without-filter-fails",
        &[Hook::Search(|_, _, search| fails_if(search.cursor.is_some() && search.filter.is_none()))],
    ),
    fault(
        "cursors-only-and-not-named",
        &[Hook::Documents(|documents, _| publish_cursors_only(&mut documents.config))],
    ),
    fault(
        "cursors-only-and-wanted",
        &[
            Hook::Documents(|documents, _| publish_cursors_only(&mut documents.config)),
            Hook::Admitted(|call, route| {
                let plain = lists(call, route) && parameter(call.request, "cursor").is_none();
                (plain && parameter(call.request, "count").is_some()).then(our_fault)
            }),
        ],
    ),
    fault(
        "cursors-not-published",
        &[Hook::Documents(|documents, _| remove(&mut documents.config, "pagination"))],
    ),
    fault(
        "negative-count-refused-as-value",
        &[Hook::Admitted(|call, _| {
            let negative = parameter(call.request, "count").is_some_and(|count| count.starts_with('-'));
            (negative && parameter(call.request, "cursor").is_some())
                .then(|| refusal(ScimType::InvalidValue, "Less than nothing").into_reply())
        })],
    ),
    fault(
        "first-page-names-a-previous-one",
        &[Hook::Reply(|call, _, reply| {
            if parameter(call.request, "cursor").is_some_and(|cursor| cursor.is_empty()) {
                rename(reply, "previousCursor", "0", true);
            }
        })],
    ),
    fault(
        "previous-cursor-fails",
        &[
            Hook::Reply(|call, _, reply| remember(call, reply, "previousCursor")),
            Hook::Admitted(|call, _| was_given(call, "previousCursor").then(our_fault)),
        ],
    ),
    fault(
        "cursor-never-moves",
        &[Hook::Reply(|call, _, reply| {
            if let Some(cursor) = later(call.request) {
                rename(reply, "nextCursor", cursor, false);
            }
        })],
    ),
    fault(
        "later-cursor-is-no-word",
        &[Hook::Reply(|call, _, reply| {
            if later(call.request).is_some() {
                rename(reply, "nextCursor", "page three/of? many&more", false);
            }
        })],
    ),
    fault(
        "later-cursor-is-a-number",
        &[Hook::Reply(|call, _, reply| {
            if later(call.request).is_some() {
                rename(reply, "nextCursor", 3, false);
            }
        })],
    ),
    fault(
        "later-page-ignores-count",
        &[
            Hook::Choice(Choice::CursorWithAnyCount),
            Hook::Search(|_, _, search| {
                if search.cursor.as_ref().is_some_and(|cursor| !cursor.is_empty()) {
                    search.count = Some(usize::MAX);
                }
                Ok(())
            }),
        ],
    ),
    fault(
        "cursor-on-groups-shows-users",
        &[Hook::Admitted(|call, route| {
            let elsewhere = *route == Route::Collection(Kind::Group) && later(call.request).is_some();
            elsewhere.then(|| call.nested(&newest_users(call.request)))
        })],
    ),
    fault(
        "cursor-opens-its-tenant",
        &[Hook::Access(|request, _, access| {
            if let (Some(_), Ok(Some(access))) = (later(request), access) {
                access.tenant = 0;
                access.actor = 0;
            }
        })],
    ),
    fault(
        "cursor-of-another-tenant-told-apart",
        &[
            Hook::Reply(|call, _, reply| remember(call, reply, "nextCursor")),
            Hook::Admitted(|call, _| {
                let mut refusal: Refusal = refusal(ScimType::Sensitive, "This page belongs to somebody else");
                refusal.error.status = 403;
                is_foreign(call).then(|| refusal.into_reply())
            }),
        ],
    ),
    fault(
        "cursor-of-another-tenant-fails",
        &[
            Hook::Reply(|call, _, reply| remember(call, reply, "nextCursor")),
            Hook::Admitted(|call, _| is_foreign(call).then(our_fault)),
        ],
    ),
];

fn lists(call: Call<'_>, route: &Route) -> bool {
    call.request.method == Method::GET && matches!(route, Route::Collection(_))
}

/// Whether a query has no filter and asks for no page.
fn wants_all(call: Call<'_>, route: &Route) -> bool {
    let open = ["filter", "count", "startIndex", "cursor"];
    lists(call, route) && open.iter().all(|name| parameter(call.request, name).is_none())
}

fn publish_cursors_only(config: &mut Value) {
    config["pagination"]["index"] = false.into();
    config["pagination"]["defaultPaginationMethod"] = "cursor".into();
}

/// The cursor of a request for a page that is not the first.
fn later(request: &Request) -> Option<String> {
    parameter(request, "cursor").filter(|cursor| !cursor.is_empty())
}

/// Puts another cursor into a list that names one; into any list if `always`.
fn rename(reply: &mut Reply, name: &str, cursor: impl Into<Value>, always: bool) {
    if let Some(list) = list(reply).filter(|list| always || list.contains_key(name)) {
        list.insert(name.to_owned(), cursor.into());
    }
}

/// Notes which cursor of this name was given out.
fn remember(call: Call<'_>, reply: &mut Reply, name: &str) {
    if let Some(cursor) = list(reply).and_then(|list| list.get(name)?.as_str()) {
        call.service.hooks.times(format!("{name} {cursor}"));
    }
}

/// Whether the cursor of the request was given out under this name.
fn was_given(call: Call<'_>, name: &str) -> bool {
    later(call.request).is_some_and(|cursor| call.service.hooks.happened(&format!("{name} {cursor}")) > 0)
}

/// Whether another tenant uses a cursor of the first one.
fn is_foreign(call: Call<'_>) -> bool {
    call.access.is_some_and(|access| access.tenant > 0) && was_given(call, "nextCursor")
}

/// A query for the users that were created last.
fn newest_users(request: &Request) -> Request {
    let mut users = redirected(request, Method::GET, Kind::User, "");
    let uri = format!("{}?sortBy=meta.created&sortOrder=descending&count=200", users.uri.path());
    users.uri = uri.parse().unwrap_or(users.uri);
    users
}
