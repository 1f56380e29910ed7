//! `attributes` and `excludedAttributes`.

use super::{FaultInfo, fault};
use crate::server::hook::Hook;

pub(super) const FAULTS: &[FaultInfo] = &[
    fault(
        "projection-excluded-groups-members-ignored",
        &[Hook::Search(|_, _, search| {
            search.excluded_attributes = None;
            Ok(())
        })],
    ),
    fault(
        "projection-extra-attributes-returned",
        &[Hook::Search(|_, _, search| {
            search.attributes = None;
            Ok(())
        })],
    ),
];
