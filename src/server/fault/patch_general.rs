//! PATCH as a whole.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
