//! A target that says everything that it hears, in every encoding and at every place.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use url::form_urlencoded::byte_serialize;

use crate::raw::{self, Received, Reply};

/// How the target behaves otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It speaks SCIM, and refuses whatever would change something.
    Scim,
    /// Like the first, but every discovery document is an error.
    NoDiscovery,
    /// It answers everything with 401.
    Unauthorized,
    /// It answers everything with a page for people.
    Html,
    /// Like the first; also the token endpoint at `/token`, which gives this access token.
    TokenEndpoint(&'static str),
    /// The token endpoint refuses.
    TokenRefused,
}

/// Starts it; returns its origin.
pub(crate) async fn start(manner: Manner) -> String {
    raw::serve(move |request| async move { answer(&request, manner) }).await
}

fn answer(request: &Received, manner: Manner) -> Reply {
    let heard = heard(request);
    if request.path() == "/token" {
        return match manner {
            Manner::TokenEndpoint(token) => Reply::json(
                200,
                &json!({ "access_token": token, "token_type": "Bearer", "expires_in": 3600 }),
            ),
            _ => Reply::json(400, &json!({ "error": heard, "error_description": heard })),
        };
    }
    let spelled = spellings(&heard);
    let (status, media_type, body) = body(request, manner, &heard, &spelled);
    let mut headers = vec![("content-type".to_owned(), media_type.to_owned())];
    for (index, text) in spelled.iter().enumerate() {
        headers.push((format!("x-echo-{index}"), text.clone()));
    }
    headers
        .push(("www-authenticate".to_owned(), format!("Bearer realm=\"{heard}\", error=\"{}\"", spelled[3])));
    headers.push(("location".to_owned(), format!("/v2/Users/{}", spelled[3])));
    headers.push(("etag".to_owned(), format!("W/\"{}\"", spelled[5])));
    headers.retain(|(_, value)| value.chars().all(|c| c == '\t' || !c.is_control()));
    Reply::Answer { status, headers, body }
}

fn body(request: &Received, manner: Manner, heard: &str, spelled: &[String]) -> (u16, &'static str, Vec<u8>) {
    let scim = "application/scim+json";
    let error = |status: u16| {
        let said = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(),
            "scimType": heard, "detail": spelled.join(" "), heard: [heard, { "deep": spelled }],
        });
        (status, scim, said.to_string().into_bytes())
    };
    match manner {
        Manner::Unauthorized => return error(401),
        Manner::Html => {
            let page =
                format!("<!doctype html><title>{0}</title><p>{0}<p>{1}", spelled[9], spelled.join("<br>"));
            return (404, "text/html", page.into_bytes());
        }
        Manner::NoDiscovery => match request.path() {
            "/v2/ServiceProviderConfig" => return error(500),
            "/v2/ResourceTypes" => return (400, "text/plain", spelled.join("\n").into_bytes()),
            "/v2/Schemas" => {
                let page = format!("<!doctype html><title>{}</title><p>{}", heard, spelled.join("<br>"));
                return (404, "text/html", page.into_bytes());
            }
            _ => {}
        },
        _ => {}
    }
    match (request.method.as_str(), request.path()) {
        ("GET", "/v2/ServiceProviderConfig") => {
            let config = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
                "documentationUri": heard, "patch": { "supported": true }, "bulk": { "supported": false },
                "filter": { "supported": true, "maxResults": 10 }, "changePassword": { "supported": false },
                "sort": { "supported": false }, "etag": { "supported": true },
                "authenticationSchemes": [{ "type": heard, "name": spelled[1], "description": spelled.join(" ") }],
            });
            (200, scim, config.to_string().into_bytes())
        }
        ("GET", "/v2/ResourceTypes") => {
            let kind = json!({
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User",
                "endpoint": "/Users", "schema": "urn:ietf:params:scim:schemas:core:2.0:User", "description": heard,
            });
            let odd =
                json!({ "name": heard, "endpoint": format!("/{heard}"), "schema": format!("urn:{heard}") });
            (200, scim, json!({ "totalResults": 2, "Resources": [kind, odd] }).to_string().into_bytes())
        }
        // Escapes in texts that cannot be read as JSON, and so are kept as they came.
        ("GET", path) if path.contains("Schemas") => {
            (500, scim, format!("{{\"detail\": \"{}\" {} oops", spelled[7], spelled[8]).into_bytes())
        }
        ("GET", "/v2/Users") => {
            (200, scim, json!({ "totalResults": 0, "Resources": [], "x": heard }).to_string().into_bytes())
        }
        // Far more than is kept, with a secret over and over, also where it is cut.
        ("GET", _) => {
            (500, "text/plain", format!("{heard} ").repeat(200_000 / (heard.len() + 1)).into_bytes())
        }
        ("POST", "/v2/Users") => {
            let mut user: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
            if !user.is_object() {
                return error(400);
            }
            user["id"] = json!(heard);
            user["nickName"] = json!(heard);
            user["meta"] = json!({ "resourceType": "User", "location": format!("/v2/Users/{}", spelled[3]) });
            (201, scim, user.to_string().into_bytes())
        }
        _ => error(418),
    }
}

/// What may be secret in a request.
fn heard(request: &Received) -> String {
    let mut heard = Vec::new();
    for name in ["authorization", "proxy-authorization", "x-api-key", "x-plain"] {
        if let Some(value) = request.header(name) {
            heard.push(value.to_owned());
            let clear = value.split_once(' ').and_then(|(_, pair)| STANDARD.decode(pair).ok());
            heard.extend(clear.and_then(|clear| String::from_utf8(clear).ok()));
        }
    }
    if request.path() == "/token" {
        heard.push(String::from_utf8_lossy(&request.body).into_owned());
    }
    heard.extend(request.target.split_once("access_token=").map(|(_, token)| token.to_owned()));
    heard.join(" | ")
}

/// The ways to spell it.
fn spellings(text: &str) -> Vec<String> {
    let form: String = byte_serialize(text.as_bytes()).collect();
    let json = json!(text).to_string();
    let (mut unicode, mut entities, mut hexadecimal) = (String::new(), String::new(), String::new());
    for unit in text.encode_utf16() {
        let _ = write!(unicode, "\\u{unit:04X}");
    }
    for (index, character) in text.chars().enumerate() {
        let _ = match index % 3 {
            0 => write!(entities, "&#{};", u32::from(character)),
            1 => write!(entities, "&#x{:x};", u32::from(character)),
            _ if "<>&\"'".contains(character) => write!(entities, "&amp;#{};", u32::from(character)),
            _ => write!(entities, "{character}"),
        };
    }
    for byte in text.bytes() {
        let _ = write!(hexadecimal, "{byte:02x}");
    }
    vec![
        text.to_owned(),
        text.to_uppercase(),
        text.to_lowercase(),
        form.replace('+', "%20"),
        form.to_lowercase(),
        STANDARD.encode(text),
        URL_SAFE_NO_PAD.encode(format!("x{text}yz")),
        unicode,
        json.trim_matches('"').replace('/', "\\/"),
        entities,
        byte_serialize(form.as_bytes()).collect(),
        hexadecimal,
        STANDARD.encode(format!("ab{form}")),
    ]
}
