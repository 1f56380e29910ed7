//! Sending the requests of a case, and what of their answers later templates see.

use serde_json::{Map, Value, json};

use super::{Running, Stop};
use crate::check;
use crate::model::{Exchange, ExchangeId, Phase};
use crate::run::request;
use crate::suite::format::{RequestSpec, Step};

impl Running<'_> {
    /// Sends a request; returns the place of its exchange. `name` is where templates find what was sent.
    pub(super) async fn send(
        &mut self,
        spec: &RequestSpec,
        step: &str,
        phase: Phase,
        name: Option<&str>,
    ) -> Result<usize, Stop> {
        let (request, body) = match request::build(spec, &self.scope, &self.shared.target.base_url) {
            Ok(built) => built,
            Err(request::RequestError::Template(error)) => return Err(error.into()),
            // A location that the target gave: its fault, not ours.
            Err(error) => return Err(Stop::Unmet(format!("{step}: {error}"))),
        };
        let intent = self.ownership.before(&request, body.as_ref())?;
        let number = self.exchanges.len() + 1;
        let started_ms = self.shared.elapsed_ms();
        let sent = self.shared.transport.send(&request).await;
        if let Some(intent) = intent {
            self.ownership.after(intent, &request, &sent.answer, sent.tries);
        }
        if let (Some(name), Some(body)) = (name, body) {
            self.scope.insert_into("sent", name, body);
        }
        self.exchanges.push(Exchange {
            id: ExchangeId(format!("{}:{number}", self.planned.id)),
            phase,
            step: step.to_owned(),
            request: sent.request,
            answer: sent.answer,
            started_ms,
            duration_ms: sent.duration.as_secs_f64() * 1000.0,
        });
        Ok(self.exchanges.len() - 1)
    }

    /// Puts the answer in scope under the name that the step gives it.
    pub(super) fn name_answer(&mut self, step: &Step, index: usize) {
        let (Some(name), Some(response)) = (&step.capture_as, self.exchanges[index].response()) else {
            return;
        };
        let headers: Map<String, Value> =
            response.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let body = response.body.json().cloned().unwrap_or(Value::Null);
        self.scope.insert_into("headers", name, Value::Object(headers));
        self.scope.set(name, body);
    }

    /// Puts single values of the answer in scope.
    pub(super) fn capture(&mut self, step: &Step, index: usize) -> Result<(), Stop> {
        let Some(response) = self.exchanges[index].response() else { return Ok(()) };
        let body = response.body.json().cloned().unwrap_or(Value::Null);
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
