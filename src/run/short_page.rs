//! Targets whose pages are short unless a client asks for more: how many resources a page has is the service provider's to
//! choose (RFC 7644 §3.4.2.4), and no reason to judge anything else wrongly. A query with a filter that says nothing of
//! pages, and is answered with fewer resources than it found, is sent once more with `count`.
//!
//! So a request stays what the suite says wherever that is enough, and targets that know no `count` never see one that the
//! suite does not name.

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::model::{Answer, Request};
use crate::scim::object::{member, member_of};

/// Resources that are asked for at most: no case looks at more results of one query.
const ENOUGH: u64 = 10;
/// What a query says of pages (RFC 7644 §3.4.2.4, RFC 9865 §2).
const PAGES: [&str; 3] = ["count", "startIndex", "cursor"];

/// The same query with a number of results, if the answer shows fewer than were found. `limit` is what the target returns
/// at most, where it says so.
pub(crate) fn with_count(request: &Request, answer: &Answer, limit: Option<u64>) -> Option<Request> {
    let Answer::Response(response) = answer else { return None };
    if response.status != 200 || !is_query(request) {
        return None;
    }
    let count = wanted(response.body.json()?, limit)?;
    if request.method == "POST" { in_body(request, count) } else { in_url(request, count) }
}

fn is_query(request: &Request) -> bool {
    let path = request.url.split('?').next().unwrap_or_default();
    request.method == "GET" || request.method == "POST" && path.ends_with("/.search")
}

/// How many results to ask for, if a page lacks some of them.
fn wanted(list: &Value, limit: Option<u64>) -> Option<u64> {
    let shown = member_of(list, "Resources").and_then(Value::as_array).map_or(0, Vec::len) as u64;
    let total = member_of(list, "totalResults").and_then(Value::as_u64);
    let goes_on = || member_of(list, "nextCursor")?.as_str().filter(|cursor| !cursor.is_empty());
    // With cursors the number of all results need not be told (RFC 9865 §2).
    let found = total.filter(|total| *total > shown).or_else(|| goes_on().map(|_| ENOUGH))?;
    let count = found.min(ENOUGH).min(limit.unwrap_or(ENOUGH));
    (count > shown).then_some(count)
}

fn in_url(request: &Request, count: u64) -> Option<Request> {
    let (_, query) = request.url.split_once('?')?;
    let names: Vec<_> = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name).collect();
    let has = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let is_open = has("filter") && !PAGES.iter().any(|name| has(name));
    is_open.then(|| Request { url: format!("{}&count={count}", request.url), ..request.clone() })
}

fn in_body(request: &Request, count: u64) -> Option<Request> {
    let mut search: Map<String, Value> = serde_json::from_slice(request.body.as_deref()?).ok()?;
    let is_open =
        member(&search, "filter").is_some() && !PAGES.iter().any(|name| member(&search, name).is_some());
    if !is_open {
        return None;
    }
    search.insert("count".to_owned(), json!(count));
    let body = Value::Object(search).to_string().into_bytes();
    Some(Request { body: Some(body.into()), ..request.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AuthMode, Body, Completeness, Response};

    fn get(url: &str) -> Request {
        let (method, url) = ("GET".to_owned(), url.to_owned());
        Request { method, url, headers: Vec::new(), body: None, auth: AuthMode::Configured }
    }

    fn search(body: &Value) -> Request {
        let body = Some(body.to_string().into_bytes().into());
        Request { method: "POST".to_owned(), body, ..get("http://h/v2/Users/.search") }
    }

    fn page(list: &Value) -> Answer {
        let body = Body::new(list.to_string().into_bytes(), Completeness::Complete);
        Answer::Response(Response { status: 200, headers: Vec::new(), body })
    }

    fn short() -> Answer {
        page(&json!({ "totalResults": 3, "Resources": [{}] }))
    }

    fn url(request: &Request, answer: &Answer, limit: Option<u64>) -> Option<String> {
        with_count(request, answer, limit).map(|request| request.url)
    }

    #[test]
    fn a_short_page_is_asked_for_once_more() {
        let query = get("http://h/v2/Users?filter=a%20pr&sortBy=id");
        assert_eq!(
            url(&query, &short(), None).as_deref(),
            Some("http://h/v2/Users?filter=a%20pr&sortBy=id&count=3")
        );
        let posted = with_count(&search(&json!({ "filter": "a pr" })), &short(), None).unwrap();
        assert_eq!(posted.body.as_deref(), Some(br#"{"filter":"a pr","count":3}"#.as_slice()));
        let query = get("http://h/v2/Users?filter=a");
        for (list, count) in [
            (json!({ "totalResults": 3, "Resources": [{}, {}, {}] }), None),
            (json!({ "totalResults": 0 }), None),
            (json!({ "totalResults": 5000, "Resources": [{}] }), Some(10)),
            (json!({ "totalResults": 5000, "Resources": vec![json!({}); 10] }), None),
            (json!({ "nextCursor": "x", "Resources": [{}] }), Some(10)),
            (json!({ "nextCursor": "", "Resources": [{}] }), None),
            (json!({ "userName": "somebody" }), None),
        ] {
            let expected = count.map(|count: u64| format!("http://h/v2/Users?filter=a&count={count}"));
            assert_eq!(url(&query, &page(&list), None), expected, "{list}");
        }
    }

    #[test]
    fn not_beyond_what_the_target_returns() {
        let query = get("http://h/v2/Users?filter=a");
        assert_eq!(url(&query, &short(), Some(2)).as_deref(), Some("http://h/v2/Users?filter=a&count=2"));
        assert_eq!(url(&query, &short(), Some(1)), None);
    }

    #[test]
    fn what_speaks_of_pages_stays_as_it_is() {
        for query in
            ["startIndex=1&filter=a", "filter=a&count=1", "filter=a&COUNT=", "filter=a&cursor=", "sortBy=id"]
        {
            assert_eq!(url(&get(&format!("http://h/v2/Users?{query}")), &short(), None), None, "{query}");
        }
        for body in [json!({ "filter": "a", "startindex": 2 }), json!({ "sortBy": "id" }), json!([])] {
            assert_eq!(with_count(&search(&body), &short(), None), None, "{body}");
        }
        let create = Request { url: "http://h/v2/Users".to_owned(), ..search(&json!({ "filter": "a" })) };
        assert_eq!(with_count(&create, &short(), None), None);
        let refused = Answer::Response(Response {
            status: 400,
            headers: Vec::new(),
            body: Body::new(Vec::new(), Completeness::Complete),
        });
        assert_eq!(url(&get("http://h/v2/Users?filter=a"), &refused, None), None);
    }
}
