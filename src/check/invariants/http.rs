//! Invariants on the HTTP level: an answer, JSON, the media type, no server error.

use super::Judged;
use super::view::View;
use crate::check::explain;
use crate::check::matcher::EDGE;
use crate::model::{Answer, FailureKind, ParsedBody, Verdict};

/// A connection that ends without an answer is the server's doing; what the network may have done is not judged.
pub(super) fn answered(view: &View<'_>) -> Judged {
    match &view.exchange.answer {
        Answer::Response(_) => Judged::Holds,
        Answer::Failed(failure) => match failure.kind {
            FailureKind::Closed | FailureKind::Protocol | FailureKind::Redirect => {
                Judged::broken("the answer", "an HTTP response of the target", &failure.message)
            }
            _ => Judged::Broken {
                verdict: Some(Verdict::Error),
                wanted: "an HTTP response".to_owned(),
                got: failure.message.clone(),
                at: "the answer".to_owned(),
            },
        },
    }
}

/// Not of OPTIONS: SCIM says nothing about it, and frameworks answer with a text or a page.
pub(super) fn json_in_utf8(view: &View<'_>) -> Judged {
    let of_scim = view.exchange.request.method != "OPTIONS";
    let Some(response) = view.response.filter(|_| of_scim) else { return Judged::NotApplicable };
    let wanted = "a body that is JSON in UTF-8";
    match (response.body.parsed(), &response.body.completeness) {
        (ParsedBody::Empty, _) => Judged::NotApplicable,
        (ParsedBody::Json(_), _) => Judged::Holds,
        // Our bound, not the target's fault.
        (ParsedBody::NotJson(why), completeness) if completeness.limit().is_some() => Judged::Broken {
            verdict: Some(Verdict::Error),
            wanted: wanted.to_owned(),
            got: why.clone(),
            at: "the body".to_owned(),
        },
        (ParsedBody::NotJson(_), _) if is_redirect(response.status) => Judged::NotApplicable,
        (ParsedBody::NotJson(_), _) if EDGE.contains(&response.status) => {
            Judged::warn("the body", wanted, &explain::body(&response.body))
        }
        // The missing Error message is one finding (error-body), not two.
        (ParsedBody::NotJson(_), _) if response.status >= 400 => Judged::NotApplicable,
        (ParsedBody::NotJson(_), _) => Judged::broken("the body", wanted, &explain::body(&response.body)),
    }
}

fn is_redirect(status: u16) -> bool {
    (300..400).contains(&status)
}

pub(super) fn media_type(view: &View<'_>) -> Judged {
    let Some(response) = view.response.filter(|response| response.body.json().is_some()) else {
        return Judged::NotApplicable;
    };
    let wanted = "application/scim+json";
    let Some(given) = response.header("content-type") else {
        return Judged::broken("header content-type", wanted, "no Content-Type");
    };
    let essence = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/scim+json" => Judged::Holds,
        "application/json" => Judged::warn("header content-type", wanted, given),
        _ if EDGE.contains(&response.status) => Judged::warn("header content-type", wanted, given),
        _ => Judged::broken("header content-type", wanted, given),
    }
}

/// 501 is the answer for what is not supported (RFC 7644 §3.12); 503 with Retry-After is a limit, not a failure.
pub(super) fn no_server_error(view: &View<'_>) -> Judged {
    let Some(response) = view.response else { return Judged::NotApplicable };
    let failed = response.status >= 500 && response.status != 501;
    let limited = response.status == 503 && response.header("retry-after").is_some();
    Judged::of(!failed || limited, "the answer", "2xx or 4xx, or 501 for what is not supported", || {
        format!(
            "{} to {} {}",
            explain::answer(view.exchange),
            view.exchange.request.method,
            path(&view.exchange.request.url)
        )
    })
}

fn path(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |url| url.path().to_owned())
}
