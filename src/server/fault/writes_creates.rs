//! Creates and replaces that fail, or answer and store something else than was sent.
#![expect(clippy::unnecessary_wraps, reason = "hooks of one kind have one signature")]

use axum::http::header::ETAG;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::failing::our_fault;
use super::parts::{creates, stored};
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::urn;
use crate::server::choice::Choice;
use crate::server::edit::{
    adopt, as_sent, new_user, object, refusal, same_text, set_header, text, user_with, whole_mut,
};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::negotiate::json_body;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Store;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault("similar-user-name-fails", &[Hook::Admitted(similar_name_fails)]),
    fault(
        "create-answers-with-user-of-that-external-id",
        &[Hook::Admitted(|call, route| {
            let user = new_user(call, Some(route))?;
            let known = user_with(call, |known| same_text(known, &user, "/externalId"))?;
            Some(adopt(call, &known))
        })],
    ),
    fault(
        "create-answers-with-the-request",
        &[Hook::Reply(|call, route, reply| {
            let Some(Value::Object(sent)) = created(call, route, reply) else { return };
            let kept = ["id", "meta", "password"];
            if let Some(body) = object(reply) {
                body.extend(sent.into_iter().filter(|(name, _)| !kept.contains(&name.as_str())));
            }
        })],
    ),
    fault(
        "create-answers-with-the-first-schema",
        &[Hook::Reply(|call, route, reply| {
            let first = created(call, route, reply).and_then(|sent| sent.pointer("/schemas/0").cloned());
            if let (Some(first), Some(body)) = (first, object(reply)) {
                body.insert("schemas".to_owned(), json!([first]));
            }
        })],
    ),
    fault(
        "malformed-create-answered-with-an-id",
        &[Hook::Reply(|call, route, reply| {
            if creates(call, route) && reply.status == StatusCode::BAD_REQUEST {
                *reply = Reply::json(StatusCode::CREATED, json!({ "id": "0" }));
            }
        })],
    ),
    fault(
        "text-for-active-makes-active",
        &[Hook::Body(|write, body| {
            let active = whole_mut(write, body).and_then(|body| body.get_mut("active"));
            if let Some(active) = active.filter(|active| active.is_string()) {
                *active = true.into();
            }
            Ok(())
        })],
    ),
    fault(
        "new-users-are-inactive",
        &[Hook::Stored(|write, _, new| {
            if write.old.is_none() && write.kind == Kind::User && new.get("active").is_none() {
                new["active"] = false.into();
            }
            Ok(())
        })],
    ),
    fault(
        "etag-of-put-is-another",
        &[Hook::Reply(|call, _, reply| {
            if call.request.method == Method::PUT && reply.status.is_success() {
                set_header(reply, ETAG, "W/\"put\"");
            }
        })],
    ),
    fault(
        "group-name-taken-refused-as-value",
        &[Hook::Stored(|write, store, new| {
            let groups = store.list(&[Kind::Group]);
            let taken = groups.iter().any(|group| same_text(&group.value, new, "/displayName"));
            if !(taken && write.kind == Kind::Group && write.old.is_none()) {
                return Ok(());
            }
            let mut refusal: Refusal = refusal(ScimType::InvalidValue, "There is such a group");
            refusal.error.status = 409;
            Err(refusal)
        })],
    ),
    fault("formatted-name-made-once", &[Hook::Stored(format_once)]),
    fault(
        "put-with-several-values-fails",
        &[Hook::Admitted(|call, _| {
            let body = (call.request.method == Method::PUT).then(|| json_body(call.request).ok())??;
            // A resource with an extension has two schemas.
            let several = |(name, value): (&String, &Value)| {
                name != "schemas" && value.as_array().is_some_and(|values| values.len() > 1)
            };
            body.as_object()?.iter().any(several).then(our_fault)
        })],
    ),
    fault("groups-of-a-user-stored-as-sent", &[Hook::Stored(keep_groups)]),
    fault(
        "name-of-manager-kept-as-sent",
        &[Hook::Stored(|write, _, new| {
            let pointer = format!("/{}/manager/displayName", urn::ENTERPRISE_USER);
            let sent = as_sent(write);
            let manager =
                new.get_mut(urn::ENTERPRISE_USER).and_then(|extension| extension.get_mut("manager"));
            if let (Some(name), Some(manager)) = (text(&sent, &pointer), manager) {
                manager["displayname"] = name.into();
            }
            Ok(())
        })],
    ),
    fault(
        "user-read-at-groups",
        &[Hook::Admitted(|call, route| {
            let Route::Resource(Kind::Group, id) = route else { return None };
            let user = call.store().get(Kind::User, id).filter(|_| call.request.method == Method::GET)?;
            Some(Reply::json(
                StatusCode::OK,
                call.present(&user, &crate::scim::projection::Projection::default()),
            ))
        })],
    ),
    fault(
        "other-tenant-gets-the-same-id",
        &[Hook::Reply(|call, _, reply| {
            let user = json_body(call.request).ok().filter(|_| call.request.method == Method::PUT);
            let first = call.access.filter(|access| access.tenant > 0).map(|access| {
                let access = crate::server::auth::Access { tenant: 0, ..access };
                Call { access: Some(access), ..call }
            });
            let (Some(user), Some(first)) = (user, first) else { return };
            let same = user_with(first, |known| same_text(known, &user, "/userName"));
            if let (Some(same), Some(body)) = (same, object(reply)) {
                body.insert("id".to_owned(), same.id.clone().into());
            }
        })],
    ),
    fault(
        "asynchronous-whatever-is-accepted",
        &[Hook::Choice(Choice::IgnoreAccept), Hook::Reply(super::writes::accept_later)],
    ),
    fault(
        "password-in-clear-for-those-who-ask",
        &[
            Hook::Stored(super::writes::tell_password),
            Hook::Shown(|call, kind, projection, shown| {
                let asks =
                    projection.attributes.iter().any(|path| path.name.eq_ignore_ascii_case("password"));
                let stored = stored(call, kind, shown).filter(|_| asks);
                if let Some(password) = stored.as_ref().and_then(|stored| text(&stored.value, "/userType")) {
                    shown["password"] = password.into();
                }
            }),
        ],
    ),
];

/// How many characters of names are told apart.
const COMPARED: usize = 19;

/// Fails if the name of a new user begins like that of another one.
fn similar_name_fails(call: Call<'_>, route: &Route) -> Option<Reply> {
    let user = new_user(call, Some(route))?;
    let name = text(&user, "/userName")?;
    let beginning = name.get(..COMPARED)?;
    let similar = |known: &Value| {
        text(known, "/userName").is_some_and(|known| known.starts_with(beginning) && known != name)
    };
    user_with(call, similar).map(|_| our_fault())
}

/// The request to which this reply tells of something new.
fn created(call: Call<'_>, route: Option<&Route>, reply: &Reply) -> Option<Value> {
    (creates(call, route) && reply.status == StatusCode::CREATED)
        .then(|| json_body(call.request).ok())
        .flatten()
}

/// The text of a name is made when the user is, and never again.
fn format_once(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    let made = |of: &Value| {
        let part = |name| text(of, name).unwrap_or_default().to_owned();
        format!("{} {}", part("/name/givenName"), part("/name/familyName"))
    };
    let formatted = match write.old {
        Some(old) => text(old, "/name/formatted").map(str::to_owned),
        None => Some(made(new)),
    };
    if let (Some(formatted), Some(name)) = (formatted, new.get_mut("name").filter(|name| name.is_object())) {
        name["formatted"] = formatted.into();
    }
    Ok(())
}

fn keep_groups(write: &Write<'_>, _: &Store, new: &mut Value) -> Result<(), Refusal> {
    if write.kind == Kind::User
        && let Some(groups) = as_sent(write).get_mut("groups").filter(|groups| groups.is_array())
    {
        new["groups"] = groups.take();
    }
    Ok(())
}
