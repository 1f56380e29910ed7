//! What the server says about itself.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
