//! Tenants, secrets, identities.
#![allow(clippy::unnecessary_wraps)] // hooks of one kind have one signature

use std::sync::Arc;

use axum::http::header::HOST;
use axum::http::{Method, Uri};
use serde_json::{Value, json};

use super::parts::stored;
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::projection::Projection;
use crate::scim::urn::ENTERPRISE_USER;
use crate::server::auth::Access;
use crate::server::choice::Choice;
use crate::server::edit::{
    adopt, as_sent, error, list, new_user, operations, path, redirected, refusal, same_text, text, user_with,
    values, whole,
};
use crate::server::hook::{Hook, Write};
use crate::server::http::{ReceivedBody, Request};
use crate::server::kind::Kind;
use crate::server::negotiate::json_body;
use crate::server::patching::alone;
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::{Resource, Store};

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "adopt-local-account-by-email",
        &[Hook::Admitted(|call, route| {
            let given = new_user(call, Some(route))?;
            let existing = user_with(call, |user| same_text(user, &given, "/emails/0/value"))?;
            Some(adopt(call, &existing))
        })],
    ),
    fault(
        "create-adopts-foreign-tenant-user",
        &[Hook::Admitted(|call, route| {
            let given = new_user(call, Some(route))?;
            other_tenants(call).find_map(|call| {
                let existing = user_with(call, |user| same_text(user, &given, "/userName"))?;
                Some(adopt(call, &existing))
            })
        })],
    ),
    fault(
        "cross-tenant-access",
        &[Hook::Access(|_, route, access| {
            // Lists are kept apart; whoever knows an id gets at the resource.
            if let (Some(Route::Resource(..)), Ok(Some(access))) = (route, access) {
                access.tenant = 0;
            }
        })],
    ),
    fault(
        "cross-tenant-group-member",
        &[
            Hook::Choice(Choice::AcceptUnknownMembers),
            Hook::Admitted(refuse_unknown_members),
            Hook::Shown(name_foreign_members),
        ],
    ),
    fault(
        "error-leaks-stack-trace",
        &[Hook::Reply(|_, _, reply| {
            if let Some(Value::String(detail)) = error(reply).and_then(|error| error.get_mut("detail")) {
                detail.push_str(
                    "\nTraceback (most recent call last):\n  File \"/srv/scim/views.py\", line 114, in post",
                );
            }
        })],
    ),
    fault(
        "externalid-as-internal-id",
        &[Hook::Admitted(|call, route| {
            let given = new_user(call, Some(route))?;
            let existing = call.store().get(Kind::User, text(&given, "/externalId")?)?;
            Some(adopt(call, &existing))
        })],
    ),
    fault(
        "filter-ldap-special-chars",
        &[Hook::Matches(|_, filter, resource, fits| match filter {
            Filter::Compare { path, operator: Operator::Eq, value: Literal::String(pattern) }
                if pattern.contains('*') && path.sub.is_none() =>
            {
                text(&resource.value, &format!("/{}", path.name)).is_some_and(|text| glob(pattern, text))
            }
            _ => fits,
        })],
    ),
    fault("filter-reads-unreadable-attributes", &[Hook::Choice(Choice::SecretsInUrls)]),
    fault(
        "group-endpoint-bypasses-user-protection",
        &[Hook::Access(|_, route, access| {
            let group =
                matches!(route, Some(Route::Collection(Kind::Group) | Route::Resource(Kind::Group, _)));
            if let (true, Ok(Some(access))) = (group, access) {
                access.read_only = false;
            }
        })],
    ),
    fault("host-header-reflected", &[Hook::Received(believe_forwarded_host)]),
    fault("id-reused", &[Hook::Choice(Choice::ReuseIds)]),
    fault(
        "patch-readonly-silently-applied",
        &[Hook::Body(set_aside_read_only), Hook::Stored(apply_read_only)],
    ),
    fault("privilege-attribute-mass-assignment", &[Hook::Stored(keep_unknown)]),
    fault("projection-reveals-never-returned", &[Hook::Shown(show_password)]),
    fault(
        "put-body-id-overrides-url-id",
        &[Hook::Admitted(|call, route| {
            let Route::Resource(kind, _) = route else { return None };
            let body =
                (call.request.method == Method::PUT).then(|| json_body(call.request).ok()).flatten()?;
            let other = call.store().get(*kind, text(&body, "/id")?)?;
            Some(call.nested(&redirected(call.request, Method::PUT, *kind, &other.id)))
        })],
    ),
    fault(
        "scim-sets-password-of-unverified-account",
        &[Hook::Admitted(|call, route| {
            let given = new_user(call, Some(route))?;
            let password = given.get("password")?;
            let existing = user_with(call, |user| {
                same_text(user, &given, "/userName") || same_text(user, &given, "/emails/0/value")
            })?;
            let operation = json!({ "op": "replace", "path": "password", "value": password });
            let request = Request {
                body: ReceivedBody::Json(alone(&operation)),
                ..redirected(call.request, Method::PATCH, Kind::User, &existing.id)
            };
            call.nested(&request);
            // The answer is that of a server which has done nothing.
            None
        })],
    ),
    fault(
        "sql-injection-through-filter-or-sortby",
        &[Hook::Search(|_, _, search| {
            if search.filter.as_ref().is_some_and(breaks_out) {
                search.filter = None;
            }
            Ok(())
        })],
    ),
    fault(
        "totalresults-discloses-hidden-resources",
        &[Hook::Reply(|call, _, reply| {
            let Some(total) = list(reply).and_then(|list| list.get_mut("totalResults")) else { return };
            let hidden = other_tenants(call).filter(|_| call.access.is_some_and(|access| access.tenant > 0));
            let hidden =
                hidden.filter_map(|call| list(&mut call.nested(call.request))?.get("totalResults")?.as_u64());
            *total = (total.as_u64().unwrap_or_default() + hidden.sum::<u64>()).into();
        })],
    ),
];

/// The call, as if it came from the first tenant and so on, but the client's own.
fn other_tenants(call: Call<'_>) -> impl Iterator<Item = Call<'_>> {
    let own = call.access;
    let tenants = 0..=call.service.options.tenants.len();
    let others = tenants.filter(move |tenant| own.is_some_and(|own| own.tenant != *tenant));
    others.map(move |tenant| Call { access: own.map(|own| Access { tenant, ..own }), ..call })
}

/// A resource of another tenant.
fn foreign(call: Call<'_>, id: &str) -> Option<Arc<Resource>> {
    other_tenants(call).find_map(|call| call.store().find(id))
}

/// Members need to exist, in whichever tenant.
fn refuse_unknown_members(call: Call<'_>, route: &Route) -> Option<Reply> {
    if route.kind() != Some(Kind::Group) {
        return None;
    }
    let mut body = json_body(call.request).ok()?;
    let removes =
        |operation: &Value| text(operation, "/op").is_some_and(|op| op.eq_ignore_ascii_case("remove"));
    let mut named: Vec<Value> = values(&mut body, "members").map(Value::take).collect();
    for operation in values(&mut body, "Operations").filter(|operation| !removes(operation)) {
        match operation.get_mut("value") {
            Some(Value::Array(members)) => named.append(members),
            Some(value) => named.extend(values(value, "members").map(Value::take)),
            None => {}
        }
    }
    let known = |id: &str| call.store().find(id).is_some() || foreign(call, id).is_some();
    let unknown = named.iter().filter_map(|member| text(member, "/value")).find(|id| !known(id))?;
    let detail = format!("the member `{unknown}` does not exist");
    Some(refusal(ScimType::InvalidValue, detail).into_reply())
}

fn name_foreign_members(call: Call<'_>, _: Kind, _: &Projection, group: &mut Value) {
    for member in values(group, "members").filter(|member| member.get("display").is_none()) {
        let found = text(member, "/value").and_then(|id| foreign(call, id));
        if let Some(name) = found.as_ref().and_then(|found| text(&found.value, "/userName")) {
            member["display"] = name.into();
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern.eq_ignore_ascii_case(text),
        Some((start, rest)) => {
            let begins = text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
            begins
                && (start.len()..=text.len()).any(|end| text.get(end..).is_some_and(|text| glob(rest, text)))
        }
    }
}

/// Takes the word of a proxy that may be none.
fn believe_forwarded_host(request: &mut Request) {
    let Some(host) = request.headers.get("x-forwarded-host").cloned() else { return };
    request.headers.insert(HOST, host);
    if let Some(path) = request.uri.path_and_query() {
        request.uri = Uri::from(path.clone());
    }
}

/// The part of an operation's path that names a readOnly attribute which this server lets through.
fn read_only_part(operation: &Value) -> Option<&str> {
    let path = path(operation);
    (path == "groups" || path.starts_with("meta.") || path == manager_name()).then_some(path)
}

fn manager_name() -> String {
    format!("{ENTERPRISE_USER}:manager.displayName")
}

/// Operations on readOnly attributes are not refused.
fn set_aside_read_only(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    let patches = write.call.request.method == Method::PATCH;
    for operation in operations(body).filter(|_| patches).into_iter().flatten() {
        if read_only_part(operation).is_some() {
            *operation = json!({ "op": "add", "value": {} });
        }
    }
    Ok(())
}

/// Stores what was set aside.
fn apply_read_only(write: &Write<'_>, _: &Store, resource: &mut Value) -> Result<(), Refusal> {
    if write.call.request.method == Method::PATCH {
        for operation in values(&mut as_sent(write), "Operations") {
            if let (Some(part), Some(value)) = (read_only_part(operation), operation.get("value")) {
                if part == manager_name() {
                    // In another letter case, since the store completes the name itself.
                    resource[ENTERPRISE_USER]["manager"]["displayname"] = value.clone();
                    continue;
                }
                match part.split_once('.') {
                    Some((name, sub)) => resource[name][sub] = value.clone(),
                    None => resource[part] = value.clone(),
                }
            }
        }
    }
    Ok(())
}

/// Stores all members of a POST or PUT that no schema knows.
fn keep_unknown(write: &Write<'_>, _: &Store, resource: &mut Value) -> Result<(), Refusal> {
    let sent = as_sent(write);
    for (name, value) in whole(write, &sent).into_iter().flatten() {
        let schemas = write.schemas();
        if schemas.core_attribute(name).is_none() && schemas.schema(name).is_none() && name != "schemas" {
            resource[name] = value.clone();
        }
    }
    Ok(())
}

fn show_password(call: Call<'_>, kind: Kind, projection: &Projection, resource: &mut Value) {
    let asks = projection.attributes.iter().any(|path| path.name.eq_ignore_ascii_case("password"));
    let stored = stored(call, kind, resource).filter(|_| asks);
    if let Some(password) = stored.as_ref().and_then(|stored| stored.value.get("password")) {
        resource["password"] = password.clone();
    }
}

/// Whether a value would end the text of an SQL statement and widen what it asks for.
fn breaks_out(filter: &Filter) -> bool {
    match filter {
        Filter::And(terms) | Filter::Or(terms) => terms.iter().any(breaks_out),
        Filter::Not(inner) => breaks_out(inner),
        Filter::Compare { value: Literal::String(text), .. } => text.to_lowercase().contains("' or "),
        _ => false,
    }
}
