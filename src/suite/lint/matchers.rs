//! Matchers: exactly one, on a place that can be read, with a value that can hold.

use serde_json::Value;

use super::requests::is_header_name;
use super::{Context, Linter};
use crate::scim::attribute_path::AttributePath;
use crate::scim::date_time::DateTime;
use crate::scim::error::ScimType;
use crate::suite::diagnostic::did_you_mean;
use crate::suite::format::{Matcher, ScimErrorPattern};

impl Linter<'_> {
    /// `place` is what `at` and `header` say.
    /// A tolerance or a condition: at least one matcher; of several, all have to hold.
    pub(super) fn conditions(
        &mut self,
        at: &str,
        matchers: &[(&'static str, Matcher)],
        place: (Option<&str>, Option<&str>),
        context: &Context<'_>,
    ) {
        if matchers.len() < 2 {
            return self.matcher(at, matchers, place, context);
        }
        for (name, matcher) in matchers {
            self.matcher_value(&format!("{at}/{name}"), name, matcher, context);
        }
        self.one_place(at, place);
    }

    pub(super) fn matcher(
        &mut self,
        at: &str,
        matchers: &[(&'static str, Matcher)],
        place: (Option<&str>, Option<&str>),
        context: &Context<'_>,
    ) {
        match matchers {
            [] => self
                .mistake(at, "there is no matcher: nothing is asserted")
                .label("in this entry")
                .help("add one, as in `equals:`, `exists:`, `status:` or `schema:`".to_owned())
                .push(),
            [(name, matcher)] => {
                self.whole_or_place(at, name, matcher, place);
                self.matcher_value(&format!("{at}/{name}"), name, matcher, context);
            }
            several => {
                let mut keys: Vec<_> = several.iter().map(|(name, _)| format!("{at}/{name}")).collect();
                keys.sort_by_key(|key| self.parsed.document.place_of_key(key));
                let names: Vec<_> = keys.iter().map(|key| format!("`{}`", &key[at.len() + 1..])).collect();
                let message = format!("{} are {} matchers", names.join(" and "), names.len());
                self.mistake_at_key(&keys[1], &message)
                    .label("one too many")
                    .help("one matcher, one finding: make a check of each".to_owned())
                    .push();
            }
        }
        self.one_place(at, place);
    }

    fn one_place(&mut self, at: &str, place: (Option<&str>, Option<&str>)) {
        if place.0.is_some() && place.1.is_some() {
            self.mistake_at_key(&format!("{at}/header"), "`at` and `header` exclude each other")
                .label("a second place")
                .help("`at` looks into the body, `header` at a header field".to_owned())
                .push();
        }
        if let Some(place) = place.0 {
            self.place(&format!("{at}/at"), place);
        }
        if let Some(header) = place.1.filter(|header| !header.contains("${") && !is_header_name(header)) {
            self.mistake(&format!("{at}/header"), &format!("`{header}` is not the name of a header field"))
                .label("not a token")
                .help("letters, digits and `-`, without spaces and colon: `location`".to_owned())
                .push();
        }
    }

    fn whole_or_place(
        &mut self,
        at: &str,
        name: &str,
        matcher: &Matcher,
        place: (Option<&str>, Option<&str>),
    ) {
        let whole = matches!(
            matcher,
            Matcher::Status(_) | Matcher::Body(_) | Matcher::ScimError(_) | Matcher::Token(_)
        );
        let key = if place.0.is_some() { "at" } else { "header" };
        if whole && (place.0.is_some() || place.1.is_some()) {
            self.mistake_at_key(
                &format!("{at}/{key}"),
                &format!("`{name}` looks at the whole response, not at a place"),
            )
            .label("not looked at")
            .help(format!("take `{key}` away"))
            .push();
        }
        if place.1.is_some() && matches!(matcher, Matcher::Schema(_) | Matcher::SameResourceAs { .. }) {
            self.mistake_at_key(
                &format!("{at}/header"),
                &format!("`{name}` looks at JSON, a header field is text"),
            )
            .help("take `header` away".to_owned())
            .push();
        }
    }

    fn matcher_value(&mut self, at: &str, name: &str, matcher: &Matcher, context: &Context<'_>) {
        match matcher {
            Matcher::Matches(pattern) | Matcher::NotMatches(pattern) if !pattern.contains("${") => {
                self.pattern(at, pattern);
            }
            Matcher::Contains(value) | Matcher::Excludes(value) | Matcher::AnyOf(value) => {
                self.list(at, name, value, false);
            }
            Matcher::EqualsUnordered(value) => self.list(at, name, value, true),
            Matcher::Count(count) if count.max.is_some_and(|max| max < count.min) => self
                .mistake(at, "`max` is less than `min`: never so many")
                .label("an empty range")
                .help("exchange both".to_owned())
                .push(),
            Matcher::SameResourceAs { resource, .. } if !resource.is_object() && !is_template(resource) => {
                self.mistake(at, "`same_resource_as` wants a resource")
                    .help("a mapping, or a template that names a resource: \"${made}\"".to_owned())
                    .push();
            }
            Matcher::SameInstantAs(text) => self.instant(at, name, text),
            Matcher::AtLeast(value) | Matcher::AtMost(value) => match value {
                Value::Number(_) => {}
                Value::String(text) => self.instant(at, name, text),
                _ => self
                    .mistake(at, &format!("`{name}` wants a number or a dateTime"))
                    .help("as in 1 or \"2026-01-31T12:00:00Z\"".to_owned())
                    .push(),
            },
            Matcher::ScimError(pattern) => self.scim_error(at, pattern),
            Matcher::Schema(schema) => self.schema_name(at, schema, context.requires),
            _ => {}
        }
    }

    fn pattern(&mut self, at: &str, pattern: &str) {
        if let Err(error) = regex::Regex::new(pattern) {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.mistake(at, "not a regular expression")
                .label(&reason)
                .help(
                    "the syntax of the crate regex: no look-around, no back-references; \\( for a bracket"
                        .to_owned(),
                )
                .push();
        }
    }

    fn list(&mut self, at: &str, name: &str, value: &Value, may_be_empty: bool) {
        if !value.is_array() && !is_template(value) {
            self.mistake(at, &format!("`{name}` wants a list"))
                .label("one value")
                .help(format!("write [{value}]"))
                .push();
        } else if !may_be_empty && value.as_array().is_some_and(Vec::is_empty) {
            let says = if name == "any_of" { "never holds" } else { "always holds" };
            self.mistake(at, &format!("`{name}` of nothing {says}"))
                .label("an empty list")
                .help("for no values at all: `unassigned: true` or `count: 0`".to_owned())
                .push();
        }
    }

    fn instant(&mut self, at: &str, name: &str, text: &str) {
        if !text.contains("${") && DateTime::parse(text).is_none() {
            self.mistake(at, &format!("`{name}` wants a dateTime"))
                .label("not a dateTime")
                .help("in the form of xsd:dateTime: \"2026-01-31T12:00:00Z\"".to_owned())
                .push();
        }
    }

    fn scim_error(&mut self, at: &str, pattern: &ScimErrorPattern) {
        let known = ScimType::ALL.map(ScimType::as_str);
        for (index, word) in pattern.scim_type.iter().enumerate() {
            if !known.contains(&word.as_str()) && !word.contains("${") {
                self.mistake(&format!("{at}/scim_type/{index}"), &format!("`{word}` is not a scimType"))
                    .label("unknown word")
                    .help(did_you_mean(word, &known, "RFC 7644 §3.12 and RFC 9865 have:"))
                    .push();
            }
        }
        if pattern.scim_type_optional && pattern.scim_type.is_empty() {
            self.mistake_at_key(
                &format!("{at}/scim_type_optional"),
                "`scim_type_optional` without `scim_type` means nothing",
            )
            .help("without `scim_type` any scimType and none is allowed".to_owned())
            .push();
        }
    }

    pub(super) fn ignoring(&mut self, at: &str, paths: &[String], allowed: bool) {
        if !paths.is_empty() && !allowed {
            self.mistake_at_key(&format!("{at}/ignoring"), "`ignoring` goes with `same_resource_as` only")
                .label("nothing to leave out here")
                .help("take it away".to_owned())
                .push();
        }
        for (index, path) in paths.iter().enumerate() {
            if !path.contains("${")
                && let Err(error) = path.parse::<AttributePath>()
            {
                self.mistake(
                    &format!("{at}/ignoring/{index}"),
                    &format!("`{path}` is not an attribute path"),
                )
                .label(&error.to_string())
                .help("as in `meta.lastModified`".to_owned())
                .push();
            }
        }
    }

    /// A JSON Pointer, a `JSONPath` or an attribute path.
    pub(super) fn place(&mut self, at: &str, place: &str) {
        if place.contains("${") || place.is_empty() {
            return;
        }
        let (kind, reason) = if place.starts_with('$') {
            ("JSONPath", serde_json_path::JsonPath::parse(place).err().map(|error| error.to_string()))
        } else if place.starts_with('/') {
            let broken = place.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1']));
            ("JSON Pointer", broken.then(|| "`~` stands as `~0` only, `/` as `~1`".to_owned()))
        } else {
            ("attribute path", place.parse::<AttributePath>().err().map(|error| error.to_string()))
        };
        if let Some(reason) = reason {
            self.mistake(
                at,
                &format!("`{place}` is not {} {kind}", if kind == "attribute path" { "an" } else { "a" }),
            )
            .label(&reason)
            .help(
                "a JSON Pointer (/a/0), a JSONPath ($.a[*]) or an attribute path (name.givenName)".to_owned(),
            )
            .push();
        }
    }
}

fn is_template(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains("${"))
}
