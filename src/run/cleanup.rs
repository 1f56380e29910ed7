//! Deleting what a run created: at the end of a case, and from a ledger after a run that could not.

use std::path::Path;

use serde_json::Value;

use super::ledger::{self, LedgerError};
use super::ownership::carries;
use super::request::{SCIM_JSON, percent_encode};
use crate::model::{Answer, AuthMode, LeftOver, Request};
use crate::wire::Transport;

/// Deletes a resource; one that is not there any more counts as deleted.
pub(crate) async fn delete(transport: &dyn Transport, url: &str) -> Result<(), String> {
    match transport.send(&request("DELETE", url)).await.answer {
        Answer::Response(response) if (200..300).contains(&response.status) => Ok(()),
        Answer::Response(response) if matches!(response.status, 404 | 410) => Ok(()),
        Answer::Response(response) => Err(format!("DELETE was answered with {}", response.status)),
        Answer::Failed(failure) => Err(format!("DELETE got no answer: {}", failure.message)),
    }
}

/// Deletes a resource after a look at it: only if it carries a name of the run.
pub(crate) async fn delete_if_ours(transport: &dyn Transport, url: &str, token: &str) -> Result<(), String> {
    match transport.send(&request("GET", url)).await.answer {
        Answer::Response(response) if matches!(response.status, 404 | 410) => Ok(()),
        Answer::Response(response) => match response.body.json() {
            Some(body) if response.status == 200 && carries(body, token) => delete(transport, url).await,
            Some(_) if response.status == 200 => {
                Err("it does not carry a name of the run: not deleted".to_owned())
            }
            _ => Err(format!("GET was answered with {}: not deleted", response.status)),
        },
        Answer::Failed(failure) => Err(format!("GET got no answer: {}", failure.message)),
    }
}

/// Pages that are looked through at most. A target with more resources than that has filters.
const MOST_PAGES: usize = 200;

/// Looks for resources of the run at an endpoint: by filter, and if the target refuses that, page by page.
pub(crate) async fn find(
    transport: &dyn Transport,
    endpoint: &str,
    identifier: Option<&(String, String)>,
    token: &str,
) -> Result<Vec<String>, String> {
    let Some((attribute, value)) = identifier else {
        return Err("nothing identifies the resource".to_owned());
    };
    let quoted = Value::from(value.as_str()).to_string();
    let filter = percent_encode(&format!("{attribute} eq {quoted}"), "");
    // Without the name of an attribute there is nothing to filter by.
    if !attribute.is_empty()
        && let Ok(resources) = list(transport, &format!("{endpoint}?filter={filter}")).await
    {
        let ours = urls(endpoint, &resources, token);
        // A server that ignores filters answers with whatever stands on its first page.
        if ours.len() == resources.len() {
            return Ok(ours);
        }
    }
    let (mut found, mut seen) = (Vec::new(), std::collections::HashSet::new());
    let mut start = 1;
    for _ in 0..MOST_PAGES {
        let page = list(transport, &format!("{endpoint}?startIndex={start}&count=100")).await?;
        start += page.len();
        let id = |resource: &&Value| resource.get("id").and_then(Value::as_str).map(str::to_owned);
        let new: Vec<_> =
            page.into_iter().filter(|resource| id(&resource).is_none_or(|id| seen.insert(id))).collect();
        // The end, or a server that gives the same page again and again.
        if new.is_empty() {
            return Ok(found);
        }
        found.extend(urls(endpoint, &new, token));
    }
    Err(format!("there are more than {} resources to look through", MOST_PAGES * 100))
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
fn urls(endpoint: &str, resources: &[Value], token: &str) -> Vec<String> {
    let ours = resources.iter().filter(|resource| carries(resource, token));
    let ids = ours.filter_map(|resource| resource.get("id").and_then(Value::as_str));
    ids.map(|id| format!("{endpoint}/{}", percent_encode(id, super::request::SEGMENT))).collect()
}

fn request(method: &str, url: &str) -> Request {
    Request {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: vec![("accept".to_owned(), SCIM_JSON.to_owned())],
        body: None,
        auth: AuthMode::Configured,
    }
}

/// What `cleanup LEDGER` did.
#[derive(Debug, Default)]
pub struct CleanUp {
    /// URLs of what was deleted, or was gone already.
    pub deleted: Vec<String>,
    /// What is still there.
    pub left_over: Vec<LeftOver>,
}

/// Deletes what a ledger says is still there, the newest first, and notes it in the ledger; an empty ledger is
/// removed. Every resource is looked at first: only what carries a name of the run is deleted.
///
/// # Errors
/// If the ledger cannot be read or written.
pub async fn cleanup(path: &Path, transport: &dyn Transport) -> Result<CleanUp, LedgerError> {
    let outstanding = ledger::read(path)?;
    let mut done = CleanUp::default();
    for create in outstanding.creates.iter().rev() {
        let urls = match &create.url {
            Some(url) => Ok(vec![url.clone()]),
            None => find(transport, &create.endpoint, create.identifier.as_ref(), &outstanding.token).await,
        };
        let mut problem = None;
        match urls {
            Err(why) => problem = Some((create.endpoint.clone(), why)),
            Ok(urls) => {
                for url in urls {
                    match delete_if_ours(transport, &url, &outstanding.token).await {
                        Ok(()) => done.deleted.push(url),
                        Err(why) => problem = Some((url, why)),
                    }
                }
            }
        }
        match problem {
            Some((url, reason)) => done.left_over.push(LeftOver { url, reason, case: create.case.clone() }),
            None => ledger::mark_gone(path, create.number)
                .map_err(|source| LedgerError::Io { path: path.to_owned(), source })?,
        }
    }
    if done.left_over.is_empty() {
        std::fs::remove_file(path).map_err(|source| LedgerError::Io { path: path.to_owned(), source })?;
    }
    Ok(done)
}
