//! Filters.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
