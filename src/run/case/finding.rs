//! Findings of a case, with ids that never change.

use super::Running;
use crate::model::{Exchange, Finding, Level, RequirementId, SourceRef, Verdict};
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
pub(crate) fn not_applicable(unmet: &str) -> String {
    match unmet.strip_prefix('!') {
        Some(feature) => format!("the target has {feature}"),
        None if unmet == "oauth" || unmet.starts_with("oauth:") => {
            format!(
                "{}, in [target.NAME.oauth] of scimcheck.toml (docs/configuration.md)",
                missing_oauth(unmet)
            )
        }
        None if ["public-discovery", "protected-discovery"].contains(&unmet) => format!(
            "needs {unmet} = true in [target.NAME.features] of scimcheck.toml, where discovery is meant to be like that"
        ),
        None => format!("the target does not claim {unmet}"),
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
