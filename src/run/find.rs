//! Looking for what a create made although its answer does not say where it is.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::cleanup::request;
use super::naming::carries;
use super::request::{SEGMENT, percent_encode};
use crate::model::Answer;
use crate::scim::location::RESERVED;
use crate::wire::Transport;

/// Pages that are looked through at most. A target with more resources than that has filters.
const MOST_PAGES: usize = 200;
/// Pages that are looked through where a filter found nothing: it may not work.
const DOUBTED_PAGES: usize = 10;
/// Resources that are asked for per page.
const PAGE: usize = 100;

/// Searches for the resources of one clean-up.
pub(crate) struct Search<'t> {
    transport: &'t dyn Transport,
    /// Whether lists are looked through page by page where no filter helps.
    thorough: bool,
    /// What was looked through already: whatever is looked for, the pages of an endpoint are the same.
    walks: HashMap<(String, String), Walk>,
}

/// Pages that were looked through.
struct Walk {
    most: usize,
    outcome: Result<Pages, String>,
}

impl<'t> Search<'t> {
    /// A search that has seen nothing yet. One that is not `thorough` asks filters only.
    pub(crate) fn new(transport: &'t dyn Transport, thorough: bool) -> Self {
        Self { transport, thorough, walks: HashMap::new() }
    }

    /// URLs of resources with a name of the run at an endpoint: by filter, and if the target refuses that, or does not
    /// filter, page by page.
    pub(crate) async fn find(
        &mut self,
        endpoint: &str,
        identifier: Option<&(String, String)>,
        name: &str,
    ) -> Result<Vec<String>, String> {
        let Some((attribute, value)) = identifier else {
            return Err("nothing identifies the resource".to_owned());
        };
        let quoted = Value::from(value.as_str()).to_string();
        let filter = percent_encode(&format!("{attribute} eq {quoted}"), RESERVED);
        // Without the name of an attribute there is nothing to filter by.
        let filtered = match attribute.is_empty() {
            true => None,
            false => list(self.transport, &format!("{endpoint}?filter={filter}")).await.ok(),
        };
        let most = match filtered.as_deref() {
            // What was found is what was asked for, all of it: the filter works.
            Some(found @ [_, ..]) if found.iter().all(|resource| carries(resource, value)) => {
                return Ok(urls(endpoint, found, name));
            }
            Some([]) => DOUBTED_PAGES,
            _ => MOST_PAGES,
        };
        if !self.thorough {
            return Ok(Vec::new());
        }
        match self.walk(endpoint, name, most).await {
            Ok(Pages { found, all }) if *all || !found.is_empty() || most == DOUBTED_PAGES => {
                Ok(found.clone())
            }
            Ok(_) => Err(format!("there are more than {} resources to look through", MOST_PAGES * PAGE)),
            // A target may filter, and refuse to list everything.
            Err(_) if most == DOUBTED_PAGES => Ok(Vec::new()),
            Err(why) => Err(why.clone()),
        }
    }

    /// A resource that was found is no more.
    pub(crate) fn forget(&mut self, url: &str) {
        for walk in self.walks.values_mut() {
            if let Ok(pages) = &mut walk.outcome {
                pages.found.retain(|found| found != url);
            }
        }
    }

    /// Looks through the pages of an endpoint, unless that was done in this clean-up before.
    async fn walk(&mut self, endpoint: &str, name: &str, most: usize) -> &Result<Pages, String> {
        let key = (endpoint.to_owned(), name.to_owned());
        // What failed may work the next time.
        let ended = |walk: &Walk| walk.outcome.as_ref().is_ok_and(|pages| pages.all || walk.most >= most);
        if !self.walks.get(&key).is_some_and(ended) {
            let outcome = pages(self.transport, endpoint, name, most).await;
            self.walks.insert(key.clone(), Walk { most, outcome });
        }
        &self.walks[&key].outcome
    }
}

struct Pages {
    found: Vec<String>,
    /// Whether the end was reached.
    all: bool,
}

async fn pages(transport: &dyn Transport, endpoint: &str, name: &str, most: usize) -> Result<Pages, String> {
    let (mut found, mut seen) = (Vec::new(), HashSet::new());
    let mut start = 1;
    for _ in 0..most {
        let page = list(transport, &format!("{endpoint}?startIndex={start}&count={PAGE}")).await?;
        start += page.len();
        let id = |resource: &&Value| resource.get("id").and_then(Value::as_str).map(str::to_owned);
        // What has no id cannot be addressed, nor told from its like.
        let new: Vec<_> =
            page.into_iter().filter(|resource| id(&resource).is_some_and(|id| seen.insert(id))).collect();
        // The end, or a server that gives the same page again and again.
        if new.is_empty() {
            return Ok(Pages { found, all: true });
        }
        found.extend(urls(endpoint, &new, name));
    }
    Ok(Pages { found, all: false })
}

async fn list(transport: &dyn Transport, url: &str) -> Result<Vec<Value>, String> {
    match transport.send(&request("GET", url)).await.answer {
        Answer::Response(response) if response.status == 200 => {
            let body = response.body.json().ok_or("the list is not JSON")?;
            Ok(body.get("Resources").and_then(Value::as_array).cloned().unwrap_or_default())
        }
        Answer::Response(response) => Err(format!("GET {url} was answered with {}", response.status)),
        Answer::Failed(failure) => Err(format!("GET {url} got no answer: {}", failure.message)),
    }
}

/// URLs of those resources that carry a name of the run, whatever the filter was understood as.
fn urls(endpoint: &str, resources: &[Value], name: &str) -> Vec<String> {
    let ours = resources.iter().filter(|resource| carries(resource, name));
    let ids = ours.filter_map(|resource| resource.get("id").and_then(Value::as_str));
    ids.map(|id| format!("{endpoint}/{}", percent_encode(id, SEGMENT))).collect()
}

#[cfg(test)]
mod tests;
