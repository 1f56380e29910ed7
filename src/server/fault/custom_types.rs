//! Servers that have a resource type of their own and look at the attributes of User and Group only. Every fault here
//! adds the resource type Device.
#![expect(clippy::unnecessary_wraps, reason = "hooks of one kind have one signature")]

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::custom_immutable::IMMUTABLE;
use super::failing::{break_down, fails_if, term_fails};
use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::search::SearchRequest;
use crate::server::device::{self, WARRANTY};
use crate::server::edit::{as_sent, each_term, op, path, values, whole, whole_mut};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::patching::{drop_operations, requested};
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Store;

/// What only the server sets, of the device itself.
const READ_ONLY: [&str; 5] = ["firmware", "health", "load", "reachable", "checked"];
/// What every resource has, and what a device has to have.
const KEPT: [&str; 6] = ["schemas", "id", "externalId", "meta", "serialNumber", "model"];
/// What a client leaves out, where the server does not look.
const LEFT_OUT: &str = "left out";

/// A fault of a server that has devices.
macro_rules! of_devices {
    ($id:literal, $($hook:expr),+ $(,)?) => {
        fault($id, &[Hook::Model(device::add), Hook::Stored(device::complete), $($hook),+])
    };
}

pub(super) use of_devices;

pub(super) const FAULTS: &[FaultInfo] = &[
    of_devices!(
        "custom-replace-ignored",
        Hook::Stored(|write, _, device| {
            keep_if(write, device, |operation| op(operation) == "replace");
            Ok(())
        }),
    ),
    of_devices!(
        "custom-remove-ignored",
        Hook::Stored(|write, _, device| {
            keep_if(write, device, |operation| op(operation) == "remove");
            Ok(())
        }),
    ),
    of_devices!("custom-complex-replaced-as-a-whole", Hook::Stored(replace_location)),
    of_devices!(
        "custom-value-filter-ignored",
        Hook::Stored(|write, _, device| {
            for (part, value) in selected(write) {
                values(device, "interfaces").for_each(|interface| interface[&part] = value.clone());
            }
            Ok(())
        }),
    ),
    of_devices!(
        "custom-value-emptied-by-a-change",
        Hook::Stored(|write, _, device| {
            for (part, value) in selected(write) {
                for interface in values(device, "interfaces").filter(|interface| interface[&part] == value) {
                    remove(interface, "speed");
                }
            }
            Ok(())
        }),
    ),
    of_devices!(
        "custom-part-of-every-value-fails",
        Hook::Body(|write, _| {
            let is_every = |operation: &Value| path(operation).starts_with("interfaces.");
            fails_if(requested(write.call.request).iter().any(is_every))
        }),
    ),
    of_devices!("custom-dropped-by-replace", Hook::Stored(drop_optional)),
    of_devices!("custom-read-only-taken", Hook::Stored(take_read_only)),
    of_devices!("custom-read-only-patched", Hook::Body(hide_read_only), Hook::Stored(patch_read_only)),
    of_devices!("custom-read-only-fails", Hook::Body(read_only_fails)),
    of_devices!(
        "custom-flag-fails",
        Hook::Body(|write, body| {
            fails_if(whole(write, body).is_some_and(|body| body.get("reachable") == Some(&json!(true))))
        }),
        Hook::Stored(take_read_only),
    ),
    of_devices!("custom-parts-not-demanded", Hook::Body(fill_in_parts), Hook::Stored(take_parts_out)),
    of_devices!(
        "custom-operators-match-everything",
        Hook::Search(|_, kinds, search| {
            if let Some(filter) = search.filter.as_mut().filter(|_| kinds == [Kind::Device]) {
                each_term(filter, &match_everything);
            }
            Ok(())
        }),
    ),
    of_devices!(
        "custom-lesser-fails",
        Hook::Search(|_, kinds, search| {
            comparisons_fail(kinds, search, |operator, _| matches!(operator, Operator::Lt | Operator::Le))
        }),
    ),
    of_devices!(
        "custom-greater-fails",
        Hook::Search(|_, kinds, search| {
            comparisons_fail(kinds, search, |operator, _| matches!(operator, Operator::Gt | Operator::Ge))
        }),
    ),
    of_devices!(
        "custom-long-text-fails",
        Hook::Search(|_, kinds, search| {
            let is_long = |value: &Literal| matches!(value, Literal::String(text) if text.contains(" and "));
            comparisons_fail(kinds, search, |operator, value| operator == Operator::Eq && is_long(value))
        }),
    ),
    of_devices!("custom-patch-fails", Hook::Reply(patch_fails)),
    of_devices!(
        "custom-changed-not-readable",
        Hook::Reply(|call, route, reply| not_readable(call, route, reply, 1))
    ),
    of_devices!(
        "custom-changed-twice-not-readable",
        Hook::Stored(take_read_only),
        Hook::Reply(|call, route, reply| not_readable(call, route, reply, 2))
    ),
    of_devices!(
        "custom-replace-alters-another",
        Hook::Stored(|write, _, device| {
            let is_model = |operation: &Value| op(operation) == "replace" && path(operation) == "model";
            if requested(write.call.request).iter().any(is_model) {
                device["status"] = json!("altered");
            }
            Ok(())
        }),
    ),
];

/// Leaves a device as it was, if a PATCH has such an operation.
fn keep_if(write: &Write<'_>, device: &mut Value, is_such: impl Fn(&Value) -> bool) {
    if let (Kind::Device, Some(old)) = (write.kind, write.old)
        && requested(write.call.request).iter().any(is_such)
    {
        *device = old.clone();
    }
}

/// The parts of selected interfaces that a PATCH replaces: `interfaces[…].name`.
fn selected(write: &Write<'_>) -> Vec<(String, Value)> {
    let parts = requested(write.call.request).into_iter().filter_map(|operation| {
        let rest = path(&operation).strip_prefix("interfaces[")?;
        let (_, part) = rest.split_once("].")?;
        Some((part.to_owned(), operation.get("value")?.clone()))
    });
    parts.collect()
}

/// What a replace of `location` does not name is gone, but for what is required.
fn replace_location(write: &Write<'_>, _: &Store, device: &mut Value) -> Result<(), Refusal> {
    for operation in requested(write.call.request) {
        let named = operation.get("value").and_then(Value::as_object);
        if let (Some(named), "location") = (named, path(&operation))
            && let Some(location) = device.get_mut("location").and_then(Value::as_object_mut)
        {
            location.retain(|part, _| part == "building" || named.contains_key(part));
        }
    }
    Ok(())
}

/// POST and PUT store what is readOnly, in the device, in its parts and in the extension.
/// A PUT keeps what a device cannot be without.
fn drop_optional(write: &Write<'_>, _: &Store, device: &mut Value) -> Result<(), Refusal> {
    let is_put = write.kind == Kind::Device && write.call.request.method == Method::PUT;
    if is_put && let Some(members) = device.as_object_mut() {
        members.retain(|name, _| KEPT.contains(&&**name) || READ_ONLY.contains(&&**name));
    }
    Ok(())
}

fn take_read_only(write: &Write<'_>, _: &Store, device: &mut Value) -> Result<(), Refusal> {
    let sent = as_sent(write);
    if let (Kind::Device, Some(sent)) = (write.kind, whole(write, &sent)) {
        for name in READ_ONLY {
            take(sent, name, device);
        }
        for (holder, name) in [("location", "geo"), (WARRANTY, "score"), (WARRANTY, "grade")] {
            if let (Some(sent), Some(device)) =
                (sent.get(holder).and_then(Value::as_object), device.get_mut(holder))
            {
                take(sent, name, device);
            }
        }
    }
    Ok(())
}

fn take(sent: &Map<String, Value>, name: &str, into: &mut Value) {
    if let Some(value) = sent.get(name) {
        into[name] = value.clone();
    }
}

fn is_read_only(operation: &Value) -> bool {
    READ_ONLY.contains(&path(operation))
}

/// Nothing looks at operations on what is readOnly before [`patch_read_only`] carries them out.
fn hide_read_only(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    if write.kind == Kind::Device {
        drop_operations(body, is_read_only);
    }
    Ok(())
}

fn patch_read_only(write: &Write<'_>, _: &Store, device: &mut Value) -> Result<(), Refusal> {
    if write.kind == Kind::Device {
        for operation in requested(write.call.request).iter().filter(|operation| is_read_only(operation)) {
            device[path(operation)] = operation.get("value").cloned().unwrap_or_default();
        }
    }
    Ok(())
}

fn read_only_fails(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    let names = whole(write, body).filter(|_| write.kind == Kind::Device);
    fails_if(names.is_some_and(|body| READ_ONLY.iter().any(|name| body.contains_key(*name))))
}

/// What is required of a part or an extension is filled in, so that nobody misses it.
fn fill_in_parts(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    if write.kind == Kind::Device
        && let Some(body) = whole_mut(write, body)
    {
        for (holder, name) in [(WARRANTY, "contract"), ("location", "building")] {
            if let Some(object) = body.get_mut(holder).and_then(Value::as_object_mut) {
                object.entry(name).or_insert(LEFT_OUT.into());
            }
        }
    }
    Ok(())
}

fn take_parts_out(_: &Write<'_>, _: &Store, device: &mut Value) -> Result<(), Refusal> {
    for (holder, name) in [(WARRANTY, "contract"), ("location", "building")] {
        if let Some(object) = device.get_mut(holder).filter(|object| object[name] == LEFT_OUT) {
            remove(object, name);
        }
    }
    Ok(())
}

/// Whether a term is about an attribute that every resource has.
fn is_common(term: &Filter) -> bool {
    let (Filter::Compare { path, .. } | Filter::Present(path) | Filter::ValuePath { path, .. }) = term else {
        return false;
    };
    ["id", "externalid", "meta", "schemas", "username", "displayname"]
        .contains(&&*path.name.to_ascii_lowercase())
}

/// Any comparison holds where there is a value.
fn match_everything(term: &mut Filter) {
    if is_common(term) {
        return;
    }
    if let Filter::Compare { path, .. } = term {
        *term = Filter::Present(path.clone());
    }
}

/// A query for devices fails, if a comparison with an attribute of their own is such.
fn comparisons_fail(
    kinds: &[Kind],
    search: &SearchRequest,
    such: impl Fn(Operator, &Literal) -> bool,
) -> Result<(), Refusal> {
    if kinds != [Kind::Device] {
        return Ok(());
    }
    term_fails(search, &|term| match term {
        Filter::Compare { operator, value, .. } => !is_common(term) && such(*operator, value),
        _ => false,
    })
}

/// Whether a request changes a device, but for a PATCH that only adds to what may have several values.
fn changes(call: Call<'_>, route: Option<&Route>) -> bool {
    let adds = |operation: &Value| op(operation) == "add" && !IMMUTABLE.contains(&path(operation));
    matches!(route, Some(Route::Resource(Kind::Device, _)))
        && match call.request.method {
            Method::PUT => true,
            Method::PATCH => !requested(call.request).iter().all(adds),
            _ => false,
        }
}

fn patch_fails(call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
    if call.request.method == Method::PATCH && changes(call, route) {
        break_down(reply);
    }
}

/// A device cannot be read any more when it was changed so often.
fn not_readable(call: Call<'_>, route: Option<&Route>, reply: &mut Reply, changed: usize) {
    let Some(Route::Resource(Kind::Device, id)) = route else { return };
    let mark = format!("changed {id}");
    let hooks = &call.service.hooks;
    if changes(call, route) {
        hooks.times(mark);
    } else if call.request.method == Method::GET && hooks.happened(&mark) >= changed {
        break_down(reply);
    }
}
