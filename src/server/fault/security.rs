//! Tenants, secrets, identities.

use super::{FaultInfo, fault};
use crate::server::hook::Hook;
use crate::server::route::Route;

pub(super) const FAULTS: &[FaultInfo] = &[fault(
    "cross-tenant-access",
    &[Hook::Access(|_, route, access| {
        // Lists are kept apart; whoever knows an id gets at the resource.
        if let (Some(Route::Resource(..)), Ok(Some(access))) = (route, access) {
            access.tenant = 0;
        }
    })],
)];
