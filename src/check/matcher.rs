//! The matchers of the suite language: what each of them means.

use std::collections::HashSet;

use serde_json::Value;
use url::Url;

use super::{Context, explain};
use crate::model::{Completeness, Exchange, ParsedBody, Response, TokenState};
use crate::scim::attribute_path::AttributePath;
use crate::scim::compare;
use crate::scim::date_time::DateTime;
use crate::scim::json_schema;
use crate::scim::location::canonical_path;
use crate::scim::object::{elements, is_unassigned, member_of};
use crate::scim::resource_type::{ResourceSchemas, ResourceType};
use crate::scim::schema::{Attribute, Mutability, Returned, Schema};
use crate::scim::urn;
use crate::suite::format::{BodyKind, Count, Matcher, ScimErrorPattern, TokenWord, ValueType};

/// What a matcher found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    Yes {
        got: String,
    },
    No {
        wanted: String,
        got: String,
    },
    /// There was nothing to judge.
    NotApplicable(String),
    /// It cannot be told: the answer says neither that it holds nor that it does not.
    Untold {
        wanted: String,
        got: String,
        why: String,
    },
}

/// What a matcher looks at.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) response: &'a Response,
    pub(crate) nodes: Vec<&'a Value>,
    /// Whether the place may name several values or none.
    pub(crate) plural: bool,
    /// Whether it is the body or a part of it, and not a header.
    pub(crate) in_body: bool,
}

/// Errors that gateways and routers answer before any SCIM code runs (`error-body-edge`).
pub(crate) const EDGE: [u16; 6] = [401, 405, 413, 414, 415, 429];

/// The word among the paths that are left out that stands for what the service provider alone writes.
const READ_ONLY: &str = "readOnly";
/// Attributes that no change moves, or that have rules of their own.
const FIXED: [&str; 3] = ["id", "schemas", "meta"];
/// What of `meta` no change moves.
const FIXED_META: [&str; 3] = ["created", "location", "resourceType"];

/// Judges a matcher; its templates are filled in.
pub(crate) fn evaluate(matcher: &Matcher, subject: &Subject<'_>, context: &Context) -> Held {
    let response = subject.response;
    match matcher {
        Matcher::Status(pattern) => {
            let got = explain::answer(subject.exchange);
            verdict(pattern.fits(response.status), || format!("status {pattern}"), got)
        }
        Matcher::Body(kind) => body_kind(*kind, response),
        Matcher::Token(word) => token(*word, subject.exchange),
        Matcher::ScimError(pattern) => scim_error(pattern, subject),
        _ if subject.in_body && response.body.json().is_none() => no_json(matcher, response),
        Matcher::Exists(wanted) => {
            let there = !subject.nodes.is_empty();
            let words = if *wanted { "a value" } else { "no value" };
            verdict(there == *wanted, || words.to_owned(), explain::values(&subject.nodes))
        }
        Matcher::Unassigned(wanted) => {
            let unassigned = subject.nodes.iter().all(|node| is_unassigned(node));
            let words = if *wanted { "no value (absent, null and [] are the same)" } else { "a value" };
            verdict(unassigned == *wanted, || words.to_owned(), explain::values(&subject.nodes))
        }
        Matcher::Count(count) => {
            let number = items(subject).len() as u64;
            let fits = number >= count.min && count.max.is_none_or(|max| number <= max);
            verdict(fits, || range(*count), number.to_string())
        }
        Matcher::Distinct(wanted) => {
            let items = items(subject);
            let mut texts = HashSet::new();
            let mut others: Vec<&Value> = Vec::new();
            let twice = items.iter().find(|item| match item.as_str() {
                // Lists of a target may be long: one look at each text.
                Some(text) => !texts.insert(text.to_lowercase()),
                None => {
                    let seen = others.iter().any(|other| same_json(other, item));
                    others.push(item);
                    seen
                }
            });
            let words = if *wanted { "no value twice" } else { "some value twice" };
            let got = twice
                .map_or_else(|| explain::values(&items), |item| format!("{} twice", explain::value(item)));
            verdict(twice.is_none() == *wanted, || words.to_owned(), got)
        }
        Matcher::EqualsUnordered(wanted) => {
            let (items, wanted_items) = (items(subject), elements(wanted));
            let same = items.len() == wanted_items.len() && is_permutation(&items, wanted_items);
            verdict(same, || format!("{} in any order", explain::value(wanted)), shown_list(&items))
        }
        Matcher::Contains(wanted) => {
            let items = items(subject);
            let missing: Vec<_> = elements(wanted).iter().filter(|w| !items.contains(w)).collect();
            verdict(
                missing.is_empty(),
                || format!("{} among the values", explain::values(&missing)),
                shown_list(&items),
            )
        }
        Matcher::Excludes(unwanted) => {
            let items = items(subject);
            let found: Vec<_> = elements(unwanted).iter().filter(|u| items.contains(u)).collect();
            verdict(
                found.is_empty(),
                || format!("{} not among the values", explain::value(unwanted)),
                shown_list(&items),
            )
        }
        _ => every(matcher, subject, context),
    }
}

/// Whether a login still counts, as the exchange shows it.
fn token(word: TokenWord, exchange: &Exchange) -> Held {
    let wanted = || format!("the login to be {}", word.as_str());
    let got = explain::answer(exchange);
    match &exchange.shows {
        Some(TokenState::Active) => verdict(word == TokenWord::Active, wanted, format!("active: {got}")),
        Some(TokenState::Inactive) => {
            verdict(word == TokenWord::Inactive, wanted, format!("inactive: {got}"))
        }
        Some(TokenState::Unclear(why)) => Held::Untold {
            wanted: wanted(),
            got,
            why: format!("whether the login counts cannot be told: {why}"),
        },
        None => Held::NotApplicable("this was no look at a login".to_owned()),
    }
}

/// Matchers on single values: every value found has to match.
fn every(matcher: &Matcher, subject: &Subject<'_>, context: &Context) -> Held {
    if subject.nodes.is_empty() {
        if subject.plural {
            return Held::NotApplicable("there is nothing at this place".to_owned());
        }
        return Held::No { wanted: wanted(matcher), got: "nothing".to_owned() };
    }
    let mut shown = String::new();
    for node in &subject.nodes {
        match single(matcher, node, subject, context) {
            Held::Yes { .. } if subject.nodes.len() == 1 => shown = explain::value(node),
            Held::Yes { .. } => {}
            other => return other,
        }
    }
    if shown.is_empty() {
        shown = format!("{} values", subject.nodes.len());
    }
    Held::Yes { got: shown }
}

fn single(matcher: &Matcher, node: &Value, subject: &Subject<'_>, context: &Context) -> Held {
    // A list of one is as good as its value where another form of a text is looked for.
    let text = match node {
        Value::Array(items) if items.len() == 1 => items[0].as_str(),
        other => other.as_str(),
    };
    let holds = match matcher {
        Matcher::Equals(wanted) => same_json(node, wanted),
        Matcher::NotEquals(unwanted) => !same_json(node, unwanted),
        Matcher::EqualsIgnoringCase(wanted) => {
            text.is_some_and(|text| text.to_lowercase() == wanted.to_lowercase())
        }
        Matcher::AnyOf(wanted) => elements(wanted).iter().any(|wanted| same_json(node, wanted)),
        Matcher::Matches(pattern) => match super::compiled::pattern(pattern) {
            Ok(regex) => node.as_str().is_some_and(|text| regex.is_match(text)),
            Err(_) => false,
        },
        Matcher::NotMatches(pattern) => match super::compiled::pattern(pattern) {
            Ok(regex) => !node.as_str().is_some_and(|text| regex.is_match(text)),
            Err(_) => false,
        },
        Matcher::Type(kind) => is_type(node, *kind),
        Matcher::SameUrlAs(wanted) => node
            .as_str()
            .is_some_and(|url| same_url(url, wanted, &context.base_url, &subject.exchange.request.url)),
        Matcher::SameInstantAs(wanted) => match (text.and_then(DateTime::parse), DateTime::parse(wanted)) {
            (Some(got), Some(wanted)) => got.same_when_truncated(&wanted),
            _ => false,
        },
        Matcher::AtLeast(bound) => not_less(node, bound),
        Matcher::AtMost(bound) => not_less(bound, node),
        Matcher::SameResourceAs { resource, ignoring } => {
            return same_resource(node, resource, ignoring, context);
        }
        Matcher::Schema(name) => return schema(name, node, subject, context),
        _ => unreachable!("the other matchers look at all values together"),
    };
    verdict(holds, || wanted(matcher), explain::value(node))
}

/// What a matcher on single values wants, in words.
fn wanted(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Equals(wanted) => explain::value(wanted),
        Matcher::NotEquals(unwanted) => format!("anything but {}", explain::value(unwanted)),
        Matcher::EqualsIgnoringCase(wanted) => format!("\"{wanted}\" in any letter case"),
        Matcher::AnyOf(wanted) => {
            let options: Vec<_> = elements(wanted).iter().map(explain::value).collect();
            options.join(" or ")
        }
        Matcher::Matches(pattern) => format!("text that fits /{pattern}/"),
        Matcher::NotMatches(pattern) => format!("no text that fits /{pattern}/"),
        Matcher::Type(kind) => type_name(*kind).to_owned(),
        Matcher::SameUrlAs(url) => format!("the URL {url}"),
        Matcher::SameInstantAs(instant) => format!("the instant {instant}"),
        Matcher::AtLeast(bound) => format!("at least {}", explain::value(bound)),
        Matcher::AtMost(bound) => format!("at most {}", explain::value(bound)),
        Matcher::SameResourceAs { .. } => "the same resource".to_owned(),
        Matcher::Schema(name) => format!("a body that is valid against {name}"),
        _ => String::new(),
    }
}

fn verdict(holds: bool, wanted: impl FnOnce() -> String, got: String) -> Held {
    if holds { Held::Yes { got } } else { Held::No { wanted: wanted(), got } }
}

fn no_json(matcher: &Matcher, response: &Response) -> Held {
    // Absence holds trivially in an empty body, and in nothing else.
    let empty = matches!(response.body.parsed(), ParsedBody::Empty);
    let absence =
        matches!(matcher, Matcher::Exists(false) | Matcher::Unassigned(true) | Matcher::Excludes(_));
    let got = explain::body(&response.body);
    if empty && absence {
        return Held::Yes { got };
    }
    let wanted = match matcher {
        Matcher::Exists(true) | Matcher::Unassigned(false) => "a value".to_owned(),
        Matcher::Contains(wanted) => format!("{} among the values", explain::value(wanted)),
        Matcher::EqualsUnordered(wanted) => format!("{} in any order", explain::value(wanted)),
        other => wanted(other),
    };
    Held::No { wanted: if wanted.is_empty() { "a JSON body".to_owned() } else { wanted }, got }
}

fn body_kind(kind: BodyKind, response: &Response) -> Held {
    let parsed = response.body.parsed();
    let (holds, wanted) = match kind {
        BodyKind::Empty => (
            response.body.bytes.is_empty() && response.body.completeness == Completeness::Complete,
            "an empty body",
        ),
        BodyKind::Object => (matches!(parsed, ParsedBody::Json(Value::Object(_))), "a JSON object"),
        BodyKind::Json => (matches!(parsed, ParsedBody::Json(_)), "a JSON body"),
    };
    verdict(holds, || wanted.to_owned(), explain::body(&response.body))
}

/// The status fits, and the body is an Error message that names one of the scimTypes. Whether `status` in the body is
/// a string, and other matters of form, the invariants judge.
fn scim_error(pattern: &ScimErrorPattern, subject: &Subject<'_>) -> Held {
    let response = subject.response;
    let got = explain::answer(subject.exchange);
    let kinds = pattern.scim_type.join(" or ");
    let wanted = || {
        let kinds = if kinds.is_empty() { String::new() } else { format!(" and scimType {kinds}") };
        format!("a SCIM error with status {}{kinds}", pattern.status)
    };
    if !pattern.status.fits(response.status) {
        return Held::No { wanted: wanted(), got };
    }
    let body = response.body.json().filter(|body| {
        let schemas = body.get("schemas").map(elements).unwrap_or_default();
        schemas.iter().any(|schema| schema.as_str() == Some(urn::ERROR)) || body.get("detail").is_some()
    });
    let Some(body) = body else {
        if EDGE.contains(&response.status) && pattern.scim_type.is_empty() {
            return Held::NotApplicable(format!("{} came without a SCIM error body", response.status));
        }
        return Held::No { wanted: wanted(), got: format!("{got}, {}", explain::body(&response.body)) };
    };
    let kind = body.get("scimType").filter(|kind| !kind.is_null());
    let fits = match kind {
        _ if pattern.scim_type.is_empty() => true,
        None => pattern.scim_type_optional,
        Some(kind) => pattern.scim_type.iter().any(|wanted| Some(&**wanted) == kind.as_str()),
    };
    let shown = kind.map_or_else(
        || "without scimType".to_owned(),
        |kind| format!("with scimType {}", explain::value(kind)),
    );
    verdict(
        fits,
        wanted,
        if pattern.scim_type.is_empty() { got } else { format!("{} {shown}", response.status) },
    )
}

/// The values found; one array counts as its elements.
fn items<'a>(subject: &Subject<'a>) -> Vec<&'a Value> {
    match subject.nodes.as_slice() {
        [Value::Array(items)] => items.iter().collect(),
        [Value::Null] => Vec::new(),
        nodes => nodes.to_vec(),
    }
}

fn shown_list(items: &[&Value]) -> String {
    explain::value(&Value::Array(items.iter().map(|item| (*item).clone()).collect()))
}

fn is_permutation(items: &[&Value], wanted: &[Value]) -> bool {
    let mut rest: Vec<_> = items.to_vec();
    wanted.iter().all(|wanted| match rest.iter().position(|item| same_json(item, wanted)) {
        Some(at) => {
            rest.swap_remove(at);
            true
        }
        None => false,
    })
}

/// Equality of JSON: numbers by value, objects without order.
fn same_json(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_json(a, b)))
        }
        _ => a == b,
    }
}

fn is_type(node: &Value, kind: ValueType) -> bool {
    let text = node.as_str();
    match kind {
        ValueType::String => text.is_some(),
        ValueType::NonEmptyString => text.is_some_and(|text| !text.trim().is_empty()),
        ValueType::Boolean => node.is_boolean(),
        ValueType::Integer => node.is_i64() || node.is_u64(),
        ValueType::Number => node.is_number(),
        ValueType::Object => node.is_object(),
        ValueType::Array => node.is_array(),
        ValueType::DateTime => text.is_some_and(|text| DateTime::parse(text).is_some()),
        ValueType::Url => text.is_some_and(|text| Url::parse(text).is_ok()),
        ValueType::HttpUrl => text
            .is_some_and(|text| Url::parse(text).is_ok_and(|url| ["http", "https"].contains(&url.scheme()))),
        ValueType::UriReference => text.is_some_and(|text| {
            let base = Url::parse("http://base.invalid/").expect("a literal URL");
            !text.is_empty() && !text.contains(char::is_whitespace) && base.join(text).is_ok()
        }),
    }
}

fn type_name(kind: ValueType) -> &'static str {
    match kind {
        ValueType::String => "a string",
        ValueType::NonEmptyString => "a string that is not empty",
        ValueType::Boolean => "true or false",
        ValueType::Integer => "an integer",
        ValueType::Number => "a number",
        ValueType::Object => "an object",
        ValueType::Array => "an array",
        ValueType::DateTime => "an xsd:dateTime",
        ValueType::Url => "an absolute URL",
        ValueType::HttpUrl => "an absolute http or https URL",
        ValueType::UriReference => "a URI reference",
    }
}

fn range(count: Count) -> String {
    match (count.min, count.max) {
        (min, Some(max)) if min == max => values(min),
        (0, Some(max)) => format!("at most {}", values(max)),
        (min, None) => format!("at least {}", values(min)),
        (min, Some(max)) => format!("{min} to {max} values"),
    }
}

/// `1 value`, `2 values`.
fn values(number: u64) -> String {
    format!("{number} value{}", if number == 1 { "" } else { "s" })
}

/// Whether two references lead to the same URL. Relative ones are resolved against the base URL (RFC 7643 §2.3.7),
/// and against the URL of the request too (`relative-references`).
pub(crate) fn same_url(a: &str, b: &str, base_url: &Url, request_url: &str) -> bool {
    if a == b {
        return base_url.join(a).is_ok();
    }
    let resolved = |text: &str| -> Vec<String> {
        let mut base = base_url.clone();
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base_url.path()));
        }
        // Examples of RFC 7643 (§8.3, §8.4) are relative to the URL of a resource: a request to its endpoint knows no
        // better one than any below it (ambiguity relative-references).
        let request = Url::parse(request_url).ok();
        let below = request.clone().and_then(|mut url| {
            url.path_segments_mut().ok()?.pop_if_empty().push("id");
            Some(url)
        });
        let bases = [Some(base), request, below];
        bases.into_iter().flatten().filter_map(|base| base.join(text).ok()).map(|url| normal(&url)).collect()
    };
    let b = resolved(b);
    resolved(a).iter().any(|url| b.contains(url))
}

/// A URL without what does not count: a trailing slash, which characters of the path are escaped, a fragment.
fn normal(url: &Url) -> String {
    let mut url = url.clone();
    url.set_path(&canonical_path(&url));
    url.set_fragment(None);
    url.as_str().trim_end_matches('/').to_owned()
}

fn not_less(a: &Value, b: &Value) -> bool {
    if let (Some(a), Some(b)) = (number(a), number(b)) {
        return a >= b;
    }
    match (a.as_str().and_then(DateTime::parse), b.as_str().and_then(DateTime::parse)) {
        (Some(a), Some(b)) => a >= b || a.same_when_truncated(&b),
        _ => false,
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn same_resource(got: &Value, wanted: &Value, ignoring: &[String], context: &Context) -> Held {
    let unknown = ResourceSchemas {
        resource_type: ResourceType {
            name: String::new(),
            id: None,
            endpoint: String::new(),
            description: None,
            schema: String::new(),
            schema_extensions: Vec::new(),
        },
        core: Schema { id: String::new(), name: None, description: None, attributes: Vec::new() }.into(),
        extensions: Vec::new(),
    };
    let schemas = context.type_of(got).or_else(|| context.type_of(wanted)).unwrap_or(&unknown);
    let mut ignored = paths(schemas, |attribute| !is_shown(attribute));
    for path in ignoring {
        if path.eq_ignore_ascii_case(READ_ONLY) {
            ignored.extend(derived(&[got, wanted], schemas));
        } else {
            ignored.extend(path.parse());
        }
    }
    let differences = compare::differences(wanted, got, schemas, &ignored);
    if differences.is_empty() {
        return Held::Yes { got: "the same resource".to_owned() };
    }
    let side = |pick: fn(&compare::Difference) -> &Option<Value>| {
        let lines = differences.iter().take(8).map(|difference| {
            let value = pick(difference).as_ref().map_or_else(|| "nothing".to_owned(), explain::value);
            if difference.path.is_empty() { value } else { format!("{}: {value}", difference.path) }
        });
        let mut lines: Vec<_> = lines.collect();
        if differences.len() > 8 {
            lines.push(format!("and {} more", differences.len() - 8));
        }
        lines.join("\n")
    };
    Held::No { wanted: side(|difference| &difference.left), got: side(|difference| &difference.right) }
}

/// Whether an answer always shows it (returned "request" and "never" may be missing, RFC 7643 §7).
fn is_shown(attribute: &Attribute) -> bool {
    matches!(attribute.returned, Returned::Always | Returned::Default)
}

/// What only the service provider writes and may have derived from a change: readOnly attributes, and what `meta` says
/// of the last change. `id` and the rest of `meta` no change moves (RFC 7643 §3.1).
fn derived(resources: &[&Value], schemas: &ResourceSchemas) -> Vec<AttributePath> {
    let fixed = |path: &AttributePath| {
        path.urn.is_none() && FIXED.iter().any(|name| name.eq_ignore_ascii_case(&path.name))
    };
    let mut all = paths(schemas, |attribute| attribute.mutability == Mutability::ReadOnly);
    all.retain(|path| !fixed(path));
    let meta = resources.iter().filter_map(|resource| member_of(resource, "meta")?.as_object());
    let changing = meta
        .flat_map(|meta| meta.keys())
        .filter(|name| !FIXED_META.iter().any(|fixed| fixed.eq_ignore_ascii_case(name)));
    let of_meta = |sub: &String| AttributePath { urn: None, name: "meta".to_owned(), sub: Some(sub.clone()) };
    all.extend(changing.map(of_meta));
    all
}

/// The attributes and sub-attributes of which something holds; of an attribute of which it holds, no sub-attributes.
fn paths(schemas: &ResourceSchemas, holds: impl Fn(&Attribute) -> bool) -> Vec<AttributePath> {
    let of = |urn: Option<&str>, attributes: &[Attribute]| -> Vec<AttributePath> {
        let of_one = |attribute: &Attribute| {
            let path = |sub: Option<&str>| AttributePath {
                urn: urn.map(str::to_owned),
                name: attribute.name.clone(),
                sub: sub.map(str::to_owned),
            };
            if holds(attribute) {
                return vec![path(None)];
            }
            let subs = attribute.sub_attributes.iter().filter(|sub| holds(sub));
            subs.map(|sub| path(Some(&sub.name))).collect()
        };
        attributes.iter().flat_map(of_one).collect()
    };
    let extensions =
        schemas.extensions.iter().flat_map(|(schema, _)| of(Some(&schema.id), &schema.attributes));
    of(None, &schemas.core.attributes).into_iter().chain(extensions).collect()
}

fn schema(name: &str, node: &Value, subject: &Subject<'_>, context: &Context) -> Held {
    let name = name.strip_prefix("scim:").unwrap_or(name);
    let role = if super::invariants::is_projected(&subject.exchange.request) {
        json_schema::Context::ProjectedResponse
    } else {
        json_schema::Context::Response
    };
    match context.breaches(name, role, node) {
        None => Held::NotApplicable(format!("the target has no schema for {name}")),
        Some(breaches) if breaches.is_empty() => Held::Yes { got: format!("valid against {name}") },
        Some(breaches) => {
            let side = |pick: fn(&super::schema::Breach) -> &String| {
                let lines: Vec<_> =
                    breaches.iter().take(8).map(|b| format!("{}: {}", b.at, pick(b))).collect();
                lines.join("\n")
            };
            Held::No { wanted: side(|breach| &breach.wanted), got: side(|breach| &breach.got) }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::{locate, testing};
    use crate::suite::format::Condition;

    fn held(matcher: &Value, place: Option<&str>, body: &Value) -> Held {
        let condition: Condition = serde_json::from_value(matcher.clone()).unwrap();
        let matcher = condition.matchers().remove(0).1;
        let exchange = testing::json_exchange("GET", "/Users/1", 200, body);
        let response = exchange.response().unwrap();
        let place = place.unwrap_or_default();
        let subject = Subject {
            exchange: &exchange,
            response,
            nodes: response
                .body
                .json()
                .map(|body| locate::locate(place, body, None).unwrap())
                .unwrap_or_default(),
            plural: locate::is_plural(place),
            in_body: true,
        };
        evaluate(&matcher, &subject, &testing::context())
    }

    #[test]
    fn every_matcher_holds_and_fails() {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": "1", "userName": "Ada", "n": 3, "flag": true, "none": null, "empty": [],
            "emails": [{ "value": "a", "type": "work" }, { "value": "b", "type": "home" }],
            "meta": { "created": "2024-01-01T00:00:00.123Z", "location": "http://h:80/v2/Users/1/" },
        });
        let table = [
            (json!({ "exists": true }), "userName", true),
            (json!({ "exists": true }), "nobody", false),
            (json!({ "exists": false }), "nobody", true),
            (json!({ "exists": true }), "none", true),
            (json!({ "unassigned": true }), "none", true),
            (json!({ "unassigned": true }), "empty", true),
            (json!({ "unassigned": true }), "nobody", true),
            (json!({ "unassigned": true }), "n", false),
            (json!({ "equals": 3 }), "n", true),
            (json!({ "equals": 3.0 }), "n", true),
            (json!({ "equals": "3" }), "n", false),
            (json!({ "equals": null }), "none", true),
            (json!({ "not_equals": 4 }), "n", true),
            (json!({ "not_equals": 3 }), "n", false),
            (json!({ "equals_ignoring_case": "ADA" }), "userName", true),
            (json!({ "equals_ignoring_case": "Adam" }), "userName", false),
            (json!({ "equals_unordered": ["b", "a"] }), "$.emails[*].value", true),
            (json!({ "equals_unordered": ["b"] }), "$.emails[*].value", false),
            (json!({ "equals_unordered": ["b", "b"] }), "$.emails[*].value", false),
            (json!({ "any_of": [1, 3] }), "n", true),
            (json!({ "any_of": [1, 2] }), "n", false),
            (json!({ "contains": ["a"] }), "$.emails[*].value", true),
            (json!({ "contains": ["a", "c"] }), "$.emails[*].value", false),
            (json!({ "contains": ["urn:ietf:params:scim:schemas:core:2.0:User"] }), "schemas", true),
            (json!({ "excludes": ["c"] }), "$.emails[*].value", true),
            (json!({ "excludes": ["a"] }), "$.emails[*].value", false),
            (json!({ "matches": "^A" }), "userName", true),
            (json!({ "matches": "^B" }), "userName", false),
            (json!({ "type": "boolean" }), "flag", true),
            (json!({ "type": "boolean" }), "userName", false),
            (json!({ "type": "date-time" }), "meta.created", true),
            (json!({ "type": "date-time" }), "id", false),
            (json!({ "type": "http-url" }), "meta.location", true),
            (json!({ "type": "integer" }), "n", true),
            (json!({ "count": 2 }), "emails", true),
            (json!({ "count": { "min": 3 } }), "emails", false),
            (json!({ "count": 0 }), "nobody", true),
            (json!({ "count": { "max": 1 } }), "$.emails[*]", false),
            (json!({ "distinct": true }), "$.emails[*].type", true),
            (json!({ "distinct": false }), "$.emails[*].type", false),
            (json!({ "same_url_as": "http://h/v2/Users/1" }), "meta.location", true),
            (json!({ "same_url_as": "Users/1" }), "meta.location", true),
            (json!({ "same_url_as": "../Users/1" }), "meta.location", true),
            (json!({ "same_url_as": "http://h/v2/Users/2" }), "meta.location", false),
            (json!({ "same_instant_as": "2024-01-01T01:00:00+01:00" }), "meta.created", true),
            (json!({ "same_instant_as": "2024-01-01T00:00:01Z" }), "meta.created", false),
            (json!({ "at_least": 3 }), "n", true),
            (json!({ "at_least": 4 }), "n", false),
            (json!({ "at_most": 3 }), "n", true),
            (json!({ "at_most": 2 }), "n", false),
            (json!({ "at_least": "2024-01-01T00:00:00Z" }), "meta.created", true),
            (json!({ "at_least": "2025-01-01T00:00:00Z" }), "meta.created", false),
            (json!({ "status": "2xx" }), "", true),
            (json!({ "status": 404 }), "", false),
            (json!({ "body": "object" }), "", true),
            (json!({ "body": "empty" }), "", false),
            (json!({ "scim_error": { "status": 400 } }), "", false),
        ];
        for (matcher, place, wanted) in table {
            let held = held(&matcher, Some(place), &body);
            assert_eq!(matches!(held, Held::Yes { .. }), wanted, "{matcher} at {place}: {held:?}");
        }
    }

    #[test]
    fn several_values_must_all_match_and_none_is_not_applicable() {
        let body = json!({ "a": [{ "b": 1 }, { "b": "x" }], "c": [] });
        let integer = json!({ "type": "integer" });
        assert!(matches!(held(&integer, Some("$.a[*].b"), &body), Held::No { got, .. } if got == "\"x\""));
        assert!(matches!(held(&integer, Some("$.c[*].b"), &body), Held::NotApplicable(_)));
        assert!(matches!(held(&integer, Some("$.nothing"), &body), Held::No { got, .. } if got == "nothing"));
    }

    #[test]
    fn resources_are_compared_as_scim_says() {
        let got = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "USERNAME": "ada",
            "emails": [{ "value": "B" }, { "value": "a" }], "title": null,
        });
        let mut sent = got.clone();
        sent["userName"] = json!("ADA");
        sent.as_object_mut().unwrap().shift_remove("USERNAME");
        sent["emails"] = json!([{ "value": "A" }, { "value": "b" }]);
        sent["password"] = json!("never returned");
        assert!(matches!(held(&json!({ "same_resource_as": sent }), None, &got), Held::Yes { .. }));
        sent["title"] = json!("Dr");
        let held = held(&json!({ "same_resource_as": sent }), None, &got);
        assert_eq!(held, Held::No { wanted: "title: \"Dr\"".to_owned(), got: "title: nothing".to_owned() });
    }

    #[test]
    fn what_the_provider_derives_from_a_change_does_not_count_after_one() {
        let before = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "1", "userName": "ada",
            "groups": [{ "value": "7", "display": "Old name" }],
            "meta": { "created": "2024-01-01T00:00:00Z", "lastModified": "2024-01-01T00:00:00Z", "version": "1" },
        });
        let mut after = before.clone();
        after["groups"][0]["display"] = json!("New name");
        after["meta"] = json!({
            "created": "2024-01-01T00:00:00Z", "lastModified": "2024-01-02T00:00:00Z", "changedBy": "x",
        });
        let same = |got: &Value, ignoring: &Value| {
            held(&json!({ "same_resource_as": before, "ignoring": ignoring }), None, got)
        };
        assert!(matches!(same(&after, &json!(["readOnly"])), Held::Yes { .. }));
        let refused = same(&after, &json!(["meta.lastModified", "meta.version"]));
        assert!(
            matches!(refused, Held::No { got, .. } if got.contains("groups") && got.contains("changedBy"))
        );
        for (pointer, value) in [
            ("/id", json!("2")),
            ("/schemas", json!(["urn:x"])),
            ("/userName", json!("grace")),
            ("/meta/created", json!("2025-01-01T00:00:00Z")),
            ("/meta/resourceType", json!("Robot")),
        ] {
            let mut other = after.clone();
            let (outer, name) = pointer.rsplit_once('/').unwrap();
            other.pointer_mut(outer).unwrap()[name] = value;
            assert!(matches!(same(&other, &json!(["readOnly"])), Held::No { .. }), "{pointer}");
        }
    }

    #[test]
    fn errors_with_their_type() {
        let context = testing::context();
        let judge = |status: u16, body: &str, pattern: Value| {
            let exchange = testing::exchange("GET", "/Users", status, &[], body);
            let condition: Condition = serde_json::from_value(json!({ "scim_error": pattern })).unwrap();
            let response = exchange.response().unwrap();
            let subject =
                Subject { exchange: &exchange, response, nodes: vec![], plural: false, in_body: true };
            evaluate(&condition.matchers().remove(0).1, &subject, &context)
        };
        let error =
            json!({ "schemas": [urn::ERROR], "status": "400", "scimType": "invalidFilter" }).to_string();
        assert!(matches!(
            judge(400, &error, json!({ "status": 400, "scim_type": ["invalidFilter"] })),
            Held::Yes { .. }
        ));
        assert!(matches!(
            judge(400, &error, json!({ "status": 400, "scim_type": ["tooMany"] })),
            Held::No { .. }
        ));
        assert!(matches!(judge(400, &error, json!({ "status": 404 })), Held::No { .. }));
        assert!(matches!(judge(400, "", json!({ "status": 400 })), Held::No { .. }));
        assert!(matches!(judge(401, "", json!({ "status": 401 })), Held::NotApplicable(_)));
    }
}
