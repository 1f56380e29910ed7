//! What a response is: a resource, a list of resources, an error, a discovery document.

use serde_json::Value;
use url::Url;

use crate::check::Context;
use crate::model::{Exchange, Request, Response};
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::urn;

/// A response as the invariants look at it.
pub(crate) struct View<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) context: &'a Context,
    pub(crate) response: Option<&'a Response>,
    pub(crate) kind: Kind<'a>,
    /// Whether `attributes` or `excludedAttributes` was asked for.
    pub(crate) projected: bool,
}

/// What a response is.
pub(crate) enum Kind<'a> {
    /// One resource of a known type.
    Resource(Item<'a>),
    /// A list; with those of its resources whose type is known.
    List { body: &'a Value, items: Vec<Item<'a>> },
    /// An answer with a status of 400 or more.
    Error,
    /// Something else: a discovery document, an empty body, what was not understood.
    Other,
}

/// A resource in a response.
pub(crate) struct Item<'a> {
    /// JSON Pointer to it.
    pub(crate) at: String,
    pub(crate) value: &'a Value,
    pub(crate) schemas: &'a ResourceSchemas,
}

impl<'a> View<'a> {
    pub(crate) fn new(exchange: &'a Exchange, context: &'a Context) -> Self {
        let response = exchange.response();
        Self {
            exchange,
            context,
            response,
            kind: response.map_or(Kind::Other, |response| kind(exchange, response, context)),
            projected: is_projected(&exchange.request),
        }
    }

    /// All resources of the response.
    pub(crate) fn items(&self) -> &[Item<'a>] {
        match &self.kind {
            Kind::Resource(item) => std::slice::from_ref(item),
            Kind::List { items, .. } => items,
            Kind::Error | Kind::Other => &[],
        }
    }
}

/// Whether a request asks for a choice of attributes: in the query, or in the body of a `.search`.
pub(crate) fn is_projected(request: &Request) -> bool {
    let url = Url::parse(&request.url).ok();
    let names = ["attributes", "excludedattributes"];
    let in_query = url.as_ref().is_some_and(|url| {
        url.query_pairs()
            .any(|(name, value)| names.contains(&&*name.to_ascii_lowercase()) && !value.is_empty())
    });
    let is_search = url.is_some_and(|url| url.path().ends_with("/.search"));
    in_query
        || is_search
            && search_body(request).is_some_and(|body| {
                body.as_object()
                    .is_some_and(|body| body.keys().any(|key| names.contains(&&*key.to_ascii_lowercase())))
            })
}

/// The body of a `.search`.
pub(crate) fn search_body(request: &Request) -> Option<Value> {
    serde_json::from_slice(request.body.as_deref()?).ok()
}

/// The segments of the request's path below the base URL.
fn segments(request: &Request, base_url: &Url) -> Option<Vec<String>> {
    let url = Url::parse(&request.url).ok()?;
    let below = url.path().strip_prefix(base_url.path().trim_end_matches('/'))?.to_owned();
    Some(below.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect())
}

fn kind<'a>(exchange: &'a Exchange, response: &'a Response, context: &'a Context) -> Kind<'a> {
    if response.status >= 400 {
        return Kind::Error;
    }
    let Some(body) = response.body.json().filter(|_| (200..300).contains(&response.status)) else {
        return Kind::Other;
    };
    let segments = segments(&exchange.request, &context.base_url).unwrap_or_default();
    let first = segments.first().map_or("", String::as_str);
    if ["ServiceProviderConfig", "Bulk"].contains(&first) {
        return Kind::Other;
    }
    let by_url = context.resources.iter().find(|resource| {
        let endpoint: Vec<_> = resource.resource_type.endpoint.split('/').filter(|s| !s.is_empty()).collect();
        !endpoint.is_empty() && segments.iter().take(endpoint.len()).eq(endpoint.iter())
    });
    let named = |urn: &str| {
        let schemas = body.get("schemas").and_then(Value::as_array);
        schemas.is_some_and(|schemas| schemas.iter().any(|schema| schema.as_str() == Some(urn)))
    };
    let below = by_url.map(|resource| {
        segments.len()
            - resource.resource_type.endpoint.split('/').filter(|segment| !segment.is_empty()).count()
    });
    let is_search = segments.last().is_some_and(|last| last == ".search");
    let reads = exchange.request.method == "GET";
    let discovery = ["ResourceTypes", "Schemas"].contains(&first);
    let is_list = named(urn::LIST_RESPONSE)
        || is_search
        || reads && below == Some(0)
        // What stands at the base URL is a list only if it says so: it may be a page about the server.
        || reads && discovery && segments.len() == 1;
    if is_list {
        let listed = body.get("Resources").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let items = listed.iter().enumerate().filter(|_| !discovery).filter_map(|(index, value)| {
            let own = if below == Some(0) || is_search { by_url } else { None };
            let schemas = own.or_else(|| context.type_of(value))?;
            Some(Item { at: format!("/Resources/{index}"), value, schemas })
        });
        return Kind::List { body, items: items.collect() };
    }
    if discovery {
        return Kind::Other;
    }
    match by_url.or_else(|| context.type_of(body)) {
        Some(schemas) if body.is_object() => Kind::Resource(Item { at: String::new(), value: body, schemas }),
        _ => Kind::Other,
    }
}

/// The last segment of the request's URL if it is the id of a resource, decoded.
pub(crate) fn id_in_url(request: &Request, schemas: &ResourceSchemas, base_url: &Url) -> Option<String> {
    let segments = segments(request, base_url)?;
    let endpoint = schemas.resource_type.endpoint.split('/').filter(|segment| !segment.is_empty()).count();
    (segments.len() == endpoint + 1).then(|| decode(&segments[endpoint]))
}

fn decode(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        if let (b'%', Some(byte)) = (first, tail.get(..2).and_then(hex)) {
            bytes.push(byte);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
