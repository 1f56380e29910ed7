//! What the server says about itself (RFC 7644 §4).

use scimcheck::server::Options;
use serde_json::json;

use super::api::{Api, ENTERPRISE, GROUP, USER, snapshot};

const PATHS: [&str; 5] = [
    "/ServiceProviderConfig",
    "/ResourceTypes",
    "/ResourceTypes/User",
    "/Schemas",
    "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
];

#[tokio::test]
async fn documents() {
    let api = Api::with(Options { max_results: 50, ..Options::default() }).await;
    snapshot("service-provider-config", &api.get("/ServiceProviderConfig").await.expect(200).body);
    snapshot("resource-types", &api.get("/ResourceTypes").await.expect(200).body);
    let schemas = api.get("/Schemas").await.expect(200);
    assert!(schemas.listed("/id").starts_with(&[USER, GROUP, ENTERPRISE]));
    snapshot("group-schema", &api.get(&format!("/Schemas/{GROUP}")).await.expect(200).body);
}

#[tokio::test]
async fn needs_no_token_and_ignores_query_parameters() {
    let api = Api::start().await;
    for path in PATHS {
        for credentials in ["", "Bearer wrong"] {
            let answer = api.send("GET", path, &[("authorization", credentials)], None).await.expect(200);
            assert_eq!(answer.header("content-type"), Some("application/scim+json"));
        }
        let plain = api.get(path).await.body;
        let parameters = [("count", "0"), ("startIndex", "2"), ("sortBy", "name"), ("attributes", "name")];
        assert_eq!(api.query(path, &parameters).await.expect(200).body, plain);
        api.query(path, &[("filter", "name pr")]).await.refused(403, None);
        assert_eq!(api.send("HEAD", path, &[], None).await.expect(200).body, json!(null));
    }
}

#[tokio::test]
async fn single_documents_are_those_of_the_list() {
    let api = Api::start().await;
    for (list, pointer) in [("/ResourceTypes", "/name"), ("/Schemas", "/id")] {
        let all = api.get(list).await;
        for (document, name) in all.body["Resources"].as_array().unwrap().iter().zip(all.listed(pointer)) {
            assert_eq!(&api.get(&format!("{list}/{name}")).await.expect(200).body, document);
            assert_eq!(document["meta"]["location"], json!(api.url(&format!("{list}/{name}"))));
        }
    }
    let encoded = format!("/Schemas/{}", USER.replace(':', "%3A").to_lowercase());
    assert_eq!(api.get(&encoded).await.expect(200).id(), USER);
}

#[tokio::test]
async fn unknown_documents_and_other_methods() {
    let api = Api::start().await;
    for path in [
        "/ResourceTypes/user",
        "/ResourceTypes/x",
        "/Schemas/urn:x",
        "/Schemas/urn:ietf:params:scim:api:messages:2.0:ListResponse",
    ] {
        api.get(path).await.refused(404, None);
    }
    for path in PATHS {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
            let answer = api.send(method, path, &[], None).await.refused(405, None);
            assert_eq!(answer.header("allow"), Some("GET, HEAD"));
        }
    }
}
