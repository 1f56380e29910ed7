//! Requests: what may be sent, and to what.

use serde_json::Value;

use super::Linter;
use crate::suite::diagnostic::nearest;
use crate::suite::format::Step;

const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

impl<'a> Linter<'a> {
    pub(super) fn request(&mut self, step: &'a Step, at: &str) {
        let request = &step.request;
        let inner = format!("{at}/request");
        if !METHODS.contains(&request.method.as_str()) && !request.method.contains("${") {
            let near = nearest(&request.method.to_uppercase(), METHODS)
                .map(|near| format!("did you mean `{near}`?"));
            self.mistake(&format!("{inner}/method"), &format!("`{}` is not a method", request.method))
                .help(near)
                .push();
        }
        if !request.path.starts_with('/') && !request.path.starts_with("${") {
            self.mistake(&format!("{inner}/path"), "a path begins with `/`, below the base URL")
                .help(format!("/{}", request.path))
                .push();
        }
        if request.path.contains('?') {
            self.mistake(&format!("{inner}/path"), "the query does not belong into the path")
                .help("write it under `query:`, where it is percent-encoded".to_owned())
                .push();
        }
        if request.body.is_some() && request.raw_body.is_some() {
            self.mistake(&format!("{inner}/raw_body"), "`body` and `raw_body` exclude each other").push();
        }
        let safe = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS");
        if let Some(eventually) = &step.eventually {
            if !safe {
                self.mistake(
                    &format!("{at}/eventually"),
                    &format!("{} is not repeated: it is not safe", request.method),
                )
                .help("`eventually` polls with GET".to_owned())
                .push();
            }
            for (key, duration) in
                [("within", Some(&eventually.within)), ("every", eventually.every.as_ref())]
            {
                if duration.is_some_and(|text| super::super::duration::parse(text).is_none()) {
                    self.mistake(&format!("{at}/eventually/{key}"), "not a duration")
                        .help("as in `5s` or `500ms`".to_owned())
                        .push();
                }
            }
        }
        if matches!(request.method.as_str(), "PUT" | "PATCH" | "DELETE") && is_foreign(&request.path) {
            self.mistake(
                &format!("{inner}/path"),
                &format!("{} of a resource that the case did not create", request.method),
            )
            .help("name what the set-up created, as in `/Users/${kept.id}`".to_owned())
            .push();
        }
        if matches!(request.method.as_str(), "POST" | "PUT")
            && let Some(Value::Object(body)) = &request.body
        {
            self.identifiers(&format!("{inner}/body"), body.iter());
        }
    }

    /// What names a created resource has to be the run's own.
    pub(super) fn identifiers<'v>(
        &mut self,
        at: &str,
        members: impl Iterator<Item = (&'v String, &'v Value)>,
    ) {
        for (name, value) in members {
            let naming =
                ["username", "displayname", "externalid"].contains(&name.to_ascii_lowercase().as_str());
            if naming && value.as_str().is_some_and(|text| !text.is_empty() && !text.contains("${")) {
                self.mistake(
                    &format!("{at}/{name}"),
                    &format!("`{name}` of a created resource is not the run's own"),
                )
                .help(format!(
                    "put `${{unique}}` into it, as in \"${{unique}}-{}\"",
                    value.as_str().unwrap_or_default()
                ))
                .push();
            }
        }
    }
}

/// Whether the last segment of a path is a literal id.
fn is_foreign(path: &str) -> bool {
    let discovery = ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"];
    !path.contains("${") && !discovery.iter().any(|prefix| path.starts_with(prefix))
}
