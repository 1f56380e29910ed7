//! The endpoints of the authorization server, one behaviour per test.

use std::time::Duration;

use scimcheck::server::{Options, Server};
use serde_json::{Value, json};

use super::site::{Browser, CALLBACK, Site, TOKEN, Tokens, VERIFIER, authorization};

#[tokio::test]
async fn metadata_is_found_at_the_issuer() {
    let server = Server::start(Options::default()).await.expect("a free port");
    assert_eq!(format!("{}/scim/v2", server.issuer()), server.base_url());
    let mut documents = Vec::new();
    for name in ["openid-configuration", "oauth-authorization-server"] {
        let url = format!("{}/.well-known/{name}", server.issuer());
        let answer = reqwest::get(url).await.expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (200, &"application/json".parse().expect("a value"))
        );
        documents.push(answer.text().await.expect("a body"));
    }
    assert_eq!(documents[0], documents[1]);
    let said: Value = serde_json::from_str(&documents[0]).expect("JSON");
    assert_eq!(said["issuer"], json!(server.issuer()));
    let known = said.as_object().expect("an object").iter();
    for (name, url) in known.filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri") {
        let url = url.as_str().expect("a URL");
        assert!(url.starts_with(server.issuer()), "{url}");
        // Each of them is there.
        let answer = reqwest::get(url).await.expect("an answer");
        assert_ne!(answer.status().as_u16(), 404, "{name}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn endpoints_have_their_methods_only() {
    let site = Site::new();
    for (method, path, allowed) in [
        ("GET", TOKEN, "POST"),
        ("PUT", "/oauth/introspect", "POST"),
        ("GET", "/oauth/revoke", "POST"),
        ("DELETE", "/oauth/authorize", "GET, HEAD, POST"),
        ("POST", "/session", "GET, HEAD"),
        ("POST", "/.well-known/openid-configuration", "GET, HEAD"),
    ] {
        let answer = site.send(method, path, &[], String::new()).await.expect(405);
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
    let answer = site.send("HEAD", "/.well-known/openid-configuration", &[], String::new()).await.expect(200);
    assert_eq!(answer.text, "");
}

#[tokio::test]
async fn clients_authenticate() {
    let site = Site::new();
    let (id, secret) = (site.local.client_id().to_owned(), site.local.client_secret().to_owned());
    let grant = ("grant_type", "client_credentials");
    let said = site.client(TOKEN, &[grant]).await.expect(200);
    assert_eq!((said.header("cache-control"), said.header("pragma")), ("no-store", "no-cache"));
    assert_eq!(said.json()["token_type"], json!("Bearer"));
    assert_eq!(said.json().get("refresh_token"), None);
    site.form(TOKEN, &[], &[grant, ("client_id", &id), ("client_secret", &secret)]).await.expect(200);
    for pairs in [
        &[grant][..],
        &[grant, ("client_id", &id)],
        &[grant, ("client_id", &id), ("client_secret", "wrong")],
        &[grant, ("client_id", "other"), ("client_secret", &secret)],
    ] {
        let answer = site.form(TOKEN, &[], pairs).await.refused(401, "invalid_client");
        assert!(answer.header("www-authenticate").starts_with("Basic realm="));
    }
    site.form(TOKEN, &[("authorization", "Bearer x")], &[grant]).await.refused(401, "invalid_client");
    site.client(TOKEN, &[grant, ("client_secret", &secret)]).await.refused(400, "invalid_request");
    site.client(TOKEN, &[grant, ("client_id", "other")]).await.refused(401, "invalid_client");
    for path in ["/oauth/introspect", "/oauth/revoke", "/oauth/device_authorization"] {
        site.form(path, &[], &[("token", "x")]).await.refused(401, "invalid_client");
    }
}

#[tokio::test]
async fn malformed_token_requests() {
    let site = Site::new();
    site.client(TOKEN, &[]).await.refused(400, "invalid_request");
    site.client(TOKEN, &[("grant_type", "implicit")]).await.refused(400, "unsupported_grant_type");
    site.client(TOKEN, &[("grant_type", "password"), ("username", "x")])
        .await
        .refused(400, "invalid_request");
    let twice = [("grant_type", "client_credentials"), ("grant_type", "client_credentials")];
    site.client(TOKEN, &twice).await.refused(400, "invalid_request");
    let scope = [("grant_type", "client_credentials"), ("scope", "openid")];
    site.client(TOKEN, &scope).await.refused(400, "invalid_scope");
    let target = [("grant_type", "client_credentials"), ("resource", "no URL")];
    site.client(TOKEN, &target).await.refused(400, "invalid_target");
    let json = [("content-type", "application/json")];
    site.send("POST", TOKEN, &json, "{}".to_owned()).await.refused(400, "invalid_request");
    for grant in ["refresh_token", "authorization_code"] {
        let pairs = [("grant_type", grant), ("refresh_token", "unknown"), ("code", "unknown")];
        site.client(TOKEN, &pairs).await.refused(400, "invalid_grant");
    }
    site.poll("unknown").await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn tokens_of_the_client_count_at_the_scim_endpoints() {
    let site = Site::new();
    let id = site.user("kim", json!({})).await;
    let path = format!("/scim/v2/Users/{id}");
    let change = json!({ "schemas": [super::api::PATCH], "Operations": [{ "op": "add", "path": "title", "value": "x" }] });

    let both = site.client_token(&[]).await;
    site.bearing("GET", &path, &both, Value::Null).await.expect(200);
    site.bearing("PATCH", &path, &both, change.clone()).await.expect(200);
    let write = site.client_token(&[("scope", "scim.write")]).await;
    site.bearing("PATCH", &path, &write, change.clone()).await.expect(200);
    let read = site.client_token(&[("scope", "scim.read")]).await;
    site.bearing("GET", &path, &read, Value::Null).await.expect(200);
    for (method, body) in [("PATCH", change), ("DELETE", Value::Null)] {
        let answer = site.bearing(method, &path, &read, body).await.expect(403);
        assert!(answer.header("www-authenticate").contains(r#"error="insufficient_scope""#));
    }
    let neither = site.client_token(&[("scope", "status")]).await;
    let of_user = site.log_in("kim").await.access;
    for token in [&neither, &of_user] {
        let answer = site.bearing("GET", &path, token, Value::Null).await.expect(403);
        assert!(answer.header("www-authenticate").contains(r#"error="insufficient_scope""#));
        // Discovery needs no token at all.
        site.bearing("GET", "/scim/v2/ServiceProviderConfig", token, Value::Null).await.expect(200);
    }

    let base = site.local.base_url();
    for audience in [base.to_owned(), format!("{base}/"), site.local.issuer().to_owned()] {
        let token = site.client_token(&[("resource", &audience)]).await;
        site.bearing("GET", &path, &token, Value::Null).await.expect(200);
    }
    let other = site.client_token(&[("audience", "https://other.example/api")]).await;
    let answer = site.bearing("GET", &path, &other, Value::Null).await.expect(401);
    assert!(answer.header("www-authenticate").contains(r#"error="invalid_token""#));

    site.client("/oauth/revoke", &[("token", &both)]).await.expect(200);
    let answer = site.bearing("GET", &path, &both, Value::Null).await.expect(401);
    assert!(answer.header("www-authenticate").contains(r#"error="invalid_token""#));
    site.bearing("GET", &path, &write, Value::Null).await.expect(200);
}

#[tokio::test]
async fn refresh_tokens_rotate() {
    let site = Site::new();
    site.user("kim", json!({})).await;
    let first = site.log_in("kim").await;
    let second = Tokens::of(&site.refresh(&first.refresh).await.expect(200));
    assert!(site.is_active(&first.access).await && site.is_active(&second.access).await);
    let narrow =
        [("grant_type", "refresh_token"), ("refresh_token", &*second.refresh), ("scope", "openid email")];
    let third = site.client(TOKEN, &narrow).await.expect(200);
    assert_eq!(third.json()["scope"], json!("openid email"));
    let third = Tokens::of(&third);
    let wide = [("grant_type", "refresh_token"), ("refresh_token", &*third.refresh), ("scope", "groups")];
    site.client(TOKEN, &wide).await.refused(400, "invalid_scope");
    // An access token is none to refresh with.
    site.refresh(&third.access).await.refused(400, "invalid_grant");
    // One that comes back was stolen, before or after: all of it ends (RFC 9700 §4.14.2).
    let elsewhere = site.log_in("kim").await;
    site.refresh(&first.refresh).await.refused(400, "invalid_grant");
    site.refresh(&third.refresh).await.refused(400, "invalid_grant");
    assert!(!site.is_active(&third.access).await);
    assert!(site.is_active(&elsewhere.access).await);
}

#[tokio::test(start_paused = true)]
async fn tokens_expire() {
    let site = Site::new();
    site.user("kim", json!({})).await;
    let tokens = site.log_in("kim").await;
    let of_client = site.client_token(&[]).await;
    tokio::time::advance(Duration::from_secs(3601)).await;
    assert!(!site.is_active(&tokens.access).await);
    site.bearing("GET", "/resource", &tokens.access, Value::Null).await.expect(401);
    site.bearing("GET", "/scim/v2/Users", &of_client, Value::Null).await.expect(401);
    site.refresh(&tokens.refresh).await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn codes_are_for_once_and_not_for_long() {
    let site = Site::new();
    site.user("kim", json!({})).await;
    let mut browser = Browser::new(&site);
    let tokens = browser.code_flow("kim").await.expect("tokens");
    let mut code = async || {
        let consent = browser.open(&authorization(&[])).await.expect(200);
        let back = browser.submit("/oauth/authorize", &consent, &[("allow", "Allow")]).await;
        assert_eq!(back.redirected("state").as_deref(), Some("a state & more"));
        assert_eq!(back.redirected("iss").as_deref(), Some("http://127.0.0.1"));
        back.redirected("code").expect("a code")
    };
    let used = code().await;
    let first = Tokens::of(&site.exchange(&used).await.expect(200));
    site.exchange(&used).await.refused(400, "invalid_grant");
    assert!(!site.is_active(&first.access).await && site.is_active(&tokens.access).await);

    for (uri, verifier) in
        [(CALLBACK, "x".repeat(43)), (CALLBACK, String::new()), ("http://127.0.0.1/", VERIFIER.to_owned())]
    {
        let code = code().await;
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", uri),
            ("code_verifier", &verifier),
        ];
        site.client(TOKEN, &pairs).await.refused(400, "invalid_grant");
    }
    let late = code().await;
    tokio::time::advance(Duration::from_secs(61)).await;
    site.exchange(&late).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn authorization_requests_are_refused_by_redirect() {
    let site = Site::new();
    for (other, error) in [
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("scope", "scim.write")], "invalid_scope"),
        (&[("prompt", "none")], "login_required"),
    ] {
        let answer = site.get(&authorization(other)).await;
        assert!(answer.header("location").starts_with(CALLBACK), "{answer:?}");
        assert_eq!(answer.redirected("error").as_deref(), Some(error));
        assert_eq!(answer.redirected("state").as_deref(), Some("a state & more"));
    }
    // Nobody has vouched for these addresses.
    for other in [
        [("redirect_uri", "https://evil.example/callback")],
        [("redirect_uri", "")],
        [("client_id", "other")],
        [("client_id", "")],
    ] {
        let answer = site.get(&authorization(&other)).await.expect(400);
        assert_eq!(answer.header("location"), "", "{other:?}");
    }
}

#[tokio::test]
async fn the_browser_logs_in_consents_and_logs_out() {
    let site = Site::new();
    site.user("kim", json!({ "displayName": "<b>" })).await;
    let mut browser = Browser::new(&site);
    let wrong = browser.log_in("/session", "kim", "wrong").await.expect(403);
    assert!(!browser.cookies.contains_key("scimcheck_session") && wrong.hidden().contains_key("csrf_token"));
    browser.log_in("/session", "nobody", "wrong").await.expect(403);
    let back = browser.log_in("/session", "kim", "kim!").await.expect(302);
    assert_eq!(back.header("location"), "/session");
    assert!(browser.open("/session").await.expect(200).text.contains("kim"));

    let consent = browser.open(&authorization(&[("scope", "openid")])).await.expect(200);
    assert_eq!((consent.header("x-frame-options"), consent.header("cache-control")), ("DENY", "no-store"));
    let denied = browser.submit("/oauth/authorize", &consent, &[("deny", "Deny")]).await;
    assert_eq!(denied.redirected("error").as_deref(), Some("access_denied"));
    // A form from elsewhere.
    let mut elsewhere = Browser { site: &site, cookies: browser.cookies.clone() };
    elsewhere.cookies.remove("scimcheck_csrf");
    elsewhere.submit("/oauth/authorize", &consent, &[("allow", "Allow")]).await.expect(403);
    elsewhere.submit("/login", &consent, &[("username", "kim"), ("password", "kim!")]).await.expect(403);

    let mut copied = Browser { site: &site, cookies: browser.cookies.clone() };
    let path = format!("/oauth/logout?post_logout_redirect_uri={CALLBACK}&state=x");
    assert_eq!(browser.open(&path).await.header("location"), format!("{CALLBACK}?state=x"));
    copied.open("/session").await.expect(302);
    browser.open("/oauth/logout?post_logout_redirect_uri=https://evil.example/").await.expect(400);
    browser.open("/oauth/logout").await.expect(200);
}

#[tokio::test(start_paused = true)]
async fn devices() {
    let site = Site::new();
    site.user("kim", json!({})).await;
    let (device, user_code) = site.device().await;
    site.poll(&device).await.refused(400, "authorization_pending");
    site.poll(&device).await.refused(400, "slow_down");
    tokio::time::advance(Duration::from_secs(1)).await;
    site.poll(&device).await.refused(400, "authorization_pending");

    let mut browser = Browser::new(&site);
    browser.log_in("/device", "kim", "kim!").await.expect(302);
    let page = browser.open("/device").await.expect(200);
    browser.submit("/device", &page, &[("user_code", "BCDF-GHJK"), ("allow", "Allow")]).await.expect(400);
    let typed = user_code.to_lowercase().replace('-', "");
    browser.submit("/device", &page, &[("user_code", &typed), ("allow", "Allow")]).await.expect(200);
    let tokens = Tokens::of(&site.poll(&device).await.expect(200));
    assert!(site.is_active(&tokens.access).await);
    site.poll(&device).await.refused(400, "invalid_grant");

    let (refused, code) = site.device().await;
    let page = browser.open(&format!("/device?user_code={code}")).await.expect(200);
    browser.submit("/device", &page, &[("deny", "Deny")]).await.expect(200);
    site.poll(&refused).await.refused(400, "access_denied");
    let (late, _) = site.device().await;
    tokio::time::advance(Duration::from_secs(601)).await;
    site.poll(&late).await.refused(400, "expired_token");
}

#[tokio::test]
async fn introspection_and_revocation() {
    let site = Site::new();
    let id = site.user("kim", json!({})).await;
    let tokens = site.log_in("kim").await;
    let said = site.client("/oauth/introspect", &[("token", &tokens.access)]).await.expect(200).json();
    let text = |name: &str| said[name].as_str().expect("a text");
    assert_eq!((text("sub"), text("username"), text("client_id")), (&*id, "kim", "scimcheck"));
    assert_eq!((text("token_type"), text("scope")), ("Bearer", "openid profile email groups"));
    assert_eq!(said["exp"].as_i64().expect("a time") - said["iat"].as_i64().expect("a time"), 3600);
    let of_client = site.client_token(&[("resource", "https://other.example/")]).await;
    let said = site.client("/oauth/introspect", &[("token", &of_client)]).await.expect(200).json();
    assert_eq!((&said["sub"], &said["aud"]), (&json!("scimcheck"), &json!("https://other.example")));
    assert!(site.is_active(&tokens.refresh).await && !site.is_active("unknown").await);
    site.client("/oauth/introspect", &[]).await.refused(400, "invalid_request");

    site.client("/oauth/revoke", &[("token", &tokens.access), ("token_type_hint", "refresh_token")])
        .await
        .expect(200);
    assert!(!site.is_active(&tokens.access).await && site.is_active(&tokens.refresh).await);
    let next = Tokens::of(&site.refresh(&tokens.refresh).await.expect(200));
    site.client("/oauth/revoke", &[("token", &next.refresh)]).await.expect(200);
    assert!(!site.is_active(&next.access).await);
    site.refresh(&next.refresh).await.refused(400, "invalid_grant");
    site.client("/oauth/revoke", &[("token", "unknown")]).await.expect(200);
    site.client("/oauth/revoke", &[]).await.refused(400, "invalid_request");
}

#[tokio::test]
async fn userinfo_and_resource() {
    let site = Site::new();
    let about = json!({
        "name": { "formatted": "Kim Lee", "givenName": "Kim" },
        "emails": [{ "value": "kim@example.com" }],
        "roles": [{ "value": "auditor" }],
    });
    let id = site.user("kim", about).await;
    let group = site.group("Engineers", &[&id]).await;
    let tokens = site.log_in("kim").await;
    let claims = site.bearing("GET", "/oauth/userinfo", &tokens.access, Value::Null).await.expect(200).json();
    let wanted = json!({
        "sub": id, "preferred_username": "kim", "name": "Kim Lee", "given_name": "Kim", "email": "kim@example.com",
        "groups": ["Engineers"], "roles": ["auditor"],
    });
    assert_eq!(claims, wanted);
    site.scim("DELETE", &format!("/Groups/{group}"), Value::Null).await.expect(204);
    let claims =
        site.bearing("POST", "/oauth/userinfo", &tokens.access, Value::Null).await.expect(200).json();
    assert_eq!(claims["groups"], json!([]));

    let narrow = [("grant_type", "password"), ("username", "KIM"), ("password", "kim!"), ("scope", "openid")];
    let narrow = Tokens::of(&site.client(TOKEN, &narrow).await.expect(200));
    let claims = site.bearing("GET", "/oauth/userinfo", &narrow.access, Value::Null).await.expect(200).json();
    assert_eq!(claims, json!({ "sub": id }));
    let without = [("grant_type", "password"), ("username", "kim"), ("password", "kim!"), ("scope", "email")];
    let without = Tokens::of(&site.client(TOKEN, &without).await.expect(200));
    site.bearing("GET", "/oauth/userinfo", &without.access, Value::Null).await.expect(403);

    for path in ["/resource", "/resource/any/thing"] {
        let said = site.bearing("GET", path, &tokens.access, Value::Null).await.expect(200).json();
        assert_eq!(said, json!({ "sub": id }));
        let bare = site.get(path).await.expect(401);
        assert_eq!(bare.header("www-authenticate"), r#"Bearer realm="scimcheck""#);
        for token in [&*tokens.refresh, "unknown", site.local.token()] {
            let answer = site.bearing("GET", path, token, Value::Null).await.expect(401);
            assert!(answer.header("www-authenticate").contains(r#"error="invalid_token""#));
        }
    }
    let of_client = site.client_token(&[]).await;
    site.bearing("GET", "/resource", &of_client, Value::Null).await.expect(403);
    let query = format!("/resource?access_token={}", tokens.access);
    site.bearing("GET", &query, &tokens.access, Value::Null).await.expect(400);
}

#[tokio::test]
async fn users_of_other_tenants_log_in_too() {
    let site = Site::with(Options { tenants: vec!["theirs".into()], ..Options::default() });
    let user = json!({ "schemas": [super::api::USER], "userName": "lee", "password": "lee!" });
    let created = site.bearing("POST", "/scim/v2/Users", "theirs", user).await.expect(201).json();
    let tokens = site.log_in("lee").await;
    let path = format!("/scim/v2/Users/{}", created["id"].as_str().expect("an id"));
    site.bearing("DELETE", &path, "theirs", Value::Null).await.expect(204);
    assert!(!site.is_active(&tokens.access).await);
}

#[tokio::test]
async fn an_integration_that_is_switched_off() {
    let site = Site::with(Options { disabled_token: Some("off".into()), ..Options::default() });
    for method in ["GET", "POST"] {
        site.bearing(method, "/scim/v2/Users", "off", Value::Null).await.expect(403);
    }
    site.scim("GET", "/Users", Value::Null).await.expect(200);
    let site = Site::with(Options { disabled: true, ..Options::default() });
    for path in ["/Users", "/ServiceProviderConfig", "/Schemas", "/Me", "/nothing"] {
        site.scim("GET", path, Value::Null).await.expect(403);
    }
    site.get("/scim/v2/Users").await.expect(403);
}

#[tokio::test]
async fn nothing_secret_is_told() {
    let site = Site::new();
    site.user("kim", json!({})).await;
    let tokens = site.log_in("kim").await;
    for secret in [&*tokens.access, &tokens.refresh, site.local.client_secret()] {
        let answer = site.scim("GET", &format!("/Users/{secret}"), Value::Null).await.expect(404);
        assert!(!answer.text.contains(secret), "{}", answer.text);
    }
    let told = format!("{:?} {:?}", site.local, Options::default());
    assert!(!told.contains(site.local.client_secret()));
}

#[tokio::test]
async fn a_seed_makes_tokens_repeatable() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let site = Site::with(Options { seed: Some(1), ..Options::default() });
        seen.push(site.client_token(&[]).await);
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], Site::new().client_token(&[]).await);
}
