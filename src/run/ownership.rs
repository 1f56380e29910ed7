//! What a run may change: only what it created. Decided here, for every request, before it is sent.

use std::sync::{Arc, Mutex};

use serde_json::Value;
use url::Url;

use super::ledger::Ledger;
use crate::model::{Answer, FailureKind, Request, Response};

/// A resource that a case created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owned {
    /// Number of its intent in the ledger.
    pub(crate) number: u64,
    /// Its URL below the base URL.
    pub(crate) url: String,
    /// Whether the answer to the create showed a name of this case, and the case changed the resource afterwards: it
    /// may carry another name by now.
    pub(crate) renamed: bool,
    verified: bool,
}

/// A create that went out and may have made something that cannot be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Number of its intent in the ledger.
    pub(crate) number: u64,
    /// Where it was sent.
    pub(crate) endpoint: String,
    /// An attribute that names the resource, and its value.
    pub(crate) identifier: Option<(String, String)>,
    /// Why the resource is not known.
    pub(crate) reason: String,
    /// Whether the target may still be about to make it: there was no answer.
    pub(crate) pending: bool,
}

/// Why a request is not sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    /// It would change something that the run did not create.
    #[error("{method} {url} would change a resource that this run did not create: nothing was sent")]
    Foreign {
        /// Method.
        method: String,
        /// URL.
        url: String,
    },
    /// The ledger cannot be written, so nothing may be created.
    #[error("the ledger cannot be written, so nothing may be created: {0}")]
    Ledger(std::io::Error),
}

/// What one case created so far.
#[derive(Debug)]
pub(crate) struct Ownership {
    case: String,
    token: String,
    uuid: String,
    base_url: Url,
    ledger: Option<Arc<Ledger>>,
    /// Whether discovery documents may be written back as they were read.
    discovery_writable: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    owned: Vec<Owned>,
    /// Creates that were sent and whose resource is not known: not answered yet, or not well.
    lost: Vec<Lost>,
}

impl Ownership {
    /// For a case: `token` is what every name of the run contains, `uuid` the case's id of nothing.
    pub(crate) fn new(
        case: &str,
        token: &str,
        uuid: &str,
        base_url: &Url,
        ledger: Option<Arc<Ledger>>,
    ) -> Self {
        Self {
            case: case.to_owned(),
            token: token.to_owned(),
            uuid: uuid.to_owned(),
            base_url: base_url.clone(),
            ledger,
            discovery_writable: false,
            state: Mutex::default(),
        }
    }

    /// Lets the case write discovery documents back as they were read, to see that they are read-only: on loopback, or
    /// where the user says so.
    pub(crate) fn with_writable_discovery(self, discovery_writable: bool) -> Self {
        Self { discovery_writable, ..self }
    }

    /// Decides whether a request may be sent and writes the ledger ahead of a create. Returns the number of the
    /// intent if the request may create something.
    pub(crate) fn before(&self, request: &Request, body: Option<&Value>) -> Result<Option<u64>, Refused> {
        match request.method.as_str() {
            "GET" | "HEAD" | "OPTIONS" => Ok(None),
            "POST" if is_query(&request.url) => Ok(None),
            method if self.is_discovery(&request.url) => match self.discovery_writable {
                true => Ok(None),
                false => Err(Refused::Foreign { method: method.to_owned(), url: request.url.clone() }),
            },
            "POST" => self.intent(request, body).map(Some),
            method => {
                if !self.may_change(&request.url) {
                    return Err(Refused::Foreign { method: method.to_owned(), url: request.url.clone() });
                }
                // A faulty server may create by PUT (RFC 7644 §3.5.1 forbids it).
                if method == "PUT" && !self.owns(&request.url) {
                    return self.intent(request, body).map(Some);
                }
                self.note_change(&request.url);
                Ok(None)
            }
        }
    }

    /// Takes note of what came back for a request that might create something.
    ///
    /// `tries` is how often the request was sent: the refusal of a second try says nothing about the first.
    pub(crate) fn after(&self, number: u64, request: &Request, answer: &Answer, tries: u32) {
        let mut pending = false;
        let reason = match answer {
            Answer::Response(response) if (200..300).contains(&response.status) => {
                match self.created_url(request, response) {
                    Ok((url, verified)) => {
                        if let Some(ledger) = &self.ledger {
                            // The intent is on disk already; without this line clean-up searches by identifier.
                            let _ = ledger.created(number, &url);
                        }
                        let mut state = self.state();
                        state.lost.retain(|lost| lost.number != number);
                        state.owned.push(Owned { number, url, verified, renamed: false });
                        return;
                    }
                    Err(reason) => reason,
                }
            }
            // Refused: nothing was made.
            Answer::Response(response) if (400..500).contains(&response.status) && tries <= 1 => {
                self.state().lost.retain(|lost| lost.number != number);
                return self.gone(number);
            }
            // Nothing went out.
            Answer::Failed(failure) if tries == 0 || failure.kind == FailureKind::Refused => {
                self.state().lost.retain(|lost| lost.number != number);
                return self.gone(number);
            }
            // A server that redirects, fails or falls silent may have created it all the same.
            Answer::Response(response) => format!("the create was answered with {}", response.status),
            Answer::Failed(failure) => {
                pending = true;
                format!("the create got no answer ({})", failure.message)
            }
        };
        if let Some(lost) = self.state().lost.iter_mut().find(|lost| lost.number == number) {
            (lost.reason, lost.pending) = (reason, pending);
        }
    }

    /// Records that a resource is gone.
    pub(crate) fn gone(&self, number: u64) {
        if let Some(ledger) = &self.ledger {
            let _ = ledger.gone(number);
        }
    }

    /// What has to be deleted, the newest first.
    pub(crate) fn take_owned(&self) -> Vec<Owned> {
        let mut owned = std::mem::take(&mut self.state().owned);
        owned.reverse();
        owned
    }

    /// Creates whose resource is not known.
    pub(crate) fn take_lost(&self) -> Vec<Lost> {
        std::mem::take(&mut self.state().lost)
    }

    fn intent(&self, request: &Request, body: Option<&Value>) -> Result<u64, Refused> {
        let raw = || request.body.as_ref().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
        let identifier = match body {
            Some(body) => identifier(body, &self.token),
            None => raw().and_then(|body| identifier(&body, &self.token)),
        };
        let endpoint =
            request.url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/').to_owned();
        let number = if let Some(ledger) = &self.ledger {
            ledger.intent(&self.case, &endpoint, identifier.clone()).map_err(Refused::Ledger)?
        } else {
            let state = self.state();
            state.owned.len() as u64 + state.lost.len() as u64
        };
        // Until the answer is there the resource is lost: a case that is cancelled now still looks for it.
        let reason = "the case ended before the create was answered".to_owned();
        self.state().lost.push(Lost { number, endpoint, identifier, reason, pending: true });
        Ok(number)
    }

    /// A resource may be changed if this case created it, or if its URL names something that only this run knows.
    fn may_change(&self, url: &str) -> bool {
        let path = path_of(url);
        let last = path.rsplit('/').next().unwrap_or_default();
        self.owns(url) || last.contains(&self.token) || last.contains(&self.uuid)
    }

    fn note_change(&self, url: &str) {
        let path = path_of(url);
        for owned in self.state().owned.iter_mut().filter(|owned| path_of(&owned.url) == path) {
            owned.renamed = owned.verified;
        }
    }

    fn owns(&self, url: &str) -> bool {
        let path = path_of(url);
        self.state().owned.iter().any(|owned| path_of(&owned.url) == path)
    }

    /// Discovery documents are read-only (RFC 7643 §5, §6, §7): suites try to write them only with the very content
    /// that was read.
    fn is_discovery(&self, url: &str) -> bool {
        let path = path_of(url);
        let base = path_of(self.base_url.as_str());
        let below = path.strip_prefix(base.as_str()).unwrap_or(&path).trim_start_matches('/').to_owned();
        let first = below.split('/').next().unwrap_or_default();
        ["ServiceProviderConfig", "ResourceTypes", "Schemas"].contains(&first)
    }

    /// The URL of what was created (the endpoint and the id of the body, else the Location) and whether the answer
    /// shows a name of this run. A server that answers a create with somebody else's resource must not make us
    /// delete it.
    fn created_url(&self, request: &Request, response: &Response) -> Result<(String, bool), String> {
        let body = response.body.json();
        let verified = body.is_some_and(|body| carries(body, &self.token));
        if body.is_some() && !verified {
            return Err("the answer to the create does not show the name that was sent".to_owned());
        }
        let endpoint = request.url.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
        if request.method == "PUT" {
            return Ok((endpoint.to_owned(), verified));
        }
        let id = body.and_then(|body| body.get("id")).and_then(Value::as_str).filter(|id| !id.is_empty());
        let by_id = id.map(|id| below(endpoint, id)).transpose()?;
        let location = response.header("location").or_else(|| body?.pointer("/meta/location")?.as_str());
        let Some(location) = location else {
            let url = by_id.ok_or("the answer to the create has neither id nor Location")?;
            return Ok((url, verified));
        };
        let url = super::request::with_trailing_slash(&self.base_url)
            .join(location)
            .map_err(|error| format!("the Location `{location}` is not a URL: {error}"))?;
        // Behind a proxy the server may not know its own origin; with the id at hand its path says enough.
        if let Some(by_id) = by_id {
            let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().map(str::to_owned);
            if last(url.path()) != last(&path_of(&by_id)) {
                return Err(format!("id and Location of the answer disagree: {by_id} and {location}"));
            }
            return Ok((by_id, verified));
        }
        if url.origin() != self.base_url.origin() {
            return Err(format!("the Location {location} is on another origin"));
        }
        let is_below = url.path().starts_with(&format!("{}/", path_of(self.base_url.as_str())));
        if !is_below || self.is_discovery(url.as_str()) {
            return Err(format!("the Location {location} is no resource below the base URL"));
        }
        Ok((url.into(), verified))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The URL of an id at an endpoint. An id that URLs read as a step up (`..`) names no resource.
fn below(endpoint: &str, id: &str) -> Result<String, String> {
    let url = format!("{endpoint}/{}", super::request::percent_encode(id, super::request::SEGMENT));
    let parent = format!("{}/", path_of(endpoint));
    match path_of(&url).strip_prefix(&parent) {
        Some(last) if !last.is_empty() && !last.contains('/') => Ok(url),
        _ => Err(format!("the id {id:?} cannot stand in a URL")),
    }
}

/// `.search` and `/Bulk` are POSTs that are not creates. Bulk jobs may create; the suites send none that can, and
/// part of the plan for bulk is to record each of its creates.
fn is_query(url: &str) -> bool {
    let path = path_of(url);
    path.ends_with("/.search") || path.ends_with("/Bulk")
}

fn path_of(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.path().trim_end_matches('/').to_owned())
}

/// Whether a top-level text of a resource contains the run's token. Deeper texts do not count: a group "all users" of
/// the target's own shows the names of our users in its members. Letter case is ignored because servers may alter it
/// (RFC 7643 §4.1.1).
pub(crate) fn carries(resource: &Value, token: &str) -> bool {
    let token = token.to_ascii_lowercase();
    let texts = resource.as_object().into_iter().flat_map(|object| object.values()).filter_map(Value::as_str);
    texts.map(str::to_ascii_lowercase).any(|text| text.contains(&token))
}

/// An attribute of a body that names the resource: the first top-level text with the run's token. A body that is no
/// object, sent to see it refused, names it all the same; for a bare text nobody knows which attribute it would become,
/// and the name is empty.
fn identifier(body: &Value, token: &str) -> Option<(String, String)> {
    let with_token = |value: &Value| value.as_str().filter(|text| text.contains(token)).map(str::to_owned);
    match body {
        Value::Object(object) => {
            object.iter().find_map(|(name, value)| Some((name.clone(), with_token(value)?)))
        }
        Value::Array(items) => items.iter().find_map(|item| identifier(item, token)),
        text => Some((String::new(), with_token(text)?)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{AuthMode, Body, Completeness};

    fn ownership() -> Ownership {
        let base = Url::parse("http://h/v2").unwrap();
        Ownership::new("case", "sc1", "2f0c7f1e-0000-4000-8000-000000000000", &base, None)
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

    fn answer(status: u16, location: Option<&str>, body: &str) -> Answer {
        Answer::Response(Response {
            status,
            headers: location.map(|l| ("location".to_owned(), l.to_owned())).into_iter().collect(),
            body: Body::new(body.as_bytes(), Completeness::Complete),
        })
    }

    #[test]
    fn only_what_was_created_may_be_changed() {
        let ownership = ownership();
        let create = request("POST", "http://h/v2/Users");
        let body = json!({ "userName": "sc1-a" });
        let number = ownership.before(&create, Some(&body)).unwrap().unwrap();
        ownership.after(number, &create, &answer(201, None, r#"{"id":"7","userName":"SC1-a"}"#), 1);
        let cases = [
            ("DELETE", "http://h/v2/Users/7", true),
            ("PATCH", "http://h/v2/Users/7?attributes=id", true),
            ("PUT", "http://h/v2/Users/8", false),
            ("DELETE", "http://h/v2/Users", false),
            ("DELETE", "http://h/v2/Users/2f0c7f1e-0000-4000-8000-000000000000", true),
            ("PUT", "http://h/v2/Users/sc1-nobody", true),
            ("PUT", "http://h/v2/ServiceProviderConfig", false),
            ("POST", "http://h/v2/Schemas", false),
            ("DELETE", "http://h/v2/Me", false),
            ("GET", "http://h/v2/Users/8", true),
        ];
        for (method, url, allowed) in cases {
            assert_eq!(ownership.before(&request(method, url), None).is_ok(), allowed, "{method} {url}");
        }
        let seven = Owned { number: 0, url: "http://h/v2/Users/7".to_owned(), renamed: true, verified: true };
        assert_eq!(ownership.take_owned(), [seven]);
        let local = self::ownership().with_writable_discovery(true);
        assert_eq!(local.before(&request("PUT", "http://h/v2/Schemas/urn:x"), None).unwrap(), None);
    }

    /// What a case owns and has lost after a create with this answer.
    fn created(answer: &Answer, tries: u32) -> (Vec<String>, Vec<Lost>) {
        let ownership = ownership();
        let create = request("POST", "http://h/v2/Users");
        let sent = json!({ "schemas": [], "userName": "sc1-a" });
        let number = ownership.before(&create, Some(&sent)).unwrap().unwrap();
        ownership.after(number, &create, answer, tries);
        (ownership.take_owned().into_iter().map(|owned| owned.url).collect(), ownership.take_lost())
    }

    #[test]
    fn a_create_that_answers_with_a_strangers_resource_owns_nothing() {
        let answers = [
            answer(200, None, r#"{"id":"1","userName":"admin"}"#),
            answer(201, Some("http://elsewhere/Users/1"), ""),
            answer(201, Some("/Users/1"), ""),
            answer(201, Some("http://h/v2/Schemas/1"), ""),
            answer(201, Some("http://h/v2/Users/1"), r#"{"id":"2","userName":"sc1-a"}"#),
            answer(201, None, r#"{"id":"..","userName":"sc1-a"}"#),
            answer(201, None, ""),
            answer(307, Some("/v2/Users"), ""),
            answer(500, None, ""),
        ];
        for answer in answers {
            let (owned, lost) = created(&answer, 1);
            assert_eq!(owned, Vec::<String>::new());
            assert_eq!(lost.len(), 1);
            assert_eq!(lost[0].identifier, Some(("userName".to_owned(), "sc1-a".to_owned())));
            assert!(!lost[0].pending);
        }
    }

    #[test]
    fn a_refused_create_made_nothing_unless_it_was_sent_before() {
        let refused = answer(409, None, "");
        assert_eq!(created(&refused, 1), (vec![], vec![]));
        assert_eq!(created(&refused, 2).1.len(), 1);
        let silent = |kind| Answer::Failed(crate::model::Failure { kind, message: String::new() });
        assert_eq!(created(&silent(FailureKind::Refused), 1), (vec![], vec![]));
        assert!(created(&silent(FailureKind::Timeout), 1).1[0].pending);
    }

    #[test]
    fn a_location_is_enough_to_find_what_was_created() {
        let url = vec!["http://h/v2/Users/9".to_owned()];
        assert_eq!(created(&answer(201, Some("/v2/Users/9"), ""), 1).0, url);
        let with_id = answer(201, Some("https://inner:8080/v2/Users/9"), r#"{"id":"9","userName":"sc1-a"}"#);
        assert_eq!(created(&with_id, 1).0, url);
    }

    #[test]
    fn a_group_that_only_lists_our_user_is_not_ours() {
        let group =
            json!({ "id": "1", "displayName": "all", "members": [{ "value": "7", "display": "sc1-a" }] });
        assert!(!carries(&group, "sc1"));
        assert!(carries(&json!({ "displayName": "SC1-team" }), "sc1"));
    }

    #[test]
    fn a_create_that_was_cut_off_is_looked_for() {
        let ownership = ownership();
        ownership
            .before(&request("POST", "http://h/v2/Users"), Some(&json!({ "userName": "sc1-a" })))
            .unwrap();
        assert_eq!(ownership.take_lost().len(), 1);
    }
}
