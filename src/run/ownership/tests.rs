use serde_json::json;

use super::*;
use crate::model::{AuthMode, Body, Completeness, Failure};

const NAME: &str = "sc1-a";
const UUID: &str = "2f0c7f1e-0000-4000-8000-000000000000";

fn ownership() -> Ownership {
    let base = Url::parse("http://h/v2").unwrap();
    Ownership::new("case", NAME, UUID, Places::new(&base, ["/Things"]), None)
}

fn request(method: &str, url: &str) -> Request {
    Request {
        method: method.into(),
        url: url.into(),
        headers: vec![],
        body: None,
        auth: AuthMode::Configured,
    }
}

fn with_body(method: &str, url: &str, body: &Value) -> Request {
    Request { body: Some(body.to_string().into_bytes().into()), ..request(method, url) }
}

fn answer(status: u16, location: Option<&str>, body: &str) -> Answer {
    Answer::Response(Response {
        status,
        headers: location.map(|l| ("location".to_owned(), l.to_owned())).into_iter().collect(),
        body: Body::new(body.as_bytes(), Completeness::Complete),
    })
}

fn send(ownership: &Ownership, request: &Request, answer: &Answer, tries: u32) -> Result<(), Refused> {
    let intents = ownership.intend(ownership.effects(request)?)?;
    ownership.after(&intents, request, answer, tries);
    Ok(())
}

/// With `/Users/7`, which the case created.
fn with_seven() -> Ownership {
    let ownership = ownership();
    let create = with_body("POST", "http://h/v2/Users", &json!({ "userName": NAME }));
    send(&ownership, &create, &answer(201, None, r#"{"id":"7","userName":"SC1-A"}"#), 1).unwrap();
    ownership
}

#[test]
fn only_what_was_created_may_be_changed() {
    let ownership = with_seven();
    let allowed = [
        ("DELETE", "http://h/v2/Users/7"),
        ("DELETE", "http://h/v2/Users/7/"),
        ("POST", "http://h/v2/Users/7"),
        ("PATCH", "http://h/v2/Users/7?attributes=id"),
        ("PATCH", "http://h/v2/Users/8/../7"),
        ("DELETE", "http://h/v2/Users/2f0c7f1e-0000-4000-8000-000000000000"),
        ("PUT", "http://h/v2/Users/sc1-a-nobody"),
        ("POST", "http://h/v2/Users"),
        ("POST", "http://h/v2/Things/"),
        ("POST", "http://h/v2/Users/.search"),
        ("POST", "http://h/v2/.search"),
        ("GET", "http://h/v2/Users/8"),
        ("HEAD", "http://h/v2/anything;else?at=all"),
    ];
    for (method, url) in allowed {
        assert!(ownership.effects(&request(method, url)).is_ok(), "{method} {url}");
    }
    let refused = [
        ("PUT", "http://h/v2/Users/8"),
        ("DELETE", "http://h/v2/Users"),
        ("DELETE", "http://h/v2"),
        ("PATCH", "http://h/v2/"),
        ("PATCH", "http://h/"),
        ("POST", "http://h/v2/Users/8"),
        ("POST", "http://h/v2/Me"),
        ("DELETE", "http://h/v2/Me"),
        ("PUT", "http://h/v2/ServiceProviderConfig"),
        ("POST", "http://h/v2/Schemas"),
        ("DELETE", "http://h/v2/Users/7/../8"),
        ("DELETE", "http://h/v2/Users/7/%2e%2e/8"),
        ("DELETE", "http://h/v2/Users/7/.%2E/8"),
        ("DELETE", "http://h/v2/Users/7%2F..%2F8"),
        ("DELETE", "http://h/v2/Users//7"),
        ("DELETE", "http://h/v2//Users/7"),
        ("DELETE", "http://h/v2/Users/7/8"),
        ("DELETE", "http://h/v2/Users/7;8"),
        ("DELETE", "http://h/v2/Users/8;sc1-a"),
        ("DELETE", "http://h/v2/Users/8%2Fsc1-a"),
        ("DELETE", "http://h/v2/Users/8%00sc1-a"),
        ("DELETE", "http://h/v2/Users/8?sc1-a"),
        ("DELETE", "http://h/v2/Users/8#sc1-a"),
        ("DELETE", "http://h/v2/Users/8/x/sc1-a"),
        ("DELETE", "http://h/v2/Users/7?id=8"),
        ("DELETE", "http://h/v2/Users/7?filter=id%20pr"),
        ("DELETE", "http://h/v2/users/7"),
        ("DELETE", "http://h/V2/USERS/7"),
        ("DELETE", "https://h/v2/Users/sc1-a"),
        ("DELETE", "http://evil/v2/Users/sc1-a"),
        ("DELETE", "http://h@evil/v2/Users/sc1-a"),
        ("DELETE", "http://h/v3/Users/sc1-a"),
        ("POST", "http://h/v2/Users/8/.search"),
        ("POST", "http://h/v2/Users?_method=DELETE"),
        ("GET", "http://h/v2/Users/8?_method=DELETE"),
        ("delete", "http://h/v2/Users/8"),
        ("TRACE", "http://h/v2/Users/8"),
        ("MOVE", "http://h/v2/Users/8"),
    ];
    for (method, url) in refused {
        assert!(ownership.effects(&request(method, url)).is_err(), "{method} {url}");
    }
    assert_eq!(ownership.traces().len(), 1);
}

#[test]
fn a_request_does_not_disguise_itself() {
    let ownership = with_seven();
    for name in [
        "X-HTTP-Method-Override",
        "x-http-method",
        "X-Method-Override",
        "x_http_method_override",
        "X-Original-URL",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let mut request = request(method, "http://h/v2/Users/7");
            request.headers.push((name.to_owned(), "DELETE".to_owned()));
            assert!(matches!(ownership.effects(&request), Err(Refused::Disguised(_))), "{method} {name}");
        }
    }
}

#[test]
fn discovery_documents_are_written_on_disposable_targets_only() {
    let local = ownership().with_writable_discovery(true);
    assert_eq!(local.effects(&request("PUT", "http://h/v2/Schemas/urn:x")).unwrap(), []);
    assert!(ownership().effects(&request("PUT", "http://h/v2/Schemas/urn:x")).is_err());
    for elsewhere in
        ["http://h/v2/Schemas/..%2FUsers%2F8", "http://h/v2/Schemas/../Users/8", "http://h/v2/Schemas/a/b"]
    {
        assert!(local.effects(&request("PUT", elsewhere)).is_err(), "{elsewhere}");
    }
}

#[test]
fn what_was_deleted_has_to_be_looked_at_again() {
    let ownership = with_seven();
    assert!(!ownership.is_confirmed("http://h/v2/Users/7"));
    ownership.confirm("http://h/v2/Users/7");
    assert!(ownership.is_confirmed("http://h/v2/Users/7/?attributes=id"));
    send(&ownership, &request("DELETE", "http://h/v2/Users/7"), &answer(204, None, ""), 1).unwrap();
    assert!(!ownership.is_confirmed("http://h/v2/Users/7"));
}

/// What a case owns and has lost after a create with this answer.
fn created(answer: &Answer, tries: u32) -> Option<Trace> {
    let ownership = ownership();
    let create = with_body(
        "POST",
        "http://h/v2/Users",
        &json!({ "schemas": [], "nickName": NAME, "userName": "sc1-a-b" }),
    );
    send(&ownership, &create, answer, tries).unwrap();
    ownership.traces().pop()
}

#[test]
fn a_create_that_answers_with_a_strangers_resource_owns_nothing() {
    let answers = [
        (answer(200, None, r#"{"id":"1","userName":"admin"}"#), true),
        (answer(201, Some("http://elsewhere/Users/1"), ""), true),
        (answer(201, Some("//elsewhere/v2/Users/1"), ""), true),
        (answer(201, Some("/Users/1"), ""), true),
        (answer(201, Some("/v2/Users"), ""), true),
        (answer(201, Some("/v2/"), ""), true),
        (answer(201, Some("../../Users/1"), ""), true),
        (answer(201, Some("http://h/v2/Schemas/1"), ""), true),
        (answer(201, Some("http://h/v2/Users/1"), r#"{"id":"2","userName":"sc1-a"}"#), true),
        (answer(201, None, r#"{"id":"..","userName":"sc1-a"}"#), true),
        (answer(201, None, r#"{"id":".","userName":"sc1-a"}"#), true),
        (answer(201, None, ""), true),
        (answer(307, Some("/v2/Users"), ""), false),
        (answer(408, None, ""), false),
        (answer(500, None, ""), false),
    ];
    for (answer, expected) in answers {
        let trace = created(&answer, 1).unwrap();
        assert_eq!(trace.url, None, "{answer:?}");
        assert_eq!(trace.identifier, Some(("userName".to_owned(), "sc1-a-b".to_owned())));
        assert_eq!(trace.expected, expected, "{answer:?}");
    }
}

#[test]
fn what_a_body_refers_to_has_to_be_ours_too() {
    let ownership = with_seven();
    let group = |id: &str| {
        with_body("POST", "http://h/v2/Groups", &json!({ "displayName": NAME, "members": [{ "value": id }] }))
    };
    let changes = |request: &Request| {
        let effects = ownership.effects(request).unwrap().into_iter();
        effects.filter(|effect| matches!(effect, Effect::Change(_))).count()
    };
    assert_eq!((changes(&group("7")), changes(&group("nobody"))), (1, 0));
    let create = with_body("POST", "http://h/v2/Users", &json!({ "userName": NAME }));
    let disagrees = answer(201, Some("http://h/v2/Users/8"), r#"{"id":"admin","userName":"sc1-a"}"#);
    send(&ownership, &create, &disagrees, 1).unwrap();
    assert!(matches!(ownership.effects(&group("admin")), Err(Refused::NotOurs { .. })));
    let add =
        json!({ "method": "PATCH", "path": "/Users/7", "data": { "Operations": [{ "value": "admin" }] } });
    assert!(matches!(ownership.effects(&job(&json!([add]))), Err(Refused::NotOurs { .. })));
}

#[test]
fn odd_ids_stay_one_segment() {
    for (id, path) in [
        ("a/b", "a%2Fb"),
        ("a?b#c", "a%3Fb%23c"),
        ("../x", "..%2Fx"),
        ("%2e%2e", "%252e%252e"),
        ("ü", "%C3%BC"),
    ] {
        let body = json!({ "id": id, "userName": NAME }).to_string();
        let url = created(&answer(201, None, &body), 1).unwrap().url.unwrap();
        assert_eq!(Url::parse(&url).unwrap().path(), format!("/v2/Users/{path}"));
    }
}

/// However often it was sent: it is sent again after a 429 only.
#[test]
fn a_refused_create_made_nothing() {
    let silent = |kind| Answer::Failed(Failure { kind, message: String::new() });
    for tries in [1, 2, 3] {
        for status in [400, 403, 501] {
            assert_eq!(created(&answer(status, None, ""), tries), None, "{status}");
        }
        // A server that answers 429 and carries it out all the same is met with 409, or with 429 again.
        for status in [409, 429] {
            let trace = created(&answer(status, None, ""), tries);
            assert_eq!(trace.is_some(), tries > 1, "{status}");
            assert!(trace.is_none_or(|trace| !trace.expected), "{status}");
        }
        assert_eq!(created(&silent(FailureKind::Refused), tries), None);
        for status in [408, 500, 503] {
            assert!(!created(&answer(status, None, ""), tries).unwrap().expected, "{status}");
        }
        assert!(created(&silent(FailureKind::Timeout), tries).unwrap().expected);
        assert!(created(&silent(FailureKind::Closed), tries).unwrap().expected);
    }
    assert_eq!(created(&silent(FailureKind::Timeout), 0), None, "nothing was sent");
}

#[test]
fn a_location_gives_the_id_of_what_is_ours() {
    let create = with_body("POST", "http://h/v2/Users", &json!({ "userName": NAME }));
    let id = |location: &str| {
        let ownership = ownership();
        let answer = answer(201, Some(location), "");
        send(&ownership, &create, &answer, 1).unwrap();
        let Answer::Response(response) = answer else { unreachable!() };
        ownership.id_from_location(&create, &response)
    };
    assert_eq!(id("http://h/v2/Users/7").as_deref(), Some("7"));
    assert_eq!(id("/v2/Users/7/").as_deref(), Some("7"));
    for location in
        ["http://h/v2/Groups/7", "http://evil/v2/Users/7", "/v2/Users/7/8", "/v2/Users/a%2Fb", "/v2/Users"]
    {
        assert_eq!(id(location), None, "{location}");
    }
    let Answer::Response(response) = answer(201, Some("/v2/Users/7"), "") else { unreachable!() };
    assert_eq!(ownership().id_from_location(&create, &response), None, "nobody created it");
}

#[test]
fn a_location_is_enough_to_find_what_was_created() {
    let url = Some("http://h/v2/Users/9".to_owned());
    assert_eq!(created(&answer(201, Some("/v2/Users/9?x=1#y"), ""), 1).unwrap().url, url);
    let with_id = answer(201, Some("https://inner:8080/v2/Users/9"), r#"{"id":"9","userName":"sc1-a"}"#);
    assert_eq!(created(&with_id, 1).unwrap().url, url);
}

#[test]
fn a_group_that_only_lists_our_user_is_not_ours() {
    let group = json!({ "id": "1", "displayName": "all", "members": [{ "value": "7", "display": "sc1-a" }] });
    assert!(!carries(&group, "sc1"));
    assert!(carries(&json!({ "displayName": "SC1-team" }), "sc1"));
}

#[test]
fn a_create_that_was_cut_off_is_looked_for() {
    let ownership = ownership();
    let create = with_body("POST", "http://h/v2/Users", &json!({ "userName": NAME }));
    ownership.intend(ownership.effects(&create).unwrap()).unwrap();
    assert!(ownership.traces()[0].expected);
}

fn job(operations: &Value) -> Request {
    with_body("POST", "http://h/v2/Bulk", &json!({ "schemas": [], "Operations": operations }))
}

#[test]
fn a_bulk_job_with_one_foreign_operation_is_refused() {
    let ownership = with_seven();
    let ours = json!({ "method": "PATCH", "path": "/Users/7", "data": {} });
    assert_eq!(
        ownership.effects(&job(&json!([ours]))).unwrap(),
        [Effect::Change("http://h/v2/Users/7".to_owned())]
    );
    let foreign = [
        json!({ "method": "DELETE", "path": "/Users/8" }),
        json!({ "method": "delete", "path": "/Users/8" }),
        json!({ "METHOD": "PUT", "PATH": "/Users/8" }),
        json!({ "path": "/Users/8" }),
        json!({ "method": "DELETE", "path": "Users/7/../8" }),
        json!({ "method": "DELETE", "path": "https://h/v2/Users/8" }),
        json!({ "method": "DELETE", "path": "/Users/bulkId:unknown" }),
        json!({ "method": "POST", "path": "/Bulk", "data": {} }),
        json!({ "method": "PATCH", "path": "/", "data": {} }),
        json!({ "method": "GET", "path": "/Users/8", "Method": "DELETE" }),
    ];
    for operation in foreign {
        assert!(ownership.effects(&job(&json!([ours, operation]))).is_err(), "{operation}");
    }
    let lower = with_body(
        "POST",
        "http://h/v2/bulk",
        &json!({ "operations": [{ "method": "DELETE", "path": "/Users/8" }] }),
    );
    assert!(ownership.effects(&lower).is_err());
}

#[test]
fn the_creates_of_a_bulk_job_are_intents_of_their_own() {
    let ownership = ownership();
    let create = |id: &str, name: &str| json!({ "method": "POST", "path": "/Users", "bulkId": id, "data": { "userName": name } });
    let member = json!({ "method": "PATCH", "path": "/Users/bulkId:a", "data": {} });
    let nobody = json!({ "method": "DELETE", "path": format!("/Users/{UUID}") });
    let request =
        job(&json!([create("a", "sc1-a-1"), member, create("b", "sc1-a-2"), nobody, create("c", "sc1-a-3")]));
    let told = json!({ "Operations": [
        { "bulkId": "b", "status": "409" },
        { "bulkId": "a", "status": "201", "location": "http://h/v2/Users/1" },
    ]});
    send(&ownership, &request, &answer(200, None, &told.to_string()), 1).unwrap();
    let seen: Vec<_> = ownership
        .traces()
        .into_iter()
        .map(|trace| (trace.identifier.unwrap().1, trace.url, trace.expected))
        .collect();
    let wanted = [
        ("sc1-a-3".to_owned(), None, true),
        ("sc1-a-1".to_owned(), Some("http://h/v2/Users/1".to_owned()), true),
    ];
    assert_eq!(seen, wanted);
}
