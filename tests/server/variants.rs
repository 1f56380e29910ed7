//! Every variant does something: a script of requests is answered in another way than by the server as it usually is.

use std::collections::BTreeSet;
use std::sync::LazyLock;
use std::time::Duration;

use regex::{Captures, Regex};
use reqwest::Client;
use reqwest::redirect::Policy;
use scimcheck::server::{Options, Server, UserToken, Variant, variants};
use serde_json::{Value, json};

use super::api::{BULK, ENTERPRISE, GROUP, PATCH, SEARCH, USER};

/// Sends the requests of the script and writes down the answers.
struct Script {
    server: Server,
    client: Client,
    transcript: Vec<String>,
}

/// What is another in every run. Microseconds have as many digits always, so that only their absence shows.
static CHANGING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"127\.0\.0\.1:\d+|date: [^|]*|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?P<rest>\.\d{6})?|[0-9a-f]{32}")
        .expect("a pattern")
});

impl Script {
    async fn start(client: &Client, variant: Option<Variant>) -> Self {
        let options = Options {
            token: "full".into(),
            user_token: Some(UserToken { token: "mine".into(), user_name: "me".to_owned() }),
            seed: Some(7),
            max_operations: 6,
            cursor_timeout: Duration::from_mins(1),
            variants: variant.into_iter().collect(),
            ..Options::default()
        };
        let server = Server::start(options).await.expect("a free port");
        Self { server, client: client.clone(), transcript: Vec::new() }
    }

    /// Sends one request; gives back the JSON body.
    async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Value {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.server.base_url())
        };
        let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(method.clone(), url);
        let default = [("authorization", "Bearer full"), ("content-type", "application/scim+json")];
        let missing = default.iter().filter(|(name, _)| !headers.iter().any(|(known, _)| known == name));
        for (name, value) in missing.chain(headers).filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let response = request.send().await.expect("an answer");
        let headers: Vec<String> = response
            .headers()
            .iter()
            .filter(|(name, _)| *name != "content-length")
            .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
            .collect();
        let status = response.status();
        let text = response.text().await.expect("a whole answer");
        let line = format!("{method} {path} {body} -> {status} | {} | {text}", headers.join(" | "));
        let known = CHANGING.replace_all(
            &line,
            |found: &Captures<'_>| {
                if found.name("rest").is_some() { "*.u" } else { "*" }
            },
        );
        self.transcript.push(known.into_owned());
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn get(&mut self, path: &str) -> Value {
        self.send("GET", path, &[], &Value::Null).await
    }

    async fn user(&mut self, name: &str, attributes: Value) -> String {
        let mut body = json!({ "schemas": [USER, ENTERPRISE], "userName": name });
        body.as_object_mut().expect("an object").extend(attributes.as_object().expect("attributes").clone());
        let created = self.send("POST", "/Users", &[], &body).await;
        created["id"].as_str().unwrap_or("nothing").to_owned()
    }

    async fn patch(&mut self, path: &str, operations: Value) -> Value {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.send("PATCH", path, &[], &body).await
    }
}

async fn run(client: &Client, variant: Option<Variant>, large: bool) -> String {
    let mut script = Script::start(client, variant).await;
    http_and_discovery(&mut script).await;
    let id = writing(&mut script).await;
    patching(&mut script, &id).await;
    versions_and_groups(&mut script, &id).await;
    queries(&mut script).await;
    bulk_and_me(&mut script).await;
    deleting(&mut script, &id).await;
    if large {
        large_group(&mut script).await;
    }
    script.transcript.join("\n")
}

async fn http_and_discovery(script: &mut Script) {
    let none = ("authorization", "");
    for (method, path, headers) in [
        ("GET", "/Users", &[none][..]),
        ("GET", "/Users?access_token=full", &[none]),
        ("GET", "/ServiceProviderConfig", &[none]),
        ("GET", "/ServiceProviderConfig", &[]),
        ("GET", "/ResourceTypes", &[]),
        ("GET", "/Schemas", &[]),
        ("GET", "/ResourceTypes?filter=id%20pr", &[]),
        ("GET", "/Nothing", &[]),
        ("GET", "/Groups/", &[]),
        ("HEAD", "/Groups", &[]),
        ("PATCH", "/Users", &[]),
        ("GET", "/Users", &[("accept", "text/html")]),
    ] {
        script.send(method, path, headers, &Value::Null).await;
    }
    let other_version = script.server.base_url().replace("/v2", "/v99");
    script.get(&format!("{other_version}/Users")).await;
    for media_type in ["application/json", "text/plain"] {
        let body = json!({ "schemas": [USER], "userName": media_type });
        script.send("POST", "/Users", &[("content-type", media_type)], &body).await;
    }
}

async fn writing(script: &mut Script) -> String {
    let id = script
        .user(
            "Babs",
            json!({
                "externalId": "x", "title": "t", "emails": [{ "value": "B@X.org", "type": "work" }],
                "phoneNumbers": [{ "value": "+1 (201) 555", "type": "work" }],
                ENTERPRISE: { "manager": "nobody", "department": "d" },
            }),
        )
        .await;
    for body in [
        json!({ "userName": "a" }),
        json!({ "schemas": [USER], "userName": "b", "strange": 1 }),
        json!({ "schemas": [USER], "userName": "c", ENTERPRISE: { "department": "d" } }),
        json!({ "schemas": [USER], "userName": "d", "TITLE": "t" }),
        json!({ "schemas": [USER], "userName": "e", "title": "" }),
        json!({ "schemas": [USER], "userName": "f", "active": "True" }),
        json!({ "schemas": [USER], "userName": "g", "emails": [{ "value": "x", "type": "moon" }] }),
        json!({ "schemas": [USER], "userName": "h",
            "emails": [{ "value": "x", "primary": true }, { "value": "y", "primary": true }] }),
        json!({ "schemas": [USER] }),
        json!({ "schemas": [USER], "userName": "babs" }),
        json!({ "schemas": [USER], "userName": "i", "externalId": "x" }),
    ] {
        script.send("POST", "/Users", &[], &body).await;
    }
    let path = format!("/Users/{id}");
    for body in [
        json!({ "schemas": [USER], "id": "other", "userName": "Babs" }),
        json!({ "schemas": [USER], "userName": "Babs" }),
        json!({ "schemas": [USER], "title": "u" }),
        json!({ "schemas": [USER], "userName": "a" }),
        json!({ "schemas": [USER], "userName": "b" }),
    ] {
        script.send("PUT", &path, &[], &body).await;
    }
    let body = json!({ "schemas": [USER], "userName": "new" });
    script.send("PUT", "/Users/unknown", &[], &body).await;
    id
}

async fn patching(script: &mut Script, id: &str) {
    let path = format!("/Users/{id}");
    for operations in [
        json!([{ "op": "add", "path": "title", "value": "t" }]),
        json!([{ "op": "Replace", "path": "title", "value": "u" }]),
        json!([]),
        json!([{ "op": "replace", "path": "groups", "value": [{ "value": "x" }] }]),
        json!([{ "op": "replace", "value": { "id": "other", "title": "v" } }]),
        json!([{ "op": "remove", "path": "emails[type eq \"moon\"]" }]),
        json!([{ "op": "add", "path": "emails[type eq \"home\"].value", "value": "h@x.org" }]),
        json!([{ "op": "add", "path": "emails", "value": [{ "value": "a" }, { "value": "b" }] }]),
        json!([{ "op": "remove", "path": "emails", "value": [{ "value": "a" }] }]),
        json!([{ "op": "replace", "path": "emails", "value": { "value": "c" } }]),
        json!([{ "op": "replace", "value": { "name.givenName": "B" } }]),
        json!([{ "op": "replace", "path": ENTERPRISE, "value": { "department": "e" } }]),
        json!([{ "op": "remove", "path": format!("{ENTERPRISE}:department") }]),
        json!([{ "op": "remove", "path": "userName" }]),
        json!([{ "op": "remove", "path": "emails[type]" }]),
    ] {
        script.patch(&path, operations).await;
    }
    let body = json!({ "Operations": [{ "op": "replace", "path": "title", "value": "w" }] });
    script.send("PATCH", &path, &[], &body).await;
}

async fn versions_and_groups(script: &mut Script, id: &str) {
    let path = format!("/Users/{id}");
    let body = json!({ "schemas": [USER], "userName": "Babs" });
    for condition in [("if-match", "\"other\""), ("if-match", "*"), ("if-none-match", "*")] {
        script.send("PUT", &path, &[condition], &body).await;
    }
    let doomed = script.user("doomed", json!({})).await;
    script.send("DELETE", &format!("/Users/{doomed}"), &[("if-match", "\"other\"")], &Value::Null).await;
    let mut groups = Vec::new();
    for body in [
        json!({ "schemas": [GROUP], "displayName": "g", "members": [{ "value": id }] }),
        json!({ "schemas": [GROUP], "displayName": "g" }),
        json!({ "schemas": [GROUP] }),
        json!({ "schemas": [GROUP], "displayName": "h", "members": [{ "value": "nobody" }] }),
    ] {
        groups.push(script.send("POST", "/Groups", &[], &body).await);
    }
    let nested = json!({ "schemas": [GROUP], "displayName": "n", "members": [{ "value": groups[0]["id"] }] });
    script.send("POST", "/Groups", &[], &nested).await;
    script.get(&path).await;
}

async fn queries(script: &mut Script) {
    for query in [
        "filter=strange%20pr",
        "filter=emails%20eq%20%22x%22",
        "filter=emails%5Bvalue%20eq%20%22x%22%5D",
        "filter=title%20ne%20%22x%22",
        "filter=manager.%24ref%20pr",
        "filter=",
        "filter=password%20eq%20%22x%22",
        "filter=bad",
        "sortBy=name",
        "sortBy=title",
        "attributes=title&excludedAttributes=title",
        "attributes=strange",
        "attributes=title",
        "count=x",
        "count=100",
        "count=2",
        "startIndex=100",
        "filter=title%20eq%20%22no%20such%22",
        "cursor=&count=2",
        "cursor=&count=-1",
        "cursor=&count=1000",
    ] {
        script.get(&format!("/Users?{query}")).await;
    }
    script.get("/?count=1").await;
    script.send("POST", "/.search", &[], &json!({ "schemas": [SEARCH], "count": 1 })).await;
    script.send("POST", "/Users/.search", &[], &json!({ "schemas": [SEARCH], "count": 1 })).await;
    walk(script).await;
}

/// A walk with cursors whose last page is full, and whose second page has another count.
async fn walk(script: &mut Script) {
    let total = script.get("/Groups?cursor=&count=1").await;
    let cursor = total["nextCursor"].as_str().unwrap_or("none").to_owned();
    script.get(&format!("/Groups?cursor={cursor}&count=2")).await;
    script.get(&format!("/Groups?cursor={cursor}&count=1")).await;
    script.get("/Groups?cursor=&count=2").await;
    script.get("/Groups?cursor=&count=3").await;
    script.get("/Groups?cursor=&count=4").await;
}

async fn bulk_and_me(script: &mut Script) {
    let user = |name: &str| {
        let data = json!({ "schemas": [USER], "userName": name });
        json!({ "method": "POST", "path": "/Users", "bulkId": name, "data": data })
    };
    let group = |name: &str, member: &str| {
        let data = json!({ "schemas": [GROUP], "displayName": name, "members": [{ "value": format!("bulkId:{member}") }] });
        json!({ "method": "POST", "path": "/Groups", "bulkId": name, "data": data })
    };
    let gone = json!({ "method": "DELETE", "path": "/Users/unknown" });
    let in_path = json!({ "method": "DELETE", "path": "/Users/bulkId:u" });
    for (limit, operations) in [
        (Value::Null, json!([user("u"), in_path])),
        (Value::Null, json!([group("k", "l"), group("l", "k")])),
        (json!(1), json!([gone, gone])),
        (Value::Null, Value::Array(vec![gone.clone(); 7])),
    ] {
        let body = json!({ "schemas": [BULK], "failOnErrors": limit, "Operations": operations });
        script.send("POST", "/Bulk", &[], &body).await;
    }
    script.get("/Me").await;
    script.send("GET", "/Me", &[("authorization", "Bearer mine")], &Value::Null).await;
}

async fn deleting(script: &mut Script, id: &str) {
    let path = format!("/Users/{id}");
    script.send("DELETE", &path, &[], &Value::Null).await;
    script.send("DELETE", &path, &[], &Value::Null).await;
    script.get(&path).await;
    script.get("/Groups").await;
    script.user("Babs", json!({})).await;
}

async fn large_group(script: &mut Script) {
    let mut members = Vec::new();
    for index in 0..=200 {
        members.push(json!({ "value": script.user(&format!("member-{index}"), json!({})).await }));
    }
    let body = json!({ "schemas": [GROUP], "displayName": "large", "members": members });
    script.send("POST", "/Groups", &[], &body).await;
    script.get("/Groups").await;
}

#[tokio::test]
async fn every_variant_does_something() {
    let client = Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
    let usual = run(&client, None, false).await;
    assert_eq!(usual, run(&client, None, false).await, "the script says the same every time");
    let mut idle = BTreeSet::new();
    for variant in variants() {
        let large = variant.id() == "large-groups-without-members";
        let same = if large {
            run(&client, None, true).await == run(&client, Some(*variant), true).await
        } else {
            usual == run(&client, Some(*variant), false).await
        };
        if same {
            idle.insert(variant.id());
        }
    }
    assert!(idle.is_empty(), "{idle:?} change nothing");
}
