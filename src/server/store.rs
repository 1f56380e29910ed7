//! The resources, in memory.
//!
//! A resource is never changed in place while somebody else holds it: readers get an `Arc` and look at it without the
//! lock. Group memberships are kept on both sides, see `membership`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::choice::Choice;
use super::kind::Kind;
use super::past::Past;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{Filter, Literal, Operator};
use crate::scim::location;
use crate::scim::schema::fold;

/// A resource as it is stored: with `id`, `meta` and everything that is derived.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) kind: Kind,
    pub(super) id: String,
    /// The entity tag, as in `meta.version`.
    pub(super) version: String,
    pub(super) value: Value,
}

/// All resources.
#[derive(Debug)]
pub(super) struct Store {
    base_url: String,
    users: Collection,
    groups: Collection,
    devices: Collection,
    /// Lower-case `userName` of every user, with the user's id.
    names: HashMap<String, String>,
    /// The ids of the groups that a resource is a member of.
    pub(super) parents: HashMap<String, BTreeSet<String>>,
    /// The ids of the users whose manager names this id.
    pub(super) reports: HashMap<String, BTreeSet<String>>,
    clock: Clock,
    pub(super) choices: BTreeSet<Choice>,
    /// Ids of deleted resources, where they are remembered.
    deleted: HashSet<String>,
    /// Ids of deleted users by `userName`, where they are given out again.
    freed: HashMap<String, String>,
    random: fastrand::Rng,
    /// What queries see, where they lag behind.
    past: Past,
}

/// The resources of one type, in the order in which they were created.
#[derive(Debug, Default)]
struct Collection {
    resources: BTreeMap<u64, Arc<Resource>>,
    numbers: HashMap<String, u64>,
}

/// When a change happens, and the version that it makes.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    time: String,
    version: String,
    revision: u64,
}

/// Gives every change a later time than the one before.
#[derive(Debug, Default)]
struct Clock {
    revision: u64,
    microseconds: i64,
}

impl Clock {
    fn tick(&mut self, choices: &BTreeSet<Choice>) -> Moment {
        self.revision += 1;
        self.microseconds = Utc::now().timestamp_micros().max(self.microseconds + 1);
        let time = DateTime::from_timestamp_micros(self.microseconds).unwrap_or_default();
        Moment {
            time: if choices.contains(&Choice::SecondPrecision) {
                time.format("%Y-%m-%dT%H:%M:%SZ").to_string()
            } else {
                time.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
            },
            version: if choices.contains(&Choice::StrongTags) {
                format!("\"{}\"", self.revision)
            } else {
                format!("W/\"{}\"", self.revision)
            },
            revision: self.revision,
        }
    }
}

impl Store {
    /// An empty store; URLs in resources start with the base URL.
    pub(super) fn new(base_url: String, seed: Option<u64>, choices: BTreeSet<Choice>) -> Self {
        Self {
            base_url,
            users: Collection::default(),
            groups: Collection::default(),
            devices: Collection::default(),
            names: HashMap::new(),
            parents: HashMap::new(),
            reports: HashMap::new(),
            clock: Clock::default(),
            choices,
            deleted: HashSet::new(),
            freed: HashMap::new(),
            random: seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
            past: Past::default(),
        }
    }

    /// A resource by id; letter case counts.
    pub(super) fn get(&self, kind: Kind, id: &str) -> Option<Arc<Resource>> {
        let collection = self.collection(kind);
        collection.resources.get(collection.numbers.get(id)?).cloned()
    }

    /// The user with this name; letter case does not count.
    pub(super) fn user_named(&self, name: &str) -> Option<Arc<Resource>> {
        let name = fold(name);
        if self.choices.contains(&Choice::AnyUserName) {
            // Where names are not unique, nobody keeps a list of them.
            let mut users = self.users.resources.values();
            return users.find(|user| user_name(&user.value).as_ref() == Some(&name)).cloned();
        }
        self.get(Kind::User, self.names.get(&name)?)
    }

    /// A resource of any type.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Resource>> {
        Kind::ALL.into_iter().find_map(|kind| self.get(kind, id))
    }

    /// All resources of these types, the oldest first.
    pub(super) fn list(&self, kinds: &[Kind]) -> Vec<Arc<Resource>> {
        kinds.iter().flat_map(|kind| self.collection(*kind).resources.values().cloned()).collect()
    }

    /// All resources of these types that can match the filter, the oldest first: where the filter asks for an `id` or a
    /// `userName`, that is one at most.
    pub(super) fn candidates(&self, kinds: &[Kind], filter: Option<&Filter>) -> Vec<Arc<Resource>> {
        if let Some(earlier) = self.past.resources() {
            let of_kind = |kind| earlier.iter().filter(move |resource| resource.kind == kind).cloned();
            return kinds.iter().flat_map(|kind| of_kind(*kind)).collect();
        }
        match filter.and_then(|filter| self.demanded(filter)) {
            None => self.list(kinds),
            Some(ids) => {
                ids.iter().flat_map(|id| kinds.iter().filter_map(|kind| self.get(*kind, id))).collect()
            }
        }
    }

    /// The ids of all resources that can match, if the filter names them; `None` if it does not.
    fn demanded(&self, filter: &Filter) -> Option<Vec<String>> {
        match filter {
            Filter::And(terms) => terms.iter().find_map(|term| self.demanded(term)),
            Filter::Compare { path, operator: Operator::Eq, value: Literal::String(text) }
                if path.urn.is_none() && path.sub.is_none() =>
            {
                if path.name.eq_ignore_ascii_case("id") {
                    Some(vec![text.clone()])
                } else if path.name.eq_ignore_ascii_case("userName")
                    && !self.choices.contains(&Choice::AnyUserName)
                {
                    Some(self.names.get(&fold(text)).cloned().into_iter().collect())
                } else {
                    None
                }
            }
            _ => None,
        }
    }

    /// Creates a resource from what `for_write` has left of the body.
    ///
    /// 409 `uniqueness` for a `userName` that is taken, 400 `invalidValue` for a member that does not exist.
    pub(super) fn create(&mut self, kind: Kind, mut value: Value) -> Result<Arc<Resource>, ScimError> {
        self.remember();
        let name = self.free_name(kind, &value, None)?;
        self.settle(kind, &mut value, None)?;
        let id = uuid::Builder::from_random_bytes(self.random.u128(..).to_be_bytes()).into_uuid().to_string();
        let id = match self.choices.contains(&Choice::SpeakingIds) {
            true => format!("{}|a@b.c:d&e+f,(g)!{id}", kind.segment()),
            false => id,
        };
        let id = self.other_id(&value, name.as_deref()).unwrap_or(id);
        let now = self.clock.tick(&self.choices);
        let id = self.table_id(kind, &now).unwrap_or(id);
        let location = self.location(kind, &id);
        let mut meta = json!({
            "resourceType": self.type_word(kind),
            "created": now.time,
            "lastModified": now.time,
            "location": location,
            "version": now.version,
        });
        if let (true, Some(given)) =
            (self.choices.contains(&Choice::ClientMeta), value.get("meta").and_then(Value::as_object))
        {
            given.iter().for_each(|(name, value)| meta[name] = value.clone());
        }
        let value = arranged(value, &id, meta);
        let resource = Arc::new(Resource { kind, id: id.clone(), version: now.version.clone(), value });
        self.names.extend(name.map(|name| (name, id.clone())));
        let collection = self.collection_mut(kind);
        collection.numbers.insert(id.clone(), now.revision);
        collection.resources.insert(now.revision, Arc::clone(&resource));
        self.follow(None, Some(&resource), &now);
        // The group itself may be among those that were touched.
        Ok(self.get(kind, &id).unwrap_or(resource))
    }

    /// Keeps what there is before a change, where queries see it for a while.
    fn remember(&mut self) {
        if self.choices.contains(&Choice::QueriesLag) {
            let all = self.list(&Kind::ALL);
            self.past.keep(all);
        }
    }

    /// What `meta.resourceType` says.
    fn type_word(&self, kind: Kind) -> String {
        let name = kind.name();
        if self.choices.contains(&Choice::ShowTypeIds) { format!("{name}-type") } else { name.to_owned() }
    }

    /// An id that is not made up, where there are such.
    fn other_id(&mut self, value: &Value, name: Option<&str>) -> Option<String> {
        if self.choices.contains(&Choice::ReuseIds) {
            return self.freed.remove(name?);
        }
        let given = value.get("id")?.as_str().filter(|_| self.choices.contains(&Choice::ClientIds))?;
        self.find(given).is_none().then(|| given.to_owned())
    }

    /// Gives a resource a new value, which has the old `id` and `meta`; if it says the same, nothing changes, not even
    /// the version (RFC 7644 §3.5.2.1), unless it is `replaced` and the server makes one of it. Errors as for `create`.
    pub(super) fn update(
        &mut self,
        old: &Arc<Resource>,
        mut value: Value,
        replaced: bool,
    ) -> Result<Arc<Resource>, ScimError> {
        self.remember();
        let name = self.free_name(old.kind, &value, Some(&old.id))?;
        self.settle(old.kind, &mut value, Some(&old.value))?;
        if value == old.value && !(replaced && self.choices.contains(&Choice::TouchUnchanged)) {
            return Ok(Arc::clone(old));
        }
        let mut now = self.clock.tick(&self.choices);
        if self.choices.contains(&Choice::VersionsOfClients) {
            now.version =
                version(&value).filter(|given| *given != old.version).map_or(now.version, str::to_owned);
        }
        if let Some(name) = name {
            user_name(&old.value).and_then(|name| self.names.remove(&name));
            self.names.insert(name, old.id.clone());
        }
        let noted = self.noted(old, &value, &now);
        self.touch(old.kind, &old.id, &noted, |object| {
            let meta = value.get_mut("meta").map(Value::take).unwrap_or_default();
            *object = match arranged(std::mem::take(&mut value), &old.id, meta) {
                Value::Object(object) => object,
                _ => Map::new(),
            };
        });
        let new = self.get(old.kind, &old.id);
        self.follow(Some(old), new.as_ref(), &now);
        Ok(self.get(old.kind, &old.id).unwrap_or_else(|| Arc::clone(old)))
    }

    /// What a change leaves in `meta` of its resource: the time and the version of the change, unless the server
    /// overlooks that part of the resource.
    fn noted(&self, old: &Resource, value: &Value, now: &Moment) -> Moment {
        let mut noted = now.clone();
        let overlooks = |choice| self.choices.contains(&choice);
        if !(overlooks(Choice::MembersLeaveTime)
            || overlooks(Choice::MembersLeaveVersion)
            || overlooks(Choice::ExtensionsLeaveTime))
        {
            return noted;
        }
        let changed = changed_members(&old.value, value);
        let members_only = changed.iter().all(|name| *name == "members");
        let extensions_only = changed.iter().all(|name| name.starts_with("urn:") || *name == "schemas");
        if members_only && overlooks(Choice::MembersLeaveVersion) {
            noted.version.clone_from(&old.version);
        }
        let stays = members_only && overlooks(Choice::MembersLeaveTime)
            || extensions_only && overlooks(Choice::ExtensionsLeaveTime);
        if let (true, Some(time)) = (stays, last_modified(&old.value)) {
            time.clone_into(&mut noted.time);
        }
        noted
    }

    /// Deletes a resource, and takes it out of every group.
    pub(super) fn delete(&mut self, old: &Arc<Resource>) {
        self.remember();
        let now = self.clock.tick(&self.choices);
        let collection = self.collection_mut(old.kind);
        if let Some(number) = collection.numbers.remove(&old.id) {
            collection.resources.remove(&number);
        }
        let reserves = self.choices.contains(&Choice::ReserveUserNames);
        if let Some(name) = user_name(&old.value).filter(|_| old.kind == Kind::User && !reserves)
            && let Some(id) = self.names.remove(&name)
            && self.choices.contains(&Choice::ReuseIds)
        {
            self.freed.insert(name, id);
        }
        if self.choices.contains(&Choice::RememberDeleted) {
            self.deleted.insert(old.id.clone());
        }
        self.follow(Some(old), None, &now);
    }

    /// Whether a resource had this id, as far as it is remembered.
    pub(super) fn was_deleted(&self, id: &str) -> bool {
        self.deleted.contains(id)
    }

    /// Completes what a client has written with what the store knows.
    fn settle(&self, kind: Kind, value: &mut Value, old: Option<&Value>) -> Result<(), ScimError> {
        match kind {
            Kind::Group => self.settle_members(value, old),
            Kind::User => {
                self.settle_manager(value);
                Ok(())
            }
            Kind::Device => self.settle_serial_number(value, old),
        }
    }

    /// The serial number of a device is unique, as its schema says; there are few of them, and nobody keeps a list.
    fn settle_serial_number(&self, device: &Value, old: Option<&Value>) -> Result<(), ScimError> {
        let number = device.get("serialNumber");
        let taken = old.is_none()
            && self.devices.resources.values().any(|other| other.value.get("serialNumber") == number);
        if taken {
            return Err(ScimError::of(ScimType::Uniqueness, "`serialNumber` is taken by another device"));
        }
        Ok(())
    }

    /// Changes a resource and its version.
    pub(super) fn touch(
        &mut self,
        kind: Kind,
        id: &str,
        now: &Moment,
        change: impl FnOnce(&mut Map<String, Value>),
    ) {
        let collection = self.collection_mut(kind);
        let Some(resource) =
            collection.numbers.get(id).and_then(|number| collection.resources.get_mut(number))
        else {
            return;
        };
        let resource = Arc::make_mut(resource);
        resource.version.clone_from(&now.version);
        let Some(object) = resource.value.as_object_mut() else { return };
        change(object);
        if let Some(meta) = object.get_mut("meta") {
            meta["lastModified"] = json!(now.time);
            meta["version"] = json!(now.version);
        }
    }

    /// The URL of a resource, as it is stored.
    pub(super) fn location(&self, kind: Kind, id: &str) -> String {
        format!("{}/{}/{}", self.base_url, kind.segment(), location::segment(id))
    }

    /// The `userName` as it is compared, if nobody else has it.
    fn free_name(&self, kind: Kind, value: &Value, id: Option<&str>) -> Result<Option<String>, ScimError> {
        let Some(name) = user_name(value).filter(|_| kind == Kind::User) else { return Ok(None) };
        if self.choices.contains(&Choice::AnyUserName) {
            return Ok(None);
        }
        match self.names.get(&name) {
            Some(_) if id.is_some() && self.choices.contains(&Choice::AcceptTakenNames) => Ok(Some(name)),
            Some(owner) if Some(owner.as_str()) != id => {
                Err(ScimError::of(ScimType::Uniqueness, "`userName` is taken by another user"))
            }
            _ => Ok(Some(name)),
        }
    }

    /// Brings all other resources in line with a change: `old` is `None` for a new resource, `new` for a deleted one.
    fn follow(&mut self, old: Option<&Arc<Resource>>, new: Option<&Arc<Resource>>, now: &Moment) {
        self.follow_memberships(old, new, now);
        self.follow_managers(old, new, now);
    }

    /// An id as a table in a database gives it, where ids are such.
    fn table_id(&self, kind: Kind, now: &Moment) -> Option<String> {
        if self.choices.contains(&Choice::ShareIds) && kind == Kind::Group {
            let free = |user: &&Arc<Resource>| !self.groups.numbers.contains_key(&user.id);
            return self.users.resources.values().rev().find(free).map(|user| user.id.clone());
        }
        self.choices.contains(&Choice::CountedIds).then(|| now.revision.to_string())
    }

    fn collection(&self, kind: Kind) -> &Collection {
        match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
            Kind::Device => &self.devices,
        }
    }

    fn collection_mut(&mut self, kind: Kind) -> &mut Collection {
        match kind {
            Kind::User => &mut self.users,
            Kind::Group => &mut self.groups,
            Kind::Device => &mut self.devices,
        }
    }
}

/// RFC 7643 §4.1.1: unique among all users, and letter case does not count.
fn user_name(value: &Value) -> Option<String> {
    Some(fold(value.get("userName")?.as_str()?))
}

fn version(value: &Value) -> Option<&str> {
    value.pointer("/meta/version")?.as_str()
}

fn last_modified(value: &Value) -> Option<&str> {
    value.pointer("/meta/lastModified")?.as_str()
}

/// The names of the members of two objects that differ, without `meta`.
fn changed_members<'v>(old: &'v Value, new: &'v Value) -> Vec<&'v str> {
    let names = [old, new].into_iter().filter_map(Value::as_object).flat_map(Map::keys).map(String::as_str);
    names.filter(|name| *name != "meta" && old.get(*name) != new.get(*name)).collect()
}

/// The members in the order in which people expect them: `schemas`, `id`, attributes, `meta`.
fn arranged(value: Value, id: &str, meta: Value) -> Value {
    let Value::Object(mut attributes) = value else { return value };
    let mut object = Map::new();
    object.insert("schemas".to_owned(), attributes.shift_remove("schemas").unwrap_or_default());
    object.insert("id".to_owned(), id.into());
    attributes.shift_remove("id");
    attributes.shift_remove("meta");
    object.extend(attributes);
    object.insert("meta".to_owned(), meta);
    Value::Object(object)
}
