//! Bulk requests.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
