//! What templates see when a case begins.

use std::sync::Arc;

use serde_json::{Value, json};

use super::referred::{self, Referred};
use crate::run::plan::PlannedCase;
use crate::run::shared::Shared;
use crate::scim::payload;
use crate::scim::resource_type::ResourceSchemas;
use crate::suite::format::Derive;
use crate::suite::template::{self, Scope};

type MakePayload = fn(&ResourceSchemas, &payload::Naming<'_>) -> Value;

/// Payloads that every template can name, and what the names within end with: those of `another` differ from those of
/// the first two, so that both can be created.
const PAYLOADS: [(&str, MakePayload, &str); 3] = [
    ("minimal", payload::minimal, ""),
    ("full", payload::full, ""),
    ("another", payload::minimal, "-another"),
];

/// The built-in names, the payloads and the columns of the row.
pub(super) fn of_case(shared: &Shared, planned: &PlannedCase) -> Scope {
    let unique = shared.ids.unique(&planned.id);
    let uuid = shared.ids.uuid(&planned.id);
    let mut scope = Scope::default();
    scope.set("unique", json!(unique));
    scope.set("uuid", json!(uuid));
    if let Some(oauth) = shared.oauth.as_ref().filter(|_| planned.case().logs_in()) {
        scope.set("groups_claim", json!(oauth.groups_claim()));
        for name in ["password", "other_password"] {
            let password = shared.ids.password(&format!("{} {name}", planned.id));
            oauth.conceal(&password.clone().into());
            scope.set(name, json!(password));
        }
    }
    scope.set("domain", json!(shared.target.domain));
    scope.set("base_url", json!(shared.target.base_url.as_str()));
    set_payloads(&mut scope, shared, planned, &Referred::new());
    for (column, value) in &planned.row {
        // A column may use the built-in names.
        let value = template::render(value, &scope).unwrap_or_else(|_| value.clone());
        scope.set(column, value);
    }
    scope.set("sent", json!({}));
    scope.set("as_members", json!({}));
    scope.set("earlier", json!({}));
    scope.set("headers", json!({}));
    scope.set("opaque_tag", json!({}));
    scope
}

/// The names of the payloads.
pub(super) fn payload_names() -> impl Iterator<Item = &'static str> {
    PAYLOADS.iter().map(|(name, ..)| *name)
}

/// The payloads, with what they refer to.
pub(super) fn set_payloads(scope: &mut Scope, shared: &Shared, planned: &PlannedCase, referred: &Referred) {
    let unique = shared.ids.unique(&planned.id);
    // A case that is derived for a resource type has the payloads of that type at hand.
    let derived = matches!(
        planned.case().derive,
        Some(Derive::ResourceTypes | Derive::SchemaExtensions | Derive::Attributes)
    );
    let own = derived.then(|| planned.row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned());
    for (name, make, ending) in PAYLOADS {
        let (target, unique) = (Arc::clone(&shared.target), format!("{unique}{ending}"));
        let (own, referred) = (own.clone(), referred.clone());
        scope.set_later(name, move || {
            let naming = payload::Naming { unique: &unique, domain: &target.domain };
            let payload = |resource: &ResourceSchemas| {
                let mut made = make(resource, &naming);
                referred::refer(&mut made, resource, &referred);
                target.with_overrides(&resource.resource_type.name, made, &unique)
            };
            match &own {
                Some(own) => {
                    let of_own = target.resources.iter().find(|kind| kind.resource_type.name == *own);
                    of_own.map(payload).unwrap_or_default()
                }
                None => {
                    let kinds = target.resources.iter();
                    kinds.map(|kind| (kind.resource_type.name.clone(), payload(kind))).collect()
                }
            }
        });
    }
}
