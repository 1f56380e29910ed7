//! Getting at parts of resources, messages and requests: shared by the tables of faults.

use std::sync::Arc;

use axum::http::Method;
use serde_json::{Map, Value};

use crate::server::edit::{list, own_attributes, values};
use crate::server::kind::Kind;
use crate::server::reply::Reply;
use crate::server::route::Route;
use crate::server::service::Call;
use crate::server::store::Resource;

/// Takes a member away from an object; from anything else nothing.
pub(super) fn remove(value: &mut Value, name: &str) {
    if let Some(members) = value.as_object_mut() {
        Map::shift_remove(members, name);
    }
}

/// Takes a part away from every value of a multi-valued attribute.
pub(super) fn remove_from_each(resource: &mut Value, attribute: &str, part: &str) {
    values(resource, attribute).for_each(|value| remove(value, part));
}

/// The URNs that a resource names.
pub(super) fn schemas_of(resource: &mut Value) -> Option<&mut Vec<Value>> {
    resource.get_mut("schemas")?.as_array_mut()
}

/// The resources of a list.
pub(super) fn resources(reply: &mut Reply) -> Option<&mut Vec<Value>> {
    list(reply)?.get_mut("Resources")?.as_array_mut()
}

/// The attributes of a resource, but those that every resource has and those that lead to other resources.
pub(super) fn plain_attributes(resource: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    own_attributes(resource).filter(|(name, _)| *name != "members" && *name != "groups")
}

/// The resource that is shown, as it is stored.
pub(super) fn stored(call: Call<'_>, kind: Kind, shown: &Value) -> Option<Arc<Resource>> {
    call.store().get(kind, shown.get("id")?.as_str()?)
}

/// Whether a request is to create a resource.
pub(super) fn creates(call: Call<'_>, route: Option<&Route>) -> bool {
    matches!(route, Some(Route::Collection(_))) && call.request.method == Method::POST
}
