//! HTTP: media types, methods, URLs.

use super::FaultInfo;

pub(super) const FAULTS: &[FaultInfo] = &[];
