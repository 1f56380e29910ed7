//! Tokens of users who were deactivated or deleted.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
