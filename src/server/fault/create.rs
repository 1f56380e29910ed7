//! POST to an endpoint.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
