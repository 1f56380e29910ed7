//! The published schemas.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
