//! Bulk requests (RFC 7644 §3.7).

use std::collections::BTreeSet;

use scimcheck::server::{OptionalFeature, Options, variants};
use serde_json::{Value, json};

use super::api::{Answer, Api, BULK, ENTERPRISE, GROUP, PATCH, USER};

impl Api {
    /// Sends a job.
    async fn bulk(&self, operations: Value) -> Answer {
        self.post("/Bulk", json!({ "schemas": [BULK], "Operations": operations })).await
    }
}

fn user(name: &str, bulk_id: &str) -> Value {
    let data = json!({ "schemas": [USER], "userName": name });
    json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data })
}

fn group(name: &str, bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    let data = json!({ "schemas": [GROUP], "displayName": name, "members": members });
    json!({ "method": "POST", "path": "/Groups", "bulkId": bulk_id, "data": data })
}

fn statuses(answer: &Answer) -> Vec<&str> {
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]));
    let results = answer.body["Operations"].as_array().expect("a list of results");
    results.iter().map(|result| result["status"].as_str().expect("a string")).collect()
}

#[tokio::test]
async fn all_methods_in_one_job() {
    let api = Api::start().await;
    let old = api.user("old", json!({})).await;
    let path = format!("/Users/{}", old.id());
    let operations = json!([
        user("new", "u1"),
        { "method": "put", "path": path, "data": { "schemas": [USER], "userName": "older" }, "bulkId": "p" },
        { "method": "PATCH", "path": path, "version": old.header("etag"),
          "data": { "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "x" }] } },
        { "method": "PATCH", "path": path,
          "data": { "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "y" }] } },
        { "method": "DELETE", "path": path },
        { "method": "DELETE", "path": path },
    ]);
    let answer = api.bulk(operations).await;
    assert_eq!(statuses(&answer), ["201", "200", "412", "200", "204", "404"]);
    let results = answer.body["Operations"].as_array().unwrap();
    let created = api.query("/Users", &[("filter", "userName eq \"new\"")]).await;
    let location = created.text("/Resources/0/meta/location");
    assert_eq!(
        results[0],
        json!({ "method": "POST", "bulkId": "u1", "version": created.text("/Resources/0/meta/version"),
            "location": location, "status": "201" })
    );
    for result in &results[1..] {
        assert_eq!(result["location"], json!(api.url(&path)));
        let failed = result["status"].as_str().unwrap() >= "400";
        assert_eq!(result.pointer("/response/status"), failed.then_some(&result["status"]));
    }
    assert_eq!((&results[1]["bulkId"], &results[1]["method"]), (&json!("p"), &json!("PUT")));
    assert!(results[3]["version"].is_string() && results[4].get("version").is_none());
}

#[tokio::test]
async fn bulk_ids_in_every_place() {
    let api = Api::start().await;
    let team = api.group("team", &[]).await;
    let mut report = user("report", "r");
    report["data"][ENTERPRISE] = json!({ "manager": { "value": "bulkId:boss" } });
    let add = json!({ "schemas": [PATCH], "Operations": [
        { "op": "add", "path": "members", "value": [{ "value": "bulkId:r" }, { "value": "bulkId:boss" }] },
        { "op": "remove", "path": "members[value eq \"bulkId:boss\"]" },
    ] });
    let rename = json!({ "schemas": [PATCH], "Operations": [
        { "op": "replace", "path": "displayName", "value": "renamed" },
    ] });
    let answer = api
        .bulk(json!([
            // Before the users that it names.
            { "method": "PATCH", "path": format!("/Groups/{}", team.id()), "data": add },
            report,
            user("boss", "boss"),
            group("new", "g", &["bulkId:boss", "bulkId:r"]),
            { "method": "PATCH", "path": "/Groups/bulkId:g", "data": rename },
        ]))
        .await;
    assert_eq!(statuses(&answer), ["200", "201", "201", "201", "200"]);
    let id = |index: usize| answer.text(&format!("/Operations/{index}/location")).rsplit('/').next().unwrap();
    let (report, boss, new) = (id(1), id(2), id(3));
    assert_eq!(answer.body["Operations"][4]["location"], answer.body["Operations"][3]["location"]);
    let manager = api.get(&format!("/Users/{report}")).await;
    assert_eq!(manager.body[ENTERPRISE]["manager"]["value"], json!(boss));
    let values = |answer: &Answer| -> Vec<String> {
        let members = answer.body["members"].as_array().unwrap();
        members.iter().map(|member| member["value"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(values(&api.get(&format!("/Groups/{}", team.id())).await), [report]);
    let new = api.get(&format!("/Groups/{new}")).await;
    assert_eq!(
        (new.text("/displayName"), values(&new)),
        ("renamed", vec![boss.to_owned(), report.to_owned()])
    );
}

#[tokio::test]
async fn circles_are_closed() {
    let api = Api::start().await;
    let answer = api
        .bulk(json!([
            group("a", "a", &["bulkId:b"]),
            group("b", "b", &["bulkId:c"]),
            group("c", "c", &["bulkId:a"]),
        ]))
        .await;
    assert_eq!(statuses(&answer), ["201", "201", "201"]);
    for index in 0..3 {
        let location = |index: usize| answer.text(&format!("/Operations/{index}/location"));
        let path = location(index).strip_prefix(&api.url("")).unwrap();
        let group = api.get(path).await;
        assert_eq!(group.text("/members/0/$ref"), location((index + 1) % 3));
        assert_eq!(answer.text(&format!("/Operations/{index}/version")), group.header("etag").unwrap());
    }
    // One of the circle cannot be created: nothing of the rest stays.
    let mut broken = group("x", "x", &["bulkId:y"]);
    broken["data"]["displayName"] = Value::Null;
    let answer = api.bulk(json!([broken, group("y", "y", &["bulkId:x"])])).await;
    assert_eq!(statuses(&answer), ["400", "409"]);
    assert_eq!(answer.text("/Operations/1/response/status"), "409");
    assert!(answer.body["Operations"][1].get("location").is_none());
    assert_eq!(api.get("/Groups").await.body["totalResults"], json!(3));
}

#[tokio::test]
async fn changes_that_need_a_version() {
    let demands = variants().iter().copied().filter(|variant| variant.id() == "if-match-required");
    let api = Api::with(Options { variants: demands.collect(), ..Options::default() }).await;
    let made = api.user("babs", json!({})).await;
    let path = format!("/Users/{}", made.id());
    let delete = |version: Option<&str>| json!({ "method": "DELETE", "path": path, "version": version });
    let put = json!({ "method": "PUT", "path": path, "data": made.body });
    let job = api.bulk(json!([user("new", "new"), put, delete(None), delete(made.header("etag"))])).await;
    assert_eq!(statuses(&job), ["201", "428", "428", "204"]);
    // What a job completes by itself needs none.
    let circle = api.bulk(json!([group("a", "a", &["bulkId:b"]), group("b", "b", &["bulkId:a"])])).await;
    assert_eq!(statuses(&circle), ["201", "201"]);
}

#[tokio::test]
async fn a_failure_takes_along_what_depends_on_it() {
    let api = Api::start().await;
    let answer = api
        .bulk(json!([
            group("g", "g", &["bulkId:u"]),
            { "method": "POST", "path": "/Users", "bulkId": "u", "data": { "schemas": [USER] } },
            group("h", "h", &["bulkId:nobody"]),
            { "method": "PATCH", "path": "/Groups/bulkId:nobody", "data": { "schemas": [PATCH], "Operations": [] } },
            user("fine", "fine"),
        ]))
        .await;
    assert_eq!(statuses(&answer), ["409", "400", "409", "409", "201"]);
    assert!(answer.text("/Operations/2/response/detail").contains("nobody"));
    for index in 0..3 {
        assert!(answer.body["Operations"][index].get("location").is_none());
    }
    assert_eq!(api.get("/Groups").await.body["totalResults"], json!(0));
}

#[tokio::test]
async fn operations_that_are_wrong() {
    let api = Api::start().await;
    let id = api.user("babs", json!({})).await.id().to_owned();
    let data = json!({ "schemas": [USER], "userName": "x" });
    let answer = api
        .bulk(json!([
            { "method": "POST", "path": "/Users", "data": data },
            { "method": "POST", "path": "/Users", "bulkId": "a" },
            { "method": "POST", "path": format!("/Users/{id}"), "bulkId": "b", "data": data },
            { "method": "DELETE", "path": "/Users" },
            { "method": "PUT", "path": "/ServiceProviderConfig", "data": data },
            { "method": "DELETE", "path": "/Nothing/x" },
            { "method": "DELETE", "path": "/Users/a b" },
            { "method": "DELETE", "path": format!("/Users/{id}"), "version": "a\nb" },
            { "method": "POST", "path": "Users", "bulkId": "c", "data": data },
        ]))
        .await;
    assert_eq!(statuses(&answer), ["400", "400", "400", "400", "400", "400", "400", "400", "201"]);
    for (index, wanted) in [(0, "bulkId"), (1, "data"), (2, "path"), (3, "path"), (6, "path"), (7, "version")]
    {
        assert!(answer.text(&format!("/Operations/{index}/response/detail")).contains(wanted), "{answer:?}");
    }
    for body in [
        json!([]),
        json!({ "schemas": [BULK] }),
        json!({ "schemas": [BULK], "Operations": [] }),
        json!({ "schemas": [BULK], "Operations": [{ "method": "GET", "path": "/Users/x" }] }),
        json!({ "schemas": [PATCH], "Operations": [user("y", "y")] }),
        json!({ "Operations": [user("y", "y")] }),
    ] {
        api.post("/Bulk", body).await.refused(400, Some("invalidSyntax"));
    }
    let zero = json!({ "schemas": [BULK], "failOnErrors": 0, "Operations": [user("y", "y")] });
    api.post("/Bulk", zero).await.refused(400, Some("invalidValue"));
}

#[tokio::test]
async fn fail_on_errors() {
    let api = Api::start().await;
    let gone = |id: &str| json!({ "method": "DELETE", "path": format!("/Users/{id}") });
    let operations = json!([user("a", "a"), gone("1"), user("b", "b"), gone("2"), user("c", "c"), gone("3")]);
    let job = async |limit: Value| {
        let body = json!({ "schemas": [BULK], "failOnErrors": limit, "Operations": operations });
        api.post("/Bulk", body).await
    };
    assert_eq!(statuses(&job(json!(1)).await), ["201", "404"]);
    assert_eq!(statuses(&job(json!(3)).await), ["409", "404", "201", "404"]);
    assert_eq!(statuses(&job(Value::Null).await), ["409", "404", "409", "404", "201", "404"]);
}

#[tokio::test]
async fn limits() {
    let options = Options { max_operations: 2, max_payload: 2000, ..Options::default() };
    let api = Api::with(options).await;
    let config = api.get("/ServiceProviderConfig").await.body;
    assert_eq!(config["bulk"], json!({ "supported": true, "maxOperations": 2, "maxPayloadSize": 2000 }));
    assert_eq!(statuses(&api.bulk(json!([user("a", "a"), user("b", "b")])).await), ["201", "201"]);
    let answer = api.bulk(json!([user("c", "c"), user("d", "d"), user("e", "e")])).await.refused(413, None);
    assert!(answer.text("/detail").contains("maxOperations is 2"));
    let answer = api.bulk(json!([user(&"x".repeat(2000), "x")])).await.refused(413, None);
    assert!(answer.text("/detail").contains("2000 bytes"));
    assert_eq!(api.get("/Users").await.body["totalResults"], json!(2));
}

#[tokio::test]
async fn who_may() {
    let options =
        Options { read_only_token: Some("peek".into()), tenants: vec!["other".into()], ..Options::default() };
    let api = Api::with(options).await;
    let body = json!({ "schemas": [BULK], "Operations": [user("a", "a")] }).to_string().into_bytes();
    for (token, status) in [("Bearer peek", 403), ("Bearer nobody", 401), ("Bearer other", 200)] {
        let headers = [("authorization", token), ("content-type", "application/scim+json")];
        api.send("POST", "/Bulk", &headers, body.clone()).await.expect(status);
    }
    assert_eq!(api.get("/Users").await.body["totalResults"], json!(0));
}

#[tokio::test]
async fn without_bulk() {
    let without = BTreeSet::from([OptionalFeature::Bulk]);
    let api = Api::with(Options { without, ..Options::default() }).await;
    api.bulk(json!([user("a", "a")])).await.refused(501, None);
    let config = api.get("/ServiceProviderConfig").await.body;
    assert_eq!(config["bulk"]["supported"], json!(false));
}
