//! Filters over two resources that differ in one attribute, and which of the two each of them finds (RFC 7644
//! §3.4.2.2). What they find follows from the two values alone, as they stand in the row: nothing is evaluated.
//!
//! The values are templates yet. A name of the run (`${unique}`) is of letters, digits and `-`, and begins with a letter;
//! parts of a text are cut so that none of it is cut.

use serde_json::Value;

use super::literal;
use crate::scim::schema::{Attribute, AttributeType};

/// Filters by what they find.
#[derive(Debug, Default)]
pub(super) struct Comparisons {
    /// Only the resource with the first value.
    pub(super) first: Vec<String>,
    /// Only the one with the second.
    pub(super) second: Vec<String>,
    /// Neither.
    pub(super) none: Vec<String>,
}

/// The filters for an attribute at `path`; every operator that fits its type (ambiguities `filter-ne`,
/// `filter-ordering`). `multi_valued` says whether it, or what it stands in, has several values.
pub(super) fn of(
    path: &str,
    attribute: &Attribute,
    multi_valued: bool,
    first: &Value,
    second: &Value,
) -> Comparisons {
    let mut found = Comparisons::default();
    let filter = |operator: &str, value: &Value| format!("{path} {operator} {}", literal(value));
    if multi_valued {
        found.first.push(filter("eq", first));
        found.second.push(filter("eq", second));
    } else {
        found.first.push(filter("ne", second));
        found.second.push(filter("ne", first));
    }
    if let Some((lesser, greater)) = ordered(attribute.attribute_type, first, second) {
        let (of_lesser, of_greater) = if lesser == first {
            (&mut found.first, &mut found.second)
        } else {
            (&mut found.second, &mut found.first)
        };
        of_lesser.extend([filter("lt", greater), filter("le", lesser)]);
        of_greater.extend([filter("gt", lesser), filter("ge", greater)]);
    }
    if let (AttributeType::String, Some(a), Some(b)) =
        (attribute.attribute_type, first.as_str(), second.as_str())
    {
        if let Some(part) = beginning(a).filter(|part| !b.starts_with(part)) {
            found.first.push(filter("sw", &part.into()));
        } else if !a.starts_with(b) {
            found.second.push(filter("sw", second));
        }
        if let Some(part) = middle(b).filter(|part| !a.contains(part)) {
            found.second.push(filter("co", &part.into()));
        }
        if let Some(part) = ending(b).filter(|part| !a.ends_with(part)) {
            found.second.push(filter("ew", &part.into()));
        } else if !b.ends_with(a) {
            found.first.push(filter("ew", first));
        }
        let shouted = shouted(a);
        if shouted != a {
            let by_case = if attribute.case_exact { &mut found.none } else { &mut found.first };
            by_case.push(filter("eq", &shouted.into()));
        }
        found.none.push(filter("eq", &format!("{a} and more").into()));
    } else {
        found.none.push(format!("({} and {})", filter("eq", first), filter("eq", second)));
    }
    found
}

/// The lesser value and the greater one, where every collation agrees.
fn ordered<'v>(kind: AttributeType, a: &'v Value, b: &'v Value) -> Option<(&'v Value, &'v Value)> {
    let less = match kind {
        AttributeType::Integer | AttributeType::Decimal => a.as_f64()? < b.as_f64()?,
        AttributeType::DateTime => a.as_str()? < b.as_str()?,
        AttributeType::String => text_is_less(a.as_str()?, b.as_str()?)?,
        _ => return None,
    };
    Some(if less { (a, b) } else { (b, a) })
}

/// Where one text begins with the other it is the greater one; else the first letters or digits that differ decide.
fn text_is_less(a: &str, b: &str) -> Option<bool> {
    let mut pairs = a.chars().zip(b.chars());
    match pairs.find(|(a, b)| a != b) {
        None => (a.len() != b.len()).then_some(a.len() < b.len()),
        Some((a, b)) if a.is_ascii_lowercase() && b.is_ascii_lowercase() => Some(a < b),
        Some((a, b)) if a.is_ascii_digit() && b.is_ascii_digit() => Some(a < b),
        Some(_) => None,
    }
}

/// The text before the first template.
fn head(text: &str) -> &str {
    text.find("${").map_or(text, |at| &text[..at])
}

/// The text behind the last template.
fn tail(text: &str) -> &str {
    text.rfind('}').map_or(text, |at| &text[at + 1..])
}

/// A text without its first character, if two or more are left.
fn without_first(text: &str) -> Option<&str> {
    let mut rest = text.chars();
    rest.next()?;
    Some(rest.as_str()).filter(|rest| rest.chars().count() > 1)
}

fn beginning(text: &str) -> Option<&str> {
    let mut rest = head(text).chars();
    rest.next_back()?;
    Some(rest.as_str()).filter(|part| part.chars().count() > 1)
}

fn middle(text: &str) -> Option<&str> {
    without_first(head(text)).or_else(|| without_first(tail(text)))
}

/// A part at the end that is not the whole; of a text that ends soon after a template, from there on.
fn ending(text: &str) -> Option<&str> {
    without_first(tail(text))
        .or_else(|| text.rfind("${").map(|at| &text[at..]))
        .filter(|part| part.len() < text.len())
}

/// In capital letters, but for templates.
fn shouted(text: &str) -> String {
    let mut shouted = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        shouted.push_str(&before.to_ascii_uppercase());
        shouted.push_str("${");
        shouted.push_str(name);
        shouted.push('}');
        rest = after;
    }
    shouted + &rest.to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filters(attribute: &Attribute, first: &Value, second: &Value) -> [Vec<String>; 3] {
        let found = of("a", attribute, false, first, second);
        [found.first, found.second, found.none]
    }

    #[test]
    fn a_text_is_compared_by_every_operator() {
        let text = Attribute::new("a", AttributeType::String);
        let [first, second, none] =
            filters(&text, &json!("label ${unique}"), &json!("other label ${unique}2"));
        assert_eq!(
            first,
            [
                r#"a ne "other label ${unique}2""#,
                r#"a lt "other label ${unique}2""#,
                r#"a le "label ${unique}""#,
                r#"a sw "label""#,
                r#"a eq "LABEL ${unique}""#,
            ]
        );
        assert_eq!(
            second,
            [
                r#"a ne "label ${unique}""#,
                r#"a gt "label ${unique}""#,
                r#"a ge "other label ${unique}2""#,
                r#"a co "ther label ""#,
                r#"a ew "${unique}2""#,
            ]
        );
        assert_eq!(none, [r#"a eq "label ${unique} and more""#]);
        let exact = Attribute { case_exact: true, ..text };
        let [.., none] = filters(&exact, &json!("label ${unique}"), &json!("other label ${unique}2"));
        assert_eq!(none[0], r#"a eq "LABEL ${unique}""#);
    }

    #[test]
    fn a_text_that_another_begins_with() {
        let text = Attribute::new("a", AttributeType::String);
        let [first, second, _] = filters(&text, &json!("${unique}"), &json!("${unique}-other"));
        assert_eq!(first, [r#"a ne "${unique}-other""#, r#"a lt "${unique}-other""#, r#"a le "${unique}""#]);
        let wanted =
            [r#"a sw "${unique}-other""#, r#"a co "other""#, r#"a ew "other""#, r#"a gt "${unique}""#];
        for filter in wanted {
            assert!(second.iter().any(|found| found == filter), "{filter}: {second:?}");
        }
    }

    #[test]
    fn suggested_values_have_no_order_that_everybody_shares() {
        let text = Attribute::new("a", AttributeType::String);
        let [first, second, _] = filters(&text, &json!("Work"), &json!("home"));
        let all = [first, second].concat().join(" ");
        assert!(!all.contains(" gt ") && all.contains(r#"sw "Wor""#) && all.contains(r#"ew "ome""#), "{all}");
    }

    #[test]
    fn other_types() {
        let number = Attribute::new("a", AttributeType::Integer);
        let [first, second, none] = filters(&number, &json!(1), &json!(2));
        assert_eq!(first, ["a ne 2", "a lt 2", "a le 1"]);
        assert_eq!(second, ["a ne 1", "a gt 1", "a ge 2"]);
        assert_eq!(none, ["(a eq 1 and a eq 2)"]);
        let flag = Attribute::new("a", AttributeType::Boolean);
        assert_eq!(filters(&flag, &json!(true), &json!(false))[..2], [["a ne false"], ["a ne true"]]);
        let several = of("a", &number, true, &json!(1), &json!(2));
        assert_eq!(several.first, ["a eq 1", "a lt 2", "a le 1"]);
    }
}
