//! A resource type of the vendor's own.

use super::{VariantInfo, variant};
use crate::model::Verdict::Pass;
use crate::server::device;
use crate::server::hook::Hook;

pub(super) const VARIANTS: &[VariantInfo] = &[variant(
    "devices",
    Pass,
    &["put-omitted", "lastmodified-precision"],
    "schema",
    "There is a resource type Device with an extension, of every data type; the server completes what it stores",
    &[Hook::Model(device::add), Hook::Stored(device::complete)],
)];
