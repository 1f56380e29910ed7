//! All checks of the suites, as they stand there: rows that are derived from a target's schemas count as one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::check::invariants::Invariant;
use crate::model::RequirementId;
use crate::run::{Plan, control_checks, planned_checks};

/// All checks, with the requirement of each.
#[derive(Debug, Default)]
pub struct Universe {
    checks: BTreeMap<String, RequirementId>,
    /// The expectations of control steps: they block a case and never fail.
    controls: BTreeSet<String>,
    /// Cases with derived rows, by the id of a row.
    derived: HashMap<String, String>,
}

impl Universe {
    /// Of a plan for a server with all features; the invariants too.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut universe = Self::default();
        for planned in &plan.cases {
            let mut case = planned.id.clone();
            if planned.case().derive.is_some() {
                case = format!("{}/{}/*", planned.suite.spec.suite, planned.case().id);
                universe.derived.insert(planned.id.clone(), case.clone());
            }
            let controls: BTreeSet<String> = control_checks(planned.case()).collect();
            for (check, requirement, ..) in planned_checks(planned.case()) {
                let id = format!("{case}#{check}");
                if controls.contains(&check) {
                    universe.controls.insert(id);
                } else {
                    universe.checks.insert(id, requirement);
                }
            }
        }
        for invariant in Invariant::all() {
            let id = format!("invariants/{}#holds", invariant.id);
            universe.checks.insert(id, invariant.requirement.into());
        }
        universe
    }

    /// All checks that can fail, with their requirements, in the order of their ids.
    #[must_use]
    pub fn checks(&self) -> &BTreeMap<String, RequirementId> {
        &self.checks
    }

    /// The expectations of control steps. They are not among the checks: where one does not hold, that says nothing
    /// against the server, but that the case cannot judge it.
    #[must_use]
    pub fn controls(&self) -> &BTreeSet<String> {
        &self.controls
    }

    /// Whether a check is one of the suites, or of discovery. What a broken server adds to them, by what its schemas say,
    /// is none.
    #[must_use]
    pub fn knows(&self, check: &str) -> bool {
        let written = self.written(check);
        // An outcome of a control step may be taken with a warning.
        check.starts_with("target/") || self.checks.contains_key(&written) || self.controls.contains(&written)
    }

    /// The check as it stands in the suites.
    #[must_use]
    pub fn written(&self, check: &str) -> String {
        let (case, name) = check.split_once('#').unwrap_or((check, ""));
        self.derived.get(case).map_or_else(|| check.to_owned(), |case| format!("{case}#{name}"))
    }
}
