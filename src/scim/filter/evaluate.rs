//! What a filter selects (RFC 7644 §3.4.2.2): comparison by attribute type, any value of a multi-valued attribute.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Filter, Literal, Operator};
use crate::scim::attribute_path::AttributePath;
use crate::scim::conform::truth;
use crate::scim::date_time::DateTime;
use crate::scim::error::{ScimError, ScimType};
use crate::scim::object::{elements, is_unassigned, member_of};
use crate::scim::resource_type::ResourceSchemas;
use crate::scim::schema::{Attribute, AttributeType, Returned};

/// What the paths of a filter refer to.
#[derive(Clone, Copy)]
enum Scope<'s> {
    /// A resource's attributes.
    Resource(&'s ResourceSchemas),
    /// The sub-attributes of this attribute, inside of brackets.
    Element(&'s Attribute),
}

impl<'s> Scope<'s> {
    /// The definition that a path refers to; a complex attribute stands for its `value` in comparisons.
    fn definition(self, path: &AttributePath) -> Option<&'s Attribute> {
        match self {
            Self::Resource(schemas) => path.resolve(schemas).map(|resolved| resolved.target()),
            Self::Element(_) if path.urn.is_some() || path.sub.is_some() => None,
            Self::Element(attribute) if attribute.is_complex() => attribute.sub_attribute(&path.name),
            Self::Element(attribute) => path.name.eq_ignore_ascii_case("value").then_some(attribute),
        }
    }

    /// The values that a path refers to, one by one.
    fn values<'v>(self, path: &AttributePath, item: &'v Value) -> Vec<&'v Value> {
        let found = match self {
            Self::Resource(schemas) => path.get(item, Some(schemas)),
            Self::Element(attribute) if attribute.is_complex() => {
                member_of(item, &path.name).into_iter().collect()
            }
            Self::Element(_) => vec![item],
        };
        found.into_iter().flat_map(elements).filter(|value| !is_unassigned(value)).collect()
    }
}

/// Judges what the grammar cannot: comparisons that the attribute's type does not have.
///
/// 400 `invalidFilter` for `gt`, `ge`, `lt`, `le` on Boolean and binary (RFC 7644 Table 3), for `co`, `sw`, `ew` on
/// Boolean and numbers, for operators other than `eq` and `ne` with `null`, for a complex attribute that has no
/// `value` to stand for it, for a value filter on an attribute without sub-attributes, and for attributes that are
/// never returned: answering would give away their value. Unknown attributes are allowed; they match nothing.
pub fn validate(filter: &Filter, schemas: &ResourceSchemas) -> Result<(), ScimError> {
    validate_in(filter, Scope::Resource(schemas))
}

/// Whether the filter asks for the value of an attribute that is never returned. In a URL such a filter carries
/// sensitive information (RFC 7644 §7.5.2).
#[must_use]
pub fn asks_for_secrets(filter: &Filter, schemas: &ResourceSchemas) -> bool {
    let secret = |path: &AttributePath| {
        path.resolve(schemas).is_some_and(|found| {
            [found.attribute, found.target()].iter().any(|a| a.returned == Returned::Never)
        })
    };
    match filter {
        Filter::And(operands) | Filter::Or(operands) => {
            operands.iter().any(|operand| asks_for_secrets(operand, schemas))
        }
        Filter::Not(operand) => asks_for_secrets(operand, schemas),
        Filter::Present(path) | Filter::Compare { path, .. } | Filter::ValuePath { path, .. } => secret(path),
    }
}

/// Judges a value filter of `attribute`, like [`validate`].
pub(crate) fn validate_element(filter: &Filter, attribute: &Attribute) -> Result<(), ScimError> {
    validate_in(filter, Scope::Element(attribute))
}

fn validate_in(filter: &Filter, scope: Scope<'_>) -> Result<(), ScimError> {
    match filter {
        Filter::And(operands) | Filter::Or(operands) => {
            operands.iter().try_for_each(|operand| validate_in(operand, scope))
        }
        Filter::Not(operand) => validate_in(operand, scope),
        Filter::Present(path) => known(path, scope).map(|_| ()),
        Filter::Compare { path, operator, value } => match known(path, scope)? {
            Some(attribute) => validate_comparison(path, attribute, *operator, value),
            None => Ok(()),
        },
        Filter::ValuePath { path, filter } => match known(path, scope)? {
            Some(attribute) if attribute.is_complex() || attribute.multi_valued => {
                validate_in(filter, Scope::Element(attribute))
            }
            Some(_) => Err(refusal(format!("`{path}` has no sub-attributes"))),
            None => Ok(()),
        },
    }
}

fn known<'s>(path: &AttributePath, scope: Scope<'s>) -> Result<Option<&'s Attribute>, ScimError> {
    match scope.definition(path) {
        Some(attribute) if attribute.returned == Returned::Never => {
            Err(refusal(format!("`{path}` is never returned and cannot be filtered by")))
        }
        found => Ok(found),
    }
}

fn validate_comparison(
    path: &AttributePath,
    attribute: &Attribute,
    operator: Operator,
    value: &Literal,
) -> Result<(), ScimError> {
    use AttributeType as T;
    let Some(attribute) = comparable(attribute) else {
        return Err(refusal(format!("`{path}` is complex: name one of its sub-attributes")));
    };
    let word = operator.as_str();
    let equality = matches!(operator, Operator::Eq | Operator::Ne);
    let kind = attribute.attribute_type;
    let unordered = operator.is_ordering() && matches!(kind, T::Boolean | T::Binary);
    let no_text =
        !equality && !operator.is_ordering() && matches!(kind, T::Boolean | T::Integer | T::Decimal);
    if unordered || no_text {
        return Err(refusal(format!("the operator '{word}' is not supported on {} `{path}`", kind.as_str())));
    }
    if *value == Literal::Null && !equality {
        return Err(refusal(format!("the operator '{word}' is not supported with null")));
    }
    Ok(())
}

fn refusal(detail: String) -> ScimError {
    ScimError::of(ScimType::InvalidFilter, detail)
}

/// The attribute itself, or the `value` sub-attribute of a complex one: examples of RFC 7644 write `emails co "x"`.
fn comparable(attribute: &Attribute) -> Option<&Attribute> {
    if attribute.is_complex() { attribute.sub_attribute("value") } else { Some(attribute) }
}

/// Whether the resource matches. A comparison that [`validate`] would refuse matches nothing; neither does one of an
/// unknown attribute. `ne` matches an attribute without value, and a multi-valued one if any value differs; `eq null`
/// is `not (… pr)`.
#[must_use]
pub fn matches(filter: &Filter, resource: &Value, schemas: &ResourceSchemas) -> bool {
    matches_in(filter, resource, Scope::Resource(schemas))
}

/// Whether one value of a multi-valued attribute matches the filter in its brackets.
pub(crate) fn element_matches(filter: &Filter, element: &Value, attribute: &Attribute) -> bool {
    matches_in(filter, element, Scope::Element(attribute))
}

fn matches_in(filter: &Filter, item: &Value, scope: Scope<'_>) -> bool {
    match filter {
        Filter::And(operands) => operands.iter().all(|operand| matches_in(operand, item, scope)),
        Filter::Or(operands) => operands.iter().any(|operand| matches_in(operand, item, scope)),
        Filter::Not(operand) => !matches_in(operand, item, scope),
        Filter::Present(path) => scope.definition(path).is_some() && !scope.values(path, item).is_empty(),
        Filter::Compare { path, operator, value } => compare(path, *operator, value, item, scope),
        Filter::ValuePath { path, filter } => scope.definition(path).is_some_and(|attribute| {
            let values = scope.values(path, item);
            values.iter().any(|value| matches_in(filter, value, Scope::Element(attribute)))
        }),
    }
}

fn compare(
    path: &AttributePath,
    operator: Operator,
    literal: &Literal,
    item: &Value,
    scope: Scope<'_>,
) -> bool {
    let Some(definition) = scope.definition(path) else { return false };
    let Some(attribute) = comparable(definition) else { return false };
    let found = scope.values(path, item);
    let values: Vec<&Value> = if definition.is_complex() {
        found.into_iter().filter_map(|value| member_of(value, "value")).collect()
    } else {
        found
    };
    match (operator, literal) {
        (Operator::Eq, Literal::Null) => values.is_empty(),
        (Operator::Ne, Literal::Null) => !values.is_empty(),
        (Operator::Ne, _) if values.is_empty() => true,
        _ => values.iter().any(|value| compare_one(attribute, value, operator, literal)),
    }
}

fn compare_one(attribute: &Attribute, value: &Value, operator: Operator, literal: &Literal) -> bool {
    let wanted = literal.to_value();
    let order = || order(attribute, value, &wanted);
    match operator {
        Operator::Eq => order() == Some(Ordering::Equal),
        Operator::Ne => order() != Some(Ordering::Equal),
        Operator::Gt => order() == Some(Ordering::Greater),
        Operator::Lt => order() == Some(Ordering::Less),
        Operator::Ge => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        Operator::Le => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
        Operator::Co => text_test(attribute, value, &wanted, |text, part| text.contains(part)),
        Operator::Sw => text_test(attribute, value, &wanted, |text, part| text.starts_with(part)),
        Operator::Ew => text_test(attribute, value, &wanted, |text, part| text.ends_with(part)),
    }
}

/// How two simple values of an attribute are ordered; `None` if they cannot be compared.
fn order(attribute: &Attribute, left: &Value, right: &Value) -> Option<Ordering> {
    match attribute.attribute_type {
        AttributeType::Boolean => truth(left)?.partial_cmp(&truth(right)?),
        AttributeType::Integer | AttributeType::Decimal => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        AttributeType::DateTime => {
            let (left, right) = (left.as_str()?, right.as_str()?);
            match (DateTime::parse(left), DateTime::parse(right)) {
                (Some(left), Some(right)) => Some(left.cmp(&right)),
                _ => (left == right).then_some(Ordering::Equal),
            }
        }
        _ => Some(attribute.fold(left.as_str()?).cmp(&attribute.fold(right.as_str()?))),
    }
}

fn text_test(attribute: &Attribute, value: &Value, part: &Value, holds: fn(&str, &str) -> bool) -> bool {
    match (value.as_str(), part.as_str()) {
        (Some(text), Some(part)) => holds(&attribute.fold(text), &attribute.fold(part)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::scim::filter::tests::any_filter;
    use crate::scim::test_schemas::{PROBE, babs, user};

    fn holds(filter: &str, resource: &Value) -> bool {
        let filter = Filter::parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
        matches(&filter, resource, &user())
    }

    #[test]
    fn comparisons() {
        let mut resource = babs();
        resource[PROBE] = json!({ "level": 10, "ratio": 0.5, "badge": "aB", "tags": ["red", "Blue"] });
        resource["profileUrl"] = json!("https://example.com/Babs");
        let probe = |rest: &str| format!("{PROBE}:{rest}");
        for (filter, wanted) in [
            // caseExact decides about letter case.
            (r#"userName eq "BJENSEN@example.com""#.to_owned(), true),
            (r#"userName co "JENSEN""#.to_owned(), true),
            (r#"USERNAME sw "bj""#.to_owned(), true),
            (r#"userName ew ".COM""#.to_owned(), true),
            (r#"userName ne "bjensen@example.com""#.to_owned(), false),
            (r#"id eq "2819C223""#.to_owned(), false),
            (r#"id eq "2819c223""#.to_owned(), true),
            (r#"externalId eq "701984""#.to_owned(), true),
            (r#"profileUrl co "babs""#.to_owned(), false),
            (probe(r#"badge eq "ab""#), false),
            // Types.
            ("active eq true".to_owned(), true),
            ("active eq false".to_owned(), false),
            ("active pr".to_owned(), true),
            (probe("level gt 9"), true),
            (probe("level ge 10.0"), true),
            (probe("ratio lt 1"), true),
            (probe(r#"level eq "10""#), false),
            (r#"meta.lastModified gt "2011-05-13T06:42:33+02:00""#.to_owned(), true),
            (r#"meta.lastModified eq "2011-05-13T04:42:34.000Z""#.to_owned(), true),
            (r#"meta.created lt "2011-01-01T00:00:00Z""#.to_owned(), true),
            (r#"meta.resourceType eq "User""#.to_owned(), true),
            // Multi-valued: any value; brackets: one value.
            (r#"emails.type eq "home""#.to_owned(), true),
            (r#"emails co "jensen.org""#.to_owned(), true),
            (r#"emails[type eq "work" and value co "jensen.org"]"#.to_owned(), false),
            (r#"emails[type eq "home" and value co "jensen.org"]"#.to_owned(), true),
            (r#"emails.type eq "work" and emails.value co "jensen.org""#.to_owned(), true),
            ("emails[not (primary eq true)]".to_owned(), true),
            (probe(r#"tags eq "RED""#), true),
            (probe(r#"tags[value sw "bl"]"#), true),
            // URNs.
            (r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#.to_owned(), true),
            (r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "b""#.to_owned(), true),
            (
                r#"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "26118915""#
                    .to_owned(),
                true,
            ),
            // Absent and unknown.
            ("title pr".to_owned(), false),
            ("title eq null".to_owned(), true),
            ("active ne null".to_owned(), true),
            (r#"title ne "x""#.to_owned(), true),
            (r#"nothing eq "x""#.to_owned(), false),
            (r#"nothing ne "x""#.to_owned(), false),
            ("name pr".to_owned(), true),
            ("not (title pr) and active eq true or nothing pr".to_owned(), true),
        ] {
            assert_eq!(holds(&filter, &resource), wanted, "{filter}");
        }
    }

    #[test]
    fn refuses_comparisons_that_a_type_does_not_have() {
        for (filter, valid) in [
            ("active gt true", false),
            (r#"active co "t""#, false),
            (r#"x509Certificates.value ge "MII""#, false),
            (r#"x509Certificates lt "MII""#, false),
            (r#"name eq "Barbara""#, false),
            ("name pr", true),
            (r#"emails co "x""#, true),
            ("userName gt null", false),
            (r#"password eq "x""#, false),
            (r#"userName[value eq "x"]"#, false),
            ("emails[primary gt true]", false),
            (r#"userName eq "a" or not (active le false)"#, false),
            ("nothing gt true", true),
            (r#"meta.lastModified gt "2011-05-13T04:42:34Z""#, true),
        ] {
            let result = validate(&Filter::parse(filter).unwrap(), &user());
            assert_eq!(result.is_ok(), valid, "{filter}");
            if let Err(error) = result {
                assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidFilter)));
            }
        }
    }

    #[test]
    fn secrets() {
        for (filter, secret) in [
            (r#"password eq "x""#, true),
            (r#"title pr or not (PASSWORD sw "x")"#, true),
            (r#"title eq "password""#, false),
            (r#"nothing pr and emails[type eq "work"]"#, false),
        ] {
            assert_eq!(asks_for_secrets(&Filter::parse(filter).unwrap(), &user()), secret, "{filter}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_not_negates(filter in any_filter()) {
            let (schemas, resource) = (user(), babs());
            let _ = validate(&filter, &schemas);
            let negated = Filter::Not(Box::new(filter.clone()));
            prop_assert_ne!(matches(&filter, &resource, &schemas), matches(&negated, &resource, &schemas));
        }
    }
}
