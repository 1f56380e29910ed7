//! Client, browser and administrator of a reference server in this process, for the tests of its authorization server.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{HeaderMap, Request};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use scimcheck::server::{Local, Options};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::api::{GROUP, PATCH, USER};

pub(crate) const TOKEN: &str = "/oauth/token";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:7777/callback";
/// RFC 7636, appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const DEVICE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

pub(crate) type Pairs<'p> = &'p [(&'p str, &'p str)];

pub(crate) struct Site {
    pub(crate) local: Local,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

/// What a user has got.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// An error of RFC 6749 §5.2.
    #[track_caller]
    pub(crate) fn refused(self, status: u16, error: &str) -> Self {
        assert_eq!((self.status, &self.json()["error"]), (status, &json!(error)), "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        self
    }

    /// A parameter of the URL that it redirects to.
    pub(crate) fn redirected(&self, name: &str) -> Option<String> {
        assert_eq!(self.status, 302, "{self:?}");
        let url = url::Url::parse(self.header("location")).expect("an absolute URL");
        url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
    }

    /// The hidden fields of the form.
    pub(crate) fn hidden(&self) -> BTreeMap<String, String> {
        let text = |text: &str| text.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&");
        let fields = self.text.split("<input type=\"hidden\" name=\"").skip(1);
        fields
            .map(|field| {
                let (name, rest) = field.split_once("\" value=\"").expect("a value");
                (text(name), text(rest.split_once('"').expect("an end").0))
            })
            .collect()
    }
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self { local: Local::new(options).expect("tokens that a header can carry") }
    }

    pub(crate) fn with_fault(fault: Option<&str>) -> Self {
        let faults: BTreeSet<_> = fault.iter().map(|fault| fault.parse().expect("a fault")).collect();
        Self::with(Options { faults, ..Options::equipped() })
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: Pairs<'_>, body: String) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into_bytes()).expect("a request");
        let (parts, body) = self.local.answer(request).await.into_parts();
        let text = String::from_utf8(body.to_vec()).expect("text");
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], String::new()).await
    }

    /// With a bearer token.
    pub(crate) async fn bearing(&self, method: &str, path: &str, token: &str, body: Value) -> Answer {
        let credentials = format!("Bearer {token}");
        let headers = [("authorization", &*credentials), ("content-type", "application/scim+json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, &headers, body).await
    }

    /// A form, from whoever the headers say.
    pub(crate) async fn form(&self, path: &str, headers: Pairs<'_>, pairs: Pairs<'_>) -> Answer {
        let body = Serializer::new(String::new()).extend_pairs(pairs).finish();
        let headers = [headers, &[("content-type", "application/x-www-form-urlencoded")]].concat();
        self.send("POST", path, &headers, body).await
    }

    /// A form from the client.
    pub(crate) async fn client(&self, path: &str, pairs: Pairs<'_>) -> Answer {
        let text = format!("{}:{}", self.local.client_id(), self.local.client_secret());
        let credentials = format!("Basic {}", STANDARD.encode(text));
        self.form(path, &[("authorization", &credentials)], pairs).await
    }

    /// A token of the client for itself.
    pub(crate) async fn client_token(&self, pairs: Pairs<'_>) -> String {
        let pairs = [&[("grant_type", "client_credentials")], pairs].concat();
        self.client(TOKEN, &pairs).await.expect(200).json()["access_token"].as_str().expect("one").to_owned()
    }

    /// By SCIM, with the token that may do everything.
    pub(crate) async fn scim(&self, method: &str, path: &str, body: Value) -> Answer {
        self.bearing(method, &format!("/scim/v2{path}"), self.local.token(), body).await
    }

    /// Creates a user whose password is the name with a `!`; the id.
    pub(crate) async fn user(&self, name: &str, more: Value) -> String {
        let mut user = json!({ "schemas": [USER], "userName": name, "password": format!("{name}!") });
        user.as_object_mut().expect("an object").extend(more.as_object().expect("one").clone());
        let created = self.scim("POST", "/Users", user).await.expect(201).json();
        created["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let group = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        let created = self.scim("POST", "/Groups", group).await.expect(201).json();
        created["id"].as_str().expect("an id").to_owned()
    }

    /// One operation of a PATCH.
    pub(crate) async fn patch(&self, path: &str, operation: Value) {
        let body = json!({ "schemas": [PATCH], "Operations": [operation] });
        self.scim("PATCH", path, body).await.expect(200);
    }

    pub(crate) async fn set_active(&self, id: &str, active: bool) {
        let operation = json!({ "op": "replace", "path": "active", "value": active });
        self.patch(&format!("/Users/{id}"), operation).await;
    }

    pub(crate) async fn password_grant(&self, name: &str, password: &str) -> Answer {
        let pairs = [("grant_type", "password"), ("username", name), ("password", password)];
        self.client(TOKEN, &pairs).await
    }

    pub(crate) async fn log_in(&self, name: &str) -> Tokens {
        Tokens::of(&self.password_grant(name, &format!("{name}!")).await.expect(200))
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.client(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    pub(crate) async fn is_active(&self, token: &str) -> bool {
        let said = self.client("/oauth/introspect", &[("token", token)]).await.expect(200).json();
        // RFC 7662 §2.2: nothing else is said of a token that is not active.
        assert_eq!(said["active"] == json!(false), said == json!({ "active": false }), "{said}");
        said["active"] == json!(true)
    }

    pub(crate) async fn exchange(&self, code: &str) -> Answer {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        self.client(TOKEN, &pairs).await
    }

    /// A new device: its code, and the one for the user.
    pub(crate) async fn device(&self) -> (String, String) {
        let said = self.client("/oauth/device_authorization", &[]).await.expect(200).json();
        let text = |name: &str| said[name].as_str().expect("a text").to_owned();
        (text("device_code"), text("user_code"))
    }

    pub(crate) async fn poll(&self, device_code: &str) -> Answer {
        self.client(TOKEN, &[("grant_type", DEVICE_GRANT), ("device_code", device_code)]).await
    }
}

impl Tokens {
    pub(crate) fn of(answer: &Answer) -> Self {
        let said = answer.json();
        let text = |name: &str| said[name].as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }
}

/// A browser that keeps cookies and follows no redirect by itself.
pub(crate) struct Browser<'s> {
    pub(crate) site: &'s Site,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl<'s> Browser<'s> {
    pub(crate) fn new(site: &'s Site) -> Self {
        Self { site, cookies: BTreeMap::new() }
    }

    fn cookie(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, answer: Answer) -> Answer {
        if let Some((name, value)) = answer.header("set-cookie").split_once('=') {
            assert!(value.contains("; HttpOnly"), "{value}");
            let value = value.split(';').next().unwrap_or_default();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        let answer = self.site.send("GET", path, &[("cookie", &self.cookie())], String::new()).await;
        self.keep(answer)
    }

    /// Sends the form of a page back, with what the user has filled in.
    pub(crate) async fn submit(&mut self, path: &str, page: &Answer, filled: Pairs<'_>) -> Answer {
        let hidden = page.hidden();
        let mut pairs: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
        pairs.extend(filled);
        let answer = self.site.form(path, &[("cookie", &self.cookie())], &pairs).await;
        self.keep(answer)
    }

    /// Opens a page that needs a login, and logs in; the answer to the login form.
    pub(crate) async fn log_in(&mut self, path: &str, name: &str, password: &str) -> Answer {
        let away = self.open(path).await.expect(302);
        let page = self.open(away.header("location")).await.expect(200);
        self.submit("/login", &page, &[("username", name), ("password", password)]).await
    }

    /// All the way to tokens; `None` if the user is not let in somewhere.
    pub(crate) async fn code_flow(&mut self, name: &str) -> Option<Tokens> {
        let path = authorization(&[]);
        let back = self.log_in(&path, name, &format!("{name}!")).await;
        if back.status != 302 {
            return None;
        }
        let consent = self.open(back.header("location")).await.expect(200);
        let back = self.submit("/oauth/authorize", &consent, &[("allow", "Allow")]).await;
        let answer = self.site.exchange(&back.redirected("code")?).await;
        (answer.status == 200).then(|| Tokens::of(&answer))
    }

    /// The same by way of another identity provider, which vouches for everybody with the secret of the client.
    pub(crate) async fn federated_flow(&mut self, name: &str, password: &str) -> Option<Tokens> {
        let away = self.open(&authorization(&[("idp_hint", "other")])).await.expect(302);
        let page = self.open(away.header("location")).await.expect(200);
        let back = self.submit("/idp/login", &page, &[("username", name), ("password", password)]).await;
        if back.status != 302 {
            return None;
        }
        let consent = self.open(back.header("location")).await.expect(200);
        let back = self.submit("/oauth/authorize", &consent, &[("allow", "Allow")]).await;
        let answer = self.site.exchange(&back.redirected("code")?).await;
        (answer.status == 200).then(|| Tokens::of(&answer))
    }

    /// The same with a device.
    pub(crate) async fn device_flow(&mut self, name: &str) -> Option<Tokens> {
        let (device_code, user_code) = self.site.device().await;
        let path = format!("/device?user_code={user_code}");
        let back = self.log_in(&path, name, &format!("{name}!")).await;
        if back.status != 302 {
            return None;
        }
        let page = self.open(back.header("location")).await.expect(200);
        self.submit("/device", &page, &[("allow", "Allow")]).await.expect(200);
        let answer = self.site.poll(&device_code).await;
        (answer.status == 200).then(|| Tokens::of(&answer))
    }
}

/// The path of an authorization request; parameters can be given another value, or taken out by an empty one.
pub(crate) fn authorization(other: Pairs<'_>) -> String {
    let mut pairs: BTreeMap<&str, &str> = BTreeMap::from([
        ("response_type", "code"),
        ("client_id", "scimcheck"),
        ("redirect_uri", CALLBACK),
        ("state", "a state & more"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    pairs.extend(other.iter().copied());
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/oauth/authorize?{query}")
}

#[test]
fn the_challenge_fits_the_verifier() {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, VERIFIER.as_bytes());
    assert_eq!(URL_SAFE_NO_PAD.encode(digest), CHALLENGE);
}
