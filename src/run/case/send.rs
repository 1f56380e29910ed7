//! Sending the requests of a case, and what of their answers later templates see.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Running, Stop};
use crate::check;
use crate::model::{AuthMode, Exchange, ExchangeId, Phase, Request, milliseconds};
use crate::run::guard;
use crate::run::ownership::Intents;
use crate::run::precondition::{self, Sender, Sending, Timed};
use crate::run::request;
use crate::run::slim::slim;
use crate::suite::format::{Auth, RequestSpec, Step};

/// Requests of one step that are under way at the same time, at most.
pub(super) const SIDE_BY_SIDE: usize = 16;

/// A request that may be sent.
struct Prepared {
    request: Request,
    /// What it may create, as it stands in the ledger.
    intents: Intents,
    /// Whether it is sent once more where the target demands If-Match.
    may_repeat: bool,
}

impl Running<'_> {
    /// Sends a request; returns the place of its exchange. `name` is where templates find what was sent.
    pub(super) async fn send(
        &mut self,
        spec: &RequestSpec,
        step: &str,
        phase: Phase,
        name: Option<&str>,
    ) -> Result<usize, Stop> {
        let prepared = self.prepare(spec, step, name).await?;
        let transport = Arc::clone(&self.shared.transport);
        let limit = self.shared.target.limits.max_results;
        let sender = Sender::new();
        let sending = sender.send(transport.as_ref(), &prepared.request, prepared.may_repeat, limit).await;
        let moot = sending.moot();
        let place = self.record(&prepared, sending, step, phase);
        moot.map_or(Ok(place), |why| Err(ended(step, why)))
    }

    /// Sends the request of a step once for each element of a list, side by side; returns the places of the exchanges
    /// in the order of the list.
    pub(super) async fn send_each(&mut self, step: &Step, list: &str) -> Result<Vec<usize>, Stop> {
        let elements = match self.scope.get(list).cloned() {
            Some(Value::Array(elements)) if !elements.is_empty() => elements,
            _ => return Err(Stop::Blocked(format!("{}: `{list}` is no list with elements", step.name))),
        };
        let mut sending = JoinSet::new();
        let places = Arc::new(Semaphore::new(SIDE_BY_SIDE));
        let sender = Sender::new();
        let limit = self.shared.target.limits.max_results;
        let mut prepared = Vec::new();
        let Some(spec) = &step.request else { return Ok(Vec::new()) };
        for (index, element) in elements.into_iter().enumerate() {
            self.scope.set("each", element);
            let ready = self.prepare(spec, &step.name, None).await?;
            let (transport, request) = (Arc::clone(&self.shared.transport), ready.request.clone());
            let (places, sender, may_repeat) = (Arc::clone(&places), sender.clone(), ready.may_repeat);
            prepared.push(ready);
            sending.spawn(async move {
                let _place = places.acquire_owned().await;
                (index, sender.send(transport.as_ref(), &request, may_repeat, limit).await)
            });
        }
        let mut answers: Vec<_> = std::iter::repeat_with(|| None).take(prepared.len()).collect();
        while let Some(done) = sending.join_next().await {
            let (index, sending) = done.map_err(|error| Stop::Broken(error.to_string()))?;
            answers[index] = Some(sending);
        }
        let mut indices = Vec::with_capacity(answers.len());
        let mut moot = None;
        for (prepared, answer) in prepared.into_iter().zip(answers) {
            if let Some(sending) = answer {
                moot = moot.or(sending.moot());
                indices.push(self.record(&prepared, sending, &step.name, Phase::Step));
            }
        }
        moot.map_or(Ok(indices), |why| Err(ended(&step.name, why)))
    }

    /// Makes a request and has it allowed; what is sent is in scope under `name`.
    async fn prepare(
        &mut self,
        spec: &RequestSpec,
        step: &str,
        name: Option<&str>,
    ) -> Result<Prepared, Stop> {
        let (mut request, body) = match request::build(spec, &self.scope, &self.shared.target.base_url) {
            Ok(built) => built,
            Err(request::RequestError::Template(error)) => return Err(error.into()),
            // A location that the target gave: its fault, not ours.
            Err(error) => return Err(Stop::Unmet(format!("{step}: {error}"))),
        };
        if let Auth::Login(login) = &spec.auth {
            request.auth = AuthMode::Raw(self.authorization(login)?);
        }
        let intents = guard::admit(&self.ownership, self.shared.transport.as_ref(), &request).await?;
        if let (Some(name), Some(body)) = (name, body) {
            self.scope.insert_into("sent", name, body);
        }
        Ok(Prepared { request, intents, may_repeat: precondition::may_repeat(spec) })
    }

    /// Takes note of what came back; returns the place of the exchange that is judged.
    fn record(&mut self, prepared: &Prepared, sending: Sending, step: &str, phase: Phase) -> usize {
        let lacks_version = sending.lacks_version();
        let Sending { demand, other_page, last } = sending;
        let sent = &last.sent;
        self.ownership.after(&prepared.intents, &prepared.request, &sent.answer, sent.tries);
        if let Some([refused, read]) = demand {
            let refused = self.push(refused, &format!("{step} (without If-Match)"), phase);
            let read = self.push(read, &format!("{step}: read the version"), phase);
            self.demanded(&[refused, read]);
        }
        if let Some(other) = other_page {
            self.push(other, &format!("{step} (another size of the page)"), phase);
        }
        let place = self.push(last, step, phase);
        if lacks_version {
            self.demanded(&[place]);
        }
        place
    }

    /// Keeps the exchanges in which the clean-up met a target that demands If-Match, if they are the first.
    pub(super) fn demanded_by_clean_up(&mut self, demand: Vec<Timed>) {
        if self.demand.is_some() || demand.is_empty() {
            return;
        }
        let names = ["delete it (without If-Match)", "delete it: read the version", "delete it"];
        let indices: Vec<_> = demand
            .into_iter()
            .zip(names)
            .map(|(timed, name)| self.push(timed, name, Phase::Cleanup))
            .collect();
        self.demanded(&indices);
    }

    fn demanded(&mut self, indices: &[usize]) {
        let ids = indices.iter().map(|index| self.exchanges[*index].id.clone());
        self.demand.get_or_insert_with(|| ids.collect());
    }

    pub(super) fn push(&mut self, timed: Timed, step: &str, phase: Phase) -> usize {
        slim(&mut self.exchanges);
        let Timed { began, sent } = timed;
        let number = self.exchanges.len() + 1;
        self.exchanges.push(Exchange {
            id: ExchangeId(format!("{}:{number}", self.planned.id)),
            phase,
            step: step.to_owned(),
            request: sent.request,
            answer: sent.answer,
            started_ms: milliseconds(began.saturating_duration_since(self.shared.epoch)),
            duration_ms: milliseconds(sent.duration),
            shows: None,
        });
        self.exchanges.len() - 1
    }

    /// Puts the answer in scope under the name that the step gives it.
    pub(super) fn name_answer(&mut self, step: &Step, index: usize) {
        let (Some(name), Some(response)) = (&step.capture_as, self.exchanges[index].response()) else {
            return;
        };
        let headers: Map<String, Value> =
            response.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let body = self.body(index);
        if let Some(tag) = headers.get("etag").and_then(Value::as_str).and_then(opaque_tag) {
            self.scope.insert_into("opaque_tag", name, tag.into());
        }
        self.scope.insert_into("headers", name, Value::Object(headers));
        self.scope.set(name, body);
    }

    /// The body of an answer, null without one. What a create made has its id in any case: if the body does not say it,
    /// the Location does (RFC 7644 §3.3).
    fn body(&self, index: usize) -> Value {
        let exchange = &self.exchanges[index];
        let Some(response) = exchange.response() else { return Value::Null };
        let body = response.body.json().cloned();
        let says_id = body.as_ref().is_some_and(|body| body.get("id").is_some());
        let id = match says_id {
            true => None,
            false => self.ownership.id_from_location(&exchange.request, response),
        };
        match (body, id) {
            (None, Some(id)) => json!({ "id": id }),
            (Some(Value::Object(mut members)), Some(id)) => {
                members.insert("id".to_owned(), Value::String(id));
                Value::Object(members)
            }
            (body, _) => body.unwrap_or(Value::Null),
        }
    }

    /// Puts single values of the answer in scope.
    pub(super) fn capture(&mut self, step: &Step, index: usize) -> Result<(), Stop> {
        if step.capture.is_empty() || self.exchanges[index].response().is_none() {
            return Ok(());
        }
        let body = self.body(index);
        for (name, place) in &step.capture {
            let nodes =
                check::locate::locate(place, &body, None).map_err(|error| Stop::Broken(error.to_string()))?;
            let Some(value) = nodes.first().map(|node| (*node).clone()) else {
                return Err(Stop::Unmet(format!("{}: nothing at {place} to capture as {name}", step.name)));
            };
            self.scope.set(name, value);
        }
        Ok(())
    }
}

/// An entity tag without the mark of a weak one (RFC 9110 §8.8.3); nothing else is told apart by it.
fn opaque_tag(tag: &str) -> Option<String> {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag);
    (opaque.len() > 1 && opaque.starts_with('"') && opaque.ends_with('"')).then(|| opaque.to_owned())
}

/// What the request would be answered with otherwise is not to be seen.
fn ended(step: &str, why: &str) -> Stop {
    Stop::Ended(format!("{step}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::opaque_tag;

    #[test]
    fn the_mark_of_a_weak_tag_is_left_out() {
        for (tag, wanted) in [
            (r#""7""#, Some(r#""7""#)),
            (r#"W/"7""#, Some(r#""7""#)),
            (r#"W/"""#, Some(r#""""#)),
            (r#"w/"7""#, None),
            ("7", None),
            ("\"", None),
            ("", None),
        ] {
            assert_eq!(opaque_tag(tag).as_deref(), wanted, "{tag}");
        }
    }
}
