//! Tenants, secrets, identities.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
