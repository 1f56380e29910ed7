//! The `path` of a PATCH operation (RFC 7644 Figure 7): `attrPath` or `valuePath[.subAttr]`.

use std::fmt;

use crate::scim::attribute_path::{AttributePath, PathError, check_name};
use crate::scim::error::{ScimError, ScimType};
use crate::scim::filter::{Filter, parse_value_path};
use crate::scim::resource_type::ResourceSchemas;

/// A parsed path. Without filter, a sub-attribute stands in `attribute.sub`; with one, in `sub`.
#[derive(Debug, Clone, PartialEq)]
pub struct PatchPath {
    /// The attribute; with an empty name all that the schema `attribute.urn` holds.
    pub attribute: AttributePath,
    /// Which values of the attribute are meant.
    pub filter: Option<Filter>,
    /// The sub-attribute behind the brackets.
    pub sub: Option<String>,
}

impl PatchPath {
    /// Parses a path; the schemas tell whether a URN is that of a schema or of an attribute.
    ///
    /// 400 `invalidPath`, or `invalidFilter` for a mistake between the brackets (RFC 7644 Table 9).
    pub fn parse(text: &str, schemas: &ResourceSchemas) -> Result<Self, ScimError> {
        let (path, filter, rest) = parse_value_path(text)?;
        let attribute = AttributePath::parse_with(path, schemas).map_err(|error| invalid(text, &error))?;
        let offset = text.len() - rest.len();
        let sub = match (&filter, rest) {
            (_, "") => None,
            (Some(_), rest) => Some(sub_attribute(rest, offset).map_err(|error| invalid(text, &error))?),
            (None, _) => return Err(invalid(text, &PathError::new(offset, "text after the path"))),
        };
        if filter.is_some() && attribute.sub.is_some() {
            let error = PathError::new(0, "only an attribute can have a value filter, not a sub-attribute");
            return Err(invalid(text, &error));
        }
        Ok(Self { attribute, filter, sub })
    }

    /// The sub-attribute, wherever it stands.
    #[must_use]
    pub fn sub_attribute(&self) -> Option<&str> {
        self.sub.as_deref().or(self.attribute.sub.as_deref())
    }
}

fn sub_attribute(rest: &str, offset: usize) -> Result<String, PathError> {
    let name =
        rest.strip_prefix('.').ok_or_else(|| PathError::new(offset, "expected `.` and a sub-attribute"))?;
    check_name(name, offset + 1)?;
    Ok(name.to_owned())
}

fn invalid(text: &str, error: &PathError) -> ScimError {
    ScimError::of(ScimType::InvalidPath, format!("the path `{text}` is not valid: {error}"))
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.attribute)?;
        if let Some(filter) = &self.filter {
            write!(f, "[{filter}]")?;
        }
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::scim::filter::tests::any_filter;
    use crate::scim::test_schemas::user;
    use crate::scim::urn::ENTERPRISE_USER;

    #[test]
    fn parses_the_examples() {
        let extension = format!("{ENTERPRISE_USER}:manager.value");
        for text in [
            "members",
            "name.familyName",
            r#"addresses[type eq "work"]"#,
            r#"members[value eq "2819c223-7f76-453a-919d-413861904646"]"#,
            r#"members[value eq "2819c223-7f76-453a-919d-413861904646"].displayName"#,
            ENTERPRISE_USER,
            &extension,
        ] {
            assert_eq!(PatchPath::parse(text, &user()).unwrap().to_string(), text);
        }
        let path = PatchPath::parse(r#"members[value eq"x"].display"#, &user()).unwrap();
        assert_eq!(path.sub_attribute(), Some("display"));
        assert_eq!(PatchPath::parse(ENTERPRISE_USER, &user()).unwrap().attribute.name, "");
    }

    #[test]
    fn refuses_the_rest() {
        for (text, kind) in [
            ("", ScimType::InvalidPath),
            ("members[0]", ScimType::InvalidFilter),
            ("members[]", ScimType::InvalidFilter),
            ("members[value eq \"x\"", ScimType::InvalidFilter),
            ("members[value eq \"x\"]display", ScimType::InvalidPath),
            ("members[value eq \"x\"].", ScimType::InvalidPath),
            ("name.a[value pr]", ScimType::InvalidPath),
            ("members display", ScimType::InvalidPath),
            ("/members/0", ScimType::InvalidPath),
        ] {
            assert_eq!(PatchPath::parse(text, &user()).unwrap_err().scim_type, Some(kind), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parse_undoes_display(filter in any_filter(), sub in proptest::option::of("[a-z]{1,5}")) {
            let path = format!("emails[{filter}]{}", sub.map(|sub| format!(".{sub}")).unwrap_or_default());
            if let Ok(path) = PatchPath::parse(&path, &user()) {
                prop_assert_eq!(PatchPath::parse(&path.to_string(), &user()), Ok(path));
            }
        }

        #[test]
        fn never_panics(text in ".{0,40}") {
            let _ = PatchPath::parse(&text, &user());
        }
    }
}
