//! What is known about a target once it was asked: the ground on which cases are planned and payloads made.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value, json};
use url::Url;

use super::limits::Limits;
use crate::model::{Exchange, Feature, Features, Finding};
use crate::scim::attribute_path::AttributePath;
use crate::scim::object;
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::schema::{Attribute, Mutability, Returned, Schema};
use crate::suite::template::{self, Scope};

/// A target as its discovery documents and the configuration describe it.
#[derive(Debug, Clone)]
pub struct TargetModel {
    /// Base URL.
    pub base_url: Url,
    /// Domain of everything that looks like an e-mail address.
    pub domain: String,
    /// Its resource types with their schemas.
    pub resources: Vec<ResourceSchemas>,
    /// The schemas that it publishes.
    pub schemas: Vec<Arc<Schema>>,
    /// What it can do.
    pub features: Features,
    /// How much it does at once.
    pub limits: Limits,
    /// Attributes that the user's configuration sets in created resources, by resource type; `null` takes one away.
    pub overrides: BTreeMap<String, Map<String, Value>>,
}

impl TargetModel {
    /// A resource type by name.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&ResourceSchemas> {
        self.resources.iter().find(|resource| resource.resource_type.name == name)
    }

    /// The first of `requires` that does not hold; an entry `!name` holds when the feature is absent. Attributes are
    /// looked up in the schemas, unless the configuration overrides them.
    #[must_use]
    pub fn first_unmet<'a>(&self, requires: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        requires.into_iter().find(|entry| {
            let (name, wanted) = entry.strip_prefix('!').map_or((*entry, true), |name| (name, false));
            self.has(name) != wanted
        })
    }

    fn has(&self, name: &str) -> bool {
        if let Some(allowed) = self.limits.allow(name, &self.features) {
            return allowed;
        }
        let known = self.features.0.contains_key(&Feature(name.to_owned()));
        match name.split_once(':') {
            Some(("attribute", path)) if !known => {
                self.has_attribute(path, |_| true) && !self.is_hidden(path)
            }
            Some(("writable", path)) if !known => {
                self.has(&format!("attribute:{path}")) && !self.is_read_only(path)
            }
            Some(("required", path)) if !known => self.has_attribute(path, |attribute| attribute.required),
            Some(("caseExact", path)) if !known => self.has_attribute(path, |attribute| attribute.case_exact),
            Some(("returned", rest)) if !known => rest.split_once(':').is_some_and(|(when, path)| {
                self.has_attribute(path, |attribute| attribute.returned.as_str() == when)
            }),
            _ => self.features.has(name),
        }
    }

    /// Whether an attribute, or what it stands in, is shown to those only who ask for it (`returned` "request"): what a
    /// plain GET has to show of it cannot be judged.
    fn is_hidden(&self, path: &str) -> bool {
        self.has_or_stands_in(path, |attribute| attribute.returned == Returned::Request)
    }

    /// Whether an attribute, or what it stands in, is not for clients to set (RFC 7643 §7).
    fn is_read_only(&self, path: &str) -> bool {
        self.has_or_stands_in(path, |attribute| attribute.mutability == Mutability::ReadOnly)
    }

    /// Whether an attribute is like that, or the complex one that it is a part of: `User.name.givenName`.
    fn has_or_stands_in(&self, path: &str, is: impl Fn(&Attribute) -> bool) -> bool {
        let Some((kind, path)) = path.split_once('.') else { return false };
        self.resource(kind).is_some_and(|schemas| {
            let path = AttributePath::parse_with(path, schemas).ok();
            path.and_then(|path| path.resolve(schemas))
                .is_some_and(|found| is(found.attribute) || found.sub.is_some_and(&is))
        })
    }

    /// Whether a resource type has an attribute like that: `User.name.givenName`.
    fn has_attribute(&self, path: &str, is: impl Fn(&Attribute) -> bool) -> bool {
        let Some((kind, path)) = path.split_once('.') else { return false };
        self.resource(kind).is_some_and(|schemas| {
            let path = AttributePath::parse_with(path, schemas).ok();
            path.and_then(|path| path.resolve(schemas)).is_some_and(|found| is(found.target()))
        })
    }

    /// A payload with the attributes that the configuration sets for its resource type. `${unique}` and `${domain}`
    /// are filled in; other templates stay as they are.
    #[must_use]
    pub fn with_overrides(&self, resource_type: &str, mut payload: Value, unique: &str) -> Value {
        let Some(overrides) = self.overrides.get(resource_type) else { return payload };
        let mut scope = Scope::default();
        scope.set("unique", json!(unique));
        scope.set("domain", json!(self.domain));
        for (name, value) in overrides {
            let value = template::render(value, &scope).unwrap_or_else(|_| value.clone());
            object::replace(&mut payload, name, value);
        }
        payload
    }
}

/// What asking the target about itself gave.
#[derive(Debug, Clone)]
pub struct Discovery {
    /// What is known now.
    pub model: TargetModel,
    /// The requests and their answers.
    pub exchanges: Vec<Exchange>,
    /// What was missing or could not be understood; their ids begin with `target/discovery#`.
    pub findings: Vec<Finding>,
    /// When the first request was sent: the beginning of the run.
    pub began: Instant,
}
