//! Every way to log in, and every way in which a hostile server may answer it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use wiremock::matchers::{body_string_contains, header, method, path, query_param};
use wiremock::{Mock, MockServer, Request as Received, Respond, ResponseTemplate};

use super::*;
use crate::wire::{BoxFuture, Carried, Carrier, Live, LiveOptions, Outgoing};

const USER: &str = "sc-user@example.com";
const PASSWORD: &str = "pass+word & \"more\"";

fn client() -> Client {
    Client {
        id: "client".to_owned(),
        secret: Some("client-s3cr3t".to_owned().into()),
        authentication: ClientAuthentication::Basic,
    }
}

fn url(server: &MockServer, path: &str) -> Url {
    server.uri().parse::<Url>().unwrap().join(path).unwrap()
}

fn options(server: &MockServer, login: LoginOptions) -> OAuthOptions {
    let endpoints = [
        (Endpoint::Token, "/token"),
        (Endpoint::Authorization, "/authorize"),
        (Endpoint::DeviceAuthorization, "/device"),
        (Endpoint::Introspection, "/introspect"),
        (Endpoint::Revocation, "/revoke"),
        (Endpoint::Userinfo, "/userinfo"),
        (Endpoint::EndSession, "/logout"),
    ];
    OAuthOptions {
        endpoints: Endpoints(
            endpoints.into_iter().map(|(endpoint, path)| (endpoint, url(server, path))).collect(),
        ),
        scopes: vec!["openid".to_owned()],
        login: Some(login),
        session: Some(Resource {
            method: "GET".to_owned(),
            url: url(server, "/account"),
            status: 200,
            shows: None,
        }),
        ..OAuthOptions::new(client())
    }
}

fn form() -> LoginOptions {
    LoginOptions::Form {
        redirect_uri: "http://127.0.0.1:9/callback".parse().unwrap(),
        parameters: Vec::new(),
        form: FormOptions {
            user_field: "username".to_owned(),
            password_field: "password".to_owned(),
            consent_button: None,
        },
    }
}

/// A client and what it logs in at; the SCIM service is elsewhere.
struct World {
    live: Live,
    oauth: OAuth,
    redactor: Redactor,
}

async fn world(options: OAuthOptions) -> World {
    let redactor = Redactor::default();
    let mut live = LiveOptions::new("http://127.0.0.1:9/scim".parse().unwrap()).bearer("scim-s3cr3t");
    live.origins = options.allowed_origins();
    live.request_timeout = Duration::from_secs(5);
    live.max_body = 20_000;
    let live = Live::new(live, &redactor).unwrap();
    let oauth = OAuth::discover(options, &live, &redactor).await.unwrap();
    World { live, oauth, redactor }
}

impl World {
    async fn log_in(&self) -> Attempt {
        self.oauth.log_in(&self.live, USER, &PASSWORD.to_owned().into()).await
    }

    async fn failure(&self) -> String {
        match self.log_in().await.result {
            Err(LoginFailure::Failed(why)) => why,
            other => panic!("{:?}", other.map(|_| "tokens")),
        }
    }
}

fn tokens() -> serde_json::Value {
    json!({ "access_token": "acc3ss-token", "refresh_token": "r3fresh-token", "token_type": "Bearer" })
}

async fn mount(server: &MockServer, verb: &str, at: &str, answer: ResponseTemplate) {
    Mock::given(method(verb)).and(path(at)).respond_with(answer).mount(server).await;
}

fn html(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(text.to_owned(), "text/html")
}

fn redirect(to: &str) -> ResponseTemplate {
    ResponseTemplate::new(302).insert_header("location", to)
}

/// Redirects to the callback with the state of the request.
struct Callback(&'static str);

impl Respond for Callback {
    fn respond(&self, request: &Received) -> ResponseTemplate {
        let state =
            request.url.query_pairs().find(|(name, _)| name == "state").map(|(_, value)| value.into_owned());
        redirect(&format!("http://127.0.0.1:9/callback?{}&state={}", self.0, state.unwrap_or_default()))
    }
}

#[tokio::test]
async fn the_password_grant() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/token"))
        .and(header("authorization", "Basic Y2xpZW50OmNsaWVudC1zM2NyM3Q="))
        .and(body_string_contains("grant_type=password&username=sc-user%40example.com"))
        .and(body_string_contains("password=pass%2Bword+%26+%22more%22&scope=openid"))
        .respond_with(ResponseTemplate::new(200).set_body_json(tokens()))
        .expect(1)
        .mount(&server)
        .await;
    let world = world(options(&server, LoginOptions::Password)).await;
    let attempt = world.log_in().await;
    let got = attempt.result.unwrap();
    assert_eq!(got.access().map(|token| token.expose_secret().to_owned()).as_deref(), Some("acc3ss-token"));
    assert!(got.have(Channel::Refresh) && !got.have(Channel::Session));
    let said = format!("acc3ss-token r3fresh-token client-s3cr3t {PASSWORD}");
    assert_eq!(world.redactor.text(&said), "*** *** *** ***");
    assert_eq!(attempt.hops.len(), 1);
    assert!(!format!("{got:?} {:?}", world.oauth).contains("acc3ss"));
}

#[tokio::test]
async fn what_the_token_endpoint_refuses() {
    for (status, body, wanted) in [
        (400, r#"{"error":"invalid_grant"}"#, Err(true)),
        (401, r#"{"error":"invalid_client"}"#, Err(false)),
        (401, "", Err(true)),
        (401, r#"{"error":"account_disabled"}"#, Err(true)),
        (400, r#"{"error":"account_disabled"}"#, Err(true)),
        (403, r#"{"error":"unauthorized_client"}"#, Err(false)),
        (400, r#"{"error":"unsupported_grant_type"}"#, Err(false)),
        (403, "", Err(true)),
        (400, r#"{"error":"invalid_request"}"#, Err(false)),
        (429, "", Err(false)),
        (500, "", Err(false)),
        (200, "{}", Err(false)),
        (200, r#"{"access_token":"a b"}"#, Err(false)),
        (200, r#"{"access_token":"a","token_type":"mac"}"#, Err(false)),
        (200, r#"{"access_token":"abc"}"#, Ok(())),
    ] {
        let server = MockServer::start().await;
        mount(&server, "POST", "/token", ResponseTemplate::new(status).set_body_string(body)).await;
        let result = world(options(&server, LoginOptions::Password)).await.log_in().await.result;
        let result = result.map(|_| ()).map_err(|why| matches!(why, LoginFailure::Refused(_)));
        assert_eq!(result, wanted, "{status} {body}");
    }
}

/// A login page, a page of consent, and the way back.
async fn mount_pages(server: &MockServer) {
    Mock::given(method("GET"))
        .and(path("/authorize"))
        .and(query_param("code_challenge_method", "S256"))
        .respond_with(|request: &Received| {
            let cookie = request.headers.get("cookie").and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
            let next: String = url::form_urlencoded::byte_serialize(request.url.query().unwrap_or_default().as_bytes()).collect();
            if !cookie.contains("sid=session-s3cr3t") {
                return redirect(&format!("/login?next={next}"));
            }
            if !cookie.contains("consent=given") {
                return html(
                    "<form method=post action='/consent?a=1&amp;b=2'><input type=hidden name=csrf value='&quot;h1dden-value&quot;'>\
                     <input type=submit value=Cancel><input type=submit name=allow value=Authorize></form>",
                );
            }
            Callback("code=c0de-value").respond(request)
        })
        .mount(server)
        .await;
    mount(
        server,
        "GET",
        "/login",
        html("<form><input name=q></form><form method=POST><input name=username><input name=password type=password></form>")
            .insert_header("set-cookie", "csrftoken=c00kie-of-the-page; Path=/"),
    )
    .await;
    Mock::given(method("POST"))
        .and(path("/login"))
        .respond_with(|request: &Received| {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            let next =
                request.url.query_pairs().next().map(|(_, next)| next.into_owned()).unwrap_or_default();
            match body == "username=sc-user%40example.com&password=pass%2Bword+%26+%22more%22" {
                true => redirect(&format!("/authorize?{next}"))
                    .insert_header("set-cookie", "sid=session-s3cr3t; HttpOnly"),
                false => html("<form method=post><input name=username><input name=password></form>"),
            }
        })
        .mount(server)
        .await;
    Mock::given(method("POST"))
        .and(path("/consent"))
        .and(query_param("b", "2"))
        .and(body_string_contains("csrf=%22h1dden-value%22&allow=Authorize"))
        .respond_with(
            ResponseTemplate::new(302)
                .insert_header("location", "http://127.0.0.1:9/callback?code=c0de-value&state=wrong"),
        )
        .mount(server)
        .await;
}

#[tokio::test]
async fn a_login_form_with_consent() {
    let server = MockServer::start().await;
    mount_pages(&server).await;
    Mock::given(method("POST"))
        .and(path("/token"))
        .and(body_string_contains("grant_type=authorization_code&code=c0de-value"))
        .and(body_string_contains("code_verifier="))
        .respond_with(ResponseTemplate::new(200).set_body_json(tokens()))
        .mount(&server)
        .await;
    let world = world(options(&server, form())).await;
    // The page of consent answers with another state: that is somebody else's response.
    assert_eq!(
        world.failure().await,
        "login form: the authorization response has another state than was sent"
    );
    let said = "session-s3cr3t c00kie-of-the-page c0de-value \"h1dden-value\"";
    assert_eq!(world.redactor.text(said), "*** *** *** ***");
}

/// Logs out: a page asks whether that is meant, and the page after it has a login form, which nobody fills in.
async fn log_out(server: &MockServer, world: &World, got: &Tokens) {
    let asks = "<form method=post action='/logout'><input type=submit name=no value='Stay'>\
                <input type=submit name=go value='Log out'></form>";
    Mock::given(method("GET")).and(path("/logout")).respond_with(html(asks)).mount(server).await;
    Mock::given(method("POST"))
        .and(path("/logout"))
        .and(header("cookie", "sid=session-s3cr3t"))
        .and(body_string_contains("go=Log+out"))
        .respond_with(redirect("/bye"))
        .expect(1)
        .mount(server)
        .await;
    let page = "<form method=post action='/login'><input name=username><button>Log in</button></form>";
    mount(server, "GET", "/bye", html(page)).await;
    let attempt = world.oauth.log_out(&world.live, got).await.unwrap();
    assert_eq!(attempt.result.map(|_| ()), Ok(()));
    assert_eq!(attempt.hops.len(), 3);
    assert!(got.have(Channel::Session), "to look whether the cookie still counts");
}

#[tokio::test]
async fn further_ways_have_a_name_and_a_password_of_their_own() {
    let server = MockServer::start().await;
    Mock::given(path("/token"))
        .and(body_string_contains("password=at-the-other-pr0vider"))
        .respond_with(ResponseTemplate::new(200).set_body_json(tokens()))
        .mount(&server)
        .await;
    let other = |name: &str, password: Option<&str>| OtherLogin {
        name: name.to_owned(),
        login: LoginOptions::Password,
        password: password.map(|password| password.to_owned().into()),
    };
    let mut options = options(&server, LoginOptions::Password);
    options.other_logins = vec![other("federated", Some("at-the-other-pr0vider")), other("own", None)];
    let world = world(options).await;
    assert!(world.oauth.features().contains(&"oauth:other-login"));
    let password = PASSWORD.to_owned().into();
    let attempt = world.oauth.log_in_otherwise(&world.live, 0, USER, &password).await.unwrap();
    assert!(attempt.result.unwrap().have(Channel::Introspection));
    assert_eq!(attempt.hops[0].what, "federated: password grant");
    assert_eq!(world.redactor.text("at-the-other-pr0vider"), "***");
    let attempt = world.oauth.log_in_otherwise(&world.live, 1, USER, &password).await.unwrap();
    let why = attempt.result.map(|_| ()).unwrap_err().to_string();
    assert_eq!(why, "own: password grant: the token endpoint answered 404");
    assert!(world.oauth.log_in_otherwise(&world.live, 2, USER, &password).await.is_none());
}

#[tokio::test]
async fn a_session_comes_with_the_login_form() {
    let long = Duration::from_mins(1);
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/authorize"))
        .and(header("cookie", "sid=session-s3cr3t"))
        .respond_with(Callback("code=c0de-value"))
        .with_priority(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/authorize"))
        .respond_with(|request: &Received| {
            let action: String = request.url.query().unwrap_or_default().replace('&', "&amp;");
            html(&format!(
                "<form method=post action='/login?{action}'><input name=username><input name=password></form>"
            ))
        })
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(path("/login"))
        .respond_with(|request: &Received| {
            redirect(&format!("/authorize?{}", request.url.query().unwrap_or_default()))
                .insert_header("set-cookie", "sid=session-s3cr3t; Max-Age=40; HttpOnly")
        })
        .mount(&server)
        .await;
    mount(&server, "POST", "/token", ResponseTemplate::new(200).set_body_json(tokens())).await;
    Mock::given(path("/account"))
        .and(header("cookie", "sid=session-s3cr3t"))
        .respond_with(ResponseTemplate::new(200))
        .expect(1)
        .mount(&server)
        .await;
    let world = world(options(&server, form())).await;
    let mut got = world.log_in().await.result.unwrap();
    assert!(got.have(Channel::Session));
    let ends = world.oauth.expires(&got, Channel::Session).expect("its cookie says so");
    assert!(ends > crate::wire::now() && ends < crate::wire::now() + long);
    let hop = world.oauth.look(&world.live, Channel::Session, &mut got).await.unwrap();
    assert!(matches!(&hop.sent.answer, Answer::Response(response) if response.status == 200));
    log_out(&server, &world, &got).await;
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    for answer in [
        html("<form method=post><input name=username><input name=password></form>"),
        ResponseTemplate::new(403),
    ] {
        let server = MockServer::start().await;
        mount(
            &server,
            "GET",
            "/authorize",
            html("<form method=post action=/login><input name=username><input name=password></form>"),
        )
        .await;
        mount(&server, "POST", "/login", answer).await;
        let result = world(options(&server, form())).await.log_in().await.result;
        assert!(matches!(result, Err(LoginFailure::Refused(_))), "{:?}", result.map(|_| ()));
    }
}

#[tokio::test]
async fn a_page_that_leads_nowhere_refuses_where_others_came_in() {
    let server = MockServer::start().await;
    let page = |request: &Received| {
        let query = request.url.query().unwrap_or_default().replace('&', "&amp;");
        html(&format!(
            "<form method=post action='/login?{query}'><input name=username><input name=password></form>"
        ))
    };
    Mock::given(path("/authorize")).respond_with(page).mount(&server).await;
    Mock::given(path("/login"))
        .and(body_string_contains("username=sc-user"))
        .respond_with(Callback("code=c0de-value"))
        .mount(&server)
        .await;
    let disabled = "<form action=/search><input name=q></form><p>Disabled. <form method=post action=/contact><input name=text></form>";
    mount(&server, "POST", "/login", html(disabled)).await;
    mount(&server, "POST", "/token", ResponseTemplate::new(200).set_body_json(tokens())).await;
    let world = world(options(&server, form())).await;
    let password = PASSWORD.to_owned().into();
    let other = async || world.oauth.log_in(&world.live, "else", &password).await.result.map(|_| ());
    assert!(matches!(other().await, Err(LoginFailure::Failed(_))), "nobody came in yet");
    assert!(world.log_in().await.result.is_ok());
    assert!(matches!(other().await, Err(LoginFailure::Refused(_))));
}

#[tokio::test]
async fn not_every_status_after_the_password_is_a_refusal() {
    for (status, refused) in [
        (400, true),
        (401, true),
        (422, true),
        (423, true),
        (404, false),
        (408, false),
        (425, false),
        (429, false),
        (500, false),
    ] {
        let server = MockServer::start().await;
        let page = "<form method=post action=/login><input name=username><input name=password></form>";
        mount(&server, "GET", "/authorize", html(page)).await;
        mount(&server, "POST", "/login", ResponseTemplate::new(status)).await;
        let result = world(options(&server, form())).await.log_in().await.result.map(|_| ());
        assert_eq!(matches!(result, Err(LoginFailure::Refused(_))), refused, "{status}: {result:?}");
    }
}

#[tokio::test]
async fn hostile_answers_to_a_login_form() {
    let elsewhere = MockServer::start().await;
    let foreign_form = format!(
        "<form method=post action='{}/steal'><input name=username><input name=password></form>",
        elsewhere.uri()
    );
    let foreign = elsewhere.uri();
    let cases: Vec<(ResponseTemplate, &str)> = vec![
        (
            redirect(&format!("{foreign}/login")),
            "which the configuration does not name: nothing was sent there",
        ),
        (redirect("//127.0.0.1:1/login"), "which the configuration does not name"),
        (redirect("app.example:/login"), "to an address that begins with `app.example:`, which"),
        (
            html(&"x".repeat(30_000)),
            "; the body is larger than the limit of 20000 bytes, and the rest was not",
        ),
        (redirect("/authorize"), "more than 20 requests"),
        (ResponseTemplate::new(302), "a redirect without location"),
        (redirect("http://["), "a redirect to what is no URL"),
        (html(&foreign_form), "which the configuration does not name: nothing was sent there"),
        (
            html("<form method=post><input name=user></form>"),
            "no form of the page has the fields `username` and `password`",
        ),
        (html("<p>Nothing"), "no form of the page has the fields"),
        (html("<form><input name=username><input name=password></form>"), "would send the password in a URL"),
        (html(&"<form>".repeat(100_000)), "no form of the page has the fields"),
        (ResponseTemplate::new(500), "answered 500"),
        (redirect("http://127.0.0.1:9/callback?code=abcdef"), "another state"),
        (redirect("http://127.0.0.1:9/callback"), "has no code"),
        (redirect("http://127.0.0.1:9/callback?error=server_error%22%3E"), "says server_error"),
    ];
    for (answer, wanted) in cases {
        let server = MockServer::start().await;
        mount(&server, "GET", "/authorize", answer).await;
        let why = world(options(&server, form())).await.failure().await;
        assert!(why.contains(wanted), "{why}\nwanted: {wanted}");
    }
    assert!(elsewhere.received_requests().await.unwrap().is_empty(), "nothing went elsewhere");
}

#[tokio::test]
async fn a_device_is_approved_in_a_form() {
    let server = MockServer::start().await;
    let answer = json!({
        "device_code": "d3vice-code", "user_code": "ABCD-EFGH", "interval": 0, "expires_in": 60,
        "verification_uri": url(&server, "/verify").as_str(),
    });
    mount(&server, "POST", "/device", ResponseTemplate::new(200).set_body_json(answer)).await;
    mount(
        &server,
        "GET",
        "/verify",
        html("<form method=post action=/login><input name=username><input name=password></form>"),
    )
    .await;
    mount(
        &server,
        "POST",
        "/login",
        html("<form method=post action=/approve><input name=user_code><button>Continue</button></form>"),
    )
    .await;
    Mock::given(method("POST"))
        .and(path("/approve"))
        .and(body_string_contains("user_code=ABCD-EFGH"))
        .respond_with(html("<p>Done"))
        .expect(1)
        .mount(&server)
        .await;
    let pending = ResponseTemplate::new(400).set_body_json(json!({ "error": "authorization_pending" }));
    Mock::given(path("/token")).respond_with(pending).up_to_n_times(1).mount(&server).await;
    mount(&server, "POST", "/token", ResponseTemplate::new(200).set_body_json(tokens())).await;
    let LoginOptions::Form { form, .. } = form() else { unreachable!() };
    let world = world(options(&server, LoginOptions::Device { form })).await;
    assert!(world.log_in().await.result.unwrap().have(Channel::Introspection));
    assert_eq!(world.redactor.text("d3vice-code ABCD-EFGH"), "*** ***");
}

#[tokio::test]
#[cfg(unix)]
async fn a_command_logs_in() {
    let server = MockServer::start().await;
    let run = async |command: &str| {
        let mut options = options(&server, LoginOptions::Command(command.to_owned()));
        options.command_timeout = Duration::from_secs(20);
        let world = world(options).await;
        let attempt = world.log_in().await;
        (attempt, world)
    };
    let program = "read line; case $line in *sc-user@example.com*) echo '{\"access_token\":\"from-th3-command\",\"session_cookie\":\"sid=fr0m-command; a=b\"}';; *) exit 3;; esac";
    let (attempt, world) = run(program).await;
    assert_eq!(attempt.hops[0].sent.request.url, "command:login");
    let got = attempt.result.unwrap();
    assert!(got.have(Channel::Session) && !got.have(Channel::Refresh));
    assert_eq!(world.redactor.text("from-th3-command fr0m-command"), "*** ***");
    let result = async |command: &str| run(command).await.0.result.map(|_| ());
    assert!(matches!(result("exit 1").await, Err(LoginFailure::Refused(_))));
    for (command, wanted) in [
        ("echo s3cr3t >&2; exit 4", "failed (exit status: 4)"),
        ("echo nothing", "not JSON"),
        ("echo '{}'", "neither access_token nor session_cookie"),
        ("echo '{\"access_token\":\"a b\"}'", "cannot be sent"),
        ("yes", "more than 64 KiB"),
    ] {
        let Err(LoginFailure::Failed(why)) = result(command).await else { panic!("{command}") };
        assert!(why.contains(wanted) && !why.contains("s3cr3t"), "{why}");
    }
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_command_that_hangs_leaves_nothing_behind() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let command = format!("sleep 300 & echo $! > '{}'; wait", file.display());
    let mut options = options(&server, LoginOptions::Command(command));
    options.command_timeout = Duration::from_secs(2);
    let why = world(options).await.failure().await;
    assert_eq!(why, "the login command took longer than 2 s");
    let id = std::fs::read_to_string(&file).unwrap();
    let ended = || match std::fs::read_to_string(format!("/proc/{}/stat", id.trim())) {
        // Nobody may have waited for it yet.
        Ok(stat) => stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with(['Z', 'X'])),
        Err(_) => true,
    };
    let began = Instant::now();
    while !ended() {
        assert!(began.elapsed() < Duration::from_secs(10), "the process {} lives on", id.trim());
        tokio::task::yield_now().await;
    }
}

/// What a program leaves running holds its standard output open, and is waited for by nobody.
#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_command_that_leaves_something_running_has_logged_in() {
    let server = MockServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("id");
    let tokens = r#"{"access_token":"from-th3-command"}"#;
    // The second escapes from the group of the program.
    for command in [
        format!("sleep 300 & echo $! > '{}'; echo '{tokens}'", file.display()),
        format!("setsid sleep 300 & echo $! > '{}'; echo '{tokens}'", file.display()),
    ] {
        let mut options = options(&server, LoginOptions::Command(command));
        options.command_timeout = Duration::from_mins(5);
        let began = Instant::now();
        let result = world(options).await.log_in().await.result;
        let took = began.elapsed();
        let id = std::fs::read_to_string(&file).unwrap();
        let _ = std::process::Command::new("kill").arg(id.trim()).status();
        assert!(result.unwrap().have(Channel::Introspection));
        assert!(took < Duration::from_mins(1), "{took:?}");
    }
}

#[tokio::test]
async fn looks_carry_the_token_and_nothing_of_the_target() {
    let server = MockServer::start().await;
    mount(&server, "POST", "/token", ResponseTemplate::new(200).set_body_json(tokens())).await;
    mount(
        &server,
        "POST",
        "/introspect",
        ResponseTemplate::new(200).set_body_json(json!({ "active": true })),
    )
    .await;
    mount(&server, "POST", "/revoke", ResponseTemplate::new(200)).await;
    Mock::given(path("/userinfo"))
        .and(header("authorization", "Bearer acc3ss-token"))
        .respond_with(redirect("/token"))
        .mount(&server)
        .await;
    let world = world(options(&server, LoginOptions::Password)).await;
    let mut got = world.log_in().await.result.unwrap();
    for channel in [Channel::Introspection, Channel::Userinfo, Channel::Refresh] {
        assert!(world.oauth.look(&world.live, channel, &mut got).await.is_some(), "{channel}");
    }
    assert!(world.oauth.look(&world.live, Channel::Resource, &mut got).await.is_none(), "there is none");
    let hop =
        world.oauth.revoke(&world.live, &got, TokenKind::RefreshToken, Some("odd"), false).await.unwrap();
    assert!(matches!(&hop.sent.answer, Answer::Response(response) if response.status == 200));
    let received = server.received_requests().await.unwrap();
    assert_eq!(received.len(), 5, "redirects are not followed");
    for request in &received {
        let text = format!("{:?} {}", request.headers, String::from_utf8_lossy(&request.body));
        assert!(!text.contains("scim-s3cr3t"), "{text}");
    }
}

/// What is secret in an answer is hidden whatever the answer is and whoever asked.
#[tokio::test]
async fn secrets_of_every_answer_are_hidden() {
    let server = MockServer::start().await;
    let refusing = |status: u16, secret: &str| {
        ResponseTemplate::new(status)
            .insert_header("set-cookie", format!("sid=c00kie-{secret}; Max-Age=0"))
            .set_body_json(json!({ "error": "invalid_grant", "details": { "device_secret": format!("s3cret-{secret}") } }))
    };
    Mock::given(path("/token"))
        .and(body_string_contains("grant_type=password"))
        .respond_with(refusing(400, "of-login"))
        .up_to_n_times(1)
        .mount(&server)
        .await;
    mount(&server, "POST", "/token", ResponseTemplate::new(200).set_body_json(tokens())).await;
    mount(&server, "GET", "/userinfo", refusing(401, "of-look")).await;
    mount(&server, "POST", "/revoke", refusing(503, "of-revoke")).await;
    let world = world(options(&server, LoginOptions::Password)).await;
    assert!(world.log_in().await.result.is_err());
    let mut got = world.log_in().await.result.unwrap();
    world.oauth.look(&world.live, Channel::Userinfo, &mut got).await.unwrap();
    world.oauth.revoke(&world.live, &got, TokenKind::AccessToken, None, false).await.unwrap();
    for secret in ["of-login", "of-look", "of-revoke"] {
        assert_eq!(world.redactor.text(&format!("c00kie-{secret} s3cret-{secret}")), "*** ***");
    }
    assert_eq!(world.redactor.text("invalid_grant"), "invalid_grant");
}

/// What we sent comes back in the fields of a page, and stays readable; what the page made up does not.
#[tokio::test]
async fn only_secrets_of_a_page_are_hidden() {
    let server = MockServer::start().await;
    let page = format!(
        "<form method=post action='/login?session_code=s3ssion-code'><input name=username value='{USER}'>\
         <input name=password type=password><input type=hidden name=client_id value=portal-client-7>\
         <input type=hidden name=user value='{USER}'><input type=hidden name=idp value=c0rporate-idp>\
         <input type=hidden name=csrf value=h1dden-value></form>"
    );
    mount(&server, "GET", "/authorize", html(&page)).await;
    mount(
        &server,
        "POST",
        "/login",
        html("<form method=post><input name=username><input name=password></form>"),
    )
    .await;
    let LoginOptions::Form { redirect_uri, form, .. } = form() else { unreachable!() };
    let parameters = vec![("kc_idp_hint".to_owned(), "c0rporate-idp".to_owned())];
    let mut options = options(&server, LoginOptions::Form { redirect_uri, parameters, form });
    options.client.id = "portal-client-7".to_owned();
    let world = world(options).await;
    assert!(matches!(world.log_in().await.result, Err(LoginFailure::Refused(_))));
    let said = format!("{USER} portal-client-7 c0rporate-idp");
    assert_eq!(world.redactor.text(&said), said);
    assert_eq!(world.redactor.text("s3ssion-code h1dden-value"), "*** ***");
}

/// RFC 9207 §2.4: a code of another issuer is not taken to the token endpoint of this one.
#[tokio::test]
async fn an_authorization_response_of_another_issuer_is_refused() {
    for (announced, parameters, wanted) in [
        (true, "code=c0de-value&iss=SELF", None),
        (false, "code=c0de-value&iss=SELF", None),
        (false, "code=c0de-value", None),
        (true, "code=c0de-value", Some("has no `iss`, which the metadata announce (RFC 9207)")),
        (true, "error=access_denied", Some("says access_denied")),
        (
            false,
            "code=c0de-value&iss=https%3A%2F%2Fevil.example",
            Some("is of the issuer `https://evil.example`"),
        ),
        (
            false,
            "error=access_denied&iss=https%3A%2F%2Fevil.example",
            Some("is of the issuer `https://evil.example`"),
        ),
    ] {
        let server = MockServer::start().await;
        let own: String = url::form_urlencoded::byte_serialize(server.uri().as_bytes()).collect();
        let metadata =
            json!({ "issuer": server.uri(), "authorization_response_iss_parameter_supported": announced });
        let answer = ResponseTemplate::new(200).set_body_json(metadata);
        mount(&server, "GET", "/.well-known/openid-configuration", answer).await;
        let parameters: &'static str = parameters.replace("SELF", &own).leak();
        Mock::given(path("/authorize")).respond_with(Callback(parameters)).mount(&server).await;
        mount(&server, "POST", "/token", ResponseTemplate::new(200).set_body_json(tokens())).await;
        let mut options = options(&server, form());
        options.issuer = Some(server.uri().parse().unwrap());
        let result = world(options).await.log_in().await.result.map(|_| ()).map_err(|why| why.to_string());
        match wanted {
            None => assert_eq!(result, Ok(()), "{parameters}"),
            Some(wanted) => assert!(result.as_ref().is_err_and(|why| why.contains(wanted)), "{result:?}"),
        }
    }
}

/// A device that is approved late, at a server that is asked too often.
struct Devices(Mutex<Vec<tokio::time::Instant>>);

impl Carrier for Devices {
    fn carry(&self, outgoing: Outgoing) -> BoxFuture<'_, Carried> {
        let answer = |status, kind: &str, body: String| Carried {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: body.into_bytes(),
        };
        let error = |code: &str| answer(400, "application/json", json!({ "error": code }).to_string());
        let carried = match outgoing.url.path() {
            "/device" => answer(
                200,
                "application/json",
                json!({
                    "device_code": "d3vice-code", "user_code": "ABCD-EFGH", "interval": 5,
                    "verification_uri": "http://127.0.0.1:9/verify",
                })
                .to_string(),
            ),
            "/verify" => answer(
                200,
                "text/html",
                "<form method=post action=/login><input name=username><input name=password></form>"
                    .to_owned(),
            ),
            "/token" => {
                let mut times = self.0.lock().unwrap();
                times.push(tokio::time::Instant::now());
                match times.len() {
                    1 | 3 => error("authorization_pending"),
                    2 | 4 => error("slow_down"),
                    _ => answer(200, "application/json", tokens().to_string()),
                }
            }
            _ => answer(200, "text/html", "<p>Done".to_owned()),
        };
        Box::pin(std::future::ready(carried))
    }
}

/// RFC 8628 §3.5: `slow_down` adds five seconds to the interval, for this and all later requests.
#[tokio::test(start_paused = true)]
async fn a_device_that_is_told_to_slow_down_does() {
    let LoginOptions::Form { form, .. } = form() else { unreachable!() };
    let place = |path: &str| format!("http://127.0.0.1:9{path}").parse::<Url>().unwrap();
    let mut options = OAuthOptions::new(client());
    options.endpoints.0.insert(Endpoint::DeviceAuthorization, place("/device"));
    options.endpoints.0.insert(Endpoint::Token, place("/token"));
    options.login = Some(LoginOptions::Device { form });
    let redactor = Redactor::default();
    let mut live = LiveOptions::new(place("/scim"));
    live.origins = options.allowed_origins();
    let devices = Arc::new(Devices(Mutex::default()));
    let carrier: Arc<dyn Carrier> = devices.clone();
    let live = Live::new(live, &redactor).unwrap().over(carrier);
    let oauth = OAuth::discover(options, &live, &redactor).await.unwrap();
    assert!(oauth.log_in(&live, USER, &PASSWORD.to_owned().into()).await.result.is_ok());
    let times = devices.0.lock().unwrap();
    let pauses: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs()).collect();
    assert_eq!(pauses, [5, 10, 10, 15]);
}

#[tokio::test]
async fn metadata_name_the_endpoints() {
    let server = MockServer::start().await;
    let metadata = |token: &str| {
        json!({
            "issuer": server.uri(), "token_endpoint": token, "userinfo_endpoint": format!("{}/me", server.uri()),
            "unknown": 7,
        })
    };
    let discover = async |answer: ResponseTemplate| {
        server.reset().await;
        mount(&server, "GET", "/.well-known/openid-configuration", answer).await;
        let mut options = OAuthOptions::new(client());
        options.issuer = Some(server.uri().parse().unwrap());
        options.login = Some(LoginOptions::Password);
        let redactor = Redactor::default();
        let mut live = LiveOptions::new("http://127.0.0.1:9/".parse().unwrap());
        live.origins = options.allowed_origins();
        let live = Live::new(live, &redactor).unwrap();
        OAuth::discover(options, &live, &redactor).await
    };
    let json_of = |value: serde_json::Value| ResponseTemplate::new(200).set_body_json(value);
    let found = discover(json_of(metadata(&format!("{}/token", server.uri())))).await.unwrap();
    assert_eq!(found.features(), ["oauth", "oauth:userinfo", "oauth:refresh", "oauth:login"]);
    for (answer, wanted) in [
        (
            json_of(metadata("https://evil.example/token")),
            "https://evil.example, which the configuration does not name",
        ),
        (json_of(metadata("/token")), "is no URL"),
        (
            json_of(metadata("urn:example:token")),
            "`token_endpoint` of the metadata is an address that begins with `urn:`, and no http or https URL",
        ),
        (json_of(json!({ "issuer": "https://evil.example" })), "of the issuer `https://evil.example`"),
        (json_of(json!([])), "of the issuer ``"),
        (ResponseTemplate::new(404), "shows no metadata"),
        (redirect("https://evil.example/"), "answered 302"),
        (html("<html>"), "openid-configuration answered 200, but not JSON: expected value"),
    ] {
        let error = discover(answer).await.unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}\nwanted: {wanted}");
    }
}
