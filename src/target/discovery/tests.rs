use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::model::{Feature, FeatureState};
use crate::scim::{builtin, urn};
use crate::wire::{Live, LiveOptions, Redactor};

async fn discover(answers: &[(&str, u16, Value)], change: impl FnOnce(&mut Settings)) -> Discovery {
    let server = MockServer::start().await;
    for (at, status, body) in answers {
        let answer = ResponseTemplate::new(*status).set_body_raw(body.to_string(), "application/scim+json");
        Mock::given(path(*at)).respond_with(answer).mount(&server).await;
    }
    let base: Url = server.uri().parse().unwrap();
    let live = Live::new(LiveOptions::new(base.clone()), &Redactor::default()).unwrap();
    let mut settings = Settings::new(base);
    change(&mut settings);
    let began = Instant::now();
    let documents = Documents::read(&live, &settings, began).await;
    understand(documents, &settings, began)
}

fn list(entries: &[Value]) -> Value {
    json!({ "schemas": [urn::LIST_RESPONSE], "totalResults": entries.len(), "Resources": entries })
}

fn ids(discovery: &Discovery) -> Vec<&str> {
    discovery.findings.iter().map(|finding| &*finding.id).collect()
}

/// Whether some challenge has to be there, and whether one of the scheme Bearer.
async fn challenged(schemes: Value) -> (bool, bool) {
    let config = json!({ "authenticationSchemes": schemes });
    let features = discover(&[("/ServiceProviderConfig", 200, config)], |_| {}).await.model.features;
    (features.has(Feature::CHALLENGED), features.has(Feature::BEARER_CHALLENGED))
}

#[tokio::test]
async fn schemes_that_have_to_be_challenged() {
    for (scheme, wanted) in [
        ("oauthbearertoken", (true, true)),
        ("oauth2", (true, true)),
        ("HttpBasic", (true, false)),
        ("oauth", (false, false)),
        ("httpdigest", (false, false)),
        ("apikey", (false, false)),
    ] {
        assert_eq!(challenged(json!([{ "type": scheme }])).await, wanted, "{scheme}");
    }
    assert_eq!(challenged(json!([{ "type": "tls" }, { "type": "oauth2" }])).await, (true, true));
}

#[tokio::test]
async fn claims_become_features() {
    let config = json!({
        "patch": { "supported": true }, "bulk": { "supported": false }, "filter": { "supported": "True" },
        "pagination": { "cursor": true }, "authenticationSchemes": [{ "type": "OAuth2" }, { "type": "tls" }, {}],
    });
    let device = json!({ "id": "urn:x:Device", "name": "Device", "attributes": [{ "name": "serial", "required": true }] });
    let kinds = [
        builtin::user().resource_type.to_value(),
        json!({ "name": "Device", "endpoint": "/Devices", "schema": "urn:x:Device" }),
    ];
    let published: Vec<_> =
        builtin::schemas().iter().map(|schema| schema.to_value()).chain([device]).collect();
    let answers = [
        ("/ServiceProviderConfig", 200, config),
        ("/ResourceTypes", 200, list(&kinds)),
        ("/Schemas", 200, list(&published)),
    ];
    let discovery = discover(&answers, |settings| {
        settings.features.insert("bulk".into(), true);
        settings.credential = Some(CredentialKind::Bearer);
        settings.credentials.push("read_only".into());
    })
    .await;
    let features = &discovery.model.features;
    for name in ["patch", "filter", "bulk", "resource:User", "resource:Device", "schema:urn:x:Device"] {
        assert!(features.has(name), "{name}");
    }
    for name in [
        "authenticated",
        "bearer",
        "credential:read_only",
        "loopback",
        "discovery:Schemas",
        "pagination:cursor",
        "authentication:oauth2",
        "authentication:challenged",
        "authentication:bearer-challenged",
    ] {
        assert!(features.has(name), "{name}");
    }
    for name in [
        "sort",
        "etag",
        "authentication:tls",
        "resource:Group",
        "credential:other_tenant",
        "pagination:index",
    ] {
        assert!(!features.has(name), "{name}");
    }
    let bulk = &features.0[&crate::model::Feature("bulk".into())];
    assert_eq!((bulk.claimed, bulk.overridden), (Some(false), Some(true)));
    assert_eq!(ids(&discovery), Vec::<&str>::new());
    assert_eq!(discovery.exchanges.len(), 3);
    assert!(discovery.model.resource("Device").unwrap().core.attribute("serial").unwrap().required);
}

#[tokio::test]
async fn what_is_missing_is_filled_in_with_a_finding() {
    let empty = list(&[]);
    let discovery = discover(&[("/Users", 200, empty.clone()), ("/Groups", 404, json!({}))], |_| {}).await;
    let kinds: Vec<_> = discovery.model.resources.iter().map(|r| &*r.resource_type.name).collect();
    assert_eq!(kinds, ["User"]);
    assert_eq!(
        ids(&discovery),
        [
            "target/discovery#schemas",
            "target/discovery#resource-types",
            "target/discovery#service-provider-config"
        ]
    );
    assert!(discovery.findings.iter().all(|finding| finding.verdict == Verdict::Info));
    assert!(!discovery.model.features.has("patch"));
    assert!(discovery.model.features.has("resource:User"));
}

#[tokio::test]
async fn schemas_that_the_list_lacks_are_read_one_by_one_or_stand_in() {
    let kinds = [
        builtin::group().resource_type.to_value(),
        json!({ "name": "Device", "endpoint": "Devices", "schema": "urn:x:Device" }),
    ];
    let single = json!({ "id": "urn:x:Device", "attributes": [{ "name": "serial" }] });
    let only = [builtin::user().core.to_value()];
    let answers = [
        ("/ResourceTypes", 200, list(&kinds)),
        ("/Schemas", 200, list(&only)),
        ("/Schemas/urn:x:Device", 200, single),
    ];
    let discovery = discover(&answers, |_| {}).await;
    assert!(discovery.model.resource("Device").unwrap().core.attribute("serial").is_some());
    assert!(discovery.model.resource("Group").unwrap().core.attribute("members").is_some(), "of RFC 7643");
    assert!(ids(&discovery).contains(&"target/discovery#schema-of-group"));
    assert!(!ids(&discovery).contains(&"target/discovery#schema-of-device"));
}

#[tokio::test]
async fn nonsense_is_survived() {
    let nonsense =
        json!({ "Resources": [1, null, {}, { "name": 7 }, { "id": [] }], "patch": [], "schemas": 3 });
    for body in [nonsense, json!([]), json!("x"), json!(null)] {
        let answers = [
            ("/ServiceProviderConfig", 200, body.clone()),
            ("/ResourceTypes", 200, body.clone()),
            ("/Schemas", 200, body.clone()),
        ];
        let discovery = discover(&answers, |_| {}).await;
        assert!(discovery.model.resources.is_empty(), "/Users gave 404");
    }
}

#[tokio::test]
async fn what_clients_may_set_and_have_to_set_is_known_by_the_schemas() {
    let attribute = |name: &str, changes: &Value| {
        let mut attribute = json!({ "name": name, "type": "string", "multiValued": false });
        attribute.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        attribute
    };
    let part =
        [attribute("givenName", &json!({})), attribute("formatted", &json!({ "mutability": "readOnly" }))];
    let address = [attribute("country", &json!({}))];
    let user = json!({
        "schemas": [urn::SCHEMA], "id": urn::USER, "name": "User", "attributes": [
            attribute("userName", &json!({ "required": true })),
            attribute("displayName", &json!({ "mutability": "readOnly" })),
            attribute("password", &json!({ "mutability": "writeOnly", "returned": "never" })),
            attribute("nickName", &json!({ "returned": "request" })),
            attribute("name", &json!({ "type": "complex", "subAttributes": part })),
            attribute("address", &json!({ "type": "complex", "mutability": "readOnly", "subAttributes": address })),
        ],
    });
    let kind = json!({ "id": "User", "name": "User", "endpoint": "/Users", "schema": urn::USER });
    let answers = [("/Schemas", 200, list(&[user])), ("/ResourceTypes", 200, list(&[kind]))];
    let mut model = discover(&answers, |_| {}).await.model;

    let has = |model: &TargetModel, feature: &str| model.first_unmet([feature]).is_none();
    for path in ["userName", "password", "name", "name.givenName"] {
        assert!(has(&model, &format!("writable:User.{path}")), "{path}");
    }
    for path in ["displayName", "nickName", "name.formatted", "address", "address.country", "title"] {
        assert!(!has(&model, &format!("writable:User.{path}")), "{path}");
        assert!(has(&model, &format!("!writable:User.{path}")), "{path}");
    }
    assert!(has(&model, "attribute:User.displayName") && has(&model, "attribute:User.address.country"));
    assert!(has(&model, "required:User.userName"));
    assert!(has(&model, "!required:User.password") && has(&model, "!required:User.title"));

    let said = |overridden| FeatureState { overridden: Some(overridden), ..FeatureState::default() };
    model.features.0.insert(Feature("attribute:User.password".to_owned()), said(false));
    assert!(!has(&model, "writable:User.password"), "the configuration says that it is not there");
    model.features.0.insert(Feature("writable:User.password".to_owned()), said(true));
    assert!(has(&model, "writable:User.password"), "the configuration has the last word");
}
