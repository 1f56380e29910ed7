use std::sync::Mutex;

use serde_json::json;

use super::*;
use crate::model::{Body, Completeness, Request, Response};
use crate::wire::{BoxFuture, Sent};

/// A target that refuses filters and shows these resources, all on one page.
struct Unfiltered {
    names: Vec<&'static str>,
    asked: Mutex<Vec<String>>,
}

impl Unfiltered {
    fn new(names: &[&'static str]) -> Self {
        Self { names: names.to_vec(), asked: Mutex::default() }
    }

    fn lists(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|url| url.contains("startIndex=1&")).count()
    }
}

impl Transport for Unfiltered {
    fn send<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            self.asked.lock().unwrap().push(request.url.clone());
            let shown = self.names.iter().map(|name| json!({ "id": name, "userName": name }));
            let (status, resources) = match request.url.contains("filter=") {
                true => (400, Vec::new()),
                false if request.url.contains("startIndex=1&") => (200, shown.collect()),
                false => (200, Vec::new()),
            };
            let body =
                Body::new(json!({ "Resources": resources }).to_string().into_bytes(), Completeness::Complete);
            Sent {
                request: request.clone(),
                answer: Answer::Response(Response { status, headers: Vec::new(), body }),
                duration: std::time::Duration::ZERO,
                tries: 1,
            }
        })
    }
}

fn named(name: &str) -> (String, String) {
    ("userName".to_owned(), name.to_owned())
}

#[tokio::test]
async fn lists_are_looked_through_once_whatever_is_looked_for() {
    let target = Unfiltered::new(&["sc1-a", "sc1-b", "somebody"]);
    let mut search = Search::new(&target, true);
    let first = search.find("http://h/Users", Some(&named("sc1-a")), "sc1").await.unwrap();
    assert_eq!(first, ["http://h/Users/sc1-a", "http://h/Users/sc1-b"]);
    search.forget("http://h/Users/sc1-a");
    let second = search.find("http://h/Users", Some(&named("sc1-b")), "sc1").await.unwrap();
    assert_eq!(second, ["http://h/Users/sc1-b"], "what is still there is found again");
    assert_eq!(target.lists(), 1);
    search.find("http://h/Groups", Some(&named("sc1-c")), "sc1").await.unwrap();
    search.find("http://h/Users", Some(&named("sc2-a")), "sc2").await.unwrap();
    assert_eq!(target.lists(), 3, "another endpoint and another name are other searches");
}

#[tokio::test]
async fn a_search_that_is_not_thorough_asks_filters_only() {
    let target = Unfiltered::new(&["sc1-a"]);
    let found = Search::new(&target, false).find("http://h/Users", Some(&named("sc1-a")), "sc1").await;
    assert_eq!(found, Ok(Vec::new()));
    assert_eq!(target.asked.lock().unwrap().len(), 1);
}
