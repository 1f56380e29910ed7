//! Where the normal way of a request can be left: what variants and faults are made of.
//!
//! The stages of the server ask [`Hooks`] at fixed points; without hooks nothing happens there.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};

use super::auth::Access;
use super::choice::Choice;
use super::discovery::Documents;
use super::http::Request;
use super::kind::{Kind, Model};
use super::oauth::{Change, Credential, Endpoint, Login, Reach, Survivor};
use super::options::{OptionalFeature, Options};
use super::reply::{Refusal, Reply};
use super::route::Route;
use super::service::Call;
use super::store::{Resource, Store};
use crate::scim::filter::Filter;
use crate::scim::projection::Projection;
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::search::SearchRequest;

/// One change of behaviour.
#[derive(Debug)]
pub(super) enum Hook {
    /// The other one of two ways that the normal code knows.
    Choice(Choice),
    /// The server does without a part of the protocol.
    Without(OptionalFeature),
    /// Before the server starts.
    Options(fn(&mut Options)),
    /// The resource types and schemas by which resources are judged and published.
    Model(fn(&mut Model)),
    /// The discovery documents, and the base URL.
    Documents(fn(&mut Documents, &str)),
    /// A request as it came in, or an operation of a bulk request; before anything looks at it.
    Received(fn(&mut Request)),
    /// What a token may do, or why it may do nothing; `None` where that does not matter. Changed in place.
    Access(fn(&Request, Option<&Route>, &mut Result<Option<Access<'_>>, Refusal>)),
    /// An authenticated request, before it is carried out; a reply ends it.
    Admitted(fn(Call<'_>, &Route) -> Option<Reply>),
    /// A query parameter in the URL, decoded; false drops it.
    Parameter(fn(&str, &str) -> bool),
    /// A query, and the resource types that it is about.
    Search(fn(Call<'_>, &[Kind], &mut SearchRequest) -> Result<(), Refusal>),
    /// Whether a resource fits a filter; the last argument is what the filter really gives.
    Matches(fn(Call<'_>, &Filter, &Resource, bool) -> bool),
    /// What a query found, in its order, before it is cut into pages as the request says.
    Found(fn(Call<'_>, &mut SearchRequest, &mut Vec<Arc<Resource>>)),
    /// The JSON body of a POST, PUT or PATCH for a resource, before it is judged.
    Body(fn(&Write<'_>, &mut Value) -> Result<(), Refusal>),
    /// The resource as it is about to be stored.
    Stored(fn(&Write<'_>, &Store, &mut Value) -> Result<(), Refusal>),
    /// A resource as it is shown.
    Shown(fn(Call<'_>, Kind, &Projection, &mut Value)),
    /// Whose credentials end when SCIM takes a user's access away.
    Ends(fn(&Change<'_>, &mut Reach)),
    /// Whether a credential that has ended is good for something all the same.
    Survives(fn(&Survivor<'_>) -> bool),
    /// Whether a user may log in; the last argument is what is right.
    Login(fn(&Login<'_>, bool) -> bool),
    /// What an endpoint of the authorization server answers.
    Authorization(fn(Endpoint, &mut Reply)),
    /// What userinfo tells about the user of a token.
    Claims(fn(&Credential, &mut Map<String, Value>)),
    /// The reply; the route is `None` where there is no endpoint.
    Reply(fn(Call<'_>, Option<&Route>, &mut Reply)),
}

/// A resource that is being written.
pub(super) struct Write<'w> {
    pub(super) call: Call<'w>,
    pub(super) kind: Kind,
    /// The resource as it is; `None` if it is being created.
    pub(super) old: Option<&'w Value>,
}

impl<'w> Write<'w> {
    /// The schemas of the resource.
    pub(super) fn schemas(&self) -> &'w ResourceSchemas {
        self.call.schemas(self.kind)
    }
}

/// The hooks of a server.
#[derive(Debug, Default)]
pub(super) struct Hooks {
    all: Vec<&'static Hook>,
    choices: BTreeSet<Choice>,
    /// How often what happened, as far as hooks want to know.
    counts: Mutex<HashMap<String, usize>>,
}

impl Hooks {
    pub(super) fn new(hooks: impl IntoIterator<Item = &'static Hook>) -> Self {
        let hooks: Vec<&Hook> = hooks.into_iter().collect();
        let choices = hooks.iter().filter_map(|hook| match hook {
            Hook::Choice(choice) => Some(*choice),
            _ => None,
        });
        Self { choices: choices.collect(), all: hooks, counts: Mutex::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether a choice was made.
    pub(super) fn has(&self, choice: Choice) -> bool {
        self.choices.contains(&choice)
    }

    /// Counts what happens, and gives how often it has happened now: 1 the first time.
    pub(super) fn times(&self, what: impl Into<String>) -> usize {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(what.into()).or_default();
        *count += 1;
        *count
    }

    /// How often that has happened so far, without counting it.
    pub(super) fn happened(&self, what: &str) -> usize {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(what).copied().unwrap_or_default()
    }

    /// The choices that were made.
    pub(super) fn choices(&self) -> &BTreeSet<Choice> {
        &self.choices
    }

    pub(super) fn options(&self, options: &mut Options) {
        for hook in &self.all {
            match hook {
                Hook::Options(change) => change(options),
                Hook::Without(feature) => {
                    options.without.insert(*feature);
                }
                _ => {}
            }
        }
    }

    pub(super) fn model(&self, model: &mut Model) {
        for hook in &self.all {
            if let Hook::Model(change) = hook {
                change(model);
            }
        }
    }

    pub(super) fn documents(&self, documents: &mut Documents, base_url: &str) {
        for hook in &self.all {
            if let Hook::Documents(change) = hook {
                change(documents, base_url);
            }
        }
    }

    /// The request as the server takes it to be.
    pub(super) fn received<'r>(&self, request: &'r Request) -> Cow<'r, Request> {
        let mut received = Cow::Borrowed(request);
        for hook in &self.all {
            if let Hook::Received(change) = hook {
                change(received.to_mut());
            }
        }
        received
    }

    pub(super) fn access(
        &self,
        request: &Request,
        route: Option<&Route>,
        access: &mut Result<Option<Access<'_>>, Refusal>,
    ) {
        for hook in &self.all {
            if let Hook::Access(change) = hook {
                change(request, route, access);
            }
        }
    }

    pub(super) fn admitted(&self, call: Call<'_>, route: &Route) -> Option<Reply> {
        self.all.iter().find_map(|hook| match hook {
            Hook::Admitted(answer) => answer(call, route),
            _ => None,
        })
    }

    pub(super) fn keeps_parameter(&self, name: &str, value: &str) -> bool {
        self.all.iter().all(|hook| match hook {
            Hook::Parameter(keeps) => keeps(name, value),
            _ => true,
        })
    }

    pub(super) fn search(
        &self,
        call: Call<'_>,
        kinds: &[Kind],
        search: &mut SearchRequest,
    ) -> Result<(), Refusal> {
        self.all.iter().try_for_each(|hook| match hook {
            Hook::Search(change) => change(call, kinds, search),
            _ => Ok(()),
        })
    }

    /// Whether something judges filters in another way.
    pub(super) fn judge_filters(&self) -> bool {
        self.all.iter().any(|hook| matches!(hook, Hook::Matches(_)))
    }

    pub(super) fn matches(&self, call: Call<'_>, filter: &Filter, resource: &Resource, fits: bool) -> bool {
        self.all.iter().fold(fits, |fits, hook| match hook {
            Hook::Matches(judge) => judge(call, filter, resource, fits),
            _ => fits,
        })
    }

    pub(super) fn found(&self, call: Call<'_>, search: &mut SearchRequest, found: &mut Vec<Arc<Resource>>) {
        for hook in &self.all {
            if let Hook::Found(change) = hook {
                change(call, search, found);
            }
        }
    }

    pub(super) fn body(&self, write: &Write<'_>, body: &mut Value) -> Result<(), Refusal> {
        self.all.iter().try_for_each(|hook| match hook {
            Hook::Body(change) => change(write, body),
            _ => Ok(()),
        })
    }

    pub(super) fn stored(
        &self,
        write: &Write<'_>,
        store: &Store,
        resource: &mut Value,
    ) -> Result<(), Refusal> {
        self.all.iter().try_for_each(|hook| match hook {
            Hook::Stored(change) => change(write, store, resource),
            _ => Ok(()),
        })
    }

    pub(super) fn shown(&self, call: Call<'_>, kind: Kind, projection: &Projection, resource: &mut Value) {
        for hook in &self.all {
            if let Hook::Shown(change) = hook {
                change(call, kind, projection, resource);
            }
        }
    }

    /// Whose credentials a change of a user ends.
    pub(super) fn ends(&self, change: &Change<'_>) -> Reach {
        let mut reach = Reach::User;
        for hook in &self.all {
            if let Hook::Ends(decide) = hook {
                decide(change, &mut reach);
            }
        }
        reach
    }

    pub(super) fn survives(&self, survivor: &Survivor<'_>) -> bool {
        self.all.iter().any(|hook| matches!(hook, Hook::Survives(judge) if judge(survivor)))
    }

    pub(super) fn lets_in(&self, login: &Login<'_>, right: bool) -> bool {
        self.all.iter().fold(right, |right, hook| match hook {
            Hook::Login(judge) => judge(login, right),
            _ => right,
        })
    }

    pub(super) fn claims(&self, token: &Credential, claims: &mut Map<String, Value>) {
        for hook in &self.all {
            if let Hook::Claims(change) = hook {
                change(token, claims);
            }
        }
    }

    pub(super) fn authorization(&self, endpoint: Endpoint, reply: &mut Reply) {
        for hook in &self.all {
            if let Hook::Authorization(change) = hook {
                change(endpoint, reply);
            }
        }
    }

    pub(super) fn reply(&self, call: Call<'_>, route: Option<&Route>, reply: &mut Reply) {
        for hook in &self.all {
            if let Hook::Reply(change) = hook {
                change(call, route, reply);
            }
        }
    }
}
