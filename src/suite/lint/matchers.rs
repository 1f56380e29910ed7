//! Matchers: exactly one, and places that can be read.

use super::Linter;
use crate::suite::format::Matcher;

impl Linter<'_> {
    pub(super) fn matcher(
        &mut self,
        at: &str,
        matchers: &[(&'static str, Matcher)],
        place: Option<&str>,
        header: Option<&str>,
    ) {
        match matchers {
            [] => self
                .mistake(at, "there is no matcher: nothing is asserted")
                .help("add one, as in `equals:`".to_owned())
                .push(),
            [one] => self.one_matcher(at, one.0, &one.1, place.is_some() || header.is_some()),
            several => {
                let names: Vec<_> = several.iter().map(|(name, _)| format!("`{name}`")).collect();
                self.mistake(
                    &format!("{at}/{}", several[1].0),
                    &format!("{} are two matchers", names.join(" and ")),
                )
                .help("one matcher, one finding: make it two checks".to_owned())
                .push();
            }
        }
        if place.is_some() && header.is_some() {
            self.mistake(&format!("{at}/header"), "`at` and `header` exclude each other").push();
        }
        if let Some(place) = place {
            self.place(&format!("{at}/at"), place);
        }
    }

    fn one_matcher(&mut self, at: &str, name: &str, matcher: &Matcher, has_place: bool) {
        let whole = matches!(matcher, Matcher::Status(_) | Matcher::Body(_) | Matcher::ScimError(_));
        if whole && has_place {
            self.mistake(at, &format!("`{name}` looks at the whole response, not at a place"))
                .help("take `at` or `header` away".to_owned())
                .push();
        }
        let at = format!("{at}/{name}");
        match matcher {
            Matcher::Matches(pattern) if !pattern.contains("${") => {
                if let Err(error) = regex::Regex::new(pattern) {
                    let reason = error.to_string();
                    let reason =
                        reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                    self.mistake(&at, &format!("not a regular expression: {reason}")).push();
                }
            }
            Matcher::Contains(value)
            | Matcher::Excludes(value)
            | Matcher::EqualsUnordered(value)
            | Matcher::AnyOf(value)
                if !value.is_array() && !value.as_str().is_some_and(|text| text.starts_with("${")) =>
            {
                self.mistake(&at, &format!("`{name}` wants a list")).help("write [ … ]".to_owned()).push();
            }
            Matcher::Schema(schema) => {
                let known = schema.strip_prefix("scim:").is_some_and(|rest| !rest.is_empty());
                if !known {
                    self.mistake(&at, &format!("`{schema}` is not a schema"))
                        .help("scim:User, scim:Group or any resource type; scim:ListResponse, scim:Error, scim:PatchOp, scim:BulkResponse, scim:ServiceProviderConfig, scim:ResourceType, scim:Schema".to_owned())
                        .push();
                }
            }
            _ => {}
        }
    }

    /// A JSON Pointer, a `JSONPath` or an attribute path.
    pub(super) fn place(&mut self, at: &str, place: &str) {
        if place.contains("${") || place.is_empty() {
            return;
        }
        let wrong = if place.starts_with('$') {
            serde_json_path::JsonPath::parse(place).err().map(|error| format!("not a JSONPath: {error}"))
        } else if place.starts_with('/') {
            let broken = place.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1']));
            broken.then(|| "not a JSON Pointer: `~` stands for `~0` only, and `~1` for `/`".to_owned())
        } else {
            place
                .parse::<crate::scim::attribute_path::AttributePath>()
                .err()
                .map(|error| format!("not an attribute path: {error}"))
        };
        if let Some(wrong) = wrong {
            self.mistake(at, &wrong)
                .help(
                    "a JSON Pointer (/a/0), a JSONPath ($.a[*]) or an attribute path (name.givenName)"
                        .to_owned(),
                )
                .push();
        }
    }
}
