//! Requests: what may be sent.

use super::Linter;
use crate::suite::diagnostic::nearest;
use crate::suite::duration;
use crate::suite::format::{Eventually, RequestSpec, Step};
use crate::suite::yaml::pointer_token;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
/// Header fields that are not a suite's to set, and why.
const RESERVED: [(&str, &str); 7] = [
    ("authorization", "`auth:` says which credentials a request carries, so that they can be redacted"),
    ("proxy-authorization", "the proxy is part of the configuration"),
    ("cookie", "`auth:` says which credentials a request carries, so that they can be redacted"),
    ("host", "it follows from the base URL"),
    ("content-length", "it follows from the body"),
    ("transfer-encoding", "it follows from the body"),
    ("connection", "connections are the client's business"),
];
/// What a path must not contain, and what to do instead.
const NOT_IN_A_PATH: [(&str, &str, &str); 6] = [
    ("?", "the query does not belong into the path", "write it under `query:`, where it is percent-encoded"),
    ("#", "a fragment is never sent", "write `%23` for the character"),
    ("\\", "a backslash in the path", "segments are separated by `/`"),
    ("/../", "`..` in a path is resolved before it is sent", "write the path that is meant"),
    ("//", "an empty segment in the path", "one `/` between two segments"),
    (" ", "a space in the path", "write `%20`"),
];

pub(super) fn is_method(method: &str) -> bool {
    METHODS.contains(&method)
}

impl<'a> Linter<'a> {
    pub(super) fn request(&mut self, step: &'a Step, at: &str) {
        let Some(request) = &step.request else { return };
        let inner = format!("{at}/request");
        if !is_method(&request.method) && !request.method.contains("${") {
            let help = nearest(&request.method.to_uppercase(), METHODS).map_or_else(
                || format!("one of: {}", METHODS.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            self.mistake(&format!("{inner}/method"), &format!("`{}` is not a method", request.method))
                .label("unknown method")
                .help(help)
                .push();
        }
        self.path(&request.path, &format!("{inner}/path"));
        self.bodies(request, &inner);
        self.headers(request, &inner);
        if let Some(eventually) = &step.eventually {
            self.eventually(step, eventually, at);
        }
    }

    fn path(&mut self, path: &str, at: &str) {
        if path.contains("://") || path.starts_with("//") {
            return self
                .mistake(at, "an absolute URL: a suite runs against any target")
                .label("names a server")
                .help(
                    "a path below the base URL, as in `/Users`; or a template that holds a location"
                        .to_owned(),
                )
                .push();
        }
        if !path.starts_with('/') && !path.starts_with("${") {
            return self
                .mistake(at, "a path begins with `/`, below the base URL")
                .label("no `/`")
                .help(format!("write `/{path}`"))
                .push();
        }
        // What stands in templates is filled in as one segment and encoded.
        let literal = outside_templates(path);
        let wrong =
            NOT_IN_A_PATH.iter().find(|(sign, ..)| format!("{literal}/").contains(sign) && *sign != "//");
        let wrong = wrong.or_else(|| NOT_IN_A_PATH.iter().find(|(sign, ..)| literal.contains(sign)));
        if let Some((sign, message, help)) = wrong {
            let place = self.template_place(at, sign.trim_end_matches('/'));
            self.mistake_at(at, place, message).label("here").help((*help).to_owned()).push();
        }
    }

    fn bodies(&mut self, request: &RequestSpec, at: &str) {
        if request.body.is_some() && request.raw_body.is_some() {
            self.mistake_at_key(&format!("{at}/raw_body"), "`body` and `raw_body` exclude each other")
                .label("a second body")
                .help("`body` is JSON, `raw_body` is text that is sent as it is".to_owned())
                .push();
        } else if !request.with.is_empty() && request.body.is_none() {
            self.mistake_at_key(&format!("{at}/with"), "`with` changes a body, and there is none")
                .label("on top of nothing")
                .help("name one with `body:`, as in `body: \"${full.User}\"`".to_owned())
                .push();
        } else if matches!(request.method.as_str(), "GET" | "HEAD")
            && (request.body.is_some() || request.raw_body.is_some())
        {
            let key = if request.body.is_some() { "body" } else { "raw_body" };
            self.mistake_at_key(
                &format!("{at}/{key}"),
                &format!("a body in a {} means nothing", request.method),
            )
            .label("is not looked at")
            .help("RFC 9110 §9.3.1; to search with a body, POST to `/.search`".to_owned())
            .push();
        }
    }

    fn headers(&mut self, request: &RequestSpec, at: &str) {
        let mut seen: Vec<String> = Vec::new();
        for (name, value) in &request.headers {
            let pointer = format!("{at}/headers/{}", pointer_token(name));
            let lower = name.to_ascii_lowercase();
            let reserved = RESERVED.iter().find(|(reserved, _)| *reserved == lower);
            if !is_header_name(name) {
                self.header_name(&pointer, name);
            } else if let Some((_, why)) = reserved {
                self.mistake_at_key(&pointer, &format!("`{name}` is not a suite's to set"))
                    .label("set by the client")
                    .help((*why).to_owned())
                    .push();
            } else if seen.contains(&lower) {
                self.mistake_at_key(&pointer, &format!("`{name}` is there already, in other letter case"))
                    .label("once more")
                    .help("header names have no letter case (RFC 9110 §5.1)".to_owned())
                    .push();
            } else if value.as_ref().is_some_and(|value| value.contains(['\r', '\n', '\0'])) {
                self.mistake(&pointer, &format!("the value of `{name}` has a line break"))
                    .help("a header field is one line".to_owned())
                    .push();
            }
            seen.push(lower);
        }
    }

    /// A header name that is none, as the key of a request or as the place of a check.
    fn header_name(&mut self, pointer: &str, name: &str) {
        self.mistake_at_key(pointer, &format!("`{name}` is not the name of a header field"))
            .label("not a token")
            .help("letters, digits and `-`, without spaces and colon: `if-match`".to_owned())
            .push();
    }

    fn eventually(&mut self, step: &Step, eventually: &Eventually, at: &str) {
        if is_method(step.method()) && !step.is_safe() {
            self.mistake_at_key(
                &format!("{at}/eventually"),
                &format!("{} is not repeated: it is not safe", step.method()),
            )
            .label("would be sent again and again")
            .help("poll with a GET in a step of its own".to_owned())
            .push();
        }
        if step.expect.is_none() && step.one_of.is_empty() && step.checks.is_empty() && at.contains("/setup/")
        {
            self.mistake_at_key(&format!("{at}/eventually"), "`eventually` waits for nothing")
                .help("add the `expect` or `checks` that it waits for".to_owned())
                .push();
        }
        let mut parsed = Vec::new();
        for (key, text) in [("within", Some(&eventually.within)), ("every", eventually.every.as_ref())] {
            let Some(text) = text else { continue };
            if !text.contains("${") {
                parsed.extend(self.duration(&format!("{at}/eventually/{key}"), text));
            }
        }
        if let [within, every] = parsed.as_slice()
            && every > within
        {
            self.mistake(&format!("{at}/eventually/every"), "the pause is longer than all of the time")
                .label("never tried again")
                .help(format!("less than {}", duration::human(*within)))
                .push();
        }
    }
}

impl Linter<'_> {
    /// A duration that is more than nothing.
    pub(super) fn duration(&mut self, at: &str, text: &str) -> Option<std::time::Duration> {
        let duration = duration::parse(text).filter(|duration| !duration.is_zero());
        if duration.is_none() {
            self.mistake(at, &format!("`{text}` is not a duration"))
                .label("not a duration")
                .help("a number and `ms`, `s` or `m`: `500ms`, `5s`".to_owned())
                .push();
        }
        duration
    }
}

/// A token (RFC 9110 §5.6.2).
pub(super) fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// A text with each template replaced by one letter.
fn outside_templates(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        out.push('x');
        rest = after.split_once('}').map_or("", |(_, rest)| rest);
    }
    out + rest
}
