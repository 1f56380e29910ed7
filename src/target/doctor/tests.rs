use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::target::discovery::CredentialKind;
use crate::wire::{Live, LiveOptions, Redactor};

async fn doctor(base: &str, credential: Option<CredentialKind>) -> Result<(), NotReady> {
    let base: url::Url = base.parse().unwrap();
    let mut options = LiveOptions::new(base.clone());
    options.connect_timeout = std::time::Duration::from_secs(2);
    if credential.is_some() {
        options = options.bearer("t0ken-of-the-test");
    }
    let live = Live::new(options, &Redactor::default()).unwrap();
    let mut settings = Settings::new(base);
    settings.credential = credential;
    let began = Instant::now();
    let documents = Documents::read(&live, &settings, began).await;
    examine(&live, &settings, &documents, began).await
}

async fn server(answers: &[(&str, ResponseTemplate)]) -> MockServer {
    let server = MockServer::start().await;
    for (at, answer) in answers {
        Mock::given(method("GET")).and(path(*at)).respond_with(answer.clone()).mount(&server).await;
    }
    server
}

fn config() -> ResponseTemplate {
    let config =
        json!({ "schemas": [crate::scim::urn::SERVICE_PROVIDER_CONFIG], "patch": { "supported": true } });
    ResponseTemplate::new(200).set_body_raw(config.to_string(), "application/scim+json")
}

fn html(status: u16) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw("<!doctype html><p>Welcome</p>", "text/html")
}

#[tokio::test]
async fn a_good_target_is_ready() {
    let server = server(&[("/scim/v2/ServiceProviderConfig", config())]).await;
    assert_eq!(doctor(&format!("{}/scim/v2", server.uri()), None).await, Ok(()));
}

#[tokio::test]
async fn a_target_that_is_busy_is_not_taken_for_a_wrong_url() {
    let server = MockServer::start().await;
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "0");
    Mock::given(method("GET")).respond_with(busy).mount(&server).await;
    let problem = doctor(&format!("{}/scim/v2", server.uri()), None).await.unwrap_err();
    assert!(problem.problem.contains("takes no requests now (429)"), "{}", problem.problem);
    assert_eq!(problem.advice.last().map(String::as_str), Some("it says: Retry-After: 0"));
    let asked = server.received_requests().await.unwrap();
    assert!(asked.iter().all(|request| request.url.path().starts_with("/scim/v2/")), "no path is guessed");
}

#[tokio::test]
async fn nobody_listens() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let problem = doctor(&format!("http://127.0.0.1:{port}/v2"), None).await.unwrap_err();
    assert_eq!(problem.problem, format!("nothing listens at 127.0.0.1:{port}"));
    assert!(problem.advice[0].contains("running"));
}

#[tokio::test]
async fn a_name_that_does_not_resolve() {
    let problem = doctor("http://no-such-host.invalid/v2", None).await.unwrap_err();
    assert_eq!(problem.problem, "the host name no-such-host.invalid does not resolve");
}

#[tokio::test]
async fn credentials_that_are_missing_or_refused() {
    let refused = ResponseTemplate::new(401).insert_header("www-authenticate", "Bearer realm=\"scim\"");
    let server = server(&[("/v2/ServiceProviderConfig", config()), ("/v2/Users", refused)]).await;
    let base = format!("{}/v2", server.uri());
    let missing = doctor(&base, None).await.unwrap_err();
    assert_eq!(missing.problem, "the target wants a credential, and none is configured (401)");
    assert!(missing.advice.iter().any(|advice| advice.contains("--token-env")));
    let refused = doctor(&base, Some(CredentialKind::Bearer)).await.unwrap_err();
    assert_eq!(refused.problem, "the target refuses the configured credential (401)");
    assert_eq!(refused.advice[1], "the target says: WWW-Authenticate: Bearer realm=\"scim\"");
}

#[tokio::test]
async fn a_credential_that_may_not_read() {
    let server =
        server(&[("/v2/ServiceProviderConfig", config()), ("/v2/Users", ResponseTemplate::new(403))]).await;
    let problem = doctor(&format!("{}/v2", server.uri()), Some(CredentialKind::Bearer)).await.unwrap_err();
    assert_eq!(problem.problem, "the target forbids reading /Users (403)");
}

#[tokio::test]
async fn a_base_path_that_is_off_by_a_segment() {
    let server = server(&[("/scim/v2/ServiceProviderConfig", config()), ("/", html(200))]).await;
    for wrong in ["/scim", "/scim/v2/Users", "/", ""] {
        let problem = doctor(&format!("{}{wrong}", server.uri()), None).await.unwrap_err();
        assert!(problem.problem.contains("does not look like a SCIM service provider"), "{problem}");
        assert_eq!(problem.advice, [format!("this base URL answers as one: {}/scim/v2", server.uri())]);
    }
}

#[tokio::test]
async fn a_web_page_everywhere() {
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(html(200)).mount(&server).await;
    let problem = doctor(&server.uri(), None).await.unwrap_err();
    assert!(problem.problem.contains("an HTML page"), "{problem}");
    assert!(problem.advice[0].contains("base URL complete"));
}

#[tokio::test]
async fn plain_http_where_tls_is_spoken() {
    let server = server(&[]).await;
    let problem = doctor(&server.uri().replace("http:", "https:"), None).await.unwrap_err();
    assert!(problem.problem.contains("TLS handshake"), "{problem}");
    assert!(problem.advice.iter().any(|advice| advice.contains("http://")));
}

#[tokio::test]
async fn a_redirect_to_another_origin() {
    let elsewhere = ResponseTemplate::new(308).insert_header("location", "https://other.example/scim/v2");
    let server = MockServer::start().await;
    Mock::given(method("GET")).respond_with(elsewhere).mount(&server).await;
    let problem = doctor(&server.uri(), None).await.unwrap_err();
    assert!(problem.problem.contains("https://other.example/scim/v2"), "{problem}");
}

#[tokio::test]
async fn no_answer_is_not_called_an_answer() {
    let elsewhere = ResponseTemplate::new(308).insert_header("location", "https://other.example/scim/v2");
    let server =
        server(&[("/v2/ServiceProviderConfig", elsewhere), ("/v2/Users", html(404)), ("/v2", html(200))])
            .await;
    let problem = doctor(&format!("{}/v2", server.uri()), None).await.unwrap_err();
    assert!(problem.problem.contains("GET /ServiceProviderConfig got no answer: "), "{problem}");
    assert!(!problem.problem.contains("answered with"), "{problem}");
}

/// The line about discovery without a credential.
async fn discovery_without_credential(answer: ResponseTemplate) -> Observation {
    let server = server(&[("/v2/ServiceProviderConfig", answer)]).await;
    let base: url::Url = format!("{}/v2", server.uri()).parse().unwrap();
    let live = Live::new(LiveOptions::new(base.clone()), &Redactor::default()).unwrap();
    let mut settings = Settings::new(base);
    settings.credential = Some(CredentialKind::Bearer);
    let began = Instant::now();
    let documents = Documents::read(&live, &settings, began).await;
    let mut lines = observe(&live, &settings, &documents, began).await;
    lines.pop().unwrap()
}

#[tokio::test]
async fn discovery_is_public_or_protected_and_nothing_else() {
    for (answer, good) in [
        (config(), true),
        (ResponseTemplate::new(401), true),
        (ResponseTemplate::new(403), true),
        (html(404), false),
        (ResponseTemplate::new(302).insert_header("location", "https://other.example/login"), false),
    ] {
        let line = discovery_without_credential(answer).await;
        assert_eq!((line.subject.as_str(), line.good), ("discovery", good), "{}", line.seen);
    }
}
