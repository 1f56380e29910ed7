use serde_json::{Value, json};

use super::*;
use crate::check::testing;
use crate::model::{Answer, Failure, FailureKind};

const SCIM: (&str, &str) = ("content-type", "application/scim+json; charset=utf-8");

fn user() -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "7", "userName": "a",
        "meta": {
            "resourceType": "User", "created": "2024-01-01T00:00:00Z", "lastModified": "2024-01-01T00:00:00Z",
            "location": "http://h/v2/Users/7", "version": "W/\"1\"",
        },
    })
}

/// The invariants that do not hold, with their verdicts.
fn broken(exchange: &Exchange) -> Vec<(&'static str, Verdict)> {
    let findings = judge_all(exchange, &testing::context());
    findings.into_iter().filter(|f| f.verdict != Verdict::Pass).map(|f| (f.invariant.id, f.verdict)).collect()
}

fn get(body: &Value) -> Exchange {
    testing::exchange("GET", "/Users/7", 200, &[SCIM, ("etag", "W/\"1\"")], &body.to_string())
}

#[test]
fn requirements_and_slugs_exist() {
    let catalogue = Catalogue::embedded();
    for invariant in Invariant::all() {
        assert!(catalogue.requirement(&invariant.requirement.into()).is_some(), "{}", invariant.id);
        for slug in invariant.see {
            assert!(catalogue.ambiguity(slug).is_some(), "{} cites {slug}", invariant.id);
        }
    }
}

#[test]
fn a_good_resource_breaks_nothing() {
    assert_eq!(broken(&get(&user())), []);
    let judged = judge_all(&get(&user()), &testing::context());
    assert!(judged.len() >= 14, "{}", judged.len());
}

type Change = fn(&mut Value);

#[test]
fn every_invariant_of_a_resource_can_fail() {
    let broken_by = |change: fn(&mut Value)| {
        let mut user = user();
        change(&mut user);
        broken(&get(&user))
    };
    let cases: Vec<(Change, &str, Verdict)> = vec![
        (|u| u["schemas"] = json!([]), "schemas-present", Verdict::Fail),
        (|u| u["schemas"] = json!([u["schemas"][0], "urn:x:y"]), "schemas-of-the-type", Verdict::Fail),
        (|u| u["schemas"] = json!([u["schemas"][0], u["schemas"][0]]), "schemas-distinct", Verdict::Fail),
        (|u| u["active"] = json!("True"), "body-valid", Verdict::Fail),
        (|u| u["password"] = json!("p"), "never-returned", Verdict::Fail),
        (|u| u["meta"]["resourceType"] = json!("Users"), "meta-resource-type", Verdict::Fail),
        (|u| u["meta"]["created"] = json!("yesterday"), "meta-created", Verdict::Fail),
        (|u| u["meta"]["created"] = json!(null), "meta-created", Verdict::Fail),
        (|u| u["meta"]["lastModified"] = json!(null), "meta-last-modified", Verdict::Fail),
        (|u| u["meta"]["lastModified"] = json!("2023-01-01T00:00:00Z"), "meta-last-modified", Verdict::Fail),
        (|u| u["meta"]["location"] = json!("http://h/v2/Users/8"), "meta-location", Verdict::Fail),
        (|u| u["meta"]["location"] = json!("Users/7"), "meta-location", Verdict::Warn),
        (|u| u["meta"]["version"] = json!("W/\"2\""), "etag-equals-version", Verdict::Fail),
        (|u| u["meta"]["version"] = json!("1"), "etag-equals-version", Verdict::Warn),
    ];
    for (change, id, verdict) in cases {
        assert_eq!(broken_by(change), [(id, verdict)]);
    }
    let no_id = broken_by(|u| {
        u.as_object_mut().unwrap().shift_remove("id");
    });
    assert_eq!(no_id, [("id-present", Verdict::Fail)]);
    assert!(broken_by(|u| u["id"] = json!("8")).contains(&("id-stable", Verdict::Fail)));
    assert!(broken_by(|u| u["id"] = json!("bulkId:1")).contains(&("id-not-bulkid", Verdict::Fail)));
}

#[test]
fn a_projection_need_not_have_everything() {
    let body = json!({ "id": "7", "userName": "a" });
    let asked = testing::exchange("GET", "/Users/7?attributes=userName", 200, &[SCIM], &body.to_string());
    assert_eq!(broken(&asked), []);
    let whole = testing::exchange("GET", "/Users/7", 200, &[SCIM], &body.to_string());
    let ids: Vec<_> = broken(&whole).into_iter().map(|(id, _)| id).collect();
    assert_eq!(
        ids,
        ["schemas-present", "meta-resource-type", "meta-created", "meta-last-modified", "meta-location"]
    );
}

#[test]
fn errors() {
    let error = json!({ "schemas": [crate::scim::urn::ERROR], "status": "404", "detail": "gone" });
    let answer = |status, headers: &[(&str, &str)], body: &str| {
        broken(&testing::exchange("GET", "/Users/9", status, headers, body))
    };
    assert_eq!(answer(404, &[SCIM], &error.to_string()), []);
    let mut number = error.clone();
    number["status"] = json!(404);
    assert_eq!(answer(404, &[SCIM], &number.to_string()), [("error-status", Verdict::Fail)]);
    assert_eq!(answer(404, &[], "gone"), [("error-body", Verdict::Fail)]);
    assert_eq!(answer(401, &[], ""), [("error-body", Verdict::Warn)]);
    assert_eq!(answer(500, &[], "oops"), [("no-server-error", Verdict::Warn)]);
    assert_eq!(answer(200, &[("content-type", "text/html")], "<html>"), [("json-in-utf-8", Verdict::Fail)]);
    let unknown = testing::exchange("GET", "/Nobody", 404, &[], "");
    assert_eq!(broken(&unknown), [("error-body", Verdict::Warn)]);
}

#[test]
fn media_types() {
    let with = |headers: &[(&str, &str)]| {
        broken(&testing::exchange("GET", "/Users/7", 200, headers, &user().to_string()))
    };
    assert_eq!(with(&[("content-type", "Application/SCIM+JSON")]), []);
    assert_eq!(with(&[("content-type", "application/json")]), [("media-type", Verdict::Warn)]);
    assert_eq!(with(&[("content-type", "text/plain")]), [("media-type", Verdict::Fail)]);
    assert_eq!(with(&[]), [("media-type", Verdict::Fail)]);
}

#[test]
fn lists() {
    let list =
        |path: &str, body: &Value| broken(&testing::exchange("GET", path, 200, &[SCIM], &body.to_string()));
    let urn = crate::scim::urn::LIST_RESPONSE;
    let page = json!({ "schemas": [urn], "totalResults": 1, "itemsPerPage": 1, "startIndex": 1, "Resources": [user()] });
    assert_eq!(list("/Users", &page), []);
    let with = |name: &str, value: Value| {
        let mut page = page.clone();
        page[name] = value;
        page
    };
    assert_eq!(list("/Users", &with("totalResults", json!(0))), [("list-total", Verdict::Fail)]);
    assert_eq!(list("/Users", &with("itemsPerPage", json!(0))), [("list-items-per-page", Verdict::Fail)]);
    assert_eq!(list("/Users", &with("itemsPerPage", json!(100))), [("list-items-per-page", Verdict::Warn)]);
    assert_eq!(list("/Users", &with("schemas", json!([]))), [("list-response", Verdict::Fail)]);
    assert_eq!(list("/Users?count=0", &page), [("list-within-count", Verdict::Fail)]);
    let mut partial = with("totalResults", json!(5));
    partial.as_object_mut().unwrap().shift_remove("startIndex");
    assert_eq!(list("/Users", &partial), [("list-partial", Verdict::Fail)]);
    // By cursor both are free to be missing, on a last page that names no neighbour too (RFC 9865 §2).
    assert_eq!(list("/Users?cursor=x", &partial), []);
    partial.as_object_mut().unwrap().shift_remove("totalResults");
    assert_eq!(list("/Users?cursor=x&count=1", &partial), []);
    assert_eq!(list("/Users?count=1", &partial), [("list-total", Verdict::Fail)]);
    let mut stranger = user();
    stranger["active"] = json!("yes");
    assert_eq!(list("/Users", &with("Resources", json!([stranger]))), [("body-valid", Verdict::Fail)]);
}

#[test]
fn no_answer() {
    let mut exchange = get(&user());
    let failed = |kind| Answer::Failed(Failure { kind, message: "why".to_owned() });
    exchange.answer = failed(FailureKind::Closed);
    assert_eq!(broken(&exchange), [("answered", Verdict::Fail)]);
    exchange.answer = failed(FailureKind::Timeout);
    assert_eq!(broken(&exchange), [("answered", Verdict::Error)]);
}

#[test]
fn what_options_says_is_no_message_of_scim() {
    let page = |method: &str| {
        let exchange = testing::exchange(method, "/Users/7", 200, &[("content-type", "text/html")], "<html>");
        broken(&exchange).contains(&("json-in-utf-8", Verdict::Fail))
    };
    assert!(page("GET") && !page("OPTIONS"));
}
