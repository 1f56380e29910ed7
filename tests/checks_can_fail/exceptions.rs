//! What may never fail, and why.

/// Checks by id, with the reason why no change of an answer makes them fail.
pub(crate) const CHECKS: &[(&str, &str)] = &[];

/// Invariants by id, with the reason why no change of an answer makes them fail.
pub(crate) const INVARIANTS: &[(&str, &str)] = &[];
