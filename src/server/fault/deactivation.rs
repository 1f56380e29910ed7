//! The attribute `active` of users.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
