//! What a run may change: only what it created. Decided here, for every request, before it is sent.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use url::Url;

use super::bulk::{self, Told};
use super::ledger::Ledger;
use super::naming::{carries, identifier};
use super::place::{Place, Places, path_of};
use crate::model::{Answer, FailureKind, Request, Response};
use crate::scim::location::last_segment;

/// Something that a case created, or may have created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    /// Number of its intent in the ledger.
    pub(crate) number: u64,
    /// Where the create was sent.
    pub(crate) endpoint: String,
    /// An attribute that names the resource, and its value.
    pub(crate) identifier: Option<(String, String)>,
    /// Its URL, as far as the target can be believed.
    pub(crate) url: Option<String>,
    /// The path of that URL: every request is compared with every trace, so that parsing it each time takes longer than
    /// all else.
    path: Option<String>,
    /// The id that the answer to the create had, whether it can be believed or not.
    pub(crate) id: Option<String>,
    /// Whether a read of that URL showed a name of this case.
    pub(crate) confirmed: bool,
    /// Whether a DELETE of that URL was answered as done.
    pub(crate) deleted: bool,
    /// Why the resource is not known.
    pub(crate) reason: String,
    /// Whether it must be expected although it is not found: the target said that it made it, or did not answer and
    /// may still be about to.
    pub(crate) expected: bool,
}

/// Why a request is not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// It would change something that the case did not create.
    #[error("{method} {url} would change a resource that this run did not create: nothing was sent")]
    Foreign {
        /// Method.
        method: String,
        /// URL.
        url: String,
    },
    /// The target gave the URL for a resource of this case, but a read shows something else there.
    #[error("{url} does not show the name that this case gave to what it created ({seen}): nothing was sent")]
    NotOurs {
        /// URL.
        url: String,
        /// What a read showed.
        seen: String,
    },
    /// It asks servers to take it for another request than it is.
    #[error("{0} makes some servers take a request for another one: nothing was sent")]
    Disguised(String),
    /// Nobody can say what a server would read in it.
    #[error("the bulk job can be read in more than one way: nothing was sent")]
    Ambiguous,
    /// The ledger cannot be written, so nothing may be created.
    #[error("the ledger cannot be written, so nothing may be created: {0}")]
    Ledger(std::io::Error),
}

/// What a request would do, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It changes something that the target says this case created: the URL.
    Change(String),
    /// It may create something.
    Create(Create),
}

/// A create that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Create {
    endpoint: String,
    identifier: Option<(String, String)>,
    /// Its URL, if the request and not the target decides about it.
    url: Option<String>,
    /// Its place in a bulk job, and its `bulkId`.
    bulk: Option<(usize, Option<String>)>,
}

/// Creates that stand in the ledger and are about to be sent.
#[derive(Debug, Default)]
pub(crate) struct Intents(Vec<(u64, Create)>);

/// What one case created so far.
#[derive(Debug)]
pub(crate) struct Ownership {
    case: String,
    name: String,
    uuid: String,
    places: Places,
    ledger: Option<Arc<Ledger>>,
    /// Whether discovery documents may be written back as they were read.
    discovery_writable: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    traces: Vec<Trace>,
}

/// Headers that make some servers take a request for one with another method or at another URL.
const DISGUISES: [&str; 7] = [
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-forwarded-prefix",
    "x-original-method",
];
/// Query parameters that a change may have (RFC 7644 §3.9); what else is there may mean another resource to a server.
const QUERY_OF_CHANGES: [&str; 2] = ["attributes", "excludedAttributes"];

impl Ownership {
    /// For a case: `name` is what every name that it gives contains, `uuid` its id of nothing.
    pub(crate) fn new(
        case: &str,
        name: &str,
        uuid: &str,
        places: Places,
        ledger: Option<Arc<Ledger>>,
    ) -> Self {
        Self {
            case: case.to_owned(),
            name: name.to_owned(),
            uuid: uuid.to_owned(),
            places,
            ledger,
            discovery_writable: false,
            state: Mutex::default(),
        }
    }

    /// Lets the case write discovery documents back as they were read, to see that they are read-only: where the
    /// target may be disturbed.
    pub(crate) fn with_writable_discovery(self, discovery_writable: bool) -> Self {
        Self { discovery_writable, ..self }
    }

    /// The case.
    pub(crate) fn case(&self) -> &str {
        &self.case
    }

    /// What every name that the case gives contains.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What a request would change or create; refused if anything of it is not this case's own.
    pub(crate) fn effects(&self, request: &Request) -> Result<Vec<Effect>, Refused> {
        not_disguised(request)?;
        let body = request.body.as_deref();
        if request.method == "POST" && self.places.of(&request.url) == Place::Bulk {
            return self.effects_of_job(request, body);
        }
        let json = body.and_then(|body| serde_json::from_slice(body).ok());
        let effect = self.effect(&request.method, &request.url, json.as_ref())?;
        let mut effects: Vec<_> = effect.into_iter().collect();
        if !effects.is_empty() {
            effects.extend(self.references(json.as_ref())?);
        }
        Ok(effects)
    }

    /// Who becomes a member of a group is changed by that, as the target sees it (RFC 7643 §4.1.2, `groups`). So what a
    /// body refers to has to be this case's own as well.
    fn references(&self, body: Option<&Value>) -> Result<Vec<Effect>, Refused> {
        let mut texts = HashSet::new();
        if let Some(body) = body {
            collect_texts(body, &mut texts);
        }
        // A case may have made thousands, and sends as many requests.
        let state = self.state();
        let named = state.traces.iter().rev();
        named
            .filter(|trace| trace.id.as_deref().is_some_and(|id| texts.contains(id)))
            .map(|trace| match &trace.url {
                Some(url) => Ok(Effect::Change(url.clone())),
                None => Err(Refused::NotOurs {
                    url: format!("the id {:?}", trace.id.as_deref().unwrap_or_default()),
                    seen: trace.reason.clone(),
                }),
            })
            .collect()
    }

    fn effect(&self, method: &str, url: &str, body: Option<&Value>) -> Result<Option<Effect>, Refused> {
        if matches!(method, "GET" | "HEAD" | "OPTIONS") {
            return Ok(None);
        }
        let place = self.places.of(url);
        let foreign = || Refused::Foreign { method: method.to_owned(), url: url.to_owned() };
        match (method, place) {
            ("POST", Place::Search) => Ok(None),
            (_, Place::Discovery) if self.discovery_writable => Ok(None),
            (_, Place::Discovery) => Err(foreign()),
            _ if !is_plain_query(url) => Err(foreign()),
            _ if self.owns(url) => Ok(Some(Effect::Change(url.to_owned()))),
            ("POST", Place::Endpoint) => {
                let identifier = body.and_then(|body| identifier(body, &self.name));
                let endpoint = without_query(url).to_owned();
                Ok(Some(Effect::Create(Create { endpoint, identifier, url: None, bulk: None })))
            }
            // What cannot exist: a faulty server may make it (RFC 7644 §3.5.1 forbids it for PUT).
            ("PUT" | "PATCH" | "POST" | "DELETE", Place::Member) if self.is_named(url) => {
                let identifier = body.and_then(|body| identifier(body, &self.name));
                let url = without_query(url);
                let endpoint = url.rsplit_once('/').map_or(url, |(endpoint, _)| endpoint).to_owned();
                let create = Create { endpoint, identifier, url: Some(url.to_owned()), bulk: None };
                Ok((method != "DELETE").then_some(Effect::Create(create)))
            }
            _ => Err(foreign()),
        }
    }

    /// The effects of all operations of a bulk job; one that is not allowed refuses the job.
    fn effects_of_job(&self, request: &Request, body: Option<&[u8]>) -> Result<Vec<Effect>, Refused> {
        if !is_plain_query(&request.url) {
            return Err(Refused::Foreign { method: request.method.clone(), url: request.url.clone() });
        }
        let operations = bulk::operations(body, &self.places).ok_or(Refused::Ambiguous)?;
        let made: Vec<&str> = operations
            .iter()
            .filter(|operation| operation.method.eq_ignore_ascii_case("POST"))
            .filter_map(|operation| operation.bulk_id.as_deref())
            .collect();
        let mut effects = Vec::new();
        for (index, operation) in operations.iter().enumerate() {
            let Some(url) = &operation.url else { continue };
            // A reference to what the same job creates (RFC 7644 §3.7.2).
            let reference = url.rsplit_once('/').and_then(|(_, last)| last.strip_prefix("bulkId:"));
            if reference.is_some_and(|id| made.contains(&id)) && self.places.of(url) == Place::Member {
                continue;
            }
            let method = operation.method.to_ascii_uppercase();
            match self.effect(&method, url, Some(&operation.data))? {
                Some(Effect::Create(create)) => effects.push(Effect::Create(Create {
                    bulk: Some((index, operation.bulk_id.clone())),
                    ..create
                })),
                other => effects.extend(other),
            }
            effects.extend(self.references(Some(&operation.data))?);
        }
        Ok(effects)
    }

    /// Writes the creates among the effects to the ledger, ahead of the request.
    pub(crate) fn intend(&self, effects: Vec<Effect>) -> Result<Intents, Refused> {
        let mut intents = Intents::default();
        for effect in effects {
            let Effect::Create(create) = effect else { continue };
            let mut state = self.state();
            let number = match &self.ledger {
                Some(ledger) => ledger
                    .intent(&self.case, &create.endpoint, create.identifier.clone())
                    .map_err(Refused::Ledger)?,
                None => state.next,
            };
            state.next += 1;
            // Until the answer is there the resource is lost: a case that is cancelled now still looks for it.
            state.traces.push(Trace {
                number,
                endpoint: create.endpoint.clone(),
                identifier: create.identifier.clone(),
                url: None,
                path: None,
                id: None,
                confirmed: false,
                deleted: false,
                reason: "the case ended before the create was answered".to_owned(),
                expected: true,
            });
            drop(state);
            intents.0.push((number, create));
        }
        Ok(intents)
    }

    /// Takes note of what came back.
    ///
    /// `tries` is how often the request was sent. All tries but the last were refused (see [`Sent`](crate::wire::Sent)),
    /// so that the last one says what became of it, unless it says that something is in the way.
    pub(crate) fn after(&self, intents: &Intents, request: &Request, answer: &Answer, tries: u32) {
        if let (Answer::Response(response), "DELETE") = (answer, request.method.as_str())
            && (200..300).contains(&response.status)
        {
            // Servers give ids again: from now on somebody else's resource may stand there.
            self.each_at(&request.url, |trace| (trace.confirmed, trace.deleted) = (false, true));
        }
        for (number, create) in &intents.0 {
            let id = answered_id(answer);
            self.each(*number, |trace| trace.id.clone_from(&id));
            self.learn(*number, self.outcome(create, request, answer, tries));
        }
    }

    fn learn(&self, number: u64, outcome: Outcome) {
        match outcome {
            Outcome::Refused => self.gone(number),
            Outcome::Made(url) => {
                if let Some(ledger) = &self.ledger {
                    // The intent is on disk already; without this line clean-up searches by identifier.
                    let _ = ledger.created(number, &url);
                }
                let told = "the target said that it made it".to_owned();
                let path = path_of(&url);
                let last = last_segment(&path).into_owned();
                self.each(number, |trace| {
                    trace.id.get_or_insert_with(|| last.clone());
                    (trace.url, trace.path) = (Some(url.clone()), Some(path.clone()));
                    (trace.reason, trace.expected) = (told.clone(), true);
                });
            }
            Outcome::Lost { reason, expected } => {
                if expected && let Some(ledger) = &self.ledger {
                    let _ = ledger.lost(number, &reason);
                }
                self.each(number, |trace| (trace.reason, trace.expected) = (reason.clone(), expected));
            }
            Outcome::Silent(reason) => self.each(number, |trace| trace.reason.clone_from(&reason)),
        }
    }

    /// What became of a create.
    fn outcome(&self, create: &Create, request: &Request, answer: &Answer, tries: u32) -> Outcome {
        let response = match answer {
            Answer::Response(response) => response,
            // Nothing went out.
            Answer::Failed(failure)
                if tries == 0
                    || matches!(failure.kind, FailureKind::Refused | FailureKind::NameResolution) =>
            {
                return Outcome::Refused;
            }
            Answer::Failed(failure) => {
                return Outcome::Silent(format!("the create got no answer ({})", failure.message));
            }
        };
        match response.status {
            200..300 => {
                let made = match &create.bulk {
                    Some((index, id)) => self.made_by_job(create, *index, id.as_deref(), response),
                    None => self.created_url(create, request, response).map(Some),
                };
                match made {
                    Ok(Some(url)) => Outcome::Made(url),
                    Ok(None) => Outcome::Refused,
                    Err(reason) => Outcome::Lost { reason, expected: true },
                }
            }
            // What is in the way may be what an earlier try made, though it was answered with 429.
            409 | 429 if tries > 1 => {
                let reason = format!("the create was answered with 429, and then with {}", response.status);
                Outcome::Lost { reason, expected: false }
            }
            // Refused, or not implemented: nothing was made. A time-out (408) may come from a proxy that handed the
            // request on.
            400..=499 | 501 if response.status != 408 => Outcome::Refused,
            // A server that redirects or fails may have created it all the same.
            status => {
                Outcome::Lost { reason: format!("the create was answered with {status}"), expected: false }
            }
        }
    }

    /// The id of what a create made, from the Location, for an answer without one in its body (ambiguity
    /// `post-response-body`). The Location is the target's text: it gives an id only if it is that of this case's own,
    /// one plain segment below the endpoint that the create was sent to.
    pub(crate) fn id_from_location(&self, request: &Request, response: &Response) -> Option<String> {
        if request.method != "POST" || !(200..300).contains(&response.status) {
            return None;
        }
        let endpoint = without_query(&request.url);
        let url = self.at_location(endpoint, None, response.header("location")?).ok()?;
        self.places.member(endpoint, &url).filter(|_| self.owns(&url))
    }

    /// Records that there is nothing left of a create.
    pub(crate) fn gone(&self, number: u64) {
        self.state().traces.retain(|trace| trace.number != number);
        if let Some(ledger) = &self.ledger {
            let _ = ledger.gone(number);
        }
    }

    /// What may have to be deleted, the newest first.
    pub(crate) fn traces(&self) -> Vec<Trace> {
        self.state().traces.iter().rev().cloned().collect()
    }

    /// Whether a read of this URL has shown a name of this case.
    pub(crate) fn is_confirmed(&self, url: &str) -> bool {
        let path = path_of(url);
        self.state().traces.iter().any(|trace| trace.confirmed && trace.is_at(&path))
    }

    /// Takes note that a read of this URL has shown a name of this case.
    pub(crate) fn confirm(&self, url: &str) {
        self.each_at(url, |trace| trace.confirmed = true);
    }

    /// Whether the last segment of a URL is a name that only this case knows.
    fn is_named(&self, url: &str) -> bool {
        let path = path_of(url);
        let last = path.rsplit('/').next().unwrap_or_default();
        last.contains(&self.name) || last.contains(&self.uuid)
    }

    fn owns(&self, url: &str) -> bool {
        let path = path_of(url);
        self.state().traces.iter().any(|trace| trace.is_at(&path))
    }

    fn each(&self, number: u64, change: impl Fn(&mut Trace)) {
        self.state().traces.iter_mut().filter(|trace| trace.number == number).for_each(change);
    }

    fn each_at(&self, url: &str, change: impl Fn(&mut Trace)) {
        let path = path_of(url);
        self.state().traces.iter_mut().filter(|trace| trace.is_at(&path)).for_each(change);
    }

    /// The URL of what an operation of a bulk job created; `None` if it was refused.
    fn made_by_job(
        &self,
        create: &Create,
        index: usize,
        bulk_id: Option<&str>,
        response: &Response,
    ) -> Result<Option<String>, String> {
        match bulk::told(response.body.json(), index, bulk_id) {
            Told::Created(location) => self.at_location(&create.endpoint, None, &location).map(Some),
            Told::Refused(_) => Ok(None),
            Told::Nothing(why) => Err(why),
        }
    }

    /// The URL of what was created: the endpoint and the id of the body, else the Location. A server that answers a
    /// create with somebody else's resource must not make us delete it.
    fn created_url(&self, create: &Create, request: &Request, response: &Response) -> Result<String, String> {
        let body = response.body.json();
        if body.is_some_and(|body| !carries(body, &self.name)) {
            return Err("the answer to the create does not show the name that was sent".to_owned());
        }
        if let Some(url) = &create.url {
            return Ok(url.clone());
        }
        let id = body.and_then(|body| body.get("id")).and_then(Value::as_str).filter(|id| !id.is_empty());
        let by_id = id.map(|id| below(&create.endpoint, id)).transpose()?;
        let location = response.header("location").or_else(|| body?.pointer("/meta/location")?.as_str());
        match (by_id, location) {
            (Some(url), None) => Ok(url),
            (by_id, Some(location)) => self.at_location(without_query(&request.url), by_id, location),
            (None, None) => Err("the answer to the create has neither id nor Location".to_owned()),
        }
    }

    /// The URL of what was created, from the Location and, if there is one, the URL by the id.
    fn at_location(&self, endpoint: &str, by_id: Option<String>, location: &str) -> Result<String, String> {
        let base_url = self.places.base_url();
        if location.len() > super::request::LONGEST_URL {
            return Err(format!("the Location has {} bytes", location.len()));
        }
        let mut url = super::request::with_trailing_slash(base_url)
            .join(location)
            .map_err(|error| format!("the Location `{location}` is not a URL: {error}"))?;
        url.set_query(None);
        url.set_fragment(None);
        // Behind a proxy the server may not know its own origin; with the id at hand its path says enough.
        if let Some(by_id) = by_id {
            if last_segment(url.path()) != last_segment(&path_of(&by_id)) {
                return Err(format!("id and Location of the answer disagree: {by_id} and {location}"));
            }
            return Ok(by_id);
        }
        if url.origin() != base_url.origin() {
            return Err(format!("the Location {location} is on another origin"));
        }
        if !self.places.may_be_resource(&url) || path_of(url.as_str()) == path_of(endpoint) {
            return Err(format!("the Location {location} is no resource below the base URL"));
        }
        Ok(url.into())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What became of a create.
#[derive(Debug)]
enum Outcome {
    /// Nothing was made.
    Refused,
    /// It is said to be there.
    Made(String),
    /// It was answered, but not so that it can be found.
    Lost { reason: String, expected: bool },
    /// There was no answer.
    Silent(String),
}

impl Trace {
    fn is_at(&self, path: &str) -> bool {
        self.path.as_deref() == Some(path)
    }
}

/// The id in an answer that says that something was created.
fn answered_id(answer: &Answer) -> Option<String> {
    let Answer::Response(response) = answer else { return None };
    let body = response.body.json().filter(|_| (200..300).contains(&response.status));
    body?.get("id")?.as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

fn collect_texts<'v>(value: &'v Value, texts: &mut HashSet<&'v str>) {
    match value {
        Value::String(text) => {
            texts.insert(text);
        }
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(object) => object.values().for_each(|value| collect_texts(value, texts)),
        _ => {}
    }
}

fn not_disguised(request: &Request) -> Result<(), Refused> {
    let header = request.headers.iter().map(|(name, _)| name.to_ascii_lowercase().replace('_', "-"));
    if let Some(header) = header.into_iter().find(|name| DISGUISES.contains(&name.as_str())) {
        return Err(Refused::Disguised(format!("the header `{header}`")));
    }
    let url = Url::parse(&request.url).ok();
    let names = url.iter().flat_map(Url::query_pairs).map(|(name, _)| name.into_owned());
    let tells_a_method = |name: &String| {
        let name = name.to_ascii_lowercase();
        name == "_method" || DISGUISES.contains(&name.replace('_', "-").as_str())
    };
    match names.into_iter().find(tells_a_method) {
        Some(name) => Err(Refused::Disguised(format!("the query parameter `{name}`"))),
        None => Ok(()),
    }
}

fn is_plain_query(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        url.query_pairs().all(|(name, _)| QUERY_OF_CHANGES.contains(&&*name) || name.starts_with("scimcheck"))
    })
}

fn without_query(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}

/// The URL of an id at an endpoint. An id that URLs read as a step up (`..`) names no resource.
fn below(endpoint: &str, id: &str) -> Result<String, String> {
    let url = format!("{endpoint}/{}", super::request::percent_encode(id, super::request::SEGMENT));
    let parent = format!("{}/", path_of(endpoint));
    if url.len() > super::request::LONGEST_URL {
        return Err(format!("the id has {} bytes", id.len()));
    }
    match path_of(&url).strip_prefix(&parent) {
        Some(last) if !last.is_empty() && !last.contains('/') => Ok(url),
        _ => Err(format!("the id {id:?} cannot stand in a URL")),
    }
}

#[cfg(test)]
mod tests;
