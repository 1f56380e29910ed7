//! Tells a wrong configuration from a faulty server, before anything is sent that changes something.

mod base_path;

use std::time::Instant;

use serde_json::Value;

use super::discovery::documents::ask;
use super::discovery::{Documents, Settings};
use crate::check::explain;
use crate::model::{Answer, AuthMode, Exchange, FailureKind};
use crate::wire::Transport;

/// Why a run would be in vain: the target cannot be reached, or is not ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct NotReady {
    /// What is wrong, in one sentence.
    pub problem: String,
    /// What to do about it.
    pub advice: Vec<String>,
}

/// One thing that the doctor looked at and found in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What was looked at.
    pub subject: String,
    /// What was seen.
    pub seen: String,
    /// Whether it is as it should be; otherwise it is worth a look, though a run makes sense.
    pub good: bool,
}

/// Looks at what the target answered to discovery. Where that is in order nothing more is sent.
///
/// # Errors
/// If a run would be in vain.
pub async fn examine(
    transport: &dyn Transport,
    settings: &Settings,
    documents: &Documents,
    began: Instant,
) -> Result<(), NotReady> {
    let asked = asked(documents);
    if let Some(problem) = asked.iter().find_map(|exchange| credential_not_obtained(exchange)) {
        return Err(problem);
    }
    if let Some(problem) = refused(documents, settings) {
        return Err(problem);
    }
    // Where not even /Users is, the base URL is wrong, though it may be SCIM that says so.
    let nothing_there = asked.iter().all(|exchange| exchange.response().is_some_and(|r| r.status == 404));
    if !nothing_there && asked.iter().any(|exchange| is_scim(exchange)) {
        return Ok(());
    }
    if let Some(problem) = unreachable(&asked, settings) {
        return Err(problem);
    }
    if let Some(problem) = failing(&asked) {
        return Err(problem);
    }
    Err(base_path::diagnose(transport, settings, documents, began).await)
}

/// What was found, line by line, for `scimcheck doctor`; asks once more, without credentials.
pub async fn observe(
    transport: &dyn Transport,
    settings: &Settings,
    documents: &Documents,
    began: Instant,
) -> Vec<Observation> {
    let line = |subject: &str, good, seen: String| Observation { subject: subject.to_owned(), seen, good };
    let mut lines = Vec::new();
    for (path, exchange) in [
        ("/ServiceProviderConfig", &documents.service_provider_config),
        ("/ResourceTypes", &documents.resource_types),
        ("/Schemas", &documents.schemas),
    ] {
        let (good, scim) = (is_success(exchange), is_scim(exchange));
        let but = if good && !scim { ", but not SCIM" } else { "" };
        let seen = format!("{}{but} ({:.0} ms)", explain::answer(exchange), exchange.duration_ms);
        lines.push(line(path, good && scim, seen));
    }
    let users = &documents.users;
    let credential = if settings.credential.is_some() { "the credential" } else { "no credential" };
    let seen = format!("GET /Users with {credential}: {}", explain::answer(users));
    lines.push(line("authentication", is_success(users), seen));
    if settings.credential.is_some() {
        let url = documents.service_provider_config.request.url.clone();
        let anonymous = ask(transport, began, 0, url, AuthMode::Anonymous).await;
        let seen = match anonymous.response().map(|response| response.status) {
            Some(200) => "ServiceProviderConfig can be read without a credential".to_owned(),
            _ => format!("ServiceProviderConfig without a credential: {}", explain::answer(&anonymous)),
        };
        // Public or protected is for the server to choose; anything else is no answer to the question.
        let answered =
            anonymous.response().is_some_and(|response| matches!(response.status, 200 | 401 | 403));
        lines.push(line("discovery", answered, seen));
    }
    lines
}

fn asked(documents: &Documents) -> [&Exchange; 4] {
    [&documents.service_provider_config, &documents.resource_types, &documents.schemas, &documents.users]
}

fn is_success(exchange: &Exchange) -> bool {
    exchange.response().is_some_and(|response| (200..300).contains(&response.status))
}

/// Whether an answer can only come from a SCIM service provider.
fn is_scim(exchange: &Exchange) -> bool {
    let Some(response) = exchange.response() else { return false };
    let media_type = response.header("content-type").unwrap_or_default().to_ascii_lowercase();
    let Some(body) = response.body.json() else { return false };
    let urns = body.get("schemas").and_then(Value::as_array);
    let named = urns.is_some_and(|urns| {
        urns.iter()
            .filter_map(Value::as_str)
            .any(|urn| urn.to_ascii_lowercase().starts_with("urn:ietf:params:scim:"))
    });
    // A router that knows no SCIM says so in JSON of its own, but not in SCIM's media type.
    let success = (200..300).contains(&response.status);
    let listed = success
        && (body.get("Resources").is_some_and(Value::is_array) || body.pointer("/patch/supported").is_some());
    named || listed || media_type.starts_with("application/scim+json") && body.is_object()
}

fn credential_not_obtained(exchange: &Exchange) -> Option<NotReady> {
    match &exchange.answer {
        Answer::Failed(failure) if failure.kind == FailureKind::Credential => Some(NotReady {
            problem: format!("the credential could not be obtained: {}", failure.message),
            advice: vec!["check the credential of this target in the configuration".to_owned()],
        }),
        _ => None,
    }
}

/// The credential was refused, is missing, or may not read.
fn refused(documents: &Documents, settings: &Settings) -> Option<NotReady> {
    let status = |exchange: &Exchange| exchange.response().map(|response| response.status);
    let documents_status = asked(documents)[..3].iter().map(|exchange| status(exchange)).collect::<Vec<_>>();
    let all = |code| documents_status.iter().all(|status| *status == Some(code));
    let users = status(&documents.users);
    let configured = settings.credential.is_some();
    let challenge = documents.users.response().and_then(|response| response.header("www-authenticate"));
    let challenge = challenge.map(|text| format!("the target says: WWW-Authenticate: {text}"));
    let (problem, mut advice) = match (users, configured) {
        (Some(401), false) => (
            "the target wants a credential, and none is configured (401)",
            vec![
                "pass the name of an environment variable that holds the token: --token-env SCIM_TOKEN"
                    .to_owned(),
                "or configure the target in scimcheck.toml; `scimcheck init` writes one".to_owned(),
            ],
        ),
        (Some(401), true) => (
            "the target refuses the configured credential (401)",
            vec![
                "is the token complete, of this target (tenant, environment), and not expired or revoked?"
                    .to_owned(),
            ],
        ),
        (Some(403), _) => (
            "the target forbids reading /Users (403)",
            vec![
                "does the credential have the right to read and write users and groups (scope, role)?"
                    .to_owned(),
                "is the SCIM integration enabled on the target?".to_owned(),
            ],
        ),
        _ if all(401) => (
            "every discovery document is answered with 401",
            vec!["does the target want another credential, or another scheme of authentication?".to_owned()],
        ),
        _ => return None,
    };
    advice.extend(challenge);
    Some(NotReady { problem: problem.to_owned(), advice })
}

/// Everything is answered with an error of the server, or with a request to wait: no other base URL helps.
fn failing(asked: &[&Exchange]) -> Option<NotReady> {
    let status = asked.first()?.response()?.status;
    let busy = |exchange: &&Exchange| {
        exchange.response().is_some_and(|response| matches!(response.status, 429 | 503))
    };
    if asked.iter().all(busy) {
        let after = asked.iter().find_map(|exchange| exchange.response()?.header("retry-after"));
        let after = after.map(|after| format!("it says: Retry-After: {after}"));
        let advice = [
            Some("wait until its limit allows requests again, or until it is up".to_owned()),
            Some("slow down afterwards: `max_rate` of the target, or --max-rate 5".to_owned()),
            after,
        ];
        return Some(NotReady {
            problem: format!("the target takes no requests now ({status}), also after waiting as it asks"),
            advice: advice.into_iter().flatten().collect(),
        });
    }
    let failed = |exchange: &&Exchange| exchange.response().is_some_and(|response| response.status >= 500);
    asked.iter().all(failed).then(|| NotReady {
        problem: format!("the target fails on every request ({status})"),
        advice: vec![
            "is it up already, and can the gateway in front reach it? What does its log say?".to_owned(),
        ],
    })
}

/// No answer at all.
fn unreachable(asked: &[&Exchange], settings: &Settings) -> Option<NotReady> {
    let failures: Vec<_> = asked
        .iter()
        .filter_map(|exchange| match &exchange.answer {
            Answer::Failed(failure) => Some(failure),
            Answer::Response(_) => None,
        })
        .collect();
    if failures.len() < asked.len() {
        return None;
    }
    let failure = failures.first()?;
    let url = &settings.base_url;
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    let (problem, advice): (String, Vec<String>) = match failure.kind {
        FailureKind::NameResolution => (
            format!("the host name {host} does not resolve"),
            vec!["is it spelled right? Is a VPN or a proxy needed?".into()],
        ),
        FailureKind::Refused => (
            format!("nothing listens at {host}:{port}"),
            vec!["is the server running, and is the port right?".into()],
        ),
        FailureKind::Tls => (
            format!("the TLS handshake with {host}:{port} failed: {}", failure.message),
            tls_advice(&failure.message),
        ),
        FailureKind::Timeout => (
            format!("{url} did not answer in time: {}", failure.message),
            vec!["is a proxy needed? Is it a slow start? `timeouts.connect` and `timeouts.request` can be raised".into()],
        ),
        FailureKind::Closed | FailureKind::Protocol => (
            format!("what answers at {host}:{port} does not speak {}: {}", scheme(url), failure.message),
            vec![format!("try {}:// instead of {}://", other_scheme(url), url.scheme())],
        ),
        FailureKind::Redirect => (
            format!("the target redirects elsewhere: {}", failure.message),
            vec!["use the URL that it redirects to as base URL; credentials are never sent to another origin".into()],
        ),
        FailureKind::Credential | FailureKind::Request => {
            (format!("the request could not be made: {}", failure.message), Vec::new())
        }
    };
    Some(NotReady { problem, advice })
}

/// What a failed handshake may come from, the likeliest first.
fn tls_advice(message: &str) -> Vec<String> {
    let mut advice = vec![
        "a certificate of a private authority: name it as `ca_file`".to_owned(),
        "a server that wants a client certificate: name `client_cert_file` and `client_key_file`".to_owned(),
        "a server that speaks plain HTTP: begin the URL with http://".to_owned(),
    ];
    // What came is no record of TLS (rustls' word for it).
    if message.contains("InvalidContentType") {
        advice.rotate_right(1);
    }
    advice
}

fn scheme(url: &url::Url) -> &'static str {
    if url.scheme() == "https" { "HTTPS" } else { "HTTP" }
}

fn other_scheme(url: &url::Url) -> &'static str {
    if url.scheme() == "https" { "http" } else { "https" }
}

#[cfg(test)]
mod tests;
