//! Every exit code, and that the message beside it helps. 70 is a bug of ours and cannot be provoked; 6 is reserved; 130
//! is in `interrupt`.

use std::collections::BTreeSet;

use scimcheck::model::Verdict;
use serde_json::json;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::place::{BLOCKED_SUITE, OWN_SUITE, Place, UNFOLLOWED_SUITE};
use crate::reference::{Reference, always, closed_address, wait};
use crate::snapshot;

/// Says that it is SCIM, and fails on everything else.
fn misbehaving() -> MockServer {
    let configuration = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": 100 },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": false },
        "authenticationSchemes": [],
    });
    wait(async {
        let server = MockServer::start().await;
        let scim =
            ResponseTemplate::new(200).set_body_raw(configuration.to_string(), "application/scim+json");
        let config = Mock::given(method("GET")).and(path("/v2/ServiceProviderConfig"));
        config.respond_with(scim).mount(&server).await;
        let broken = ResponseTemplate::new(500).set_body_string("Traceback (most recent call last)");
        Mock::given(wiremock::matchers::any()).respond_with(broken).with_priority(9).mount(&server).await;
        server
    })
}

#[test]
fn exit_0_without_any_configuration() {
    let place = Place::new();
    let said = place.run(&["run"]).exits(0);
    assert_eq!(said.stderr, "");
    assert!(said.stdout.contains("Every MUST that was judged holds"), "{}", said.transcript());
    assert!(said.stdout.lines().any(|line| line.starts_with("Reports  ")), "{}", said.transcript());
    assert_eq!(place.files("reports/latest"), ["junit.xml", "report.html", "results.json"]);
}

#[test]
fn exit_1_if_the_server_misbehaves() {
    let server = misbehaving();
    let place = Place::new();
    let said =
        place.run(&["run", "--target", &format!("{}/v2", server.uri()), "--suite", "discovery"]).exits(1);
    assert!(said.stdout.contains("FAIL  "), "{}", said.transcript());
    assert!(place.results("reports/latest").counts.contains_key(&Verdict::Fail));
}

#[test]
fn exit_1_if_a_case_is_blocked() {
    let place = Place::new();
    place.write("own.yaml", BLOCKED_SUITE);
    let said = place.run(&["run", "--suites", "own.yaml", "--seed", "7"]).exits(1);
    snapshot("run-blocked", &said.transcript());
}

/// What was not reached because of a recommendation that a server does not follow must not turn the run red.
#[test]
fn exit_0_if_only_a_recommendation_is_not_followed() {
    let place = Place::new();
    place.write("own.yaml", UNFOLLOWED_SUITE);
    let said = place.run(&["run", "--suites", "own.yaml", "--seed", "7"]).exits(0);
    let result = place.results("reports/latest");
    let verdicts: Vec<_> =
        result.cases[0].checks.iter().map(|check| (check.verdict, check.id.as_str())).collect();
    let wanted = [
        (Verdict::Warn, "own/unfollowed/recommended#read-it"),
        (Verdict::NotApplicable, "own/unfollowed/recommended#later"),
    ];
    assert_eq!(verdicts, wanted, "{}", said.transcript());
}

#[test]
fn exit_1_if_the_run_is_cut_off() {
    let place = Place::new();
    let said = place.run(&["run", "--run-timeout", "1ms", "--jobs", "1"]).exits(1);
    let result = place.results("reports/latest");
    assert_eq!(result.partial.as_deref(), Some("the run timeout is over"), "{}", said.transcript());
    assert!(said.stdout.contains("the run timeout is over"), "{}", said.transcript());
    let areas: BTreeSet<_> = result.cases.iter().map(|case| case.area.as_str()).collect();
    assert!(areas.len() > 10 && !areas.contains(""), "what was not begun has its area too: {areas:?}");
}

#[test]
fn exit_2_for_a_wrong_command_line() {
    let place = Place::new();
    place.write("broken.json", "{ \"format\": 1,");
    place.write("other.json", "[1, 2]\n");
    place.write("scimcheck.toml", "[target.staging]\nbase_url = \"http://127.0.0.1:9/v2\"\n");
    let mut all = String::new();
    for arguments in [
        &[][..],
        &["run", "--bogus"],
        &["rnu"],
        &["run", "--seed", "-1"],
        &["run", "--jobs", "0"],
        &["run", "--max-rate", "0"],
        &["run", "--request-timeout", "5"],
        &["run", "--max-body", "4 bananas"],
        &["run", "--case", "["],
        &["list", "cases", "--suite", "crud/{create,read}"],
        &["run", "--feature", "patch"],
        &["run", "--feature", "patsch=true"],
        &["run", "--verbose", "--quiet"],
        &["run", "--target", "stagging"],
        &["run", "--target", ""],
        &["run", "--target", "ftp://127.0.0.1/"],
        &["run", "--config", "elsewhere.toml"],
        &["run", "--suites", "nowhere"],
        &["explain", "RFC7644-3.3-999"],
        &["explain", "9"],
        &["explain", "no such thing"],
        &["init"],
        &["report", "nowhere.json"],
        &["report", "broken.json"],
        &["report", "other.json"],
        &["cleanup", "nowhere.jsonl"],
        &["cleanup", "broken.json"],
        &["list", "bananas"],
        &["man", "bananas"],
    ] {
        let said = place.run(arguments).exits(2);
        assert_eq!(said.stdout, "", "what is wrong belongs on stderr: {}", said.transcript());
        if !arguments.is_empty() {
            all.push_str(&said.transcript());
            all.push('\n');
        }
    }
    snapshot("exit-2", &all);
}

#[test]
fn exit_2_if_a_flag_needs_a_target() {
    let said = Place::new().with("SCIM_TOKEN", "x").run(&["run", "--token-env", "SCIM_TOKEN"]).exits(2);
    snapshot("exit-2-no-target", &said.transcript());
}

#[test]
fn exit_2_if_the_reports_cannot_be_written() {
    let place = Place::new();
    place.write("taken", "a file, not a folder");
    let said = place.run(&["run", "--output", "taken/reports"]).exits(2);
    assert!(said.stderr.starts_with("error: cannot write the ledger taken/reports/"), "{}", said.stderr);
}

#[test]
fn exit_3_for_a_broken_suite_or_configuration() {
    let place = Place::new().with("MALFORMED", "Bearer abc").with("EMPTY", "");
    place.write("broken.yaml", &OWN_SUITE.replace("${made.id}", "${mad.id}").replace("requires", "require"));
    place.write(
        "unset.toml",
        "[target.staging]\nbase_url = \"http://127.0.0.1:9/v2\"\ntoken_env = \"SCIM_TOKEN\"\n",
    );
    place.write("broken.toml", "[target.staging]\nbase_url = \"http://127.0.0.1:9/v2\"\ntokenenv = \"SCIM_TOKEN\"\njobs = \"many\"\n");
    place.write("torn.toml", "[target.staging\n");
    let latin1 = b"# caf\xe9\n[target.staging]\nbase_url = \"http://127.0.0.1:9/v2\"\n";
    std::fs::write(place.path("latin1.toml"), latin1).expect("it can be written");
    for (file, credential) in [
        ("malformed.toml", "token_env = \"MALFORMED\""),
        ("unreadable.toml", "token_file = \"no-such-token\""),
        ("command.toml", "token_command = \"exit 7\""),
        ("header.toml", "headers.X-Api-Key = { command = \"exit 7\" }"),
    ] {
        let table = format!("[target.staging]\nbase_url = \"http://127.0.0.1:9/v2\"\n{credential}\n");
        place.write(file, &table);
    }
    let mut all = String::new();
    for arguments in [
        &["run", "--suites", "broken.yaml"][..],
        &["list", "cases", "--suites", "broken.yaml"],
        &["run", "--config", "broken.toml"],
        &["run", "--config", "torn.toml"],
        &["run", "--config", "unset.toml"],
        &["run", "--config", "latin1.toml"],
        // Whatever is wrong with a credential on this side, wherever it comes from.
        &["run", "--config", "malformed.toml"],
        &["run", "--config", "unreadable.toml"],
        &["run", "--config", "command.toml"],
        &["doctor", "--config", "command.toml"],
        &["run", "--config", "header.toml"],
        &["doctor", "--target", "http://127.0.0.1:9/v2", "--token-env", "NOT_SET"],
        &["doctor", "--target", "http://127.0.0.1:9/v2", "--token-env", "EMPTY"],
        &["doctor", "--target", "http://127.0.0.1:9/v2", "--token-env", "MALFORMED"],
        &["serve", "--token-env", "NOT_SET"],
        &["serve", "--token-env", "EMPTY"],
    ] {
        let said = place.run(arguments).exits(3);
        assert_eq!(said.stdout, "", "{}", said.transcript());
        all.push_str(&said.transcript());
        all.push('\n');
    }
    snapshot("exit-3", &all);
    assert!(!place.path("reports").exists(), "nothing was run, so nothing is reported");
}

#[test]
fn exit_4_if_the_target_lacks_what_every_case_needs() {
    let place = Place::new();
    place.write("own.yaml", OWN_SUITE);
    let mut all = String::new();
    for (case, feature) in [
        (&["--suites", "own.yaml", "--case", "own/users/filtered"][..], &["--feature", "filter=false"][..]),
        (&["--case", "auth/bearer-token/scope"], &["--feature", "credential:read_only=false"]),
    ] {
        let said = place.run(&[&["run"], case, feature].concat()).exits(4);
        all.push_str(&said.transcript());
        all.push('\n');
    }
    snapshot("exit-4-features", &all);
    assert!(!place.path("reports").exists(), "nothing was run, so nothing is reported");
}

#[test]
fn exit_5_if_the_token_endpoint_is_silent() {
    // Connections are taken by the system, and nobody answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let place = Place::new().with("SECRET", "client-s3cr3t");
    let config = format!(
        "[target.staging]\nbase_url = \"http://127.0.0.1:9/v2\"\n\
         oauth2 = {{ token_url = \"http://{}/token\", client_id = \"me\", client_secret_env = \"SECRET\" }}\n\
         [target.staging.timeouts]\nrequest = \"300ms\"\n",
        silent.local_addr().expect("it is bound")
    );
    place.write("scimcheck.toml", &config);
    let mut all = String::new();
    for command in ["doctor", "run"] {
        let began = std::time::Instant::now();
        let said = place.run(&[command]).exits(5);
        assert!(
            began.elapsed() < std::time::Duration::from_secs(15),
            "the timeout of a request is for it, too"
        );
        assert!(said.stderr.contains("= help: "), "advice: {}", said.transcript());
        all.push_str(&said.transcript());
        all.push('\n');
    }
    snapshot("exit-5-token-endpoint", &all);
    assert!(!place.path("reports").exists(), "nothing was run, so nothing is reported");
}

#[test]
fn exit_5_if_the_target_is_not_ready() {
    let server = Reference::start();
    let html =
        always(ResponseTemplate::new(200).set_body_raw("<!doctype html><title>Sign in</title>", "text/html"));
    let place = Place::new().with("WRONG", "not-the-token").with("RIGHT", server.token());
    let (closed, below, above, html) = (
        format!("http://{}/v2", closed_address()),
        server.url().replace("/scim/v2", "/scim"),
        format!("{}/Users", server.url()),
        format!("{}/v2", html.uri()),
    );
    let mut all = String::new();
    for arguments in [
        &["run", "--target", &closed][..],
        &["run", "--target", "http://no-such-host.invalid/v2"],
        &["run", "--target", server.url()],
        &["run", "--target", server.url(), "--token-env", "WRONG"],
        &["run", "--target", &html],
        &["run", "--target", &below, "--token-env", "RIGHT"],
        &["run", "--target", &above, "--token-env", "RIGHT"],
        &["run", "--target", &server.url().replace("http://", "https://")],
    ] {
        let said = place.run(arguments).exits(5);
        assert_eq!(said.stdout, "", "{}", said.transcript());
        assert!(said.stderr.contains("= help: "), "advice: {}", said.transcript());
        all.push_str(&said.transcript());
        all.push('\n');
    }
    snapshot("exit-5", &all);
    assert!(!place.path("reports").exists(), "nothing was run, so nothing is reported");
}
