//! A server of the test's own, and a client for it.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method};
use scimcheck::server::{Options, Server};
use serde_json::{Value, json};

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub(crate) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub(crate) const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(crate) const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What a test waits for has to happen on this machine within no time at all.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

pub(crate) struct Api {
    pub(crate) server: Server,
    pub(crate) client: Client,
}

/// A response; the body is null if there was none.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn id(&self) -> &str {
        self.text("/id")
    }

    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("no {pointer} in {self:?}"))
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }

    /// An Error message with this status and keyword (RFC 7644 §3.12).
    #[track_caller]
    pub(crate) fn refused(self, status: u16, scim_type: Option<&str>) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/scim+json"), "{self:?}");
        assert_eq!(self.body["schemas"], json!([ERROR]));
        assert_eq!(self.body["status"], json!(status.to_string()));
        assert_eq!(self.body.get("scimType"), scim_type.map(|kind| json!(kind)).as_ref(), "{self:?}");
        assert!(!self.text("/detail").is_empty());
        self
    }

    /// One attribute of every resource of a list, in order.
    #[track_caller]
    pub(crate) fn listed(&self, pointer: &str) -> Vec<&str> {
        assert_eq!((self.status, &self.body["schemas"]), (200, &json!([LIST])), "{self:?}");
        let resources = self.body["Resources"].as_array().expect("a list has Resources");
        assert_eq!(self.body["itemsPerPage"], json!(resources.len()));
        resources
            .iter()
            .map(|resource| resource.pointer(pointer).and_then(Value::as_str).unwrap_or(""))
            .collect()
    }
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let server = Server::start(options).await.expect("a free port");
        let client = Client::builder().timeout(PATIENCE).no_proxy().build().expect("a client");
        Self { server, client }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base_url())
    }

    /// Sends a request with the token, unless the headers have credentials of their own.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Option<Vec<u8>>>,
    ) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.client.request(method, self.url(path));
        if !headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(self.server.token());
        }
        for (name, value) in headers.iter().filter(|(name, value)| (*name, *value) != ("authorization", "")) {
            request = request.header(*name, *value);
        }
        if let Some(body) = body.into() {
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("the whole answer");
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).expect("bodies are JSON")
        };
        Answer { status, headers, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], None).await
    }

    /// Sends a JSON body.
    pub(crate) async fn with_body(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/scim+json")];
        self.send(method, path, &headers, body.to_string().into_bytes()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.with_body("POST", path, &body).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.with_body("PUT", path, &body).await
    }

    /// Sends the operations of a PATCH.
    pub(crate) async fn patch(&self, path: &str, operations: Value) -> Answer {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.with_body("PATCH", path, &body).await
    }

    /// Sends a query; the parameters are encoded here.
    pub(crate) async fn query(&self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        self.get(&format!("{path}?{query}")).await
    }

    /// Creates a user with this name and these attributes, and gives back the answer.
    pub(crate) async fn user(&self, name: &str, attributes: Value) -> Answer {
        let mut body = json!({ "schemas": [USER], "userName": name });
        let map = body.as_object_mut().expect("an object");
        map.extend(attributes.as_object().expect("attributes").clone());
        self.post("/Users", body).await.expect(201)
    }

    /// Creates a group with these members, and gives back the answer.
    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> Answer {
        let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
        let body = json!({ "schemas": [GROUP], "displayName": name, "members": members });
        self.post("/Groups", body).await.expect(201)
    }
}

/// Shows a document as a snapshot, without the port and the time.
pub(crate) fn snapshot(name: &str, value: &Value) {
    insta::with_settings!({
        snapshot_path => "snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
        filters => vec![
            (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
            (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", "[time]"),
        ],
    }, {
        insta::assert_json_snapshot!(name, value);
    });
}
