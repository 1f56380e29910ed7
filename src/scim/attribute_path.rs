//! Attribute notation (RFC 7644 §3.10): `userName`, `name.givenName`, `urn:…:User:manager.displayName`.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

use super::object::{elements, member, member_of};
use super::resource_type::ResourceSchemas;
use super::schema::{Attribute, Schema};

/// A path to an attribute or sub-attribute. Spelling is kept as written; all look-ups ignore letter case.
///
/// An empty `name` stands for all that the schema `urn` holds: the extension's container object, or the whole
/// resource for a core schema. Only [`AttributePath::parse_with`] makes such paths, since it takes the schemas to know
/// whether `urn:…:2.0:User` is a schema or an attribute `User`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttributePath {
    /// URN of the schema that defines the attribute.
    pub urn: Option<String>,
    /// Name of the attribute.
    pub name: String,
    /// Name of the sub-attribute.
    pub sub: Option<String>,
}

/// Why a path is not one, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} at offset {offset}")]
pub struct PathError {
    /// Bytes from the start of the text.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

impl PathError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self { offset, message: message.into() }
    }
}

/// What a path means in the schemas of a resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedPath<'s> {
    /// The extension that defines the attribute; `None` for core and common attributes.
    pub extension: Option<&'s Schema>,
    /// The attribute.
    pub attribute: &'s Attribute,
    /// The sub-attribute, if the path names one.
    pub sub: Option<&'s Attribute>,
}

impl<'s> ResolvedPath<'s> {
    /// The definition of what the path points at: the sub-attribute if there is one, else the attribute.
    #[must_use]
    pub fn target(&self) -> &'s Attribute {
        self.sub.unwrap_or(self.attribute)
    }
}

impl AttributePath {
    /// A path to a core attribute; the name is not checked.
    #[must_use]
    pub fn attribute(name: &str) -> Self {
        Self { urn: None, name: name.to_owned(), sub: None }
    }

    /// Parses with knowledge of the schemas: a bare schema URN becomes a path with an empty `name`.
    pub fn parse_with(text: &str, schemas: &ResourceSchemas) -> Result<Self, PathError> {
        match schemas.schema(text) {
            Some(_) => Ok(Self { urn: Some(text.to_owned()), name: String::new(), sub: None }),
            None => text.parse(),
        }
    }

    /// The schema, if the path is nothing but a known schema URN, in whichever way it was parsed.
    #[must_use]
    pub fn container<'s>(&self, schemas: &'s ResourceSchemas) -> Option<&'s Schema> {
        let urn = self.urn.as_deref()?;
        match (&*self.name, &self.sub) {
            ("", _) => schemas.schema(urn),
            (name, None) => schemas.schema(&format!("{urn}:{name}")),
            _ => None,
        }
    }

    /// Finds the definition. `None` if the schema, attribute or sub-attribute is unknown, or for a bare schema URN.
    #[must_use]
    pub fn resolve<'s>(&self, schemas: &'s ResourceSchemas) -> Option<ResolvedPath<'s>> {
        let (extension, attribute) = match self.urn.as_deref() {
            None => (None, schemas.core_attribute(&self.name)?),
            Some(urn) if urn.eq_ignore_ascii_case(&schemas.core.id) => {
                (None, schemas.core_attribute(&self.name)?)
            }
            Some(urn) => {
                let schema = schemas.schema(urn)?;
                (Some(schema), schema.attribute(&self.name)?)
            }
        };
        let sub = match &self.sub {
            Some(name) => Some(attribute.sub_attribute(name)?),
            None => None,
        };
        Some(ResolvedPath { extension, attribute, sub })
    }

    /// The values at this path. Without sub-attribute that is the attribute's value as it stands, an array if it is
    /// multi-valued; with sub-attribute it is that of every element. Null counts as absent (RFC 7643 §2.5).
    ///
    /// Without `schemas` a URN is looked up as a container of the resource, and a core schema's URN
    /// (`urn:ietf:params:scim:schemas:core:…`) is taken for the resource itself.
    #[must_use]
    pub fn get<'a>(&self, resource: &'a Value, schemas: Option<&ResourceSchemas>) -> Vec<&'a Value> {
        let Some(value) = self.attribute_value(resource, schemas) else { return Vec::new() };
        let Some(sub) = &self.sub else { return vec![value] };
        let subs = elements(value).iter().filter_map(|element| member_of(element, sub));
        subs.filter(|value| !value.is_null()).collect()
    }

    fn attribute_value<'a>(
        &self,
        resource: &'a Value,
        schemas: Option<&ResourceSchemas>,
    ) -> Option<&'a Value> {
        let map = resource.as_object()?;
        let holder = match self.urn.as_deref() {
            None => resource,
            Some(urn) if is_core(urn, schemas) => resource,
            Some(urn) => {
                let whole = format!("{urn}:{}", self.name);
                match member(map, urn) {
                    None if self.sub.is_none() => return member(map, &whole).filter(|v| !v.is_null()),
                    container => container?,
                }
            }
        };
        let value = if self.name.is_empty() { Some(holder) } else { member_of(holder, &self.name) };
        value.filter(|value| !value.is_null())
    }
}

fn is_core(urn: &str, schemas: Option<&ResourceSchemas>) -> bool {
    const CORE: &str = "urn:ietf:params:scim:schemas:core:";
    match schemas {
        Some(schemas) => urn.eq_ignore_ascii_case(&schemas.core.id),
        None => urn.get(..CORE.len()).is_some_and(|start| start.eq_ignore_ascii_case(CORE)),
    }
}

impl fmt::Display for AttributePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            f.write_str(urn)?;
            if !self.name.is_empty() {
                f.write_str(":")?;
            }
        }
        f.write_str(&self.name)?;
        if let Some(sub) = &self.sub {
            write!(f, ".{sub}")?;
        }
        Ok(())
    }
}

impl FromStr for AttributePath {
    type Err = PathError;

    /// Parses `attrPath` of RFC 7644 §3.4.2.2. Since URNs contain dots (`…:2.0:User`), the attribute's name starts
    /// after the last colon. `$ref` is accepted, although the grammar has no `$` (erratum 8924).
    fn from_str(text: &str) -> Result<Self, PathError> {
        let (urn, rest) = match text.rsplit_once(':') {
            Some((urn, rest)) => (Some(urn), rest),
            None => (None, text),
        };
        let start = text.len() - rest.len();
        if let Some(urn) = urn {
            check_urn(urn)?;
        }
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        check_name(name, start)?;
        if let Some(sub) = sub {
            check_name(sub, start + name.len() + 1)?;
        }
        Ok(Self { urn: urn.map(str::to_owned), name: name.to_owned(), sub: sub.map(str::to_owned) })
    }
}

fn check_urn(urn: &str) -> Result<(), PathError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c);
    if let Some(offset) = urn.find(|c| !allowed(c)) {
        return Err(PathError::new(offset, "a character that a URN cannot contain"));
    }
    if !urn.contains(':') || !urn.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(PathError::new(0, format!("`{urn}` before the colon is not a URN")));
    }
    Ok(())
}

/// `ATTRNAME`: a letter, then letters, digits, `-` and `_`; a leading `$` is let pass for `$ref`.
pub(crate) fn check_name(name: &str, start: usize) -> Result<(), PathError> {
    let letters = name.strip_prefix('$').unwrap_or(name);
    let start = start + (name.len() - letters.len());
    if !letters.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(PathError::new(start, "an attribute name must start with a letter"));
    }
    match letters.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')) {
        Some(at) => Err(PathError::new(start + at, "a character that an attribute name cannot contain")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scim::test_schemas::{babs, user};
    use crate::scim::urn::{ENTERPRISE_USER, USER};

    fn path(urn: Option<&str>, name: &str, sub: Option<&str>) -> AttributePath {
        AttributePath { urn: urn.map(str::to_owned), name: name.to_owned(), sub: sub.map(str::to_owned) }
    }

    #[test]
    fn parses_attribute_notation() {
        // RFC 7644 §3.10.
        for (text, wanted) in [
            ("userName", path(None, "userName", None)),
            ("name.givenName", path(None, "name", Some("givenName"))),
            ("members.$ref", path(None, "members", Some("$ref"))),
            (&format!("{USER}:userName"), path(Some(USER), "userName", None)),
            (
                &format!("{ENTERPRISE_USER}:manager.displayName"),
                path(Some(ENTERPRISE_USER), "manager", Some("displayName")),
            ),
        ] {
            assert_eq!(text.parse(), Ok(wanted.clone()));
            assert_eq!(wanted.to_string(), text);
        }
    }

    #[test]
    fn says_where_a_path_is_wrong() {
        for (text, offset) in [
            ("", 0),
            (".a", 0),
            ("name.", 5),
            ("name.a.b", 6),
            ("na me", 2),
            ("1a", 0),
            ("foo:bar", 0),
            ("urn:a b:c", 5),
            ("urn:a:", 6),
            ("$", 1),
            ("naïve", 2),
        ] {
            assert_eq!(text.parse::<AttributePath>().unwrap_err().offset, offset, "{text}");
        }
    }

    #[test]
    fn knows_a_bare_schema_urn() {
        let schemas = user();
        let urn = ENTERPRISE_USER.to_uppercase();
        let whole = AttributePath::parse_with(&urn, &schemas).unwrap();
        assert_eq!(whole, path(Some(&urn), "", None));
        assert_eq!(whole.to_string(), urn);
        let blind: AttributePath = ENTERPRISE_USER.parse().unwrap();
        for container in [whole, blind] {
            assert_eq!(container.container(&schemas).map(|s| &*s.id), Some(ENTERPRISE_USER));
            assert!(container.resolve(&schemas).is_none());
            assert_eq!(container.get(&babs(), Some(&schemas)), [&babs()[ENTERPRISE_USER]]);
            assert_eq!(container.get(&babs(), None), [&babs()[ENTERPRISE_USER]]);
        }
    }

    #[test]
    fn resolves_and_gets() {
        let (schemas, resource) = (user(), babs());
        let manager = format!("{ENTERPRISE_USER}:MANAGER.value");
        let qualified = format!("{USER}:USERNAME");
        for (text, kind, values) in [
            ("USERNAME", "userName", json!(["bjensen@example.com"])),
            (&qualified, "userName", json!(["bjensen@example.com"])),
            ("emails.type", "type", json!(["work", "home"])),
            ("id", "id", json!(["2819c223"])),
            ("meta.resourceType", "resourceType", json!(["User"])),
            (&manager, "value", json!(["26118915"])),
            ("title", "title", json!([])),
        ] {
            let path: AttributePath = text.parse().unwrap();
            assert_eq!(path.resolve(&schemas).map(|r| &*r.target().name), Some(kind), "{text}");
            assert_eq!(json!(path.get(&resource, Some(&schemas))), values, "{text}");
            assert_eq!(json!(path.get(&resource, None)), values, "{text}");
        }
        for unknown in ["nothing", "name.nothing", "employeeNumber", "urn:x:y:userName"] {
            assert!(unknown.parse::<AttributePath>().unwrap().resolve(&schemas).is_none(), "{unknown}");
        }
    }

    proptest! {
        #[test]
        fn display_and_parse_agree(text in "([a-z]{1,4}:){0,3}[$a-zA-Z.0-9:_é]{0,12}") {
            if let Ok(path) = text.parse::<AttributePath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
