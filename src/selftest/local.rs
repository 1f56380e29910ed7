//! Requests to a server in this process, without a network.

use axum::http::{Request, Uri};

use crate::server::Local;
use crate::wire::{BoxFuture, Carried, Carrier, Outgoing};

impl Carrier for Local {
    fn carry(&self, outgoing: Outgoing) -> BoxFuture<'_, Carried> {
        Box::pin(async move {
            let Outgoing { method, url, headers, body } = outgoing;
            let mut request = Request::new(body);
            *request.method_mut() = method;
            *request.headers_mut() = headers;
            match path_and_query(&url).parse::<Uri>() {
                Ok(uri) => *request.uri_mut() = uri,
                // An HTTP parser refuses it before the server sees it.
                Err(_) => return Carried { status: 400, headers: Vec::new(), body: Vec::new() },
            }
            let (parts, body) = self.answer(request).await.into_parts();
            let headers = parts.headers.iter().map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            });
            Carried { status: parts.status.as_u16(), headers: headers.collect(), body: body.to_vec() }
        })
    }
}

fn path_and_query(url: &url::Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}
