//! Groups, and what memberships do to users (RFC 7643 §4.1.2 and §4.2).

use scimcheck::server::Options;
use serde_json::{Value, json};

use super::api::{Api, GROUP, USER, snapshot};

/// The ids in `members` or `groups`.
fn ids(list: &Value) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(|entry| entry["value"].as_str()).collect()
}

#[tokio::test]
async fn both_sides_are_complete() {
    let api = Api::with(Options { seed: Some(2), ..Options::default() }).await;
    let user = api.user("babs", json!({ "displayName": "Babs Jensen" })).await;
    let nested = api.group("Guides", &[]).await;
    let members = json!([
        { "value": user.id(), "$ref": "../Users/x", "display": "Somebody", "type": "Group" },
        { "value": nested.id() },
        { "value": user.id() },
    ]);
    let body = json!({ "schemas": [GROUP], "displayName": "Tour Guides", "members": members });
    let group = api.post("/Groups", body).await.expect(201);
    snapshot("created-group", &group.body);
    snapshot("user-in-group", &api.get(&format!("/Users/{}", user.id())).await.body);
    assert_eq!(api.get(&format!("/Groups/{}", nested.id())).await.body, nested.body);
}

#[tokio::test]
async fn refused_groups() {
    let api = Api::start().await;
    for body in [
        json!({ "schemas": [GROUP] }),
        json!({ "schemas": [GROUP], "displayName": "" }),
        json!({ "schemas": [GROUP], "displayName": "x", "members": [{ "value": "unknown" }] }),
        json!({ "schemas": [GROUP], "displayName": "x", "members": [{ "type": "User" }] }),
        json!({ "schemas": [GROUP], "displayName": "x", "members": "unknown" }),
    ] {
        api.post("/Groups", body).await.refused(400, Some("invalidValue"));
    }
    // Without what clients cannot set, nothing is left of this member.
    let body = json!({ "schemas": [GROUP], "displayName": "team", "members": [{ "display": "nobody" }] });
    let group = api.post("/Groups", body).await.expect(201);
    assert_eq!(group.body.get("members"), None);
    let path = format!("/Groups/{}", group.id());
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": "unknown" }] }]);
    api.patch(&path, add).await.refused(400, Some("invalidValue"));
    assert_eq!(api.get(&path).await.body, group.body);
}

#[tokio::test]
async fn users_follow_their_groups() {
    let api = Api::start().await;
    let (a, b) = (api.user("a", json!({})).await, api.user("b", json!({})).await);
    let group = api.group("team", &[a.id()]).await;
    let path = format!("/Groups/{}", group.id());
    let groups_of = async |id: &str| api.get(&format!("/Users/{id}")).await.body["groups"].clone();
    let entry = |name: &str| json!([{ "value": group.id(), "$ref": api.url(&path), "display": name, "type": "direct" }]);
    assert_eq!((groups_of(a.id()).await, groups_of(b.id()).await), (entry("team"), Value::Null));

    // Joining and leaving by PATCH, renaming, replacing by PUT.
    let operations = json!([
        { "op": "add", "path": "members", "value": [{ "value": b.id() }] },
        { "op": "remove", "path": format!("members[value eq \"{}\"]", a.id()) },
        { "op": "replace", "path": "displayName", "value": "crew" },
    ]);
    let changed = api.patch(&path, operations).await.expect(200);
    assert_eq!(ids(&changed.body["members"]), [b.id()]);
    assert_eq!((groups_of(a.id()).await, groups_of(b.id()).await), (Value::Null, entry("crew")));
    api.patch(&path, json!([{ "op": "replace", "path": "displayName", "value": "gang" }])).await.expect(200);
    assert_eq!(groups_of(b.id()).await, entry("gang"));
    let body = json!({ "schemas": [GROUP], "displayName": "gang", "members": [{ "value": a.id() }] });
    api.put(&path, body).await.expect(200);
    assert_eq!((groups_of(a.id()).await, groups_of(b.id()).await), (entry("gang"), Value::Null));
    api.patch(&path, json!([{ "op": "remove", "path": "members" }])).await.expect(200);
    assert_eq!(groups_of(a.id()).await, Value::Null);
    assert_eq!(api.get(&path).await.body.get("members"), None);

    // Deleting the group.
    let members =
        json!([{ "op": "add", "value": { "members": [{ "value": a.id() }, { "value": b.id() }] } }]);
    api.patch(&path, members).await.expect(200);
    assert_eq!(groups_of(b.id()).await, entry("gang"));
    api.delete(&path).await.expect(204);
    assert_eq!((groups_of(a.id()).await, groups_of(b.id()).await), (Value::Null, Value::Null));
}

#[tokio::test]
async fn groups_follow_their_members() {
    let api = Api::start().await;
    let user = api.user("babs", json!({})).await;
    let nested = api.group("inner", &[]).await;
    let group = api.group("outer", &[user.id(), nested.id()]).await;
    let displays = |group: &Value| -> Vec<String> {
        let members = group["members"].as_array().into_iter().flatten();
        members.filter_map(|member| member["display"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(displays(&group.body), ["babs", "inner"]);
    let path = format!("/Groups/{}", group.id());
    let rename = json!([{ "op": "add", "path": "displayName", "value": "Babs" }]);
    api.patch(&format!("/Users/{}", user.id()), rename.clone()).await.expect(200);
    api.patch(&format!("/Groups/{}", nested.id()), rename).await.expect(200);
    let renamed = api.get(&path).await;
    assert_eq!(displays(&renamed.body), ["Babs", "Babs"]);
    assert_ne!(renamed.header("etag"), group.header("etag"));

    api.delete(&format!("/Users/{}", user.id())).await.expect(204);
    assert_eq!(ids(&api.get(&path).await.body["members"]), [nested.id()]);
    api.delete(&format!("/Groups/{}", nested.id())).await.expect(204);
    assert_eq!(api.get(&path).await.body.get("members"), None);
}

#[tokio::test]
async fn a_change_of_memberships_is_a_change_of_the_user() {
    let api = Api::start().await;
    let user = api.user("babs", json!({})).await;
    let path = format!("/Users/{}", user.id());
    let group = api.group("team", &[user.id()]).await;
    let member = api.get(&path).await;
    assert_ne!(member.header("etag"), user.header("etag"));
    assert_eq!(member.header("etag"), Some(member.text("/meta/version")));
    assert!(member.text("/meta/lastModified") > user.text("/meta/lastModified"));
    // A group's change that does not concern the user is none of the user's.
    let id = json!([{ "op": "add", "path": "externalId", "value": "x" }]);
    api.patch(&format!("/Groups/{}", group.id()), id).await.expect(200);
    assert_eq!(api.get(&path).await.body, member.body);
}

#[tokio::test]
async fn adding_a_member_again_changes_nothing() {
    let api = Api::start().await;
    let user = api.user("babs", json!({})).await;
    let group = api.group("team", &[user.id()]).await;
    let path = format!("/Groups/{}", group.id());
    for member in [
        json!({ "value": user.id() }),
        json!({ "value": user.id(), "type": "User", "$ref": format!("https://example.com/v2/Users/{}", user.id()) }),
        json!({ "value": user.id(), "display": "Babs Jensen" }),
    ] {
        for operation in [
            json!({ "op": "add", "path": "members", "value": [member] }),
            json!({ "op": "add", "value": { "members": [member] } }),
            json!({ "op": "replace", "path": "members", "value": [member] }),
        ] {
            assert_eq!(
                api.patch(&path, json!([operation])).await.expect(200).body,
                group.body,
                "{operation}"
            );
        }
    }
    let stranger = format!("members[value eq \"{}\"]", group.id());
    let operations = json!([{ "op": "remove", "path": stranger }]);
    assert_eq!(api.patch(&path, operations).await.expect(200).body, group.body);
    // What identifies a member cannot be changed.
    let value = format!("members[value eq \"{}\"].value", user.id());
    let operations = json!([{ "op": "replace", "path": value, "value": group.id() }]);
    api.patch(&path, operations).await.refused(400, Some("mutability"));
    let user_path = format!("/Users/{}", user.id());
    let leave = json!([{ "op": "remove", "path": "groups" }]);
    api.patch(&user_path, leave).await.refused(400, Some("mutability"));
    // PUT ignores it (RFC 7644 §3.5.1).
    let body = json!({ "schemas": [USER], "userName": "babs", "groups": [] });
    assert_eq!(ids(&api.put(&user_path, body).await.expect(200).body["groups"]), [group.id()]);
}

#[tokio::test]
async fn memberships_can_be_searched() {
    let api = Api::start().await;
    let (a, b) = (api.user("a", json!({})).await, api.user("b", json!({})).await);
    let group = api.group("team", &[a.id()]).await;
    for (path, filter, wanted) in [
        ("/Users", format!("groups.value eq \"{}\"", group.id()), a.id()),
        ("/Users", "groups.display eq \"TEAM\"".to_owned(), a.id()),
        ("/Users", "not (groups pr)".to_owned(), b.id()),
        ("/Groups", format!("members[value eq \"{}\" and type eq \"User\"]", a.id()), group.id()),
        ("/Groups", "members.display eq \"a\"".to_owned(), group.id()),
    ] {
        assert_eq!(api.query(path, &[("filter", &filter)]).await.listed("/id"), [wanted], "{filter}");
    }
    let lean = api.query("/Groups", &[("excludedAttributes", "members")]).await;
    assert_eq!(lean.body["Resources"][0].get("members"), None);
}

#[tokio::test]
async fn large_groups() {
    let api = Api::start().await;
    let mut ids = Vec::new();
    for index in 0..300 {
        ids.push(api.user(&format!("user-{index}"), json!({})).await.id().to_owned());
    }
    let members: Vec<&str> = ids.iter().map(String::as_str).collect();
    let group = api.group("all", &members).await;
    assert_eq!(group.body["members"].as_array().map(Vec::len), Some(300));
    let path = format!("/Groups/{}", group.id());
    let odd: Vec<Value> = ids.iter().step_by(2).map(|id| json!({ "value": id })).collect();
    let replaced =
        api.patch(&path, json!([{ "op": "replace", "path": "members", "value": odd }])).await.expect(200);
    assert_eq!(replaced.body["members"].as_array().map(Vec::len), Some(150));
    assert_eq!(api.get(&format!("/Users/{}", ids[1])).await.body.get("groups"), None);
    assert!(api.get(&format!("/Users/{}", ids[2])).await.body.get("groups").is_some());
}
