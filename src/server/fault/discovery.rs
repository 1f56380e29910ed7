//! What the server says about itself.

use axum::http::Method;
use serde_json::{Value, json};

use super::parts::remove;
use super::{FaultInfo, fault};
use crate::server::choice::Choice;
use crate::server::edit::{list, values};
use crate::server::hook::Hook;
use crate::server::reply::{Content, Refusal};
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "capability-advertised-but-missing",
        &[Hook::Admitted(|call, _| {
            let patch = call.request.method == Method::PATCH;
            patch.then(|| Refusal::new(501, "PATCH is not supported").into_reply())
        })],
    ),
    fault(
        "capability-understated",
        &[Hook::Documents(|documents, _| documents.config["patch"]["supported"] = false.into())],
    ),
    fault("discovery-requires-auth-or-not", &[Hook::Choice(Choice::DiscoveryNeedsToken)]),
    fault(
        "resourcetypes-endpoint-missing",
        &[Hook::Admitted(|_, route| {
            let missing = matches!(route, Route::ResourceTypes | Route::ResourceType(_));
            missing.then(|| Refusal::new(404, "There is no such endpoint").into_reply())
        })],
    ),
    fault(
        "schema-meta-location-wrong",
        &[Hook::Reply(|_, route, reply| match (route, &mut reply.content) {
            (Some(Route::Schemas | Route::ResourceTypes), Content::Json(list)) => {
                values(list, "Resources").for_each(mislocate);
            }
            (Some(Route::Schema(_) | Route::ResourceType(_)), Content::Json(document)) => mislocate(document),
            _ => {}
        })],
    ),
    fault(
        "spc-authenticationschemes-bad-json-names",
        &[Hook::Documents(|documents, _| {
            for scheme in values(&mut documents.config, "authenticationSchemes") {
                *scheme = json!({
                    "Type": scheme["type"],
                    "Name": scheme["name"],
                    "Description": scheme["description"],
                    "SpecURI": scheme["specUri"],
                });
            }
        })],
    ),
    fault(
        "spc-bulk-limits-missing",
        &[Hook::Documents(|documents, _| {
            remove(&mut documents.config["bulk"], "maxOperations");
        })],
    ),
    fault(
        "spc-filter-maxresults-zero",
        &[Hook::Documents(|documents, _| documents.config["filter"]["maxResults"] = 0.into())],
    ),
    fault(
        "totalresults-hardcoded",
        &[Hook::Reply(|_, route, reply| {
            if matches!(route, Some(Route::Schemas | Route::ResourceTypes))
                && let Some(list) = list(reply)
            {
                list.insert("totalResults".to_owned(), 100.into());
            }
        })],
    ),
];

/// Names the type of the document in the location in place of the endpoint.
fn mislocate(document: &mut Value) {
    if let Some(Value::String(location)) = document.pointer_mut("/meta/location") {
        *location = location.replace("/Schemas/", "/Schema/").replace("/ResourceTypes/", "/ResourceType/");
    }
}
