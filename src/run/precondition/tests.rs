use serde_json::{Value, json};

use super::*;
use crate::run::strict::Strict;

fn put() -> Request {
    Request { method: "PUT".into(), body: Some(b"{}".as_slice().into()), ..read_of("http://h/v2/Users/7") }
}

fn spec(value: Value) -> RequestSpec {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn a_change_is_sent_again_with_the_current_version() {
    let server = Strict::new(428);
    let sending = Sender::new().send(&server, &put(), true, None).await;
    assert_eq!(server.log(), ["PUT", "GET", r#"PUT W/"1""#]);
    assert_eq!(status(&sending.last.sent.answer), Some(200));
    let demand = sending.demand.unwrap();
    assert_eq!(demand.map(|timed| status(&timed.sent.answer)), [Some(428), Some(200)], "both are evidence");
    let sent = &sending.last.sent.request.headers;
    assert!(sent.contains(&("if-match".to_owned(), r#"W/"1""#.to_owned())), "{sent:?}");
}

#[tokio::test]
async fn once_and_no_more_and_only_after_428_or_412() {
    for refusal in [412, 428] {
        let server = Strict { never: true, ..Strict::new(refusal) };
        let sending = Sender::new().send(&server, &put(), true, None).await;
        assert_eq!((server.log().len(), status(&sending.last.sent.answer)), (3, Some(refusal)));
    }
    for (refusal, may_repeat) in [(428, false), (412, false), (409, true), (400, true)] {
        let server = Strict::new(refusal);
        let sending = Sender::new().send(&server, &put(), may_repeat, None).await;
        assert!(sending.demand.is_none());
        assert_eq!((server.log().len(), status(&sending.last.sent.answer)), (1, Some(refusal)), "{refusal}");
    }
}

#[tokio::test]
async fn changes_at_the_same_time_do_not_take_each_others_version() {
    let (server, sender) = (Arc::new(Strict::new(428)), Sender::new());
    let mut sending = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (server, sender) = (Arc::clone(&server), sender.clone());
        sending.spawn(async move { sender.send(server.as_ref(), &put(), true, None).await });
    }
    for sending in sending.join_all().await {
        assert_eq!(status(&sending.last.sent.answer), Some(200));
    }
}

#[tokio::test]
async fn where_nothing_is_no_condition_can_be_met() {
    let server = Strict::gone(428);
    let sending = Sender::new().send(&server, &put(), true, None).await;
    assert_eq!(server.log(), ["PUT", "GET", "PUT *"]);
    assert_eq!(status(&sending.last.sent.answer), Some(412));
    assert!(sending.moot().is_some_and(|why| why.contains("where nothing is")));
    let there = Strict { never: true, ..Strict::new(428) };
    let refused = Sender::new().send(&there, &put(), true, None).await;
    assert_eq!(refused.moot(), None, "a refusal of a change that could be");
}

#[test]
fn a_step_with_a_condition_of_its_own_is_left_alone() {
    for (request, wanted) in [
        (json!({ "method": "PUT", "path": "/Users/7" }), true),
        (json!({ "method": "PATCH", "path": "/Users/7", "headers": { "accept": "a/b" } }), true),
        (json!({ "method": "DELETE", "path": "/Users/7" }), true),
        (json!({ "method": "POST", "path": "/Bulk" }), false),
        (json!({ "method": "GET", "path": "/Users/7" }), false),
        (json!({ "method": "PUT", "path": "/Users/7", "headers": { "If-Match": "W/\"1\"" } }), false),
        (json!({ "method": "PUT", "path": "/Users/7", "headers": { "if-match": null } }), false),
        (json!({ "method": "PUT", "path": "/Users/7", "headers": { "if-none-match": "*" } }), false),
    ] {
        assert_eq!(may_repeat(&spec(request.clone())), wanted, "{request}");
    }
}

#[test]
fn versions() {
    let answer = |etag: Option<&str>, version: Value| {
        let body = json!({ "meta": { "version": version } }).to_string().into_bytes();
        let headers = etag.map(|etag| ("etag".to_owned(), etag.to_owned()));
        let body = crate::model::Body::new(body, crate::model::Completeness::Complete);
        Answer::Response(Response { status: 200, headers: headers.into_iter().collect(), body })
    };
    let long = format!("\"{}\"", "x".repeat(LONGEST_VERSION));
    for (read, wanted) in [
        (answer(Some("W/\"3\""), json!("other")), "W/\"3\""),
        (answer(None, json!("W/\"4\"")), "W/\"4\""),
        (answer(Some(" "), json!("W/\"4\"")), "W/\"4\""),
        (answer(Some(&long), json!("a\r\nx-admin: yes")), "*"),
        (answer(None, json!(7)), "*"),
    ] {
        let request = with_if_match(&put(), &read);
        assert_eq!(request.headers.last(), Some(&("if-match".to_owned(), wanted.to_owned())));
    }
    let gone = Answer::Failed(crate::model::Failure {
        kind: crate::model::FailureKind::Closed,
        message: String::new(),
    });
    assert_eq!(with_if_match(&put(), &gone).headers.last().unwrap().1, "*");
}
