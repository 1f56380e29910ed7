//! Servers that have a resource type of their own, and do not know which of its attributes are immutable, exact or
//! decimal. Every fault here adds the resource type Device, as in `custom_types`.
#![expect(clippy::unnecessary_wraps, reason = "hooks of one kind have one signature")]

use axum::http::Method;
use serde_json::{Value, json};

use super::custom_types::of_devices;
use super::failing::{break_down, fails_if};
use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::error::ScimType;
use crate::server::device;
use crate::server::edit::{as_sent, each_text, path, retype, scim_type, whole, whole_mut};
use crate::server::hook::{Hook, Write};
use crate::server::kind::Kind;
use crate::server::patching::{drop_operations, requested};
use crate::server::reply::{Refusal, Reply};
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Store;

/// What is immutable and not required.
pub(super) const IMMUTABLE: [&str; 2] = ["produced", "warehouse"];

pub(super) const FAULTS: &[FaultInfo] = &[
    of_devices!("custom-immutable-changed", Hook::Body(hide_immutable), Hook::Stored(change_immutable)),
    of_devices!(
        "custom-immutable-fails",
        Hook::Body(|write, body| {
            let Some(old) = write.old.filter(|_| write.kind == Kind::Device) else { return Ok(()) };
            let sent = as_sent(write);
            let fails = match whole(write, body) {
                Some(body) => IMMUTABLE.iter().any(|name| differs(old.get(*name), body.get(*name))),
                None => operations_on_immutable(&sent).any(|name| old.get(name).is_some()),
            };
            fails_if(fails)
        }),
    ),
    of_devices!(
        "custom-immutable-refused-as-value",
        Hook::Reply(|call, route, reply| {
            let is_device = route.is_some_and(|route| route.kind() == Some(Kind::Device));
            if is_device
                && call.request.method == Method::PUT
                && scim_type(reply) == Some(ScimType::Mutability)
            {
                retype(reply, ScimType::InvalidValue);
            }
        }),
    ),
    of_devices!(
        "custom-immutable-not-stored",
        Hook::Stored(|write, _, device| {
            if write.kind == Kind::Device {
                for name in IMMUTABLE {
                    remove(device, name);
                }
            }
            Ok(())
        }),
    ),
    of_devices!(
        "custom-immutable-parts-altered",
        Hook::Stored(|write, _, device| {
            if write.kind == Kind::Device
                && let Some(warehouse) = device.get_mut("warehouse")
            {
                each_text(warehouse, &|text| text.push_str(" (altered)"));
            }
            Ok(())
        }),
    ),
    of_devices!(
        "custom-immutable-only-created",
        Hook::Body(|write, body| {
            let lacks = |name: &str| write.old.is_some_and(|old| old.get(name).is_none());
            let named = |name: &str| match whole(write, body) {
                Some(body) => body.contains_key(name),
                None => requested(write.call.request).iter().any(|operation| path(operation) == name),
            };
            fails_if(write.kind == Kind::Device && IMMUTABLE.iter().any(|name| named(name) && lacks(name)))
        }),
    ),
    of_devices!(
        "custom-immutable-added-alters-texts",
        Hook::Stored(|write, _, device| {
            let adds = |operation: &Value| IMMUTABLE.contains(&path(operation));
            if requested(write.call.request).iter().any(adds) {
                device["model"] = json!("altered");
            }
            Ok(())
        }),
    ),
    of_devices!(
        "custom-exact-texts-in-capitals",
        Hook::Stored(|write, _, device| {
            if write.kind == Kind::Device
                && let Some(interfaces) = device.get_mut("interfaces")
            {
                each_text(interfaces, &|text| *text = text.to_uppercase());
            }
            Ok(())
        }),
    ),
    of_devices!(
        "custom-numbers-not-stored",
        Hook::Stored(|_, _, device| {
            remove(device, "ports");
            Ok(())
        }),
    ),
    of_devices!(
        "custom-numbers-refused-by-replace",
        Hook::Body(|write, body| fails_if(replaced_ports(write, body).is_some())),
    ),
    of_devices!(
        "custom-second-replace-fails",
        Hook::Body(|write, body| fails_if(replaced_ports(write, body).is_some_and(|times| times > 1))),
    ),
    of_devices!(
        "custom-second-replace-alters-texts",
        Hook::Stored(|write, _, device| {
            if replaced_ports(write, &as_sent(write)).is_some_and(|times| times > 1) {
                device["model"] = json!("altered");
            }
            Ok(())
        }),
    ),
    of_devices!(
        "custom-decimal-cut",
        Hook::Stored(|_, _, device| {
            if let Some(mass) = device.get("mass").and_then(Value::as_f64) {
                device["mass"] = json!(mass.trunc());
            }
            Ok(())
        }),
    ),
    of_devices!("custom-not-readable", Hook::Reply(|call, route, reply| read_fails(call, route, reply, 1))),
    of_devices!(
        "custom-not-readable-again",
        Hook::Reply(|call, route, reply| read_fails(call, route, reply, 2))
    ),
];

/// How often a device was replaced by one with a number of ports, this time included; `None` if this is no such change.
fn replaced_ports(write: &Write<'_>, body: &Value) -> Option<usize> {
    let id = write.old.filter(|_| write.kind == Kind::Device)?.get("id")?;
    whole(write, body)?.get("ports")?;
    Some(write.call.service.hooks.times(format!("ports of {id}")))
}

/// Whether there are two values, and they are not the same: another day, or another part that a client writes.
fn differs(old: Option<&Value>, new: Option<&Value>) -> bool {
    let (Some(old), Some(new)) = (old, new) else { return false };
    let day = |value: &Value| value.as_str().and_then(|text| text.get(..10)).map(str::to_owned);
    let named = new.as_object().into_iter().flatten();
    day(old) != day(new) || named.into_iter().any(|(part, value)| old[part] != *value)
}

/// The immutable attributes that a PATCH is about.
fn operations_on_immutable(body: &Value) -> impl Iterator<Item = &str> {
    let operations = body.get("Operations").and_then(Value::as_array).into_iter().flatten();
    operations
        .map(|operation| path(operation).split('.').next().unwrap_or_default())
        .filter(|name| IMMUTABLE.contains(name))
}

/// Nothing sees that an immutable attribute is to be changed before [`change_immutable`] does so.
fn hide_immutable(write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
    let Some(old) = write.old.filter(|_| write.kind == Kind::Device) else { return Ok(()) };
    match whole_mut(write, body) {
        Some(body) => {
            for name in IMMUTABLE.iter().filter(|name| old.get(**name).is_some()) {
                body.insert((*name).to_owned(), old[name].clone());
            }
        }
        None => drop_operations(body, |operation| {
            IMMUTABLE.contains(&path(operation)) && old.get(path(operation)).is_some()
        }),
    }
    Ok(())
}

fn change_immutable(write: &Write<'_>, _: &Store, device: &mut Value) -> Result<(), Refusal> {
    if write.kind != Kind::Device {
        return Ok(());
    }
    let sent = as_sent(write);
    for name in IMMUTABLE {
        if let Some(value) = whole(write, &sent).and_then(|sent| sent.get(name)) {
            device[name] = value.clone();
        }
    }
    for operation in requested(write.call.request) {
        if IMMUTABLE.contains(&path(&operation)) {
            device[path(&operation)] = operation.get("value").cloned().unwrap_or_default();
        }
    }
    Ok(())
}

/// A device cannot be read any more, from a certain time on.
fn read_fails(call: Call<'_>, route: Option<&Route>, reply: &mut Reply, from: usize) {
    let Some(Route::Resource(Kind::Device, id)) = route else { return };
    if call.request.method == Method::GET && call.service.hooks.times(format!("read {id}")) >= from {
        break_down(reply);
    }
}
