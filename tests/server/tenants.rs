//! Tenants behind one base URL, and tokens that do not count any more.

use scimcheck::server::{Options, Server};
use serde_json::{Value, json};

use super::api::{Answer, Api, GROUP, USER};

async fn other(api: &Api, method: &str, path: &str, body: Value) -> Answer {
    let headers = [("authorization", "Bearer other"), ("content-type", "application/scim+json")];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    api.send(method, path, &headers, body).await
}

#[tokio::test]
async fn tenants_see_nothing_of_each_other() {
    let api = Api::with(Options { tenants: vec!["other".into()], ..Options::default() }).await;
    let mine = api.user("babs", json!({})).await;
    let path = format!("/Users/{}", mine.id());
    let body = json!({ "schemas": [USER], "userName": "babs" });
    // Names are taken in one tenant only.
    let theirs = other(&api, "POST", "/Users", body.clone()).await.expect(201);
    assert_ne!(theirs.id(), mine.id());
    for (method, body) in [("GET", Value::Null), ("PUT", body), ("DELETE", Value::Null)] {
        other(&api, method, &path, body).await.refused(404, None);
    }
    assert_eq!(other(&api, "GET", "/Users", Value::Null).await.listed("/id"), [theirs.id()]);
    assert_eq!(api.get("/Users").await.listed("/id"), [mine.id()]);
    let filter = format!("/Users?filter=id%20eq%20%22{}%22", mine.id());
    assert_eq!(other(&api, "GET", &filter, Value::Null).await.listed("/id"), [""; 0]);
    let group = json!({ "schemas": [GROUP], "displayName": "g", "members": [{ "value": mine.id() }] });
    other(&api, "POST", "/Groups", group).await.refused(400, Some("invalidValue"));
    assert_eq!(api.get(&path).await.body, mine.body);
}

#[tokio::test]
async fn tokens_that_do_not_count_any_more() {
    let options = Options {
        expired_token: Some("late".into()),
        revoked_token: Some("gone".into()),
        ..Options::default()
    };
    let api = Api::with(options).await;
    for (token, why) in [("Bearer late", "expired"), ("Bearer gone", "revoked")] {
        for path in ["/Users", "/Me", "/Nothing"] {
            let answer = api.send("GET", path, &[("authorization", token)], None).await.refused(401, None);
            let challenge = answer.header("www-authenticate").expect("a challenge");
            assert!(challenge.contains(r#"error="invalid_token""#) && challenge.contains(why), "{challenge}");
        }
    }
}

#[tokio::test]
async fn one_token_cannot_be_two() {
    let options = Options { tenants: vec!["a".into(), "a".into()], ..Options::default() };
    let error = Server::start(options).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
