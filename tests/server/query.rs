//! Lists: filters, sorting, pages, projection, by URL and by `.search` (RFC 7644 §3.4.2 and §3.4.3).

use scimcheck::server::Options;
use serde_json::{Value, json};

use super::api::{Api, ENTERPRISE, SEARCH, USER};

/// Five users, named so that order and letter case matter.
async fn seeded() -> Api {
    let api = Api::start().await;
    for (name, attributes) in [
        ("delta", json!({ "title": "b", "active": true, "name": { "givenName": "Dora" } })),
        ("Alpha", json!({ "title": "A", "active": false, "emails": [{ "value": "z@x.org" }] })),
        (
            "charlie",
            json!({ "emails": [{ "value": "m@x.org" }, { "value": "a@x.org", "type": "work", "primary": true }] }),
        ),
        ("bravo", json!({ "title": "c", "active": true, ENTERPRISE: { "department": "Sales" } })),
        ("Echo", json!({ "userType": "Employee", "name": { "givenName": "Eve", "familyName": "O'Malley" } })),
    ] {
        api.user(name, attributes).await;
    }
    api
}

#[tokio::test]
async fn filters() {
    let api = seeded().await;
    for (filter, wanted) in [
        (r#"userName eq "ALPHA""#, "Alpha"),
        (r#"USERNAME Eq "delta""#, "delta"),
        (r#"userName ne "delta""#, "Alpha charlie bravo Echo"),
        (r#"userName co "L""#, "delta Alpha charlie"),
        (r#"userName sw "e""#, "Echo"),
        (r#"userName ew "O""#, "bravo Echo"),
        (r#"userName gt "charlie""#, "delta Echo"),
        (r#"userName le "bravo""#, "Alpha bravo"),
        ("title pr", "delta Alpha bravo"),
        ("not (title pr)", "charlie Echo"),
        ("active eq true", "delta bravo"),
        ("active eq false", "Alpha"),
        (r#"title pr and active eq true or userType eq "Employee""#, "delta bravo Echo"),
        (r#"title pr and (active eq false or userType eq "Employee")"#, "Alpha"),
        (r#"emails.value ew "x.org""#, "Alpha charlie"),
        (r#"emails[type eq "work" and value sw "a"]"#, "charlie"),
        (r#"emails[type eq "work" and value sw "m"]"#, ""),
        (r#"name.familyName co "O'Malley""#, "Echo"),
        (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b""#, "bravo"),
        (r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq "sales""#, "bravo"),
        (r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#, "bravo"),
        (r#"meta.resourceType eq "User""#, "delta Alpha charlie bravo Echo"),
        (r#"meta.created gt "2001-01-01T00:00:00Z""#, "delta Alpha charlie bravo Echo"),
        (r#"meta.lastModified lt "2001-01-01T00:00:00Z""#, ""),
        (r#"unknown eq "x""#, ""),
        (r#"id eq "x""#, ""),
    ] {
        let wanted: Vec<&str> = wanted.split_whitespace().collect();
        let answer = api.query("/Users", &[("filter", filter)]).await;
        assert_eq!(answer.listed("/userName"), wanted, "{filter}");
        assert_eq!(answer.body["totalResults"], json!(wanted.len()));
        let search = json!({ "schemas": [SEARCH], "filter": filter });
        let answer = api.post("/Users/.search", search).await;
        assert_eq!(answer.listed("/userName"), wanted, "{filter}");
    }
}

#[tokio::test]
async fn filters_that_are_refused() {
    let api = seeded().await;
    for filter in [
        "",
        "userName",
        "userName regex \"x\"",
        "userName eq",
        "userName eq delta",
        "userName eq 'delta'",
        "(userName pr",
        "userName pr)",
        "active gt true",
        "x509Certificates.value ge \"x\"",
        "name eq \"x\"",
        "emails[type eq \"work\"",
        "active co \"t\"",
        "userName pr and",
    ] {
        api.query("/Users", &[("filter", filter)]).await.refused(400, Some("invalidFilter"));
        let search = json!({ "schemas": [SEARCH], "filter": filter });
        api.post("/Users/.search", search).await.refused(400, Some("invalidFilter"));
    }
    let answer = api.query("/Users", &[("filter", "userName regex \"x\"")]).await;
    assert_eq!(answer.text("/detail"), "the operator 'regex' is not supported at offset 9");
    api.query("/Users", &[("filter", "title pr"), ("filter", "active pr")])
        .await
        .refused(400, Some("invalidValue"));
}

#[tokio::test]
async fn sorting() {
    let api = seeded().await;
    for (by, order, wanted) in [
        ("userName", "", "Alpha bravo charlie delta Echo"),
        ("USERNAME", "ascending", "Alpha bravo charlie delta Echo"),
        ("userName", "descending", "Echo delta charlie bravo Alpha"),
        ("title", "ascending", "Alpha delta bravo charlie Echo"),
        ("title", "descending", "charlie Echo bravo delta Alpha"),
        ("name.givenName", "ascending", "delta Echo Alpha charlie bravo"),
        ("emails.value", "ascending", "charlie Alpha delta bravo Echo"),
        ("emails", "ascending", "charlie Alpha delta bravo Echo"),
        ("meta.created", "descending", "Echo bravo charlie Alpha delta"),
        ("unknown", "ascending", "delta Alpha charlie bravo Echo"),
        ("", "descending", "delta Alpha charlie bravo Echo"),
    ] {
        let answer = api.query("/Users", &[("sortBy", by), ("sortOrder", order)]).await;
        assert_eq!(answer.listed("/userName").join(" "), wanted, "{by} {order}");
    }
    for parameters in [
        [("sortBy", "userName"), ("sortOrder", "up")],
        [("sortBy", "name"), ("count", "1")],
        [("sortBy", "a b"), ("count", "1")],
    ] {
        api.query("/Users", &parameters).await.refused(400, Some("invalidValue"));
    }
}

#[tokio::test]
async fn pages() {
    let api = seeded().await;
    for (start, count, start_index, wanted) in [
        ("", "", 1, "delta Alpha charlie bravo Echo"),
        ("1", "2", 1, "delta Alpha"),
        ("3", "2", 3, "charlie bravo"),
        ("5", "2", 5, "Echo"),
        ("6", "2", 6, ""),
        ("100", "", 100, ""),
        ("0", "1", 1, "delta"),
        ("-4", "1", 1, "delta"),
        ("2", "0", 2, ""),
        ("1", "-1", 1, ""),
        ("1", "1000000", 1, "delta Alpha charlie bravo Echo"),
        ("99999999999999999999999", "99999999999999999999999", usize::MAX, ""),
    ] {
        let answer = api.query("/Users", &[("startIndex", start), ("count", count)]).await;
        assert_eq!(answer.listed("/userName").join(" "), wanted, "{start} {count}");
        assert_eq!(answer.body["startIndex"], json!(start_index), "{start} {count}");
        assert_eq!(answer.body["totalResults"], json!(5));
    }
    for parameters in [("count", "ten"), ("count", "1.5"), ("startIndex", "x"), ("startIndex", "1e3")] {
        api.query("/Users", &[parameters]).await.refused(400, Some("invalidValue"));
    }
    let search = json!({ "schemas": [SEARCH], "startIndex": 2, "count": 2, "sortBy": "userName", "sortOrder": "descending" });
    let answer = api.post("/Users/.search", search).await;
    assert_eq!(answer.listed("/userName"), ["delta", "charlie"]);
}

#[tokio::test]
async fn no_page_is_larger_than_max_results() {
    let api = Api::with(Options { max_results: 3, ..Options::default() }).await;
    for index in 0..7 {
        api.user(&format!("user-{index}"), json!({})).await;
    }
    let mut walked = Vec::new();
    for (count, start) in [("", "1"), ("100", "4"), ("2", "7")] {
        let answer = api.query("/Users", &[("count", count), ("startIndex", start)]).await;
        assert_eq!(answer.body["totalResults"], json!(7));
        walked.extend(answer.listed("/userName").into_iter().map(str::to_owned));
    }
    assert_eq!(walked, (0..7).map(|index| format!("user-{index}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn projection_of_lists() {
    let api = seeded().await;
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let filter = ("filter", r#"userName eq "charlie""#);
    for (parameter, wanted) in [
        (("attributes", "userName,emails.type"), &["schemas", "id", "userName", "emails"][..]),
        (("excludedAttributes", "emails,meta"), &["schemas", "id", "userName"]),
    ] {
        let by_url = api.query("/Users", &[filter, parameter]).await;
        assert_eq!(names(&by_url.body["Resources"][0]), wanted);
        let list: Vec<&str> = parameter.1.split(',').collect();
        let search = json!({ "schemas": [SEARCH], "filter": filter.1, parameter.0: list });
        assert_eq!(api.post("/Users/.search", search).await.body, by_url.body);
    }
    // What is filtered by need not be returned.
    let answer = api.query("/Users", &[("filter", "title pr"), ("attributes", "userName")]).await;
    assert_eq!(answer.listed("/userName").len(), 3);
    api.query("/Users", &[("attributes", "a"), ("excludedAttributes", "b")])
        .await
        .refused(400, Some("invalidValue"));
}

#[tokio::test]
async fn all_types_at_once() {
    let api = seeded().await;
    let group = api.group("Alphabet", &[]).await;
    let all = api.get("/").await;
    assert_eq!(all.body["totalResults"], json!(6));
    for (filter, wanted) in [
        (r#"(meta.resourceType eq "Group")"#, 1),
        (r#"(meta.resourceType eq "User") or (meta.resourceType eq "Group")"#, 6),
        (r#"userName eq "alpha" or displayName eq "alphabet""#, 2),
        ("userName pr", 5),
        ("members pr", 0),
    ] {
        let by_url = api.query("", &[("filter", filter)]).await;
        assert_eq!(by_url.listed("/id").len(), wanted, "{filter}");
        let search = json!({ "schemas": [SEARCH], "filter": filter });
        assert_eq!(api.post("/.search", search).await.body, by_url.body);
    }
    let sorted = api
        .query("/", &[("sortBy", "meta.created"), ("sortOrder", "descending"), ("attributes", "displayName")])
        .await;
    assert_eq!(sorted.listed("/id")[0], group.id());
    assert_eq!(sorted.listed("/displayName")[0], "Alphabet");
    api.query("/", &[("filter", "active gt true")]).await.refused(400, Some("invalidFilter"));
}

#[tokio::test]
async fn search_requests_that_are_none() {
    let api = seeded().await;
    for (body, scim_type) in [
        (json!({ "filter": "userName pr" }), "invalidSyntax"),
        (json!({ "schemas": [USER], "filter": "userName pr" }), "invalidSyntax"),
        (json!({ "schemas": [SEARCH], "filter": 1 }), "invalidValue"),
        (json!({ "schemas": [SEARCH], "count": "ten" }), "invalidValue"),
        (json!({ "schemas": [SEARCH], "attributes": [1] }), "invalidValue"),
    ] {
        for path in ["/.search", "/Users/.search", "/Groups/.search"] {
            api.post(path, body.clone()).await.refused(400, Some(scim_type));
        }
    }
    let answer = api.post("/Users/.search?count=0&filter=x", json!({ "schemas": [SEARCH] })).await;
    assert_eq!(answer.listed("/id").len(), 5);
}

#[tokio::test]
async fn empty_lists_and_unknown_parameters() {
    let api = Api::start().await;
    for path in ["/", "/Users", "/Groups"] {
        let answer = api.query(path, &[("unknown", "x"), ("cursor", "")]).await;
        assert_eq!(answer.listed("/id"), [""; 0]);
        assert_eq!(answer.body["totalResults"], json!(0));
    }
}
