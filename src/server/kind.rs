//! The resource types that the server has.

use std::collections::BTreeSet;

use super::device;
use super::options::OptionalFeature;
use crate::scim::builtin;
use crate::scim::resource_type::ResourceSchemas;

/// A resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    User,
    Group,
    /// Only where a variant or a fault adds it.
    Device,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::User, Self::Group, Self::Device];

    /// The one whose endpoint has this path segment.
    pub(super) fn from_segment(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.segment() == segment)
    }

    /// The path segment of its endpoint.
    pub(super) fn segment(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
            Self::Device => "Devices",
        }
    }

    /// Its name, as in `meta.resourceType`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
            Self::Device => "Device",
        }
    }
}

/// The resource types of one server, and their schemas.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) user: ResourceSchemas,
    pub(super) group: ResourceSchemas,
    pub(super) device: ResourceSchemas,
    kinds: Vec<Kind>,
}

impl Model {
    /// Those of RFC 7643, but for what the server is to do without.
    pub(super) fn new(without: &BTreeSet<OptionalFeature>) -> Self {
        let mut user = builtin::user();
        if without.contains(&OptionalFeature::EnterpriseUser) {
            user.extensions.clear();
            user.resource_type.schema_extensions.clear();
        }
        let mut kinds = vec![Kind::User];
        if !without.contains(&OptionalFeature::Groups) {
            kinds.push(Kind::Group);
        }
        Self { user, group: builtin::group(), device: device::schemas(), kinds }
    }

    /// Adds a resource type that is not there.
    pub(super) fn add(&mut self, kind: Kind) {
        if !self.kinds.contains(&kind) {
            self.kinds.push(kind);
        }
    }

    /// The resource types that there are.
    pub(super) fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The schemas of a resource type.
    pub(super) fn schemas(&self, kind: Kind) -> &ResourceSchemas {
        match kind {
            Kind::User => &self.user,
            Kind::Group => &self.group,
            Kind::Device => &self.device,
        }
    }
}
