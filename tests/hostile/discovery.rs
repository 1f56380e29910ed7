//! Hostile discovery documents.

use serde_json::{Value, json};

use crate::measure;
use crate::provider::{self, list, user_schema};
use crate::raw::Reply;

/// Suites that look at the documents, and make payloads from them.
const SUITES: [&str; 3] = ["rfc7643", "rfc7644/4-discovery.yaml", "rfc7644/3.3-create.yaml"];

/// Runs against a target with this document at this path.
async fn with(what: &str, path: &'static str, document: Value) {
    with_suites(what, path, document, &SUITES).await;
}

async fn with_suites(what: &str, path: &'static str, document: Value, suites: &'static [&'static str]) {
    let base_url = provider::serve(move |request| {
        let reply = (request.path() == path).then(|| Reply::json(200, &document));
        async move { reply }
    })
    .await;
    let arguments = ["--request-timeout", "10s"];
    let ended = tokio::task::spawn_blocking(move || measure::run(&base_url, suites, &arguments))
        .await
        .expect("it ends");
    ended.is_sound(what);
}

fn resource_type(name: &str, endpoint: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": name, "name": name,
        "endpoint": endpoint, "schema": "urn:ietf:params:scim:schemas:core:2.0:User",
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_attributes() {
    let attribute = |n| json!({ "name": format!("a{n}"), "type": "string", "multiValued": n % 2 == 0, "required": n % 3 == 0 });
    let attributes: Vec<_> = (0..10_000).map(attribute).collect();
    with_suites(
        "10,000 attributes",
        "/v2/Schemas",
        list(&json!([user_schema(&json!(attributes))])),
        &SUITES[1..],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_attributes_without_end() {
    let mut attribute = json!({ "name": "a", "type": "complex", "required": true, "subAttributes": [] });
    for _ in 0..55 {
        attribute = json!({ "name": "a", "type": "complex", "required": true, "multiValued": true, "subAttributes": [attribute.clone()] });
    }
    with("sub-attributes", "/v2/Schemas", list(&json!([user_schema(&json!([attribute]))]))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn names_of_every_kind() {
    let names = [
        "",
        "\u{1b}[31m",
        "../..",
        "${unique}",
        "a.b[c eq \"d\"]",
        "__proto__",
        "\u{202e}x",
        "(?:",
        "\u{0}",
        "<script>",
        "$ref",
        "userName",
        "USERNAME",
    ];
    let mut attributes: Vec<_> = names.iter().map(|name| json!({
        "name": name, "type": name, "required": true, "canonicalValues": names, "mutability": name, "returned": name,
        "uniqueness": name, "referenceTypes": names, "subAttributes": [{ "name": name, "type": "string" }],
    })).collect();
    attributes.extend([
        json!(null),
        json!(7),
        json!({ "name": 7 }),
        json!({ "name": "x", "type": "complex", "subAttributes": 7 }),
    ]);
    attributes.push(json!({ "name": "long".repeat(100_000), "type": "string", "required": true }));
    with(
        "names",
        "/v2/Schemas",
        list(&json!([user_schema(&json!(attributes)), 7, null, { "id": "\u{1b}" }])),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_resource_types() {
    let kinds: Vec<_> = (0..10_000).map(|n| resource_type(&format!("T{n}"), &format!("/T{n}"))).collect();
    with_suites("10,000 resource types", "/v2/ResourceTypes", list(&json!(kinds)), &SUITES[2..]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endpoints_that_lead_elsewhere() {
    let endpoints = [
        "/../admin",
        "https://evil.example/",
        "//evil.example/",
        "/Users/../../admin",
        "",
        "/",
        "?x",
        "#x",
        "javascript:x",
        "/\u{1b}[31m",
        "/${unique}",
        "\\\\evil\\x",
        "/%2e%2e/admin",
        "/a b",
        "/ServiceProviderConfig",
    ];
    let mut kinds: Vec<_> =
        endpoints.iter().enumerate().map(|(n, endpoint)| resource_type(&format!("T{n}"), endpoint)).collect();
    kinds.extend([
        json!(null),
        json!([]),
        json!({ "name": "\u{1b}[31m\u{202e}", "endpoint": "/X", "schema": "\u{0}" }),
    ]);
    with("endpoints", "/v2/ResourceTypes", list(&json!(kinds))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_config_of_nonsense() {
    let nonsense = json!({
        "schemas": "no", "patch": [], "bulk": { "supported": "yes", "maxOperations": -1e308 },
        "filter": { "supported": true, "maxResults": -5 }, "sort": null, "etag": 7, "changePassword": { "supported": {} },
        "authenticationSchemes": [[[]], { "type": "\u{1b}[31m" }],
    });
    with("config", "/v2/ServiceProviderConfig", nonsense).await;
}
