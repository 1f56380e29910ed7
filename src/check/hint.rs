//! One-sentence guesses at the cause, where a well-known mistake fits.

use super::explain;
use crate::model::{Exchange, RequirementId};
use crate::suite::format::Step;

/// For the expectation of a step that does not hold.
#[must_use]
pub fn for_expectation(_requirement: &RequirementId, step: &Step, exchange: &Exchange) -> Option<String> {
    let response = exchange.response()?;
    let method = exchange.request.method.as_str();
    let configured =
        step.request.as_ref().is_some_and(|request| request.auth == crate::suite::format::Auth::Configured);
    let hint = match (method, response.status) {
        _ if explain::is_html(&response.body) => {
            "An HTML page came back: a proxy, a login page or a router answered instead of the SCIM service provider."
        }
        (_, 401) if configured => {
            "The configured credential was refused for this request, although discovery worked."
        }
        (_, 403) if configured => {
            "The configured credential may not do this: does it have the right to write?"
        }
        (_, 301 | 302 | 307 | 308) => {
            "The server redirects: is the base URL the one that it uses itself (scheme, host, trailing slash)?"
        }
        (_, 415) => {
            "The server does not take the media type application/scim+json, which RFC 7644 §3.8 demands."
        }
        (_, 406) => "The server does not answer with application/scim+json, which RFC 7644 §3.8 demands.",
        (_, 405) => "The router knows the path but not the method.",
        ("POST", 200) => "The resource was probably created, but a create is answered with 201.",
        ("POST", 400) => {
            "The server refused a create that its own schemas allow: does it demand an attribute that /Schemas does not mark as required? Then name it under `overrides` in scimcheck.toml."
        }
        ("DELETE", 200) => "The resource was probably deleted, but a delete is answered with 204.",
        ("PATCH", 501) => "PATCH is claimed in ServiceProviderConfig, but this operation is not implemented.",
        (_, 429) => "The server limits the rate of requests: lower `max_rate` or `jobs`.",
        (_, 500..=599) => "The server failed: its log says more than its answer.",
        _ => return None,
    };
    Some(hint.to_owned())
}

/// For a broken invariant.
#[must_use]
pub fn for_invariant(id: &str, got: &str) -> Option<String> {
    let hint = match id {
        "media-type" if got.starts_with("application/json") => {
            "Clients cope, but the default of the JSON library was never changed to application/scim+json."
        }
        "error-status" if got.parse::<u16>().is_ok() => {
            "status is written as a JSON number; SCIM wants a string."
        }
        "error-body" if got.contains("HTML page") => "The framework's own error page came through.",
        "error-body" => "Errors of the framework or router are probably not turned into SCIM errors.",
        "json-in-utf-8" if got.contains("HTML page") => {
            "A login page or proxy answered instead of the server."
        }
        "meta-location" => "meta.location is probably built from a configured host name or a wrong path.",
        "meta-resource-type" => {
            "meta.resourceType is the singular name of the resource type, as in /ResourceTypes."
        }
        "never-returned" => {
            "The password, even hashed, leaves the server: anybody who may read users can read it."
        }
        "list-items-per-page" => {
            "itemsPerPage probably repeats the requested count; it is the size of this page."
        }
        "body-valid"
            if got == "\"True\"" || got == "\"False\"" || got == "\"true\"" || got == "\"false\"" =>
        {
            "A boolean was stored as the string that a client sent."
        }
        "etag-equals-version" => "The ETag header and meta.version are two writings of one value.",
        _ => return None,
    };
    Some(hint.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing;

    #[test]
    fn well_known_mistakes() {
        let step: Step =
            serde_json::from_value(json!({ "name": "s", "request": { "method": "POST", "path": "/Users" } }))
                .unwrap();
        let id = RequirementId::from("RFC7644-3.3-07");
        let hint = |status, body| {
            for_expectation(&id, &step, &testing::exchange("POST", "/Users", status, &[], body))
        };
        assert!(hint(200, "{}").unwrap().contains("201"));
        assert!(hint(404, "<html>").unwrap().contains("HTML"));
        assert_eq!(hint(409, "{}"), None);
        assert!(for_invariant("error-status", "404").unwrap().contains("number"));
        assert_eq!(for_invariant("id-present", "nothing"), None);
    }
}
