//! POST to an endpoint.
#![allow(clippy::unnecessary_wraps)] // hooks of one kind have one signature

use axum::http::header::LOCATION;
use axum::http::{Method, StatusCode};
use serde_json::{Map, Value};

use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::object::member;
use crate::scim::schema::{Attribute, AttributeType};
use crate::server::choice::Choice;
use crate::server::edit::{
    adopt, as_sent, fail, new_user, object, refusal, remove_header, request_body, same_text, set_header,
    text, user_with, whole, whole_mut, without_body,
};
use crate::server::hook::{Hook, Write};
use crate::server::http::{ReceivedBody, Request};
use crate::server::kind::Kind;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Store;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("create-conflict-has-side-effects", &[Hook::Reply(unlink_on_conflict)]),
    fault(
        "create-duplicate-overwrites-existing",
        &[Hook::Admitted(|call, route| {
            let given = new_user(call, Some(route))?;
            let existing = user_with(call, |user| same_text(user, &given, "/userName"))?;
            Some(adopt(call, &existing))
        })],
    ),
    fault(
        "create-duplicate-500",
        &[Hook::Reply(|call, route, reply| {
            if reply.status == StatusCode::CONFLICT && new_user(call, route).is_some() {
                fail(reply, 500, "duplicate key value violates unique constraint");
            }
        })],
    ),
    fault(
        "create-honours-client-id",
        &[Hook::Choice(Choice::ClientIds), Hook::Stored(|write, _, value| keep_given(write, "id", value))],
    ),
    fault(
        "create-honours-client-meta",
        &[Hook::Choice(Choice::ClientMeta), Hook::Stored(|write, _, value| keep_given(write, "meta", value))],
    ),
    fault("create-missing-username-accepted", &[Hook::Body(name_somehow), Hook::Stored(forget_made_up_name)]),
    fault(
        "externalid-not-stored",
        &[Hook::Received(|request| {
            request_body(request, |body| remove(body, "externalId"));
        })],
    ),
    fault("location-wrong-on-post-put", &[Hook::Reply(locate_the_endpoint)]),
    fault(
        "post-active-externalid-dropped",
        &[Hook::Body(|write, body| {
            if write.old.is_none()
                && let Some(body) = body.as_object_mut()
            {
                body.retain(|name, _| name != "active" && name != "externalId");
            }
            Ok(())
        })],
    ),
    fault(
        "post-missing-location-header",
        &[Hook::Reply(|_, _, reply| {
            if reply.status == StatusCode::CREATED {
                remove_header(reply, &LOCATION);
            }
        })],
    ),
    fault(
        "post-returns-200",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::POST && reply.status == StatusCode::CREATED {
                reply.status = StatusCode::OK;
            }
        })],
    ),
    fault(
        "post-returns-no-body",
        &[Hook::Reply(|_, route, reply| {
            if matches!(route, Some(Route::Collection(_))) && reply.status == StatusCode::CREATED {
                without_body(reply);
            }
        })],
    ),
    fault("type-validation-missing", &[Hook::Body(take_for_right), Hook::Stored(keep_wrong_types)]),
    fault(
        "unicode-normalization-duplicates",
        &[
            Hook::Choice(Choice::AnyUserName),
            Hook::Stored(|write, store, user| {
                refuse_taken(write, store, user, |a, b| a.to_lowercase() == b.to_lowercase(), "/userName")
            }),
        ],
    ),
    fault(
        "uniqueness-on-email-instead-of-username",
        &[
            Hook::Choice(Choice::AnyUserName),
            Hook::Stored(|write, store, user| {
                refuse_taken(write, store, user, str::eq_ignore_ascii_case, "/emails/0/value")
            }),
        ],
    ),
    fault(
        "username-uniqueness-case-sensitive",
        &[
            Hook::Choice(Choice::AnyUserName),
            Hook::Stored(|write, store, user| refuse_taken(write, store, user, |a, b| a == b, "/userName")),
        ],
    ),
];

/// A conflict takes the `externalId` of the user who has the name.
fn unlink_on_conflict(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    if reply.status != StatusCode::CONFLICT {
        return;
    }
    let Some(given) = new_user(call, route) else { return };
    let Some(existing) = user_with(call, |user| same_text(user, &given, "/userName")) else { return };
    let mut unlinked = existing.value.clone();
    remove(&mut unlinked, "externalId");
    // The answer is a conflict in any case.
    let _ = call.store().update(&existing, unlinked, false);
}

/// Stores what a client says about a readOnly attribute of a new resource.
fn keep_given(write: &Write<'_>, name: &str, resource: &mut Value) -> Result<(), Refusal> {
    let mut sent = as_sent(write);
    if let (None, Some(given)) = (write.old, sent.get_mut(name)) {
        resource[name] = given.take();
    }
    Ok(())
}

/// A name for users that have none.
const MADE_UP: &str = "\u{fffd}";

/// Whether a body lacks a `userName`.
fn is_nameless(body: &Map<String, Value>) -> bool {
    member(body, "userName").is_none_or(|name| name.is_null() || name == "")
}

fn name_somehow(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    if write.kind == Kind::User
        && write.old.is_none()
        && let Some(body) = body.as_object_mut().filter(|body| is_nameless(body))
    {
        body.insert("userName".to_owned(), MADE_UP.into());
    }
    Ok(())
}

fn forget_made_up_name(_: &Write<'_>, _: &Store, user: &mut Value) -> Result<(), Refusal> {
    if text(user, "/userName") == Some(MADE_UP) {
        remove(user, "userName");
    }
    Ok(())
}

/// Names the endpoint in place of the resource, in header and body.
fn locate_the_endpoint(call: Call<'_>, _: Option<&Route>, reply: &mut Reply) {
    let Request { method, body, .. } = call.request;
    // Not within a bulk job, which finds its own resources by their locations.
    let single = !matches!(body, ReceivedBody::Json(_));
    if !single || !reply.status.is_success() || (*method != Method::POST && *method != Method::PUT) {
        return;
    }
    let endpoint = |location: &str| location.rsplit_once('/').map(|(endpoint, _)| endpoint.to_owned());
    let Some(location) = reply.header(&LOCATION).and_then(endpoint) else { return };
    set_header(reply, LOCATION, &location);
    if let Some(meta) = object(reply).and_then(|body| body.get_mut("meta")) {
        meta["location"] = location.into();
    }
}

/// Whether the server would refuse this as the value of the attribute, for its JSON type.
fn misfits(attribute: &Attribute, value: &Value) -> bool {
    match attribute.attribute_type {
        _ if value.is_null() => false,
        _ if attribute.multi_valued => !value.is_array(),
        AttributeType::String => !value.is_string(),
        AttributeType::Boolean => {
            let says = |word: &str| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case(word));
            !value.is_boolean() && !says("true") && !says("false")
        }
        _ => false,
    }
}

/// Lets values of wrong types pass: as text where text is wanted, otherwise not at all.
fn take_for_right(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    let schemas = write.schemas();
    if let Some(body) = whole_mut(write, body) {
        body.retain(|name, value| match schemas.core_attribute(name).filter(|known| misfits(known, value)) {
            Some(known) if known.attribute_type == AttributeType::String && !known.multi_valued => {
                *value = value.to_string().into();
                true
            }
            known => known.is_none() || name == "schemas",
        });
    }
    Ok(())
}

/// Stores the values that were let pass as they came.
fn keep_wrong_types(write: &Write<'_>, _: &Store, resource: &mut Value) -> Result<(), Refusal> {
    let sent = as_sent(write);
    for (name, value) in whole(write, &sent).into_iter().flatten() {
        let known = write.schemas().core_attribute(name).filter(|known| known.name != "schemas");
        if let Some(known) = known.filter(|known| misfits(known, value)) {
            resource[&known.name] = value.clone();
        }
    }
    Ok(())
}

/// 409 if another user has the same text there.
fn refuse_taken(
    write: &Write<'_>,
    store: &Store,
    user: &Value,
    is_same: fn(&str, &str) -> bool,
    pointer: &str,
) -> Result<(), Refusal> {
    let own = write.old.and_then(|old| text(old, "/id"));
    let Some(wanted) = text(user, pointer).filter(|_| write.kind == Kind::User) else { return Ok(()) };
    let users = store.list(&[Kind::User]);
    let others = users.iter().filter(|other| Some(other.id.as_str()) != own);
    if others.filter_map(|other| text(&other.value, pointer)).any(|taken| is_same(taken, wanted)) {
        return Err(refusal(ScimType::Uniqueness, "There is such a user already"));
    }
    Ok(())
}
