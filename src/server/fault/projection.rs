//! `attributes` and `excludedAttributes`.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
