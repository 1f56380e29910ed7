//! Pages with startIndex, count and cursors.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
