//! Pagination with cursors (RFC 9865).

use std::time::Duration;

use scimcheck::server::Options;
use serde_json::{Value, json};

use super::api::{Answer, Api, SEARCH};

async fn seeded(options: Options, count: usize) -> Api {
    let api = Api::with(options).await;
    for index in 0..count {
        api.user(&format!("user-{index}"), json!({ "title": "x" })).await;
    }
    api
}

fn next(answer: &Answer) -> Option<&str> {
    answer.body.get("nextCursor").map(|cursor| cursor.as_str().expect("a string"))
}

#[tokio::test]
async fn a_walk_there_and_back() {
    let api = seeded(Options::default(), 5).await;
    let query = [("count", "2"), ("sortBy", "userName"), ("sortOrder", "descending")];
    let page = async |cursor: &str| api.query("/Users", &[&query[..], &[("cursor", cursor)]].concat()).await;
    let first = page("").await;
    assert_eq!(first.listed("/userName"), ["user-4", "user-3"]);
    assert_eq!(first.body["totalResults"], json!(5));
    assert!(first.body.get("startIndex").is_none() && first.body.get("previousCursor").is_none());
    let second = page(next(&first).expect("more")).await;
    assert_eq!(second.listed("/userName"), ["user-2", "user-1"]);
    let last = page(next(&second).expect("more")).await;
    assert_eq!((last.listed("/userName"), next(&last)), (vec!["user-0"], None));
    let back = page(last.text("/previousCursor")).await;
    assert_eq!(back.listed("/userName"), second.listed("/userName"));
    let front = page(back.text("/previousCursor")).await;
    assert_eq!(front.listed("/userName"), first.listed("/userName"));
    assert!(front.body.get("previousCursor").is_none());
    // Cursors may be used again.
    assert_eq!(page(next(&first).unwrap()).await.listed("/userName"), second.listed("/userName"));
}

#[tokio::test]
async fn by_search_and_over_all_types() {
    let api = seeded(Options::default(), 2).await;
    api.group("team", &[]).await;
    let search =
        |cursor: &str| json!({ "schemas": [SEARCH], "cursor": cursor, "count": 2, "filter": "id pr" });
    let first = api.post("/.search", search("")).await;
    let second = api.post("/.search", search(next(&first).expect("more"))).await;
    assert_eq!(first.listed("/id").len() + second.listed("/id").len(), 3);
    assert_eq!(second.listed("/meta/resourceType"), ["Group"]);
    // Another endpoint is another query.
    api.post("/Users/.search", search(next(&first).unwrap())).await.refused(400, Some("invalidCursor"));
}

#[tokio::test]
async fn pages_are_stable() {
    let api = seeded(Options::default(), 4).await;
    let all = api.get("/Users").await;
    let first = api.query("/Users", &[("cursor", ""), ("count", "2")]).await;
    api.user("later", json!({})).await;
    api.delete(&format!("/Users/{}", all.listed("/id")[0])).await.expect(204);
    api.delete(&format!("/Users/{}", all.listed("/id")[2])).await.expect(204);
    let cursor = next(&first).expect("more");
    let second = api.query("/Users", &[("cursor", cursor), ("count", "2")]).await;
    assert_eq!((second.listed("/userName"), next(&second)), (vec!["user-3"], None));
}

#[tokio::test]
async fn counts() {
    let api = seeded(Options { max_results: 3, ..Options::default() }, 4).await;
    for (count, shown, more) in
        [("", 3, true), ("0", 0, false), ("-1", 0, false), ("3", 3, true), ("9", 3, true), ("1", 1, true)]
    {
        let answer = api.query("/Users", &[("cursor", ""), ("count", count)]).await;
        assert_eq!((answer.listed("/id").len(), next(&answer).is_some()), (shown, more), "{count}");
        assert_eq!(answer.body["totalResults"], json!(4));
    }
    api.query("/Users", &[("cursor", ""), ("count", "x")]).await.refused(400, Some("invalidValue"));
    let first = api.query("/Users", &[("cursor", ""), ("count", "2")]).await;
    let other = [("cursor", next(&first).unwrap()), ("count", "1")];
    api.query("/Users", &other).await.refused(400, Some("invalidCount"));
    // Both kinds of pagination at once: the cursor wins.
    let both = [("cursor", ""), ("startIndex", "3"), ("count", "1")];
    assert_eq!(api.query("/Users", &both).await.listed("/userName"), ["user-0"]);
}

#[tokio::test]
async fn cursors_that_are_none() {
    let options = Options { tenants: vec!["other".into()], ..Options::default() };
    let api = seeded(options, 3).await;
    let first = api.query("/Users", &[("cursor", ""), ("count", "1")]).await;
    let cursor = next(&first).unwrap().to_owned();
    assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
    let upper = cursor.to_uppercase();
    for query in [
        [("cursor", "x"), ("count", "1"), ("sortBy", "")],
        [("cursor", &*upper), ("count", "1"), ("sortBy", "")],
        [("cursor", &*cursor), ("count", "1"), ("sortBy", "userName")],
        [("cursor", &*cursor), ("count", "1"), ("filter", "title pr")],
    ] {
        api.query("/Users", &query).await.refused(400, Some("invalidCursor"));
    }
    // To another client it does not exist.
    let path = format!("/Users?count=1&cursor={cursor}");
    let stolen = api.send("GET", &path, &[("authorization", "Bearer other")], None).await;
    let unknown = api.get("/Users?count=1&cursor=x").await;
    assert_eq!(stolen.refused(400, Some("invalidCursor")).body, unknown.body);
    let number = json!({ "schemas": [SEARCH], "cursor": 1 });
    api.post("/Users/.search", number).await.refused(400, Some("invalidValue"));
}

#[tokio::test]
async fn cursors_end() {
    let api = seeded(Options { cursor_timeout: Duration::ZERO, ..Options::default() }, 2).await;
    let first = api.query("/Users", &[("cursor", ""), ("count", "1")]).await;
    let late = [("cursor", next(&first).unwrap()), ("count", "1")];
    api.query("/Users", &late).await.refused(400, Some("expiredCursor"));
}

#[tokio::test]
async fn the_configuration_says_so() {
    let options = Options { max_results: 7, cursor_timeout: Duration::from_secs(90), ..Options::default() };
    let config: Value = Api::with(options).await.get("/ServiceProviderConfig").await.body;
    assert_eq!(
        config["pagination"],
        json!({
            "cursor": true, "index": true, "defaultPaginationMethod": "index", "defaultPageSize": 7,
            "maxPageSize": 7, "cursorTimeout": 90,
        })
    );
}
