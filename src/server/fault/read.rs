//! Reading resources and lists.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
