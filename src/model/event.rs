//! What a run tells while it goes on.

use super::{CaseResult, RecordedExchange, RunResult, TargetInfo};

/// Something that happened in a run.
#[derive(Debug, Clone, Copy)]
pub enum Event<'e> {
    /// Discovery is done; the cases begin.
    RunStarted {
        /// What is tested.
        target: &'e TargetInfo,
        /// How many cases will be judged.
        cases: usize,
        /// The seed.
        seed: u64,
    },
    /// A case began.
    CaseStarted {
        /// Its id.
        id: &'e str,
    },
    /// A case ended.
    CaseFinished {
        /// What it found.
        result: &'e CaseResult,
        /// Its exchanges, redacted.
        exchanges: &'e [RecordedExchange],
    },
    /// The run goes on, and somebody wants to know how far it is ([`Sink::wants_checkpoint`]).
    Checkpoint {
        /// What is known so far; it says that it is partial.
        result: &'e RunResult,
    },
    /// The run ended.
    RunFinished {
        /// Everything.
        result: &'e RunResult,
    },
}

/// Someone who listens to a run; called from one place, one event at a time.
pub trait Sink: Send {
    /// Takes note of an event.
    fn event(&mut self, event: &Event<'_>);

    /// Whether it wants a [`Event::Checkpoint`] now; asked at the beginning and after every case.
    fn wants_checkpoint(&self) -> bool {
        false
    }
}

/// Listens to nothing.
impl Sink for () {
    fn event(&mut self, _event: &Event<'_>) {}
}

/// Passes every event to all.
impl Sink for Vec<Box<dyn Sink>> {
    fn event(&mut self, event: &Event<'_>) {
        for sink in self.iter_mut() {
            sink.event(event);
        }
    }

    fn wants_checkpoint(&self) -> bool {
        self.iter().any(|sink| sink.wants_checkpoint())
    }
}

/// Passes every event to both.
impl<A: Sink, B: Sink> Sink for (&mut A, &mut B) {
    fn event(&mut self, event: &Event<'_>) {
        self.0.event(event);
        self.1.event(event);
    }

    fn wants_checkpoint(&self) -> bool {
        self.0.wants_checkpoint() || self.1.wants_checkpoint()
    }
}
