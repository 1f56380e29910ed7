//! What the tables of variants and faults have in common: looking into requests, bodies and replies.

use std::sync::Arc;

use axum::http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderName, Method, StatusCode, Uri};
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::hook::Write;
use super::http::{ReceivedBody, Request};
use super::kind::Kind;
use super::negotiate::json_body;
use super::reply::{Content, Refusal, Reply};
use super::route::{BASE_PATH, Route};
use super::service::Call;
use super::store::Resource;
use crate::scim::attribute_path::AttributePath;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{Filter, Operator};
use crate::scim::resource_type::{ResourceSchemas, common_attributes};
use crate::scim::schema::{Attribute, Returned};
use crate::scim::urn;

type Object = Map<String, Value>;

/// The JSON body of a reply.
pub(super) fn object(reply: &mut Reply) -> Option<&mut Object> {
    match &mut reply.content {
        Content::Json(value) => value.as_object_mut(),
        _ => None,
    }
}

/// The body if it is that message.
fn message<'r>(reply: &'r mut Reply, urn: &str) -> Option<&'r mut Object> {
    let object = object(reply)?;
    let named = object.get("schemas").and_then(Value::as_array);
    named.is_some_and(|schemas| schemas.iter().any(|schema| schema == urn)).then_some(object)
}

/// The body if it is an Error message.
pub(super) fn error(reply: &mut Reply) -> Option<&mut Object> {
    message(reply, urn::ERROR)
}

/// The body if it is a list.
pub(super) fn list(reply: &mut Reply) -> Option<&mut Object> {
    message(reply, urn::LIST_RESPONSE)
}

/// The results of a bulk job.
pub(super) fn results(reply: &mut Reply) -> Option<&mut Vec<Value>> {
    message(reply, urn::BULK_RESPONSE)?.get_mut("Operations")?.as_array_mut()
}

/// The `scimType` of an error.
pub(super) fn scim_type(reply: &mut Reply) -> Option<ScimType> {
    ScimType::from_word(error(reply)?.get("scimType")?.as_str()?)
}

/// Gives an error another keyword.
pub(super) fn retype(reply: &mut Reply, kind: ScimType) {
    if let Some(error) = error(reply) {
        error.insert("scimType".to_owned(), kind.as_str().into());
    }
}

/// Gives an error another status.
pub(super) fn restate(reply: &mut Reply, status: StatusCode) {
    reply.status = status;
    if let Some(error) = error(reply) {
        error.insert("status".to_owned(), status.as_str().into());
    }
}

/// Sets a header field.
pub(super) fn set_header(reply: &mut Reply, name: HeaderName, value: &str) {
    remove_header(reply, &name);
    reply.headers.push((name, value.to_owned()));
}

/// Takes a header field away.
pub(super) fn remove_header(reply: &mut Reply, name: &HeaderName) {
    reply.headers.retain(|(known, _)| known != name);
}

/// Puts a page for browsers in place of the body.
pub(super) fn html(reply: &mut Reply) {
    let page = format!("<html><body><h1>{}</h1></body></html>", reply.status);
    reply.content = Content::Shared(page.into());
    set_header(reply, CONTENT_TYPE, "text/html");
}

/// The operations of a PATCH body.
pub(super) fn operations(body: &mut Value) -> Option<&mut Vec<Value>> {
    body.get_mut("Operations")?.as_array_mut()
}

/// The word of a PATCH operation, in lower case.
pub(super) fn op(operation: &Value) -> String {
    operation.get("op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase()
}

/// The path of a PATCH operation; empty without one.
pub(super) fn path(operation: &Value) -> &str {
    operation.get("path").and_then(Value::as_str).unwrap_or_default()
}

/// The values of a multi-valued attribute of a resource.
pub(super) fn values<'v>(resource: &'v mut Value, name: &str) -> impl Iterator<Item = &'v mut Value> {
    resource.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The body if it is a whole resource: that of a POST or PUT.
pub(super) fn whole<'b>(write: &Write<'_>, body: &'b Value) -> Option<&'b Object> {
    (write.call.request.method != Method::PATCH).then(|| body.as_object()).flatten()
}

/// The same, to be changed.
pub(super) fn whole_mut<'b>(write: &Write<'_>, body: &'b mut Value) -> Option<&'b mut Object> {
    (write.call.request.method != Method::PATCH).then(|| body.as_object_mut()).flatten()
}

/// The JSON body of the request that writes a resource, as it came.
pub(super) fn as_sent(write: &Write<'_>) -> Value {
    json_body(write.call.request).unwrap_or_default()
}

/// The JSON body of a POST to the endpoint of the users.
pub(super) fn new_user(call: Call<'_>, route: Option<&Route>) -> Option<Value> {
    let creates = call.request.method == Method::POST && route == Some(&Route::Collection(Kind::User));
    creates.then(|| json_body(call.request).ok()).flatten()
}

/// The oldest user of the client's tenant for whom this holds.
pub(super) fn user_with(call: Call<'_>, is_it: impl Fn(&Value) -> bool) -> Option<Arc<Resource>> {
    let users = call.store().list(&[Kind::User]);
    users.into_iter().find(|user| is_it(&user.value))
}

/// A text in a resource.
pub(super) fn text<'v>(resource: &'v Value, pointer: &str) -> Option<&'v str> {
    resource.pointer(pointer)?.as_str()
}

/// Whether both have the same text there, whatever its letter case.
pub(super) fn same_text(a: &Value, b: &Value, pointer: &str) -> bool {
    matches!((text(a, pointer), text(b, pointer)), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}

/// Answers a POST by replacing a resource that is there already, and claims to have created it.
pub(super) fn adopt(call: Call<'_>, old: &Resource) -> Reply {
    let mut reply = call.nested(&redirected(call.request, Method::PUT, old.kind, &old.id));
    if reply.status == StatusCode::OK {
        reply.status = StatusCode::CREATED;
    }
    reply
}

/// The same request with another method, about another resource.
pub(super) fn redirected(request: &Request, method: Method, kind: Kind, id: &str) -> Request {
    let path = format!("{BASE_PATH}/{}/{id}", kind.segment());
    Request { method, uri: path.parse().unwrap_or_else(|_| Uri::from_static("/")), ..request.clone() }
}

/// Adds what stands for an unassigned attribute, unless that is false.
pub(super) fn fill(schemas: &ResourceSchemas, resource: &mut Value, empty: fn(&Attribute) -> Value) {
    let Some(resource) = resource.as_object_mut() else { return };
    let own = schemas.core.attributes.iter();
    for attribute in own.chain(common_attributes()).filter(|a| a.returned == Returned::Default) {
        let value = empty(attribute);
        if !resource.contains_key(&attribute.name) && value != Value::Bool(false) {
            resource.insert(attribute.name.clone(), value);
        }
    }
}

/// 415 for a body that is sent as `application/json`.
pub(super) fn refuse_plain_json(call: Call<'_>, _: &Route) -> Option<Reply> {
    let given = call.request.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok())?;
    let plain = given.to_ascii_lowercase().starts_with("application/json");
    plain.then(|| fail_with(415, "Send application/scim+json"))
}

/// Takes the body away.
pub(super) fn without_body(reply: &mut Reply) {
    reply.content = Content::Nothing;
    remove_header(reply, &CONTENT_TYPE);
}

/// Puts a line of plain text in place of the body.
pub(super) fn plain(reply: &mut Reply, text: &'static str) {
    reply.content = Content::Shared(text.into());
    set_header(reply, CONTENT_TYPE, "text/plain; charset=utf-8");
}

/// A request that is not carried out, for a reason with a keyword.
pub(super) fn refusal(kind: ScimType, detail: impl Into<String>) -> Refusal {
    ScimError::of(kind, detail).into()
}

/// Every resource in a reply: the one that it is, or those of a list.
pub(super) fn shown(reply: &mut Reply, change: impl FnMut(&mut Value)) {
    let Content::Json(body) = &mut reply.content else { return };
    let is = |body: &Value, urn: &str| {
        let named = body.get("schemas").and_then(Value::as_array);
        named.is_some_and(|schemas| schemas.iter().any(|schema| schema == urn))
    };
    if is(body, urn::LIST_RESPONSE) {
        values(body, "Resources").for_each(change);
    } else if !is(body, urn::ERROR) && !is(body, urn::BULK_RESPONSE) && body.get("id").is_some() {
        std::iter::once(body).for_each(change);
    }
}

/// Another request of the same client, without a body and without conditions.
pub(super) fn nested_as(call: Call<'_>, method: Method, uri: Uri) -> Request {
    let mut headers = call.request.headers.clone();
    headers.remove(IF_MATCH);
    headers.remove(IF_NONE_MATCH);
    Request { method, uri, headers, body: ReceivedBody::Whole(Vec::new()) }
}

/// All attribute paths of a filter, but those between brackets.
pub(super) fn paths(filter: &Filter) -> Vec<&AttributePath> {
    match filter {
        Filter::Or(terms) | Filter::And(terms) => terms.iter().flat_map(paths).collect(),
        Filter::Not(term) => paths(term),
        Filter::Present(path) | Filter::Compare { path, .. } | Filter::ValuePath { path, .. } => vec![path],
    }
}

/// Whether a term of the filter is like this.
pub(super) fn any_term(filter: &Filter, is: &dyn Fn(&Filter) -> bool) -> bool {
    is(filter)
        || match filter {
            Filter::Or(terms) | Filter::And(terms) => terms.iter().any(|term| any_term(term, is)),
            Filter::Not(term) => any_term(term, is),
            _ => false,
        }
}

/// Changes the terms of a filter that are no combination of others.
pub(super) fn each_term(filter: &mut Filter, change: &dyn Fn(&mut Filter)) {
    match filter {
        Filter::Or(terms) | Filter::And(terms) => terms.iter_mut().for_each(|term| each_term(term, change)),
        Filter::Not(term) => each_term(term, change),
        term => change(term),
    }
}

/// Makes `a ne x` into `a pr and a ne x`.
pub(super) fn demand_a_value(filter: &mut Filter) {
    each_term(filter, &|term| {
        if let Filter::Compare { path, operator: Operator::Ne, .. } = term {
            *term = Filter::And(vec![Filter::Present(path.clone()), term.clone()]);
        }
    });
}

/// Whether the request is a query by POST.
pub(super) fn is_search(request: &Request) -> bool {
    request.method == Method::POST && request.uri.path().ends_with("/.search")
}

/// Writes the filter of a query in another way, in the URL or in the body of a search.
pub(super) fn rewrite_filter(request: &mut Request, change: impl Fn(&str) -> String) {
    if is_search(request) {
        request_body(request, |body| {
            if let Some(Value::String(filter)) = body.get_mut("filter") {
                *filter = change(filter);
            }
        });
        return;
    }
    let Some(query) = request.uri.query().filter(|query| query.contains("filter=")) else { return };
    let pairs = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| match &*name {
        "filter" => (name, change(&value).into()),
        _ => (name, value),
    });
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let mut parts = request.uri.clone().into_parts();
    parts.path_and_query = format!("{}?{query}", request.uri.path()).parse().ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        request.uri = uri;
    }
}

/// Puts null in place of the `Resources` of an empty list.
pub(super) fn empty_list_null(reply: &mut Reply) {
    if let Some(list) = list(reply).filter(|list| list.get("Resources").is_some_and(is_empty)) {
        list.insert("Resources".to_owned(), Value::Null);
    }
}

/// Whether a list has no resources.
pub(super) fn is_empty(resources: &Value) -> bool {
    resources.as_array().is_some_and(Vec::is_empty)
}

/// Says of a page that it holds as many resources as the URL asks for, though it holds fewer.
pub(super) fn items_per_page_as_asked(call: Call<'_>, reply: &mut Reply) {
    let (Some(count), Some(list)) = (count_of(call), list(reply)) else { return };
    if list.get("itemsPerPage").and_then(Value::as_i64).is_some_and(|shown| shown < count) {
        list.insert("itemsPerPage".to_owned(), count.into());
    }
}

/// The `count` in the URL.
pub(super) fn count_of(call: Call<'_>) -> Option<i64> {
    let query = call.request.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "count").and_then(|(_, value)| value.parse().ok())
}

/// Changes the JSON body of a request, if it has one.
pub(super) fn request_body(request: &mut Request, change: impl FnOnce(&mut Value)) {
    match &mut request.body {
        ReceivedBody::Json(value) => change(value),
        ReceivedBody::Whole(bytes) => {
            if let Ok(mut value) = serde_json::from_slice(bytes) {
                change(&mut value);
                *bytes = value.to_string().into_bytes();
            }
        }
        ReceivedBody::TooLarge | ReceivedBody::Broken => {}
    }
}

/// An Error message.
pub(super) fn fail_with(status: u16, detail: &str) -> Reply {
    Refusal::new(status, detail).into_reply()
}

/// Puts another Error message in place of the reply.
pub(super) fn fail(reply: &mut Reply, status: u16, detail: &str) {
    *reply = fail_with(status, detail);
}

/// The parameters in the URL of a request, decoded.
pub(super) fn parameter(request: &Request, wanted: &str) -> Option<String> {
    let query = request.uri.query().unwrap_or_default();
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// The resource that a request is about, if it is there.
pub(super) fn target(call: Call<'_>, route: &Route) -> Option<Arc<Resource>> {
    let Route::Resource(kind, id) = route else { return None };
    call.store().get(*kind, id)
}

/// Whether a request only reads.
pub(super) fn is_read(call: Call<'_>) -> bool {
    call.request.method == Method::GET || call.request.method == Method::HEAD
}

/// Changes every text in a value, however deep.
pub(super) fn each_text(value: &mut Value, change: &dyn Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(values) => values.iter_mut().for_each(|value| each_text(value, change)),
        Value::Object(members) => members.values_mut().for_each(|value| each_text(value, change)),
        _ => {}
    }
}

/// The attributes of a resource, but those that every resource has; each with its name.
pub(super) fn own_attributes(resource: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    let members = resource.as_object_mut().into_iter().flatten();
    members.filter(|(name, _)| !["schemas", "id", "meta"].contains(&name.as_str()))
}
