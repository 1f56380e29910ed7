//! Servers for the binary to talk to.

use std::future::Future;
use std::sync::LazyLock;

use scimcheck::server::{Options, Server};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// For the servers of all tests; the tests themselves wait for processes.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("a runtime")
});

/// Waits for a future of the servers' runtime.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    RUNTIME.block_on(future)
}

/// A reference server of this test.
pub(crate) struct Reference(Server);

impl Reference {
    pub(crate) fn start() -> Self {
        Self::with(Options::default())
    }

    /// One that has a defect.
    pub(crate) fn with_fault(id: &str) -> Self {
        let fault = id.parse().unwrap_or_else(|error| panic!("{id}: {error}"));
        Self::with(Options { faults: [fault].into(), ..Options::default() })
    }

    /// One that makes use of a choice that the RFCs leave.
    pub(crate) fn with_variant(id: &str) -> Self {
        let variant = id.parse().unwrap_or_else(|error| panic!("{id}: {error}"));
        Self::with(Options { variants: [variant].into(), ..Options::default() })
    }

    fn with(options: Options) -> Self {
        Self(wait(Server::start(options)).expect("a free port"))
    }

    pub(crate) fn url(&self) -> &str {
        self.0.base_url()
    }

    pub(crate) fn token(&self) -> &str {
        self.0.token()
    }

    /// `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        self.url().trim_start_matches("http://").split('/').next().expect("an authority")
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.url());
        reqwest::Client::new().request(method, url).bearer_auth(self.token())
    }

    /// Creates users and a group that no run has made.
    pub(crate) fn add_strangers(&self) {
        let users = ["ada", "Babs@example.com", "sc-not-ours"].map(|name| {
            json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": name, "externalId": "x" })
        });
        let group =
            json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "strangers" });
        let bodies = users.into_iter().map(|user| ("/Users", user)).chain([("/Groups", group)]);
        for (path, body) in bodies {
            let request = self.request(reqwest::Method::POST, path);
            let request = request.header("content-type", "application/scim+json").body(body.to_string());
            assert_eq!(wait(request.send()).expect("an answer").status(), 201, "{path}");
        }
    }

    /// Everything that the server holds, as it says it: times and versions included.
    pub(crate) fn content(&self) -> [Value; 2] {
        ["/Users?count=200", "/Groups?count=200"].map(|path| {
            let request = self.request(reqwest::Method::GET, path);
            let text = wait(async { request.send().await?.text().await }).expect("an answer");
            let list: Value = serde_json::from_str(&text).expect("JSON");
            assert!(list["totalResults"].as_u64() <= Some(200), "all on one page");
            list["Resources"].clone()
        })
    }

    /// How many resources the server holds.
    pub(crate) fn count(&self) -> usize {
        self.content().iter().filter_map(Value::as_array).map(Vec::len).sum()
    }
}

/// A server that answers everything in the same way.
pub(crate) fn always(answer: ResponseTemplate) -> MockServer {
    wait(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        server
    })
}

/// An address where nobody listens.
pub(crate) fn closed_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").to_string()
}
