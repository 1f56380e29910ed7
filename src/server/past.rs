//! Queries that lag behind: the search index of a server that is brought up to date a moment after each change.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::store::Resource;

/// How long a change is not seen by queries.
const LAG: Duration = Duration::from_millis(200);

/// The resources before each of the last changes, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Past {
    states: VecDeque<(Instant, Vec<Arc<Resource>>)>,
}

impl Past {
    /// Takes note of what there is just before a change.
    pub(super) fn keep(&mut self, resources: Vec<Arc<Resource>>) {
        let now = Instant::now();
        while self.states.front().is_some_and(|(until, _)| now.duration_since(*until) >= LAG) {
            self.states.pop_front();
        }
        self.states.push_back((now, resources));
    }

    /// What queries see now; nothing if that is what there is.
    pub(super) fn resources(&self) -> Option<&[Arc<Resource>]> {
        // The first change that is not seen yet: what was there before it.
        let unseen = self.states.iter().find(|(until, _)| until.elapsed() < LAG);
        unseen.map(|(_, resources)| resources.as_slice())
    }
}
