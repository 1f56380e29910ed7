//! Attributes of resources, and their names.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
