//! Findings of a case, with ids that never change.

use super::Running;
use crate::model::{Exchange, Feature, Features, Finding, Level, RequirementId, SourceRef, Verdict};
use crate::run::plan::PlannedCase;

impl Running<'_> {
    pub(super) fn unjudged(
        &mut self,
        check: &str,
        requirement: &RequirementId,
        line: u32,
        verdict: Verdict,
        reason: &str,
    ) {
        let level = self.shared.level(requirement);
        let finding = self.finding(check, requirement, level, verdict, line, None);
        self.findings.push(Finding { reason: Some(reason.to_owned()), ..finding });
    }

    pub(super) fn finding(
        &self,
        check: &str,
        requirement: &RequirementId,
        level: Level,
        verdict: Verdict,
        line: u32,
        exchange: Option<&Exchange>,
    ) -> Finding {
        Finding {
            at: "status".to_owned(),
            exchange: exchange.map(|exchange| exchange.id.clone()),
            source: Some(source(self.planned, line)),
            ..Finding::new(self.finding_id(check), requirement.clone(), level, verdict)
        }
    }

    pub(super) fn finding_id(&self, check: &str) -> String {
        format!("{}#{check}", self.planned.id)
    }
}

/// Why a case or a check does not apply, and what the configuration has to say if that is not so.
pub(crate) fn not_applicable(unmet: &str, features: &Features) -> String {
    let switched_off =
        || features.0.get(&Feature(unmet.to_owned())).is_some_and(|state| state.overridden == Some(false));
    match unmet.strip_prefix('!') {
        Some(feature) => format!("needs a target without {feature}"),
        // Whatever else is configured: there is nothing to add to it.
        None if switched_off() => format!("the configuration says that the target does not have {unmet}"),
        None if unmet == "oauth" || unmet.starts_with("oauth:") => {
            format!(
                "{}, in [target.NAME.oauth] of scimcheck.toml (docs/configuration.md)",
                missing_oauth(unmet)
            )
        }
        None if ["public-discovery", "protected-discovery"].contains(&unmet) => format!(
            "needs {unmet} = true in [target.NAME.features] of scimcheck.toml, where discovery is meant to be like that"
        ),
        None if unmet == "authenticated" => "needs a credential for the target".to_owned(),
        None => match unmet.strip_prefix("credential:") {
            Some(name) => {
                format!("needs [target.NAME.credentials.{name}] of scimcheck.toml (docs/configuration.md)")
            }
            None => match unmet.split_once(':') {
                Some(("maxOperations", number)) => {
                    format!(
                        "the target takes fewer than {number} operations in one bulk job (bulk.maxOperations)"
                    )
                }
                Some(("maxResults", number)) => {
                    format!(
                        "the target returns fewer than {number} resources in one response (filter.maxResults)"
                    )
                }
                _ => format!("the target does not claim {unmet}"),
            },
        },
    }
}

/// What the configuration has to say before something about tokens can be judged.
fn missing_oauth(feature: &str) -> &'static str {
    match feature {
        "oauth:introspection" => "needs `introspection_url`, or an issuer that names it",
        "oauth:userinfo" => "needs `userinfo_url`, or an issuer that names it",
        "oauth:revocation" => "needs `revocation_url`, or an issuer that names it",
        "oauth:resource" => "needs `resource`, an API that the access tokens of users open",
        "oauth:session" => {
            "needs `session`, a page for users who are logged in, and the login `form` or `command`"
        }
        "oauth:other-login" => "needs `other_logins`, further ways in which a test user logs in",
        "oauth:end-session" => {
            "needs `end_session_url`, or an issuer that names it, and the login `form` or `command`"
        }
        "oauth:refresh" => "needs `token_url`, or an issuer that names it",
        "oauth:scim-client" => "needs `scim_client`, a client whose tokens the SCIM service accepts",
        _ => "needs the authorization server and a `login`, the way in which a test user logs in",
    }
}

pub(super) fn source(planned: &PlannedCase, line: u32) -> SourceRef {
    SourceRef { file: planned.suite.file.clone(), line }
}

/// A step's name as part of an id: lower case, everything else than letters and digits becomes `-`.
pub(in crate::run) fn slug(name: &str) -> String {
    let words: Vec<_> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FeatureState;

    #[test]
    fn reasons_say_what_to_do() {
        let off = FeatureState { overridden: Some(false), ..FeatureState::default() };
        let on = FeatureState { discovered: Some(false), ..FeatureState::default() };
        let features =
            [("oauth:refresh", off.clone()), ("patch", off), ("bulk", on.clone()), ("oauth:session", on)];
        let features =
            Features(features.into_iter().map(|(name, state)| (Feature(name.to_owned()), state)).collect());
        for (unmet, wanted) in [
            ("oauth:refresh", "the configuration says that the target does not have oauth:refresh"),
            ("patch", "the configuration says that the target does not have patch"),
            ("bulk", "the target does not claim bulk"),
            ("!etag", "needs a target without etag"),
            (
                "oauth:userinfo",
                "needs `userinfo_url`, or an issuer that names it, in [target.NAME.oauth] of scimcheck.toml (docs/configuration.md)",
            ),
            (
                "credential:expired",
                "needs [target.NAME.credentials.expired] of scimcheck.toml (docs/configuration.md)",
            ),
            ("authenticated", "needs a credential for the target"),
        ] {
            assert_eq!(not_applicable(unmet, &features), wanted);
        }
        assert!(not_applicable("oauth:session", &features).starts_with("needs `session`"));
    }
}
