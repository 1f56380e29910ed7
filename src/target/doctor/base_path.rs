//! Something answers, but no SCIM service provider: mostly the path of the base URL is off by a segment.

use std::time::Instant;

use url::Url;

use super::NotReady;
use crate::check::explain;
use crate::model::{Answer, AuthMode, Exchange};
use crate::target::discovery::documents::ask;
use crate::target::discovery::{Documents, Settings};
use crate::wire::Transport;

/// Where SCIM service providers usually live, below the root or below what the user named.
const USUAL: [&str; 6] = ["/scim/v2", "/v2", "/scim", "/api/scim/v2", "/api/v1/scim/v2", "/scim2"];

/// Tries the usual paths and says which would have worked.
pub(super) async fn diagnose(
    transport: &dyn Transport,
    settings: &Settings,
    documents: &Documents,
    began: Instant,
) -> NotReady {
    let exchange = &documents.service_provider_config;
    let problem = format!(
        "{} does not look like a SCIM service provider: GET /ServiceProviderConfig {}",
        settings.base_url,
        answered(exchange)
    );
    let mut works = Vec::new();
    for candidate in candidates(&settings.base_url) {
        let url = format!("{}/ServiceProviderConfig", candidate.as_str().trim_end_matches('/'));
        let exchange = ask(transport, began, 0, url, AuthMode::Configured).await;
        let answered = exchange.response().is_some_and(|response| matches!(response.status, 200 | 401 | 403));
        if answered && super::is_scim(&exchange) {
            works.push(candidate);
        }
    }
    let advice = match works.first() {
        Some(first) => vec![format!("this base URL answers as one: {first}")],
        None => vec![
            "is the base URL complete? It is the part before /Users and /ServiceProviderConfig".to_owned(),
            format!("tried in vain: {}", paths(&settings.base_url).join(" ")),
        ],
    };
    NotReady { problem, advice }
}

/// What became of a request, with the kind of the body also where the answer is a success: a page for people is one.
fn answered(exchange: &Exchange) -> String {
    match &exchange.answer {
        Answer::Failed(failure) => format!("got no answer: {}", failure.message),
        Answer::Response(response) if response.status < 400 => {
            format!("was answered with {} and {}", response.status, explain::body(&response.body))
        }
        Answer::Response(_) => format!("was answered with {}", explain::answer(exchange)),
    }
}

fn paths(base_url: &Url) -> Vec<String> {
    candidates(base_url).iter().map(|url| url.path().to_owned()).collect()
}

/// Base URLs that the user may have meant, all of the same origin.
fn candidates(base_url: &Url) -> Vec<Url> {
    let path = base_url.path().trim_end_matches('/');
    let mut paths: Vec<String> = Vec::new();
    // `/scim/v2/Users` was copied from a request, `/scim` misses the version.
    let parents = std::iter::successors(Some(path), |path| path.rfind('/').map(|at| &path[..at]));
    paths.extend(parents.skip(1).take(3).map(str::to_owned));
    for usual in USUAL {
        paths.push(format!("{path}{usual}"));
        paths.push(usual.to_owned());
    }
    let mut urls: Vec<Url> = Vec::new();
    for candidate in paths {
        let mut url = base_url.clone();
        url.set_path(if candidate.is_empty() { "/" } else { &candidate });
        if url.path().trim_end_matches('/') != path && !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_neighbours_are_tried() {
        let paths = |url: &str| paths(&url.parse().unwrap());
        let from_users = paths("https://h/scim/v2/Users");
        assert_eq!(from_users[..3], ["/scim/v2", "/scim", "/"]);
        let from_root = paths("https://h/");
        assert_eq!(from_root, USUAL);
        assert!(paths("https://h/scim").contains(&"/scim/v2".to_owned()));
        assert!(!from_users.contains(&"/scim/v2/Users".to_owned()));
    }
}
