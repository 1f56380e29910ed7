//! Servers with a resource type of their own, whose schema says when attributes are returned, and nobody looks there.

use std::sync::Arc;

use super::custom_types::of_devices;
use super::documents::{each_definition, say};
use super::failing::fails_if;
use super::parts::remove;
use super::{FaultInfo, fault};
use crate::scim::attribute_path::AttributePath;
use crate::scim::schema::Returned;
use crate::server::device;
use crate::server::discovery::Documents;
use crate::server::hook::Hook;
use crate::server::kind::{Kind, Model};

/// What is returned always.
const ALWAYS: &str = "label";
/// What is returned on request.
const ON_REQUEST: &str = "notes";

pub(super) const FAULTS: &[FaultInfo] = &[
    of_devices!(
        "custom-always-left-out",
        Hook::Shown(|_, kind, projection, device| {
            let names = |paths: &[AttributePath]| paths.iter().any(|path| path.name == ALWAYS);
            let unnamed = !projection.attributes.is_empty() && !names(&projection.attributes);
            if kind == Kind::Device && (unnamed || names(&projection.excluded)) {
                remove(device, ALWAYS);
            }
        }),
    ),
    of_devices!(
        "custom-on-request-unasked",
        Hook::Model(|model| notes_are(model, Returned::Always)),
        Hook::Documents(publish_on_request),
    ),
    of_devices!(
        "custom-on-request-never",
        Hook::Model(|model| notes_are(model, Returned::Never)),
        Hook::Documents(publish_on_request),
    ),
    of_devices!(
        "custom-narrowed-read-fails",
        Hook::Search(|_, kinds, search| {
            fails_if(kinds == [Kind::Device] && search.attributes.as_deref() == Some("id"))
        }),
    ),
    of_devices!(
        "custom-excluding-fails",
        Hook::Search(|_, kinds, search| {
            fails_if(kinds == [Kind::Device] && search.excluded_attributes.is_some())
        }),
    ),
];

fn notes_are(model: &mut Model, returned: Returned) {
    let attributes = &mut Arc::make_mut(&mut model.device.core).attributes;
    for notes in attributes.iter_mut().filter(|attribute| attribute.name == ON_REQUEST) {
        notes.returned = returned;
    }
}

/// What the schema says stays as it was.
fn publish_on_request(documents: &mut Documents, _: &str) {
    each_definition(documents, &|attribute| {
        if attribute["name"] == ON_REQUEST {
            say(attribute, "returned", "request");
        }
    });
}
