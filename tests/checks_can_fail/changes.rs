//! The changes that are tried, the gentle ones first: at the place that a check looks at, then of the whole answer,
//! then everywhere.

use scimcheck::model::{Finding, Response};
use scimcheck::wire::Sent;
use serde_json::{Value, json};

use super::edit::{Edit, join, split};
use super::place::{parent, pointers, puts, walk};
use super::replay::changed;
use super::values::{strangers, swap_case, variants};

/// The name of a kind of change, and how it is made.
pub(crate) type Kind = (&'static str, Vec<Edit>);

/// Status codes that answers get.
const STATUSES: [u16; 14] = [200, 201, 204, 302, 400, 401, 403, 404, 405, 409, 412, 500, 501, 503];

/// Values that are changed at most in one answer when changes are tried everywhere, and how deep.
const MOST_VALUES: usize = 150;
const DEPTH: usize = 4;

/// Changes of an answer that are aimed at one check: `finding` says where it looks.
pub(crate) fn aimed(finding: &Finding, exchanges: &[Sent], place: usize, base: &[Edit]) -> Vec<Kind> {
    let Some(response) = changed(exchanges, place, base) else { return Vec::new() };
    if let Some(header) = finding.at.strip_prefix("header ") {
        header_changes(&header.to_ascii_lowercase(), &response, exchanges, place)
    } else if finding.at == "status" || finding.at == "the answer" {
        let mut kinds = statuses(&response);
        kinds.extend(error_members(&response));
        kinds
    } else if finding.at == "the body" {
        let mut kinds = members(&response, exchanges, place);
        kinds.extend(bodies(&response, exchanges, place));
        kinds
    } else {
        at_place(&finding.at, &response, exchanges, place)
    }
}

/// Changes of an answer as a whole.
pub(crate) fn whole(exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let Some(response) = changed(exchanges, place, &[]) else { return Vec::new() };
    let mut kinds = bodies(&response, exchanges, place);
    kinds.extend(statuses(&response));
    let mut headers: Vec<_> = response.headers.iter().map(|(name, _)| name.as_str()).collect();
    headers.extend(["location", "etag", "www-authenticate", "allow", "content-location"]);
    headers.dedup();
    for name in headers {
        kinds.extend(header_changes(name, &response, exchanges, place));
    }
    kinds.push(("connection closed", vec![Edit::Closed]));
    kinds
}

/// Changes of every value of an answer, down to a depth.
pub(crate) fn everywhere(exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let Some(response) = changed(exchanges, place, &[]) else { return Vec::new() };
    let Some(body) = response.body.json() else { return Vec::new() };
    let mut all = Vec::new();
    walk(body, "", DEPTH, &mut |pointer, _| all.push(pointer.to_owned()));
    all.iter().take(MOST_VALUES).flat_map(|pointer| value_changes(pointer, body, exchanges, place)).collect()
}

/// Other answers altogether, from which the search begins again: they lead to what the reference server never does.
pub(crate) fn bases(exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let Some(response) = changed(exchanges, place, &[]) else { return Vec::new() };
    let mut all = Vec::new();
    for status in STATUSES {
        let mut kept: Vec<Kind> = vec![("status changed", vec![Edit::Status(status)])];
        kept.push(("status changed, body emptied", vec![Edit::Status(status), Edit::Body(Vec::new())]));
        if status >= 400 {
            kept.push(("status changed, Error body", vec![Edit::Status(status), error(status, None)]));
        } else {
            let other = bodies(&response, exchanges, place);
            let with_status = |(_, edits): Kind| [vec![Edit::Status(status)], edits].concat();
            kept.extend(other.into_iter().map(|kind| ("status and body changed", with_status(kind))));
        }
        all.extend(kept);
    }
    all
}

/// Changes that no check of a case asks for, but an invariant does.
pub(crate) fn for_invariants(exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let Some(response) = changed(exchanges, place, &[]) else { return Vec::new() };
    let body = response.body.json();
    let mut kinds: Vec<Kind> = Vec::new();
    if body.is_some_and(|body| body.get("id").is_some()) {
        kinds.push(("another id", vec![Edit::Set("/id".to_owned(), Some(json!("bulkId:stranger")))]));
    }
    if body.is_some_and(|body| body.pointer("/Resources/0").is_some()) {
        let more = Edit::Set("/totalResults".to_owned(), Some(json!(1000)));
        kinds.push((
            "a partial page without its place",
            vec![more, Edit::Set("/startIndex".to_owned(), None)],
        ));
    }
    if exchanges[place].request.url.contains("count=") {
        kinds.extend(members(&response, exchanges, place));
    }
    if let Some(sent) = exchanges[place].request.body.as_deref().filter(|_| body.is_some())
        && let Ok(Value::Object(sent)) = serde_json::from_slice::<Value>(sent)
        && let Some(password) = sent.get("password")
    {
        let shown = Edit::Set("/password".to_owned(), Some(password.clone()));
        kinds.push(("what was sent is taken over", vec![shown]));
    }
    kinds
}

fn statuses(response: &Response) -> Vec<Kind> {
    let others = STATUSES.into_iter().filter(|status| *status != response.status);
    // A success becomes an error first, an error a success.
    let mut others: Vec<_> = others.collect();
    others.sort_by_key(|status| (*status < 400) == (response.status < 400));
    others
        .into_iter()
        .flat_map(|status| {
            let with_body = vec![Edit::Status(status), error(status, None)];
            [("status changed", vec![Edit::Status(status)]), ("replaced by an Error", with_body)]
        })
        .collect()
}

fn error(status: u16, scim_type: Option<&str>) -> Edit {
    Edit::json(&json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": status.to_string(),
        "scimType": scim_type,
        "detail": "stranger",
    }))
}

/// What an error may say otherwise.
fn error_members(response: &Response) -> Vec<Kind> {
    let set = |pointer: &str, value: Option<Value>| vec![Edit::Set(pointer.to_owned(), value)];
    let mut kinds = vec![
        ("scimType changed", set("/scimType", Some(json!("stranger")))),
        ("scimType removed", set("/scimType", None)),
        ("status in the body changed", set("/status", Some(json!("418")))),
        ("status in the body a number", set("/status", Some(json!(response.status)))),
        ("schemas changed", set("/schemas", Some(json!(["urn:x:stranger"])))),
        ("body emptied", vec![Edit::Body(Vec::new())]),
        ("body replaced by {}", vec![Edit::json(&json!({}))]),
    ];
    kinds.push(("replaced by an Error", vec![error(response.status, Some("stranger"))]));
    kinds
}

/// Other bodies: none, hardly any, not JSON, or one that the target gave before.
fn bodies(response: &Response, exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for other in (0..exchanges.len()).rev().filter(|other| *other != place) {
        let Some(body) = changed(exchanges, other, &[]).and_then(|response| response.body.json().cloned())
        else {
            continue;
        };
        kinds.push(("answered as another request", vec![Edit::json(&body)]));
        let list = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 1, "startIndex": 1, "itemsPerPage": 1, "Resources": [body],
        });
        kinds.push(("a list with the answer to another request", vec![Edit::json(&list)]));
    }
    for request in exchanges.iter().take(place + 1).rev().map(|sent| &sent.request) {
        let sent = request.body.as_deref().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        let Some(Value::Object(sent)) = sent else { continue };
        let mut merged = response.body.json().and_then(Value::as_object).cloned().unwrap_or_default();
        let echoed = json!(sent);
        merged.extend(sent);
        kinds.push(("what was sent is taken over", vec![Edit::json(&Value::Object(merged))]));
        kinds.push(("answered with what was sent", vec![Edit::json(&echoed)]));
    }
    kinds.extend([
        ("body emptied", vec![Edit::Body(Vec::new())]),
        ("body replaced by {}", vec![Edit::json(&json!({}))]),
        ("body replaced by []", vec![Edit::json(&json!([]))]),
        ("body replaced by null", vec![Edit::json(&Value::Null)]),
        ("body not JSON", vec![Edit::Body(b"<html></html>".to_vec())]),
        ("body broken off", vec![Edit::Body(b"{\"schemas\": [".to_vec())]),
        ("an Error in the body", vec![error(response.status, None)]),
    ]);
    kinds
}

/// Changes of each member of the body.
fn members(response: &Response, exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let Some(body) = response.body.json() else { return Vec::new() };
    let names = body.as_object().into_iter().flat_map(|object| object.keys());
    in_turn(names.map(|name| value_changes(&join("", name), body, exchanges, place)).collect())
}

fn header_changes(name: &str, response: &Response, exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let header = |value: Option<String>| vec![Edit::Header(name.to_owned(), value)];
    let mut kinds: Vec<Kind> = Vec::new();
    if let Some(value) = response.header(name) {
        kinds.push(("header changed", header(Some(format!("{value}x")))));
        let first = value.split([' ', ';', ',']).next().unwrap_or_default();
        kinds.push(("header cut short", header(Some(first.to_owned()))));
        kinds.push(("header changed", header(Some("stranger".to_owned()))));
        kinds.push(("header in another letter case", header(Some(swap_case(value)))));
        kinds.push(("header removed", header(None)));
    } else {
        for value in ["stranger", "W/\"stranger\"", "Bearer", "Bearer error=\"stranger\""] {
            kinds.push(("header added", header(Some(value.to_owned()))));
        }
    }
    for (other, sent) in exchanges.iter().enumerate() {
        if let (true, scimcheck::model::Answer::Response(answer)) = (other != place, &sent.answer)
            && let Some(value) = answer.header(name)
        {
            kinds.push(("header of another answer", header(Some(value.to_owned()))));
        }
    }
    kinds
}

/// Changes at what a check looks at, or where it finds nothing.
fn at_place(at: &str, response: &Response, exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let Some(body) = response.body.json() else { return bodies(response, exchanges, place) };
    let found = pointers(at, body);
    let mut kinds: Vec<Kind> = Vec::new();
    for pointer in found.iter().take(6).chain(found.iter().skip(6).last()) {
        kinds.extend(value_changes(pointer, body, exchanges, place));
    }
    if let Some(first) = found.first() {
        let mut around = split(first).map(|(around, _)| around);
        while let Some(pointer) = around.filter(|pointer| !pointer.is_empty()) {
            kinds.extend(value_changes(pointer, body, exchanges, place));
            around = split(pointer).map(|(around, _)| around);
        }
    } else {
        let put = |(pointer, value)| ("value added", vec![Edit::Set(pointer, Some(value))]);
        let put_all = strangers().into_iter().flat_map(|value| puts(at, body, &value));
        kinds.extend(in_turn(vec![so_that_a_filter_selects(at, body), put_all.map(put).collect()]));
        if let Some((around, _)) = parent(at) {
            for pointer in pointers(&around, body).iter().take(3) {
                kinds.extend(value_changes(pointer, body, exchanges, place));
            }
        }
    }
    kinds.extend(bodies(response, exchanges, place));
    kinds
}

/// A place with a filter finds nothing: what the filter looks at is changed or added in the values that it chooses
/// from.
fn so_that_a_filter_selects(at: &str, body: &Value) -> Vec<Kind> {
    let mut around = parent(at);
    while let Some((place, member)) = around {
        // The innermost filter decides; those around it choose what is looked at.
        if member.is_none() && at[place.len()..].starts_with("[?") {
            let names = filtered_members(&at[place.len()..]);
            let lists = pointers(&place, body);
            let mut candidates: Vec<_> = lists.iter().flat_map(|pointer| children(pointer, body)).collect();
            // What has most of the members is nearest to being selected.
            let has = |pointer: &String| {
                names.iter().filter(|name| body.pointer(&join(pointer, name)).is_some()).count()
            };
            candidates.sort_by_key(|pointer| std::cmp::Reverse(has(pointer)));
            let changes = candidates.iter().take(20).map(|child| each_changed(child, &names, body));
            return in_turn(changes.collect());
        }
        around = parent(&place);
    }
    Vec::new()
}

fn each_changed(pointer: &str, names: &[String], body: &Value) -> Vec<Kind> {
    let Some(value) = body.pointer(pointer) else { return Vec::new() };
    let set = |pointer: String, value| vec![Edit::Set(pointer, value)];
    let Some(object) = value.as_object() else {
        let changed = variants(value, "").into_iter();
        return changed.map(|(kind, value)| (kind, set(pointer.to_owned(), value))).collect();
    };
    let of_member = |name: &String| -> Vec<Kind> {
        let at = join(pointer, name);
        match object.get(name) {
            Some(value) => {
                let changed = variants(value, name).into_iter();
                changed.map(|(kind, value)| (kind, set(at.clone(), value))).collect()
            }
            None => {
                let added = strangers().into_iter();
                added.map(|value| ("value added", set(at.clone(), Some(value)))).collect()
            }
        }
    };
    in_turn(names.iter().map(of_member).collect())
}

/// The first of each list, then the second of each, and so on.
fn in_turn(lists: Vec<Vec<Kind>>) -> Vec<Kind> {
    let numbered = lists.into_iter().flat_map(|list| list.into_iter().enumerate());
    let mut numbered: Vec<_> = numbered.collect();
    numbered.sort_by_key(|(turn, _)| *turn);
    numbered.into_iter().map(|(_, kind)| kind).collect()
}

/// Pointers to the elements or members of a value.
fn children(pointer: &str, body: &Value) -> Vec<String> {
    match body.pointer(pointer) {
        Some(Value::Array(items)) => (0..items.len()).map(|index| format!("{pointer}/{index}")).collect(),
        Some(Value::Object(object)) => object.keys().map(|name| join(pointer, name)).collect(),
        _ => Vec::new(),
    }
}

/// The members that the filters of a place look at: `type` in `[?@.type == 'complex']`.
fn filtered_members(at: &str) -> Vec<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names: Vec<_> = at.split("@.").skip(1).map(name).filter(|name| !name.is_empty()).collect();
    names.sort();
    names.dedup();
    names
}

/// Changes of one value.
fn value_changes(pointer: &str, body: &Value, exchanges: &[Sent], place: usize) -> Vec<Kind> {
    let Some(value) = body.pointer(pointer) else { return Vec::new() };
    let name = split(pointer).map(|(_, name)| name).unwrap_or_default();
    let mut kinds: Vec<Kind> = variants(value, &name)
        .into_iter()
        .map(|(kind, value)| (kind, vec![Edit::Set(pointer.to_owned(), value)]))
        .collect();
    for (other, sent) in exchanges.iter().enumerate() {
        if let (true, scimcheck::model::Answer::Response(answer)) = (other != place, &sent.answer)
            && let Some(there) = answer.body.json().and_then(|body| body.pointer(pointer))
            && there != value
        {
            kinds.push(("value of another answer", vec![Edit::Set(pointer.to_owned(), Some(there.clone()))]));
        }
    }
    if name.parse::<usize>().is_err() && !name.is_empty() {
        kinds.push((
            "member in another letter case",
            vec![Edit::Rename(pointer.to_owned(), swap_case(&name))],
        ));
    }
    kinds
}
