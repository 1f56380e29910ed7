//! `requires`: features that exist and can be there together; resource types that somebody says the target has.

use super::Linter;
use super::names::per_row;
use crate::model::Feature;
use crate::suite::diagnostic::{did_you_mean, nearest};
use crate::suite::format::{Auth, Case, Step};

/// Resource types that every suite may name (RFC 7643 §4).
const RESOURCE_TYPES: [&str; 2] = ["User", "Group"];
/// What the matcher `schema` knows besides resource types.
const MESSAGES: [&str; 7] =
    ["ListResponse", "Error", "PatchOp", "BulkResponse", "ServiceProviderConfig", "ResourceType", "Schema"];

impl Linter<'_> {
    /// `name`, `!name` and `kind:name`; a template is looked at with each row.
    pub(super) fn features(&mut self, at: &str, requires: &[String], case: Option<&Case>) {
        for (index, entry) in requires.iter().enumerate() {
            let at = format!("{at}/{index}");
            let filled = case.map_or_else(|| vec![entry.clone()], |case| per_row(case, entry));
            if let Some((wrong, help)) = filled.iter().find_map(|entry| wrong_feature(entry)) {
                self.mistake(&at, &format!("`{wrong}` is not a feature"))
                    .label("unknown feature")
                    .help(help)
                    .push();
            }
        }
    }

    /// A feature that is required and forbidden at once.
    pub(super) fn contradiction(&mut self, at: &str, requires: &[String], outer: &[String]) {
        for (index, entry) in requires.iter().enumerate() {
            let opposite = entry.strip_prefix('!').map_or_else(|| format!("!{entry}"), str::to_owned);
            if outer.iter().chain(&requires[..index]).any(|other| *other == opposite) {
                self.mistake(
                    &format!("{at}/{index}"),
                    &format!("`{entry}` and `{opposite}` exclude each other"),
                )
                .label("never both")
                .help("nothing can run that requires both".to_owned())
                .push();
            }
        }
    }

    /// A resource type of the RFC, or one that `requires` speaks of.
    pub(super) fn resource_type(&mut self, at: &str, name: &str, requires: &[&[String]]) {
        if name.contains("${") || RESOURCE_TYPES.contains(&name) || required(requires, "resource", name) {
            return;
        }
        let help = nearest(name.trim_start_matches('/').trim_end_matches('s'), RESOURCE_TYPES).map_or_else(
            || format!("User or Group; one of the target's own goes with `requires: [\"resource:{name}\"]`"),
            |near| format!("did you mean `{near}`?"),
        );
        self.mistake(at, &format!("`{name}` is not a resource type"))
            .label("unknown resource type")
            .help(help)
            .push();
    }

    /// `scim:NAME` of the matcher `schema`.
    pub(super) fn schema_name(&mut self, at: &str, schema: &str, requires: &[&[String]]) {
        let name = schema.strip_prefix("scim:");
        if schema.contains("${")
            || name.is_some_and(|name| {
                MESSAGES.contains(&name)
                    || RESOURCE_TYPES.contains(&name)
                    || required(requires, "resource", name)
            })
        {
            return;
        }
        let known: Vec<_> =
            RESOURCE_TYPES.iter().chain(&MESSAGES).map(|name| format!("scim:{name}")).collect();
        let known: Vec<_> = known.iter().map(String::as_str).collect();
        let help = did_you_mean(schema, &known, "Known:");
        self.mistake(at, &format!("`{schema}` is not a schema"))
            .label("unknown schema")
            .help(format!("{help}, and `scim:NAME` with `requires: [\"resource:NAME\"]`"))
            .push();
    }

    /// A further credential is only there where the configuration has one.
    pub(super) fn credential(&mut self, step: &Step, at: &str, requires: &[&[String]]) {
        if let Some(Auth::Credential(name)) = step.request.as_ref().map(|request| &request.auth)
            && !required(requires, "credential", name)
        {
            self.mistake(
                &format!("{at}/request/auth"),
                &format!("nothing says that there is a credential `{name}`"),
            )
            .help(format!("add `requires: [\"credential:{name}\"]` to the suite, the case or the step"))
            .push();
        }
    }
}

fn required(requires: &[&[String]], kind: &str, name: &str) -> bool {
    requires.iter().flat_map(|entries| entries.iter()).any(|entry| {
        let entry = entry.strip_prefix('!').unwrap_or(entry);
        entry.split_once(':') == Some((kind, name))
    })
}

/// `WHEN:TYPE.PATH`.
fn is_returned(rest: &str) -> bool {
    rest.split_once(':').is_some_and(|(when, path)| {
        ["always", "default", "request", "never"].contains(&when) && path.trim_matches('.').contains('.')
    })
}

fn wrong_feature(entry: &str) -> Option<(String, String)> {
    let name = entry.strip_prefix('!').unwrap_or(entry);
    if name.contains("${") {
        return None;
    }
    let all = || format!("known: {}", Feature::known_names());
    let help = match name.split_once(':') {
        Some((kind, rest)) if Feature::KINDS.contains(&kind) => {
            if kind == "schema" && !rest.starts_with("urn:") {
                "the schema is named by its URN, as in `schema:urn:ietf:params:scim:schemas:core:2.0:User`"
                    .to_owned()
            } else if ["attribute", "writable", "required", "caseExact"].contains(&kind)
                && !rest.trim_matches('.').contains('.')
            {
                "resource type and attribute path, as in `attribute:User.name.givenName`".to_owned()
            } else if kind == "returned" && !is_returned(rest) {
                "when and which attribute, as in `returned:default:User.name.givenName`".to_owned()
            } else if kind == "oauth" && !Feature::OAUTH.contains(&rest) {
                format!("oauth:NAME names a part of the OAuth configuration: {}", Feature::OAUTH.join(", "))
            } else if Feature::LIMITS.contains(&kind) && !Feature::is_known_name(name) {
                format!("how many at least, as in `{kind}:2`")
            } else if rest.trim().is_empty() {
                format!("say which {kind}, as in `{kind}:NAME`")
            } else {
                return None;
            }
        }
        Some((kind, rest)) => {
            nearest(kind, Feature::KINDS).map_or_else(all, |near| format!("did you mean `{near}:{rest}`?"))
        }
        None if Feature::PLAIN.contains(&name) => return None,
        None if RESOURCE_TYPES.contains(&name) => format!("did you mean `resource:{name}`?"),
        None => nearest(name, Feature::PLAIN).map_or_else(all, |near| format!("did you mean `{near}`?")),
    };
    Some((name.to_owned(), help))
}
