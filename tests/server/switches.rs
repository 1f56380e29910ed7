//! What the RFCs leave optional, switched off one by one.

use std::collections::BTreeSet;

use scimcheck::server::{OptionalFeature, Options};
use serde_json::{Value, json};

use super::api::{Api, ENTERPRISE, SEARCH, USER};

async fn without(feature: OptionalFeature) -> (Api, Value) {
    let api = Api::with(Options { without: BTreeSet::from([feature]), ..Options::default() }).await;
    let config = api.get("/ServiceProviderConfig").await.expect(200).body;
    (api, config)
}

#[tokio::test]
async fn patch() {
    let (api, config) = without(OptionalFeature::Patch).await;
    assert_eq!(config["patch"]["supported"], json!(false));
    let user = api.user("babs", json!({})).await;
    let path = format!("/Users/{}", user.id());
    let operations = json!([{ "op": "add", "path": "title", "value": "x" }]);
    api.patch(&path, operations.clone()).await.refused(501, None);
    api.patch("/Users/unknown", operations).await.refused(501, None);
    assert_eq!(api.get(&path).await.body, user.body);
}

#[tokio::test]
async fn filter() {
    let (api, config) = without(OptionalFeature::Filter).await;
    assert_eq!(config["filter"], json!({ "supported": false, "maxResults": 0 }));
    api.user("babs", json!({})).await;
    api.query("/Users", &[("filter", "title pr")]).await.refused(501, None);
    let search = json!({ "schemas": [SEARCH], "filter": "title pr" });
    api.post("/Users/.search", search).await.refused(501, None);
    assert_eq!(api.get("/Users").await.listed("/userName"), ["babs"]);
}

#[tokio::test]
async fn sort() {
    let (api, config) = without(OptionalFeature::Sort).await;
    assert_eq!(config["sort"]["supported"], json!(false));
    api.user("b", json!({})).await;
    api.user("a", json!({})).await;
    assert_eq!(api.query("/Users", &[("sortBy", "userName")]).await.listed("/userName"), ["b", "a"]);
}

#[tokio::test]
async fn etag() {
    let (api, config) = without(OptionalFeature::Etag).await;
    assert_eq!(config["etag"]["supported"], json!(false));
    let user = api.user("babs", json!({})).await;
    assert_eq!((user.header("etag"), user.body["meta"].get("version")), (None, None));
    let path = format!("/Users/{}", user.id());
    let answer = api.send("GET", &path, &[("if-none-match", "*")], None).await.expect(200);
    assert_eq!(answer.body, user.body);
    assert_eq!(api.get("/Users").await.body["Resources"][0], user.body);
    api.send("DELETE", &path, &[("if-match", "\"other\"")], None).await.expect(204);
}

#[tokio::test]
async fn change_password() {
    let (api, config) = without(OptionalFeature::ChangePassword).await;
    assert_eq!(config["changePassword"]["supported"], json!(false));
    let user = api.user("babs", json!({ "password": "first" })).await;
    let path = format!("/Users/{}", user.id());
    let change = json!([{ "op": "replace", "path": "password", "value": "second" }]);
    api.patch(&path, change).await.refused(403, None);
    let body = json!({ "schemas": [USER], "userName": "babs", "password": "second", "title": "x" });
    assert_eq!(api.put(&path, body).await.expect(200).text("/title"), "x");
}

#[tokio::test]
async fn cursor() {
    let (api, config) = without(OptionalFeature::Cursor).await;
    assert_eq!(config.get("pagination"), None);
    for name in ["a", "b", "c"] {
        api.user(name, json!({})).await;
    }
    let answer = api.query("/Users", &[("cursor", ""), ("count", "1"), ("startIndex", "2")]).await;
    assert_eq!((answer.listed("/userName"), answer.body.get("nextCursor")), (vec!["b"], None));
}

#[tokio::test]
async fn search() {
    let (api, _) = without(OptionalFeature::Search).await;
    for path in ["/.search", "/Users/.search", "/Groups/.search"] {
        api.post(path, json!({ "schemas": [SEARCH] })).await.refused(501, None);
    }
}

#[tokio::test]
async fn me() {
    let (api, _) = without(OptionalFeature::Me).await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
        api.send(method, "/Me", &[], None).await.refused(501, None);
    }
}

#[tokio::test]
async fn enterprise_user() {
    let (api, _) = without(OptionalFeature::EnterpriseUser).await;
    let schemas = api.get("/Schemas").await;
    assert!(!schemas.listed("/id").contains(&ENTERPRISE));
    api.get(&format!("/Schemas/{ENTERPRISE}")).await.refused(404, None);
    assert_eq!(api.get("/ResourceTypes/User").await.body.get("schemaExtensions"), None);
    let user = api.user("babs", json!({ ENTERPRISE: { "department": "d" } })).await;
    assert_eq!((user.body.get(ENTERPRISE), &user.body["schemas"]), (None, &json!([USER])));
}

#[tokio::test]
async fn groups() {
    let (api, _) = without(OptionalFeature::Groups).await;
    assert_eq!(api.get("/ResourceTypes").await.listed("/name"), ["User"]);
    api.get("/ResourceTypes/Group").await.refused(404, None);
    for path in ["/Groups", "/Groups/x", "/Groups/.search"] {
        api.get(path).await.refused(404, None);
    }
    api.post("/Groups", json!({ "displayName": "x" })).await.refused(404, None);
    let user = api.user("babs", json!({})).await;
    assert_eq!(api.get("/").await.listed("/id"), [user.id()]);
}
