//! Pages for browsers.

use std::fmt::Write as _;

use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, StatusCode};

use super::no_store;
use crate::server::reply::Reply;

/// A page with a heading; `body` is HTML.
pub(super) fn page(status: StatusCode, title: &str, body: &str) -> Reply {
    let title = escape(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body>\n<h1>{title}</h1>\n{body}\n</body></html>\n"
    );
    no_store(Reply::html(status, html))
        .with(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
        .with(X_FRAME_OPTIONS, "DENY")
}

/// A page that says why nothing comes of a request.
pub(super) fn problem(status: StatusCode, text: &str) -> Reply {
    page(status, "This does not work", &paragraph(text))
}

/// The way to another page (RFC 9110 §15.4.3).
pub(super) fn redirect(location: &str) -> Reply {
    // A URL that no header can carry would be lost on the way.
    if HeaderValue::from_str(location).is_err() {
        return problem(StatusCode::BAD_REQUEST, "The address to go on to is malformed.");
    }
    no_store(Reply::empty(StatusCode::FOUND)).with(LOCATION, location)
}

pub(super) fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escape(text))
}

/// A form with hidden fields; `inner` is HTML.
pub(super) fn form(action: &str, hidden: &[(&str, &str)], inner: &str) -> String {
    let mut html = format!("<form method=\"post\" action=\"{}\">\n", escape(action));
    for (name, value) in hidden {
        let _ =
            writeln!(html, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value));
    }
    html + inner + "\n</form>"
}

/// Text in HTML, also inside of quotes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_text() {
        let html = form("/x?a=1&b", &[("n\"", "<script>'")], "");
        assert!(
            html.contains("/x?a=1&amp;b") && html.contains("n&quot;") && html.contains("&lt;script&gt;&#39;")
        );
        assert!(!html.contains("<script"));
        assert_eq!(redirect("/a\nb").status, StatusCode::BAD_REQUEST);
    }
}
