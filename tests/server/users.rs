//! Creating, reading, replacing, changing and deleting users (RFC 7644 §3.3 to §3.6).

use scimcheck::server::Options;
use serde_json::{Value, json};

use super::api::{Api, ENTERPRISE, GROUP, PATCH, SEARCH, USER, snapshot};

fn babs() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "bjensen@example.com",
        "externalId": "701984",
        "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara" },
        "active": true,
        "password": "t1meMa$heen",
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" },
        ],
        ENTERPRISE: { "employeeNumber": "701984", "department": "Tour Operations" },
    })
}

#[tokio::test]
async fn create() {
    let api = Api::with(Options { seed: Some(1), ..Options::default() }).await;
    let created = api.post("/Users", babs()).await.expect(201);
    snapshot("created-user", &created.body);
    let location = api.url(&format!("/Users/{}", created.id()));
    assert_eq!(created.header("location"), Some(&*location));
    assert_eq!(created.header("content-type"), Some("application/scim+json"));
    assert_eq!(api.get(&format!("/Users/{}", created.id())).await.expect(200).body, created.body);
}

#[tokio::test]
async fn what_clients_cannot_set_is_ignored() {
    let api = Api::start().await;
    let mut body = babs();
    body["id"] = json!("mine");
    body["meta"] =
        json!({ "resourceType": "Group", "created": "1999-01-01T00:00:00Z", "location": "http://x/" });
    body["groups"] = json!([{ "value": "x" }]);
    body["shoeSize"] = json!(42);
    body["nickName"] = json!(null);
    body["photos"] = json!([]);
    let created = api.post("/Users", body).await.expect(201);
    assert_ne!(created.id(), "mine");
    assert_eq!(created.text("/meta/resourceType"), "User");
    assert!(created.text("/meta/created") > "2000");
    for name in ["groups", "shoeSize", "nickName", "photos", "password"] {
        assert_eq!(created.body.get(name), None, "{name}");
    }
}

#[tokio::test]
async fn refused_creates() {
    let api = Api::start().await;
    for (body, scim_type) in [
        (json!({ "userName": "x" }), "invalidValue"),
        (json!({ "schemas": [], "userName": "x" }), "invalidValue"),
        (json!({ "schemas": [USER] }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": "" }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": null }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": 7 }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": "x", "active": "perhaps" }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": "x", "emails": "x" }), "invalidValue"),
        (json!({ "schemas": [USER], "userName": "x", "name": [] , "title": {} }), "invalidValue"),
        (
            json!({ "schemas": [USER], "userName": "x", "emails": [
                { "value": "a@x", "primary": true }, { "value": "b@x", "primary": true } ] }),
            "invalidValue",
        ),
        (json!({ "schemas": [GROUP], "userName": "x" }), "invalidSyntax"),
        (json!({ "schemas": ["urn:example:unknown"], "userName": "x" }), "invalidSyntax"),
        (json!({ "schemas": USER, "userName": "x" }), "invalidValue"),
        (json!([{ "schemas": [USER], "userName": "x" }]), "invalidSyntax"),
    ] {
        api.post("/Users", body).await.refused(400, Some(scim_type));
    }
    // A create whose answer could not be given is none.
    api.post("/Users?attributes=1x", json!({ "schemas": [USER], "userName": "x" }))
        .await
        .refused(400, Some("invalidValue"));
    assert_eq!(api.get("/Users").await.body["totalResults"], json!(0));
}

#[tokio::test]
async fn schemas_follow_the_extension() {
    let api = Api::start().await;
    let both = json!([USER, ENTERPRISE]);
    let unlisted = json!({ "schemas": [USER], "userName": "a", ENTERPRISE: { "department": "d" } });
    assert_eq!(api.post("/Users", unlisted).await.expect(201).body["schemas"], both);
    let user =
        api.post("/Users", json!({ "schemas": [USER, ENTERPRISE], "userName": "b" })).await.expect(201);
    assert_eq!(user.body["schemas"], json!([USER]));

    let path = format!("/Users/{}", user.id());
    let add = json!([{ "op": "add", "path": format!("{ENTERPRISE}:department"), "value": "d" }]);
    let changed = api.patch(&path, add).await.expect(200);
    assert_eq!((&changed.body["schemas"], &changed.body[ENTERPRISE]), (&both, &json!({ "department": "d" })));
    let removed = api.patch(&path, json!([{ "op": "remove", "path": ENTERPRISE }])).await.expect(200);
    assert_eq!((&removed.body["schemas"], removed.body.get(ENTERPRISE)), (&json!([USER]), None));
}

#[tokio::test]
async fn user_names_are_unique_without_letter_case() {
    let api = Api::start().await;
    let first = api.user("Babs", json!({})).await;
    let second = api.user("other", json!({})).await;
    let (first, second) = (format!("/Users/{}", first.id()), format!("/Users/{}", second.id()));
    let taken = json!({ "schemas": [USER], "userName": "bABS" });
    api.post("/Users", taken.clone()).await.refused(409, Some("uniqueness"));
    api.put(&second, taken.clone()).await.refused(409, Some("uniqueness"));
    let rename = json!([{ "op": "replace", "path": "userName", "value": "BABS" }]);
    api.patch(&second, rename.clone()).await.refused(409, Some("uniqueness"));
    assert_eq!(api.get(&second).await.text("/userName"), "other");
    // A user's own name is not in the way, and a name that was given up is free.
    assert_eq!(api.patch(&first, rename).await.expect(200).text("/userName"), "BABS");
    api.patch(&first, json!([{ "op": "replace", "path": "userName", "value": "new" }])).await.expect(200);
    api.put(&second, taken.clone()).await.expect(200);
    api.delete(&second).await.expect(204);
    api.post("/Users", taken).await.expect(201);
    // Other attributes are not unique, and neither are names of other types.
    for _ in 0..2 {
        api.group("Babs", &[]).await;
        let user = json!({ "externalId": "same", "displayName": "same" });
        api.user(&uuid::Uuid::new_v4().to_string(), user).await;
    }
}

#[tokio::test]
async fn replace() {
    let api = Api::start().await;
    let user = api.post("/Users", babs()).await.expect(201);
    let path = format!("/Users/{}", user.id());
    let body = json!({
        "schemas": [USER], "id": "other", "userName": "new@example.com", "emails": [{ "value": "new@example.com" }],
        "meta": { "created": "1999-01-01T00:00:00Z" }, "name": null,
    });
    let replaced = api.put(&path, body).await.expect(200);
    assert_eq!((replaced.id(), replaced.text("/userName")), (user.id(), "new@example.com"));
    assert_eq!(replaced.body["emails"], json!([{ "value": "new@example.com" }]));
    assert_eq!(replaced.body["schemas"], json!([USER]));
    assert_eq!(replaced.text("/meta/created"), user.text("/meta/created"));
    assert_eq!(replaced.header("location"), Some(user.text("/meta/location")));
    for name in ["name", "externalId", "active", "password", ENTERPRISE] {
        assert_eq!(replaced.body.get(name), None, "{name}");
    }
    assert_eq!(api.get(&path).await.body, replaced.body);

    api.put(&path, json!({ "userName": "x" })).await.refused(400, Some("invalidValue"));
    api.put(&path, json!({ "schemas": [USER] })).await.refused(400, Some("invalidValue"));
    api.put(&path, json!({ "schemas": [GROUP], "displayName": "x" }))
        .await
        .refused(400, Some("invalidSyntax"));
    api.put("/Users/unknown", babs()).await.refused(404, None);
    api.get("/Users/unknown").await.refused(404, None);
    assert_eq!(api.get(&path).await.body, replaced.body);
}

#[tokio::test]
async fn patch() {
    let api = Api::start().await;
    let user = api.post("/Users", babs()).await.expect(201);
    let path = format!("/Users/{}", user.id());
    for (operation, pointer, wanted) in [
        (json!({ "op": "add", "path": "title", "value": "Guide" }), "/title", json!("Guide")),
        (json!({ "op": "Replace", "path": "NAME.GivenName", "value": "B" }), "/name/givenName", json!("B")),
        (json!({ "op": "add", "value": { "nickName": "Babs" } }), "/nickName", json!("Babs")),
        (
            json!({ "op": "replace", "path": "emails[type eq \"home\"].value", "value": "b@x.org" }),
            "/emails/1/value",
            json!("b@x.org"),
        ),
        (
            json!({ "op": "add", "path": "emails[type eq \"home\"].primary", "value": true }),
            "/emails/0/primary",
            json!(false),
        ),
        (json!({ "op": "remove", "path": "emails[type eq \"home\"]" }), "/emails/1", json!(null)),
        (json!({ "op": "replace", "path": "active", "value": "False" }), "/active", json!(false)),
        (
            json!({ "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": { "value": "26" } }),
            &format!("/{ENTERPRISE}/manager/value"),
            json!("26"),
        ),
        (json!({ "op": "remove", "path": "title" }), "/title", json!(null)),
    ] {
        let answer = api.patch(&path, json!([operation])).await.expect(200);
        assert_eq!(answer.body.pointer(pointer).unwrap_or(&Value::Null), &wanted, "{operation}");
        assert_eq!(answer.header("location"), Some(user.text("/meta/location")));
        assert_eq!(api.get(&path).await.body, answer.body);
    }
}

#[tokio::test]
async fn refused_patches_change_nothing() {
    let api = Api::start().await;
    let user = api.post("/Users", babs()).await.expect(201);
    let path = format!("/Users/{}", user.id());
    for (operation, scim_type) in [
        (json!({ "op": "remove" }), "noTarget"),
        (json!({ "op": "replace", "path": "emails[type eq \"fax\"].value", "value": "x" }), "noTarget"),
        (json!({ "op": "replace", "path": "id", "value": "x" }), "mutability"),
        (json!({ "op": "add", "path": "groups", "value": [{ "value": "x" }] }), "mutability"),
        (json!({ "op": "add", "path": "meta.created", "value": "1999-01-01T00:00:00Z" }), "mutability"),
        (json!({ "op": "remove", "path": "userName" }), "mutability"),
        (json!({ "op": "add", "path": "nothing", "value": "x" }), "invalidPath"),
        (json!({ "op": "add", "path": "emails[", "value": "x" }), "invalidFilter"),
        (json!({ "op": "add", "path": "emails[type regex \"x\"]", "value": {} }), "invalidFilter"),
        (json!({ "op": "add", "path": "active", "value": "perhaps" }), "invalidValue"),
        (json!({ "op": "add", "value": "x" }), "invalidValue"),
        (json!({ "op": "add", "path": "title" }), "invalidValue"),
        (json!({ "op": "move", "path": "title", "value": "x" }), "invalidSyntax"),
        (json!({ "path": "title", "value": "x" }), "invalidSyntax"),
        (json!("remove"), "invalidSyntax"),
    ] {
        // The first operation alone would be fine: all or nothing.
        let operations = json!([{ "op": "add", "path": "title", "value": "lost" }, operation]);
        api.patch(&path, operations).await.refused(400, Some(scim_type));
        assert_eq!(api.get(&path).await.body, user.body);
    }
    for body in [
        json!({ "Operations": [{ "op": "remove", "path": "title" }] }),
        json!({ "schemas": [USER], "Operations": [{ "op": "remove", "path": "title" }] }),
        json!({ "schemas": [PATCH] }),
        json!({ "schemas": [PATCH], "Operations": [] }),
        json!({ "schemas": [PATCH], "Operations": {} }),
    ] {
        api.with_body("PATCH", &path, &body).await.refused(400, Some("invalidSyntax"));
    }
    api.patch("/Users/unknown", json!([{ "op": "remove", "path": "title" }])).await.refused(404, None);
}

#[tokio::test]
async fn the_password_is_never_seen_again() {
    let api = Api::start().await;
    let user = api.post("/Users?attributes=password,userName", babs()).await.expect(201);
    let path = format!("/Users/{}", user.id());
    let answers = [
        api.get(&path).await,
        api.query(&path, &[("attributes", "password")]).await,
        api.query("/Users", &[("attributes", "password")]).await,
        api.put(&path, babs()).await,
        api.patch(&path, json!([{ "op": "replace", "path": "password", "value": "t1meMa$heen" }])).await,
        api.patch(&path, json!([{ "op": "remove", "path": "password" }])).await,
        user,
    ];
    for answer in answers {
        assert!((200..=201).contains(&answer.status), "{answer:?}");
        let text = answer.body.to_string();
        assert!(!text.contains("password") && !text.contains("t1me"), "{text}");
    }
    for filter in ["password pr", "password eq \"t1meMa$heen\"", "not (password sw \"t\")"] {
        api.query("/Users", &[("filter", filter)]).await.refused(403, Some("sensitive"));
        let search = json!({ "schemas": [SEARCH], "filter": filter });
        api.post("/Users/.search", search).await.refused(400, Some("invalidFilter"));
    }
    api.query("/Users", &[("sortBy", "password")]).await.refused(400, Some("invalidValue"));
}

#[tokio::test]
async fn delete() {
    let api = Api::start().await;
    let user = api.post("/Users", babs()).await.expect(201);
    let path = format!("/Users/{}", user.id());
    let answer = api.delete(&path).await.expect(204);
    assert_eq!((answer.body, answer.headers.get("content-type")), (Value::Null, None));
    api.get(&path).await.refused(404, None);
    api.put(&path, babs()).await.refused(404, None);
    api.patch(&path, json!([{ "op": "remove", "path": "title" }])).await.refused(404, None);
    api.delete(&path).await.refused(404, None);
    assert_eq!(api.get("/Users").await.body["totalResults"], json!(0));
    let again = api.post("/Users", babs()).await.expect(201);
    assert_ne!(again.id(), user.id());
    // An id belongs to its endpoint.
    api.delete(&format!("/Groups/{}", again.id())).await.refused(404, None);
}

#[tokio::test]
async fn projection_of_single_resources() {
    let api = Api::start().await;
    let create = async |query: &str, name: &str| {
        let mut body = babs();
        body["userName"] = json!(name);
        api.post(&format!("/Users{query}"), body).await.expect(201)
    };
    let names = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let user = create("?attributes=userName,name.familyName", "a").await;
    assert_eq!(names(&user.body), ["schemas", "id", "userName", "name"]);
    assert_eq!(user.body["name"], json!({ "familyName": "Jensen" }));
    let path = format!("/Users/{}", user.id());
    for (query, wanted) in [
        ("attributes=USERNAME", &["schemas", "id", "userName"][..]),
        ("attributes=emails.type", &["schemas", "id", "emails"]),
        ("attributes=unknown", &["schemas", "id"]),
        (&format!("attributes={ENTERPRISE}:department"), &["schemas", "id", ENTERPRISE]),
        (&format!("attributes={USER}:active"), &["schemas", "id", "active"]),
        ("attributes=meta", &["schemas", "id", "meta"]),
        (
            "excludedAttributes=id,schemas,meta,emails,name",
            &["schemas", "id", "userName", "externalId", "active", ENTERPRISE],
        ),
        (
            &format!("excludedAttributes=meta,emails,name,{ENTERPRISE}"),
            &["schemas", "id", "userName", "externalId", "active"],
        ),
    ] {
        let answer = api.get(&format!("{path}?{query}")).await.expect(200);
        assert_eq!(names(&answer.body), wanted, "{query}");
        assert!(answer.header("etag").is_some());
    }
    let mut body = babs();
    body["userName"] = json!("a");
    assert_eq!(
        names(&api.put(&format!("{path}?attributes=userName"), body).await.body),
        ["schemas", "id", "userName"]
    );
    let patch = json!({ "schemas": [PATCH], "Operations": [{ "op": "add", "path": "title", "value": "x" }] });
    let answer = api.with_body("PATCH", &format!("{path}?attributes=title"), &patch).await.expect(200);
    assert_eq!(names(&answer.body), ["schemas", "id", "title"]);
    for query in ["attributes=a&excludedAttributes=b", "attributes=1", "excludedAttributes=a..b"] {
        api.get(&format!("{path}?{query}")).await.refused(400, Some("invalidValue"));
    }
}

#[tokio::test]
async fn equal_values_are_kept_once() {
    let api = Api::start().await;
    let emails = json!([
        { "value": "a@x.org", "type": "work" }, { "value": "A@x.org", "type": "work", "primary": true },
        { "value": "a@x.org", "type": "home" },
    ]);
    let user = api.user("babs", json!({ "emails": emails })).await;
    let wanted = json!([
        { "value": "a@x.org", "type": "work", "primary": true }, { "value": "a@x.org", "type": "home" },
    ]);
    assert_eq!(user.body["emails"], wanted);
}

#[tokio::test]
async fn operations_see_the_schemas_of_those_before() {
    let api = Api::start().await;
    let user = api.user("babs", json!({})).await;
    let operations = json!([
        { "op": "add", "path": "schemas", "value": [ENTERPRISE] },
        { "op": "add", "path": format!("{ENTERPRISE}:department"), "value": "d" },
    ]);
    let path = format!("/Users/{}", user.id());
    assert_eq!(api.patch(&path, operations).await.expect(200).body["schemas"], json!([USER, ENTERPRISE]));
    let operations = json!([{ "op": "add", "path": "schemas", "value": ["urn:example:unknown"] }]);
    api.patch(&path, operations).await.refused(400, Some("invalidValue"));
}

#[tokio::test]
async fn managers() {
    let api = Api::start().await;
    let boss = api.user("boss", json!({ "displayName": "The Boss" })).await;
    let other = api.user("other", json!({})).await;
    let manager = json!({ "value": boss.id(), "displayName": "Nobody", "$ref": "../Users/x" });
    let user = api.user("babs", json!({ ENTERPRISE: { "manager": manager } })).await;
    let path = format!("/Users/{}", user.id());
    let manager_of = async || api.get(&path).await.body[ENTERPRISE]["manager"].clone();
    let entry = |manager: &str, display: &str| json!({ "value": manager, "$ref": api.url(&format!("/Users/{manager}")), "displayName": display });
    assert_eq!(user.body[ENTERPRISE]["manager"], entry(boss.id(), "The Boss"));

    let rename = json!([{ "op": "replace", "path": "displayName", "value": "Boss" }]);
    api.patch(&format!("/Users/{}", boss.id()), rename).await.expect(200);
    assert_eq!(manager_of().await, entry(boss.id(), "Boss"));
    assert_ne!(api.get(&path).await.header("etag"), user.header("etag"));
    let manager = format!("{ENTERPRISE}:manager.value");
    let change = json!([{ "op": "replace", "path": manager, "value": other.id() }]);
    api.patch(&path, change.clone()).await.expect(200);
    assert_eq!(manager_of().await, entry(other.id(), "other"));
    let version = api.get(&path).await.body["meta"].clone();
    assert_eq!(api.patch(&path, change).await.expect(200).body["meta"], version);

    // A manager that is not, or no longer, there.
    api.delete(&format!("/Users/{}", other.id())).await.expect(204);
    assert_eq!(manager_of().await, json!({ "value": other.id() }));
    let change = json!([{ "op": "replace", "path": format!("{ENTERPRISE}:manager"), "value": "elsewhere" }]);
    api.patch(&path, change).await.expect(200);
    assert_eq!(manager_of().await, json!({ "value": "elsewhere" }));
    api.patch(&path, json!([{ "op": "remove", "path": format!("{ENTERPRISE}:manager") }])).await.expect(200);
    assert_eq!(manager_of().await, Value::Null);
}
