//! What all cases of a run share.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

use super::baseline::Excuses;
use super::ids::Ids;
use super::ledger::Ledger;
use crate::check;
use crate::model::{Finding, Level, RequirementId, milliseconds};
use crate::suite::catalogue::Catalogue;
use crate::target::TargetModel;
use crate::wire::Transport;
use crate::wire::oauth::OAuth;

pub(crate) struct Shared {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) target: Arc<TargetModel>,
    pub(crate) catalogue: &'static Catalogue,
    pub(crate) context: check::Context,
    pub(crate) ids: Ids,
    pub(crate) ledger: Option<Arc<Ledger>>,
    pub(crate) case_timeout: Duration,
    pub(crate) interrupt: watch::Receiver<bool>,
    pub(crate) patience: Option<Duration>,
    pub(crate) evidence: bool,
    pub(crate) oauth: Option<Arc<OAuth>>,
    /// One for each case that may run at the same time.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) epoch: Instant,
    /// What is known to fail.
    pub(crate) excuses: Option<Excuses>,
}

impl Shared {
    /// Milliseconds since the run began.
    pub(crate) fn elapsed_ms(&self) -> f64 {
        milliseconds(self.epoch.elapsed())
    }

    /// The level of a requirement; one that the catalogue does not know cannot pass the linter.
    pub(crate) fn level(&self, id: &RequirementId) -> Level {
        self.catalogue.requirement(id).map_or(Level::Must, |requirement| requirement.level)
    }

    /// The area of most of a case's requirements.
    pub(crate) fn area_of(&self, findings: &[Finding]) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for finding in findings {
            let Some(requirement) = self.catalogue.requirement(&finding.requirement) else { continue };
            match counts.iter_mut().find(|(area, _)| *area == requirement.area) {
                Some((_, count)) => *count += 1,
                None => counts.push((&requirement.area, 1)),
            }
        }
        // The first of equals wins, so that the area does not depend on chance.
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
        counts
            .iter()
            .find(|(_, count)| *count == most)
            .map_or_else(String::new, |(area, _)| (*area).to_owned())
    }
}
