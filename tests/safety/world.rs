//! A service provider with strangers' users and groups in it.

use std::collections::BTreeMap;

use reqwest::{Client, Method};
use scimcheck::server::{Options, Server};
use serde_json::{Value, json};

pub(crate) struct World {
    pub(crate) server: Server,
    client: Client,
    /// Id of the user that faulty answers point at.
    pub(crate) admin: String,
    /// The state that nothing may change: path to bytes.
    pub(crate) before: BTreeMap<String, String>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::start(Options::default()).await.expect("a free port");
        let client = Client::builder().no_proxy().build().expect("a client");
        let mut world = Self { server, client, admin: String::new(), before: BTreeMap::new() };
        let mut ids = Vec::new();
        for name in ["admin", "ada@example.com", "bob", "sc-not-ours", "Ünï", "zed"] {
            let user = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
                "userName": name, "displayName": name, "active": true,
                "emails": [{ "value": format!("{}@example.org", ids.len()), "primary": true }],
            });
            ids.push(world.create("Users", &user).await);
        }
        for (name, members) in [("admins", &ids[..1]), ("everyone", &ids[..]), ("nobody", &[])] {
            let members: Vec<_> = members.iter().map(|id| json!({ "value": id })).collect();
            let group = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members,
            });
            world.create("Groups", &group).await;
        }
        world.admin.clone_from(&ids[0]);
        world.before = world.state().await;
        world
    }

    async fn create(&self, kind: &str, body: &Value) -> String {
        let (status, text) = self.send(Method::POST, &format!("/{kind}"), Some(body)).await;
        assert_eq!(status, 201, "{text}");
        let created: Value = serde_json::from_str(&text).expect("JSON");
        created["id"].as_str().expect("an id").to_owned()
    }

    async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, String) {
        let url = format!("{}{path}", self.server.base_url());
        let mut request = self.client.request(method, url).bearer_auth(self.server.token());
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        let response = request.send().await.expect("the server answers");
        (response.status().as_u16(), response.text().await.expect("a text"))
    }

    /// Everything that the server holds, byte for byte: a path per resource, and what a GET of it gives.
    pub(crate) async fn state(&self) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        for kind in ["Users", "Groups"] {
            let (_, text) = self.send(Method::GET, &format!("/{kind}?count=1000"), None).await;
            let list: Value = serde_json::from_str(&text).expect("JSON");
            let resources = list["Resources"].as_array().expect("Resources");
            assert_eq!(list["totalResults"], resources.len(), "all of them on one page");
            for resource in resources {
                let path = format!("/{kind}/{}", resource["id"].as_str().expect("an id"));
                let (_, bytes) = self.send(Method::GET, &path, None).await;
                state.insert(path, bytes);
            }
        }
        state
    }

    /// Asserts that strangers are as they were, and returns what else is there.
    pub(crate) async fn others(&self, what: &str) -> BTreeMap<String, String> {
        let mut after = self.state().await;
        for (path, bytes) in &self.before {
            assert_eq!(after.remove(path).as_ref(), Some(bytes), "{what}: {path} was changed");
        }
        after
    }

    /// Asserts that all is as it was.
    pub(crate) async fn is_untouched(&self, what: &str) {
        let others = self.others(what).await;
        assert!(others.is_empty(), "{what}: left over: {others:#?}");
    }
}
