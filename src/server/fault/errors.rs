//! Error messages and their status.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
