//! What has to be there before a resource can be created: where the schemas demand a reference, as groups that are never
//! without members do, the case first creates a resource that the reference can name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Running, Stop};
use crate::run::plan::PlannedCase;
use crate::scim::payload::DemandedReference;
use crate::scim::resource_type::ResourceSchemas;
use crate::suite::format::{Case, Payload, RequestSpec, SetupEntry, Step};
use crate::suite::template;
use crate::target::TargetModel;

/// The ids of the resources that payloads refer to, by resource type.
pub(super) type Referred = BTreeMap<String, String>;

/// Names in a payload what its resource type demands.
pub(super) fn refer(payload: &mut Value, resource: &ResourceSchemas, referred: &Referred) {
    for reference in DemandedReference::of(resource) {
        if let Some((_, id)) = referred.iter().find(|(kind, _)| reference.may_name(kind)) {
            reference.name(payload, id);
        }
    }
}

impl Running<'_> {
    /// Creates what the payloads of the case have to refer to; mostly nothing.
    pub(super) async fn create_referred(&mut self) -> Result<(), Stop> {
        let target = &self.shared.target;
        let (planned, scope) = (self.planned, &self.scope);
        let kinds = target.resources.iter().filter(|resource| makes(planned, scope, resource));
        let references: Vec<_> = kinds.flat_map(DemandedReference::of).collect();
        let mut referred = Referred::new();
        for reference in references {
            let Some(resource) = first_nameable(target, &reference) else { continue };
            let kind = &resource.resource_type.name;
            if referred.contains_key(kind) {
                continue;
            }
            let name = format!("referred-{}", kind.to_ascii_lowercase());
            let created = self.create_one(resource, &plain(kind), &name, &name).await?;
            let id = created.get("id").and_then(Value::as_str).unwrap_or_default();
            referred.insert(kind.clone(), id.to_owned());
        }
        if !referred.is_empty() {
            super::scope::set_payloads(&mut self.scope, self.shared, planned, &referred);
            self.referred = referred;
        }
        Ok(())
    }
}

/// The first resource type that a reference may name and that demands no reference itself.
fn first_nameable<'t>(
    target: &'t TargetModel,
    reference: &DemandedReference<'_>,
) -> Option<&'t ResourceSchemas> {
    target.resources.iter().find(|resource| {
        reference.may_name(&resource.resource_type.name) && DemandedReference::of(resource).next().is_none()
    })
}

/// The entry of a set-up that creates one resource.
fn plain(kind: &str) -> SetupEntry {
    SetupEntry {
        create: Some(kind.to_owned()),
        name: None,
        count: None,
        payload: Payload::Minimal,
        with: serde_json::Map::new(),
        step: None,
        line: 0,
    }
}

/// Whether a case makes payloads for a resource type: in its set-up, or with a template.
fn makes(planned: &PlannedCase, scope: &template::Scope, resource: &ResourceSchemas) -> bool {
    let kind = &resource.resource_type.name;
    let own = planned.case().derive.is_some()
        && planned.row.get("name").and_then(Value::as_str).is_some_and(|name| name == kind);
    let is_named = |text: &str| {
        super::scope::payload_names().any(|name| {
            text.contains(&format!("${{{name}.{kind}")) || own && text.contains(&format!("${{{name}}}"))
        })
    };
    let mut creates = planned.case().setup.iter().filter_map(|entry| entry.create.as_deref());
    creates.any(|create| template::render_text(create, scope).is_ok_and(|create| create == *kind))
        || requests(planned.case()).any(|request| mentions_in_request(request, &is_named))
        || planned.row.values().any(|value| mentions(value, &is_named))
}

fn requests(case: &Case) -> impl Iterator<Item = &RequestSpec> {
    let of_setup = case.setup.iter().filter_map(|entry| entry.step.as_deref());
    of_setup.chain(&case.steps).filter_map(|step: &Step| step.request.as_ref())
}

fn mentions_in_request(request: &RequestSpec, is_named: &dyn Fn(&str) -> bool) -> bool {
    request.body.iter().chain(request.with.values()).any(|value| mentions(value, is_named))
        || request.raw_body.as_deref().is_some_and(is_named)
}

fn mentions(value: &Value, is_named: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_named(text),
        Value::Array(elements) => elements.iter().any(|element| mentions(element, is_named)),
        Value::Object(members) => members.values().any(|member| mentions(member, is_named)),
        _ => false,
    }
}
