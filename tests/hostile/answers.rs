//! Hostile answers to everything but discovery, and to discovery too.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::measure::{self, Ended};
use crate::provider;
use crate::raw::Reply;

/// Suites that read, create, change and delete.
const SUITES: [&str; 2] = ["rfc7644/3.3-create.yaml", "rfc7644/3.6-delete.yaml"];

fn scim(status: u16, body: impl Into<Vec<u8>>) -> Reply {
    Reply::text(status, "application/scim+json", body)
}

fn bytes(text: impl AsRef<[u8]>) -> Reply {
    Reply::Bytes(text.as_ref().to_vec())
}

/// Runs against a target with good discovery documents that answers everything else with this.
async fn against(what: &'static str, reply: Reply, further: &'static [&'static str]) -> Ended {
    let base_url = provider::serve(move |request| {
        let discovery = provider::discovery(request.path()).is_some();
        let reply = (!discovery).then(|| reply.clone());
        async move { reply }
    })
    .await;
    let ended = run(base_url, further).await;
    ended.is_sound(what);
    assert_ne!(ended.code, Some(0), "{what}: such a target does not pass");
    ended
}

/// Runs against a target that answers everything with this, discovery too.
async fn everywhere(what: &'static str, reply: Reply, further: &'static [&'static str]) {
    let base_url = provider::serve(move |_| {
        let reply = reply.clone();
        async move { Some(reply) }
    })
    .await;
    let ended = run(base_url, further).await;
    ended.is_sound(what);
    assert_eq!(ended.code, Some(5), "{what}: {}", ended.stderr);
}

async fn run(base_url: String, further: &'static [&'static str]) -> Ended {
    let mut arguments = further.to_vec();
    if !further.contains(&"--request-timeout") {
        arguments.extend(["--request-timeout", "5s"]);
    }
    tokio::task::spawn_blocking(move || measure::run(&base_url, &SUITES, &arguments)).await.expect("it ends")
}

/// Asserts that nobody is blamed for a limit of ours.
fn is_not_blamed(ended: &Ended) {
    let results = ended.results();
    let cut: Vec<&str> = results["exchanges"]
        .as_array()
        .expect("exchanges")
        .iter()
        .filter(|exchange| is_our_limit(exchange))
        .map(|exchange| exchange["id"].as_str().expect("an id"))
        .collect();
    assert!(!cut.is_empty(), "the limit was met");
    for case in results["cases"].as_array().expect("cases") {
        for check in case["checks"].as_array().expect("checks") {
            let on_cut = check["exchange"].as_str().is_some_and(|id| cut.contains(&id));
            let of_body =
                check["at"] != "status" || check["got"].as_str().is_some_and(|got| got.contains("limit"));
            assert!(!(on_cut && of_body && check["verdict"] == "fail"), "{check:#}");
        }
    }
}

fn is_our_limit(exchange: &Value) -> bool {
    let answer = exchange["answer"].to_string();
    answer.contains("\"timeout\"") || answer.contains("\"truncated\":true")
}

macro_rules! hostile {
    ($($name:ident($($further:literal),*) => $reply:expr,)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            against(stringify!($name), $reply, &[$($further),*]).await;
        })*
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_large() {
    let body = format!("{{\"id\":\"1\",\"x\":\"{}\"}}", "x".repeat(5 << 20));
    is_not_blamed(&against("too large", scim(200, body), &[]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn larger_than_configured() {
    let body = format!("{{\"id\":\"1\",\"x\":\"{}\"}}", "x".repeat(100 << 10));
    is_not_blamed(&against("larger than configured", scim(200, body), &["--max-body", "64KiB"]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn endless() {
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    let piece = format!("10000\r\n{}\r\n", " ".repeat(0x10000)).into_bytes();
    let ended = against("endless", Reply::Endless(head, piece, Duration::ZERO), &[]).await;
    is_not_blamed(&ended);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slower_than_the_time_out() {
    let head =
        b"HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\ncontent-length: 9999\r\n\r\n{".to_vec();
    let drip = Reply::Endless(head, b" ".to_vec(), Duration::from_millis(50));
    is_not_blamed(&against("drip", drip, &["--request-timeout", "150ms"]).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silent() {
    is_not_blamed(&against("silent", Reply::Silence, &["--request-timeout", "150ms"]).await);
}

/// A user whose list has a million values, also where a create is answered with it.
fn million(piece: &str) -> Vec<u8> {
    format!("{{\"id\":\"1\",\"userName\":\"x\",\"Resources\":[{}0]}}", format!("{piece},").repeat(1_000_000))
        .into_bytes()
}

hostile! {
    invalid_utf8() => scim(200, b"{\"id\":\"\xff\xfe\"}".to_vec()),
    invalid_json() => scim(200, "{\"id\": oops"),
    ten_thousand_deep() => scim(200, format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
    deep_objects() => scim(200, format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000))),
    a_million_numbers() => scim(200, million("0")),
    a_million_objects() => scim(200, million("{}")),
    a_million_lists() => scim(201, million("[]")),
    closed() => bytes(""),
    half_a_status_line() => bytes("HTTP/1.1 20"),
    half_a_header() => bytes("HTTP/1.1 200 OK\r\ncontent-ty"),
    no_http() => bytes("what?\r\n\r\n"),
    http_0_9() => bytes("<html>hello</html>"),
    many_headers() => bytes(format!("HTTP/1.1 200 OK\r\n{}\r\n{{}}", "x-a: b\r\n".repeat(100_000))),
    a_long_header() => bytes(format!("HTTP/1.1 200 OK\r\nx-a: {}\r\n\r\n{{}}", "b".repeat(1 << 20))),
    too_long_a_length() => bytes("HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\ncontent-length: 999\r\n\r\n{}"),
    too_short_a_length() => bytes("HTTP/1.1 200 OK\r\ncontent-type: application/scim+json\r\ncontent-length: 2\r\n\r\n{}{\"x\":1}"),
    a_negative_length() => bytes("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}"),
    two_lengths() => bytes("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} "),
    status_999() => bytes("HTTP/1.1 999 Odd\r\ncontent-length: 2\r\n\r\n{}"),
    no_gzip() => bytes("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-type: application/scim+json\r\ncontent-length: 2\r\n\r\n{}"),
    a_redirect_elsewhere() => bytes("HTTP/1.1 307 X\r\nlocation: https://evil.example/v2/Users\r\ncontent-length: 0\r\n\r\n"),
    a_redirect_loop() => bytes("HTTP/1.1 307 X\r\nlocation: /v2/Users\r\ncontent-length: 0\r\n\r\n"),
    megabytes_of_text() => scim(200, json!({ "id": "x".repeat(1 << 20), "userName": "y".repeat(1 << 20), "detail": "z".repeat(1 << 20) }).to_string()),
    megabytes_of_error() => scim(400, json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "400", "scimType": "t".repeat(1 << 20), "detail": "z".repeat(1 << 20) }).to_string()),
    names_twice() => scim(200, r#"{"id":"1","id":"2","userName":"a","userName":"b","Resources":[],"Resources":{}}"#),
    numbers_beyond_all() => scim(200, r#"{"id":1e999999,"totalResults":-1e400,"itemsPerPage":123456789012345678901234567890,"x":1e-999999}"#),
    steering_characters() => scim(400, json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error", "\u{1b}[31m"], "status": "4\u{0}00",
        "scimType": "\u{1b}]0;owned\u{7}\u{9b}2J", "detail": "\u{202e}evil\u{2066}\u{200b}\r\n\t\u{85}\u{7f}\u{fffe}",
        "\u{1b}[2J\u{202e}": "\u{0}",
    }).to_string()),
    steering_headers() => bytes(b"HTTP/1.1 200 OK\r\ncontent-type: \x1b[31mtext\x9b\r\netag: \xe2\x80\xae\x1b[2J\r\nlocation: /v2/\x1b[2J\r\ncontent-length: 2\r\n\r\n{}"),
    too_many_requests() => bytes("HTTP/1.1 429 X\r\nretry-after: 99999999999999999999\r\ncontent-length: 0\r\n\r\n"),
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everywhere_the_same() {
    everywhere("closed", bytes(""), &[]).await;
    everywhere("silence", Reply::Silence, &["--request-timeout", "150ms"]).await;
    everywhere("invalid JSON", scim(200, "{\"id\": oops"), &[]).await;
    everywhere("steering", Reply::text(401, "text/html", "\u{1b}[2J\u{202e}"), &[]).await;
    everywhere(
        "elsewhere",
        bytes("HTTP/1.1 307 X\r\nlocation: https://evil.example/\u{1b}\r\ncontent-length: 0\r\n\r\n"),
        &[],
    )
    .await;
}

/// Every answer is as large as it may be, and good enough for the case to go on.
async fn just_below(what: &'static str, ballast: fn() -> Value) {
    let made = Arc::new(Mutex::new(json!(null)));
    let base_url = provider::serve(move |request| {
        let reply = match request.method.as_str() {
            _ if provider::discovery(request.path()).is_some() => None,
            "DELETE" => Some(scim(204, "")),
            method => {
                let mut made = made.lock().expect("what was made");
                if method != "GET" {
                    let mut user: Value = serde_json::from_slice(&request.body).unwrap_or_default();
                    if user.is_object() {
                        user["id"] = json!("1");
                        user["ballast"] = ballast();
                        *made = user;
                    }
                }
                Some(scim(if method == "POST" { 201 } else { 200 }, made.to_string()))
            }
        };
        async move { reply }
    })
    .await;
    let ended = run(base_url, &["--request-timeout", "20s", "--suite", "crud/delete"]).await;
    ended.is_sound(what);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn just_below_the_limit_of_values() {
    just_below("values", || Value::Array(vec![json!({}); 99_000])).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn just_below_the_limit_of_bytes() {
    just_below("bytes", || json!("x".repeat(4_000_000))).await;
}
