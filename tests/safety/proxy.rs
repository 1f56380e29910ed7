//! A proxy in front of a good server that makes it a faulty one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::raw::{self, Received, Reply};

/// What the proxy does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// A create is answered with the admin's id and Location, and our name.
    AdminsIdAndLocation,
    /// With the admin's id, and the Location of what was created.
    AdminsId,
    /// With the Location of the admin, and the id of what was created.
    AdminsLocation,
    /// With the admin's whole resource.
    Admin,
    /// With the Location of the admin and no body.
    AdminsLocationOnly,
    /// With nothing.
    NoBody,
    /// With an error, though it was done.
    ErrorAfter(u16),
    /// The connection is closed, though it was done.
    CloseAfter,
    /// There is no answer, though it was done.
    SilenceAfter,
    /// With a redirect to the admin.
    Redirect(u16),
    /// With 429 though it was done, so that the second try meets 409.
    TooManyThenConflict,
    /// With an error though it was done, and lists ignore filters.
    ErrorAfterAndNoFilters,
    /// With an error though it was done, and no filter finds anything.
    ErrorAfterAndBlindFilters,
    /// DELETE says that it was done and does nothing.
    DeleteDoesNothing,
    /// DELETE is refused.
    DeleteRefused,
    /// What is stored has another name.
    Renames,
    /// Ids have every character that URLs care about.
    OddIds,
    /// A case-insensitive and lenient server: the answer has the admin's id with a trick that leads to it.
    AdminsIdBehindSteps,
}

#[derive(Debug)]
pub(crate) struct Proxy {
    fault: Fault,
    /// Base URL of the good server, and its origin.
    upstream: String,
    admin: String,
    client: Client,
    active: AtomicBool,
    creates: AtomicUsize,
    /// Called with the number of the create, before it is handed on.
    on_create: Option<tokio::sync::mpsc::UnboundedSender<usize>>,
}

impl Proxy {
    /// Starts it; returns its base URL.
    pub(crate) async fn start(
        upstream: &str,
        admin: &str,
        fault: Fault,
        on_create: Option<tokio::sync::mpsc::UnboundedSender<usize>>,
    ) -> (Arc<Self>, String) {
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let proxy = Arc::new(Self {
            fault,
            upstream: upstream.to_owned(),
            admin: admin.to_owned(),
            client: client.expect("a client"),
            active: AtomicBool::new(true),
            creates: AtomicUsize::new(0),
            on_create,
        });
        let shared = Arc::clone(&proxy);
        let origin = raw::serve(move |request| {
            let proxy = Arc::clone(&shared);
            async move { proxy.answer(request).await }
        })
        .await;
        (proxy, format!("{origin}/scim/v2"))
    }

    /// From now on it does nothing wrong.
    pub(crate) fn mend(&self) {
        self.active.store(false, Ordering::SeqCst);
    }

    fn origin(&self) -> &str {
        self.upstream.trim_end_matches("/scim/v2")
    }

    async fn answer(&self, mut request: Received) -> Reply {
        let fault = if self.active.load(Ordering::SeqCst) { self.fault } else { Fault::None };
        let is_create =
            request.method == "POST" && ["/scim/v2/Users", "/scim/v2/Groups"].contains(&request.path());
        if self.fault == Fault::OddIds {
            request.target = plain(&request.target);
            request.body = plain(&String::from_utf8_lossy(&request.body)).into_bytes();
        }
        match (fault, request.method.as_str()) {
            (Fault::DeleteDoesNothing, "DELETE") => return Reply::text(204, "text/plain", ""),
            (Fault::DeleteRefused, "DELETE") => return Reply::json(500, &json!({})),
            (Fault::ErrorAfterAndNoFilters, "GET") => {
                let without = |part: &&str| !part.starts_with("filter=");
                let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
                let query: Vec<_> = query.split('&').filter(without).collect();
                request.target = format!("{path}?{}", query.join("&"));
            }
            (Fault::ErrorAfterAndBlindFilters, "GET") if request.target.contains("filter=") => {
                return Reply::json(
                    200,
                    &json!({
                        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0, "Resources": [],
                    }),
                );
            }
            // Servers that resolve steps after decoding.
            (Fault::AdminsIdBehindSteps, _) => {
                request.target = request.target.replace("x%2F..%2F", "");
            }
            (Fault::Renames, "POST") if is_create => {
                let number = self.creates.load(Ordering::SeqCst);
                if let Ok(mut body) = serde_json::from_slice::<Value>(&request.body)
                    && body.get("userName").is_some()
                {
                    body["userName"] = json!(format!("renamed-{number}"));
                    let keep = ["schemas", "userName", "active"];
                    body.as_object_mut().expect("an object").retain(|name, _| keep.contains(&name.as_str()));
                    request.body = body.to_string().into_bytes();
                }
            }
            _ => {}
        }
        let number = self.creates.load(Ordering::SeqCst);
        if is_create {
            self.creates.fetch_add(1, Ordering::SeqCst);
            if let Some(sender) = &self.on_create {
                let _ = sender.send(number);
            }
        }
        let reply = self.forward(&request).await;
        let made = matches!(&reply, Reply::Answer { status: 201, .. });
        if is_create && made { self.spoil(fault, reply) } else { reply }
    }

    /// What the answer to a create that was done becomes.
    fn spoil(&self, fault: Fault, reply: Reply) -> Reply {
        let Reply::Answer { headers, body, .. } = &reply else { return reply };
        let mut created: Value = serde_json::from_slice(body).unwrap_or_default();
        let location = created["meta"]["location"].as_str().unwrap_or_default().to_owned();
        let admin = format!(
            "{}/Users/{}",
            location.split("/scim/v2").next().unwrap_or_default().to_owned() + "/scim/v2",
            self.admin
        );
        let with = |location: &str, body: Vec<u8>, status| {
            let mut headers = headers.clone();
            headers.retain(|(name, _)| name != "location");
            headers.push(("location".to_owned(), location.to_owned()));
            Reply::Answer { status, headers, body }
        };
        match fault {
            Fault::AdminsIdAndLocation => {
                created["id"] = json!(self.admin);
                created["meta"]["location"] = json!(admin);
                with(&admin, created.to_string().into_bytes(), 201)
            }
            Fault::AdminsId => {
                created["id"] = json!(self.admin);
                with(&location, created.to_string().into_bytes(), 201)
            }
            Fault::AdminsIdBehindSteps => {
                created["id"] = json!(format!("x/../{}", self.admin));
                created["meta"].as_object_mut().expect("meta").remove("location");
                Reply::json(201, &created)
            }
            Fault::AdminsLocation => with(&admin, body.clone(), 201),
            Fault::Admin => {
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": self.admin, "userName": "admin",
                    "meta": { "resourceType": "User", "location": admin },
                });
                with(&admin, body.to_string().into_bytes(), 201)
            }
            Fault::AdminsLocationOnly => with(&admin, Vec::new(), 201),
            Fault::NoBody => Reply::Answer { status: 201, headers: Vec::new(), body: Vec::new() },
            Fault::ErrorAfter(status) => Reply::json(status, &json!({ "status": status.to_string() })),
            Fault::ErrorAfterAndNoFilters | Fault::ErrorAfterAndBlindFilters => Reply::json(500, &json!({})),
            Fault::CloseAfter => Reply::Bytes(Vec::new()),
            Fault::SilenceAfter => Reply::Silence,
            Fault::Redirect(status) => with(&admin, Vec::new(), status),
            Fault::TooManyThenConflict => {
                let headers = vec![("retry-after".to_owned(), "0".to_owned())];
                Reply::Answer { status: 429, headers, body: Vec::new() }
            }
            Fault::OddIds => with(&location, body.clone(), 201),
            _ => reply,
        }
    }

    async fn forward(&self, request: &Received) -> Reply {
        let method = Method::from_bytes(request.method.as_bytes()).expect("a method");
        let mut sent = self.client.request(method, format!("{}{}", self.origin(), request.target));
        for (name, value) in &request.headers {
            if !["host", "content-length", "connection"].contains(&name.as_str()) {
                sent = sent.header(name, value);
            }
        }
        let response = sent.body(request.body.clone()).send().await.expect("the good server answers");
        let status = response.status().as_u16();
        let host = request.header("host").unwrap_or_default();
        let here = |text: &str| {
            let text = text.replace(self.origin(), &format!("http://{host}"));
            if self.fault == Fault::OddIds { odd(&text) } else { text }
        };
        let mut headers: Vec<_> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), here(value.to_str().unwrap_or_default())))
            .collect();
        headers.retain(|(name, _)| name != "content-length" && name != "connection");
        let body = here(&response.text().await.expect("a text")).into_bytes();
        Reply::Answer { status, headers, body }
    }
}

/// How ids look with [`Fault::OddIds`]: `a/..?%2F;ü ID`, in URLs percent-encoded.
const ODD: [(&str, &str); 2] = [("\"id\":\"", "a/..?%2F;ü "), ("\"value\":\"", "a/..?%2F;ü ")];
const ODD_IN_URLS: &str = "a%2F..%3F%252F;%C3%BC%20";

fn odd(text: &str) -> String {
    let mut odd = text.to_owned();
    for (before, prefix) in ODD {
        odd = prefix_ids(&odd, before, prefix);
    }
    for kind in ["/Users/", "/Groups/"] {
        odd = prefix_ids(&odd, kind, ODD_IN_URLS);
    }
    odd
}

/// Puts a prefix before each UUID that stands behind a text.
fn prefix_ids(text: &str, before: &str, prefix: &str) -> String {
    let mut parts = text.split(before);
    let mut joined = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        joined.push_str(before);
        let is_id = part.get(..36).is_some_and(|id| id.split('-').map(str::len).eq([8, 4, 4, 4, 12]));
        if is_id {
            joined.push_str(prefix);
        }
        joined.push_str(part);
    }
    joined
}

fn plain(text: &str) -> String {
    text.replace(ODD_IN_URLS, "").replace(ODD[0].1, "").replace("a%2F..%3F%252F%3B%C3%BC%20", "")
}
