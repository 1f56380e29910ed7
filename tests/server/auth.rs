//! Bearer tokens (RFC 6750).

use scimcheck::server::{Options, Server};
use serde_json::json;

use super::api::{Api, SEARCH, USER};

#[tokio::test]
async fn credentials() {
    let api = Api::start().await;
    let token = api.server.token().to_owned();
    let bare = r#"Bearer realm="scimcheck""#;
    for (credentials, wanted) in [
        (format!("Bearer {token}"), None),
        (format!("bEARER  {token}"), None),
        (String::new(), Some(bare)),
        (format!("Basic {token}"), Some(bare)),
        (token.clone(), Some(bare)),
        ("Bearer wrong".to_owned(), Some("invalid_token")),
        (format!("Bearer {token}x"), Some("invalid_token")),
        (format!("Bearer {}", token.to_uppercase()), Some("invalid_token")),
    ] {
        for path in ["/Users", "/Users/x", "/", "/Nothing", "/Me"] {
            let answer = api.send("GET", path, &[("authorization", &credentials)], None).await;
            match wanted {
                None => assert_ne!(answer.status, 401, "{credentials}"),
                Some(wanted) => {
                    let answer = answer.refused(401, None);
                    let challenge = answer.header("www-authenticate").expect("a challenge");
                    assert!(challenge.starts_with(bare), "{challenge}");
                    assert!(
                        challenge == wanted || challenge.contains(&format!(r#"error="{wanted}""#)),
                        "{challenge}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn two_headers_and_tokens_elsewhere_are_refused() {
    let api = Api::start().await;
    let token = api.server.token().to_owned();
    let credentials = format!("Bearer {token}");
    let twice = [("authorization", &*credentials), ("authorization", &*credentials)];
    let answer = api.send("GET", "/Users", &twice, None).await.refused(400, None);
    assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.contains("invalid_request")));

    let path = format!("/Users?access_token={token}");
    let answer = api.get(&path).await.refused(400, None);
    assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.contains("invalid_request")));

    let none = [("authorization", "")];
    let answer = api.send("GET", &path, &none, None).await.refused(401, None);
    assert_eq!(answer.header("www-authenticate"), Some(r#"Bearer realm="scimcheck""#));
    let form = [("authorization", ""), ("content-type", "application/x-www-form-urlencoded")];
    let body = format!("access_token={token}").into_bytes();
    api.send("POST", "/Users", &form, body).await.refused(401, None);
}

#[tokio::test]
async fn nothing_is_created_without_a_token() {
    let api = Api::start().await;
    let headers = [("authorization", "Bearer no"), ("content-type", "application/scim+json")];
    let body = json!({ "schemas": [USER], "userName": "sneaked" }).to_string().into_bytes();
    api.send("POST", "/Users", &headers, body).await.refused(401, None);
    assert_eq!(api.get("/Users").await.body["totalResults"], json!(0));
}

#[tokio::test]
async fn a_read_only_token_reads() {
    let options = Options { read_only_token: Some("look-only".into()), ..Options::default() };
    let api = Api::with(options).await;
    let id = api.user("babs", json!({})).await.id().to_owned();
    let path = format!("/Users/{id}");
    let send = async |method: &str, path: &str, body: serde_json::Value| {
        let headers = [("authorization", "Bearer look-only"), ("content-type", "application/scim+json")];
        api.send(method, path, &headers, body.to_string().into_bytes()).await
    };
    for (method, path) in [("GET", "/Users"), ("GET", &*path), ("HEAD", &*path), ("GET", "/")] {
        assert_eq!(send(method, path, json!({})).await.status, 200, "{method} {path}");
    }
    send("POST", "/Users/.search", json!({ "schemas": [SEARCH] })).await.expect(200);
    for (method, path) in [("POST", "/Users"), ("PUT", &*path), ("PATCH", &*path), ("DELETE", &*path)] {
        let answer = send(method, path, json!({ "userName": "x" })).await.refused(403, None);
        assert!(answer.header("www-authenticate").is_some_and(|c| c.contains("insufficient_scope")));
    }
    api.get(&path).await.expect(200);
}

#[tokio::test]
async fn no_error_shows_a_token() {
    let api = Api::start().await;
    let token = api.server.token().to_owned();
    let user = api.user("babs", json!({})).await;
    let path = format!("/Users/{}", user.id());
    for answer in [
        api.get(&format!("/Users/{token}")).await.expect(404),
        api.get(&format!("/{token}")).await.expect(404),
        api.get(&format!("/Schemas/{token}")).await.expect(404),
        api.query("/Users", &[("filter", &format!("userName eq {token}"))]).await.expect(400),
        api.query("/Users", &[("sortBy", &format!("{token} x"))]).await.expect(400),
        api.patch(&path, json!([{ "op": token, "path": "title", "value": 1 }])).await.expect(400),
        api.patch(&path, json!([{ "op": "add", "path": token, "value": 1 }])).await.expect(400),
    ] {
        assert!(!answer.text("/detail").contains(&token), "{answer:?}");
    }
    assert!(
        !format!("{:?} {:?}", api.server, Options { token: "hidden".into(), ..Options::default() })
            .contains("hidden")
    );
}

#[tokio::test]
async fn tokens_that_no_header_can_carry_do_not_start_a_server() {
    for token in ["", "two words", "line\nbreak", "\"quoted\""] {
        let error = Server::start(Options { token: token.into(), ..Options::default() }).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
}
