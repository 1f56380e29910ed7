//! Nothing that the run did not create is changed, and what it creates can be told from everything else.

use serde_json::{Map, Value};

use super::Linter;
use super::names::{Names, per_row};
use crate::suite::format::{Case, Step};
use crate::suite::yaml::pointer_token;

/// Attributes that name a resource.
const NAMING: [&str; 3] = ["userName", "displayName", "externalId"];
/// Documents that are read-only: suites try to write them with the very content that was read (RFC 7643 §5 to §7).
const DISCOVERY: [&str; 3] = ["ServiceProviderConfig", "ResourceTypes", "Schemas"];

impl<'a> Linter<'a> {
    pub(super) fn owned(&mut self, case: &Case, step: &'a Step, at: &str, names: &Names) {
        let Some(request) = &step.request else { return };
        let at = format!("{at}/request");
        if matches!(request.method.as_str(), "PUT" | "PATCH" | "DELETE")
            && per_row(case, &request.path).iter().any(|path| is_foreign(path, names))
        {
            let path = request.path.trim_end_matches('/');
            let collection = path.split('/').nth(1).filter(|name| !name.contains("${")).unwrap_or("Users");
            self.mistake(&format!("{at}/path"), &format!("{} of something that the case did not create", request.method))
                .label("not the run's own")
                .help(format!("name what the set-up created, as in `/{collection}/${{made.id}}`, or what cannot exist: `/{collection}/${{uuid}}`"))
                .push();
        }
        if !matches!(request.method.as_str(), "POST" | "PUT") {
            return;
        }
        if let Some(Value::Object(body)) = &request.body {
            self.identifiers(&format!("{at}/body"), body, names);
        }
        self.identifiers(&format!("{at}/with"), &request.with, names);
        if let Some(raw) = &request.raw_body {
            let attribute = NAMING.iter().find(|name| raw.contains(&format!("\"{name}\"")));
            if let Some(attribute) = attribute.filter(|_| !names.own(raw)) {
                let help = "put `${unique}` into its value";
                self.not_own(&format!("{at}/raw_body"), attribute, help);
            }
        }
    }

    /// The naming attributes of a resource that is created.
    pub(super) fn identifiers(&mut self, at: &str, resource: &Map<String, Value>, names: &Names) {
        for (name, value) in resource {
            // In `with`, a JSON Pointer leads to what stands deeper.
            let last = name.rsplit('/').next().filter(|_| name.starts_with('/')).unwrap_or(name);
            let naming = NAMING.iter().any(|naming| naming.eq_ignore_ascii_case(last));
            let text = value.as_str().unwrap_or_default();
            if naming && !text.is_empty() && !names.own(text) {
                let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
                let help = match whole {
                    Some(column) => format!("put `${{unique}}` into every value of `{column}`"),
                    None => format!("write \"${{unique}}-{text}\""),
                };
                self.not_own(&format!("{at}/{}", pointer_token(name)), name, &help);
            }
        }
    }

    fn not_own(&mut self, at: &str, name: &str, help: &str) {
        self.mistake(at, &format!("`{name}` of a created resource does not show that it is the run's own"))
            .label("without `${unique}`")
            .help(format!("{help}: what a run leaves behind can then be found, and two runs do not collide"))
            .push();
    }
}

/// Whether the last segment of a path names something that may be somebody else's.
fn is_foreign(path: &str, names: &Names) -> bool {
    let path = path.trim_end_matches('/');
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let last = if path.starts_with("${") && path.matches("${").count() == 1 && path.ends_with('}') {
        path
    } else {
        // A `/` in a template is none of the path's.
        path.rsplit('/').next().unwrap_or_default()
    };
    !DISCOVERY.contains(&first) && !names.own(last)
}
