//! Groups and memberships.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
