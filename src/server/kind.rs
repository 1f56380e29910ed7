//! The resource types that the server has.

use std::sync::OnceLock;

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

    /// Its schemas.
    pub(super) fn schemas(self) -> &'static ResourceSchemas {
        static SCHEMAS: OnceLock<[ResourceSchemas; 2]> = OnceLock::new();
        let [user, group] = SCHEMAS.get_or_init(|| [builtin::user(), builtin::group()]);
        match self {
            Self::User => user,
            Self::Group => group,
        }
    }
}
