//! Suites that the linter would refuse, and targets that mislead good ones: nothing of a stranger's is sent to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use scimcheck::model::{RunResult, TargetInfo, Verdict};
use scimcheck::run::{self, Plan};
use scimcheck::suite::Suite;
use scimcheck::suite::select::Selection;
use scimcheck::target::discovery::{self, Documents, Settings};
use scimcheck::wire::{Live, LiveOptions, Redactor};
use serde_json::{Value, json};

use crate::raw::{self, Received, Reply};

/// Runs cases, made of JSON, that no linter has seen.
async fn run_unlinted(base_url: &str, cases: Value, disposable: bool) -> RunResult {
    let spec = json!({ "format": 1, "suite": "evil", "title": "Evil", "cases": cases });
    let suite = Suite {
        file: "evil.yaml".to_owned(),
        spec: Arc::new(serde_json::from_value(spec).expect("a suite")),
    };
    let base_url: url::Url = base_url.parse().expect("a URL");
    let redactor = Redactor::default();
    let transport = Live::new(LiveOptions::new(base_url.clone()).bearer("a-token-of-this-test"), &redactor)
        .expect("a client");
    let mut settings = Settings::new(base_url.clone());
    settings.features = BTreeMap::from([("disposable".to_owned(), disposable)]);
    let began = Instant::now();
    let documents = Documents::read(&transport, &settings, began).await;
    let discovery = discovery::understand(documents, &settings, began);
    let plan = Plan::new(&[suite], &discovery.model, &Selection::default());
    let target =
        TargetInfo { name: "evil".to_owned(), base_url: base_url.to_string(), ..TargetInfo::default() };
    let options = run::Options {
        jobs: 4,
        case_timeout: Duration::from_secs(20),
        ..run::Options::new(target, 7, "2026-01-01T00:00:00Z")
    };
    run::run(plan, discovery, Arc::new(transport), &redactor, options, &mut ()).await
}

/// A target that creates whatever is posted, with the id `made`, and takes note of everything that it is asked.
async fn target(location: Option<&'static str>) -> (String, Arc<Mutex<Vec<Received>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let made = Arc::new(Mutex::new(json!(null)));
    let origin = raw::serve(move |request| {
        log.lock().expect("the log").push(request.clone());
        let made = Arc::clone(&made);
        async move { answer(&request, &made, location) }
    })
    .await;
    (format!("{origin}/v2"), seen)
}

fn answer(request: &Received, made: &Mutex<Value>, location: Option<&str>) -> Reply {
    let mut made = made.lock().expect("what was made");
    match (request.method.as_str(), request.path()) {
        ("POST", "/v2/Users") => {
            let mut body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            body["id"] = json!("made");
            if let Some(location) = location {
                body["meta"] = json!({ "location": location });
                body["profileUrl"] = json!(location);
            }
            *made = body.clone();
            Reply::json(201, &body)
        }
        ("GET", "/v2/Users/made") if made.is_null() => Reply::json(404, &json!({})),
        ("GET", "/v2/Users/made") => Reply::json(200, &made),
        ("DELETE", "/v2/Users/made") => {
            *made = Value::Null;
            Reply::text(204, "text/plain", "")
        }
        ("GET", path) if path.starts_with("/v2/Users/") => {
            Reply::json(200, &json!({ "id": "other", "userName": "somebody" }))
        }
        ("GET", "/v2/Users") => Reply::json(200, &json!({ "totalResults": 0, "Resources": [] })),
        ("GET", _) => Reply::json(
            404,
            &json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "404" }),
        ),
        _ => Reply::json(200, &json!({})),
    }
}

/// What was sent that is not safe, apart from the create and the clean-up of what it made.
fn unsafe_requests(seen: &Mutex<Vec<Received>>) -> Vec<String> {
    let own = ["POST /v2/Users", "DELETE /v2/Users/made"];
    let seen = seen.lock().expect("the log");
    let lines = seen.iter().map(|request| format!("{} {}", request.method, request.target));
    lines.filter(|line| !line.starts_with("GET ") && !own.contains(&line.as_str())).collect()
}

/// A case that creates a user and then sends this request.
fn case(number: usize, request: &Value) -> Value {
    json!({
        "id": format!("case-{number}"), "title": "Evil",
        "setup": [{ "create": "User", "as": "made" }],
        "steps": [{
            "name": "attack", "request": request,
            "checks": [{ "id": "x", "at": "id", "exists": true, "requirement": "RFC7644-3.6-01" }],
        }],
    })
}

async fn nothing_is_sent(requests: Vec<Value>, location: Option<&'static str>) {
    let (base_url, seen) = target(location).await;
    let count = requests.len();
    for (number, request) in requests.into_iter().enumerate() {
        let result = run_unlinted(&base_url, json!([case(number, &request)]), false).await;
        let case = result.cases.iter().find(|case| case.suite == "evil").expect("the case");
        assert_eq!(case.verdict, Verdict::Blocked, "{request}: {:?}", case.reason);
        assert_eq!(unsafe_requests(&seen), Vec::<String>::new(), "{request}");
        assert!(result.left_over.is_empty(), "{request}: {:?}", result.left_over);
        let reason = case.reason.as_deref().unwrap_or_default();
        assert!(
            reason.contains("nothing was sent") || reason.contains("nothing is sent"),
            "{request}: {reason}"
        );
    }
    let creates = seen.lock().expect("the log").iter().filter(|request| request.method == "POST").count();
    assert_eq!(creates, count, "every case got as far as its attack");
}

#[tokio::test]
async fn paths_that_lead_elsewhere() {
    let paths = [
        "/Users/other",
        "/Users/${made.id}/../other",
        "/Users/${made.id}/%2e%2e/other",
        "/Users/${made.id}/..%2Fother",
        "/Users/${made.id}/other",
        "/Users//${made.id}",
        "//Users/${made.id}",
        "/Users/${made.id};other",
        "/Users/other;${unique}",
        "/Users/other%2F${unique}",
        "/users/${made.id}",
        "/USERS/${made.id}",
        "/Users/MADE",
        "/Users/${made.id}%20",
        "/Users/${made.id}?id=other",
        "/Users/other#${unique}",
        "/Users",
        "/Users/",
        "/",
        "",
        "/../v2/Users/other",
        "/Me",
        "/ServiceProviderConfig",
    ];
    let mut requests = Vec::new();
    for method in ["PUT", "PATCH", "DELETE"] {
        requests
            .extend(paths.iter().map(|path| json!({ "method": method, "path": path, "body": { "x": 1 } })));
    }
    requests.push(json!({ "method": "POST", "path": "/Users/other", "body": { "userName": "${unique}" } }));
    requests.push(json!({ "method": "POST", "path": "/Users/other/.search", "body": {} }));
    requests.push(json!({ "method": "DELETE", "path": "/Users/${made.id}", "query": { "id": "other" } }));
    nothing_is_sent(requests, None).await;
}

#[tokio::test]
async fn requests_in_disguise() {
    let headers = ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL"];
    let mut requests: Vec<_> = headers
        .iter()
        .map(|name| json!({ "method": "POST", "path": "/Users/.search", "headers": { *name: "DELETE" }, "body": {} }))
        .collect();
    requests.push(
        json!({ "method": "GET", "path": "/Users/other", "headers": { "x-http-method-override": "DELETE" } }),
    );
    requests.push(json!({ "method": "GET", "path": "/Users/other", "query": { "_method": "DELETE" } }));
    nothing_is_sent(requests, None).await;
}

#[tokio::test]
async fn bulk_jobs_with_strangers_in_them() {
    let job = |operations: Value| json!({ "method": "POST", "path": "/Bulk", "body": { "Operations": operations } });
    let own = json!({ "method": "PATCH", "path": "/Users/${made.id}", "data": {} });
    let requests = vec![
        job(json!([{ "method": "DELETE", "path": "/Users/other" }])),
        job(json!([own, { "method": "delete", "path": "/Users/other" }])),
        job(json!([own, { "method": "PUT", "path": "/Users/${made.id}/../other", "data": {} }])),
        job(json!([{ "method": "PATCH", "path": "https://other/v2/Users/${made.id}" }])),
        job(json!([{ "method": "POST", "path": "/Bulk", "data": {} }])),
        json!({ "method": "POST", "path": "/bulk", "body": { "operations": [{ "method": "DELETE", "path": "/Users/other" }] } }),
        json!({ "method": "POST", "path": "/Bulk", "raw_body":
            r#"{"Operations":[{"method":"DELETE","path":"/Users/other"}],"Operations":[]}"# }),
    ];
    nothing_is_sent(requests, None).await;
}

#[tokio::test]
async fn locations_that_lead_to_strangers() {
    for location in
        ["/v2/Users/other", "/v2/Users/made/../other", "/v2/Users/made;other", "/v2/Users", "/v2/Schemas/x"]
    {
        let requests = ["PUT", "PATCH", "DELETE"]
            .map(|method| json!({ "method": method, "path": "${made.profileUrl}", "body": { "userName": "${unique}" } }));
        // The id disagrees with such a Location, so that the create itself is not trusted either.
        let (base_url, seen) = target(Some(location)).await;
        for (number, request) in requests.iter().enumerate() {
            run_unlinted(&base_url, json!([case(number, request)]), false).await;
            assert_eq!(unsafe_requests(&seen), Vec::<String>::new(), "{location} {request}");
        }
    }
    for elsewhere in ["https://evil.example/Users/made", "//evil.example/Users/made"] {
        let (base_url, seen) = target(Some(elsewhere)).await;
        let request = json!({ "method": "DELETE", "path": "${made.profileUrl}" });
        run_unlinted(&base_url, json!([case(0, &request)]), false).await;
        assert_eq!(unsafe_requests(&seen), Vec::<String>::new(), "{elsewhere}");
    }
}

#[tokio::test]
async fn discovery_documents_are_written_where_the_user_allows_it() {
    let request = json!({ "method": "PUT", "path": "/Schemas/x", "body": {} });
    nothing_is_sent(vec![request.clone()], None).await;
    let (base_url, seen) = target(None).await;
    run_unlinted(&base_url, json!([case(0, &request)]), true).await;
    assert_eq!(unsafe_requests(&seen), ["PUT /v2/Schemas/x"]);
}
