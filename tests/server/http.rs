//! Media types, methods, paths, bodies, starting and stopping.

use std::io::ErrorKind;

use reqwest::Client;
use scimcheck::server::{Options, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::api::{Api, PATCH, USER};

#[tokio::test]
async fn request_media_types() {
    let api = Api::start().await;
    for (index, (content_type, accepted)) in [
        ("application/scim+json", true),
        ("Application/SCIM+JSON; charset=UTF-8", true),
        ("application/json", true),
        ("application/json;charset=\"utf-8\"", true),
        ("application/xml", false),
        ("text/plain", false),
        ("application/x-www-form-urlencoded", false),
        ("application/scim+json; charset=utf-16", false),
    ]
    .into_iter()
    .enumerate()
    {
        let body = json!({ "schemas": [USER], "userName": format!("user-{index}") }).to_string().into_bytes();
        let answer = api.send("POST", "/Users", &[("content-type", content_type)], body).await;
        if accepted {
            assert_eq!(answer.expect(201).header("content-type"), Some("application/scim+json"));
        } else {
            answer.refused(415, None);
        }
    }
    // Without Content-Type the body is taken for SCIM (RFC 7644 §3.8).
    let body = json!({ "schemas": [USER], "userName": "plain" }).to_string().into_bytes();
    api.send("POST", "/Users", &[], body).await.expect(201);
    let gzip = [("content-type", "application/json"), ("content-encoding", "gzip")];
    api.send("POST", "/Users", &gzip, b"x".to_vec()).await.refused(415, None);
}

#[tokio::test]
async fn response_media_types() {
    let api = Api::start().await;
    for (accept, accepted) in [
        ("application/scim+json", true),
        ("application/json", true),
        ("*/*", true),
        ("text/html, application/json;q=0.1", true),
        ("text/html", false),
        ("application/xml", false),
        ("application/json;q=0, application/scim+json;q=0", false),
    ] {
        let answer = api.send("GET", "/Users", &[("accept", accept)], None).await;
        if accepted {
            assert_eq!(answer.expect(200).header("content-type"), Some("application/scim+json"), "{accept}");
        } else {
            answer.refused(406, None);
        }
    }
}

#[tokio::test]
async fn methods() {
    let api = Api::start().await;
    let id = api.user("babs", json!({})).await.id().to_owned();
    for (path, allow, refused) in [
        ("/Users", "GET, HEAD, POST", &["PUT", "PATCH", "DELETE", "OPTIONS", "BREW"][..]),
        ("/Groups/", "GET, HEAD, POST", &["PUT"]),
        (&format!("/Users/{id}"), "GET, HEAD, PUT, PATCH, DELETE", &["POST", "OPTIONS", "get"]),
        ("/Users/unknown", "GET, HEAD, PUT, PATCH, DELETE", &["POST"]),
        ("/Users/.search", "POST", &["GET", "HEAD", "PUT"]),
        ("/.search", "POST", &["GET"]),
        ("/", "GET, HEAD", &["POST", "DELETE"]),
        ("", "GET, HEAD", &["PUT"]),
        ("/Bulk", "POST", &["GET"]),
    ] {
        for method in refused {
            let answer = api.send(method, path, &[], None).await;
            if *method != "HEAD" {
                assert_eq!(answer.refused(405, None).header("allow"), Some(allow), "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn head_is_get_without_body() {
    let api = Api::start().await;
    let id = api.user("babs", json!({})).await.id().to_owned();
    for path in [format!("/Users/{id}"), "/Users".to_owned(), "/".to_owned(), "/Users/unknown".to_owned()] {
        let (get, head) = (api.get(&path).await, api.send("HEAD", &path, &[], None).await);
        assert_eq!((head.status, &head.body), (get.status, &Value::Null), "{path}");
        for name in ["etag", "location", "content-type", "content-length"] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
    }
}

#[tokio::test]
async fn paths() {
    let api = Api::start().await;
    let id = api.user("babs", json!({})).await.id().to_owned();
    let encoded = id.replace('-', "%2D");
    for path in [format!("/Users/{id}"), format!("/Users/{id}/"), format!("/%55sers/{encoded}")] {
        assert_eq!(api.get(&path).await.expect(200).id(), id);
    }
    for path in [
        "/Nothing",
        "/users",
        "/Users/a/b",
        "/Users/%zz",
        "/Users/..%2FUsers",
        "/Userss",
        "/Users/x%00y",
        "/v2/Users",
    ] {
        api.get(path).await.refused(404, None);
    }
    let other_version = api.server.base_url().replace("/scim/v2", "/scim/v99/Users");
    let answer = api.client.get(other_version).bearer_auth(api.server.token()).send().await.unwrap();
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn bodies_that_are_none() {
    let api = Api::start().await;
    let id = api.user("babs", json!({})).await.id().to_owned();
    let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let headers = [("content-type", "application/scim+json")];
    for (method, path) in [
        ("POST", "/Users".to_owned()),
        ("PUT", format!("/Users/{id}")),
        ("PATCH", format!("/Users/{id}")),
        ("POST", "/.search".to_owned()),
    ] {
        for body in [
            &b""[..],
            b"{",
            b"{\"userName\":\"x\"",
            b"{} {}",
            b"[]",
            b"\"x\"",
            b"1",
            b"null",
            b"<a/>",
            b"{\"a\":\"\xff\"}",
            deep.as_bytes(),
        ] {
            api.send(method, &path, &headers, body.to_vec()).await.refused(400, Some("invalidSyntax"));
        }
    }
    let list = api.get("/Users").await;
    assert_eq!(list.body["totalResults"], json!(1));
}

const LIMIT: usize = 1024 * 1024;

#[tokio::test]
async fn body_limits() {
    let api = Api::start().await;
    let body = |length: usize| {
        let body = json!({ "schemas": [USER], "userName": "big", "title": "" }).to_string();
        let padding = "x".repeat(length - body.len());
        body.replace("\"title\":\"\"", &format!("\"title\":\"{padding}\"")).into_bytes()
    };
    let headers = [("content-type", "application/scim+json")];
    for length in [LIMIT + 1, 4 * LIMIT] {
        api.send("POST", "/Users", &headers, body(length)).await.refused(413, None);
    }
    api.send("POST", "/Users", &headers, body(LIMIT)).await.expect(201);
    // Whoever is not let in learns no limits.
    let wrong = [("content-type", "application/scim+json"), ("authorization", "Bearer x")];
    api.send("POST", "/Users", &wrong, body(LIMIT + 1)).await.refused(401, None);
}

#[tokio::test]
async fn urls_are_those_that_the_client_uses() {
    let api = Api::start().await;
    let user = api.user("babs", json!({})).await;
    let group = api.group("team", &[user.id()]).await;
    let path = format!("/Users/{}", user.id());
    let elsewhere = format!("http://scim.example.com/scim/v2{path}");
    let host = [("host", "scim.example.com")];
    let answer = api.send("GET", &path, &host, None).await.expect(200);
    assert_eq!(answer.text("/meta/location"), elsewhere);
    assert_eq!(answer.header("location"), Some(&*elsewhere));
    assert!(answer.text("/groups/0/$ref").starts_with("http://scim.example.com/scim/v2/Groups/"));
    let answer = api.send("GET", &format!("/Groups/{}", group.id()), &host, None).await.expect(200);
    assert_eq!(answer.text("/members/0/$ref"), elsewhere);
    let filter = format!("/Users?filter=meta.location%20eq%20%22{elsewhere}%22");
    assert_eq!(api.send("GET", &filter, &host, None).await.listed("/id"), [user.id()]);
    assert_eq!(api.get(&filter).await.listed("/id"), [""; 0]);
    let answer = api.send("GET", &path, &[("host", "not a host")], None).await;
    assert!(answer.status == 400 || answer.text("/meta/location") == api.url(&path));
    assert_eq!(api.get(&path).await.text("/meta/location"), api.url(&path));
}

#[tokio::test]
async fn many_servers_and_many_requests_at_once() {
    let servers: Vec<Api> = {
        let mut servers = Vec::new();
        for _ in 0..20 {
            servers.push(Api::start().await);
        }
        servers
    };
    for api in &servers {
        api.user("same", json!({})).await;
    }
    let api = std::sync::Arc::new(servers.into_iter().next().expect("twenty"));
    let id = api.user("counted", json!({})).await.id().to_owned();
    let requests = (0..40).map(|index| {
        let (api, id) = (std::sync::Arc::clone(&api), id.clone());
        tokio::spawn(async move {
            let name = format!("user-{}", index % 20);
            let body = json!({ "schemas": [USER], "userName": name });
            let created = api.post("/Users", body).await.status == 201;
            let value = json!([{ "value": format!("{index}@example.com") }]);
            let operations = json!([{ "op": "add", "path": "emails", "value": value }]);
            let patch = json!({ "schemas": [PATCH], "Operations": operations });
            api.with_body("PATCH", &format!("/Users/{id}"), &patch).await.expect(200);
            created
        })
    });
    let mut created = 0;
    for request in requests.collect::<Vec<_>>() {
        created += usize::from(request.await.unwrap());
    }
    assert_eq!(created, 20);
    let user = api.get(&format!("/Users/{id}")).await;
    assert_eq!(user.body["emails"].as_array().map(Vec::len), Some(40));
}

#[tokio::test]
async fn raw_requests() {
    let api = Api::start().await;
    let credentials = format!("Authorization: Bearer {}", api.server.token());
    let user = api.user("babs", json!({})).await;
    let address = api.server.base_url().trim_start_matches("http://").trim_end_matches("/scim/v2");
    let too_much = format!("{credentials}\r\nContent-Length: {}", 2 * LIMIT);
    for (head, start) in [
        // Nothing of the body is sent before the server says that it wants it.
        (
            format!("POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{too_much}"),
            "HTTP/1.1 413",
        ),
        (
            format!(
                "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\n{credentials}\r\nTransfer-Encoding: chunked\r\n\r\nzz"
            ),
            "HTTP/1.1 400",
        ),
        (
            format!("GET http://x/scim/v2/Users/{} HTTP/1.1\r\nHost: y\r\n{credentials}", user.id()),
            "HTTP/1.1 200",
        ),
        (format!("GET /scim/v2/Users/{} HTTP/1.0\r\n{credentials}", user.id()), "HTTP/1.0 200"),
        (format!("GET /scim/v2/../v2/Users HTTP/1.1\r\nHost: x\r\n{credentials}"), "HTTP/1.1 404"),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with(start), "{head}: {answer}");
        let location =
            format!("\"location\":\"http://{}/scim/v2/", if head.contains("//x") { "x" } else { address });
        assert_eq!(answer.contains(&location), start.ends_with("200"), "{head}: {answer}");
    }
}

#[tokio::test]
async fn stopping() {
    let client = Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
    let status = async |url: &str, token: &str| {
        let answer = client.get(url).bearer_auth(token).send().await;
        answer.map(|answer| answer.status().as_u16()).ok()
    };
    // Another test may be given the port as soon as it is free; not three times in a row.
    for attempt in 1..=3 {
        let api = Api::start().await;
        let (url, token) = (api.url("/Users"), api.server.token().to_owned());
        let port = url.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap().parse().unwrap();
        // An idle connection is open now, and does not hold anything up.
        api.get("/Users").await.expect(200);
        api.server.shutdown().await;
        assert_ne!(status(&url, &token).await, Some(200));

        let again = match Server::start(Options { port, ..Options::default() }).await {
            Err(error) if error.kind() == ErrorKind::AddrInUse && attempt < 3 => continue,
            again => again.unwrap(),
        };
        assert_eq!(again.base_url(), url.trim_end_matches("/Users"));
        let taken = Server::start(Options { port, ..Options::default() }).await.unwrap_err();
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
        let token = again.token().to_owned();
        assert_eq!(status(&url, &token).await, Some(200));
        drop(again);
        // The listener is closed as soon as the background task has run.
        while status(&url, &token).await == Some(200) {}
        return;
    }
}
