//! A service provider whose discovery documents are good, unless a test says otherwise.

use std::future::Future;

use serde_json::{Value, json};

use crate::raw::{self, Received, Reply};

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

pub(crate) fn list(resources: &Value) -> Value {
    let count = resources.as_array().map_or(0, Vec::len);
    json!({ "schemas": [LIST], "totalResults": count, "Resources": resources })
}

/// The good answer to a discovery request.
pub(crate) fn discovery(path: &str) -> Option<Value> {
    let off = json!({ "supported": false });
    Some(match path {
        "/v2/ServiceProviderConfig" => json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": { "supported": true }, "bulk": off, "filter": { "supported": true, "maxResults": 100 },
            "changePassword": off, "sort": off, "etag": off,
            "authenticationSchemes": [{ "type": "oauthbearertoken", "name": "Bearer", "description": "Bearer" }],
        }),
        "/v2/ResourceTypes" => list(&json!([{
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User",
            "endpoint": "/Users", "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
        }])),
        "/v2/Schemas" => list(&json!([user_schema(&json!([]))])),
        _ => return None,
    })
}

/// The schema of users with further attributes.
pub(crate) fn user_schema(further: &Value) -> Value {
    let mut attributes =
        vec![json!({ "name": "userName", "type": "string", "required": true, "uniqueness": "server" })];
    attributes.extend(further.as_array().into_iter().flatten().cloned());
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": "urn:ietf:params:scim:schemas:core:2.0:User",
        "name": "User", "attributes": attributes,
    })
}

/// Serves; returns the base URL. `answer` comes first, then the discovery documents, then 404.
pub(crate) async fn serve<F, R>(answer: F) -> String
where
    F: Fn(Received) -> R + Send + Sync + 'static,
    R: Future<Output = Option<Reply>> + Send + 'static,
{
    let origin = raw::serve(move |request: Received| {
        let path = request.path().to_owned();
        let answer = answer(request);
        async move {
            match answer.await {
                Some(reply) => reply,
                None => match discovery(&path) {
                    Some(document) => Reply::json(200, &document),
                    None => Reply::json(404, &json!({
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404", "detail": "no",
                    })),
                },
            }
        }
    })
    .await;
    format!("{origin}/v2")
}
