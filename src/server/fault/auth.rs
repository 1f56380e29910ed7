//! Authentication and what tokens may do.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
