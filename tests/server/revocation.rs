//! What a user still has, and how the user still gets in, after SCIM took the access away: nothing, unless the server has a
//! fault. Each fault opens just what its description says.

use std::collections::BTreeSet;
use std::time::Duration;

use scimcheck::server::{Options, UserToken};
use serde_json::{Value, json};

use super::api::{PATCH, USER};
use super::site::{Browser, Site, Tokens};

/// Everything that can still be open.
const LOGINS: [&str; 3] = ["password-login", "code-login", "device-login"];
const TOKENS: [&str; 5] = ["introspection", "userinfo", "resource", "session", "refresh"];

/// How the access is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Patch,
    PatchWithoutPath,
    PatchText,
    PatchTextWithoutPath,
    Put,
    Bulk,
    Delete,
    Password,
    Created,
    /// Deactivated, and activated again.
    Return,
}

async fn take_away(site: &Site, id: &str, by: By) {
    let path = format!("/Users/{id}");
    let replace = |path: &str, value: Value| json!({ "op": "replace", "path": path, "value": value });
    match by {
        By::Patch => site.patch(&path, replace("active", json!(false))).await,
        By::PatchWithoutPath => {
            site.patch(&path, json!({ "op": "replace", "value": { "active": false } })).await;
        }
        By::PatchText => site.patch(&path, replace("active", json!("False"))).await,
        By::PatchTextWithoutPath => {
            site.patch(&path, json!({ "op": "Replace", "value": { "active": "False" } })).await;
        }
        By::Put => {
            let user = json!({ "schemas": [USER], "userName": "kim", "active": false });
            site.scim("PUT", &path, user).await.expect(200);
        }
        By::Bulk => {
            let data = json!({ "schemas": [PATCH], "Operations": [replace("active", json!(false))] });
            let operation = json!({ "method": "PATCH", "path": path, "data": data });
            let job = json!({ "schemas": [super::api::BULK], "Operations": [operation] });
            site.scim("POST", "/Bulk", job).await.expect(200);
        }
        By::Delete => {
            site.scim("DELETE", &path, Value::Null).await.expect(204);
        }
        By::Password => site.patch(&path, replace("password", json!("another"))).await,
        By::Created => {}
        By::Return => {
            site.set_active(id, false).await;
            site.set_active(id, true).await;
        }
    }
}

/// Kim has logged in everywhere, and loses access: what is still open. `other-lost` if another user loses tokens too.
async fn open_after(fault: Option<&str>, by: By) -> BTreeSet<&'static str> {
    let site = Site::with_fault(fault);
    let created_inactive = by == By::Created;
    let id = site.user("kim", if created_inactive { json!({ "active": false }) } else { json!({}) }).await;
    site.user("lee", json!({})).await;
    let lee = site.log_in("lee").await;
    let mut browser = Browser::new(&site);
    let mut kim = None;
    if !created_inactive {
        browser.log_in("/session", "kim", "kim!").await.expect(302);
        browser.open("/session").await.expect(200);
        // Several devices at once.
        Browser::new(&site).code_flow("kim").await.expect("tokens");
        Browser::new(&site).device_flow("kim").await.expect("tokens");
        kim = Some(site.log_in("kim").await);
    }
    take_away(&site, &id, by).await;
    let mut open = BTreeSet::new();
    let mut note = |name: &'static str, is: bool| {
        if is {
            open.insert(name);
        }
    };
    note("session", browser.open("/session").await.status == 200);
    note("password-login", site.password_grant("kim", "kim!").await.status == 200);
    note("code-login", Browser::new(&site).code_flow("kim").await.is_some());
    note("device-login", Browser::new(&site).device_flow("kim").await.is_some());
    if let Some(Tokens { access, refresh }) = kim {
        note("introspection", site.is_active(&access).await);
        let userinfo = site.bearing("GET", "/oauth/userinfo", &access, Value::Null).await;
        note("userinfo", userinfo.status == 200);
        note("resource", site.bearing("GET", "/resource", &access, Value::Null).await.status == 200);
        note("refresh", site.refresh(&refresh).await.status == 200);
    }
    note("other-lost", !site.is_active(&lee.access).await);
    open
}

#[tokio::test]
async fn nothing_stays_open() {
    for by in [
        By::Patch,
        By::PatchWithoutPath,
        By::PatchText,
        By::PatchTextWithoutPath,
        By::Put,
        By::Bulk,
        By::Delete,
        By::Password,
        By::Created,
    ] {
        assert_eq!(open_after(None, by).await, BTreeSet::new(), "{by:?}");
    }
    // Who comes back can log in, with nothing of what there was before.
    assert_eq!(open_after(None, By::Return).await, BTreeSet::from(LOGINS));
}

#[tokio::test]
async fn each_fault_opens_what_it_says() {
    for (fault, by, open) in [
        ("introspection-active-after-deactivation", By::Patch, &["introspection"][..]),
        ("userinfo-served-after-deactivation", By::Patch, &["userinfo"]),
        ("deactivation-keeps-api-keys", By::Patch, &["resource"]),
        ("deactivation-keeps-refresh-token", By::Patch, &["refresh"]),
        ("deactivation-keeps-session", By::Patch, &["session"]),
        ("password-login-after-deactivation", By::Patch, &["password-login"]),
        ("code-login-after-deactivation", By::Patch, &["code-login"]),
        ("device-login-after-deactivation", By::Patch, &["device-login"]),
        ("deactivation-ends-tokens-of-others", By::Patch, &["other-lost"]),
        ("deactivation-ends-tokens-of-others", By::Delete, &[]),
        ("delete-keeps-tokens", By::Delete, &TOKENS),
        ("delete-keeps-tokens", By::Patch, &[]),
        ("password-change-keeps-tokens", By::Password, &TOKENS),
        ("put-deactivation-skips-revocation", By::Put, &TOKENS),
        ("put-deactivation-skips-revocation", By::Patch, &[]),
        ("patch-without-path-keeps-tokens", By::PatchWithoutPath, &TOKENS),
        ("patch-without-path-keeps-tokens", By::Patch, &[]),
        ("string-false-keeps-tokens", By::PatchText, &TOKENS),
        ("string-false-keeps-tokens", By::PatchTextWithoutPath, &TOKENS),
        ("string-false-keeps-tokens", By::PatchWithoutPath, &[]),
        ("login-let-in-for-seconds", By::Patch, &LOGINS),
        ("login-let-in-for-seconds", By::Created, &[]),
        ("login-let-in-for-seconds", By::Delete, &[]),
        ("created-inactive-can-log-in", By::Created, &LOGINS),
        ("created-inactive-can-log-in", By::Patch, &[]),
        ("revocation-takes-seconds", By::Patch, &TOKENS),
        ("revocation-cache-window", By::Delete, &TOKENS),
        ("reactivation-does-not-restore", By::Return, &[]),
    ] {
        let wanted: BTreeSet<&str> = open.iter().copied().collect();
        assert_eq!(open_after(Some(fault), by).await, wanted, "{fault} {by:?}");
    }
    let all: BTreeSet<&str> = LOGINS.into_iter().chain(TOKENS).collect();
    assert_eq!(open_after(Some("key-reactivated-on-rehire"), By::Return).await, all);
}

#[tokio::test]
async fn another_identity_provider_vouches_for_users_who_may_log_in() {
    for (fault, stays) in [(None, false), (Some("federated-login-after-deactivation"), true)] {
        let site = Site::with_fault(fault);
        let id = site.user("kim", json!({})).await;
        let secret = site.local.client_secret().to_owned();
        assert!(Browser::new(&site).federated_flow("kim", &secret).await.is_some());
        assert!(
            Browser::new(&site).federated_flow("kim", "kim!").await.is_none(),
            "it is not the own password"
        );
        assert!(Browser::new(&site).federated_flow("nobody", &secret).await.is_none());
        site.set_active(&id, false).await;
        assert_eq!(Browser::new(&site).federated_flow("kim", &secret).await.is_some(), stays, "{fault:?}");
        assert!(Browser::new(&site).code_flow("kim").await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn late_revocation() {
    for (fault, seconds) in [("revocation-takes-seconds", 2), ("revocation-cache-window", 300)] {
        let site = Site::with_fault(Some(fault));
        let id = site.user("kim", json!({})).await;
        let tokens = site.log_in("kim").await;
        site.set_active(&id, false).await;
        tokio::time::advance(Duration::from_millis(seconds * 1000 - 1)).await;
        assert!(site.is_active(&tokens.access).await, "{fault}");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(!site.is_active(&tokens.access).await, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn late_refusal_of_logins() {
    let site = Site::with_fault(Some("login-let-in-for-seconds"));
    let id = site.user("kim", json!({})).await;
    site.set_active(&id, false).await;
    tokio::time::advance(Duration::from_millis(1999)).await;
    assert!(Browser::new(&site).code_flow("kim").await.is_some());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(Browser::new(&site).code_flow("kim").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_in_flight() {
    for (fault, wins) in [(None, false), (Some("refresh-in-flight-survives"), true)] {
        let site = Site::with_fault(fault);
        let id = site.user("kim", json!({})).await;
        let tokens = site.log_in("kim").await;
        let (refreshed, ()) = tokio::join!(site.refresh(&tokens.refresh), site.set_active(&id, false));
        // Which of both came first is open; what was given out is dead in any case.
        let alive = refreshed.status == 200 && site.is_active(&Tokens::of(&refreshed).access).await;
        assert_eq!(alive, wins, "{fault:?}");
    }
}

#[tokio::test]
async fn the_groups_claim() {
    for (fault, stale) in [(None, false), (Some("groups-claim-as-of-login"), true)] {
        let site = Site::with_fault(fault);
        let id = site.user("kim", json!({})).await;
        let group = site.group("Admins", &[&id]).await;
        let tokens = site.log_in("kim").await;
        site.patch(&format!("/Groups/{group}"), json!({ "op": "remove", "path": "members" })).await;
        let claims =
            site.bearing("GET", "/oauth/userinfo", &tokens.access, Value::Null).await.expect(200).json();
        assert_eq!(claims["groups"] == json!(["Admins"]), stale, "{claims}");
    }
}

#[tokio::test]
async fn what_the_client_ends() {
    for (fault, stays) in [(None, false), (Some("revocation-endpoint-without-effect"), true)] {
        let site = Site::with_fault(fault);
        let token = site.client_token(&[]).await;
        site.client("/oauth/revoke", &[("token", &token)]).await.expect(200);
        let status = site.bearing("GET", "/scim/v2/Users", &token, Value::Null).await.status;
        assert_eq!(status, if stays { 200 } else { 401 });
    }
    for (fault, stays) in [(None, false), (Some("logout-keeps-session"), true)] {
        let site = Site::with_fault(fault);
        site.user("kim", json!({})).await;
        let mut browser = Browser::new(&site);
        browser.log_in("/session", "kim", "kim!").await.expect(302);
        let mut copied = Browser { site: &site, cookies: browser.cookies.clone() };
        browser.open("/oauth/logout").await.expect(200);
        browser.open("/session").await.expect(302);
        assert_eq!(copied.open("/session").await.status == 200, stays);
    }
}

#[tokio::test]
async fn scim_tokens_that_are_not_for_this() {
    for (fault, pairs) in [
        ("token-audience-ignored", [("resource", "https://other.example/")]),
        ("any-service-account-has-full-access", [("scope", "status")]),
    ] {
        for (fault, status) in [(None, [401, 403]), (Some(fault), [200, 200])] {
            let site = Site::with_fault(fault);
            let token = site.client_token(&pairs).await;
            let answer = site.bearing("GET", "/scim/v2/Users", &token, Value::Null).await;
            assert!(status.contains(&answer.status), "{fault:?} {answer:?}");
        }
    }
    for (token, fault, status) in [
        ("off", None, 403),
        ("off", Some("disabled-integration-accepted"), 200),
        ("theirs", None, 401),
        ("theirs", Some("token-audience-ignored"), 200),
    ] {
        let faults = fault.iter().map(|fault: &&str| fault.parse().expect("a fault")).collect();
        let (disabled_token, other_audience_token) = (Some("off".into()), Some("theirs".into()));
        let options = Options { disabled_token, other_audience_token, faults, ..Options::default() };
        let answer = Site::with(options).bearing("GET", "/scim/v2/Users", token, Value::Null).await;
        assert_eq!(answer.status, status, "{token} {fault:?}");
    }
}

#[tokio::test]
async fn a_create_that_sets_the_password_of_somebody_else() {
    let emails = json!([{ "value": "kim@example.com" }]);
    for (fault, taken) in [(None, false), (Some("scim-sets-password-of-unverified-account"), true)] {
        for (name, status) in [("kim", 409), ("kim2", 201)] {
            let site = Site::with_fault(fault);
            site.user("kim", json!({ "emails": emails })).await;
            let user = json!({ "schemas": [USER], "userName": name, "password": "mine", "emails": emails });
            site.scim("POST", "/Users", user).await.expect(status);
            assert_eq!(site.password_grant("kim", "mine").await.status == 200, taken);
            assert_eq!(site.password_grant("kim", "kim!").await.status == 200, !taken);
        }
    }
}

#[tokio::test]
async fn the_api_key_of_a_user_ends_with_the_access() {
    for (fault, stays) in [(None, false), (Some("deactivation-keeps-api-keys"), true)] {
        let user = UserToken { token: "key".into(), user_name: "kim".to_owned() };
        let faults = fault.iter().map(|fault: &&str| fault.parse().expect("a fault")).collect();
        let site = Site::with(Options { user_token: Some(user), faults, ..Options::default() });
        let me = site.bearing("GET", "/scim/v2/Me", "key", Value::Null).await.expect(200).json();
        site.bearing("GET", "/resource", "key", Value::Null).await.expect(200);
        let id = me["id"].as_str().expect("an id");
        // A new password is none of its business.
        let change = json!({ "op": "replace", "path": "password", "value": "new" });
        site.patch(&format!("/Users/{id}"), change).await;
        site.bearing("GET", "/scim/v2/Me", "key", Value::Null).await.expect(200);
        site.set_active(id, false).await;
        for path in ["/scim/v2/Me", "/scim/v2/Users", "/resource"] {
            let answer = site.bearing("GET", path, "key", Value::Null).await;
            assert_eq!(answer.status, if stays { 200 } else { 401 }, "{path}");
        }
        site.set_active(id, true).await;
        let answer = site.bearing("GET", "/scim/v2/Me", "key", Value::Null).await;
        assert_eq!(answer.status, if stays { 200 } else { 401 });
    }
}
