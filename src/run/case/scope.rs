//! What templates see when a case begins.

use serde_json::{Value, json};

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
    for (name, make, ending) in PAYLOADS {
        let unique = format!("{unique}{ending}");
        let naming = payload::Naming { unique: &unique, domain: &shared.target.domain };
        let all = shared.target.resources.iter().map(|resource| {
            let kind = &resource.resource_type.name;
            (kind.clone(), shared.target.with_overrides(kind, make(resource, &naming), &unique))
        });
        scope.set(name, Value::Object(all.collect()));
    }
    for (column, value) in &planned.row {
        // A column may use the built-in names.
        let value = template::render(value, &scope).unwrap_or_else(|_| value.clone());
        scope.set(column, value);
    }
    // A case that is derived for a resource type has the payloads of that type at hand.
    if matches!(
        planned.case().derive,
        Some(Derive::ResourceTypes | Derive::SchemaExtensions | Derive::Attributes)
    ) {
        for (name, ..) in PAYLOADS {
            let kind = planned.row.get("name").and_then(Value::as_str).unwrap_or_default();
            let own = scope.get(name).and_then(|all| all.get(kind)).cloned().unwrap_or_default();
            scope.set(name, own);
        }
    }
    scope.set("sent", json!({}));
    scope.set("as_members", json!({}));
    scope.set("earlier", json!({}));
    scope.set("headers", json!({}));
    scope
}
