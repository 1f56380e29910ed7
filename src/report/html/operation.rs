//! What kind of request an exchange is.

use crate::report::requests::Sent;

/// A kind of request of RFC 7644, in the order in which reports list them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Operation {
    Create,
    Read,
    List,
    Patch,
    Put,
    Delete,
    Bulk,
    Search,
    Discovery,
    Other,
}

impl Operation {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::List => "list",
            Self::Patch => "patch",
            Self::Put => "put",
            Self::Delete => "delete",
            Self::Bulk => "bulk",
            Self::Search => "search",
            Self::Discovery => "discovery",
            Self::Other => "other",
        }
    }

    /// By the method, and by the URL below the base URL (RFC 7644, section 3.2).
    pub(super) fn of(request: &Sent<'_>) -> Self {
        let path = request.url.split(['?', '#']).next().unwrap_or_default();
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let last = segments.last().copied().unwrap_or_default();
        match request.method {
            "GET"
                if matches!(
                    segments.first(),
                    Some(&("ServiceProviderConfig" | "Schemas" | "ResourceTypes"))
                ) =>
            {
                Self::Discovery
            }
            "GET" if segments.len() >= 2 || last == "Me" => Self::Read,
            "GET" => Self::List,
            "POST" if last == ".search" => Self::Search,
            "POST" if last == "Bulk" => Self::Bulk,
            "POST" => Self::Create,
            "PATCH" => Self::Patch,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_by_kind() {
        for (method, path, wanted) in [
            ("POST", "/Users", Operation::Create),
            ("GET", "/Users/1?attributes=userName", Operation::Read),
            ("GET", "/Me", Operation::Read),
            ("GET", "/Users?filter=a%20eq%20%22/%22", Operation::List),
            ("GET", "/", Operation::List),
            ("POST", "/Users/.search", Operation::Search),
            ("POST", "/.search", Operation::Search),
            ("POST", "/Bulk", Operation::Bulk),
            ("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", Operation::Discovery),
            ("GET", "/ServiceProviderConfig", Operation::Discovery),
            ("PATCH", "/Groups/1", Operation::Patch),
            ("PUT", "/Groups/1", Operation::Put),
            ("DELETE", "/Groups/1", Operation::Delete),
            ("OPTIONS", "/Users", Operation::Other),
        ] {
            let sent =
                Sent { case: "x", method, url: path, status: Some(200), started_ms: 0.0, duration_ms: 0.0 };
            assert_eq!(Operation::of(&sent), wanted, "{method} {path}");
        }
    }
}
