//! Why there is no response: from the error chain of reqwest to a [`FailureKind`] and one line for people.

use std::error::Error;
use std::io::ErrorKind;

use crate::model::{Failure, FailureKind};

/// Reads an error of the client. `https` says whether the connection was to be encrypted.
pub(crate) fn classify(error: &reqwest::Error, https: bool) -> Failure {
    let kind = kind(error, https);
    Failure { kind, message: message(error) }
}

fn kind(error: &reqwest::Error, https: bool) -> FailureKind {
    if error.is_builder() {
        return FailureKind::Request;
    }
    if error.is_dns() {
        return FailureKind::NameResolution;
    }
    if error.is_timeout() {
        return FailureKind::Timeout;
    }
    let io = chain(error).filter_map(|e| e.downcast_ref::<std::io::Error>()).map(std::io::Error::kind).last();
    if error.is_connect() {
        return match io {
            Some(
                ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::AddrNotAvailable
                | ErrorKind::PermissionDenied,
            ) => FailureKind::Refused,
            // The connection stood and the handshake broke it: rustls reports its own errors and an early end as such.
            Some(_) if https => FailureKind::Tls,
            Some(ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe) => {
                FailureKind::Closed
            }
            _ => FailureKind::Refused,
        };
    }
    let hyper = chain(error).filter_map(|e| e.downcast_ref::<hyper::Error>()).last();
    if let Some(hyper) = hyper {
        if hyper.is_parse() {
            return FailureKind::Protocol;
        }
        if hyper.is_incomplete_message() || hyper.is_canceled() || hyper.is_closed() {
            return FailureKind::Closed;
        }
    }
    match io {
        Some(
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof
            | ErrorKind::NotConnected,
        ) => FailureKind::Closed,
        _ => FailureKind::Protocol,
    }
}

/// The causes, outermost first, without the URL (which the exchange shows) and without repetitions.
pub(crate) fn message(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in chain(error).skip(1) {
        let text = cause.to_string();
        // Layers like to repeat what lies below them.
        if !parts.iter().any(|part| part.contains(&text)) {
            parts.push(text);
        }
    }
    // The outermost text names the URL, so it is used only if there is nothing else.
    if parts.is_empty() { "the request could not be sent".to_owned() } else { parts.join(": ") }
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn Error + 'static)> {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    std::iter::from_fn(move || {
        let current = next?;
        next = current.source();
        Some(current)
    })
}
