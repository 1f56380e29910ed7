//! The set-up of a case: resources that it needs.

use chrono::{DateTime, FixedOffset, SecondsFormat, TimeDelta};
use serde_json::{Value, json};

use super::{Running, Stop, referred};
use crate::check;
use crate::model::{Phase, Verdict};
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::{object, payload};
use crate::suite::format::{Payload, RequestSpec, SetupEntry};
use crate::suite::template;

impl<'a> Running<'a> {
    /// `setup`: whatever goes wrong blocks the case.
    pub(super) async fn set_up(&mut self, entry: &'a SetupEntry) -> Result<(), Stop> {
        if let Some(kind) = &entry.create {
            return self.create(kind, entry).await;
        }
        let Some(step) = &entry.step else { return Ok(()) };
        let seen = self.findings.len();
        let result = self.step(step).await;
        let unmet = self.findings.drain(seen..).find(|finding| finding.verdict >= Verdict::Blocked);
        match (result, unmet) {
            (Err(stop @ (Stop::Broken(_) | Stop::Ended(_))), _) => Err(stop),
            (Err(Stop::Blocked(why) | Stop::Unmet(why) | Stop::Unfollowed(why)), _) => {
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
        let Some(count) = entry.count else {
            let created = self.create_one(resource, entry, &name, &name).await?;
            self.scope.insert_into("as_members", &name, json!([{ "value": created["id"] }]));
            if let Some(earlier) = earlier(&created) {
                self.scope.insert_into("earlier", &name, earlier.into());
            }
            self.scope.set(&name, created);
            return Ok(());
        };
        let (mut all, mut members) = (Vec::new(), Vec::new());
        let first = self.exchanges.len() + 1;
        for number in 1..=count {
            let created = self.create_one(resource, entry, &name, &format!("{name}-{number}")).await?;
            // One is evidence enough of what was sent for all of them.
            self.exchanges.truncate(first);
            members.push(json!({ "value": created["id"] }));
            all.push(created);
        }
        self.scope.insert_into("as_members", &name, Value::Array(members));
        self.scope.set(&name, Value::Array(all));
        Ok(())
    }

    /// Creates one resource; `suffix` makes its name. Gives what the target says was created.
    pub(super) async fn create_one(
        &mut self,
        resource: &ResourceSchemas,
        entry: &SetupEntry,
        name: &str,
        suffix: &str,
    ) -> Result<Value, Stop> {
        let target = &self.shared.target;
        let kind = &resource.resource_type.name;
        let unique = format!("{}-{}", self.shared.ids.unique(&self.planned.id), suffix.to_ascii_lowercase());
        let naming = payload::Naming { unique: &unique, domain: &target.domain };
        let mut body = match entry.payload {
            Payload::Minimal => payload::minimal(resource, &naming),
            Payload::Full => payload::full(resource, &naming),
        };
        referred::refer(&mut body, resource, &self.referred);
        body = target.with_overrides(kind, body, &unique);
        for (name, value) in &entry.with {
            let name = template::render_text(name, &self.scope)?;
            object::replace(&mut body, &name, template::render(value, &self.scope)?);
        }

        let spec = RequestSpec::post(&resource.resource_type.endpoint, body);
        let step_name = format!("set-up: create {kind} as {name}");
        let index = self.send(&spec, &step_name, Phase::Setup, Some(name)).await?;
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
                let read = self.exchanges[index].response().and_then(|response| response.body.json());
                created = read.cloned().unwrap_or(Value::Null);
            }
        }
        if created.get("id").and_then(Value::as_str).is_none() {
            return Err(Stop::Blocked(format!("{step_name}: the answer has no id")));
        }
        Ok(created)
    }
}

/// An hour before a resource was created, as clocks 14 hours ahead of UTC show it: the text alone looks later.
fn earlier(created: &Value) -> Option<String> {
    let created = DateTime::parse_from_rfc3339(created.pointer("/meta/created")?.as_str()?).ok()?;
    let earlier = created.checked_sub_signed(TimeDelta::hours(1))?;
    let zone = FixedOffset::east_opt(14 * 60 * 60)?;
    Some(earlier.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_looks_later() {
        let at = |created: &str| earlier(&json!({ "meta": { "created": created } }));
        assert_eq!(at("2026-03-04T05:06:07.123Z").as_deref(), Some("2026-03-04T18:06:07+14:00"));
        assert_eq!(at("2026-03-04T05:06:07+02:00").as_deref(), Some("2026-03-04T16:06:07+14:00"));
        assert_eq!(at("soon"), None);
        assert_eq!(earlier(&json!({})), None);
    }
}
