//! `/Me` (RFC 7644 §3.11).

use scimcheck::server::{Options, UserToken};
use serde_json::{Value, json};

use super::api::{Answer, Api, PATCH, USER};

async fn start() -> Api {
    let user = UserToken { token: "mine".into(), user_name: "babs".to_owned() };
    Api::with(Options { user_token: Some(user), read_only_token: Some("peek".into()), ..Options::default() })
        .await
}

async fn send(api: &Api, method: &str, body: Value) -> Answer {
    let headers = [("authorization", "Bearer mine"), ("content-type", "application/scim+json")];
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    api.send(method, "/Me", &headers, body).await
}

#[tokio::test]
async fn the_alias_is_the_user() {
    let api = start().await;
    let me = send(&api, "GET", Value::Null).await.expect(200);
    assert_eq!(me.text("/userName"), "babs");
    let path = format!("/Users/{}", me.id());
    assert_eq!(me.header("location"), Some(&*api.url(&path)));
    assert_eq!(me.header("etag"), Some(me.text("/meta/version")));
    assert_eq!(api.get(&path).await.body, me.body);

    let operations = json!([{ "op": "add", "path": "title", "value": "x" }]);
    let patched =
        send(&api, "PATCH", json!({ "schemas": [PATCH], "Operations": operations })).await.expect(200);
    assert_eq!((patched.id(), patched.text("/title")), (me.id(), "x"));
    let replaced = send(&api, "PUT", json!({ "schemas": [USER], "userName": "barbara" })).await.expect(200);
    assert_eq!(api.get(&path).await.body, replaced.body);
    send(&api, "POST", json!({ "schemas": [USER], "userName": "new" })).await.refused(501, None);
    send(&api, "DELETE", Value::Null).await.expect(204);
    send(&api, "GET", Value::Null).await.refused(401, None);
    api.get(&path).await.refused(404, None);
}

#[tokio::test]
async fn other_tokens_stand_for_nobody() {
    let api = start().await;
    for token in ["Bearer peek".to_owned(), format!("Bearer {}", api.server.token())] {
        let headers = [("authorization", &*token)];
        api.send("GET", "/Me", &headers, None).await.refused(501, None);
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        api.send(method, "/Me", &[], None).await.refused(501, None);
        let peek = [("authorization", "Bearer peek")];
        api.send(method, "/Me", &peek, None).await.refused(403, None);
    }
    api.send("GET", "/Me", &[("authorization", "")], None).await.refused(401, None);
}
