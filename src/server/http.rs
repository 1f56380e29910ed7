//! The side that faces the network: HTTP messages in, HTTP messages out.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, HeaderValue, Method, Response, Uri};
use axum::serve::ListenerExt;
use serde_json::Value;
use tokio::net::TcpListener;

use super::oauth;
use super::reply::{Content, Reply};
use super::service::{Seen, Service};

/// Bodies of more bytes are refused with 413.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// How many bytes of a body that is refused are still read, so that the client is ready to hear the answer.
const MAX_DRAINED: usize = 16 * MAX_BODY;

/// A request as it came in, whole.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: ReceivedBody,
}

/// What came as the body.
#[derive(Debug, Clone)]
pub(super) enum ReceivedBody {
    /// All of it; empty if there was none.
    Whole(Vec<u8>),
    /// More than [`MAX_BODY`] bytes.
    TooLarge,
    /// It ended before its end.
    Broken,
    /// The data of an operation of a bulk request.
    Json(Value),
}

/// Answers requests on the listener until `stopped` is done.
pub(super) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    stopped: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let router = router(service);
    let listener = listener.tap_io(|stream| {
        // Only speed is lost if this fails.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).with_graceful_shutdown(stopped).await
}

/// What answers requests that come over a network.
fn router(service: Arc<Service>) -> Router {
    let answer =
        |State(service): State<Arc<Service>>, request| async move { handle(&service, request).await };
    Router::new().fallback(answer).with_state(service)
}

/// Answers one request.
pub(super) async fn handle(service: &Service, request: axum::http::Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = receive(&parts.headers, body).await;
    let request = Request { method: parts.method, uri: parts.uri, headers: parts.headers, body };
    let seen = service.look_ahead(&request);
    match seen {
        // Other requests get a chance to come in before this one has its turn.
        Some(Seen::Resource(_)) => tokio::task::yield_now().await,
        Some(Seen::Refresh(_)) => tokio::time::sleep(oauth::IN_FLIGHT).await,
        None => {}
    }
    respond(service.answer(&request, seen.as_ref()))
}

async fn receive(headers: &HeaderMap, mut body: Body) -> ReceivedBody {
    let announced = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if headers.contains_key(EXPECT) && announced.is_some_and(|length| length > MAX_BODY) {
        // The client asks before it sends.
        return ReceivedBody::TooLarge;
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or(0).min(MAX_BODY));
    let mut length = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(frame) = frame else { return ReceivedBody::Broken };
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length <= MAX_BODY {
            bytes.extend_from_slice(&data);
        } else if length > MAX_DRAINED {
            break;
        }
    }
    if length > MAX_BODY { ReceivedBody::TooLarge } else { ReceivedBody::Whole(bytes) }
}

fn respond(reply: Reply) -> Response<Body> {
    let body = match reply.content {
        Content::Nothing => Body::empty(),
        Content::Json(value) => Body::from(value.to_string()),
        Content::Shared(bytes) => Body::from(bytes),
    };
    let mut response = Response::new(body);
    *response.status_mut() = reply.status;
    for (name, text) in reply.headers {
        // Only text that a header can carry gets here: tags, URLs and literals.
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
