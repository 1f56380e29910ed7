//! The operations of one bulk request, one after the other.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use axum::http::header::{ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::scim::bulk::{
    BulkMethod, BulkOperation, BulkRequest, BulkStep, order, resolve, resolve_path, strip,
};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::location::{last_segment, segment};
use crate::server::choice::Choice;
use crate::server::http::{ReceivedBody, Request};
use crate::server::reply::{Content, Refusal, Reply};
use crate::server::route::{BASE_PATH, Route};
use crate::server::service::Call;

/// A job that is being done.
pub(super) struct Job<'j> {
    call: Call<'j>,
    request: &'j BulkRequest,
    /// The ids of the resources that were created, by `bulkId`.
    ids: BTreeMap<String, String>,
    /// In the order of the request; `None` for what was not processed.
    results: Vec<Option<Outcome>>,
    errors: u64,
}

/// What became of an operation.
struct Outcome {
    status: StatusCode,
    location: Option<String>,
    version: Option<String>,
    /// The Error message, or the resource.
    response: Option<Value>,
}

impl<'j> Job<'j> {
    pub(super) fn new(call: Call<'j>, request: &'j BulkRequest) -> Self {
        let results = request.operations.iter().map(|_| None).collect();
        Self { call, request, ids: BTreeMap::new(), results, errors: 0 }
    }

    /// The results of all operations that were processed, in the order of the request (RFC 7644 §3.7.3).
    pub(super) fn run(mut self) -> Vec<Value> {
        let steps = order(&self.request.operations);
        let mut processed: Vec<&BulkStep> = Vec::with_capacity(steps.len());
        for step in &steps {
            if self.request.fail_on_errors.is_some_and(|limit| self.errors >= limit) {
                break;
            }
            self.process(step);
            processed.push(step);
        }
        if !self.call.chooses(Choice::BulkIdsAsSent) {
            for step in processed.into_iter().filter(|step| !step.postponed.is_empty()) {
                self.complete(step.index);
            }
        }
        if self.call.chooses(Choice::BulkListsUnprocessed) {
            for (operation, result) in self.request.operations.iter().zip(&mut self.results) {
                let refusal = Refusal::new(409, "Not processed: too many errors came before");
                result.get_or_insert_with(|| Outcome::of(operation, refusal.into_reply(), None));
            }
        }
        let shows = self.call.chooses(Choice::BulkShowsResources);
        for outcome in self.results.iter_mut().flatten() {
            outcome.response.take_if(|_| outcome.status.is_success() && !shows);
        }
        let operations = self.request.operations.iter().zip(self.results);
        operations.filter_map(|(operation, outcome)| Some(outcome?.to_value(operation))).collect()
    }

    fn process(&mut self, step: &BulkStep) {
        let operation = &self.request.operations[step.index];
        let outcome = self.attempt(operation, &step.postponed).unwrap_or_else(|(refusal, location)| {
            Outcome::of(operation, self.call.service.refuse(refusal), location)
        });
        self.errors += u64::from(!outcome.status.is_success());
        self.results[step.index] = Some(outcome);
    }

    /// Carries out an operation, without what it cannot refer to yet. A refusal comes with the operation's location, as
    /// far as it is known.
    fn attempt(
        &mut self,
        operation: &BulkOperation,
        postponed: &BTreeSet<String>,
    ) -> Result<Outcome, (Refusal, Option<String>)> {
        if !postponed.is_empty() && self.call.chooses(Choice::BulkRefusesCircles) {
            return Err((Refusal::new(409, "The references of the job form a circle"), None));
        }
        if operation.path.contains("bulkId:") && self.call.chooses(Choice::BulkRefusesIdsInPaths) {
            return Err((invalid("`path` cannot have a bulkId"), None));
        }
        let path = resolve_path(&operation.path, &self.ids).map_err(|name| (unresolved(&name), None))?;
        let path = format!("/{}", path.trim_start_matches('/'));
        let location = Some(format!("{}{}", self.call.base_url, path.split('?').next().unwrap_or_default()));
        let refuse = |refusal: Refusal| (refusal, location.clone());
        check(operation, &path).map_err(&refuse)?;
        let mut data = operation.data.clone();
        if let Some(data) = data.as_mut().filter(|_| !self.call.chooses(Choice::BulkIdsAsSent)) {
            strip(data, postponed);
            resolve(data, &self.ids).map_err(|name| refuse(unresolved(&name)))?;
        }
        let reply = self.send(operation, &path, data).map_err(&refuse)?;
        let outcome = Outcome::of(operation, reply, location.clone());
        if let (Some(name), true, Some(id)) = (created_name(operation), outcome.is_success(), outcome.id()) {
            let id = id.into_owned();
            self.ids.insert(name.to_owned(), id);
        }
        Ok(outcome)
    }

    /// Gives a resource the references to those that did not exist when it was created. If one of them still does not,
    /// the resource goes too (RFC 7644 §3.7.1: 409 for circular references that cannot be resolved).
    fn complete(&mut self, index: usize) {
        let operation = &self.request.operations[index];
        let Some(id) = created_name(operation).and_then(|name| self.ids.get(name)) else { return };
        let path = format!("/{}/{}", operation.path.trim_matches('/'), segment(id));
        let mut data = operation.data.clone().unwrap_or_default();
        let version = self.call.chooses(Choice::DemandVersions).then(|| "*".to_owned());
        let put = BulkOperation { method: BulkMethod::Put, version, ..operation.clone() };
        let completed = resolve(&mut data, &self.ids)
            .map_err(|name| unresolved(&name))
            .and_then(|()| self.send(&put, &path, Some(data)));
        // Where it is was said when it was created; the answer to a PUT need not repeat it (RFC 7644 §3.7 wants it).
        let location = self.results[index].as_ref().and_then(|created| created.location.clone());
        let new = match completed {
            Ok(reply) if reply.status.is_success() => {
                Outcome { status: StatusCode::CREATED, location, ..Outcome::of(operation, reply, None) }
            }
            other => {
                let refusal = other.err().unwrap_or_else(|| {
                    Refusal::new(409, "The references in a circle cannot be put in place")
                });
                let delete = BulkOperation { method: BulkMethod::Delete, ..put };
                // It was created by this job a moment ago.
                let _ = self.send(&delete, &path, None);
                self.errors += 1;
                Outcome::of(operation, self.call.service.refuse(refusal), None)
            }
        };
        self.results[index] = Some(new);
    }

    /// The answer to the request that an operation stands for.
    fn send(&self, operation: &BulkOperation, path: &str, data: Option<Value>) -> Result<Reply, Refusal> {
        let uri = format!("{BASE_PATH}{path}").parse().map_err(|_| invalid("`path` is no path of a URL"))?;
        let mut headers = HeaderMap::new();
        if let Some(version) = &operation.version {
            let version = version.parse().map_err(|_| invalid("`version` is no entity tag"))?;
            headers.insert(IF_MATCH, version);
        }
        let method = match operation.method {
            BulkMethod::Post => Method::POST,
            BulkMethod::Put => Method::PUT,
            BulkMethod::Patch => Method::PATCH,
            BulkMethod::Delete => Method::DELETE,
        };
        let body = data.map_or(ReceivedBody::Whole(Vec::new()), ReceivedBody::Json);
        Ok(self.call.nested(&Request { method, uri, headers, body }))
    }
}

/// The name that the operation gives to the resource it creates.
fn created_name(operation: &BulkOperation) -> Option<&str> {
    operation.bulk_id.as_deref().filter(|_| operation.method == BulkMethod::Post)
}

/// What RFC 7644 §3.7 demands of an operation.
fn check(operation: &BulkOperation, path: &str) -> Result<(), Refusal> {
    let path = path.split('?').next().unwrap_or_default();
    let creates = operation.method == BulkMethod::Post;
    match Route::parse(&format!("{BASE_PATH}{path}")) {
        Some(Route::Collection(_)) if creates => {}
        Some(Route::Resource(..)) if !creates => {}
        _ if creates => return Err(invalid("`path` of a POST is the endpoint of a resource type")),
        _ => return Err(invalid("`path` is that of a resource, except for a POST")),
    }
    if creates && operation.bulk_id.as_deref().is_none_or(str::is_empty) {
        return Err(invalid("a POST needs a `bulkId`"));
    }
    if operation.data.is_none() && operation.method != BulkMethod::Delete {
        return Err(invalid("`data` is missing"));
    }
    Ok(())
}

fn invalid(detail: &str) -> Refusal {
    ScimError::of(ScimType::InvalidSyntax, detail).into()
}

fn unresolved(name: &str) -> Refusal {
    Refusal::new(409, format!("There is no resource with the bulkId `{name}`"))
}

impl Outcome {
    /// What a response says; a failed operation on a resource is about `location` all the same (RFC 7644 §3.7.3).
    fn of(operation: &BulkOperation, reply: Reply, location: Option<String>) -> Self {
        let named = reply.header(&LOCATION).map(str::to_owned);
        let fallback = location.filter(|_| operation.method != BulkMethod::Post);
        Self {
            status: reply.status,
            location: named.or(fallback),
            version: reply.header(&ETAG).map(str::to_owned),
            response: match reply.content {
                Content::Json(body) => Some(body),
                _ => None,
            },
        }
    }

    fn is_success(&self) -> bool {
        self.status.is_success()
    }

    /// The last segment of the location.
    fn id(&self) -> Option<Cow<'_, str>> {
        self.location.as_deref().map(last_segment)
    }

    /// The result as the client gets it.
    fn to_value(&self, operation: &BulkOperation) -> Value {
        let mut result = Map::new();
        let mut add = |name: &str, value: Option<Value>| result.extend(value.map(|v| (name.to_owned(), v)));
        add("method", Some(operation.method.as_str().into()));
        add("bulkId", operation.bulk_id.as_deref().map(Value::from));
        add("version", self.version.as_deref().map(Value::from));
        add("location", self.location.as_deref().map(Value::from));
        add("status", Some(json!(self.status.as_str())));
        add("response", self.response.clone());
        Value::Object(result)
    }
}
