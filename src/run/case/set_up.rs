//! The set-up of a case: resources that it needs.

use serde_json::{Value, json};

use super::{Running, Stop};
use crate::check;
use crate::model::{Phase, Verdict};
use crate::scim::{object, payload};
use crate::suite::format::{Payload, RequestSpec, SetupEntry};
use crate::suite::template;

impl Running<'_> {
    /// `setup`: whatever goes wrong blocks the case.
    pub(super) async fn set_up(&mut self, entry: &SetupEntry) -> Result<(), Stop> {
        if let Some(kind) = &entry.create {
            return self.create(kind, entry).await;
        }
        let Some(step) = &entry.step else { return Ok(()) };
        let seen = self.findings.len();
        let result = self.step(step).await;
        let unmet = self.findings.drain(seen..).find(|finding| finding.verdict >= Verdict::Blocked);
        match (result, unmet) {
            (Err(Stop::Broken(why)), _) => Err(Stop::Broken(why)),
            (Err(Stop::Blocked(why) | Stop::Unmet(why)), _) => {
                Err(Stop::Blocked(format!("set-up \"{}\": {why}", step.name)))
            }
            (Ok(()), Some(finding)) => Err(Stop::Blocked(format!(
                "set-up \"{}\": wanted {}, got {}",
                step.name, finding.wanted, finding.got
            ))),
            (Ok(()), None) => Ok(()),
        }
    }

    async fn create(&mut self, kind: &str, entry: &SetupEntry) -> Result<(), Stop> {
        let target = &self.shared.target;
        let kind = template::render_text(kind, &self.scope)?;
        let Some(resource) = target.resource(&kind) else {
            return Err(Stop::Blocked(format!("set-up: the target has no resource type {kind}")));
        };
        let name = entry.name.clone().unwrap_or_else(|| kind.to_ascii_lowercase());
        let unique = format!("{}-{}", self.shared.ids.unique(&self.planned.id), name.to_ascii_lowercase());
        let naming = payload::Naming { unique: &unique, domain: &target.domain };
        let mut body = match entry.payload {
            Payload::Minimal => payload::minimal(resource, &naming),
            Payload::Full => payload::full(resource, &naming),
        };
        body = target.with_overrides(&kind, body, &unique);
        for (name, value) in &entry.with {
            object::replace(&mut body, name, template::render(value, &self.scope)?);
        }

        let spec = RequestSpec::post(&resource.resource_type.endpoint, body);
        let step_name = format!("set-up: create {kind} as {name}");
        let index = self.send(&spec, &step_name, Phase::Setup, Some(&name)).await?;
        let exchange = &self.exchanges[index];
        let Some(response) = exchange.response().filter(|response| (200..300).contains(&response.status))
        else {
            return Err(Stop::Blocked(format!("{step_name}: {}", check::explain::answer(exchange))));
        };
        let mut created = response.body.json().cloned().unwrap_or(Value::Null);
        if created.get("id").is_none() {
            // RFC 7644 §3.3: the body is a SHOULD, the Location is not.
            if let Some(location) = response.header("location").map(str::to_owned) {
                self.scope.set("location", json!(location));
                let read = RequestSpec::get("${location}");
                let index = self.send(&read, &format!("{step_name}: read it"), Phase::Setup, None).await?;
                created = self.exchanges[index]
                    .response()
                    .and_then(|r| r.body.json().cloned())
                    .unwrap_or(Value::Null);
            }
        }
        if created.get("id").and_then(Value::as_str).is_none() {
            return Err(Stop::Blocked(format!("{step_name}: the answer has no id")));
        }
        self.scope.set(&name, created);
        Ok(())
    }
}
