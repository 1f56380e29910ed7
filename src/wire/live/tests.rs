use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::model::{AuthMode, ParsedBody};

fn options(base: &str) -> LiveOptions {
    let mut options = LiveOptions::new(base.parse().unwrap()).bearer("s3cr3t-token");
    options.request_timeout = Duration::from_millis(500);
    options.max_body = 1000;
    options
}

fn live(base: &str) -> (Live, Redactor) {
    let redactor = Redactor::default();
    (Live::new(options(base), &redactor).unwrap(), redactor)
}

fn get(url: String) -> Request {
    Request { method: "GET".into(), url, headers: vec![], body: None, auth: AuthMode::Configured }
}

fn failure_kind(sent: &Sent) -> Option<FailureKind> {
    match &sent.answer {
        Answer::Failed(failure) => Some(failure.kind),
        Answer::Response(_) => None,
    }
}

/// A server that answers one connection with these bytes and closes it.
async fn raw(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(answer).await;
        }
    });
    base
}

#[tokio::test]
async fn the_credential_is_sent_and_not_shown() {
    let server = MockServer::start().await;
    Mock::given(header("authorization", "Bearer s3cr3t-token"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let (live, redactor) = live(&server.uri());
    let sent = live.send(&get(format!("{}/Users", server.uri()))).await;
    assert!(matches!(&sent.answer, Answer::Response(response) if response.status == 200));
    assert_eq!(sent.request.headers, [("authorization".to_owned(), "Bearer ***".to_owned())]);
    assert_eq!(redactor.text("s3cr3t-token"), "***");
    let anonymous = Request { auth: AuthMode::Anonymous, ..get(format!("{}/Users", server.uri())) };
    assert!(
        matches!(live.send(&anonymous).await.answer, Answer::Response(response) if response.status == 404)
    );
}

#[tokio::test]
async fn a_token_in_the_query_is_masked() {
    let server = MockServer::start().await;
    Mock::given(query_param("access_token", "s3cr3t-token"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    let (live, _) = live(&server.uri());
    let request =
        Request { auth: AuthMode::QueryParameter, ..get(format!("{}/Users?count=1", server.uri())) };
    let sent = live.send(&request).await;
    assert!(matches!(&sent.answer, Answer::Response(response) if response.status == 200));
    assert!(sent.request.url.ends_with("/Users?count=1&access_token=***"), "{}", sent.request.url);
}

#[tokio::test]
async fn nothing_goes_to_another_origin() {
    let other = MockServer::start().await;
    let server = MockServer::start().await;
    let away = ResponseTemplate::new(307).insert_header("location", other.uri());
    Mock::given(path("/away")).respond_with(away).mount(&server).await;
    let (live, _) = live(&server.uri());
    for url in [format!("{}/Users", other.uri()), format!("{}/away", server.uri())] {
        assert!(failure_kind(&live.send(&get(url)).await).is_some());
    }
    assert!(other.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn redirects_within_the_origin_are_followed_a_few_times() {
    let server = MockServer::start().await;
    let to = |location: &str| ResponseTemplate::new(307).insert_header("location", location);
    Mock::given(path("/a")).respond_with(to("/b")).mount(&server).await;
    Mock::given(path("/b")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    Mock::given(path("/loop")).respond_with(to("/loop")).mount(&server).await;
    let (live, _) = live(&server.uri());
    assert!(failure_kind(&live.send(&get(format!("{}/a", server.uri()))).await).is_none());
    assert_eq!(
        failure_kind(&live.send(&get(format!("{}/loop", server.uri()))).await),
        Some(FailureKind::Redirect)
    );
}

#[tokio::test]
async fn redirects_keep_to_the_rate() {
    let server = MockServer::start().await;
    let to = |location: &str| ResponseTemplate::new(307).insert_header("location", location);
    Mock::given(path("/a")).respond_with(to("/b")).mount(&server).await;
    Mock::given(path("/b")).respond_with(to("/c")).mount(&server).await;
    Mock::given(path("/c")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    // The time of the request is for what the server takes, and not for what the rate holds back.
    let options = LiveOptions { max_rate: Some(2.5), ..options(&server.uri()) };
    let live = Live::new(options, &Redactor::default()).unwrap();
    let began = Instant::now();
    let sent = live.send(&get(format!("{}/a", server.uri()))).await;
    assert!(failure_kind(&sent).is_none(), "{:?}", sent.answer);
    assert!(began.elapsed() >= Duration::from_millis(800), "three requests, 400 ms from one to the next");
    assert!(sent.duration < began.elapsed(), "the waiting is no time of the server");
}

#[tokio::test]
async fn a_silent_token_endpoint_has_the_time_of_a_request() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let token_url = format!("http://{}/token", silent.local_addr().unwrap());
    let grant = crate::wire::ClientCredentials {
        token_url: token_url.parse().unwrap(),
        client_id: "me".into(),
        client_secret: "s3cr3t".into(),
        scopes: Vec::new(),
        authentication: crate::wire::ClientAuthentication::Basic,
    };
    let credential = Some(Credential::ClientCredentials(Box::new(grant)));
    let live =
        Live::new(LiveOptions { credential, ..options("http://127.0.0.1:9") }, &Redactor::default()).unwrap();
    let error = live.obtain_credential().await.unwrap_err();
    let wanted = format!("the token endpoint {token_url}: no complete answer within 500 ms");
    assert_eq!(error, CredentialError::TokenEndpoint(wanted));
}

#[tokio::test]
async fn bodies_and_time_are_bounded() {
    let server = MockServer::start().await;
    Mock::given(path("/large"))
        .respond_with(ResponseTemplate::new(200).set_body_string("x".repeat(5000)))
        .mount(&server)
        .await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(20));
    Mock::given(path("/slow")).respond_with(slow).mount(&server).await;
    let (live, _) = live(&server.uri());
    let large = live.send(&get(format!("{}/large", server.uri()))).await;
    let Answer::Response(response) = large.answer else { panic!("an answer") };
    assert_eq!(
        (response.body.bytes.len(), &response.body.completeness),
        (1000, &Completeness::TooLarge(1000))
    );
    assert_eq!(
        failure_kind(&live.send(&get(format!("{}/slow", server.uri()))).await),
        Some(FailureKind::Timeout)
    );
}

#[tokio::test]
async fn what_is_not_http_has_its_kind() {
    let cases: [(&'static [u8], FailureKind); 2] =
        [(b"", FailureKind::Closed), (b"SSH-2.0-x\r\n\r\n", FailureKind::Protocol)];
    for (answer, wanted) in cases {
        let base = raw(answer).await;
        let (live, _) = live(&base);
        assert_eq!(failure_kind(&live.send(&get(format!("{base}/Users"))).await), Some(wanted));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert_eq!(failure_kind(&live(&base).0.send(&get(base.clone())).await), Some(FailureKind::Refused));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_kept_as_such() {
    let base = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"a\":").await;
    let sent = live(&base).0.send(&get(format!("{base}/Users"))).await;
    let Answer::Response(response) = sent.answer else { panic!("an answer") };
    assert!(matches!(response.body.completeness, Completeness::Interrupted(_)));
    assert!(
        matches!(response.body.parsed(), ParsedBody::NotJson(why) if why.contains("broke off after 5 bytes"))
    );
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("retry-after", "0");
    Mock::given(method("GET")).respond_with(busy).up_to_n_times(2).mount(&server).await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let (live, _) = live(&server.uri());
    let sent = live.send(&get(format!("{}/Users", server.uri()))).await;
    assert!(matches!(sent.answer, Answer::Response(response) if response.status == 200));
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}
