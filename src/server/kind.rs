//! The resource types that the server has.

use std::collections::BTreeSet;

use super::options::OptionalFeature;
use crate::scim::builtin;
use crate::scim::resource_type::ResourceSchemas;

/// A resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    User,
    Group,
}

impl Kind {
    pub(super) const ALL: [Self; 2] = [Self::User, Self::Group];

    /// The one whose endpoint has this path segment.
    pub(super) fn from_segment(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.segment() == segment)
    }

    /// The path segment of its endpoint.
    pub(super) fn segment(self) -> &'static str {
        match self {
            Self::User => "Users",
            Self::Group => "Groups",
        }
    }

    /// Its name, as in `meta.resourceType`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }
}

/// The resource types of one server, and their schemas.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) user: ResourceSchemas,
    pub(super) group: ResourceSchemas,
    kinds: &'static [Kind],
}

impl Model {
    /// Those of RFC 7643, but for what the server is to do without.
    pub(super) fn new(without: &BTreeSet<OptionalFeature>) -> Self {
        let mut user = builtin::user();
        if without.contains(&OptionalFeature::EnterpriseUser) {
            user.extensions.clear();
            user.resource_type.schema_extensions.clear();
        }
        let kinds: &[Kind] =
            if without.contains(&OptionalFeature::Groups) { &[Kind::User] } else { &Kind::ALL };
        Self { user, group: builtin::group(), kinds }
    }

    /// The resource types that there are.
    pub(super) fn kinds(&self) -> &'static [Kind] {
        self.kinds
    }

    /// The schemas of a resource type.
    pub(super) fn schemas(&self, kind: Kind) -> &ResourceSchemas {
        match kind {
            Kind::User => &self.user,
            Kind::Group => &self.group,
        }
    }
}
