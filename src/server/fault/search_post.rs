//! Queries by POST to `.search`.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
